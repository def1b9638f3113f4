"""`topmast show` and `topmast get`: plots in files where there is no screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from topmast.cli import main

pytest.importorskip("matplotlib").use("agg")


@pytest.fixture
def call(sample_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--archive", str(sample_folder), *words])

    return run


def test_one_line_leads_from_a_name_to_a_plot(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = call("get", "TIC 307210830", "--kind", "lightcurve", "--plot")

    assert result.exit_code == 0, result.output
    assert os.path.isfile(result.stdout.strip())
    assert "Chosen: tess2019087120000" in result.stderr
    assert "also: HLSP" in result.stderr
    picture = tmp_path / "tess2019087120000-s0010-0000000307210830-0129-s_lc.png"
    assert f"Plot written to {picture.name}" in result.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_show_reads_a_uri_without_a_download(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = call("show", "mast:HST/product/u8ji11acq_flt.fits", "-o", "image.pdf")

    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir()] == ["image.pdf"]


def test_what_cannot_be_shown_ends_with_a_word(call) -> None:  # type: ignore[no-untyped-def]
    assert call("show", "none.fits").exit_code == 2
    assert "There is no file none.fits" in call("show", "none.fits").stderr
    result = call("get", "M101", "--kind", "picure")
    assert result.exit_code == 2
    assert "Did you mean 'picture'?" in result.stderr


def test_a_row_of_a_table_is_shown(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call("products", "27000050", "--extension", "_lc.fits", "-o", "products.ecsv")

    result = call("show", "products.ecsv", "--row", "1", "-o", "row.png")

    assert result.exit_code == 0, result.output
    assert (tmp_path / "row.png").read_bytes().startswith(b"\x89PNG")


def test_the_recommended_file_of_an_observation_is_shown(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = call("show", "27000050", "-o", "observation.png")

    assert result.exit_code == 0, result.output
    assert (tmp_path / "observation.png").is_file()


def test_a_row_that_is_not_there_is_told(call) -> None:  # type: ignore[no-untyped-def]
    call("products", "27000050", "-o", "products.csv")

    result = call("show", "products.csv", "--row", "99")

    assert result.exit_code == 2
    assert "There is no row 99: the table has 3." in result.stderr


def test_a_row_of_no_table_is_refused(call) -> None:  # type: ignore[no-untyped-def]
    result = call("show", "mast:HST/product/u8ji11acq_flt.fits", "--row", "2")

    assert result.exit_code == 2
    assert "--row goes with a table" in result.stderr
