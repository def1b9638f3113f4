"""A made-up sky: the same stars for every mission that looks there."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topmast.sample.places import places_near
from topmast.sample.seeds import seeded
from topmast.sample.wcs import ImageWcs

Array = NDArray[Any]

# Cells of each size, in degrees, hold six stars between these magnitudes.
CELLS = (
    (16.0, 2.0, 6.0),
    (4.0, 5.0, 9.0),
    (1.0, 8.5, 12.5),
    (0.25, 11.5, 15.5),
    (0.0625, 14.5, 18.5),
    (0.015625, 17.5, 21.5),
    (0.00390625, 20.5, 24.5),
)
STARS_A_CELL = 6
# Extended objects: scale length in degrees, surface brightness, stars of their own.
GLOW = {
    "G": (0.02, 20.0, 0),
    "PN": (0.006, 18.5, 0),
    "SNR": (0.02, 20.5, 0),
    "HII": (0.05, 20.0, 30),
    "Neb": (0.05, 20.0, 30),
    "*Cl": (0.03, 99.0, 150),
    "GClstr": (0.02, 21.0, 0),
}


def stars_near(ra: float, dec: float, radius: float) -> Array:
    """Stars within about `radius` degrees: columns ra, dec, magnitude."""
    parts = [
        stars_of_cell(level, band, cell)
        for level, (size, _, _) in enumerate(CELLS)
        if radius / 3 <= size <= 60 * radius or level == 0
        for band, cell in cells_near(ra, dec, min(radius, 90.0), size)
    ]
    parts += [
        members(item.name, item.ra, item.dec, item.kind) for item in places_near(ra, dec, radius)
    ]
    return np.concatenate(parts)


def cells_near(ra: float, dec: float, radius: float, size: float) -> list[tuple[int, int]]:
    """Cells of a level that the circle may touch, as (declination band, number in it)."""
    found = []
    low, high = max(dec - radius, -90.0), min(dec + radius, 89.999999)
    for band in range(int((low + 90) // size), int((high + 90) // size) + 1):
        count = cells_in_band(band, size)
        polar = max(abs(dec) + radius, 0) >= 89.0
        width = radius / max(np.cos(np.radians(min(abs(dec) + radius, 89.0))), 1e-3)
        if polar or width >= 180:
            found += [(band, cell) for cell in range(count)]
            continue
        first, last = (ra - width) / 360 * count, (ra + width) / 360 * count
        found += [
            (band, cell % count) for cell in range(int(np.floor(first)), int(np.floor(last)) + 1)
        ]
    return sorted(set(found))


def cells_in_band(band: int, size: float) -> int:
    middle = np.radians(min((band + 0.5) * size - 90, 89.9))
    return max(1, int(360 * np.cos(middle) / size))


@lru_cache(maxsize=20000)
def stars_of_cell(level: int, band: int, cell: int) -> Array:
    size, bright, faint = CELLS[level]
    count = cells_in_band(band, size)
    random = seeded("cell", level, band, cell).random((STARS_A_CELL, 3))
    ra = (cell + random[:, 0]) * 360 / count
    dec = np.minimum((band + random[:, 1]) * size - 90, 90)
    return np.stack([ra, dec, bright + (faint - bright) * np.sqrt(random[:, 2])], axis=1)


@lru_cache(maxsize=2000)
def members(name: str, ra: float, dec: float, kind: str) -> Array:
    """The object itself and, for a cluster or nebula, the stars in it."""
    size, _, count = GLOW.get(kind, (0.0, 0.0, 0))
    itself = np.array([[ra, dec, 10.0 if kind in ("*", "HighPM*", "WD*", "QSO") else 14.0]])
    random = seeded("members", name).random((count, 3))
    away = size * np.sqrt(-np.log(np.maximum(random[:, 0], 1e-9)))
    turn = 2 * np.pi * random[:, 1]
    east = away * np.cos(turn) / max(np.cos(np.radians(dec)), 0.01)
    stars = np.stack([ra + east, dec + away * np.sin(turn), 12 + 8 * np.sqrt(random[:, 2])], axis=1)
    return np.concatenate([itself, stars])


def render(wcs: ImageWcs, *, width: float, zero_point: float) -> Array:
    """The sky on the pixels of `wcs`: stars `width` pixels wide, and glows.

    A star of magnitude `zero_point` has one count in all.
    """
    radius = 0.75 * wcs.scale * max(wcs.nx, wcs.ny)
    stars = stars_near(wcs.ra, wcs.dec, radius)
    x, y = wcs.pixels_of(stars[:, 0], stars[:, 1])
    margin = 4 * width
    seen = (x > -margin) & (x < wcs.nx + margin) & (y > -margin) & (y < wcs.ny + margin)
    # Rounded here and on_grid below: sums then come out the same in whatever order they are made.
    x, y, magnitude = np.round(x[seen], 6), np.round(y[seen], 6), stars[seen, 2]
    flux = 10 ** (-0.4 * (magnitude - zero_point)) / (2 * np.pi * width**2)
    across = np.exp(-0.5 * ((np.arange(wcs.nx) - x[:, None]) / width) ** 2)
    along = np.exp(-0.5 * ((np.arange(wcs.ny) - y[:, None]) / width) ** 2)
    picture = np.einsum("sy,sx->yx", on_grid(along * flux[:, None], 8), on_grid(across, 14))
    for item in places_near(wcs.ra, wcs.dec, radius):
        picture += glow(wcs, item.ra, item.dec, item.kind, zero_point)
    return picture


def glow(wcs: ImageWcs, ra: float, dec: float, kind: str, zero_point: float) -> Array | float:
    size, brightness, _ = GLOW.get(kind, (0.0, 99.0, 0))
    if brightness > 90:
        return 0.0
    x, y = wcs.pixels_of(np.array(ra), np.array(dec))
    dy, dx = np.mgrid[: wcs.ny, : wcs.nx] - np.array([y, x])[:, None, None]
    distance = np.hypot(dx, dy * 1.4) * wcs.scale / size
    a_pixel = (wcs.scale * 3600) ** 2 * 10 ** (-0.4 * (brightness - zero_point))
    return on_grid(a_pixel * np.exp(-np.minimum(distance, 50)), 8)


def on_grid(values: Array, bits: int) -> Array:
    """Rounded to multiples of one over two to the power of `bits`."""
    return np.asarray(np.round(values * 2.0**bits) / 2.0**bits)


def noisy(picture: Array, random: np.random.Generator, *, sky: float, gain: float = 1.0) -> Array:
    """`picture` with a background and photon noise, on a grid of hundredths."""
    level = np.maximum(picture, 0) + sky
    noise = np.sqrt(level / gain) * random.standard_normal(picture.shape)
    return np.round(level + noise, 2)
