"""What an expression in data/columns.csv may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import hpgeom
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import ArrayLike, NDArray

from topmast.archive.catalogs.cones import distances_deg
from topmast.sample.catalogs.data_tables import read_table
from topmast.sky.vectors import offset

Array = NDArray[Any]


class Draws:
    """Random numbers for one column: `functions` are those of NumPy's generator and some more."""

    def __init__(self, random: np.random.Generator, count: int) -> None:
        self.random: np.random.Generator = random
        self.count: int = count

    @property
    def functions(self) -> Mapping[str, Any]:
        """All of them by name, and `count` and `number`, the number of each row."""
        names = ("normal", "lognormal", "uniform", "poisson", "exponential", "rayleigh",
                 "chisquare", "integers")  # fmt: skip
        return {
            "count": self.count,
            "number": np.arange(self.count),
            "chance": lambda part: self.random.random(self.count) < part,
            "one_of": self.one_of,
            "distinct": lambda limit: self.random.permutation(limit)[: self.count],
            "some": self.some,
            **{name: self.sized(getattr(self.random, name)) for name in names},
        }

    def sized(self, distribution: Callable[..., Any]) -> Callable[..., Array]:
        """The distribution, with one value a row."""
        return lambda *parameters: distribution(*parameters, size=self.count)

    def one_of(self, *choices: Any, p: Sequence[float] | None = None) -> Array:
        return self.random.choice(np.array(choices), self.count, p=p)

    def some(self, count: int, which: Array) -> Array:
        """A mask of `count` rows, drawn among `which`."""
        mask = np.zeros(self.count, bool)
        mask[self.random.permutation(np.flatnonzero(which))[:count]] = True
        return mask


@cache
def colours() -> dict[str, Array]:
    """Colours of stars by temperature, and the bolometric correction in G.

    The table is rounded from the mean sequence of Pecaut and Mamajek (2013, ApJS 208, 9).
    """
    table = read_table("colours")
    return {name: table[name].to_numpy() for name in table.column_names}


def by_temperature(colour: str, teff: Array) -> Array:
    """A colour of stars of these temperatures."""
    return np.interp(np.log(teff), np.log(colours()["teff"]), colours()[colour])


def galactic(ra: Array, dec: Array) -> tuple[Array, Array]:
    """Galactic longitude and latitude in degrees."""
    place = SkyCoord(ra, dec, unit=u.deg).galactic
    return place.l.deg, place.b.deg


def ecliptic(ra: Array, dec: Array) -> tuple[Array, Array]:
    """Ecliptic longitude and latitude in degrees."""
    place = SkyCoord(ra, dec, unit=u.deg).barycentricmeanecliptic
    return place.lon.deg, place.lat.deg


def at_most(count: int, which: Array) -> Array:
    """A mask of all rows but those of `which` after the first `count`."""
    mask = np.ones(len(which), bool)
    mask[np.flatnonzero(which)[count:]] = False
    return mask


def source_ids(ra: Array, dec: Array) -> Array:
    """Gaia's identifiers: a HEALPix cell of order 12, and a running number in it."""
    cells = hpgeom.angle_to_pixel(1 << 12, ra, dec).astype(np.int64)
    order = np.argsort(cells, kind="stable")
    running = np.empty(len(cells), np.int64)
    running[order] = np.arange(len(cells)) - np.searchsorted(cells[order], cells[order])
    return (cells << 35) + ((37 * running + 5) << 7)


def text(form: str, *values: ArrayLike) -> Array:
    """`form` filled with each row of the values."""
    rows = np.broadcast_arrays(*values)
    return np.array(
        [form.format(*row) for row in zip(*(part.tolist() for part in rows), strict=True)]
    )


def sky_name(form: str, ra: Array, dec: Array) -> Array:
    """`form` filled with positions, cut and not rounded as the IAU wants names.

    {0} to {3} are hours, minutes, seconds and their hundredths, {4} the sign of the declination,
    {5} to {8} its degrees, minutes, seconds and their tenths, {9} tenths of seconds of time.
    """
    time = np.floor(ra / 15 * 360_000).astype(np.int64) % (24 * 360_000)
    angle = np.floor(np.abs(dec) * 36_000).astype(np.int64)
    seconds, arcseconds = time // 100, angle // 10
    return text(
        form, seconds // 3600, seconds // 60 % 60, seconds % 60, time % 100,
        np.where(dec < 0, "-", "+"), arcseconds // 3600, arcseconds // 60 % 60, arcseconds % 60,
        angle % 10, time // 10 % 10,
    )  # fmt: skip


NUMPY = ("where", "clip", "log10", "sqrt", "minimum", "maximum", "floor", "abs", "round", "hypot",
         "cos", "radians")  # fmt: skip
FUNCTIONS: Mapping[str, Any] = {
    **{name: getattr(np, name) for name in NUMPY},
    **{
        function.__name__: function
        for function in (by_temperature, galactic, ecliptic, at_most, source_ids, text,
                         sky_name, offset)
    },
    "separation": distances_deg,
    "int": int,
}  # fmt: skip
