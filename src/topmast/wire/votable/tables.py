"""Columns of a VOTable as an astropy table, and an astropy table as a VOTable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from topmast.wire.votable.arrow import arrow_table
from topmast.wire.votable.writing import write_votable

if TYPE_CHECKING:
    from astropy.table import Table


def encode_table(table: Table, *, binary: bool = False) -> bytes:
    """An astropy table as a VOTable."""
    return b"".join(write_votable(*arrow_table(table), binary=binary, infos=()))


def table_of_columns(columns: Iterable[Any], description: str = "") -> Table:
    """The columns that `read_votable` gave as one masked table."""
    from astropy.table import MaskedColumn, Table

    listed = list(columns)
    names = unique_names(column.field.name for column in listed)
    made = [
        MaskedColumn(
            column.data, name=name, mask=column.mask, copy=False, meta=_meta(column.field),
            unit=_unit(column.field.unit), description=column.field.description or None,
        )
        for name, column in zip(names, listed, strict=True)
    ]  # fmt: skip
    meta = {"description": description} if description else {}
    return Table(made, masked=True, copy=False, meta=meta)


def unique_names(names: Iterable[str]) -> Iterator[str]:
    """The names, with a number behind those that have been before."""
    taken: set[str] = set()
    for name in names:
        given, number = name, 2
        while given in taken:
            given, number = f"{name}_{number}", number + 1
        taken.add(given)
        yield given


def _meta(field: Any) -> dict[str, str]:
    words = ("ucd", "utype", "xtype")
    return {word: getattr(field, word) for word in words if getattr(field, word)}


@lru_cache
def _unit(text: str) -> Any:
    from astropy.units import Unit

    if not text:
        return None
    for format in ("vounit", None):
        try:
            return Unit(text, format=format)
        except (TypeError, ValueError):
            continue
    return Unit(text, parse_strict="silent")
