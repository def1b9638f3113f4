"""Match many positions with a catalogue at once: neighbours by cell, then exact distances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from topmast.archive.catalogs.cones import (
    FINEST,
    NOWHERE,
    ORDER,
    SIZE_OF_ORDER_0_DEG,
    distances_deg,
)
from topmast.archive.catalogs.parquet import CatalogTable
from topmast.errors import InvalidQueryError
from topmast.sky.cells import cells_of_points
from topmast.sky.shapes import spans
from topmast.sky.vectors import FloatArray, IntArray

MOST_MATCHES = 500_000
CANDIDATES_AT_ONCE = 2_000_000
CELL_IN_RADII = 3.0
"""So much wider than the radius a cell must be, that only it and its neighbours matter."""


class Matches(NamedTuple):
    """Pairs: which position, which row, how far in degrees; by position and then by distance."""

    positions: IntArray
    numbers: IntArray
    distances: FloatArray


def match(
    table: CatalogTable, ra_deg: FloatArray, dec_deg: FloatArray, radius_deg: float
) -> Matches:
    """Every row within the radius of each position; a position that is nan matches none."""
    there = np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))
    if table.rows == 0 or not len(there):
        return Matches(there[:0], there[:0], np.zeros(0))
    parts = []
    total = 0
    for part in _pieces(table, ra_deg, dec_deg, radius_deg, there):
        total += len(part.numbers)
        if total > MOST_MATCHES:
            raise InvalidQueryError(
                f"More than {MOST_MATCHES} matches. Upload fewer positions or use a smaller radius."
            )
        parts.append(part)
    positions, numbers, distances = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((numbers, distances, positions))
    return Matches(positions[order], numbers[order], distances[order])


def _pieces(
    table: CatalogTable, ra: FloatArray, dec: FloatArray, radius: float, there: IntArray
) -> Iterator[Matches]:
    order = int(np.floor(np.log2(SIZE_OF_ORDER_0_DEG / (CELL_IN_RADII * max(radius, 1e-9)))))
    if order < 0:
        for place in there.tolist():
            numbers, away = table.near(ra[place], dec[place], radius)
            yield Matches(np.full(len(numbers), place), numbers, away)
        return
    cells, row_ra, row_dec = table.positions or table.read_positions()
    low, high = _candidate_ranges(cells, ra[there], dec[there], min(order, FINEST))
    for piece in _blocks((high - low).sum(axis=1)):
        owners = np.repeat(there[piece], (high[piece] - low[piece]).sum(axis=1))
        numbers = spans(low[piece].ravel(), (high[piece] - low[piece]).ravel())
        away = distances_deg(ra[owners], dec[owners], row_ra[numbers], row_dec[numbers])
        near = (away <= radius) & (cells[numbers] != NOWHERE)
        yield Matches(owners[near], numbers[near], away[near])


def _candidate_ranges(
    cells: IntArray, ra: FloatArray, dec: FloatArray, order: int
) -> tuple[IntArray, IntArray]:
    """For each position nine ranges of rows: those of its cell and of the cells around it."""
    import hpgeom

    own = cells_of_points(ra, dec, order)
    around = np.asarray(hpgeom.neighbors(1 << order, own, nest=True), np.int64)
    nine = np.sort(np.column_stack([own, around]), axis=1)
    # Some cells have seven neighbours, and at the coarsest orders one comes twice.
    twice = np.zeros(nine.shape, bool)
    twice[:, 1:] = nine[:, 1:] == nine[:, :-1]
    shift = 2 * (ORDER - order)
    low = np.searchsorted(cells, nine << shift)
    high = np.searchsorted(cells, (nine + 1) << shift)
    high = np.where(twice | (nine < 0), low, high)
    return low, high


def _blocks(counts: IntArray) -> Iterator[slice]:
    """Runs of positions with not too many candidates together."""
    start, ends = 0, np.cumsum(counts)
    while start < len(counts):
        done = ends[start - 1] if start else 0
        stop = int(np.searchsorted(ends, done + CANDIDATES_AT_ONCE, side="right"))
        yield slice(start, max(stop, start + 1))
        start = max(stop, start + 1)
