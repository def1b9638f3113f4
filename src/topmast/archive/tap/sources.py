"""The tables of a query made known to DuckDB: the rows near its cones, or whole files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from topmast.archive.catalogs.rows import arrow_type
from topmast.archive.catalogs.sql_filters import quoted
from topmast.archive.tap.schema import OBSCORE, OBSERVATIONS, PRODUCTS, TapTable, obscore_rows
from topmast.archive.tap.snapshots import NUMBER, select_of
from topmast.archive.tap.translate import BY_POSITION, BY_REGION, Cone, Source
from topmast.errors import InvalidQueryError
from topmast.sky.vectors import IntArray

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

MOST_NEAR = 200_000
"""Rows near the cones that are read at once; where there are more, the files are read through."""
WIDEST_DEG = 20.0
SLACK = 1 + 1e-9, 1e-9
"""A cone is searched a little wider, and its rim left to the exact test in the query."""
TYPES: Mapping[str, Any] = {
    "char": pa.string(), "long": pa.int64(), "int": pa.int32(), "double": pa.float64(),
    "boolean": pa.bool_(),
}  # fmt: skip
SQL_TYPES = {
    "char": "VARCHAR", "long": "BIGINT", "int": "INTEGER", "double": "DOUBLE", "boolean": "BOOLEAN",
}  # fmt: skip


class Sources:
    """Puts the tables of one query into one connection to DuckDB."""

    def __init__(self, archive: Archive, duck: Any, base_url: str) -> None:
        self._archive = archive
        self._duck = duck
        self._base_url = base_url
        self.files: list[str] = []
        """The files that the connection has to read."""

    def put(self, source: Source, uploads: Mapping[str, pa.Table]) -> None:
        """Make a table known under the name of its source."""
        kind, _, name = source.table.source.partition(" ")
        if kind == "catalog":
            self._put_catalog(source, name)
        elif kind == "upload":
            self._duck.register(source.name, uploads[name])
        elif kind == "rows":
            self._duck.register(source.name, _rows_of(source.table))
        else:
            self._put_observations(source)

    def _put_catalog(self, source: Source, name: str) -> None:
        table = self._archive.catalogs.table(name)
        if table is None:
            raise InvalidQueryError(f"The catalogue {name} is no longer there.")
        numbers = _near(table, source.cones.get(BY_POSITION))
        if numbers is not None or not table.rows:
            columns = [column.name for column in source.columns] or [table.catalog.ra]
            found = np.zeros(0, np.int64) if numbers is None else numbers
            self._duck.register(source.name, table.read(found, columns))
            return
        kinds = {field.name: arrow_type(field) for field in table.catalog.stored}
        selected = [
            quoted(column.name)
            if column.name in table.columns
            else f"CAST(NULL AS {_sql_type(kinds[column.name])}) AS {quoted(column.name)}"
            for column in source.table.columns
        ]
        self._view(source.name, ", ".join(selected), table.parquet_paths())

    def _put_observations(self, source: Source) -> None:
        name = source.table.source
        path = self._archive.tap_snapshots.path(PRODUCTS if name == PRODUCTS else OBSERVATIONS)
        selected = self._obscore() if name == OBSCORE else select_of(name)
        among = self._touched(source) if name != PRODUCTS else ""
        self._view(source.name, selected, [str(path)], among)

    def _obscore(self) -> str:
        base = "'" + self._base_url.replace("'", "''") + "'"
        return ", ".join(
            f"CAST({row['value'].replace('@BASE@', base)} AS {SQL_TYPES[row['datatype']]}) "
            f"AS {quoted(row['name'])}"
            for row in obscore_rows()
        )

    def _touched(self, source: Source) -> str:
        """The condition that leaves the observations whose footprints touch the cones."""
        cones = source.cones.get(BY_REGION)
        if cones is None:
            return ""
        ra, dec, radius = np.array([_widened(cone) for cone in cones]).T
        with self._archive.store.reading() as connection:
            hits = self._archive.searcher.coverage.touching(ra, dec, radius, connection)
        near = f"{source.name}_near"
        self._duck.register(near, pa.table({"number": np.unique(hits.ids)}))
        return f" WHERE {quoted(NUMBER)} IN (SELECT number FROM {near})"

    def _view(self, name: str, selected: str, files: Sequence[str], where: str = "") -> None:
        self.files += files
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
        self._duck.execute(
            f"CREATE VIEW {name} AS SELECT {selected} FROM read_parquet([{listed}], "
            f"union_by_name = true, hive_partitioning = false){where}"
        )


def _near(table: Any, cones: Sequence[Cone] | None) -> IntArray | None:
    """The rows in at least one of the cones; None where it is better to read all."""
    if cones is None or sum(radius for _, _, radius in cones) > WIDEST_DEG:
        return None
    parts, count = [], 0
    for cone in cones:
        numbers, _ = table.near(*_widened(cone))
        parts.append(numbers)
        count += len(numbers)
        if count > MOST_NEAR:
            return None
    return np.unique(np.concatenate(parts))


def _widened(cone: Cone) -> Cone:
    ra, dec, radius = cone
    return ra, dec, min(radius * SLACK[0] + SLACK[1], 180.0)


def _rows_of(table: TapTable) -> pa.Table:
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    return pa.table(
        {
            column.name: pa.array(values, TYPES[column.datatype])
            for column, values in zip(table.columns, columns, strict=True)
        }
    )


def _sql_type(kind: Any) -> str:
    return next(SQL_TYPES[word] for word, each in TYPES.items() if each == kind)
