"""A catalogue on disk: a HATS collection, its row groups found by an index.

A folder ``catalogs/<name>`` holds ``collection.properties``, which names the tables in use and is
replaced in one step: a writer killed at any moment leaves the last whole state, and a reader that
has the old state open goes on. Rows are known by their number; everything outside this module asks
for rows in a cone, for whole columns, or for rows by number.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from topmast.archive.catalogs.building import ABOUT, FORMAT, UNPLACED
from topmast.archive.catalogs.cones import (
    NOWHERE,
    distances_deg,
    row_ranges_of_cone,
    rows_in_ranges,
)
from topmast.archive.catalogs.definitions import Catalog, catalog_from_json
from topmast.archive.catalogs.hats import CELL, COLLECTION, Pixel, read_properties
from topmast.archive.catalogs.id_index import IdIndex
from topmast.archive.catalogs.row_files import (
    GroupIndex,
    Positions,
    RowFile,
    group_index,
    keep_positions,
    kept_positions,
)
from topmast.archive.catalogs.rows import arrow_type
from topmast.errors import ArchiveError
from topmast.sky.vectors import FloatArray, IntArray

ALL_SKY_DEG = 180.0
GROUPS_AT_ONCE = 64


class CatalogTable:
    """One catalogue as it was when this was opened; safe to use from many threads."""

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self.catalog: Catalog = catalog_from_json(about)
        self.folder = folder
        self.state: str = about.get("rows_file", folder.name)
        self.rows: int = about["rows"]
        self.placed: int = self.rows - about.get("unplaced", 0)
        """Rows that have a position."""
        self._paths = _paths_of(folder, about)
        self._files = [RowFile(path) for path in self._paths]
        if self._files:
            schema = self._files[0].footer.schema.to_arrow_schema()
            self.schema: pa.Schema = schema
        else:
            self.schema = pa.schema([(CELL, pa.int64())])
        self.columns: frozenset[str] = frozenset(self.schema.names)
        self._index: GroupIndex = self._group_index()
        self._ids: IdIndex | None = self._id_index()

    def parquet_paths(self) -> list[str]:
        """The files of all rows, in the order of the rows' numbers."""
        return [str(path) for path in self._paths]

    def file_starts(self) -> list[int]:
        """The number of the first row of each file."""
        firsts = np.unique(self._index.number, return_index=True)[1]
        return [int(start) for start in self._index.start[firsts]]

    def near(self, ra_deg: float, dec_deg: float, radius_deg: float) -> tuple[IntArray, FloatArray]:
        """Rows within the radius, ascending, and the distance of each in degrees."""
        cone = (ra_deg, dec_deg, min(radius_deg, ALL_SKY_DEG))
        ranges = row_ranges_of_cone(*cone)
        positions, numbers = self.positions, None
        if positions is None:
            groups = self._groups_of_cells(ranges)
            catalog = self.catalog
            part = self._read(groups, [CELL, catalog.ra, catalog.dec])
            positions = Positions(*(column.to_numpy() for column in part.columns))
            numbers = self._numbers(groups)
        here = rows_in_ranges(positions.cells, ranges)
        here = here[positions.cells[here] != NOWHERE]
        distances = distances_deg(ra_deg, dec_deg, positions.ra[here], positions.dec[here])
        inside = distances <= cone[2]
        here = here[inside]
        return here if numbers is None else numbers[here], distances[inside]

    @cached_property
    def positions(self) -> Positions | None:
        """Where all rows are, for those who can hold them; None where they are not kept."""
        found = kept_positions(self.folder, self.rows)
        if found is None and self._keeps_positions():
            keep_positions(self.folder, self.rows, self._position_parts)
            found = kept_positions(self.folder, self.rows)
        return found

    def read_positions(self) -> Positions:
        """Where all rows are, read into memory."""
        catalog = self.catalog
        part = self._columns(None, [CELL, catalog.ra, catalog.dec])
        return Positions(
            *(
                pc.fill_null(c, np.nan if n else NOWHERE).to_numpy()
                for n, c in enumerate(part.columns)
            )
        )

    def column(self, name: str) -> pa.Array:
        """A whole column; null throughout where the catalogue has no such values."""
        return self._columns(None, [name]).column(name).combine_chunks()

    def read(self, numbers: IntArray, names: Sequence[str]) -> pa.Table:
        """These columns of the rows with these numbers, in their order."""
        groups = np.unique(np.searchsorted(self._index.start, numbers, side="right") - 1)
        part = self._columns(groups, names)
        place = np.searchsorted(self._numbers(groups), numbers)
        return part.take(pa.array(place))

    def with_keys(self, keys: Sequence[Any]) -> IntArray | None:
        """The numbers of the rows with one of these keys, ascending; None without an index."""
        if self._ids is None:
            return None
        cells = self._ids.cells(keys)
        groups = self._groups_of_cells(np.column_stack([cells, cells + 1]))
        if self.placed < self.rows:  # rows without a position are not in the index
            lost = np.flatnonzero(self._index.start >= self.placed)
            groups = np.union1d(groups, lost)
        key = self.catalog.key
        values = self._columns(groups, [key]).column(key)
        found = pc.is_in(values, value_set=pa.array(list(keys), values.type))
        return self._numbers(groups)[np.asarray(found)]

    @property
    def stored_columns(self) -> list[str]:
        """The columns that the files have."""
        return [field.name for field in self.catalog.stored if field.name in self.columns]

    def pieces(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """All rows with these columns, some row groups at a time."""
        for start in range(0, len(self._index.start), GROUPS_AT_ONCE):
            groups = np.arange(start, min(start + GROUPS_AT_ONCE, len(self._index.start)))
            yield self._columns(groups, names)

    def _group_index(self) -> GroupIndex:
        if "rows_file" not in self._about_old:
            return group_index(self.folder, self._files)
        with np.load(self.folder / self._about_old["index_file"], allow_pickle=False) as kept:
            count = len(kept["start"])
            place = np.arange(count)
            return GroupIndex(kept["start"], kept["first_cell"], np.zeros(count, np.int64), place)

    _about_old: dict[str, Any] = {}

    def _id_index(self) -> IdIndex | None:
        folder = self.folder / f"{self.catalog.name}_id"
        return IdIndex(folder, self.catalog.key) if folder.is_dir() else None

    def _keeps_positions(self) -> bool:
        return self.rows > 0

    def _position_parts(self) -> Iterator[pa.Table]:
        catalog = self.catalog
        for part in self.pieces([CELL, catalog.ra, catalog.dec]):
            filled = [part.column(0), *(pc.fill_null(part.column(n), np.nan) for n in (1, 2))]
            yield pa.table(
                [c.cast(pa.float64()) if n else c for n, c in enumerate(filled)], [*"cra"]
            )

    def _columns(self, groups: IntArray | None, names: Sequence[str]) -> pa.Table:
        """Columns of some row groups, or of all; those that no row has a value in are null."""
        given = [name for name in dict.fromkeys(names) if name in self.columns]
        groups = np.arange(len(self._index.start)) if groups is None else groups
        part = self._read(groups, given or [CELL])
        types = {field.name: arrow_type(field) for field in self.catalog.stored}
        for name in names:
            if name not in self.columns:
                nulls = pa.nulls(part.num_rows, types.get(name, pa.string()))
                part = part.append_column(name, nulls)
        return part.select(list(dict.fromkeys(names)))

    def _read(self, groups: IntArray, names: Sequence[str]) -> pa.Table:
        parts = []
        files = self._index.number[groups]
        for number in np.unique(files).tolist():
            places = self._index.group[groups[files == number]].tolist()
            parts.append(self._files[number].read(places, names))
        if not parts:
            fields = [self.schema.field(name) for name in names]
            return pa.schema(fields).empty_table()
        return parts[0] if len(parts) == 1 else pa.concat_tables(parts, promote_options="default")

    def _groups_of_cells(self, ranges: IntArray) -> IntArray:
        """Row groups that may have a cell in one of the ranges."""
        # A group may end with the cell that the next one begins with.
        first_cells = self._index.first_cell
        first = np.maximum(np.searchsorted(first_cells, ranges[:, 0]) - 1, 0)
        end = np.maximum(np.searchsorted(first_cells, ranges[:, 1]), first)
        steps = np.zeros(len(first_cells) + 1, np.int64)
        np.add.at(steps, first, 1)
        np.add.at(steps, end, -1)
        return np.flatnonzero(np.cumsum(steps[:-1]) > 0)

    def _numbers(self, groups: IntArray) -> IntArray:
        """The numbers of the rows of some groups, in the order in which they are read."""
        starts = self._index.start
        ends = np.append(starts[1:], self.rows)
        pieces = [np.arange(starts[group], ends[group]) for group in groups]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)


