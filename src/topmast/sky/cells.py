"""HEALPix cells, nested: of positions, and of all places that a cone holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from topmast.sky.vectors import IntArray, normalized_ra

# Added to a cone, in degrees, so that rounding at its rim loses no cell.
MARGIN_DEG = 1e-7

# hpgeom loses cells of small cones from order 24 on; cells finer than this (0.8 arcsec) are
# taken as all those inside the cells of this order.
FINEST_ORDER = 18


def cells_of_cone(ra_deg: float, dec_deg: float, radius_deg: float, order: int) -> IntArray:
    """Every cell of `order` that shares a place with the cone, and perhaps a few beside it."""
    ranges = cell_ranges_of_cone(ra_deg, dec_deg, radius_deg, order)
    return np.concatenate([np.arange(low, high) for low, high in ranges])


def cell_ranges_of_cone(ra_deg: float, dec_deg: float, radius_deg: float, order: int) -> IntArray:
    """The same cells as rows of (first, one past the last), ascending."""
    import hpgeom

    grown = radius_deg + MARGIN_DEG
    if grown >= 180.0:
        return np.array([[0, 12 << (2 * order)]], np.int64)
    if order > FINEST_ORDER:
        coarse = cell_ranges_of_cone(ra_deg, dec_deg, radius_deg, FINEST_ORDER)
        return coarse << (2 * (order - FINEST_ORDER))
    ranges = hpgeom.query_circle(
        1 << order,
        normalized_ra(ra_deg),
        dec_deg,
        grown,
        inclusive=True,
        nest=True,
        lonlat=True,
        degrees=True,
        return_pixel_ranges=True,
    )
    return np.asarray(ranges, np.int64).reshape(-1, 2)


def cells_of_points(ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike, order: int) -> IntArray:
    """The cell that holds each position."""
    import hpgeom

    cells = hpgeom.angle_to_pixel(
        1 << order, normalized_ra(ra_deg), np.asarray(dec_deg, np.float64), nest=True, lonlat=True
    )
    return np.asarray(cells, np.int64)


def centres_of_cells(cells: npt.NDArray[np.int64], order: int) -> tuple[Any, Any]:
    """Right ascension and declination of the middle of each cell, in degrees."""
    import hpgeom

    ra, dec = hpgeom.pixel_to_angle(1 << order, cells, nest=True, lonlat=True)
    return np.asarray(ra), np.asarray(dec)
