"""Galactic and ecliptic coordinates of positions, and positions scattered on the sky."""

from __future__ import annotations

import numpy as np

from topmast.sample.catalogs.arrays import Array
from topmast.sky.vectors import offset, unit_vectors

# Rows are the axes of the other frame, in ICRS (IAU 1958 poles; mean obliquity of J2000).
TO_GALACTIC = np.array(
    [
        [-0.0548755604162154, -0.8734370902348850, -0.4838350155487132],
        [0.4941094278755837, -0.4448296299600112, 0.7469822444972189],
        [-0.8676661490190047, -0.1980763734312015, 0.4559837761750669],
    ]
)
OBLIQUITY = np.radians(23.4392911)
TO_ECLIPTIC = np.array(
    [
        [1.0, 0.0, 0.0],
        [0.0, np.cos(OBLIQUITY), np.sin(OBLIQUITY)],
        [0.0, -np.sin(OBLIQUITY), np.cos(OBLIQUITY)],
    ]
)


def galactic(ra: Array, dec: Array) -> tuple[Array, Array]:
    """Galactic longitude and latitude in degrees."""
    return _turned(ra, dec, TO_GALACTIC)


def ecliptic(ra: Array, dec: Array) -> tuple[Array, Array]:
    """Ecliptic longitude and latitude in degrees."""
    return _turned(ra, dec, TO_ECLIPTIC)


def _turned(ra: Array, dec: Array, matrix: Array) -> tuple[Array, Array]:
    x, y, z = matrix @ unit_vectors(ra, dec).T
    return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arcsin(np.clip(z, -1, 1)))


def in_circle(
    ra: float, dec: float, away_deg: Array, random: np.random.Generator
) -> tuple[Array, Array]:
    """Positions at these distances from a place, in random directions."""
    towards = random.uniform(0, 360, len(away_deg))
    return offset(np.full(len(away_deg), ra), np.full(len(away_deg), dec), towards, away_deg)


def on_the_sky(count: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Positions anywhere, denser towards the plane of the Galaxy."""
    longitude = random.uniform(0, 2 * np.pi, count)
    height = np.clip(random.laplace(0, 0.35, count), -1, 1)
    height = np.where(np.abs(height) >= 1, random.uniform(-1, 1, count), height)
    width = np.sqrt(1 - height**2)
    vectors = np.array([width * np.cos(longitude), width * np.sin(longitude), height])
    x, y, z = TO_GALACTIC.T @ vectors
    return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arcsin(np.clip(z, -1, 1)))