def _paths_of(folder: Path, about: dict[str, Any]) -> list[Path]:
    if "rows_file" in about:
        return [folder / about["rows_file"]]
    dataset = folder / about["name"] / "dataset"
    paths = [dataset / Pixel(order, number).file for order, number, _ in about["partitions"]]
    return [*paths, folder / UNPLACED] if about["unplaced"] else paths


class FirstFormat(CatalogTable):
    """A catalogue as topmast 0.1 wrote it: one file, and an index beside it."""

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self._about_old = about
        super().__init__(folder, about)

    def _keeps_positions(self) -> bool:
        return False


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
        return sorted(path.name for path in self.folder.iterdir() if _pointer(path) is not None)

    def table(self, name: str) -> CatalogTable | None:
        """The catalogue of this name in its present state, or None: there is none."""
        for _ in range(3):
            pointer = _pointer(self.folder / name)
            if pointer is None:
                return None
            with self._guard:
                opened = self._opened.get(name)
                if opened is not None and opened[0] == pointer:
                    return opened[1]
            with suppress(FileNotFoundError):  # a writer has just put others in their place
                table = open_catalog(self.folder / name)
                with self._guard:
                    self._opened[name] = (pointer, table)
                return table
        raise ArchiveError(f"The catalogue {name} in {self.folder} lacks its files.")


def open_catalog(folder: Path) -> CatalogTable:
    """The catalogue in a folder, in its present state."""
    properties = folder / COLLECTION
    if not properties.is_file():
        return FirstFormat(folder, _described(folder))
    about = read_properties(properties.read_text(encoding="utf-8"))
    state = (folder / about.get("hats_primary_table_url", "")).parent
    if state.parent != folder:
        raise ArchiveError(f"{properties} names no table in its own folder.")
    return CatalogTable(state, _described(state))


def _pointer(folder: Path) -> tuple[int, int, int] | None:
    for name in (COLLECTION, ABOUT):
        with suppress(OSError, ValueError):
            status = (folder / name).stat()
            return status.st_mtime_ns, status.st_ino, status.st_size
    return None


def _described(folder: Path) -> dict[str, Any]:
    path = folder / ABOUT
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (ValueError, OSError) as problem:
        raise ArchiveError(f"{path} cannot be read: {problem}") from problem
    if about.get("format", FORMAT + 1) > FORMAT:
        raise ArchiveError(f"The catalogue {folder} has a newer format. Update topmast.")
    return about
