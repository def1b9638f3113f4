"""Which columns each service of a catalogue answers with, and where their values are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from topmast.archive.catalogs.definitions import Catalog, known_catalog
from topmast.archive.catalogs.parquet import CatalogTable
from topmast.sky.vectors import IntArray
from topmast.tables.catalogs import fields_in_file
from topmast.tables.fields import SELECTED, Field, pick_fields
from topmast.tables.hubble_filters import (
    automatic_magnitudes,
    fields_of_filter,
    filters_by_wavelength,
)

Fields = tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """One column of an answer: `stored` is where its values are, `nothing` stands for null."""

    field: Field
    stored: str
    nothing: int | None = None


FIRST_OF_TIC = "ID ra dec pmRA pmDEC Tmag objType typeSrc version".split()
WITH_SELECTED = ("hsc_v3", "hsc_v2", "hsc_v3_matches", "hsc_v2_matches", "hsc_spectra")


def answer_fields(catalog: Catalog, kind: str, profile: str) -> Fields:
    """What a service of this kind ("cone", "filtered" or "position") answers with."""
    fields = _all_fields(catalog, kind)
    if catalog.name in ("tic", "ctl", "disk_detective"):
        fields = fields_in_file(catalog.name, profile)
        if kind == "filtered" or (kind, catalog.name) == ("position", "disk_detective"):
            fields = tuple(field for field in fields if field != catalog.distance)
        elif kind == "cone" and catalog.name != "disk_detective":
            fields = _cone_of_tic(fields)
    if profile == "2017":
        fields = tuple(_of_2017(catalog, field) for field in fields)
    return (*fields, SELECTED) if catalog.name in WITH_SELECTED else fields


def _cone_of_tic(fields: Fields) -> Fields:
    """What matters most comes first; the key of the row is missing."""
    rest = [field.name for field in fields if field.name not in FIRST_OF_TIC]
    return pick_fields(" ".join(FIRST_OF_TIC + [name for name in rest if name != "objID"]), fields)


def shown(fields: Sequence[Field]) -> list[AnswerColumn]:
    """The columns of an answer, each kept under its own name."""
    return [AnswerColumn(field, field.name) for field in fields]


def _all_fields(catalog: Catalog, kind: str) -> Fields:
    if kind == "filtered":
        return catalog.stored
    there = catalog.distance in catalog.fields
    return catalog.fields if there else (*catalog.fields, catalog.distance)


def _of_2017(catalog: Catalog, field: Field) -> Field:
    """The identifier of a Hubble source was declared a number in those days."""
    if field.name == "MatchID" and catalog.name != "hsc_spectra":
        return replace(field, type="int")
    return field


def hubble_columns(
    table: CatalogTable | None, numbers: IntArray, magtype: int, profile: str
) -> list[AnswerColumn]:
    """The columns of those filters in which one of these rows was seen.

    `magtype` is 1 for the magnitudes in an aperture (MagAper2), 2 for MagAuto.
    """
    old = profile == "2017"
    catalog = known_catalog("hsc_v3")
    assert catalog is not None
    base = fields_in_file("hsc_v3", profile)
    columns = [AnswerColumn(_of_2017(catalog, f) if old else f, f.name) for f in base]
    for name in _filters_seen(table, numbers):
        magnitude, scatter, number = fields_of_filter(name)
        named = replace(scatter, name=f"{name}_Sigma", label=f"{name}_Sigma") if old else scatter
        columns += [
            AnswerColumn(magnitude, _where(magnitude, magtype)),
            AnswerColumn(named, _where(scatter, magtype)),
            AnswerColumn(number, number.name, nothing=0),
        ]
    return [*columns, AnswerColumn(SELECTED, SELECTED.name)]


def _where(field: Field, magtype: int) -> str:
    return field.name if magtype == 1 else automatic_magnitudes()[field.name].name


def _filters_seen(table: CatalogTable | None, numbers: IntArray) -> list[str]:
    if table is None or not len(numbers):
        return []
    counted = [name for name in filters_by_wavelength() if f"{name}_N" in table.columns]
    counts = table.read(np.sort(numbers), [f"{name}_N" for name in counted])
    return [
        name for name in counted if np.any(counts.column(f"{name}_N").fill_null(0).to_numpy() > 0)
    ]
