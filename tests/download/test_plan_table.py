"""Rows taken out of a plan, and files put elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.download.products import files_below, fits_bytes, products, serve, session_of, uri
from tests.misbehaving import Misbehaving
from topmast.download import plan_download
from topmast.errors import InvalidQueryError, UnsafeNameError
from topmast.net.session import Session

FILES = {f"f{n}.fits": fits_bytes(n) for n in range(4)}
NOWHERE = "http://127.0.0.1:9"


def test_a_changed_path_is_where_a_file_goes(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    plan = plan_download(session_of(server), products(FILES), download_dir=tmp_path)
    plan.table["Local Path"][0] = f"{tmp_path}/mastDownload/mine/first.fits"
    plan.table["Local Path"][1] = "second.fits"
    plan.table.remove_rows([2, 3])

    manifest = plan.run(verbose=False)

    assert manifest["Local Path"].tolist() == [
        f"{tmp_path}/mastDownload/mine/first.fits",
        f"{tmp_path}/mastDownload/second.fits",
    ]
    assert files_below(tmp_path) == {
        "mastDownload/mine/first.fits": FILES["f0.fits"],
        "mastDownload/second.fits": FILES["f1.fits"],
    }


def test_a_changed_path_outlives_a_drop_and_a_sorted_table(tmp_path: Path) -> None:
    plan = plan_download(Session(NOWHERE), products(FILES), download_dir=tmp_path, flat=True)
    plan.table["Local Path"][1] = "mine.fits"
    plan.table.reverse()
    plan.drop([0])

    assert [each.path for each in plan.products] == ["mine.fits", "f2.fits", "f3.fits"]
    assert plan.table["Local Path"][0] == f"{tmp_path}/mine.fits"


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x.fits", "a/../../x.fits", "", "a//b.fits", "dir/", ".topmast-index.jsonl",
     "x.part", "a\x00b", "CON", None, "x" * 300, "./x.fits"],
)  # fmt: skip
def test_an_unsafe_path_in_the_table_is_refused(path: Any, tmp_path: Path) -> None:
    plan = plan_download(Session(NOWHERE), products(FILES), download_dir=tmp_path)
    plan.table["Local Path"][1] = path

    with pytest.raises(UnsafeNameError, match=r"cannot be the 'Local Path' of mast:.*f1\.fits"):
        plan.run(verbose=False)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["f0.fits", "F0.FITS", "f0.fits/inside.fits"])
def test_two_files_at_one_path_are_refused(path: str, tmp_path: Path) -> None:
    plan = plan_download(Session(NOWHERE), products(FILES), download_dir=tmp_path, flat=True)
    plan.table["Local Path"][1] = path

    with pytest.raises(InvalidQueryError, match=r"product/f\d.fits is there. Give each file a"):
        len(plan)


def test_the_path_of_a_file_that_is_held_is_refused(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    table = products(FILES)
    session = session_of(server)
    plan_download(session, table[:1], download_dir=tmp_path, flat=True).run(verbose=False)
    plan = plan_download(session, table[1:], download_dir=tmp_path, flat=True)
    plan.table["Local Path"][0] = "f0.fits"

    with pytest.raises(InvalidQueryError, match=r"f0\.fits is there\. Give each file a path"):
        plan.run(verbose=False)

    assert files_below(tmp_path) == {"f0.fits": FILES["f0.fits"]}


def test_a_changed_uri_and_a_lost_column_are_refused(tmp_path: Path) -> None:
    plan = plan_download(Session(NOWHERE), products(FILES), download_dir=tmp_path)
    plan.table["URI"][0] = "mast:TEST/product/other.fits"
    with pytest.raises(InvalidQueryError, match=r"no product 'mast:TEST/product/other\.fits'"):
        len(plan)
    plan.table.remove_column("URI")
    with pytest.raises(InvalidQueryError, match=r"plan\.table has lost its column 'URI'"):
        len(plan)


@pytest.mark.parametrize(
    "rows",
    [1, -3, [1], (1,), {1}, np.array([1]), np.where([False, True, False, False]),
     [False, True, False, False], np.array([0, 1, 0, 0], dtype=bool),
     np.ma.masked_array([True, True, False, False], mask=[True, False, False, False])],
    ids=repr,
)  # fmt: skip
def test_drop_takes_masks_and_row_numbers(rows: Any, tmp_path: Path) -> None:
    plan = plan_download(Session(NOWHERE), products(FILES), download_dir=tmp_path)

    plan.drop(rows)

    assert [each.uri for each in plan.products] == [uri("f0.fits"), uri("f2.fits"), uri("f3.fits")]


def test_dropping_nothing_drops_nothing(tmp_path: Path) -> None:
    plan = plan_download(Session(NOWHERE), products(FILES), download_dir=tmp_path)

    plan.drop([])

    assert len(plan) == 4


@pytest.mark.parametrize(
    "rows", ["HST", 999, [4], [0.5], [True], [True] * 5, None, True, ["f0.fits"], [[0], [1, 2]]]
)
def test_drop_says_what_it_takes(rows: Any, tmp_path: Path) -> None:
    plan = plan_download(Session(NOWHERE), products(FILES), download_dir=tmp_path)

    with pytest.raises(InvalidQueryError, match=r"drop takes a mask of 4 .* or a list of row num"):
        plan.drop(rows)

    assert len(plan) == 4
