"""Coverage maps (MOC 2.0): ranges of HEALPix cells, written as FITS, JSON and ASCII."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.int64]


class Moc(NamedTuple):
    """A part of the sky: rows of (first, one past the last) cell of `order`, ascending, apart."""

    order: int
    ranges: Cells

    @property
    def sky_fraction(self) -> float:
        """How much of the sky it covers."""
        return float(np.diff(self.ranges, axis=1).sum() / (12 << 2 * self.order))

    def cells(self) -> Iterator[tuple[int, Cells]]:
        """Each order with its cells: as few and as large ones as there can be."""
        left = self.ranges
        for order in range(self.order + 1):
            size = 1 << 2 * (self.order - order)
            first, end = -(-left[:, 0] // size), left[:, 1] // size
            whole = first < end
            if np.any(whole):
                yield order, _spelled(first[whole], end[whole])
            first[~whole] = end[~whole] = -1
            before = np.column_stack([left[:, 0], np.where(whole, first * size, left[:, 1])])
            after = np.column_stack([end * size, left[:, 1]])[whole]
            left = np.concatenate([before, after])
            left = left[left[:, 0] < left[:, 1]]


def _spelled(first: Cells, end: Cells) -> Cells:
    return np.sort(np.concatenate([np.arange(*pair) for pair in zip(first, end, strict=True)]))


def moc_of_ranges(order: int, ranges: Cells) -> Moc:
    """The map of ranges in any order, which may overlap."""
    ranges = ranges[np.argsort(ranges[:, 0], kind="stable")]
    if not len(ranges):
        return Moc(order, ranges.reshape(0, 2))
    reach = np.maximum.accumulate(ranges[:, 1])
    starts = np.flatnonzero(np.append(True, ranges[1:, 0] > reach[:-1]))
    ends = np.append(starts[1:], len(ranges)) - 1
    return Moc(order, np.column_stack([ranges[starts, 0], reach[ends]]))


def encode_fits(moc: Moc) -> bytes:
    """The map as a FITS file with one table of unique cell numbers."""
    from astropy.io import fits

    numbers = [cells + (4 << 2 * order) for order, cells in moc.cells()]
    unique = np.sort(np.concatenate([np.zeros(0, np.int64), *numbers]))
    table = fits.BinTableHDU.from_columns([fits.Column("UNIQ", "K", array=unique)])
    table.header.update(
        MOCVERS="2.0", MOCDIM="SPACE", ORDERING="NUNIQ", COORDSYS="C", MOCORD_S=moc.order,
        MOCORDER=moc.order, PIXTYPE="HEALPIX", MOCTOOL="topmast",
    )  # fmt: skip
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(stream)
    return stream.getvalue()


def encode_json(moc: Moc) -> bytes:
    """The map as JSON: cells by their orders."""
    found = {str(order): cells.tolist() for order, cells in moc.cells()}
    found.setdefault(str(moc.order), [])
    return json.dumps(found).encode()


def encode_ascii(moc: Moc) -> bytes:
    """The map as text: ``order/cell cell-cell`` for each order."""
    parts = [f"{order}/{' '.join(_runs(cells))}" for order, cells in moc.cells()]
    if not parts or not parts[-1].startswith(f"{moc.order}/"):
        parts.append(f"{moc.order}/")
    return " ".join(parts).encode()


def _runs(cells: Cells) -> Iterator[str]:
    for run in np.split(cells, np.flatnonzero(np.diff(cells) > 1) + 1):
        yield f"{run[0]}" if len(run) == 1 else f"{run[0]}-{run[-1]}"
