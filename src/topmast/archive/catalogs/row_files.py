"""The Parquet files of a catalogue: their row groups, the index of these, and their positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from topmast.archive.catalogs.hats import CELL
from topmast.archive.disk import write_whole
from topmast.errors import ArchiveError
from topmast.sky.vectors import FloatArray, IntArray

INDEX, POSITIONS = "index.npz", "positions.npy"


class RowFile:
    """One Parquet file, which stays readable when it is replaced; safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes = self._mapped()

    def _mapped(self) -> Any:
        try:
            with pa.memory_map(str(self.path)) as file:
                return file.read_buffer()
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException) as problem:
            raise ArchiveError(f"{self.path} cannot be read: {problem}") from problem

    @cached_property
    def footer(self) -> Any:
        """Where the columns of each row group are."""
        try:
            return pq.read_metadata(pa.BufferReader(self._bytes))
        except pa.ArrowException as problem:
            raise ArchiveError(f"{self.path} is damaged: {problem}") from problem

    def read(self, groups: Sequence[int], names: Sequence[str]) -> pa.Table:
        """These columns of some row groups."""
        # Threads of pyarrow's own would not survive a fork.
        with pq.ParquetFile(pa.BufferReader(self._bytes), metadata=self.footer) as file:
            return file.read_row_groups(list(groups), columns=list(names), use_threads=False)


class GroupIndex(NamedTuple):
    """Of each row group: its first row in the catalogue, its first cell, its file and place."""

    start: IntArray
    first_cell: IntArray
    number: IntArray
    group: IntArray


def group_index(folder: Path, files: Sequence[RowFile]) -> GroupIndex:
    """The index of all row groups; made from the footers, and kept, where it is missing."""
    with suppress(OSError, ValueError, KeyError):
        with np.load(folder / INDEX, allow_pickle=False) as kept:
            return GroupIndex(*(kept[name] for name in GroupIndex._fields))
    index = index_of_footers([file.footer for file in files])
    with suppress(OSError):
        write_whole(folder / INDEX, lambda file: np.savez(file, **index._asdict()))
    return index


def index_of_footers(footers: Sequence[Any]) -> GroupIndex:
    """The index as the statistics of the row groups tell it."""
    rows, cells, places = [], [], []
    for number, footer in enumerate(footers):
        column = footer.schema.to_arrow_schema().names.index(CELL)
        for group in range(footer.num_row_groups):
            about = footer.row_group(group)
            statistics = about.column(column).statistics
            if statistics is None:
                raise ArchiveError(f"The column {CELL} has no statistics; import the catalogue.")
            rows.append(about.num_rows)
            cells.append(statistics.min)
            places.append((number, group))
    at = np.array(places, np.int64).reshape(-1, 2)
    counts = np.array(rows, np.int64)
    return GroupIndex(np.cumsum(counts) - counts, np.array(cells, np.int64), at[:, 0], at[:, 1])


class Positions(NamedTuple):
    """Cell, right ascension and declination of each row; a row without a position has nan."""

    cells: IntArray
    ra: FloatArray
    dec: FloatArray


def kept_positions(folder: Path, rows: int) -> Positions | None:
    """The positions as they were kept, from the disk as they are needed; None: they are not."""
    try:
        kept = np.load(folder / POSITIONS, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return Positions(kept[0].view(np.int64), kept[1], kept[2]) if kept.shape == (3, rows) else None


def keep_positions(folder: Path, rows: int, parts: Callable[[], Any]) -> None:
    """Write them down from `parts`, tables of cell, ra and dec in the order of the rows."""
    path = folder / POSITIONS

    def write(file: Any) -> None:
        header = {"descr": "<f8", "fortran_order": False, "shape": (3, rows)}
        np.lib.format.write_array_header_1_0(file, header)
        begin, done = file.tell(), 0
        for part in parts():
            for number, column in enumerate(part.columns):
                file.seek(begin + 8 * (number * rows + done))
                file.write(np.ascontiguousarray(column.to_numpy()).tobytes())
            done += part.num_rows

    with suppress(OSError):
        write_whole(path, write)
