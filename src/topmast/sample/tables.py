"""Rows as the tables that an archive takes in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from astropy.table import MaskedColumn, Table

from topmast.tables.fields import OBSERVATION, PRODUCT, Field

LONG = {"obsid", "objID", "obsID", "parent_obsid"}
KINDS = {"string": ("str", ""), "int": ("i8", 0), "float": ("f8", np.nan), "boolean": ("?", False)}


def observation_table(rows: Iterable[dict[str, Any]]) -> Table:
    """Observations, with the columns of fields.py in their order."""
    return table_of(list(rows), OBSERVATION)


def product_table(rows: Iterable[dict[str, Any]]) -> Table:
    return table_of(list(rows), PRODUCT)


def table_of(rows: Sequence[dict[str, Any]], fields: Sequence[Field]) -> Table:
    return Table([column(rows, field) for field in fields])


def column(rows: Sequence[dict[str, Any]], field: Field) -> MaskedColumn:
    """One column; what is None in a row is masked."""
    kind, nothing = ("i8", 0) if field.name in LONG else KINDS[field.type]
    values = [row[field.name] for row in rows]
    filled = [nothing if value is None else value for value in values]
    return MaskedColumn(
        np.array(filled, dtype=kind),
        name=field.name,
        unit=field.unit or None,
        mask=[value is None for value in values],
    )


def name_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Names with their positions."""
    columns = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        text = name not in ("ra", "decl", "searchRadius")
        filled = [("" if text else np.nan) if value is None else value for value in values]
        columns.append(MaskedColumn(filled, name=name, mask=[value is None for value in values]))
    return Table(columns)
