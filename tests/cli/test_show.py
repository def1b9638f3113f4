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
