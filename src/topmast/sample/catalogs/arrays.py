"""Columns of a catalogue as Arrow tables: rounding, missing values, single rows put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Array = NDArray[Any]
Columns = dict[str, Any]


def rounded(values: Array, digits: int) -> Array:
    """`values` to some decimals; as float64, so that they print as they are."""
    return np.round(np.asarray(values, np.float64), digits) + 0.0


def significant(values: Array, digits: int) -> Array:
    """`values` to so many digits that count, which is all that a flux is worth."""
    values = np.asarray(values, np.float64)
    size = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(values), 1e-30))) - digits + 1)
    return np.round(np.round(values / size) * size, 12)


def hidden(values: Array, where: Array) -> Any:
    """`values`, null `where` it says so."""
    values = np.asarray(values)
    if values.dtype.kind == "f":
        return np.where(where, np.nan, values)
    return pa.array(values.tolist(), mask=np.asarray(where, bool))


def among(words: Sequence[str], random: np.random.Generator, count: int, p: Any = None) -> Array:
    """One of the words for each row."""
    return np.array(words, dtype=object)[random.choice(len(words), count, p=p)]


def table_of(columns: Mapping[str, Any]) -> pa.Table:
    """Arrow's table of NumPy arrays, in which nan is null."""
    return pa.table(
        {
            name: values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
            for name, values in columns.items()
        }
    )


def with_rows(table: pa.Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """`table` with further rows behind; what a row does not say is null in it."""
    more = {
        name: pa.array([row.get(name) for row in rows], table.schema.field(name).type)
        for name in table.column_names
    }
    return pa.concat_tables([table, pa.table(more)])
