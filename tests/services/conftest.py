"""A small archive in a folder, and the observations of a client of it in both dialects."""

from __future__ import annotations

from pathlib import Path

import pytest

import topmast
from tests.small_archive import make
from topmast.services.observations import ObservationsClass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = make(tmp_path_factory.mktemp("small"))
    archive.close()
    return archive.folder


@pytest.fixture
def observations(folder: Path) -> ObservationsClass:
    return topmast.connect(folder).observations


@pytest.fixture
def as_astroquery(folder: Path) -> ObservationsClass:
    return topmast.connect(folder, dialect="astroquery").observations
