"""Stars that Kepler, K2 and TESS watch in the sample, with their planets: the rows of stars.csv.

Numbers are those of the Kepler, K2 and TESS input catalogues (KIC, EPIC, TIC), magnitudes those in
the band of the mission, transit times BJD - 2450000. Stars that are not `known` are made up.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files

from topmast.sample.variability import Planet, Star


def stars_of(catalog: str) -> Iterator[tuple[int, bool, Star]]:
    """Each star of an input catalogue after its TESS sector or K2 campaign and whether known."""
    text = files(__package__).joinpath("stars.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        if row["catalog"] == catalog:
            yield int(row["run"] or 0), bool(row["known"]), read(row)


def read(row: dict[str, str]) -> Star:
    ra, dec, magnitude, radius = (float(row[name]) for name in ("ra", "dec", "magnitude", "radius"))
    name, kind = row["name"] or f"{row['catalog']} {row['number']}", row["variability"] or "quiet"
    planets = [map(float, planet.split()) for planet in row["planets"].split(";") if planet]
    number, period = int(row["number"]), float(row["period"] or 12.0)
    found = tuple(Planet(*planet) for planet in planets)
    return Star(name, number, ra, dec, magnitude, int(row["teff"]), radius, found, kind, period)


TESS_STARS, KEPLER_STARS = (
    tuple(star for _, known, star in stars_of(catalog) if known) for catalog in ("TIC", "KIC")
)
K2_STARS = tuple((campaign, star) for campaign, known, star in stars_of("EPIC") if known)
"""Each after its campaign."""
