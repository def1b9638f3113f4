"""astropy Tables with units and descriptions, printed without a row of units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from astropy.table import MaskedColumn, Table
from astropy.table.pprint import TableFormatter

from topmast.errors import make_astropy_warnings
from topmast.tables.catalogs import find_catalog_field
from topmast.tables.fields import POSITION, PRODUCT, Field
from topmast.tables.html import table_html
from topmast.tables.values import Values

make_astropy_warnings()

CAOM_FIELDS: dict[str, tuple[Field, ...]] = {
    "mast.caom.products": PRODUCT,
    "mast.caom.": POSITION,
}

UNIT_WORDS: dict[str, str] = {
    "mjd": "d",
    "days": "d",
    "sec": "s",
    "secs": "s",
    "seconds": "s",
    "degrees": "deg",
    "degree": "deg",
    "arcseconds": "arcsec",
    "arcminutes": "arcmin",
    "bytes": "byte",
    "microns": "micron",
    "magnitude": "mag",
    "magnitudes": "mag",
}
"""Unit words of MAST that astropy does not know, and what it calls them."""


class _NoUnitRow(TableFormatter):
    """Prints the row of units only when asked for it with ``show_unit=True``."""

    def _pformat_table(self, *args: Any, show_unit: bool | None = None, **options: Any) -> Any:
        return super()._pformat_table(*args, show_unit=bool(show_unit), **options)


class MastTable(Table):
    """A Table whose columns have units, printed without a row of units.

    In all else it is an `~astropy.table.Table`; ``pprint(show_unit=True)`` shows the units.
    """

    TableFormatter = _NoUnitRow

    def _base_repr_(self, html: bool = False, descr_vals: Any = None, **options: Any) -> Any:
        masked = ["masked=True"] if self.masked else []
        described = descr_vals or ["Table", *masked, f"length={len(self)}"]
        return super()._base_repr_(html=html, descr_vals=described, **options)

    def _repr_html_(self) -> str:
        return table_html(self)


def table_from_columns(
    columns: Mapping[str, Values],
    *,
    config: Mapping[str, Any] | None = None,
    service: str = "",
    units: bool = True,
) -> Table:
    """The columns as one masked Table, each with its unit and description.

    Parameters
    ----------
    config : mapping, optional
        The service's column configuration, as MAST sends it.
    service : str, optional
        The service that answered; the columns of MAST's observations, products and catalogues
        are known without `config`.
    units : bool
        False leaves units and descriptions off, as astroquery does.
    """
    made = [
        MaskedColumn(values.data, name=name, mask=values.mask, copy=False)
        for name, values in columns.items()
    ]
    if units:
        _describe(made, config or {}, _field_finder(service))
    return MastTable(made, masked=True, copy=False)


FindField = Callable[[str], Field | None]


def _describe(columns: Iterable[Any], config: Mapping[str, Any], find_field: FindField) -> None:
    for column in columns:
        entry, field = _entry(config.get(column.name)), find_field(column.name)
        texts = [entry.get("vot.description"), field and field.description]
        column.description = next(_words(texts), None)
        if column.dtype.kind in "iuf":
            texts = [entry.get("vot.unit"), entry.get("unit"), field and field.unit]
            column.unit = next(filter(None, map(_unit, _words(texts))), None)
        ucd = next(_words([entry.get("vot.ucd"), field and field.ucd]), None)
        if ucd is not None:
            column.meta["ucd"] = ucd  # where astropy looks when it writes a VOTable


def _entry(entry: Any) -> Mapping[str, Any]:
    return entry if isinstance(entry, Mapping) else {}


def _words(texts: Iterable[Any]) -> Iterator[str]:
    return (text for text in texts if isinstance(text, str) and text.strip())


def _field_finder(service: str) -> FindField:
    """What gives the meaning of a column of `service` by its name, None for an unknown one."""
    return (
        _observation_fields(service).get
        if "caom" in service.lower()
        else partial(find_catalog_field, service)
    )


@lru_cache
def _observation_fields(service: str) -> dict[str, Field]:
    fields = (found for start, found in CAOM_FIELDS.items() if service.lower().startswith(start))
    return {field.name: field for field in next(fields, ())}


@lru_cache
def _unit(word: str) -> Any:
    """The astropy unit of a unit word of MAST, None if it has no meaning as a unit."""
    from astropy.units import Unit

    try:
        return Unit(UNIT_WORDS.get(word.strip().lower(), word))
    except (TypeError, ValueError):
        return None
