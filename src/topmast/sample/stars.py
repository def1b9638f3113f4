"""Stars that Kepler, K2 and TESS watch in the sample, with their planets: the rows of stars.csv.

Numbers are those of the Kepler, K2 and TESS input catalogues (KIC, EPIC, TIC), magnitudes those in
the band of the mission, transit times BJD - 2450000.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files

from topmast.sample.variability import Planet, Star


def stars_of(catalog: str) -> Iterator[tuple[str, Star]]:
    """Each star of an input catalogue after the K2 campaign that it has, if any."""
    text = files(__package__).joinpath("stars.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        if row["catalog"] == catalog:
            yield row["campaign"], read(row)


def read(row: dict[str, str]) -> Star:
    ra, dec, magnitude, radius = (float(row[name]) for name in ("ra", "dec", "magnitude", "radius"))
    planets = [planet.split() for planet in row["planets"].split(";") if planet]
    return Star(
        row["name"],
        int(row["number"]),
        ra,
        dec,
        magnitude,
        int(row["teff"]),
        radius,
        tuple(Planet(*map(float, planet)) for planet in planets),
        row["variability"] or "quiet",
        float(row["period"] or 12.0),
    )


TESS_STARS = tuple(star for _, star in stars_of("TIC"))
KEPLER_STARS = tuple(star for _, star in stars_of("KIC"))
K2_STARS = tuple((int(campaign), star) for campaign, star in stars_of("EPIC"))
"""Each with its campaign."""
