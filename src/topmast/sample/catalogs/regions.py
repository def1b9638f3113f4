"""Where the sample's stars are: clusters, fields that the guide asks for, and the whole sky."""

from __future__ import annotations

from dataclasses import dataclass

from topmast.sample.places import place
from topmast.sample.stars import K2_STARS, KEPLER_STARS, TESS_STARS

GUIDE_FIELD = (158.47924, -7.30962)
M15 = (322.49324, 12.16683)
M10 = (place("M 10").ra, place("M 10").dec)


@dataclass(frozen=True, slots=True)
class Region:
    """A circle with stars in it.

    `core` is the radius, in degrees, within which half of a cluster's members are, 0 for stars
    spread evenly; `distance` in parsec and `age` ("old", "young" or "") are those of the cluster.
    `clear` is a radius around the centre that is left to the rows of the guide.
    """

    name: str
    ra: float
    dec: float
    radius: float
    count: int
    core: float = 0.0
    distance: float = 0.0
    age: str = ""
    motion: tuple[float, float] = (0.0, 0.0)
    clear: float = 0.0


def regions() -> list[Region]:
    """All of them but the whole sky."""
    return [*clusters(), *fields(), *hosts()]


def clusters() -> list[Region]:
    """Globular clusters, star-forming M 8, and the Pleiades; distances and motions rounded."""
    tuc, lagoon, pleiades = (place(name) for name in ("NGC 104", "M 8", "M 45"))
    return [
        Region("M 10", *M10, 0.25, 2200, 0.033, 4400.0, "old", (-4.8, -6.5), clear=0.0036),
        Region("M 15", *M15, 0.25, 2200, 0.017, 10400.0, "old", (-0.6, -3.8), clear=0.002),
        Region("47 Tuc", tuc.ra, tuc.dec, 0.5, 2200, 0.053, 4500.0, "old", (5.2, -2.5)),
        Region("M 8", lagoon.ra, lagoon.dec, 0.5, 1200, 0.15, 1250.0, "young", (1.3, -2.0)),
        Region("M 45", pleiades.ra, pleiades.dec, 2.0, 700, 0.7, 136.0, "young", (19.9, -45.5)),
    ]


def fields() -> list[Region]:
    """Stars of our own Galaxy in front of other things."""
    pinwheel = place("M 101")
    return [
        Region("guide", *GUIDE_FIELD, 0.4, 1750, clear=0.03),
        Region("M 101", pinwheel.ra, pinwheel.dec, 1.0, 700),
        *(
            Region(name, place(name).ra, place(name).dec, 0.25, 200)
            for name in ("M 31", "M 51", "M 81", "M 83", "M 87", "M 104", "COSMOS", "M 42")
        ),
    ]


def hosts() -> list[Region]:
    """Around each star that Kepler, K2 and TESS watch in the sample."""
    stars = [*TESS_STARS, *KEPLER_STARS, *(star for _, star in K2_STARS)]
    return [Region(star.name, star.ra, star.dec, 0.2, 40, clear=0.0008) for star in stars]
