"""The names that the archive resolves, as NED, SIMBAD and the input catalogues answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from topmast.sample.places import Place, places
from topmast.sample.stars import K2_STARS, KEPLER_STARS, TESS_STARS

EXTRAGALACTIC = (
    "M ",
    "NGC ",
    "IC ",
    "3C ",
    "Mrk ",
    "Abell ",
    "Arp ",
    "PKS ",
    "LMC",
    "SMC",
    "MACS",
    "SMACS",
)
SIMBAD_TYPES = {
    "G": "Galaxy",
    "*Cl": "Cluster*",
    "Neb": "Cloud",
    "HII": "HIIReg",
    "SNR": "SNRemnant",
    "PN": "PlanetaryNeb",
    "GClstr": "ClG",
    "*": "Star",
    "**": "**",
    "PSR": "Pulsar",
    "Field": "Region",
    "XRayS": "HighMassXBin",
    "RadioS": "Radio",
}
CATALOGS = {"TIC": "TIC", "KIC": "KEPLER", "EPIC": "K2"}
NED_DATES = {"M 8": "Apr 12, 2017 9:28:24 PM", "M 103": "Apr 19, 2017 2:32:38 PM"}
ON_CATALOG_CIRCLE = 0.000333


def name_rows() -> list[dict[str, Any]]:
    """One row for every name and resolver; for each name the first is what one gets."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in [*catalog_rows(), *(row for item in places() for row in rows_of(item))]:
        key = "".join(row["name"].split()).casefold()
        rows.setdefault((key, row["resolver"]), row)
    return list(rows.values())


def catalog_rows() -> Iterator[dict[str, Any]]:
    """TIC, KIC and EPIC numbers of the stars that the sample has observations of."""
    numbered = [("TIC", star) for star in TESS_STARS] + [("KIC", star) for star in KEPLER_STARS]
    numbered += [("EPIC", star) for _, star in K2_STARS]
    for catalog, star in numbered:
        name = f"{catalog} {star.number}"
        yield entry(
            name, CATALOGS[catalog], name, star.ra, star.dec, searchRadius=ON_CATALOG_CIRCLE
        )


def rows_of(item: Place) -> Iterator[dict[str, Any]]:
    for order, name in enumerate((item.name, *item.aliases)):
        prefix = name.split()[0]
        if prefix in CATALOGS:
            radius = ON_CATALOG_CIRCLE
            yield entry(name, CATALOGS[prefix], name, item.ra, item.dec, searchRadius=radius)
        elif item.name.startswith(EXTRAGALACTIC) or item.kind in ("G", "QSO", "GClstr"):
            yield entry(
                name,
                "NED",
                ned_name(item.name),
                item.ra,
                item.dec,
                objectType=item.kind,
                cacheDate=NED_DATES.get(item.name) or date("Apr", item),
            )
        yield from simbad_rows(item, name, order)


def simbad_rows(item: Place, name: str, order: int) -> Iterator[dict[str, Any]]:
    kind = SIMBAD_TYPES.get(item.kind, item.kind)
    for resolver, month in (("SIMBADCFA", "Mar"), ("SIMBAD", "May")):
        if resolver == "SIMBAD" or (item.kind in ("*", "HighPM*", "G") and order == 0):
            yield entry(
                name,
                resolver,
                simbad_name(item.name),
                *item.simbad,
                objectType=kind,
                cacheDate=date(month, item),
            )


def entry(
    name: str, resolver: str, canonical: str, ra: float, dec: float, **more: Any
) -> dict[str, Any]:
    usual = {"objectType": None, "searchRadius": -1.0, "cacheDate": None}
    return (
        {"name": name, "resolver": resolver, "canonicalName": canonical, "ra": ra, "decl": dec}
        | usual
        | more
    )


def date(month: str, item: Place) -> str:
    number = places().index(item)
    clock = f"{1 + number % 12}:{number % 60:02d}:{7 * number % 60:02d} PM"
    return f"{month} {1 + number % 28}, 2025 {clock}"


def ned_name(name: str) -> str:
    """As NED has it: MESSIER 008."""
    kind, _, number = name.partition(" ")
    if kind == "M":
        return f"MESSIER {int(number):03d}"
    return f"{kind} {int(number):04d}" if kind in ("NGC", "IC") and number.isdigit() else name


def simbad_name(name: str) -> str:
    """As SIMBAD has it: M   8."""
    kind, _, number = name.partition(" ")
    if kind in ("M", "NGC", "IC") and number.isdigit():
        return f"{kind} {number:>3}" if kind == "M" else f"{kind} {number:>5}"
    return name
