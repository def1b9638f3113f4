"""One segment of the footprint index: shapes sorted by size and place, in plain .npy files.

::

    ids.npy        int64    every id the segment speaks for, ascending, with a shape or without
    keys.npy       int64    size class << 52 | HEALPix cell (nested, order 24) of the centre; sorted
    owner.npy      int64    id of the footprint that the shape is part of
    centre.npy     float64  (n, 3) unit vector, centre of the circle or of the polygon's cap
    radius.npy     float64  of that circle or cap, radians
    offsets.npy    int64    (n + 1) where the vertices of each shape begin; circles have none
    vertices.npy   float64  (m, 3) unit vectors
    segment.json            the size classes: first row, one past the last, the largest radius

A cone looks into each size class for centres within its own radius plus the largest of the
class, so that a thousand small footprints are not searched as widely as one of twenty degrees.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from topmast.archive.disk import sync_folder
from topmast.sky.bulk import floats_or_nan, shapes_of_regions
from topmast.sky.cells import cell_ranges_of_cone, cells_of_points
from topmast.sky.shapes import ROUNDING, Shapes, spans
from topmast.sky.vectors import FloatArray, IntArray, positions, unit_vectors

ORDER = 24
CLASS_SHIFT = 52
CLASS_LIMITS = np.deg2rad([20 / 3600, 80 / 3600, 0.1, 0.4, 1.6, 5.0, 16.0])

# A class of so few shapes is looked through from end to end; finding its cells takes longer.
FEW_SHAPES = 1000

# Rows read, or shapes copied, at once while writing, and shapes tested at once while searching.
ROWS_AT_ONCE = 20_000
SHAPES_AT_ONCE = 500_000

ARCSEC = 3600 * 180 / np.pi


@dataclass(frozen=True, slots=True)
class Hits:
    """Shapes that touch cones: number of the cone, id of the footprint, arcseconds between."""

    cones: IntArray
    ids: IntArray
    distances: FloatArray

    def take(self, rows: Any) -> Hits:
        """These rows."""
        return Hits(self.cones[rows], self.ids[rows], self.distances[rows])

    def nearest(self) -> Hits:
        """Each id once, with the cone that is nearest to it; sorted by id."""
        found = self.take(np.lexsort((self.distances, self.ids)))
        return found.take(np.diff(found.ids, prepend=-1) != 0)

    @staticmethod
    def joined(parts: Sequence[Hits]) -> Hits:
        """All rows of the parts."""
        if len(parts) == 1:
            return parts[0]
        return Hits(
            np.concatenate([np.zeros(0, np.int64), *(part.cones for part in parts)]),
            np.concatenate([np.zeros(0, np.int64), *(part.ids for part in parts)]),
            np.concatenate([np.zeros(0), *(part.distances for part in parts)]),
        )


class Segment:
    """A segment on disk, memory-mapped."""

    def __init__(self, folder: Path) -> None:
        self.classes: list[tuple[int, int, float]] = json.loads(
            (folder / "segment.json").read_bytes()
        )["classes"]
        self.ids: IntArray = _mapped(folder, "ids")
        self.keys: IntArray = _mapped(folder, "keys")
        columns = ("owner", "centre", "radius", "offsets", "vertices")
        self.shapes: Shapes = Shapes(**{name: _mapped(folder, name) for name in columns})

    def __len__(self) -> int:
        return len(self.keys)

    def contains(self, ids: IntArray) -> npt.NDArray[np.bool_]:
        """Which of the ids are in the segment."""
        if not len(self.ids):
            return np.zeros(len(ids), bool)
        place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.asarray(self.ids[place] == ids)

    def touching(self, ra_deg: FloatArray, dec_deg: FloatArray, radius_deg: FloatArray) -> Hits:
        """Shapes that share a place with the cones; a footprint of two shapes may come twice."""
        centres = unit_vectors(ra_deg, dec_deg)
        found: list[Hits] = []
        for cones, rows in self._candidates(ra_deg, dec_deg, radius_deg, centres):
            distance = self.shapes.distances(rows, centres[cones])
            touches = np.flatnonzero(distance <= np.deg2rad(radius_deg[cones]) + ROUNDING)
            owners = self.shapes.owner[rows[touches]]
            found.append(Hits(cones[touches], owners, distance[touches] * ARCSEC))
        return Hits.joined(found)

    def _candidates(
        self, ra_deg: FloatArray, dec_deg: FloatArray, radius_deg: FloatArray, centres: FloatArray
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Numbers of cones, and beside each a row whose cap meets it; so many at once."""
        waiting: list[tuple[int, IntArray]] = []
        size = 0
        good = (radius_deg >= 0) & (np.abs(dec_deg) <= 90) & np.isfinite(ra_deg)
        for cone in np.flatnonzero(good).tolist():
            rows = self._near(ra_deg[cone], dec_deg[cone], radius_deg[cone], centres[cone])
            waiting.append((cone, rows))
            size += len(rows)
            if size > SHAPES_AT_ONCE:
                yield _paired(waiting)
                waiting, size = [], 0
        if waiting:
            yield _paired(waiting)

    def _near(self, ra: float, dec: float, radius: float, centre: FloatArray) -> IntArray:
        """Rows whose cap meets the cone."""
        start, end = np.searchsorted(self.keys, self._key_ranges(ra, dec, radius).T)
        rows = spans(start, end - start)
        reach = np.minimum(np.deg2rad(radius) + self.shapes.radius[rows], np.pi)
        return rows[self.shapes.centre[rows] @ centre >= np.cos(reach) - 4 * ROUNDING]

    def _key_ranges(self, ra: float, dec: float, radius: float) -> IntArray:
        """Ranges of keys, from cells about half as wide as the cone and its size class."""
        ranges = [np.zeros((0, 2), np.int64)]
        for number, (first, last, largest) in enumerate(self.classes):
            if last > first:
                few = last - first <= FEW_SHAPES
                grown = 180.0 if few else radius + math.degrees(largest)
                order = min(max(int(math.log2(58.6 / max(grown, 1e-6)) + 1), 0), ORDER)
                cells = cell_ranges_of_cone(ra, dec, grown, order) << (2 * (ORDER - order))
                ranges.append(cells + (number << CLASS_SHIFT))
        return np.concatenate(ranges)


