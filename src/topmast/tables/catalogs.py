"""The columns of the catalogues that MAST serves: names, types, units, UCDs and meaning.

Each catalogue's file in columns/ is read when it is first asked for. It serves both ends: the
client puts units and descriptions on its columns with it, the archive answers from it.
"""

from __future__ import annotations

from functools import cache
from itertools import chain

from topmast.tables.fields import Field, read_fields, read_rows
from topmast.tables.hubble_filters import fields_of_filter, filters_by_wavelength

CATALOGS = {row["name"]: row for row in read_rows("catalogs")}
"""For each catalogue the file in columns/ that lists its columns, and which of them are special."""

SERVICE_CATALOGS = {
    "mast.hsc.db": "hsc_v3",
    "mast.hsc.crossmatch": "hsc_v3",
    "mast.hsc.db.v2": "hsc_v2",
    "mast.hsc.crossmatch.magaper2v2": "hsc_v2",
    "mast.hsc.crossmatch.magautov2": "hsc_v2",
    "mast.hscmatches.db": "hsc_v3_matches",
    "mast.hscmatches.db.v2": "hsc_v2_matches",
    "mast.hscspectra.db": "hsc_spectra",
    "mast.galex": "galex",
    "mast.catalogs.gaiadr1": "gaia_dr1",
    "mast.gaiadr1": "gaia_dr1",
    "mast.catalogs.gaiadr2": "gaia_dr2",
    "mast.gaiadr2": "gaia_dr2",
    "mast.catalogs.gaiadr3": "gaia_dr3",
    "mast.gaiadr3": "gaia_dr3",
    "mast.catalogs.tgas": "gaia_tgas",
    "mast.tgas": "gaia_tgas",
    "mast.catalogs.tic": "tic",
    "mast.catalogs.tess": "tic",
    "mast.catalogs.filtered.tic": "tic",
    "mast.catalogs.all.tic": "tic",
    "mast.tic": "tic",
    "mast.catalogs.ctl": "ctl",
    "mast.catalogs.filtered.ctl": "ctl",
    "mast.ctl": "ctl",
    "mast.catalogs.diskdetective": "disk_detective",
    "mast.catalogs.dd": "disk_detective",
    "mast.catalogs.filtered.diskdetective": "disk_detective",
    "mast.catalogs.all.diskdetective": "disk_detective",
    "mast.catalogs.plato": "plato",
}
"""Beginnings of service names, in lower case; the longest that fits is the one that counts."""


@cache
def fields_of(catalog: str) -> tuple[Field, ...]:
    """All columns of one of `CATALOGS`, in the order in which its rows come."""
    fields = fields_in_file(catalog)
    if CATALOGS[catalog]["columns"] != "hsc":
        return fields
    filters = map(fields_of_filter, filters_by_wavelength())
    return (*fields, *chain.from_iterable(filters))


@cache
def fields_in_file(catalog: str, profile: str = "current") -> tuple[Field, ...]:
    """The columns that a catalogue's file lists, under "2017" those of then in their order.

    For Hubble's sources these are the ones that do not belong to a filter.
    """
    return read_fields(CATALOGS[catalog]["columns"], f"place_{profile}")


def fields_of_service(service: str) -> tuple[Field, ...]:
    """The columns that a portal service answers with, or none if it is no catalogue's."""
    words = service.strip().lower().split(".")
    for length in range(len(words), 1, -1):
        catalog = SERVICE_CATALOGS.get(".".join(words[:length]))
        if catalog is not None:
            return fields_of(catalog)
    return ()


def find_catalog_field(service: str, name: str) -> Field | None:
    """What the column `name`, in any case, of a portal service means; None if nobody knows."""
    return _by_lower_case(service).get(name.lower())


@cache
def _by_lower_case(service: str) -> dict[str, Field]:
    return {field.name.lower(): field for field in reversed(fields_of_service(service))}
