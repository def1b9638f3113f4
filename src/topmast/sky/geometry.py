"""Footprints against places: distance, overlap, and the cap that covers a footprint."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from topmast.sky.region import Circle, Footprint, Polygon
from topmast.sky.shapes import ROUNDING, Shapes, polygon_caps
from topmast.sky.vectors import angle_between, positions, unit_vectors


def distance_deg(footprint: Footprint, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> Any:
    """Degrees from a place to the nearest point of the footprint, 0 inside.

    Positions may be numbers or arrays; the answer has their shape. A nan position gives nan.
    """
    shapes = shapes_of_footprint(footprint)
    points = unit_vectors(ra_deg, dec_deg)
    flat = points.reshape(-1, 3)
    each = [shapes.distances(np.full(len(flat), row), flat) for row in range(len(shapes))]
    return np.rad2deg(np.min(each, axis=0).reshape(points.shape[:-1]))[()]


def overlaps(
    footprint: Footprint, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike, radius_deg: npt.ArrayLike
) -> Any:
    """Whether the footprint shares at least one place with the circle of `radius_deg`."""
    return distance_deg(footprint, ra_deg, dec_deg) <= np.asarray(radius_deg) + np.rad2deg(ROUNDING)


def bounding_cap(footprint: Footprint) -> tuple[float, float, float]:
    """Centre (ra, dec) and radius, in degrees, of a circle that covers the footprint."""
    shapes = shapes_of_footprint(footprint)
    if len(shapes) == 1:
        centre, radius = shapes.centre, shapes.radius
    else:
        centre, radius = polygon_caps(shapes.centre, np.array([len(shapes)]))
        reach = angle_between(shapes.centre, centre) + shapes.radius
        radius = np.minimum(reach.max(keepdims=True) * (1 + 1e-12) + ROUNDING, np.pi)
    ra, dec = positions(centre[0])
    return float(ra), float(dec), float(np.rad2deg(radius[0]))


def shapes_of_footprint(footprint: Footprint) -> Shapes:
    """The regions of one footprint as columns; their owner is 0."""
    return shapes_of_footprints([footprint], [0])


def shapes_of_footprints(footprints: Sequence[Footprint], owners: Sequence[int]) -> Shapes:
    """The regions of many footprints as columns, each owned by the number beside it."""
    circles: list[tuple[int, Circle]] = []
    polygons: list[tuple[int, Polygon]] = []
    for owner, footprint in zip(owners, footprints, strict=True):
        for region in footprint.regions:
            if isinstance(region, Circle):
                circles.append((owner, region))
            else:
                polygons.append((owner, region))
    return Shapes.joined([_of_circles(circles), _of_polygons(polygons)])


def _of_circles(circles: list[tuple[int, Circle]]) -> Shapes:
    owner = np.array([owner for owner, _ in circles], np.int64)
    numbers = [(each.ra_deg, each.dec_deg, each.radius_deg) for _, each in circles]
    ra, dec, radius = np.array(numbers, np.float64).reshape(-1, 3).T
    return Shapes.of_circles(owner, unit_vectors(ra, dec), np.deg2rad(radius))


def _of_polygons(polygons: list[tuple[int, Polygon]]) -> Shapes:
    owner = np.array([owner for owner, _ in polygons], np.int64)
    count = np.array([len(each.ra_deg) for _, each in polygons], np.int64)
    ra = np.fromiter(chain.from_iterable(each.ra_deg for _, each in polygons), np.float64)
    dec = np.fromiter(chain.from_iterable(each.dec_deg for _, each in polygons), np.float64)
    return Shapes.of_polygons(owner, unit_vectors(ra, dec), count)
