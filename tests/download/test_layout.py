"""Paths of products: safe, different, and where the caller wants them."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.download.products import (
    files_below,
    fits_bytes,
    products,
    serve,
    session_of,
    target,
    uri,
)
from tests.misbehaving import Misbehaving, Reply
from topmast.download import plan_download
from topmast.download.folder.layout import Places, parse_layout, split_ending, with_mark
from topmast.download.product import Held
from topmast.errors import InvalidQueryError, UnsafeNameError
from topmast.net.session import Session

FILES = {"a.fits": fits_bytes(1), "b.fits": fits_bytes(2)}
NOWHERE = "http://127.0.0.1:9"


def paths(table: Any, folder: Path, **options: Any) -> list[str]:
    plan = plan_download(Session(NOWHERE), table, download_dir=folder, **options)
    return [each.path for each in plan.products]


def test_the_usual_layout_is_that_of_astroquery(tmp_path: Path) -> None:
    plan = plan_download(Session(NOWHERE), products(FILES), download_dir=tmp_path)

    assert plan.table["Local Path"].tolist() == [
        f"{tmp_path}/mastDownload/TEST/obs0/a.fits",
        f"{tmp_path}/mastDownload/TEST/obs1/b.fits",
    ]


def test_without_a_folder_the_path_starts_with_a_dot() -> None:
    plan = plan_download(Session(NOWHERE), products(FILES))

    assert plan.products[0].local_path == "./mastDownload/TEST/obs0/a.fits"


def test_flat_puts_all_files_into_the_folder_itself(tmp_path: Path) -> None:
    assert paths(products(FILES), tmp_path, flat=True) == ["a.fits", "b.fits"]


def test_a_layout_names_columns_of_the_table(tmp_path: Path) -> None:
    table = products(FILES, proposal_id=[1345, 1346], target=["M 101/core", ""])

    found = paths(
        table, tmp_path, layout="{obs_collection}/{proposal_id}/x-{target}/{productFilename}"
    )

    assert found == ["TEST/1345/x-M 101_core/a.fits", "TEST/1346/x-unknown/b.fits"]


def test_a_masked_value_is_unknown(tmp_path: Path) -> None:
    import numpy as np

    table = products(FILES, proposal_id=np.ma.masked_array([1, 2], mask=[True, False]))

    found = paths(table, tmp_path, layout="{proposal_id}/{productFilename}")

    assert found == ["unknown/a.fits", "2/b.fits"]


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("{proposal}/{productFilename}", "No column 'proposal' .* Did you mean 'proposal_id'"),
        ("{obs_id}/data.fits", "gives every file the same name"),
        ("{obs_id", "cannot be read"),
        ("{obs_id!r}/{productFilename}", "without formats"),
        ("{obs_id:>99}/{productFilename}", "without formats"),
        ("", "gives every file the same name"),
    ],
)
def test_a_bad_layout_says_what_is_wrong(layout: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidQueryError, match=message):
        paths(products(FILES, proposal_id=["1", "2"]), tmp_path, layout=layout)


@pytest.mark.parametrize(
    ("layout", "instead"),
    [
        ("{obs_collection}/{obs_id}", "'{obs_collection}/{obs_id}/{productFilename}'"),
        ("{obs_id}/", "'{obs_id}/{productFilename}'"),
        ("{obs_collection}/{obs_id}.fits", "'{obs_collection}/{productFilename}'"),
        ("{obs_id}.fits", "'{productFilename}'"),
        ("{obs_id}/{productType}", "'{obs_id}/{productType}/{productFilename}'"),
    ],
)
def test_a_layout_that_names_no_file_is_refused(layout: str, instead: str, tmp_path: Path) -> None:
    table = products(FILES, productType=["SCIENCE", "SCIENCE"])

    with pytest.raises(InvalidQueryError) as problem:
        paths(table, tmp_path, layout=layout)

    assert f"The last part of the layout {layout!r} names no file" in str(problem.value)
    assert str(problem.value).endswith(f"Write {instead}.")


@pytest.mark.parametrize(
    ("layout", "path"),
    [
        ("{obs_id}_{productFilename}", "obs0_a.fits"),
        ("{obs_id}/{dataURI}", "obs0/mast_TEST_product_a.fits"),
        ("{obs_id}_{productSubGroupDescription}.fits", "obs0_RAW.fits"),
    ],
)
def test_a_layout_may_name_files_in_other_ways(layout: str, path: str, tmp_path: Path) -> None:
    table = products(FILES, productSubGroupDescription=["RAW", "FLT"])

    assert paths(table, tmp_path, layout=layout)[0].replace("%3A", "_") == path


@pytest.mark.parametrize("layout", [len, 3, ["{productFilename}"], b"{productFilename}"])
def test_a_layout_is_a_text(layout: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidQueryError, match=r"layout is a text such as .*, not "):
        paths(products(FILES), tmp_path, layout=layout)


@pytest.mark.parametrize(
    "layout", ["../{productFilename}", "/tmp/{productFilename}", "a/../../{productFilename}",
               "~/{productFilename}", "C:/{productFilename}", "\\\\host\\{productFilename}"]
)  # fmt: skip
def test_a_layout_that_leaves_the_folder_is_refused(layout: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafeNameError, match="would leave the download folder"):
        paths(products(FILES), tmp_path, layout=layout)


def test_flat_and_layout_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(InvalidQueryError, match="either flat=True or a layout"):
        paths(products(FILES), tmp_path, flat=True, layout="{productFilename}")


HOSTILE = ["../../x", "/etc/passwd", "..", ".", "a\\..\\..\\x", "CON", "nul.fits", "x" * 400]
HOSTILE += ["a:b", "trailing. ", "C:\\x", "~root", "-rf", ".topmast-index.jsonl", "é" * 200]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_inside(name: str, server: Misbehaving, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    table = products(
        {"a.fits": FILES["a.fits"]},
        productFilename=[name],
        obs_id=[name],
        obs_collection=[name],
    )
    serve(server, FILES)

    plan_download(session_of(server), table, download_dir=folder).run(verbose=False)

    outside = [path for path in tmp_path.rglob("*") if folder not in (path, *path.parents)]
    assert outside == []
    assert FILES["a.fits"] in files_below(tmp_path).values()


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_name_climbs_out(collection: str, obs_id: str, name: str) -> None:
    layout = parse_layout(None)
    known = {"obs_collection": collection, "obs_id": obs_id, "productFilename": name}

    try:
        path = layout.path(known)
    except UnsafeNameError:
        return

    assert posixpath.normpath(path) == path
    assert len(path.split("/")) == 3
    assert not path.startswith(("/", ".."))


def test_a_control_character_in_a_name_is_an_error_row(server: Misbehaving, tmp_path: Path) -> None:
    table = products(FILES, obs_id=["obs0", "bad\x00id"])
    serve(server, FILES)

    manifest = plan_download(session_of(server), table, download_dir=tmp_path).run(verbose=False)

    assert manifest["Status"].tolist() == ["COMPLETE", "ERROR"]
    assert "control character" in manifest["Message"][1]


def test_two_products_of_one_name_get_different_paths_and_the_manifest_says_so(
    server: Misbehaving, tmp_path: Path
) -> None:
    table = products(FILES, productFilename=["same.fits", "SAME.fits"])
    serve(server, FILES)

    manifest = plan_download(session_of(server), table, download_dir=tmp_path, flat=True).run(
        verbose=False
    )

    marked = with_mark("SAME.fits", uri("b.fits"))
    assert files_below(tmp_path) == {"same.fits": FILES["a.fits"], marked: FILES["b.fits"]}
    assert manifest["Status"].tolist() == ["COMPLETE", "COMPLETE"]
    assert marked in manifest["Message"][1]


def test_the_owner_of_a_path_keeps_it_in_another_list(server: Misbehaving, tmp_path: Path) -> None:
    table = products(FILES, productFilename=["same.fits", "same.fits"])
    serve(server, FILES)
    plan_download(session_of(server), table, download_dir=tmp_path, flat=True).run(verbose=False)
    before = files_below(tmp_path)
    asked = len(server.requests)

    for rows in ([1], [1, 0]):
        plan = plan_download(session_of(server), table[rows], download_dir=tmp_path, flat=True)
        assert set(plan.run(verbose=False)["Source"]) == {"disk"}

    assert files_below(tmp_path) == before
    assert len(server.requests) == asked


def test_the_same_product_of_many_observations_is_fetched_once(
    server: Misbehaving, tmp_path: Path
) -> None:
    table = products(FILES, dataURI=[uri("a.fits")] * 2)
    serve(server, FILES)

    manifest = plan_download(session_of(server), table, download_dir=tmp_path).run(verbose=False)

    assert (len(manifest), len(server.requests)) == (1, 1)


def test_a_uri_with_odd_characters_is_asked_for_as_it_is(
    server: Misbehaving, tmp_path: Path
) -> None:
    odd = "mast:TEST/product/a b+c&d=%2F#é.fits"
    server.on("/api/v0.1/Download/file", lambda seen: Reply(body=FILES["a.fits"]))

    manifest = plan_download(
        session_of(server),
        products({"a.fits": FILES["a.fits"]}, dataURI=[odd]),
        download_dir=tmp_path,
    ).run(verbose=False)

    assert manifest["Status"].tolist() == ["COMPLETE"]
    asked = server.requests[0].query
    assert asked == "uri=mast:TEST/product/a%20b%2Bc%26d%3D%252F%23%C3%A9.fits"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.fits", ("a", ".fits")),
        ("a.fits.gz", ("a", ".fits.gz")),
        ("a.b.c_flt.fits", ("a.b.c_flt", ".fits")),
        ("noending", ("noending", "")),
        (".hidden", (".hidden", "")),
        ("a.gz", ("a", ".gz")),
    ],
)
def test_an_ending_may_have_two_parts(name: str, parts: tuple[str, str]) -> None:
    assert split_ending(name) == parts


def test_the_index_decides_who_has_a_path() -> None:
    places = Places({"x.fits": Held(uri="mast:B")}.get)

    assert places.claim("x.fits", "mast:A")[0] == with_mark("x.fits", "mast:A")
    assert places.claim("x.fits", "mast:B") == ("x.fits", "")


def test_a_target_is_escaped_the_same_way_twice() -> None:
    assert target("a.fits") == "/api/v0.1/Download/file?uri=mast:TEST/product/a.fits"
