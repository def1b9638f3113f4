"""The database of an archive: opened for reading by many, for writing by one."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from topmast.archive.store.paths import FORMAT_VERSION, Layout
from topmast.archive.store.schema import INDEXES, account_statements, table_statements
from topmast.errors import ArchiveError

WAIT_FOR_LOCK_SECONDS = 60.0
SHORT_WRITE_SECONDS = 10.0
CACHE_SIZE = f"cache_size = -{64 * 1024}"
"""Negative: in kibibytes."""
IDLE_CONNECTIONS = 16
ABANDONED: list[sqlite3.Connection] = []
"""Connections of a parent process, kept so that nothing in this one ever closes them."""


def create_database(layout: Layout, profile: str) -> None:
    """Write an empty database; the folder exists and holds none."""
    connection = sqlite3.connect(layout.database, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        for statement in (*table_statements(), *INDEXES.values()):
            connection.execute(statement)
        settings = {"format_version": FORMAT_VERSION, "profile": profile, "changes": 0}
        connection.executemany("INSERT INTO settings VALUES (?, ?)", settings.items())
        connection.execute("COMMIT")
    finally:
        connection.close()


class Store:
    """Connections to one archive.sqlite.

    A connection is lent to one thread at a time and taken back afterwards, so that any number of
    threads may read; a process that was forked makes its own.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._guard = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._process = os.getpid()
        self._closed = False
        # Connections are closed even if nobody calls close.
        weakref.finalize(self, _close_all, self._idle, self._process)
        self._address = self._usable_address()
        self._check_format()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one read transaction: every query in it sees the same state."""
        connection = self._acquire()
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()
        except sqlite3.DatabaseError as problem:
            raise self._explained(problem) from problem
        finally:
            self._release(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one write transaction: all of it is kept, or nothing."""
        # Sorting for an index goes through temporary files, so that memory stays bounded.
        settings = ("synchronous = FULL", CACHE_SIZE, "temp_store = FILE", "threads = 2")
        with self._transaction(settings, WAIT_FOR_LOCK_SECONDS) as connection:
            yield connection
            connection.execute(
                "UPDATE settings SET value = CAST(value AS INTEGER) + 1 WHERE name = 'changes'"
            )
            connection.execute("COMMIT")
            connection.execute("PRAGMA analysis_limit = 1000")
            connection.execute("PRAGMA optimize")

    @contextmanager
    def short_write(
        self, wait_seconds: float = SHORT_WRITE_SECONDS
    ) -> Iterator[sqlite3.Connection]:
        """A connection for a short write about accounts, which changes no answer to a query."""
        with self._transaction(["synchronous = NORMAL"], wait_seconds) as connection:
            for statement in account_statements():
                connection.execute(statement)
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _transaction(
        self, settings: Iterable[str], wait_seconds: float
    ) -> Iterator[sqlite3.Connection]:
        """A connection of its own that writes; what the block does not commit is taken back."""
        if self.read_only:
            raise ArchiveError(f"The archive {self.layout.folder} cannot be written to.")
        connection = sqlite3.connect(
            self.layout.database, timeout=wait_seconds, isolation_level=None
        )
        try:
            for setting in settings:
                connection.execute(f"PRAGMA {setting}")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
        except sqlite3.DatabaseError as problem:
            raise self._explained(problem) from problem
        finally:
            if connection.in_transaction:
                connection.rollback()
            connection.close()

    @property
    def read_only(self) -> bool:
        """Whether this process may not write to the folder."""
        return "mode=ro" in self._address

    def setting(self, name: str, connection: sqlite3.Connection) -> str | None:
        """One value of the settings table, inside the transaction of `connection`."""
        row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def build_indexes(self) -> None:
        """Build those of the database's indexes that are not there."""
        with self.reading() as connection:
            missing = self.missing_indexes(connection)
        if missing:
            with self.writing() as connection:
                for name in missing:
                    connection.execute(INDEXES[name])

    def missing_indexes(self, connection: sqlite3.Connection) -> list[str]:
        """Names of the indexes that a large ingest took away."""
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        there = {row[0] for row in rows}
        return [name for name in INDEXES if name not in there]

    def close(self) -> None:
        """Close every connection that is not lent; the others close when they come back."""
        with self._guard:
            self._closed = True
            idle = self._idle[:]
            self._idle.clear()
        if self._process == os.getpid():
            for connection in idle:
                connection.close()

    def _acquire(self) -> sqlite3.Connection:
        with self._guard:
            if self._closed:
                raise ArchiveError(f"The archive {self.layout.folder} has been closed.")
            if self._process != os.getpid():
                # Connections must not be used, nor closed, on the other side of a fork.
                ABANDONED.extend(self._idle)
                self._idle.clear()
                self._process = os.getpid()
            if self._idle:
                return self._idle.pop()
        return self._connected(self._address)

    def _release(self, connection: sqlite3.Connection) -> None:
        with self._guard:
            if not self._closed and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()

    def _connected(self, address: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            address,
            uri=True,
            timeout=WAIT_FOR_LOCK_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            mmap_size = f"mmap_size = {1 << 34}"
            for setting in ("query_only = ON", CACHE_SIZE, mmap_size, "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {setting}")
            connection.execute("SELECT 1 FROM settings LIMIT 1")
        except BaseException:
            connection.close()
            raise
        return connection

    def _usable_address(self) -> str:
        """How to open the database here: as usual, or as one on a medium that cannot change."""
        path = self.layout.database
        if not path.is_file():
            raise ArchiveError(
                f"{self.layout.folder} is not an archive: it holds no archive.sqlite. "
                f"One is made with: topmast init {self.layout.folder}, or Archive.create(folder)."
            )
        base = "file:" + quote(str(path.absolute()))
        if _writable(path) and _writable(path.parent):
            addresses = [f"{base}?mode=rw"]
        elif _has_content(path.with_name(path.name + "-wal")):
            addresses = [f"{base}?mode=ro"]
        else:
            addresses = [f"{base}?mode=ro", f"{base}?mode=ro&immutable=1"]
        problem: Exception | None = None
        for address in addresses:
            try:
                self._connected(address).close()
            except sqlite3.DatabaseError as failure:
                problem = failure
            else:
                return address
        raise self._explained(problem) from problem

    def _check_format(self) -> None:
        with self.reading() as connection:
            version = self.setting("format_version", connection)
        if version is None or not version.isdigit() or int(version) > FORMAT_VERSION:
            raise ArchiveError(
                f"The archive {self.layout.folder} has format {version}; "
                f"this topmast reads formats up to {FORMAT_VERSION}. Update topmast."
            )

    def _explained(self, problem: Exception | None) -> ArchiveError:
        return ArchiveError(f"The database of the archive {self.layout.folder}: {problem}")


def _close_all(connections: list[sqlite3.Connection], process: int) -> None:
    if os.getpid() != process:
        ABANDONED.extend(connections)
        return
    for connection in connections:
        connection.close()


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
