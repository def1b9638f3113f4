"""An archive with cubes and images to cut out of, made once; skips where astrocut is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from topmast.archive import Archive

STAR = "124.531756 -68.313"
M101 = "210.80227 54.34895"
DEEP = "189.49206 62.20615"
NOWHERE = "10.5 10.5"


@pytest.fixture(scope="session")
def cutout_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an archive with the sample's cubes and images, and a name or two."""
    pytest.importorskip("astrocut")
    from topmast.sample.cubes import build_cubes

    folder = tmp_path_factory.mktemp("cutouts") / "archive"
    names = folder.with_name("names.csv")
    names.write_text(
        "name,resolver,ra,dec\nM101,NED,210.80227,54.34895\nmy star,NED,124.531756,-68.313\n"
    )
    with Archive.create(folder) as archive:
        archive.ingest(names=names)
        assert build_cubes(archive)
    return folder


@pytest.fixture
def cutout_archive(cutout_folder: Path) -> Iterator[Archive]:
    with Archive(cutout_folder) as archive:
        yield archive
