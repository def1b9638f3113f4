"""Which observations a cone touches: the footprint index, kept true to the database.

The database says which state of the index it was written with, and which observations that state
does not know yet. Those get an index of their own in a temporary folder, and so does everything
when the index on disk is missing or of another state: an answer is never short of rows.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from topmast.archive.footprints.index import FootprintIndex, add_footprints, write_index
from topmast.archive.footprints.segment import Hits
from topmast.archive.store.database import Store
from topmast.archive.store.locking import writer_lock
from topmast.archive.store.paths import Layout, temporary_folder
from topmast.errors import ArchiveError
from topmast.sky.vectors import IntArray

ALL = "SELECT number, s_region, s_ra, s_dec FROM observations ORDER BY number"
UNINDEXED = (
    "SELECT number, s_region, s_ra, s_dec FROM unindexed CROSS JOIN observations USING (number) "
    "ORDER BY number"
)
WRITER_NEEDS_SECONDS = 2.0
"""Between the index and the database, a writer that is at work elsewhere needs a moment."""


@dataclass
class _Side:
    """An index of the rows that the one on disk does not know, for one state of the database."""

    state: tuple[str | None, str | None]
    numbers: IntArray
    is_everything: bool
    index: FootprintIndex | None = None


class Coverage:
    """Footprint search for one archive; safe to use from many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.layout.footprints
        self._guard = threading.Lock()
        self._index: FootprintIndex | None = None
        self._side: _Side | None = None

    def touching(
        self, ra_deg: Any, dec_deg: Any, radius_deg: Any, connection: sqlite3.Connection
    ) -> Hits:
        """Observations, as `connection` sees them, that share a place with the cones."""
        main, side = self._indexes(connection)
        parts = []
        if main is not None:
            hits = main.touching(ra_deg, dec_deg, radius_deg)
            known = len(side.numbers) > 0 and np.isin(hits.ids, side.numbers)
            parts.append(hits.take(~known) if np.any(known) else hits)
        if side.index is not None:
            parts.append(side.index.touching(ra_deg, dec_deg, radius_deg))
        hits = Hits.joined(parts)
        return hits if len(parts) < 2 else hits.take(np.lexsort((hits.ids, hits.cones)))

    def density(self, order: int, connection: sqlite3.Connection) -> IntArray:
        """How many footprints have their middle in each cell of the sky (HEALPix, nested)."""
        main, side = self._indexes(connection)
        indexes = [index for index in (main, side.index) if index is not None]
        zero = np.zeros(12 << 2 * order, np.int64)
        return sum((index.density(order) for index in indexes), zero)

    def close(self) -> None:
        """Forget the indexes; a temporary one is removed."""
        with self._guard:
            self._index = self._side = None

    def _indexes(self, connection: sqlite3.Connection) -> tuple[FootprintIndex | None, _Side]:
        first, second = (self._store.setting(n, connection) for n in ("footprints", "changes"))
        state = (first, second)
        with self._guard:
            if self._side is None or self._side.state != state:
                self._replace_side(state, connection)
            side = self._side
            assert side is not None
            if side.is_everything:
                return None, side
            if self._index is None or self._index.stale():
                self._index = FootprintIndex(self._folder)
            return self._index, side

    def _replace_side(
        self, state: tuple[str | None, str | None], connection: sqlite3.Connection
    ) -> None:
        everything = not _agrees(self._store.layout, state[0])
        rows = ALL if everything else UNINDEXED
        numbers = np.fromiter(
            (row[0] for row in connection.execute(f"SELECT number FROM ({rows})")), np.int64
        )
        side = _Side(state, numbers, everything)
        if len(numbers):
            folder = temporary_folder(side, "topmast-footprints-")
            _write(write_index, folder, rows, connection)
            side.index = FootprintIndex(folder)
        self._side = side


def repair(store: Store) -> None:
    """Make up for a writer that was killed before the indexes were there, if we may write."""
    if store.read_only or not needs_repair(store):
        return
    # Whoever holds the lock brings the index up to date anyway.
    with suppress(ArchiveError), writer_lock(store.layout, wait_seconds=0):
        store.build_indexes()
        update(store)


def update(store: Store, before_writing: Callable[[], None] = lambda: None) -> None:
    """Index what the database holds and the index does not; whoever calls this holds the lock.

    `before_writing` is called when only the note in the database is left to do.
    """
    with store.reading() as connection:
        good = _token(store.layout) == (store.setting("footprints", connection) or "")
        anything = connection.execute(f"SELECT 1 FROM ({UNINDEXED}) LIMIT 1").fetchone()
        if good and not anything:
            before_writing()
            return
        write = add_footprints if good else write_index
        _write(write, store.layout.footprints, UNINDEXED if good else ALL, connection)
    before_writing()
    with store.writing() as connection:
        connection.execute("DELETE FROM unindexed")
        connection.execute(
            "INSERT OR REPLACE INTO settings VALUES ('footprints', ?)", (_token(store.layout),)
        )


def needs_repair(store: Store) -> bool:
    """Whether a writer was killed before the indexes were there."""
    with store.reading() as connection:
        return bool(
            store.missing_indexes(connection)
            or connection.execute("SELECT 1 FROM unindexed LIMIT 1").fetchone()
            or _token(store.layout) != (store.setting("footprints", connection) or "")
        )


def _agrees(layout: Layout, expected: str | None) -> bool:
    """Whether the index on disk is the one that the database was written with."""
    patience = time.monotonic() + WRITER_NEEDS_SECONDS
    while _token(layout) != (expected or ""):
        if not layout.lock.exists() or time.monotonic() > patience:
            return False
        time.sleep(0.02)
    return True


def _token(layout: Layout) -> str:
    """What tells one state of the index from another."""
    try:
        return (layout.footprints / "current.json").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _write(
    write: Callable[..., None], folder: Path, rows: str, connection: sqlite3.Connection
) -> None:
    places = np.fromiter(
        connection.execute(
            f"SELECT number, coalesce(s_ra, 9e999), coalesce(s_dec, 9e999) FROM ({rows})"
        ),
        [("number", np.int64), ("ra", np.float64), ("dec", np.float64)],
    )
    numbers, ra_deg, dec_deg = places["number"], places["ra"], places["dec"]
    nowhere = np.isinf(ra_deg) | np.isinf(dec_deg)
    ra_deg[nowhere] = dec_deg[nowhere] = np.nan
    regions = (row[0] for row in connection.execute(f"SELECT s_region FROM ({rows})"))
    write(folder, numbers, regions, ra_deg=ra_deg, dec_deg=dec_deg)
