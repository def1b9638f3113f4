"""The regions of many texts at once: nearly all are plain, and their numbers are read together."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from topmast.sky.geometry import shapes_of_footprints
from topmast.sky.region import Footprint, parse_region
from topmast.sky.shapes import Shapes
from topmast.sky.vectors import FloatArray, IntArray, unit_vectors

Region = tuple[bool, list[float]]
"""Whether it is a circle, and its numbers; nan for what is none, such as 3-4."""

WORTH_ARROW = 100
"""So many texts are read together; for fewer it is not worth loading Arrow."""
NUMBER = r"-?\d{1,18}(?:\.\d{1,18})?(?:e-?\d{1,2})?"
HEAD = r"^\s*(?:POLYGON|CIRCLE)\s+(?:(?:ICRS|J2000|GSC1|FK5)\s+)?"
USUAL = rf"{HEAD}{NUMBER}(?:\s+{NUMBER})*\z"
FRAMES = ("ICRS", "J2000", "GSC1", "FK5")
PLAIN = re.compile(
    r"\s*(?:POLYGON|(CIRCLE))\s+(?:(?:ICRS|J2000|GSC1|FK5)\s+)?([-+.\deE\s]+)(?:\Z|(?<=\s))",
    re.ASCII | re.IGNORECASE,
)


def shapes_of_regions(texts: Sequence[Any], ra_deg: Any = None, dec_deg: Any = None) -> Shapes:
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
    plain = _Plain(_read_together(texts))
    rows = [row for row in plain.together.left if not plain.accepts(row, texts[row])]
    shapes, refused = plain.shapes()
    others, unread = _one_by_one(texts, rows + refused)
    return Shapes.joined([shapes, others, _points(unread, ra_deg, dec_deg)])


def floats_or_nan(values: Any) -> FloatArray:
    """A column as float64; what is None or masked becomes nan."""
    if isinstance(values, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(values.astype(np.float64), np.nan))
    return np.array(values, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Together:
    """Circles and polygons of texts that are read all at once, and the rows of the others."""

    left: Sequence[int]
    circles: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    circle_numbers: FloatArray = field(default_factory=lambda: np.zeros(0))
    polygons: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    polygon_counts: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    polygon_numbers: FloatArray = field(default_factory=lambda: np.zeros(0))


def _read_together(texts: Sequence[Any]) -> _Together:
    """The numbers of all texts that are one shape in capitals, read by Arrow if it is here."""
    left = range(len(texts))
    if len(texts) < WORTH_ARROW:
        return _Together(left)
    try:
        import pyarrow as pa
        import pyarrow.compute as pc

        column = pa.array(texts, pa.string())
    except (ImportError, TypeError, ValueError):  # ArrowInvalid is one, UnicodeError too
        return _Together(left)
    usual = pc.fill_null(pc.match_substring_regex(column, USUAL), False)
    rows = np.flatnonzero(usual.to_numpy(zero_copy_only=False))
    column = column.filter(usual)
    is_circle = pc.starts_with(column, "CIRCLE").to_numpy(zero_copy_only=False)
    words = pc.ascii_split_whitespace(pc.replace_substring_regex(column, HEAD, ""))
    count = np.diff(words.offsets.to_numpy())
    numbers = pc.cast(words.flatten(), pa.float64()).to_numpy()
    right = np.where(is_circle, count == 3, (count >= 6) & (count % 2 == 0))
    circles, polygons = right & is_circle, right & ~is_circle
    return _Together(
        np.setdiff1d(left, rows[right]).tolist(),
        rows[circles],
        numbers[np.repeat(circles, count)],
        rows[polygons],
        count[polygons].astype(np.int64) // 2,
        numbers[np.repeat(polygons, count)],
    )


class _Plain:
    """Texts of POLYGON and CIRCLE with nothing but a frame and numbers."""

    def __init__(self, together: _Together) -> None:
        self.together = together
        self.circles: list[int] = []
        self.circle_numbers: list[float] = []
        self.polygons: list[int] = []
        self.polygon_counts: list[int] = []
        self.polygon_numbers: list[float] = []

    def accepts(self, row: int, text: Any) -> bool:
        """Take the text, if it is one polygon or circle, or several, and nothing else."""
        if not isinstance(text, str):
            return False
        numbers = _numbers_of_one(text)
        regions = [(len(numbers) == 3, numbers)] if numbers else _plain_regions(text)
        for is_circle, numbers in regions:
            if is_circle:
                self.circles.append(row)
                self.circle_numbers += numbers
            else:
                self.polygons.append(row)
                self.polygon_counts.append(len(numbers) // 2)
                self.polygon_numbers += numbers
        return bool(regions)

    def shapes(self) -> tuple[Shapes, list[int]]:
        """The shapes, and the rows that need a closer look after all."""
        circles, good_circles = self._circles()
        polygons, count, good_polygons = self._polygons()
        circle_rows = np.append(self.together.circles, self.circles).astype(np.int64)
        polygon_rows = np.append(self.together.polygons, self.polygons).astype(np.int64)
        refused = np.union1d(circle_rows[~good_circles], polygon_rows[~good_polygons])
        good_circles &= ~np.isin(circle_rows, refused)
        good_polygons &= ~np.isin(polygon_rows, refused)
        shapes = [
            _circle_shapes(circle_rows[good_circles], circles[good_circles]),
            Shapes.of_polygons(
                polygon_rows[good_polygons],
                polygons[np.repeat(good_polygons, count)],
                count[good_polygons],
            ),
        ]
        return Shapes.joined(shapes), refused.tolist()

    def _circles(self) -> tuple[FloatArray, Any]:
        """Numbers of the circles, and which are good."""
        circles = np.append(self.together.circle_numbers, self.circle_numbers).reshape(-1, 3)
        ra, dec, radius = circles.T
        return circles, np.isfinite(ra) & (np.abs(dec) <= 90) & (radius >= 0) & (radius <= 180)

    def _polygons(self) -> tuple[FloatArray, IntArray, Any]:
        """Vertices of the polygons, how many each has, and which polygons are good."""
        numbers = np.append(self.together.polygon_numbers, self.polygon_numbers)
        ra, dec = numbers.reshape(-1, 2).T
        count = np.append(self.together.polygon_counts, self.polygon_counts).astype(np.int64)
        fine = np.isfinite(ra) & (np.abs(dec) <= 90)
        vectors = unit_vectors(ra, dec)
        if not len(count):
            return vectors, count, np.zeros(0, bool)
        first = np.cumsum(count) - count
        following = np.arange(1, len(vectors) + 1)
        following[first + count - 1] = first
        fine &= np.sum((vectors + vectors[following]) ** 2, axis=1) > 1e-18
        return vectors, count, np.logical_and.reduceat(fine, first)


def _numbers_of_one(text: str) -> list[float]:
    """The numbers of a text as nearly all are: one shape in capitals, a frame, and numbers."""
    kind, *words = text.split() or [""]
    if kind not in ("POLYGON", "CIRCLE") or not words or "_" in text or not text.isascii():
        return []
    if words[0] in FRAMES:
        del words[0]
    try:
        numbers = list(map(float, words))
    except ValueError:
        return []
    return numbers if _is_right(kind == "CIRCLE", len(numbers)) else []


def _plain_regions(text: str) -> list[Region]:
    """The regions of a text, if there is nothing else in it."""
    regions: list[Region] = []
    end = 0
    while end < len(text) or not regions:
        match = PLAIN.match(text, end)
        if match is None:
            return []
        is_circle, words = match[1] is not None, match[2].split()
        if not _is_right(is_circle, len(words)):
            return []
        regions.append((is_circle, list(map(_number_or_nan, words))))
        end = match.end()
    return regions


def _is_right(is_circle: bool, count: int) -> bool:
    return count == 3 if is_circle else count >= 6 and count % 2 == 0


def _number_or_nan(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def _one_by_one(texts: Sequence[Any], rows: list[int]) -> tuple[Shapes, list[int]]:
    """Shapes of the rows that can be read, and the rows that cannot."""
    footprints: list[Footprint] = []
    owners: list[int] = []
    unread: list[int] = []
    for row in rows:
        text = texts[row]
        try:
            footprints.append(text if isinstance(text, Footprint) else parse_region(text))
            owners.append(row)
        except ValueError:
            unread.append(row)
    return shapes_of_footprints(footprints, owners), unread


def _points(unread: list[int], ra_deg: Any, dec_deg: Any) -> Shapes:
    """Points for the rows whose position is known."""
    if ra_deg is None or dec_deg is None:
        return Shapes.joined([])
    rows = np.array(unread, np.int64)
    ra, dec = floats_or_nan(ra_deg)[rows], floats_or_nan(dec_deg)[rows]
    known = np.isfinite(ra) & (np.abs(dec) <= 90)
    numbers = np.stack([ra, dec, np.zeros_like(ra)], axis=1)
    return _circle_shapes(rows[known], numbers[known])


def _circle_shapes(owner: IntArray, numbers: FloatArray) -> Shapes:
    centre = unit_vectors(numbers[:, 0], numbers[:, 1])
    return Shapes.of_circles(owner, centre, np.deg2rad(numbers[:, 2]))
