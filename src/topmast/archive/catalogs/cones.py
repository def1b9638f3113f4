"""Which rows of a catalogue a cone holds: cells first, then exact distances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from topmast.sky import separation_deg
from topmast.sky.cells import cell_ranges_of_cone, cells_of_points
from topmast.sky.shapes import spans
from topmast.sky.vectors import FloatArray, IntArray

ORDER = 29
"""Of the column ``_healpix_29``: cells of 0.4 milliarcseconds, in nested order."""
NOWHERE = np.iinfo(np.int64).max
"""The cell of a row without a position: it is behind all others, and in no cone."""

CELLS_ACROSS = 4
"""A cone is covered with cells of about a quarter of its size ..."""
COARSEST, FINEST = 2, 18
"""... but never with coarser or finer ones than of these orders."""
SIZE_OF_ORDER_0_DEG = 58.6


def cells_of_rows(ra_deg: FloatArray, dec_deg: FloatArray) -> IntArray:
    """The ``_healpix_29`` of each position; a row without one is nowhere."""
    cells = np.full(len(ra_deg), NOWHERE, np.int64)
    there = np.isfinite(ra_deg) & np.isfinite(dec_deg) & (np.abs(dec_deg) <= 90)
    if np.any(there):
        cells[there] = cells_of_points(ra_deg[there], dec_deg[there], ORDER)
    return cells


def order_for(radius_deg: float) -> int:
    """The order of the cells that fit a cone of this size."""
    size = max(radius_deg, 1e-9) / CELLS_ACROSS
    return int(np.clip(np.floor(np.log2(SIZE_OF_ORDER_0_DEG / size)), COARSEST, FINEST))


def row_ranges_of_cone(ra_deg: float, dec_deg: float, radius_deg: float) -> IntArray:
    """Ranges of ``_healpix_29``, first and one past the last, that hold all of the cone."""
    order = order_for(radius_deg)
    ranges = cell_ranges_of_cone(ra_deg, dec_deg, radius_deg, order)
    return ranges << (2 * (ORDER - order))


def distances_deg(
    ra1_deg: npt.ArrayLike, dec1_deg: npt.ArrayLike, ra2_deg: npt.ArrayLike, dec2_deg: npt.ArrayLike
) -> FloatArray:
    """Angles on the sky in degrees, to the last digits also for the smallest ones.

    The differences of close positions are taken before anything is rounded (haversine); angles
    beyond a right angle, where that formula is weak, come from unit vectors.
    """
    ra1, dec1, ra2, dec2 = (
        np.asarray(value, np.float64) for value in (ra1_deg, dec1_deg, ra2_deg, dec2_deg)
    )
    across = np.sin(np.deg2rad(ra2 - ra1) / 2) ** 2
    along = np.sin(np.deg2rad(dec2 - dec1) / 2) ** 2
    half = along + np.cos(np.deg2rad(dec1)) * np.cos(np.deg2rad(dec2)) * across
    near = np.rad2deg(2 * np.arcsin(np.sqrt(np.minimum(half, 1.0))))
    far = half > 0.5
    if not np.any(far):
        return np.asarray(near, np.float64)
    return np.asarray(np.where(far, separation_deg(ra1, dec1, ra2, dec2), near), np.float64)


def rows_in_ranges(cells: IntArray, ranges: IntArray) -> IntArray:
    """Numbers of the rows whose cell, in ascending `cells`, lies in one of the ranges."""
    low = np.searchsorted(cells, ranges[:, 0])
    high = np.searchsorted(cells, ranges[:, 1])
    return spans(low, high - low)
