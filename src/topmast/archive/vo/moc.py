"""The part of the sky that a catalogue or the observations of a mission cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.archive.catalogs.hats import CELL
from topmast.errors import InvalidQueryError, did_you_mean
from topmast.sky.bulk import shapes_of_regions
from topmast.sky.cells import cell_ranges_of_cone, cells_of_points, centres_of_cells
from topmast.sky.shapes import Shapes
from topmast.sky.vectors import IntArray, positions, unit_vectors
from topmast.wire.moc import Moc, encode_ascii, encode_fits, encode_json, moc_of_ranges

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

ORDER, FINEST, FINEST_CELL = 10, 14, 29
"""Cells of 3.4 arcmin, unless another order is asked for."""
MOST_CELLS_ACROSS = 400
"""A shape that has more cells of the order from side to side is mapped with larger ones."""
MOST_RANGES = 1 << 20
REGIONS_AT_ONCE = 4096
FORMATS = {
    "fits": ("application/fits", encode_fits),
    "json": ("application/json", encode_json),
    "ascii": ("text/plain", encode_ascii),
}
"""Each format with its media type and what writes it."""


class Coverage:
    """A map that grows shape by shape."""

    def __init__(self, order: int = ORDER) -> None:
        self.order = order
        self._parts: list[IntArray] = []
        self._count = 0

    def add_positions(self, ra_deg: Any, dec_deg: Any) -> None:
        """Add the cells of positions; those that are none are left out."""
        ra, dec = (np.asarray(each, np.float64) for each in (ra_deg, dec_deg))
        good = np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90)
        self.add_cells(cells_of_points(ra[good], dec[good], self.order), self.order)

    def add_cells(self, cells: IntArray, order: int) -> None:
        """Add cells of `order`, which may be finer or coarser than those of the map."""
        shift = 2 * (self.order - order)
        if shift < 0:
            cells, shift = cells >> -shift, 0
        cells = np.unique(cells)
        self._add(np.column_stack([cells << shift, (cells + 1) << shift]))

    def add_regions(self, texts: Sequence[str | None]) -> None:
        """Add all cells that share a place with the regions, and perhaps some beside their rims."""
        shapes = shapes_of_regions(texts)
        ra, dec = positions(shapes.centre)
        for row in range(len(shapes)):
            self._add(self._of_shape(shapes, row, float(ra[row]), float(dec[row])))

    def _of_shape(self, shapes: Shapes, row: int, ra: float, dec: float) -> IntArray:
        import hpgeom

        radius = float(np.degrees(shapes.radius[row]))
        order = self.order
        while order and 2 * radius / hpgeom.nside_to_resolution(1 << order) > MOST_CELLS_ACROSS:
            order -= 1
        ranges = cell_ranges_of_cone(ra, dec, radius, order)
        if shapes.offsets[row] < shapes.offsets[row + 1]:
            cells = np.concatenate([np.arange(low, high) for low, high in ranges])
            centres = unit_vectors(*centres_of_cells(cells, order))
            near = shapes.distances(np.full(len(cells), row), centres)
            cells = cells[near <= np.radians(hpgeom.max_pixel_radius(1 << order))]
            ranges = np.column_stack([cells, cells + 1])
        return np.asarray(ranges, np.int64) << 2 * (self.order - order)

    def _add(self, ranges: IntArray) -> None:
        self._parts.append(ranges)
        self._count += len(ranges)
        if self._count > MOST_RANGES:
            self._parts = [self.moc().ranges]
            self._count = 0

    def moc(self) -> Moc:
        """The map."""
        ranges = np.concatenate([np.zeros((0, 2), np.int64), *self._parts])
        return moc_of_ranges(self.order, ranges)


@dataclass(frozen=True, slots=True)
class MocQuery:
    """Which map is wanted: of a catalogue or of a collection of observations."""

    name: str
    order: int = ORDER
    format: str = "fits"


def moc_of_collection(archive: Archive, query: MocQuery) -> bytes:
    """The map of all rows of a catalogue, or of all footprints of a collection.

    Raises InvalidQueryError for a name that is none of these, and for an unknown format or order.
    """
    if query.format not in FORMATS:
        raise InvalidQueryError(f"A MOC is {', '.join(FORMATS)}, not {query.format[:40]!r}.")
    if not 0 <= query.order <= FINEST:
        raise InvalidQueryError(f"The order of a MOC is from 0 to {FINEST}, not {query.order}.")
    coverage = Coverage(query.order)
    table = archive.catalogs.table(query.name) if query.name in archive.catalogs.names() else None
    if table is not None:
        for piece in table.pieces([CELL]):
            cells = piece.column(CELL).to_numpy()
            coverage.add_cells(cells[(cells >= 0) & (cells < 12 << 2 * FINEST_CELL)], FINEST_CELL)
    elif query.name == "observations" or query.name in _collections(archive):
        _add_observations(coverage, archive, query.name)
    else:
        known = moc_names(archive)
        raise InvalidQueryError(
            f"There is no collection {query.name[:60]!r}.{did_you_mean(query.name, known)}"
        )
    return FORMATS[query.format][1](coverage.moc())


def moc_names(archive: Archive) -> list[str]:
    """What there are maps of: all observations, those of each collection, and each catalogue."""
    return ["observations", *_collections(archive), *archive.catalogs.names()]


def _collections(archive: Archive) -> list[str]:
    sql = "SELECT DISTINCT obs_collection FROM observations WHERE obs_collection IS NOT NULL"
    with archive.store.reading() as connection:
        return sorted(str(row[0]) for row in connection.execute(sql))


def _add_observations(coverage: Coverage, archive: Archive, name: str) -> None:
    where, values = ("1", ()) if name == "observations" else ("obs_collection = ?", (name,))
    with archive.store.reading() as connection:
        regions = f"SELECT DISTINCT s_region FROM observations WHERE {where} AND s_region <> ''"
        for texts in _pieces(connection.execute(regions, values)):
            coverage.add_regions([text for (text,) in texts])
        places = (
            f"SELECT s_ra, s_dec FROM observations WHERE {where} AND coalesce(s_region, '') = '' "
            "AND s_ra IS NOT NULL AND s_dec IS NOT NULL"
        )
        for rows in _pieces(connection.execute(places, values)):
            coverage.add_positions(*zip(*rows, strict=True))


def _pieces(cursor: Any) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(REGIONS_AT_ONCE):
        yield rows
