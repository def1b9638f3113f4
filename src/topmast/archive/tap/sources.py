"""The tables of a query made known to DuckDB: the rows near its cones, or whole files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from topmast.archive.catalogs.cones import FINEST, SIZE_OF_ORDER_0_DEG
from topmast.archive.catalogs.matching import CELL_IN_RADII, match
from topmast.archive.catalogs.rows import arrow_type
from topmast.archive.catalogs.sql_filters import quoted
from topmast.archive.tap.schema import OBSCORE, OBSERVATIONS, PRODUCTS, TapTable, obscore_rows
from topmast.archive.tap.snapshots import NUMBER, select_of
from topmast.archive.tap.translate import BY_POSITION, BY_REGION, Cells, Cone, Source
from topmast.errors import InvalidQueryError
from topmast.sky.vectors import FloatArray, IntArray

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

MOST_NEAR = 200_000
"""Rows near the cones that are read at once; where there are more, the files are read through."""
WIDEST_DEG = 20.0
CELL_DEG = SIZE_OF_ORDER_0_DEG / CELL_IN_RADII
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
        self._uploads: Mapping[str, pa.Table] = {}
        self.files: list[str] = []
        """The files that the connection has to read."""

    def put(self, sources: Sequence[Source], uploads: Mapping[str, pa.Table]) -> None:
        """Make the tables known under the names of their sources."""
        self._uploads = {
            each.name: uploads[each.table.source.partition(" ")[2]]
            for each in sources
            if each.is_upload
        }
        for source in sources:
            self._put(source)

    def _put(self, source: Source) -> None:
        kind, _, name = source.table.source.partition(" ")
        place = f"{source.name}_plain" if source.cells else source.name
        if kind == "catalog":
            self._put_catalog(source, name, place)
        elif kind == "upload":
            self._duck.register(place, self._uploads[source.name])
        elif kind == "rows":
            self._duck.register(place, _rows_of(source.table))
        else:
            self._put_observations(source, place)
        if source.cells:
            columns = ", ".join(map(self._cells, source.cells))
            self._duck.execute(f"CREATE VIEW {source.name} AS SELECT *, {columns} FROM {place}")

    def _cells(self, cells: Cells) -> str:
        radius = self._widest(cells)
        order = int(np.clip(np.floor(np.log2(CELL_DEG / max(radius, 1e-9))), 0, FINEST))
        given = f"{quoted(cells.ra)}, {quoted(cells.dec)}, {order}"
        made = f"unnest(sky_cells({given}))" if cells.around else f"sky_cell({given})"
        return f"{made} AS {cells.name}"

    def _widest(self, cells: Cells) -> float:
        """The largest radius of a join."""
        if isinstance(cells.radius, float):
            return cells.radius
        column = _column(self._uploads[cells.radius_of], cells.radius)
        return float(np.nan_to_num(column, nan=0.0).max(initial=0.0))

    def _put_catalog(self, source: Source, name: str, place: str) -> None:
        table = self._archive.catalogs.table(name)
        if table is None:
            raise InvalidQueryError(f"The catalogue {name} is no longer there.")
        numbers = _near(table, source.cones.get(BY_POSITION))
        if numbers is None:
            numbers = self._near_uploads(source, table)
        if numbers is not None or not table.rows:
            columns = [column.name for column in source.columns] or [table.catalog.ra]
            found = np.zeros(0, np.int64) if numbers is None else numbers
            self._duck.register(place, table.read(found, columns))
            return
        kinds = {field.name: arrow_type(field) for field in table.catalog.stored}
        selected = [
            quoted(column.name)
            if column.name in table.columns
            else f"CAST(NULL AS {_sql_type(kinds[column.name])}) AS {quoted(column.name)}"
            for column in source.table.columns
        ]
        self._view(place, ", ".join(selected), table.parquet_paths())

    def _near_uploads(self, source: Source, table: Any) -> IntArray | None:
        """The rows near the places of an upload that the table is joined with."""
        ours = tuple(name.lower() for name in source.table.position or ())
        for cells in source.cells:
            upload = self._uploads.get(cells.partner)
            if upload is None or (cells.ra.lower(), cells.dec.lower()) != ours:
                continue
            ra, dec = (_column(upload, name) for name in cells.partner_place)
            radius = self._widest(cells) * SLACK[0] + SLACK[1]
            with suppress(InvalidQueryError):  # too many: all are read
                return np.unique(match(table, ra, dec, radius).numbers)
        return None

    def _put_observations(self, source: Source, place: str) -> None:
        name = source.table.source
        path = self._archive.tap_snapshots.path(PRODUCTS if name == PRODUCTS else OBSERVATIONS)
        selected = self._obscore() if name == OBSCORE else select_of(name)
        among = self._touched(source) if name != PRODUCTS else ""
        self._view(place, selected, [str(path)], among)

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


def _column(table: pa.Table, name: str) -> FloatArray:
    """A column of an upload as numbers, nan for what is none; its name in any case."""
    found = next((n for n in table.column_names if n.lower() == name.lower()), None)
    try:
        if found is None:
            raise InvalidQueryError(f"The uploaded table has no column {name}.")
        values = table.column(found).cast(pa.float64())
    except pa.ArrowInvalid as problem:
        raise InvalidQueryError(f"The uploaded column {name} has no numbers.") from problem
    return np.asarray(values.fill_null(np.nan), np.float64)


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
