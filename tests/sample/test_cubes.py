"""The cubes and images that the sample has for cutouts."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from tests.cutout_archive import *  # noqa: F403

from topmast.archive import Archive
from topmast.sample.cubes import build_cubes
from topmast.version import install_command


def test_there_are_two_cameras_three_sectors_and_two_surveys(cutout_archive: Archive) -> None:
    held = cutout_archive.cutouts.held

    assert {(cube.sector, cube.camera) for cube in held.cubes} == {
        (sector, camera) for sector in (2, 5, 8) for camera in (1, 4)
    }
    assert {image.survey for image in held.images} == {"goods_north", "candels_gn_60mas", "hap"}


def test_they_are_small_and_the_same_every_time(cutout_folder: Path, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "again") as archive:
        assert build_cubes(archive)
    files = [path for path in (cutout_folder / "cutouts").rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < 10 << 20
    for path in files:
        other = tmp_path / "again" / path.relative_to(cutout_folder)
        assert other.read_bytes() == path.read_bytes(), path.name


def test_without_astrocut_the_sample_has_none_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "astrocut", None)
    with Archive.create(tmp_path / "new") as archive, caplog.at_level(logging.WARNING, "topmast"):
        assert not build_cubes(archive)

        assert archive.cutouts.held.cubes == []
    assert install_command("cutouts") in caplog.text
