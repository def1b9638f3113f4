"""Positions as unit vectors, and the angles between them, exact at every scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def separation_deg(
    ra1_deg: npt.ArrayLike, dec1_deg: npt.ArrayLike, ra2_deg: npt.ArrayLike, dec2_deg: npt.ArrayLike
) -> FloatArray:
    """Angles on the sky in degrees, as exact at 1e-10 degrees as at 180."""
    first = unit_vectors(ra1_deg, dec1_deg)
    second = unit_vectors(ra2_deg, dec2_deg)
    return np.rad2deg(angle_between(first, second))


def position_angle_deg(
    ra1_deg: npt.ArrayLike, dec1_deg: npt.ArrayLike, ra2_deg: npt.ArrayLike, dec2_deg: npt.ArrayLike
) -> FloatArray:
    """Direction from the first position to the second, degrees from North through East."""
    ra1, dec1 = np.deg2rad(ra1_deg), np.deg2rad(dec1_deg)
    ra2, dec2 = np.deg2rad(ra2_deg), np.deg2rad(dec2_deg)
    east = np.cos(dec2) * np.sin(ra2 - ra1)
    half = np.sin((ra2 - ra1) / 2) ** 2
    north = np.sin(dec2 - dec1) + 2 * np.sin(dec1) * np.cos(dec2) * half
    return np.asarray(normalized_ra(np.rad2deg(np.arctan2(east, north))))


def offset(
    ra_deg: npt.ArrayLike,
    dec_deg: npt.ArrayLike,
    position_angle: npt.ArrayLike,
    separation: npt.ArrayLike,
) -> tuple[Any, Any]:
    """The place `separation` degrees away, in the direction `position_angle` (North to East)."""
    north, east = tangents(ra_deg, dec_deg)
    angle = np.deg2rad(position_angle)[..., np.newaxis]
    away = np.deg2rad(separation)[..., np.newaxis]
    direction = np.cos(angle) * north + np.sin(angle) * east
    return positions(np.cos(away) * unit_vectors(ra_deg, dec_deg) + np.sin(away) * direction)


def tangents(ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Unit vectors towards North and East at each position; at a pole the RA still tells them."""
    ra, dec = np.broadcast_arrays(np.deg2rad(ra_deg), np.deg2rad(dec_deg))
    north = [-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)]
    east = [-np.sin(ra), np.cos(ra), np.zeros_like(ra)]
    return np.stack(north, axis=-1), np.stack(east, axis=-1)


def unit_vectors(ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> FloatArray:
    """Unit vectors, shape (..., 3), of positions in degrees; nan where one is not finite."""
    ra, dec = np.broadcast_arrays(np.asarray(ra_deg, np.float64), np.asarray(dec_deg, np.float64))
    finite = np.isfinite(ra) & np.isfinite(dec)
    ra = np.deg2rad(np.remainder(np.where(finite, ra, np.nan), 360.0))
    dec = np.deg2rad(np.where(finite, dec, np.nan))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def positions(vectors: FloatArray) -> tuple[Any, Any]:
    """RA in [0, 360) and Dec, in degrees, of vectors of any length."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    ra = normalized_ra(np.rad2deg(np.arctan2(y, x)))
    return ra, np.rad2deg(np.arctan2(z, np.hypot(x, y)))


def normalized_ra(ra_deg: npt.ArrayLike) -> Any:
    """RA in [0, 360); a tiny negative RA is 0 and not 360."""
    ra = np.remainder(ra_deg, 360.0)
    return np.where(ra >= 360.0, 0.0, ra)[()]


def cross(first: FloatArray, second: FloatArray) -> FloatArray:
    """Vector products of rows of three; for a few rows six times as fast as NumPy's."""
    (ax, ay, az), (bx, by, bz) = first.T, second.T
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]).T


def angle_between(first: FloatArray, second: FloatArray) -> FloatArray:
    """Angles in radians between unit vectors (Kahan's formula, stable from 0 to pi)."""
    apart = np.sqrt(np.sum((first - second) ** 2, axis=-1))
    along = np.sqrt(np.sum((first + second) ** 2, axis=-1))
    return np.asarray(2 * np.arctan2(apart, along))
