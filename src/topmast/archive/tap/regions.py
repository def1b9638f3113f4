"""Regions against regions: the functions that DuckDB calls for what is no cone.

Each takes and gives Arrow arrays. A region that cannot be read gives null.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from topmast.errors import InvalidQueryError
from topmast.sky import Circle, Footprint, Polygon, parse_region
from topmast.sky.bulk import shapes_of_regions
from topmast.sky.geometry import distance_deg, shapes_of_footprint
from topmast.sky.shapes import ROUNDING, spans
from topmast.sky.vectors import FloatArray, angle_between, positions, tangents, unit_vectors

ROUNDING_DEG = math.degrees(ROUNDING)
REMEMBERED = 4096


def register(duck: Any) -> None:
    """Make the functions known to a connection."""
    for name, (function, kinds, gives) in FUNCTIONS.items():
        duck.create_function(name, function, kinds, gives, type="arrow", null_handling="special")


def touches(ra: Any, dec: Any, radius: Any, regions: Any) -> Any:
    """Whether each cone shares a place with the region beside it."""
    texts = _combined(regions).dictionary_encode()
    which = texts.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    shapes = shapes_of_regions(texts.dictionary.to_pylist())
    points = [np.asarray(_combined(each).cast(pa.float64()), float) for each in (ra, dec, radius)]
    order = np.argsort(shapes.owner, kind="stable")
    first, end = (np.searchsorted(shapes.owner[order], which, side) for side in ("left", "right"))
    count = end - first
    rows = np.repeat(np.arange(len(which)), count)
    near = shapes.distances(order[spans(first, count)], unit_vectors(points[0], points[1])[rows])
    inside = near <= np.deg2rad(points[2])[rows] + ROUNDING
    found = np.zeros(len(which), bool)
    np.logical_or.at(found, rows, inside)
    known = (count > 0) & np.all(np.isfinite(points), axis=0)
    return pa.array(found, mask=~known)


def contains(inner: Any, outer: Any) -> Any:
    """Whether each region lies in the one beside it."""
    return _pairs(_lies_in, inner, outer, pa.bool_())


def intersects(first: Any, second: Any) -> Any:
    """Whether each region shares a place with the one beside it."""
    return _pairs(_share, first, second, pa.bool_())


def area(regions: Any) -> Any:
    """The areas in square degrees; of several shapes their sum."""
    return _each(lambda region: sum(map(_area, region.regions)), regions, pa.float64())


def centroid(regions: Any) -> Any:
    """The middles as points."""
    return _each(_centroid, regions, pa.string())


def box_corners(ra: float, dec: float, width: float, height: float) -> list[float]:
    """The corners of a box, whose sides stand at right angles on the arms of a cross."""
    if not (0 <= width < 180 and 0 <= height < 180 and abs(dec) <= 90):
        raise InvalidQueryError(
            f"BOX({ra:g}, {dec:g}, {width:g}, {height:g}) is no box: its sides are between 0 and "
            "180 degrees, and its middle is on the sky."
        )
    middle = unit_vectors(ra, dec)
    north, east = tangents(ra, dec)
    along, up = (math.tan(math.radians(each) / 2) for each in (width, height))
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    corners = np.array([middle + x * along * east + y * up * north for x, y in signs])
    found = positions(corners)
    return [float(value) for pair in zip(*found, strict=True) for value in pair]


def _combined(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


@lru_cache(REMEMBERED)
def _region(text: str) -> Footprint | None:
    try:
        return parse_region(text)
    except ValueError:
        return None


def _each(work: Callable[[Footprint], Any], regions: Any, kind: Any) -> Any:
    texts = regions.to_pylist()
    found = (None if text is None else _region(text) for text in texts)
    return pa.array([None if region is None else work(region) for region in found], kind)


def _pairs(work: Callable[[Any, Any], bool], first: Any, second: Any, kind: Any) -> Any:
    answers = []
    for pair in zip(first.to_pylist(), second.to_pylist(), strict=True):
        one, other = (None if text is None else _region(text) for text in pair)
        answers.append(None if one is None or other is None else work(one, other))
    return pa.array(answers, kind)


def _share(first: Footprint, second: Footprint) -> bool:
    return any(_shapes_share(one, other) for one in first.regions for other in second.regions)


def _shapes_share(first: Circle | Polygon, second: Circle | Polygon) -> bool:
    if isinstance(first, Circle) or isinstance(second, Circle):
        circle, other = (first, second) if isinstance(first, Circle) else (second, first)
        assert isinstance(circle, Circle)
        apart = distance_deg(Footprint((other,)), circle.ra_deg, circle.dec_deg)
        return bool(apart <= circle.radius_deg + ROUNDING_DEG)
    return (
        _any_in(first, second)
        or _any_in(second, first)
        or _cross(_corners(first), _corners(second))
    )


def _lies_in(inner: Footprint, outer: Footprint) -> bool:
    return all(any(_shape_in(one, other) for other in outer.regions) for one in inner.regions)


def _shape_in(inner: Circle | Polygon, outer: Circle | Polygon) -> bool:
    if isinstance(outer, Circle):
        centre = unit_vectors(outer.ra_deg, outer.dec_deg)
        reach = _reach(inner, centre)
        return bool(reach <= math.radians(outer.radius_deg) + ROUNDING)
    if isinstance(inner, Circle):
        within = distance_deg(Footprint((outer,)), inner.ra_deg, inner.dec_deg) <= ROUNDING_DEG
        middle = unit_vectors(inner.ra_deg, inner.dec_deg)
        corners = _corners(outer)
        edge = _distance_to_arcs(middle, corners, np.roll(corners, -1, axis=0)).min()
        return bool(within and edge >= math.radians(inner.radius_deg) - ROUNDING)
    inside = distance_deg(Footprint((outer,)), inner.ra_deg, inner.dec_deg) <= ROUNDING_DEG
    return bool(np.all(inside)) and not _cross(_corners(inner), _corners(outer))


def _reach(shape: Circle | Polygon, centre: FloatArray) -> float:
    """How far from a place the farthest point of a shape is, in radians."""
    if isinstance(shape, Circle):
        away = angle_between(unit_vectors(shape.ra_deg, shape.dec_deg), centre)
        return float(away) + math.radians(shape.radius_deg)
    return float(angle_between(_corners(shape), centre).max())


def _any_in(inner: Polygon, outer: Polygon) -> bool:
    near = distance_deg(Footprint((outer,)), inner.ra_deg, inner.dec_deg)
    return bool(np.any(near <= ROUNDING_DEG))


def _corners(polygon: Polygon) -> FloatArray:
    return unit_vectors(polygon.ra_deg, polygon.dec_deg)


def _cross(first: FloatArray, second: FloatArray) -> bool:
    """Whether a side of one polygon crosses a side of the other, not merely touches it."""
    a, b = first[:, None], np.roll(first, -1, axis=0)[:, None]
    c, d = second[None], np.roll(second, -1, axis=0)[None]
    over, under = np.cross(a, b), np.cross(c, d)
    line = np.cross(over, under)
    inside = [
        np.sum(np.cross(normal, end) * line, axis=-1) * sign
        for normal, end, sign in ((over, a, 1), (over, b, -1), (under, c, 1), (under, d, -1))
    ]
    signs = np.stack(np.broadcast_arrays(*inside))
    return bool(np.any(np.all(signs > 0, axis=0) | np.all(signs < 0, axis=0)))


def _distance_to_arcs(point: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    normal = np.cross(start, end)
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-300)[:, None]
    over = (np.cross(normal, start) @ point >= 0) & (np.cross(end, normal) @ point >= 0)
    ends = np.minimum(angle_between(start, point), angle_between(end, point))
    return np.where(over, np.abs(np.arcsin(np.clip(normal @ point, -1, 1))), ends)


def _area(shape: Circle | Polygon) -> float:
    square = math.degrees(1) ** 2
    if isinstance(shape, Circle):
        return 4 * math.pi * math.sin(math.radians(shape.radius_deg) / 2) ** 2 * square
    return _solid_angle(_corners(shape)) * square


def _solid_angle(corners: FloatArray) -> float:
    """Of a polygon, by the triangles from its first corner (Van Oosterom and Strackee)."""
    first, a, b = corners[0], corners[1:-1], corners[2:]
    above = np.cross(a - first, b - first) @ first
    below = 1 + a @ first + b @ first + np.sum(a * b, axis=1)
    angle = abs(2 * float(np.sum(np.arctan2(above, below))))
    return min(angle, 4 * math.pi - angle)


def _centroid(region: Footprint) -> str:
    shape = region.regions[0]
    if isinstance(shape, Circle):
        return f"POINT ICRS {shape.ra_deg!r} {shape.dec_deg!r}"
    corners = shapes_of_footprint(Footprint((shape,))).vertices
    following = np.roll(corners, -1, axis=0)
    normal = np.cross(corners, following)
    length = np.linalg.norm(normal, axis=1)
    angles = angle_between(corners, following)
    middle = (normal / np.maximum(length, 1e-300)[:, None] * angles[:, None]).sum(axis=0)
    if middle @ corners.sum(axis=0) < 0:
        middle = -middle
    ra, dec = positions(middle)
    return f"POINT ICRS {float(ra)!r} {float(dec)!r}"


Kinds = Sequence[str]
FUNCTIONS: dict[str, tuple[Callable[..., Any], Kinds, str]] = {
    "sky_touches": (touches, ["DOUBLE", "DOUBLE", "DOUBLE", "VARCHAR"], "BOOLEAN"),
    "sky_contains": (contains, ["VARCHAR", "VARCHAR"], "BOOLEAN"),
    "sky_intersects": (intersects, ["VARCHAR", "VARCHAR"], "BOOLEAN"),
    "sky_area": (area, ["VARCHAR"], "DOUBLE"),
    "sky_centroid": (centroid, ["VARCHAR"], "VARCHAR"),
}
"""Each function with the types of what it takes and gives."""
