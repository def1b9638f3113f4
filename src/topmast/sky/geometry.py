"""Footprints against places: distance, overlap, and the cap that covers a footprint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from topmast.sky.region import Circle, Footprint, Polygon, parse_region
from topmast.sky.shapes import ROUNDING, Shapes, polygon_caps
from topmast.sky.vectors import FloatArray, IntArray, angle_between, positions, unit_vectors

__all__ = [
    "bounding_cap",
    "distance_deg",
    "floats_or_nan",
    "overlaps",
    "shapes_of_footprint",
    "shapes_of_regions",
]


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


def shapes_of_footprint(footprint: Footprint, owner: int = 0) -> Shapes:
    """The regions of one footprint as columns."""
    circles = [region for region in footprint.regions if isinstance(region, Circle)]
    polygons = [region for region in footprint.regions if isinstance(region, Polygon)]
    return Shapes.joined([_of_circles(circles, owner), _of_polygons(polygons, owner)])


def shapes_of_regions(
    texts: Sequence[Any],
    ra_deg: Any = None,
    dec_deg: Any = None,
) -> Shapes:
    """Many regions at once; the owner of a shape is the number of its text.

    Parameters
    ----------
    texts : sequence of str, Footprint or None
        STC-S texts.
    ra_deg, dec_deg : array, optional
        One position for each text: what stands in for a region that is missing or cannot be
        read. Where it is nan too, the text has no shape.
    """
    if any(each is not None and np.size(each) != len(texts) for each in (ra_deg, dec_deg)):
        raise ValueError(f"There are {len(texts)} regions, but not as many positions.")
    simple = _SimpleRegions()
    others: list[Shapes] = []
    unread: list[int] = []
    for row, text in enumerate(texts):
        if not simple.accepts(row, text):
            try:
                footprint = text if isinstance(text, Footprint) else parse_region(text)
                others.append(shapes_of_footprint(footprint, row))
            except ValueError:
                unread.append(row)
    circles, polygons, refused = simple.shapes()
    for row in refused:
        try:
            others.append(shapes_of_footprint(parse_region(texts[row]), row))
        except ValueError:
            unread.append(row)
    points = _points(np.array(unread, np.int64), ra_deg, dec_deg)
    return Shapes.joined([circles, polygons, points, *others])


class _SimpleRegions:
    """One POLYGON or CIRCLE a text, as nearly all are: their numbers are read all at once."""

    PATTERN = re.compile(
        r"\s*(?:POLYGON|(CIRCLE))\s+(?:(?:ICRS|J2000|GSC1|FK5)\s+)?([-+.\deE\s]+)",
        re.ASCII | re.IGNORECASE,
    )

    def __init__(self) -> None:
        self.circles: list[int] = []
        self.circle_words: list[str] = []
        self.polygons: list[int] = []
        self.polygon_counts: list[int] = []
        self.polygon_words: list[str] = []

    def accepts(self, row: int, text: Any) -> bool:
        match = self.PATTERN.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            return False
        words = match[2].split()
        if match[1] is not None:
            return self._accepts_circle(row, words)
        if len(words) < 6 or len(words) % 2:
            return False
        self.polygons.append(row)
        self.polygon_counts.append(len(words) // 2)
        self.polygon_words += words
        return True

    def _accepts_circle(self, row: int, words: list[str]) -> bool:
        if len(words) != 3:
            return False
        self.circles.append(row)
        self.circle_words += words
        return True

    def shapes(self) -> tuple[Shapes, Shapes, list[int]]:
        """Circles, polygons, and the rows that need a closer look after all."""
        try:
            circles = np.fromiter(map(float, self.circle_words), float).reshape(-1, 3)
            vertices = np.fromiter(map(float, self.polygon_words), float).reshape(-1, 2)
        except ValueError:
            return Shapes.joined([]), Shapes.joined([]), self.circles + self.polygons
        rows = np.array(self.circles, np.int64)
        with np.errstate(invalid="ignore"):
            good = np.isfinite(circles[:, 0]) & (np.abs(circles[:, 1]) <= 90)
            good &= (circles[:, 2] >= 0) & (circles[:, 2] <= 180)
        polygons, refused = self._polygon_shapes(vertices)
        return _circle_shapes(rows[good], circles[good]), polygons, refused + rows[~good].tolist()

    def _polygon_shapes(self, vertices: FloatArray) -> tuple[Shapes, list[int]]:
        rows = np.array(self.polygons, np.int64)
        if not len(rows):
            return Shapes.joined([]), []
        count = np.array(self.polygon_counts, np.int64)
        first = np.cumsum(count) - count
        fine = np.isfinite(vertices[:, 0]) & (np.abs(vertices[:, 1]) <= 90)
        vectors = unit_vectors(np.where(fine, vertices[:, 0], 0.0), vertices[:, 1])
        following = np.arange(1, len(vectors) + 1)
        following[first + count - 1] = first
        fine &= np.sum((vectors + vectors[following]) ** 2, axis=1) > 1e-18
        good = np.logical_and.reduceat(fine, first)
        keep = np.repeat(good, count)
        shapes = Shapes.of_polygons(rows[good], vectors[keep], count[good])
        return shapes, rows[~good].tolist()


def _points(rows: IntArray, ra_deg: Any, dec_deg: Any) -> Shapes:
    """Points for the rows whose position is known."""
    if ra_deg is None or dec_deg is None or not len(rows):
        return Shapes.joined([])
    ra, dec = floats_or_nan(ra_deg)[rows], floats_or_nan(dec_deg)[rows]
    known = np.isfinite(ra) & (np.abs(dec) <= 90)
    numbers = np.stack([ra, dec, np.zeros_like(ra)], axis=1)
    return _circle_shapes(rows[known], numbers[known])


def floats_or_nan(values: Any) -> FloatArray:
    """A column as float64; what is None or masked becomes nan."""
    if isinstance(values, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(values.astype(np.float64), np.nan))
    return np.array(values, dtype=np.float64)


def _of_circles(circles: list[Circle], owner: int) -> Shapes:
    numbers = [(circle.ra_deg, circle.dec_deg, circle.radius_deg) for circle in circles]
    return _circle_shapes(np.full(len(circles), owner), np.array(numbers, float).reshape(-1, 3))


def _circle_shapes(owner: IntArray, numbers: FloatArray) -> Shapes:
    centre = unit_vectors(numbers[:, 0], numbers[:, 1])
    return Shapes.of_circles(owner, centre, np.deg2rad(numbers[:, 2]))


def _of_polygons(polygons: list[Polygon], owner: int) -> Shapes:
    if not polygons:
        return Shapes.joined([])
    ra = np.concatenate([polygon.ra_deg for polygon in polygons])
    dec = np.concatenate([polygon.dec_deg for polygon in polygons])
    count = np.array([len(polygon.ra_deg) for polygon in polygons])
    return Shapes.of_polygons(np.full(len(polygons), owner), unit_vectors(ra, dec), count)
