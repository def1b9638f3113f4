"""Which catalogues an archive can hold: where their positions are, and what names their rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from topmast.errors import InvalidQueryError
from topmast.tables.catalogs import CATALOGS, fields_of
from topmast.tables.fields import Field
from topmast.tables.hubble_filters import automatic_magnitudes

LONGEST_NAME = 60
UNITS_A_DEGREE = {"deg": 1.0, "arcmin": 60.0, "arcsec": 3600.0}
OWN_DISTANCE = Field(
    "dstArcSec",
    "float",
    "dstArcSec",
    "Distance from the searched position",
    unit="arcsec",
    wire_unit="arcsec",
    datatype="double",
    ucd="pos.angDistance",
)


@dataclass(frozen=True, slots=True)
class Catalog:
    """One catalogue.

    `ra` and `dec` are the columns with the position of a row; `key` is the column by which a row
    is known when it comes again, and `order` the one by which answers without a position are
    sorted; "" for none. `distance` is the column that an answer to a cone has in addition.
    """

    name: str
    fields: tuple[Field, ...]
    ra: str = "ra"
    dec: str = "dec"
    key: str = ""
    order: str = ""
    distance: Field = OWN_DISTANCE

    @property
    def stored(self) -> tuple[Field, ...]:
        """The columns that are kept: all but the distance."""
        return tuple(field for field in self.fields if field.name != self.distance.name)

    @property
    def searchable(self) -> Mapping[str, Field]:
        """All columns by their names in lower case, the distance among them."""
        return {field.name.lower(): field for field in (*self.fields, self.distance)}

    @property
    def distance_a_degree(self) -> float:
        """A distance of one degree in the unit of this catalogue."""
        return UNITS_A_DEGREE[self.distance.unit]


def known_catalog(name: str) -> Catalog | None:
    """One of MAST's catalogues, or None."""
    about = CATALOGS.get(name)
    if about is None:
        return None
    # An archive keeps also the second set of magnitudes of Hubble sources.
    more = automatic_magnitudes().values() if about["columns"] == "hsc" else ()
    fields = (*fields_of(name), *more)
    distance = next((field for field in fields if field.name == about["distance"]), OWN_DISTANCE)
    special = {word: about[word] for word in ("ra", "dec", "key", "order")}
    return Catalog(name, fields, **special, distance=distance)


def own_name(name: str) -> None:
    """Refuse a name that no catalogue can have."""
    if not re.fullmatch(f"[a-z][a-z0-9_]{{0,{LONGEST_NAME}}}", name):
        raise InvalidQueryError(
            f"A catalogue's name is of small letters, digits and _, not {name[:100]!r}."
        )


def own_catalog(name: str, columns: Sequence[Field]) -> Catalog:
    """A catalogue that is none of MAST's, with the columns of the table it came in."""
    own_name(name)
    lower = {field.name.lower(): field.name for field in columns}
    if not {"ra", "dec"} <= lower.keys():
        raise InvalidQueryError(f"The catalogue {name} needs the columns ra and dec, in degrees.")
    key = lower.get("id") or lower.get("objid") or lower.get("source_id") or ""
    return Catalog(name, tuple(columns), lower["ra"], lower["dec"], key)


def catalog_to_json(catalog: Catalog) -> dict[str, Any]:
    """What a folder says of its catalogue; the columns of MAST's own are known without."""
    about: dict[str, Any] = {n: getattr(catalog, n) for n in ("name", "ra", "dec", "key", "order")}
    if catalog.name not in CATALOGS:
        words = ("name", "type", "label", "description", "unit", "datatype", "ucd")
        about["columns"] = [{n: getattr(field, n) for n in words} for field in catalog.fields]
    return about


def catalog_from_json(about: Mapping[str, Any]) -> Catalog:
    """The catalogue that `catalog_to_json` described."""
    known = known_catalog(about["name"])
    if known is not None:
        return known
    fields = tuple(Field(**column) for column in about["columns"])
    fields = tuple(replace(field, wire_unit=field.unit) for field in fields)
    return Catalog(about["name"], fields, about["ra"], about["dec"], about["key"], about["order"])
