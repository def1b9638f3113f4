"""Which columns each service of a catalogue answers with, and where their values are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from topmast.archive.catalogs.cones import IntArray
from topmast.archive.catalogs.definitions import Catalog, known_catalog
from topmast.archive.catalogs.store import CatalogTable
from topmast.tables.catalogs import disk_detective, hsc, tic
from topmast.tables.fields import SELECTED, Field

Fields = tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of an answer: `stored` is where its values are, `nothing` stands for null."""

    field: Field
    stored: str
    nothing: int | None = None


LAYOUTS: Mapping[tuple[str, str, str], Fields] = {
    ("tic", "cone", "current"): tic.CONE,
    ("tic", "cone", "2017"): tic.CONE_2017,
    ("tic", "filtered", "current"): tic.FILTERED,
    ("tic", "filtered", "2017"): tic.FILTERED_2017,
    ("tic", "position", "current"): (*tic.FILTERED, tic.DISTANCE),
    ("tic", "position", "2017"): (*tic.FILTERED_2017, tic.DISTANCE),
    ("disk_detective", "cone", "current"): disk_detective.CONE,
    ("disk_detective", "cone", "2017"): disk_detective.CONE_2017,
    ("disk_detective", "filtered", "current"): disk_detective.FILTERED,
    ("disk_detective", "filtered", "2017"): disk_detective.FILTERED_2017,
    ("disk_detective", "position", "current"): disk_detective.FILTERED,
    ("disk_detective", "position", "2017"): disk_detective.FILTERED_2017,
}
"""Columns in their order, by catalogue, kind of service and profile; else simply all of them."""

SAME_COLUMNS = {"ctl": "tic"}
WITH_SELECTED = ("hsc_v3", "hsc_v2", "hsc_v3_matches", "hsc_v2_matches", "hsc_spectra")


def shown_fields(catalog: Catalog, kind: str, profile: str) -> Fields:
    """What a service of this kind ("cone", "filtered" or "position") answers with."""
    name = SAME_COLUMNS.get(catalog.name, catalog.name)
    fields = LAYOUTS.get((name, kind, profile)) or _all_fields(catalog, kind)
    if profile == "2017":
        fields = tuple(_of_2017(catalog, field) for field in fields)
    return (*fields, SELECTED) if catalog.name in WITH_SELECTED else fields


def shown(catalog: Catalog, fields: Sequence[Field]) -> list[Shown]:
    """The columns of an answer, each kept under its own name."""
    return [Shown(field, field.name) for field in fields]


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


# -------------------------------------------------------------------------- Hubble Source Catalog

TEXT_TIMES = ("StartTime", "StopTime")
"""Columns that came later than 2017, when the scatter was still called ``_Sigma``."""


def hubble_columns(
    table: CatalogTable | None, numbers: IntArray, magtype: int, profile: str
) -> list[Shown]:
    """The columns of those filters in which one of these rows was seen.

    `magtype` is 1 for the magnitudes in an aperture (MagAper2), 2 for MagAuto.
    """
    old = profile == "2017"
    catalog = known_catalog("hsc_v3")
    assert catalog is not None
    base = [field for field in hsc.BASE if not (old and field.name in TEXT_TIMES)]
    columns = [Shown(_of_2017(catalog, f) if old else f, f.name) for f in base]
    for name in _filters_seen(table, numbers):
        magnitude, scatter, number = hsc.columns_of_filter(name)
        named = replace(scatter, name=f"{name}_Sigma", label=f"{name}_Sigma") if old else scatter
        columns += [
            Shown(magnitude, _where(magnitude, magtype)),
            Shown(named, _where(scatter, magtype)),
            Shown(number, number.name, nothing=0),
        ]
    return [*columns, Shown(SELECTED, SELECTED.name)]


def _where(field: Field, magtype: int) -> str:
    return field.name if magtype == 1 else hsc.AUTO[field.name].name


def _filters_seen(table: CatalogTable | None, numbers: IntArray) -> list[str]:
    if table is None or not len(numbers):
        return []
    counted = [name for name in hsc.FILTERS if f"{name}_N" in table.columns]
    counts = table.read(np.sort(numbers), [f"{name}_N" for name in counted])
    return [
        name for name in counted if np.any(counts.column(f"{name}_N").fill_null(0).to_numpy() > 0)
    ]
