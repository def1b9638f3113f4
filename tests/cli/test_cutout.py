"""`topmast cutout`: pieces of large images, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table
from click.testing import CliRunner, Result

from tests.cutout_archive import *  # noqa: F403
from topmast.cli import main

pytestmark = pytest.mark.filterwarnings("ignore:Coordinate string is being interpreted")


@pytest.fixture
def run(cutout_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, ["cutout", *words, "--archive", str(cutout_folder)])

    return call


def test_cutouts_of_a_star_come_as_files(run: Any) -> None:
    result = run("tess", "my star", "--size", "3,4", "--output", "made.ecsv")

    assert result.exit_code == 0, result.output
    table = Table.read("made.ecsv")
    assert list(table["Sector"]) == ["tess-s0002-4-3", "tess-s0005-4-3", "tess-s0008-4-3"]
    assert all(Path(path).is_file() for path in table["Local Path"])
    assert "4x3_astrocut.fits" in table["Local Path"][0]


def test_a_list_of_sectors_or_surveys(run: Any) -> None:
    assert "tess-s0005-4-3" in run("tess", "124.531756", "-68.313", "--list").output
    assert run("survey", "189.49206 62.20615", "--list").stdout == "candels_gn_60mas\ngoods_north\n"
    assert run("tess", "10.5 10.5", "--list").exit_code == 3


def test_a_failed_sector_is_told_and_counts(run: Any) -> None:
    result = run("tess", "my star", "--sector", "2", "--sector", "77")

    assert result.exit_code == 1
    assert "1 of 2 files are there" in result.output
    assert "no sector 77 here; there are: 2, 5, 8" in result.output.replace("\n", " ")


def test_pictures_zips_and_hubble(run: Any) -> None:
    words = ("--size", "2 arcsec", "--cutout-format", "jpg", "--survey", "goods_north")
    assert run("survey", "189.49206 62.20615", *words).exit_code == 0
    assert run("hubble", "M101", "--zip", "--download-dir", "new/folder").exit_code == 0

    assert len(list(Path().glob("*.jpg"))) == 2
    assert len(list(Path("new/folder").glob("*.zip"))) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tess",), "Give a TARGET"),
        (("tess", "M101", "--survey", "x"), "--survey has no meaning for tess"),
        (("hubble", "M101", "--sector", "1"), "--sector has no meaning for hubble"),
        (("hubble", "M101", "--list"), "--list has no meaning for hubble"),
        (("tess", "M101", "--cutout-format", "jpg"), "--cutout-format has no meaning for tess"),
        (("tess", "M101", "--size", "0"), "above zero, not 0"),
        (("tess", "M101", "--size", "3 kg"), "in pixels or angular quantity"),
        (("tess", "Ceres", "--moving-target"), "no ephemeris"),
        (("iue", "M101"), "iue"),
    ],
)
def test_what_cannot_be_meant_is_told(run: Any, words: tuple[str, ...], said: str) -> None:
    result = run(*words)

    assert result.exit_code in (1, 2)
    assert said in result.output.replace("\n", " ")


def test_cubes_and_images_are_put_into_an_archive(cutout_folder: Path, tmp_path: Path) -> None:
    def ingest(*words: str) -> Result:
        return CliRunner().invoke(main, ["ingest", str(tmp_path / "new"), *words])

    CliRunner().invoke(main, ["init", str(tmp_path / "new")])
    cube = str(next(cutout_folder.glob("cutouts/cubes/*")))
    image = str(next(cutout_folder.glob("cutouts/images/goods_north/*")))

    assert "Put in: 1 cubes." in ingest("--cube", cube).output
    assert "1 images of mine." in ingest("--survey", "mine", "--image", image).output
    assert "go together" in ingest("--image", image).output
    assert "is no cube of full frames" in ingest("--cube", image).output.replace("\n", " ")
