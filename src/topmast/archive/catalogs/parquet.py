"""The files of a catalogue: Parquet sorted by place on the sky, and an index of its row groups.

A folder ``catalogs/<name>`` holds ``catalog.json``, which names the files in use and is replaced in
one step: a writer killed at any moment leaves the last whole state, and a reader that has the old
state open goes on. Rows are known by their number in the file; everything outside this module
asks for rows in a cone, for whole columns, or for rows by number.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from topmast.archive.catalogs.cones import (
    NOWHERE,
    cells_of_rows,
    distances_deg,
    row_ranges_of_cone,
    rows_in_ranges,
)
from topmast.archive.catalogs.definitions import Catalog, catalog_from_json, catalog_to_json
from topmast.archive.catalogs.rows import arrow_type
from topmast.archive.disk import write_whole
from topmast.errors import ArchiveError
from topmast.sky.vectors import FloatArray, IntArray

CELL = "_healpix_29"
POINTER = "catalog.json"
FORMAT = 1
ROWS_A_GROUP = 4096
ALL_SKY_DEG = 180.0


class CatalogTable:
    """One catalogue as it was when this was opened; safe to use from many threads."""

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self.catalog: Catalog = catalog_from_json(about)
        self.state: str = about["rows_file"]
        self.rows: int = about["rows"]
        with pa.memory_map(str(folder / about["rows_file"])) as file:
            self._bytes = file.read_buffer()
        self._metadata = pq.read_metadata(pa.BufferReader(self._bytes))
        with np.load(folder / about["index_file"], allow_pickle=False) as index:
            self._first_cells: IntArray = index["first_cell"]
            self._starts: IntArray = index["start"]
        self.columns: frozenset[str] = frozenset(self._metadata.schema.to_arrow_schema().names)

    def near(self, ra_deg: float, dec_deg: float, radius_deg: float) -> tuple[IntArray, FloatArray]:
        """Rows within the radius, ascending, and the distance of each in degrees."""
        cone = (ra_deg, dec_deg, min(radius_deg, ALL_SKY_DEG))
        ranges = row_ranges_of_cone(*cone)
        groups = self._groups_of_cells(ranges)
        if not len(groups):
            return np.zeros(0, np.int64), np.zeros(0)
        catalog = self.catalog
        part = self._read(groups, [CELL, catalog.ra, catalog.dec])
        cells = part.column(CELL).to_numpy()
        here = rows_in_ranges(cells, ranges)
        here = here[cells[here] != NOWHERE]
        ra, dec = (part.column(name).to_numpy()[here] for name in (catalog.ra, catalog.dec))
        distances = distances_deg(ra_deg, dec_deg, ra, dec)
        inside = distances <= cone[2]
        return self._numbers(groups)[here[inside]], distances[inside]

    def column(self, name: str) -> pa.Array:
        """A whole column; null throughout where the catalogue has no such values."""
        return self._columns(None, [name]).column(name).combine_chunks()

    def read(self, numbers: IntArray, names: Sequence[str]) -> pa.Table:
        """These columns of the rows with these numbers, in their order."""
        groups = np.unique(np.searchsorted(self._starts, numbers, side="right") - 1)
        part = self._columns(groups, names)
        place = np.searchsorted(self._numbers(groups), numbers)
        return part.take(pa.array(place))

    def everything(self) -> pa.Table:
        """All rows with all columns that have values."""
        names = [field.name for field in self.catalog.stored if field.name in self.columns]
        return self._columns(None, names)

    def _columns(self, groups: IntArray | None, names: Sequence[str]) -> pa.Table:
        """Columns of some row groups, or of all; those that no row has a value in are null."""
        given = [name for name in dict.fromkeys(names) if name in self.columns]
        every = groups is None
        groups = np.arange(len(self._starts)) if groups is None else groups
        part = self._read(groups, given or [CELL])
        count = part.num_rows if not every else self.rows
        types = {field.name: arrow_type(field) for field in self.catalog.stored}
        for name in names:
            if name not in self.columns:
                part = part.append_column(name, pa.nulls(count, types.get(name, pa.string())))
        return part.select(list(dict.fromkeys(names)))

    def _read(self, groups: IntArray, names: Sequence[str]) -> pa.Table:
        file = pq.ParquetFile(pa.BufferReader(self._bytes), metadata=self._metadata)
        # Threads of pyarrow's own would not survive a fork.
        return file.read_row_groups(groups.tolist(), columns=list(names), use_threads=False)

    def _groups_of_cells(self, ranges: IntArray) -> IntArray:
        """Row groups that may have a cell in one of the ranges."""
        # A group may end with the cell that the next one begins with.
        first = np.maximum(np.searchsorted(self._first_cells, ranges[:, 0]) - 1, 0)
        end = np.maximum(np.searchsorted(self._first_cells, ranges[:, 1]), first)
        steps = np.zeros(len(self._starts) + 1, np.int64)
        np.add.at(steps, first, 1)
        np.add.at(steps, end, -1)
        return np.flatnonzero(np.cumsum(steps[:-1]) > 0)

    def _numbers(self, groups: IntArray) -> IntArray:
        """The numbers of the rows of some groups, in the order in which they are read."""
        ends = np.append(self._starts[1:], self.rows)
        pieces = [np.arange(self._starts[group], ends[group]) for group in groups]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)


class CatalogStore:
    """All catalogues of one archive; safe to use from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._guard = threading.Lock()
        self._opened: dict[str, tuple[tuple[int, int, int], CatalogTable]] = {}
        """Each table, and the pointer that it was opened by."""

    def names(self) -> list[str]:
        """The catalogues that are there."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if (path / POINTER).is_file())

    def table(self, name: str) -> CatalogTable | None:
        """The catalogue of this name in its present state, or None: there is none."""
        for _ in range(3):
            pointer = self._pointer(name)
            if pointer is None:
                return None
            with self._guard:
                opened = self._opened.get(name)
                if opened is not None and opened[0] == pointer:
                    return opened[1]
            with suppress(FileNotFoundError):  # a writer has just put others in their place
                table = CatalogTable(self.folder / name, _read_pointer(self.folder / name))
                with self._guard:
                    self._opened[name] = (pointer, table)
                return table
        raise ArchiveError(f"The catalogue {name} in {self.folder} lacks its files.")

    def write(self, catalog: Catalog, rows: pa.Table) -> None:
        """Replace all rows of the catalogue; the caller holds the lock."""
        folder = self.folder / catalog.name
        folder.mkdir(parents=True, exist_ok=True)
        mark = uuid.uuid4().hex[:12]
        rows_file, index_file = f"rows-{mark}.parquet", f"index-{mark}.npz"
        table = _sorted(rows, catalog)
        cells = table.column(CELL).to_numpy()
        write_whole(folder / rows_file, lambda file: _write_rows(file, table))
        write_whole(folder / index_file, lambda file: _write_index(file, cells))
        about = catalog_to_json(catalog) | {
            "format": FORMAT,
            "rows": table.num_rows,
            "rows_file": rows_file,
            "index_file": index_file,
        }
        content = json.dumps(about, indent=1).encode()
        write_whole(folder / POINTER, lambda file: file.write(content))
        _remove_others(folder, {rows_file, index_file, POINTER})

    def _pointer(self, name: str) -> tuple[int, int, int] | None:
        try:
            status = (self.folder / name / POINTER).stat()
        except (OSError, ValueError):
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


def _read_pointer(folder: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads((folder / POINTER).read_text(encoding="utf-8"))
    except (ValueError, OSError) as problem:
        raise ArchiveError(f"{folder / POINTER} cannot be read: {problem}") from problem
    if about.get("format", FORMAT + 1) > FORMAT:
        raise ArchiveError(f"The catalogue {folder} has a newer format. Update topmast.")
    return about


def _sorted(rows: pa.Table, catalog: Catalog) -> pa.Table:
    """The rows by cell, rows of one cell in the order in which they came; no empty columns."""
    ra, dec = (_floats(rows, name) for name in (catalog.ra, catalog.dec))
    cells = cells_of_rows(ra, dec)
    order = np.argsort(cells, kind="stable")
    full = [name for name in rows.column_names if rows.column(name).null_count < rows.num_rows]
    kept = dict.fromkeys([*full, catalog.ra, catalog.dec])
    for name in (catalog.ra, catalog.dec):
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.nulls(rows.num_rows, pa.float64()))
    table = rows.select(list(kept)).take(pa.array(order))
    return table.add_column(0, CELL, pa.array(cells[order]))


def _floats(rows: pa.Table, name: str) -> FloatArray:
    if name not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    return np.asarray(rows.column(name).to_numpy(), np.float64)


def _write_rows(file: IO[bytes], table: pa.Table) -> None:
    encodings = {name: code for name in table.column_names if (code := _encoding(table, name))}
    pq.write_table(
        table,
        file,
        row_group_size=ROWS_A_GROUP,
        compression="zstd",
        compression_level=6,
        use_dictionary=[name for name in table.column_names if name not in encodings],
        column_encoding=encodings,
        write_statistics=False,
    )


ENCODINGS = {
    pa.int64(): "DELTA_BINARY_PACKED",
    pa.float64(): "BYTE_STREAM_SPLIT",
    pa.string(): "DELTA_BYTE_ARRAY",
}
NEARLY_ALL = 0.8
"""Where so many of the values differ, a dictionary of them would not save room."""


def _encoding(table: pa.Table, name: str) -> str:
    """How the values of a column take the least room; "" for a dictionary."""
    column = table.column(name).slice(0, 4 * ROWS_A_GROUP)
    if pc.count_distinct(column).as_py() <= NEARLY_ALL * len(column):
        return ""
    return ENCODINGS.get(column.type, "")


def _write_index(file: IO[bytes], cells: IntArray) -> None:
    starts = np.arange(0, len(cells), ROWS_A_GROUP)
    np.savez(file, first_cell=cells[starts], start=starts)


OURS = re.compile(r"(rows|index)-[0-9a-f]{12}\.(parquet|npz|part)")


def _remove_others(folder: Path, kept: set[str]) -> None:
    """Remove the files of earlier states; what we did not write stays."""
    for path in folder.iterdir():
        if OURS.fullmatch(path.name) and path.name not in kept:
            with suppress(OSError):
                path.unlink()