def _paired(waiting: list[tuple[int, IntArray]]) -> tuple[IntArray, IntArray]:
    cones = np.repeat([cone for cone, _ in waiting], [len(rows) for _, rows in waiting])
    return cones, np.concatenate([rows for _, rows in waiting])


def write_segment(
    folder: Path,
    ids: Iterable[int],
    regions: Iterable[Any],
    ra_deg: Any = None,
    dec_deg: Any = None,
) -> None:
    """Write a segment of these footprints; a position stands in for a region not readable."""
    _write(folder, _read_in_pieces(ids, regions, ra_deg, dec_deg))


def merge_segments(folder: Path, older: Segment, newer: Segment) -> None:
    """Write one segment that says what the two say, the newer one being right."""
    _write(folder, _pieces_of_both(older, newer))


Piece = tuple[IntArray, Shapes]


def _read_in_pieces(
    ids: Iterable[int], regions: Iterable[Any], ra_deg: Any, dec_deg: Any
) -> Iterator[Piece]:
    """Pieces of the rows: their ids, and their shapes owned by these ids."""
    pairs = zip(ids, regions, strict=True)
    places = [None if each is None else floats_or_nan(each) for each in (ra_deg, dec_deg)]
    done = 0
    while piece := list(islice(pairs, ROWS_AT_ONCE)):
        numbers = np.array([number for number, _ in piece], np.int64)
        part = slice(done, done + len(piece))
        ra, dec = (None if each is None else each[part] for each in places)
        shapes = shapes_of_regions([region for _, region in piece], ra, dec)
        done += len(piece)
        yield numbers, shapes.owned_by(numbers)
    if any(each is not None and len(each) != done for each in places):
        raise ValueError(f"There are {done} regions, but not as many positions.")


