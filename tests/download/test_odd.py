"""Products that are not what they are called arrive all the same, and the manifest says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.download.products import files_below, fits_bytes, products, serve, session_of
from tests.misbehaving import Misbehaving
from topmast.download import plan_download
from topmast.download.verify import verify

OPAQUE = bytes(range(256)) * 20


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz", "a.jpg"])
def test_opaque_bytes_arrive_with_a_message(name: str, server: Misbehaving, tmp_path: Path) -> None:
    serve(server, {name: OPAQUE})
    plan = plan_download(session_of(server), products({name: OPAQUE}), download_dir=tmp_path)

    (row,) = plan.run(verbose=False)

    assert row["Status"] == "COMPLETE"
    assert "it does not look like" in row["Message"]
    assert list(files_below(tmp_path).values()) == [OPAQUE]


def test_verify_calls_them_unknown(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, {"a.fits": OPAQUE})
    plan_download(session_of(server), products({"a.fits": OPAQUE}), download_dir=tmp_path).run(
        verbose=False
    )

    states = verify(tmp_path)
    assert [row["State"] for row in states] == ["unknown"], states


def test_a_file_that_the_server_unpacked_arrives(server: Misbehaving, tmp_path: Path) -> None:
    files = {"a.fits.gz": fits_bytes(1)}
    serve(server, files)

    (row,) = plan_download(session_of(server), products(files), download_dir=tmp_path).run(
        verbose=False
    )

    assert (row["Status"], row["Message"]) == ("COMPLETE", None)


def test_a_file_of_that_size_left_by_another_program_is_not_taken_for_it(
    server: Misbehaving, tmp_path: Path
) -> None:
    files = {"a.fits": fits_bytes(1)}
    serve(server, files)
    plan = plan_download(session_of(server), products(files), download_dir=tmp_path)
    path = plan.folder / plan.products[0].path
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(len(files["a.fits"])))

    plan.run(verbose=False)

    assert path.read_bytes() == files["a.fits"]
