"""A made-up sky: the same stars for every mission that looks there."""

from __future__ import annotations

from functools import lru_cache

import hpgeom
import numpy as np

from topmast.sample.hdus import Array
from topmast.sample.places import places_near
from topmast.sample.seeds import seeded
from topmast.sample.wcs import ImageWcs

# Limits of magnitude of the six stars in each HEALPix cell of order 2, 4, 6, ...
MAGNITUDES = ((2.0, 6.0), (5.0, 9.0), (8.5, 12.5), (11.5, 15.5), (14.5, 18.5), (17.5, 21.5),
              (20.5, 24.5))  # fmt: skip
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
        members(item.name, item.ra, item.dec, item.kind) for item in places_near(ra, dec, radius)
    ]
    for level in range(len(MAGNITUDES)):
        nside = 4 << 2 * level
        if level == 0 or radius / 3 <= 60 / nside <= 60 * radius:
            cells = hpgeom.query_circle(nside, ra, dec, radius, inclusive=True)
            parts += [stars_of_cell(level, int(cell)) for cell in cells]
    return np.concatenate(parts)


@lru_cache(maxsize=20000)
def stars_of_cell(level: int, cell: int) -> Array:
    """Six stars of a cell, each in the middle of one of its million parts."""
    random, (bright, faint) = seeded("cell", level, cell), MAGNITUDES[level]
    ra, dec = hpgeom.pixel_to_angle(
        4 << 2 * level + 10, (cell << 20) + random.integers(1 << 20, size=6)
    )
    return np.stack([ra, dec, bright + (faint - bright) * np.sqrt(random.random(6))], axis=1)


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


def sky_image(wcs: ImageWcs, seed: str, zero_point: float = 26.0, sky: float = 20.0) -> Array:
    """The sky on the pixels of `wcs` in counts, with a background and photon noise."""
    level = np.maximum(render(wcs, 1.1, zero_point), 0) + sky
    noise = seeded("picture", seed).standard_normal(level.shape)
    return np.asarray(np.round(level + np.sqrt(level) * noise, 2))


def render(wcs: ImageWcs, width: float, zero_point: float) -> Array:
    """The sky on the pixels of `wcs`: stars `width` pixels wide, and glows.

    A star of magnitude `zero_point` has one count in all.
    """
    radius = 0.75 * wcs.scale * max(wcs.nx, wcs.ny)
    stars = stars_near(wcs.ra, wcs.dec, radius)
    x, y = wcs.pixels_of(stars[:, 0], stars[:, 1])
    margin = 4 * width
    seen = (x > -margin) & (x < wcs.nx + margin) & (y > -margin) & (y < wcs.ny + margin)
    x, y, magnitude = x[seen], y[seen], stars[seen, 2]
    flux = 10 ** (-0.4 * (magnitude - zero_point)) / (2 * np.pi * width**2)
    across = np.exp(-0.5 * ((np.arange(wcs.nx) - x[:, None]) / width) ** 2)
    along = np.exp(-0.5 * ((np.arange(wcs.ny) - y[:, None]) / width) ** 2)
    picture = np.asarray(np.einsum("sy,sx->yx", along * flux[:, None], across))
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
    return np.asarray(a_pixel * np.exp(-np.minimum(distance, 50)))
