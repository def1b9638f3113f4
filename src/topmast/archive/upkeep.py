"""What an archive holds, whether it is whole, and a smaller form of it: info, check, compact."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from topmast.archive.store import coverage
from topmast.archive.store.locking import writer_lock
from topmast.archive.store.removal import journal_clear
from topmast.archive.store.value_counts import HISTOGRAM_COLUMNS, counts_of, elements_of
from topmast.archive.store.value_counts import SEPARATORS as LIST_SEPARATORS
from topmast.errors import ArchiveError

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

CHUNK = 1 << 20
Progress = Callable[[int, int], None]
"""Called with how many files have been looked at, and of how many."""


@dataclass(slots=True)
class ArchiveInfo:
    """What an archive holds. Sizes are bytes on disk."""

    folder: Path
    format_version: int
    profile: str
    observations: dict[str, int]
    """By collection."""
    products: int
    files: int
    file_bytes: int
    missing_files: int
    """Products whose file the archive does not hold."""
    catalogs: dict[str, int]
    """Rows by catalogue."""
    missions: list[str]
    accounts: int
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes of the database and of each folder."""


def info(archive: Archive) -> ArchiveInfo:
    """Count what is in the archive."""
    store = archive.store
    with store.reading() as connection:

        def one(sql: str) -> int:
            return int(connection.execute(sql).fetchone()[0] or 0)

        rows = connection.execute(
            "SELECT coalesce(obs_collection, ''), count(*) FROM observations GROUP BY 1 ORDER BY 1"
        ).fetchall()
        return ArchiveInfo(
            folder=archive.folder,
            format_version=int(store.setting("format_version", connection) or 0),
            profile=archive.profile,
            observations=dict(rows),
            products=one("SELECT count(*) FROM products"),
            files=one("SELECT count(path) FROM files"),
            file_bytes=one("SELECT sum(size) FROM files WHERE path IS NOT NULL"),
            missing_files=one("SELECT count(*) FROM files WHERE path IS NULL"),
            catalogs=dict(_catalog_rows(archive)),
            missions=archive.missions.names(),
            accounts=one("SELECT count(*) FROM accounts") if _has(connection, "accounts") else 0,
            sizes=dict(_sizes(archive.folder)),
        )


def check(
    archive: Archive, *, checksums: bool = False, progress: Progress | None = None
) -> list[str]:
    """What is wrong with the archive, a line each; an empty list if nothing is."""
    return [
        *_database_problems(archive),
        *_count_problems(archive),
        *_file_problems(archive, checksums, progress),
        *_catalog_problems(archive),
    ]


def compact(archive: Archive) -> int:
    """Give back the space of what was replaced and removed; how many bytes that is."""
    store = archive.store
    if store.read_only:
        raise ArchiveError(f"The archive {archive.folder} cannot be written to.")
    before = sum(size for _, size in _sizes(archive.folder))
    with writer_lock(store.layout):
        journal_clear(store)
        coverage.update(store)
        with closing(sqlite3.connect(store.layout.database, isolation_level=None)) as connection:
            try:
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.DatabaseError as problem:
                raise ArchiveError(
                    f"The database could not be made smaller: {problem}"
                ) from problem
    return max(0, before - sum(size for _, size in _sizes(archive.folder)))


def _has(connection: sqlite3.Connection, table: str) -> bool:
    sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(sql, (table,)).fetchone() is not None


def _catalog_rows(archive: Archive) -> Iterator[tuple[str, int]]:
    for name in archive.catalogs.names():
        table = archive.catalogs.table(name)
        if table is not None:
            yield name, table.rows


def _sizes(folder: Path) -> Iterator[tuple[str, int]]:
    for path in sorted(folder.iterdir()):
        size = _bytes_of(path)
        if size:
            yield path.name, size


def _bytes_of(path: Path) -> int:
    if not path.is_dir():
        return path.lstat().st_size
    sizes = (
        os.lstat(os.path.join(place, name)).st_size
        for place, _, names in os.walk(path)
        for name in names
    )
    return sum(sizes)


# ------------------------------------------------------------------------------------- the check


def _database_problems(archive: Archive) -> Iterator[str]:
    with archive.store.reading() as connection:
        for (line,) in connection.execute("PRAGMA integrity_check(20)"):
            if line != "ok":
                yield f"The database is damaged: {line}"
        for name in archive.store.missing_indexes(connection):
            yield f"The database lacks the index {name}; opening the archive for writing makes it."
        count = connection.execute(
            'SELECT count(*) FROM products WHERE "dataURI" NOT IN (SELECT uri FROM files)'
        ).fetchone()[0]
        if count:
            yield f"{count} products have no row in the list of files."
    if coverage.needs_repair(archive.store):
        yield "The footprint index is not that of the database; opening the archive makes it anew."


def _count_problems(archive: Archive) -> Iterator[str]:
    """The counts by value, counted again."""
    noted = counts_of(archive.store)
    with archive.store.reading() as connection:
        for name in HISTOGRAM_COLUMNS:
            counted: dict[str, int] = {}
            rows = connection.execute(
                f'SELECT "{name}" COLLATE BINARY, count(*) FROM observations GROUP BY 1'
            )
            for value, count in rows:
                for element in elements_of(value, LIST_SEPARATORS[name]):
                    counted[element] = counted.get(element, 0) + count
            if counted != noted[name]:
                yield f"The counts of {name} are not those of the observations."


def _file_problems(archive: Archive, checksums: bool, progress: Progress | None) -> Iterator[str]:
    with archive.store.reading() as connection:
        rows = connection.execute(
            "SELECT path, size, sha256 FROM files WHERE path IS NOT NULL ORDER BY path"
        ).fetchall()
    for number, (path, size, sha256) in enumerate(rows):
        held = archive.store.layout.held(path)
        if not held.is_file():
            yield f"{path} is missing."
        elif held.stat().st_size != size:
            yield f"{path} has {held.stat().st_size} bytes and should have {size}."
        elif checksums and sha256 and _sha256(held) != sha256:
            yield f"{path} has changed: its checksum is another."
        if progress:
            progress(number + 1, len(rows))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _catalog_problems(archive: Archive) -> Iterator[str]:
    for name in archive.catalogs.names():
        try:
            table = archive.catalogs.table(name)
            if table is None:
                yield f"The catalogue {name} cannot be opened."
                continue
            rows = sum(piece.num_rows for piece in table.pieces(table.stored_columns[:1]))
            if rows != table.rows:
                yield f"The catalogue {name} has {rows} rows and should have {table.rows}."
        except Exception as problem:  # a damaged Parquet file raises many kinds
            yield f"The catalogue {name} is damaged: {problem}"
