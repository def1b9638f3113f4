"""`topmast open`, `topmast headers` and `topmast download --cloud`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, table_of

DRZ = "mast:HST/u1_drz.fits"


def test_open_lists_the_hdus_of_a_file(run: Run) -> None:
    result = run("open", DRZ)

    assert result.exit_code == 0
    assert table_of(result) == [
        {"HDU": "0", "Name": "PRIMARY", "Type": "PrimaryHDU", "Cards": "6", "Size": "10 x 10",
         "BITPIX": "16"}
    ]  # fmt: skip


def test_open_prints_a_header(run: Run) -> None:
    lines = run("open", DRZ, "--ext", "0").stdout.splitlines()

    assert lines[0].startswith("SIMPLE  =                    T")
    assert not any(line.startswith("END") for line in lines)
    result = run("open", DRZ, "--ext", "SCI")
    assert result.exit_code == 2
    assert "There is no HDU SCI; there are: 0 PRIMARY." in result.stderr


def test_open_writes_any_other_file_as_it_is(run: Run) -> None:
    result = run("open", "mast:HST/u1.jpg")

    assert result.exit_code == 0
    assert result.stdout_bytes.startswith(b"\xff\xd8\xff\xe0")


def test_open_says_that_a_file_is_not_there(run: Run) -> None:
    result = run("open", "mast:HST/none.fits")

    assert result.exit_code == 1
    assert "404" in result.stderr


@pytest.mark.parametrize("uri", ["s3://Not_a_bucket/a", "s3://stpubdata/../a", "s3://stpubdata"])
def test_a_strange_address_is_a_misuse(run: Run, uri: str) -> None:
    assert run("open", uri).exit_code == 2


def test_headers_make_a_table_of_a_pipe_of_products(run: Run) -> None:
    products = run("products", "7001", "7002", "--extension", "fits", "--extension", "fits.gz")
    rows = table_of(run("headers", "-", "--keyword", "NAXIS1", stdin=products.stdout))

    assert [row["dataURI"].rpartition("/")[2] for row in rows] == [
        "u1_drz.fits", "u1_raw.fits", "nuv.fits.gz",
    ]  # fmt: skip
    assert {row["NAXIS1"] for row in rows} == {"10"}


def test_headers_of_uris_tell_which_have_failed(run: Run) -> None:
    result = run("headers", DRZ, "mast:HST/u1.jpg", "--ext", "all", "--keyword", "BITPIX")

    assert result.exit_code == 1
    assert [row["HDU"] for row in table_of(result)] == ["0", "-1"]
    assert "mast:HST/u1.jpg: not FITS" in result.stderr


def test_headers_of_obsids_are_refused_with_the_way_out(run: Run) -> None:
    result = run("headers", "7001")

    assert result.exit_code == 2
    assert "topmast products OBSID | topmast headers -" in result.stderr


def test_download_takes_files_from_the_cloud(run: Run, tmp_path: Path) -> None:
    for option in ("--cloud", "--cloud-only"):
        result = run("download", "7001", option, "--download-dir", option[2:])
        assert result.exit_code == 0, result.stderr
        assert [row["Status"] for row in table_of(result)] == ["COMPLETE"]
    result = run("download", "7001", "--curl", "--cloud")
    assert result.exit_code == 2
