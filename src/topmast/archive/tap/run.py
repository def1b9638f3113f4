"""One query answered: read, translated, run by DuckDB within its limits, and written."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from topmast.archive.store.paths import temporary_folder
from topmast.archive.tap import functions, geometry, regions
from topmast.archive.tap.results import Result, result_format
from topmast.archive.tap.schema import tables_of
from topmast.archive.tap.sources import Sources
from topmast.archive.tap.translate import Translated, translate
from topmast.archive.tap.uploads import read_uploads, upload_tables
from topmast.errors import ArchiveError, InvalidQueryError, TimeoutError

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

LOGGER = logging.getLogger("topmast")

DEFAULT_ROWS = 100_000
MOST_ROWS = 1_000_000
SECONDS = 60.0
"""Of a query that is answered at once."""
GRACE_SECONDS = 10.0
"""After its time a query is interrupted; after so long again its process is ended."""
LOOK_SECONDS = 0.25
ROWS_A_BATCH = 1 << 16
MOST_BYTES = 1 << 30
SETTINGS: Mapping[str, Any] = {
    "memory_limit": "256MB",
    "threads": 2,
    "max_temp_directory_size": "4GB",
    "python_enable_replacements": False,
    "integer_division": True,
    "default_null_order": "nulls_last",
}
QUIET = "SET enable_progress_bar = false"
LOCKED = ("enable_external_access = false", "lock_configuration = true")
CANDIDATES = re.compile(r"\s*(?:\nLINE|Candidate functions)")
TOO_LARGE = (
    "The query needs more memory than the archive gives to one. Ask for fewer rows or columns, or "
    "for a smaller part of the sky."
)


@dataclass(frozen=True, slots=True)
class TapQuery:
    """A query as it came; `uploads` are the names and VOTables of tables that came with it."""

    adql: str
    collection: str = ""
    maxrec: int | None = None
    format: str = "votable"
    base_url: str = ""
    uploads: tuple[tuple[str, bytes], ...] = ()
    seconds: float = SECONDS
    stop_file: str = ""
    """The query is ended when this file is there, or its folder is not."""


def run_query(archive: Archive, query: TapQuery) -> bytes:
    """The answer to a query, in the format that it asks for.

    Raises InvalidQueryError for a query that cannot be answered, saying why, and TimeoutError for
    one that takes too long.
    """
    chosen = result_format(query.format)
    uploads = read_uploads(query.uploads)
    tables = tables_of(archive, query.collection)
    if tables is None:
        raise InvalidQueryError(f"There is no collection {query.collection[:60]!r} here.")
    translated = translate(query.adql, {**tables, **upload_tables(uploads)})
    most = min(DEFAULT_ROWS if query.maxrec is None else query.maxrec, MOST_ROWS)
    with _explained(query.seconds), _connection() as duck, _interrupted(duck, query):
        sources = Sources(archive, duck, query.base_url)
        for source in translated.sources:
            sources.put(source, uploads)
        _lock(duck, sources.files)
        return chosen.write(_result(duck, translated, query, most))


def _result(duck: Any, translated: Translated, query: TapQuery, most: int) -> Result:
    reader = _reader(duck.sql(translated.sql))
    batches, count, size = [], 0, 0
    for batch in reader:
        batches.append(batch)
        count += batch.num_rows
        size += batch.nbytes
        if size > MOST_BYTES:
            raise InvalidQueryError(TOO_LARGE)
        if count > most:
            break
    table = pa.Table.from_batches(batches, reader.schema)
    columns = [translated.described(n, name) for n, name in enumerate(table.column_names)]
    return Result(table.slice(0, most), columns, query.adql, overflow=count > most)


def _reader(relation: Any) -> Any:
    """The rows a batch at a time, made as they are read; duckdb changed the name of it."""
    read = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
    return read(ROWS_A_BATCH)


@contextmanager
def _connection() -> Iterator[Any]:
    import duckdb

    owner = threading.Event()
    folder: Path = temporary_folder(owner, "topmast-duck-")
    duck = duckdb.connect(config={**SETTINGS, "temp_directory": str(folder)})
    try:
        for statement in (QUIET, *functions.MACROS, *geometry.MACROS):
            duck.execute(statement)
        regions.register(duck)
        yield duck
    finally:
        duck.close()
        del owner  # and the folder with it


def _lock(duck: Any, files: list[str]) -> None:
    """From here on the connection reads these files and no others, whatever it is asked."""
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    duck.execute(f"SET allowed_paths = [{listed}]")
    for setting in LOCKED:
        duck.execute(f"SET {setting}")


@contextmanager
def _interrupted(duck: Any, query: TapQuery) -> Iterator[None]:
    """Interrupt what takes too long in the block, or is wanted no more."""
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(duck, query, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _watch(duck: Any, query: TapQuery, done: threading.Event) -> None:
    end = time.monotonic() + query.seconds
    while not done.wait(max(0.0, min(LOOK_SECONDS, end - time.monotonic()))):
        if time.monotonic() >= end or _is_unwanted(query):
            duck.interrupt()
            end = min(end, time.monotonic()) + LOOK_SECONDS


def _is_unwanted(query: TapQuery) -> bool:
    stop = Path(query.stop_file)
    return bool(query.stop_file) and (stop.exists() or not stop.parent.is_dir())


@contextmanager
def _explained(seconds: float) -> Iterator[None]:
    """Errors of DuckDB in our words."""
    import duckdb

    try:
        yield
    except duckdb.InterruptException as problem:
        raise TimeoutError(f"The query took longer than {seconds:.0f} seconds.") from problem
    except (duckdb.OutOfMemoryException, MemoryError) as problem:
        raise InvalidQueryError(TOO_LARGE) from problem
    except (duckdb.IOException, duckdb.InternalException, duckdb.FatalException) as problem:
        LOGGER.exception("DuckDB failed at a query")
        raise ArchiveError("The archive failed at this query; its log says why.") from problem
    except duckdb.Error as problem:
        raise InvalidQueryError(_said(str(problem))) from problem


def _said(text: str) -> str:
    """What DuckDB says of a query, without its kind and its drawing of the place."""
    said = CANDIDATES.split(text, maxsplit=1)[0]
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " ".join(lines)[:500].partition("Error: ")[2] or "The query cannot be answered."
