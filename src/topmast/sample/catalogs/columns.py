"""Columns of a catalogue, drawn as data/columns.csv describes them.

A row of that table is a column: which catalogues have it, its value, the decimals it is rounded to
("4s": significant digits), and where it is present. Value and presence are Python expressions of
the quantities of the sources (``star.teff``), constants of the catalogue (``epoch``), the columns
above it, and what functions.py offers, random numbers among it. ``x{a b}`` as a name stands for
the columns xa and xb, and ``{}`` in the expressions then for a and b. A column whose name begins
with _ is only there for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from topmast.sample.catalogs.data_tables import has_table, read_table
from topmast.sample.catalogs.functions import FUNCTIONS, Array, Draws
from topmast.sample.seeds import seeded

Columns = dict[str, Array]


class Column(NamedTuple):
    """One column of the catalogues whose names match."""

    catalogs: str
    name: str
    value: str
    decimals: str
    present: str


@cache
def described_columns() -> tuple[Column, ...]:
    """The rows of columns.csv, one for each name."""
    rows = read_table("columns").to_pylist()
    return tuple(column for row in rows for column in expanded(Column(*row.values())))


def expanded(column: Column) -> Iterator[Column]:
    """One column for each name that `column` stands for."""
    before, opening, rest = column.name.partition("{")
    if not opening:
        yield from (column._replace(name=name) for name in column.name.split())
        return
    words, _, after = rest.partition("}")
    for word in words.split():
        value, present = (text.replace("{}", word) for text in (column.value, column.present))
        yield column._replace(name=before + word + after, value=value, present=present)


def draw_columns(catalog: str, count: int, given: Mapping[str, Any]) -> Columns:
    """The columns of `catalog` for `count` sources, those for others included.

    Floats are nan where they are not present; other values are masked arrays.
    """
    drawn: Columns = {}
    for column in described_columns():
        if any(fnmatchcase(catalog, pattern) for pattern in column.catalogs.split()):
            names = {**names_for(catalog, column.name, count), **given, **drawn}
            drawn[column.name] = draw_column(column, count, names)
    return drawn


def names_for(catalog: str, column: str, count: int) -> dict[str, Any]:
    """The functions that an expression may call; its random numbers are its own."""
    return {**FUNCTIONS, **Draws(seeded("catalogs", catalog, column), count).functions}


def draw_column(column: Column, count: int, names: Mapping[str, Any]) -> Array:
    values = np.asarray(evaluate(column.value, names))
    if values.ndim == 0:
        values = np.full(count, values)
    values = rounded(values, column.decimals)
    if not column.present:
        return values
    absent = ~np.broadcast_to(evaluate(column.present, names), (count,))
    if values.dtype.kind == "f":
        return np.where(absent, np.nan, values)
    return np.ma.masked_array(values, absent)


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """An expression of our own tables; it reaches nothing but `names`."""
    return eval(expression, {"__builtins__": {}}, dict(names))


def rounded(values: Array, decimals: str) -> Array:
    """`values` to some decimals ("3") or significant digits ("3s"); "" leaves them as they are."""
    if not decimals:
        return values
    values = values.astype(np.float64)
    if decimals.endswith("s"):
        size = 10.0 ** (
            np.floor(np.log10(np.maximum(np.abs(values), 1e-30))) - int(decimals[:-1]) + 1
        )
        return np.round(np.round(values / size) * size, 12)
    return np.round(values, int(decimals)) + 0.0


def arrow_table(columns: Mapping[str, Any]) -> pa.Table:
    """The columns as a table; nan and masked values are null, and those for others are left out."""
    return pa.table(
        {
            name: pa.array(np.ma.getdata(values), mask=mask_of(values), from_pandas=True)
            for name, values in columns.items()
            if not name.startswith("_")
        }
    )


def mask_of(values: Array) -> Array | None:
    return np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None


def with_guide_rows(table: pa.Table, name: str) -> pa.Table:
    """`table` and behind it the rows of data/guide_<name>.csv; what they do not say is null."""
    if not has_table(f"guide_{name}"):
        return table
    types = {field.name: field.type for field in table.schema}
    return pa.concat_tables(
        [table, read_table(f"guide_{name}", types, empty_is_null=True)], promote_options="default"
    )
