"""Rows as the tables that an archive takes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from astropy.table import MaskedColumn, Table

from topmast.tables.fields import OBSERVATION, PRODUCT

LONG = {"obsid", "objID", "obsID", "parent_obsid"}
KINDS = {"string": "U", "int": "i8", "float": "f8", "boolean": "?"}
NAMES = dict.fromkeys(("name", "resolver", "canonicalName", "objectType", "cacheDate"), "U")
NAMES |= dict.fromkeys(("ra", "decl", "searchRadius"), "f8")
OBSERVATIONS, PRODUCTS = (
    {field.name: "i8" if field.name in LONG else KINDS[field.type] for field in fields}
    for fields in (OBSERVATION, PRODUCT)
)


def table_of(rows: Iterable[Mapping[str, Any]], kinds: Mapping[str, str]) -> Table:
    """A table with these columns and their NumPy types; what is None in a row is masked."""
    listed, columns = list(rows), []
    for name, kind in kinds.items():
        values = [row[name] for row in listed]
        nothing = np.zeros((), kind).item()
        filled = np.array([nothing if value is None else value for value in values], kind)
        columns.append(MaskedColumn(filled, name, mask=[value is None for value in values]))
    return Table(columns)
