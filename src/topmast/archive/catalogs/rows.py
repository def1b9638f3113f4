"""Rows on their way into a catalogue, as one Arrow table with the catalogue's types."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from topmast.archive.catalogs.definitions import Catalog
from topmast.archive.store.schema import is_identifier
from topmast.archive.store.table_pieces import TableSource, known_columns, pieces_of, whole_table
from topmast.errors import InvalidQueryError
from topmast.tables.fields import Field

TYPES = {"string": pa.string(), "int": pa.int64(), "float": pa.float64(), "boolean": pa.bool_()}


def arrow_type(field: Field) -> pa.DataType:
    """How a column is kept; identifiers are numbers."""
    return pa.int64() if is_identifier(field) else TYPES[field.type]


def rows_of(source: TableSource, catalog: Catalog, *, ignore_unknown: bool = False) -> pa.Table:
    """The rows of a table or a file, each column checked against the catalogue's.

    An Arrow table is taken as it is, after its types have been brought into line.
    """
    if isinstance(source, pa.Table):
        return _typed(source, catalog, ignore_unknown)
    parts = []
    for piece in pieces_of(source, catalog.stored, ignore_unknown=ignore_unknown):
        columns = {}
        for field, values in zip(piece.fields, piece.columns, strict=True):
            if field.type == "boolean":
                values = [None if value is None else bool(value) for value in values]
            columns[field.name] = pa.array(values, arrow_type(field))
        parts.append(pa.table(columns))
    if not parts:
        raise InvalidQueryError(f"The table for {catalog.name} has no rows.")
    return pa.concat_tables(parts, promote_options="default")


def merged(
    old: Iterator[pa.Table] | None, new: pa.Table, catalog: Catalog, columns: Collection[str]
) -> Iterator[pa.Table]:
    """The rows of both, all with the same columns, a part at a time.

    A row of `new` takes the place of one with the same key that came before it.
    """
    key = catalog.key
    new = _last_of_each(new, key)
    schema = _schema_of(catalog, columns)
    keys = None
    if key in new.column_names:
        keys = new.column(key).drop_null().combine_chunks()
    for part in old or ():
        if keys is not None and key in part.column_names:
            part = part.filter(pc.invert(pc.is_in(part.column(key), value_set=keys)))
        yield completed(part, schema)
    yield completed(new, schema)


def completed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with exactly these columns; those that are missing are null."""
    there, count = set(rows.column_names), rows.num_rows
    columns = [
        rows.column(field.name) if field.name in there else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def full_columns(rows: pa.Table) -> list[str]:
    """The columns in which some row has a value."""
    return [name for name in rows.column_names if rows.column(name).null_count < rows.num_rows]


def _schema_of(catalog: Catalog, columns: Collection[str]) -> pa.Schema:
    wanted = {*columns, catalog.ra, catalog.dec}
    stored = [field for field in catalog.stored if field.name in wanted]
    return pa.schema([(field.name, arrow_type(field)) for field in stored])


def fields_in(source: TableSource) -> tuple[Field, ...]:
    """The columns of a table that is to become a catalogue of its own."""
    table = whole_table(source)
    return tuple(_field_of(table[name]) for name in table.colnames)


def _typed(source: pa.Table, catalog: Catalog, ignore_unknown: bool) -> pa.Table:
    known = known_columns(source.column_names, catalog.stored, ignore_unknown=ignore_unknown)
    columns = {}
    for name, field in known.items():
        column = source.column(name)
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
        try:
            columns[field.name] = column.cast(arrow_type(field))
        except pa.ArrowInvalid as problem:
            raise InvalidQueryError(f"Column {name}: {problem}") from problem
    return pa.table(columns)


def _last_of_each(rows: pa.Table, key: str) -> pa.Table:
    if key not in rows.column_names:
        return rows
    keys = rows.column(key).to_pylist()
    last = {value: number for number, value in enumerate(keys) if value is not None}
    kept = [number for number, value in enumerate(keys) if last.get(value, number) == number]
    return rows if len(kept) == len(keys) else rows.take(pa.array(kept))


KINDS = {"f": ("float", "double"), "b": ("boolean", "boolean")} | dict.fromkeys(
    "iu", ("int", "long")
)


def _field_of(column: Any) -> Field:
    word, datatype = KINDS.get(np.asarray(column).dtype.kind, ("string", "char"))
    unit = "" if column.unit is None else str(column.unit)
    about = str(column.description or "")
    return Field(
        column.name, word, column.name, about, unit=unit, wire_unit=unit, datatype=datatype
    )
