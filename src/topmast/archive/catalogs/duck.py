"""DuckDB as the catalogues use it: a process of its own memory limit, and no files but ours."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MEMORY = "1GB"
THREADS = 2
FILES = "read_parquet(?, union_by_name = true, hive_partitioning = false)"
"""The files of a catalogue; that of the rows without a position may have other columns."""


@contextmanager
def connection(temporary: Path | None = None) -> Iterator[Any]:
    """A connection that keeps to its share of memory, and spills into `temporary` beyond it."""
    duck = _connect("" if temporary is None else str(temporary))
    try:
        yield duck
    finally:
        duck.close()


def _connect(temporary: str) -> Any:
    import duckdb

    settings: dict[str, Any] = {
        "memory_limit": MEMORY,
        "threads": THREADS,
        "temp_directory": temporary,
    }
    duck = duckdb.connect(config=settings)
    duck.execute("SET enable_progress_bar = false")
    duck.execute("SET parquet_metadata_cache = true")
    return duck


_shared: dict[int, Any] = {}
_guard = threading.Lock()


def query(sql: str, values: Sequence[Any], **tables: Any) -> Any:
    """The rows that a query gives, as an Arrow table; `tables` are Arrow tables it may read."""
    with _guard:
        duck = _shared.get(os.getpid())  # a connection does not survive a fork
        if duck is None:
            duck = _shared[os.getpid()] = _connect("")
        cursor = duck.cursor()
    try:
        for name, table in tables.items():
            cursor.register(name, table)
        return cursor.sql(sql, params=list(values)).to_arrow_table()
    finally:
        cursor.close()
