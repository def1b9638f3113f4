"""The margin of a catalogue: for each partition the rows just outside its border."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from topmast.archive.catalogs.cones import ORDER
from topmast.archive.catalogs.hats import CELL, MARGIN_ARCSEC, Pixel
from topmast.archive.catalogs.partitions import sort_by_cell
from topmast.archive.catalogs.spool import Spool
from topmast.sky.shapes import Shapes, spans
from topmast.sky.vectors import FloatArray, IntArray, unit_vectors

FINE = 13
"""Cells of this order are 16 arcseconds across or more: a margin does not reach over them."""
SHIFT = 2 * (ORDER - FINE)
BEYOND = "_beyond_"
"""Column of a row's neighbouring cell, of order 13, in whose partition's margin it may be."""
NUMBER = "_number_"
"""Column of a row's number in the catalogue."""
ROUNDING_ARCSEC = 0.01


def put_border_rows(
    spool: Spool, pixel: Pixel, rows: pa.Table, position: Sequence[str], first_row: int
) -> None:
    """Put into `spool` the rows of a partition that are in the margins of others.

    `position` are the columns of right ascension and declination, `first_row` the number of the
    partition's first row in the catalogue.
    """
    import hpgeom

    fine = rows.column(CELL).to_numpy() >> SHIFT
    own = np.unique(fine)
    around = np.asarray(hpgeom.neighbors(1 << FINE, own, nest=True), np.int64)
    low, high = pixel.range(FINE)
    outside = (around >= 0) & ((around < low) | (around >= high))
    which, side = np.nonzero(outside)
    starts, ends = (np.searchsorted(fine, own[which], side=s) for s in ("left", "right"))
    numbers = spans(starts, ends - starts)
    beyond = np.repeat(around[which, side], ends - starts)
    places = rows.select(position).take(pa.array(numbers))
    near = _away_arcsec(places, beyond) <= MARGIN_ARCSEC + ROUNDING_ARCSEC
    if np.any(near):
        kept = rows.take(pa.array(numbers[near]))
        kept = kept.append_column(BEYOND, pa.array(beyond[near]))
        kept = kept.append_column(NUMBER, pa.array(numbers[near] + first_row))
        spool.add(kept, beyond[near] << SHIFT)


def _away_arcsec(places: pa.Table, cells: IntArray) -> FloatArray:
    """How far each position is from the cell beside it."""
    import hpgeom

    if not len(cells):
        return np.zeros(0)
    ra, dec = (column.to_numpy() for column in places.columns)
    corners = hpgeom.boundaries(1 << FINE, cells, nest=True, lonlat=True)
    count = np.full(len(cells), 4)
    vertices = unit_vectors(corners[0].ravel(), corners[1].ravel())
    shapes = Shapes.of_polygons(np.arange(len(cells)), vertices, count)
    away = shapes.distances(np.arange(len(cells)), unit_vectors(ra, dec))
    return np.asarray(np.rad2deg(away) * 3600, np.float64)


def margins_of(spool: Spool, pixels: Sequence[Pixel]) -> Iterator[tuple[Pixel, pa.Table]]:
    """The margin of each partition that has rows around it, sorted by cell."""
    buckets: dict[Pixel, list[Pixel]] = {}
    for pixel in pixels:
        coarse = pixel
        if pixel.order > spool.order:
            coarse = Pixel(spool.order, pixel.number >> (2 * (pixel.order - spool.order)))
        buckets.setdefault(coarse, []).append(pixel)
    for coarse, members in buckets.items():
        if not spool.count(coarse):
            continue
        rows = pa.concat_tables(spool.pieces(coarse))
        beyond = rows.column(BEYOND).to_numpy()
        for pixel in members:
            low, high = pixel.range(FINE)
            inside = rows.filter(pa.array((beyond >= low) & (beyond < high)))
            if inside.num_rows:
                yield pixel, _each_once(sort_by_cell(inside))


def _each_once(rows: pa.Table) -> pa.Table:
    """A row beside two cells of the same partition came twice, and is kept once."""
    _, first = np.unique(rows.column(NUMBER).to_numpy(), return_index=True)
    return rows.take(pa.array(np.sort(first))).drop_columns([BEYOND, NUMBER])
