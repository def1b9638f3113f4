"""Observations and products as Parquet files, which DuckDB reads; made anew when they change.

The files are a cache: they may be deleted at any time. They stand in the folder ``tap`` of the
archive, or in a temporary one where the archive cannot be written to.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from topmast.archive.catalogs.rows import arrow_type
from topmast.archive.store.paths import temporary_folder
from topmast.archive.store.schema import quoted
from topmast.archive.tap.schema import OBSERVATIONS, PRODUCTS
from topmast.tables.fields import OBSERVATION, PRODUCT, Field

if TYPE_CHECKING:
    from topmast.archive.store.database import Store

ROWS_AT_ONCE = 20_000
NUMBER, RELEASE = "_number_", "_release_"
_NOT_READY = "(SELECT CASE WHEN count(*) = count(o.t_obs_release) THEN max(o.t_obs_release) END "
_RELEASE_OF = (
    "CASE WHEN p.\"dataRights\" = 'EXCLUSIVE_ACCESS' THEN coalesce("
    + _NOT_READY
    + 'FROM observations o WHERE o.obsid = p."obsID"), '
    + _NOT_READY
    + "FROM observations o WHERE o.obsid = p.parent_obsid)) END"
)
TABLES: dict[str, tuple[tuple[Field, ...], str, str]] = {
    OBSERVATIONS: (OBSERVATION, NUMBER, "o.number, {} FROM observations o ORDER BY o.number"),
    PRODUCTS: (PRODUCT, RELEASE, f"{_RELEASE_OF}, {{}} FROM products p"),
}
"""For each table its columns, the one that is added, and what selects them."""
TODAY = "(epoch_ms(now()) / 86400000e0 + 40587)"
RIGHTS = (
    "CASE WHEN \"dataRights\" = 'EXCLUSIVE_ACCESS' AND {} <= " + TODAY + " THEN 'PUBLIC' "
    'ELSE "dataRights" END'
)
"""What has been released is public, though it was put in as exclusive."""


class Snapshots:
    """The Parquet files of one archive; safe to use from many threads and processes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guard = threading.Lock()
        folder = store.layout.folder / "tap"
        self.folder: Path = temporary_folder(self, "topmast-tap-") if store.read_only else folder

    def path(self, table: str) -> Path:
        """The file with the rows of a table as they are now."""
        with self._guard, self._store.reading() as connection:
            state = self._store.setting("changes", connection) or "0"
            stem = table.partition(".")[2]
            found = self.folder / f"{stem}-{int(state)}.parquet"
            if not found.is_file():
                self.folder.mkdir(parents=True, exist_ok=True)
                _write(found, table, connection)
                self._forget_others(stem, found)
            return found

    def _forget_others(self, stem: str, found: Path) -> None:
        for path in self.folder.glob(f"{stem}-*.parquet"):
            if path != found:
                with suppress(OSError):
                    path.unlink()


def select_of(table: str) -> str:
    """What makes the columns of a table, as they are today, from its file."""
    fields = TABLES[table][0]
    release = quoted("t_obs_release" if table == OBSERVATIONS else RELEASE)
    made = {"dataRights": f"{RIGHTS.format(release)} AS {quoted('dataRights')}"}
    return ", ".join(made.get(field.name) or quoted(field.name) for field in fields)


def _write(path: Path, table: str, connection: Any) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.part")
    fields, added, sql = TABLES[table]
    kinds = [(added, pa.int64() if added == NUMBER else pa.float64())]
    schema = pa.schema([*kinds, *((field.name, arrow_type(field)) for field in fields)])
    try:
        with pq.ParquetWriter(part, schema, compression="zstd") as writer:
            for batch in _batches(connection, fields, sql, schema):
                writer.write_table(batch, row_group_size=ROWS_AT_ONCE)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _batches(
    connection: Any, fields: tuple[Field, ...], sql: str, schema: pa.Schema
) -> Iterator[pa.Table]:
    alias = "o" if "FROM observations o ORDER" in sql else "p"
    names = ", ".join(f"{alias}.{quoted(field.name)}" for field in fields)
    cursor = connection.execute("SELECT " + sql.format(names))
    truths = {field.name for field in fields if field.type == "boolean"}
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        columns = zip(schema, zip(*rows, strict=True), strict=True)
        yield pa.table([_array(kind, values, truths) for kind, values in columns], schema=schema)


def _array(kind: pa.Field, values: tuple[Any, ...], truths: set[str]) -> pa.Array:
    if kind.name in truths:
        return pa.array([None if value is None else bool(value) for value in values])
    return pa.array(values, kind.type)