def _pieces_of_both(older: Segment, newer: Segment) -> Iterator[Piece]:
    for segment in (older, newer):
        yield segment.ids, Shapes.joined([])
        for at in range(0, len(segment), ROWS_AT_ONCE):
            rows = np.arange(at, min(at + ROWS_AT_ONCE, len(segment)))
            if segment is older:
                rows = rows[~newer.contains(older.shapes.owner[rows])]
            yield rows[:0], segment.shapes.take(rows)


def _write(folder: Path, pieces: Iterator[Piece]) -> None:
    """Write the pieces out sorted; the vertices, by far the most, wait in a file and not here."""
    folder.mkdir(parents=True)
    waiting = folder / "vertices.part"
    ids, columns = _collect(pieces, waiting)
    owner, centre, radius, count = (np.concatenate(column) for column in columns)
    order, keys = _sorted_keys(centre, radius)
    _save(folder, "ids", np.unique(np.concatenate(ids)))
    _save(folder, "keys", keys)
    _save(folder, "owner", owner[order])
    _save(folder, "centre", centre[order])
    _save(folder, "radius", radius[order])
    _save(folder, "offsets", _offsets(count[order]))
    _save_vertices(folder, waiting, order, _offsets(count))
    waiting.unlink()
    _save_classes(folder, keys, radius[order])
    sync_folder(folder)


def _collect(
    pieces: Iterator[Piece], waiting: Path
) -> tuple[list[IntArray], tuple[list[Any], ...]]:
    nothing = Shapes.joined([])
    ids: list[IntArray] = [nothing.owner]
    columns: tuple[list[Any], ...] = ([], [], [], [])
    with waiting.open("wb") as file:
        for numbers, shapes in chain([(nothing.owner, nothing)], pieces):
            ids.append(numbers)
            rest = (shapes.owner, shapes.centre, shapes.radius, np.diff(shapes.offsets))
            for column, values in zip(columns, rest, strict=True):
                column.append(values)
            file.write(np.ascontiguousarray(shapes.vertices).data)
    return ids, columns


def _sorted_keys(centre: FloatArray, radius: FloatArray) -> tuple[IntArray, IntArray]:
    """The order of the rows by size class and cell, and their keys in that order."""
    size_class = np.searchsorted(CLASS_LIMITS, radius)
    keys = (size_class << CLASS_SHIFT) + cells_of_points(*positions(centre), ORDER)
    order = np.argsort(keys, kind="stable")
    return order, keys[order]


def _offsets(count: IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def _save(folder: Path, name: str, values: npt.NDArray[Any]) -> None:
    with (folder / f"{name}.npy").open("wb") as file:
        np.save(file, values)
        _to_disk(file)


def _save_vertices(folder: Path, waiting: Path, order: IntArray, offsets: IntArray) -> None:
    """The vertices in the order of the rows, a piece at a time."""
    total = int(offsets[-1])
    vertices = np.memmap(waiting, np.float64, "r", shape=(total, 3)) if total else np.zeros((0, 3))
    with (folder / "vertices.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (total, 3)}
        np.lib.format.write_array_header_1_0(file, header)
        for at in range(0, len(order), ROWS_AT_ONCE):
            rows = order[at : at + ROWS_AT_ONCE]
            which = spans(offsets[rows], offsets[rows + 1] - offsets[rows])
            file.write(np.asarray(vertices[which], "<f8").data)
        _to_disk(file)


def _save_classes(folder: Path, keys: IntArray, radius: FloatArray) -> None:
    numbers = np.arange(len(CLASS_LIMITS) + 2) << CLASS_SHIFT
    limits = np.searchsorted(keys, numbers).tolist()
    classes = [
        (first, last, float(radius[first:last].max(initial=0.0)))
        for first, last in pairwise(limits)
    ]
    with (folder / "segment.json").open("wb") as file:
        file.write(json.dumps({"classes": classes}).encode())
        _to_disk(file)


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _mapped(folder: Path, name: str) -> Any:
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
