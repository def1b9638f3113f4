"""A small archive with observations and a catalogue, and the same rows in SQLite as an oracle."""

from __future__ import annotations

import csv
import io
import math
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tests.archive.conftest import OBSERVATIONS
from topmast.archive import Archive

COUNT = 2000
Rows = list[tuple[Any, ...]]


def stars() -> Table:
    """Made-up stars: most near RA 0, some anywhere, some at a pole; some values are missing."""
    random = np.random.default_rng(7)
    near = COUNT - 500
    ra = np.concatenate([random.normal(0, 0.5, near) % 360, random.uniform(0, 360, 500)])
    dec = np.concatenate(
        [
            random.normal(20, 0.5, near),
            np.rad2deg(np.arcsin(random.uniform(-1, 1, 400))),
            random.uniform(89.5, 90, 100),
        ]
    )
    kinds = random.choice(["STAR", "GALAXY", "O'Neill", "QSO", "Größe"], COUNT).tolist()
    return Table(
        {
            "id": np.arange(1, COUNT + 1),
            "ra": ra,
            "dec": dec,
            "mag": MaskedColumn(random.uniform(6, 18, COUNT).round(3), random.random(COUNT) < 0.2),
            "kind": MaskedColumn(kinds, mask=random.random(COUNT) < 0.1),
            "field": random.integers(-3, 9, COUNT),
        }
    )


@pytest.fixture(scope="session")
def tap_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with the stars and a few observations; tests only read its tables."""
    folder = tmp_path_factory.mktemp("tap") / "archive"
    with Archive.create(folder) as archive:
        observations = {
            name: [row.get(name) for row in OBSERVATIONS]
            for name in dict.fromkeys(name for row in OBSERVATIONS for name in row)
        }
        archive.ingest(Table(observations))
        archive.ingest_catalog("stars", stars())
    return folder


@pytest.fixture(scope="session")
def tap_archive(tap_folder: Path) -> Iterator[Archive]:
    with Archive(tap_folder) as archive:
        yield archive


@pytest.fixture(scope="session")
def ask(tap_archive: Archive) -> Callable[..., Rows]:
    """What the archive answers to a query, as rows of plain values."""
    from topmast.archive.tap.run import TapQuery, run_query

    def asked(adql: str, **options: Any) -> Rows:
        import msgspec

        content = run_query(tap_archive, TapQuery(adql, format="json", **options))
        return [tuple(row) for row in msgspec.json.decode(content)["data"]]

    return asked


@pytest.fixture(scope="session")
def oracle() -> Iterator[Callable[[str], Rows]]:
    """The same stars in SQLite, with angles by astropy."""
    database = sqlite3.connect(":memory:")
    table = stars()
    database.execute(
        "CREATE TABLE stars (id INT, ra REAL, dec REAL, mag REAL, kind TEXT, field INT)"
    )
    database.executemany(
        "INSERT INTO stars VALUES (?, ?, ?, ?, ?, ?)",
        zip(*(column.tolist() for column in table.itercols()), strict=True),
    )
    database.create_function("apart", 4, apart, deterministic=True)
    database.create_function("log10", 1, lambda x: None if x is None else math.log10(x))
    database.execute("PRAGMA case_sensitive_like = ON")
    yield lambda sql: database.execute(sql).fetchall()
    database.close()


def apart(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Degrees between two positions, by vectors: another formula than the archive's."""
    first, second = (
        np.array(
            [
                math.cos(math.radians(dec)) * math.cos(math.radians(ra)),
                math.cos(math.radians(dec)) * math.sin(math.radians(ra)),
                math.sin(math.radians(dec)),
            ]
        )
        for ra, dec in ((ra1, dec1), (ra2, dec2))
    )
    return math.degrees(math.atan2(np.linalg.norm(np.cross(first, second)), first @ second))


def parsed_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))
