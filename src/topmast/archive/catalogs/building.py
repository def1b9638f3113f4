"""Write a catalogue from pieces of rows: one bucket of the sky at a time, whole or not at all.

Everything is written into the folder ``.import`` of the catalogue. The folder gets its name when
all of it is on the disk, and then ``collection.properties`` is replaced in one step: a writer that
is killed at any moment leaves the old state.
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from topmast.archive.catalogs.cones import NOWHERE, cells_of_rows
from topmast.archive.catalogs.definitions import Catalog, catalog_to_json
from topmast.archive.catalogs.hats import (
    CELL,
    COLLECTION,
    GENERAL,
    MARGIN_ARCSEC,
    Pixel,
    read_properties,
    table_properties,
    write_properties,
    write_table_files,
)
from topmast.archive.catalogs.id_index import write_id_index
from topmast.archive.catalogs.margins import margins_of, put_border_rows
from topmast.archive.catalogs.partitions import partitions_of, write_rows
from topmast.archive.catalogs.spool import Spool
from topmast.archive.disk import sync_folder, write_whole
from topmast.sky.vectors import FloatArray

FORMAT = 2
ABOUT = "catalog.json"
UNPLACED = "unplaced.parquet"
WORK = ".import"
NOTE = "done.json"


class Builder:
    """One catalogue that is being written."""

    def __init__(self, folder: Path, catalog: Catalog, *, keep: bool = False) -> None:
        self.folder: Path = folder
        self.catalog: Catalog = catalog
        self.work: Path = folder / WORK
        if not keep:
            shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True, exist_ok=True)
        self.rows: Spool = Spool(self.work / "rows")
        self._unplaced: list[pa.Table] = []

    @property
    def count(self) -> int:
        """Rows that have been added."""
        return sum(self.rows.counts.values()) + self.unplaced

    @property
    def unplaced(self) -> int:
        """Those of them without a position."""
        return sum(table.num_rows for table in self._unplaced)

    def checkpoint(self, done: list[list[Any]]) -> None:
        """Put what was added on the disk, with a note of which files it came from."""
        if self._unplaced:
            write_rows(self.work / UNPLACED, pa.concat_tables(self._unplaced))
        note = {"catalog": catalog_to_json(self.catalog), "done": done, **self.rows.saved()}
        content = json.dumps(note | {"unplaced": self.unplaced}).encode()
        write_whole(self.work / NOTE, lambda file: file.write(content))

    def resume(self, wanted: list[list[Any]]) -> int:
        """Take up what a killed import of the same files had done; how many of them."""
        note: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            note = json.loads((self.work / NOTE).read_bytes())
        done = note.get("done", [])
        same = note.get("catalog") == json.loads(json.dumps(catalog_to_json(self.catalog)))
        if not done or not same or wanted[: len(done)] != done or not self.rows.restore(note):
            shutil.rmtree(self.work, ignore_errors=True)
            self.work.mkdir(parents=True)
            return 0
        shutil.rmtree(self.work / "state", ignore_errors=True)
        shutil.rmtree(self.work / "border", ignore_errors=True)
        if note["unplaced"]:
            self._unplaced = [pq.read_table(self.work / UNPLACED)]
        return len(done)

    def build(self, pieces: Iterable[pa.Table]) -> int:
        """Write all rows of the pieces, and those added before; how many they were."""
        for piece in pieces:
            self.add(piece)
        state = self.work / "state"
        main = state / self.catalog.name
        rows, pixels = self._write_partitions(main)
        self._write_id_index(state, main, list(pixels))
        unplaced = self._write_unplaced(state)
        about = catalog_to_json(self.catalog) | {
            "format": FORMAT,
            "rows": rows + unplaced,
            "unplaced": unplaced,
            "partitions": [[*pixel, count] for pixel, count in pixels.items()],
        }
        content = json.dumps(about, indent=1).encode()
        write_whole(state / ABOUT, lambda file: file.write(content))
        self._put_in_place(state)
        return rows + unplaced

    def add(self, piece: pa.Table) -> None:
        """Put rows where their place on the sky is."""
        catalog = self.catalog
        ra, dec = (_floats(piece, name) for name in (catalog.ra, catalog.dec))
        cells = cells_of_rows(ra, dec)
        piece = piece.add_column(0, CELL, pa.array(cells))
        lost = cells == NOWHERE
        if np.any(lost):
            self._unplaced.append(piece.filter(pa.array(lost)))
            piece = piece.filter(pa.array(~lost))
        if piece.num_rows:
            self.rows.add(piece)

    def _write_partitions(self, main: Path) -> tuple[int, dict[Pixel, int]]:
        catalog, pixels, done = self.catalog, dict[Pixel, int](), 0
        border = Spool(self.work / "border")
        schema = None
        for pixel, table in partitions_of(self.rows):
            path = main / "dataset" / pixel.file
            write_rows(path, table)
            put_border_rows(border, pixel, table, [catalog.ra, catalog.dec], done)
            pixels[pixel], schema = table.num_rows, table.schema
            done += table.num_rows
        schema = schema or self._empty_schema()
        position = {"hats_col_ra": catalog.ra, "hats_col_dec": catalog.dec}
        position |= {"hats_col_healpix": CELL, "hats_col_healpix_order": "29"}
        write_table_files(
            main, list(pixels), schema, table_properties(main.name, "object", done, **position)
        )
        margin = main.with_name(f"{main.name}_10arcs")
        beside: dict[Pixel, int] = {}
        for pixel, table in margins_of(border, list(pixels)):
            write_rows(margin / "dataset" / pixel.file, table)
            beside[pixel] = table.num_rows
        more = {"hats_margin_threshold": MARGIN_ARCSEC, "hats_primary_table_url": main.name}
        count = sum(beside.values())
        about = table_properties(margin.name, "margin", count, **position, **more)
        write_table_files(margin, list(beside), schema, about)
        return done, pixels

    def _empty_schema(self) -> pa.Schema:
        if self._unplaced:
            return self._unplaced[0].schema
        names = (self.catalog.ra, self.catalog.dec)
        return pa.schema([(CELL, pa.int64()), *((name, pa.float64()) for name in names)])

    def _write_unplaced(self, state: Path) -> int:
        if not self._unplaced:
            return 0
        table = pa.concat_tables(self._unplaced)
        write_rows(state / UNPLACED, table)
        return int(table.num_rows)

    def _write_id_index(self, state: Path, main: Path, pixels: list[Pixel]) -> None:
        key = self.catalog.key
        if key and pixels and key in pq.read_schema(main / "dataset" / pixels[0].file).names:
            write_id_index(state / f"{main.name}_id", key, main, pixels, self.work / "sort")

    def _put_in_place(self, state: Path) -> None:
        name, final = self.catalog.name, self.folder / f"rows-{uuid.uuid4().hex[:12]}"
        state.replace(final)
        sync_folder(self.folder)
        properties: dict[str, object] = {
            "obs_collection": name,
            "hats_primary_table_url": f"{final.name}/{name}",
            "all_margins": f"{final.name}/{name}_10arcs",
            "default_margin": f"{final.name}/{name}_10arcs",
        }
        if (final / f"{name}_id").is_dir():
            properties["all_indexes"] = f"{self.catalog.key} {final.name}/{name}_id"
            properties["default_index"] = self.catalog.key
        before = _state(self.folder)
        write_properties(self.folder / COLLECTION, properties | GENERAL)
        remove_others(self.folder, {final.name, before})  # a query under way reads the last state


OURS = re.compile(r"(rows|index)-[0-9a-f]{12}(\.parquet|\.npz|\.part)?|catalog\.json|\.import")


def remove_others(folder: Path, kept: set[str]) -> None:
    """Remove the files of earlier states; what we did not write stays."""
    for path in folder.iterdir():
        if OURS.fullmatch(path.name) and path.name not in kept:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()


def _state(folder: Path) -> str:
    """The name of the folder in use; empty if there is none yet."""
    with suppress(OSError):
        about = read_properties((folder / COLLECTION).read_text(encoding="utf-8"))
        return about.get("hats_primary_table_url", "").partition("/")[0]
    return ""


def _floats(rows: pa.Table, name: str) -> FloatArray:
    if name not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    return np.asarray(rows.column(name).to_numpy(), np.float64)
