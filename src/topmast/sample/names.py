"""The names that the archive resolves, as NED, SIMBAD and the input catalogues answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from topmast.sample.places import Place, places
from topmast.sample.stars import K2_STARS, KEPLER_STARS, TESS_STARS
from topmast.sample.templates import load

Answer = tuple[Any, ...]
COLUMNS = ("name", "resolver", "canonicalName", "ra", "decl", "objectType", "searchRadius",
           "cacheDate")  # fmt: skip
CATALOGS = {"TIC": "TIC", "KIC": "KEPLER", "EPIC": "K2"}
CATALOG_RADIUS = 0.000333


def name_rows() -> list[dict[str, Any]]:
    """One row for every name and resolver; for each name the first is what one gets."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for answer in chain(catalog_answers(), object_answers()):
        key = "".join(answer[0].split()).casefold()
        rows.setdefault((key, answer[1]), dict(zip(COLUMNS, answer, strict=True)))
    return list(rows.values())


def catalog_answers() -> Iterator[Answer]:
    """TIC, KIC and EPIC numbers of the known stars that the sample has observations of."""
    k2 = [star for _, star in K2_STARS]
    for catalog, stars in (("TIC", TESS_STARS), ("KIC", KEPLER_STARS), ("EPIC", k2)):
        for star in stars:
            yield catalog_answer(f"{catalog} {star.number}", star.ra, star.dec)


def catalog_answer(name: str, ra: float, dec: float) -> Answer:
    return (name, CATALOGS[name.split()[0]], name, ra, dec, None, CATALOG_RADIUS, None)


def object_answers() -> Iterator[Answer]:
    """What is answered for the names of objects.csv."""
    table = load("names.toml")
    for number, item in enumerate(places()):
        galaxy = item.kind in ("G", "QSO", "GClstr")
        ned = galaxy or item.name.startswith(tuple(table["extragalactic"]))
        ned_date = table["ned_dates"].get(item.name) or date("Apr", number)
        kind = table["simbad_types"].get(item.kind, item.kind)
        simbad = (canonical(item, "M {:>3}", "{} {:>5}"), *item.simbad, kind, -1.0)
        for name in (item.name, *item.aliases):
            if name.split()[0] in CATALOGS:
                yield catalog_answer(name, item.ra, item.dec)
            elif ned:
                ned_name = canonical(item, "MESSIER {:03d}", "{} {:04d}")
                yield (name, "NED", ned_name, item.ra, item.dec, item.kind, -1.0, ned_date)
            if name == item.name and item.kind in ("*", "HighPM*", "G"):
                yield (name, "SIMBADCFA", *simbad, date("Mar", number))
            yield (name, "SIMBAD", *simbad, date("May", number))


def canonical(item: Place, messier: str, catalogs: str) -> str:
    """The name as a resolver writes it: MESSIER 008 or M   8."""
    kind, _, number = item.name.partition(" ")
    if kind not in ("M", "NGC", "IC") or not number.isdigit():
        return item.name
    return messier.format(int(number)) if kind == "M" else catalogs.format(kind, int(number))


def date(month: str, number: int) -> str:
    clock = f"{1 + number % 12}:{number % 60:02d}:{7 * number % 60:02d} PM"
    return f"{month} {1 + number % 28}, 2025 {clock}"
