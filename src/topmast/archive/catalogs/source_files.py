"""Files of a catalogue that is to be imported, as Arrow tables: one piece after the other."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from topmast.archive.catalogs.hats import CELL, COLLECTION, read_properties
from topmast.archive.store.fits_headers import check_fits
from topmast.errors import InvalidQueryError
from topmast.wire.table_files import format_of

ROWS_AT_ONCE = 100_000
CSV_BLOCK = 16 << 20
PARTITIONING = {CELL, "Norder", "Dir", "Npix"}
"""Columns that say where a row lies in a HATS tree; they are made anew."""
ENDINGS = (".parquet", ".csv", ".fits", ".fit", ".vot", ".xml", ".ecsv")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: its columns, and what it says of them. `ucds` and `units` are by column."""

    path: Path
    schema: pa.Schema
    ucds: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def files_of(given: Path) -> list[Path]:
    """The files that a path stands for: itself, or those of a folder or HATS tree below it."""
    if not given.exists():
        raise InvalidQueryError(f"There is no file or folder {given}.")
    if not given.is_dir():
        return [given]
    root = _main_table(given)
    found = sorted(path for path in root.rglob("*") if _is_data(path.relative_to(root)))
    if not found:
        raise InvalidQueryError(f"{given} holds no file that ends in {', '.join(ENDINGS)}.")
    return found


def _main_table(folder: Path) -> Path:
    """Of a HATS collection the folder of its main table, without margins and indexes."""
    properties = folder / COLLECTION
    if not properties.is_file():
        return folder
    about = read_properties(properties.read_text(encoding="utf-8", errors="replace"))
    main = folder / about.get("hats_primary_table_url", "")
    if not main.is_dir() or not main.resolve().is_relative_to(folder.resolve()):
        raise InvalidQueryError(f"{properties} names a main table that is not there.")
    return main


def _is_data(path: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.parts)
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(ENDINGS) and not hidden and path.name != "data_thumbnail.parquet"


def open_source(path: Path) -> SourceFile:
    """Look at the columns of a file; InvalidQueryError names what is wrong with it."""
    with _named(path):
        kind = _kind(path)
        if kind == "parquet":
            return SourceFile(path, _plain_schema(path, pq.read_schema(path)))
        if kind == "csv":
            with _open_csv(path) as reader:
                return SourceFile(path, _plain_schema(path, reader.schema))
        if kind == "fits":
            return _open_fits(path)
        table = _whole(path)
        first = _arrow(table[:1])
        return SourceFile(
            path,
            _plain_schema(path, first.schema),
            {name: str(table[name].meta.get("ucd", "")) for name in table.colnames},
            {name: str(table[name].unit or "") for name in table.colnames},
            {name: str(table[name].description or "") for name in table.colnames},
        )


def pieces_of_file(source: SourceFile) -> Iterator[pa.Table]:
    """The rows of a file, some at a time."""
    names = source.schema.names
    with _named(source.path):
        kind = _kind(source.path)
        if kind == "parquet":
            with pq.ParquetFile(source.path) as file:
                for batch in file.iter_batches(ROWS_AT_ONCE, columns=names):
                    yield pa.Table.from_batches([batch])
        elif kind == "csv":
            with _open_csv(source.path) as reader:
                for batch in reader:
                    yield pa.Table.from_batches([batch])
        elif kind == "fits":
            yield from _fits_pieces(source.path)
        else:
            table = _whole(source.path)
            for start in range(0, len(table), ROWS_AT_ONCE):
                yield _arrow(table[start : start + ROWS_AT_ONCE])


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What goes wrong inside is said with the file's name."""
    try:
        yield
    except InvalidQueryError as problem:
        if str(path) in str(problem):
            raise
        raise InvalidQueryError(f"{path}: {problem}") from problem
    except (pa.ArrowException, OSError, EOFError, zlib.error, ValueError, KeyError) as problem:
        raise InvalidQueryError(f"{path} cannot be read: {problem}") from problem


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".parquet"):
        return "parquet"
    if name.endswith(".csv"):
        return "csv"
    if name.endswith((".fits", ".fit")):
        return "fits"
    if name.endswith((".vot", ".xml", ".ecsv")) and name == path.name.lower():
        return "table"
    raise InvalidQueryError(f"Its name does not end in {', '.join(ENDINGS)}.")


def _plain_schema(path: Path, schema: pa.Schema) -> pa.Schema:
    """The columns that can be kept; one that holds lists or the like is refused by name."""
    kept = [each for each in schema if each.name not in PARTITIONING]
    names = [each.name.lower() for each in kept]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidQueryError(f"{path} has the column {twice[0]!r} twice (letter case aside).")
    return pa.schema(kept, schema.metadata)


def _open_csv(path: Path) -> pa_csv.CSVStreamingReader:
    return pa_csv.open_csv(
        pa.input_stream(str(path)),
        read_options=pa_csv.ReadOptions(block_size=CSV_BLOCK),
        convert_options=pa_csv.ConvertOptions(null_values=["", "null", "NULL", "nan", "NaN", "N/A"],
                                              strings_can_be_null=True),
    )  # fmt: skip


def _open_fits(path: Path) -> SourceFile:
    from astropy.io import fits

    check_fits(path)
    with _without_warnings(), fits.open(path, memmap=True) as hdus:
        hdu = _table_hdu(hdus)
        columns = hdu.columns
        first = _fits_arrow(hdu, slice(0, 1))
        ucds = {c.name: str(hdu.header.get(f"TUCD{n}", "")) for n, c in enumerate(columns, 1)}
        texts = {c.name: str(hdu.header.get(f"TCOMM{n}", "")) for n, c in enumerate(columns, 1)}
        units = {column.name: column.unit or "" for column in columns}
        return SourceFile(path, _plain_schema(path, first.schema), ucds, units, texts)


def _fits_pieces(path: Path) -> Iterator[pa.Table]:
    from astropy.io import fits

    check_fits(path)
    with _without_warnings(), fits.open(path, memmap=True) as hdus:
        hdu = _table_hdu(hdus)
        for start in range(0, len(hdu.data), ROWS_AT_ONCE):
            yield _fits_arrow(hdu, slice(start, start + ROWS_AT_ONCE))


def _table_hdu(hdus: Any) -> Any:
    for hdu in hdus:
        if hasattr(hdu, "columns") and hdu.data is not None:
            return hdu
    raise InvalidQueryError("It has no table.")


def _fits_arrow(hdu: Any, rows: slice) -> pa.Table:
    columns = {}
    for column in hdu.columns:
        if column.name.strip() in PARTITIONING:
            continue
        values = np.asarray(hdu.data[column.name][rows])
        columns[column.name.strip()] = _array(column.name, values, column.null)
    return pa.table(columns)


def _arrow(table: Any) -> pa.Table:
    """An astropy Table as an Arrow one."""
    columns = {}
    for name in table.colnames:
        values = table[name]
        mask = np.asarray(getattr(values, "mask", np.zeros(len(values), bool)))
        columns[name] = _array(name, np.asarray(values), None, mask)
    return pa.table(columns)


def _array(name: str, values: Any, null: Any, mask: Any = None) -> pa.Array:
    if values.ndim > 1:
        raise InvalidQueryError(
            f"The column {name} holds {values.shape[1:]} values a row and not one. Leave it out."
        )
    if values.dtype.kind == "S":
        values = np.char.decode(np.char.rstrip(values), "utf-8", "replace")
    if values.dtype.kind == "U":
        texts = values.tolist()
        lost = [False] * len(texts) if mask is None else mask.tolist()
        return pa.array([None if gone or not text else text
                         for text, gone in zip(texts, lost, strict=True)], pa.string())  # fmt: skip
    if values.dtype.kind not in "biuf":
        raise InvalidQueryError(f"The column {name} holds Python objects. Leave it out.")
    plain = values.astype(values.dtype.newbyteorder("="), copy=False)
    lost = np.zeros(len(plain), bool) if mask is None else mask
    if null is not None and plain.dtype.kind in "iu":
        lost = lost | (plain == null)
    return pa.array(np.ascontiguousarray(plain), mask=lost if lost.any() else None)


def _whole(path: Path) -> Any:
    with path.open("rb") as stream, _without_warnings():
        return format_of(path.name).read(stream)


@contextmanager
def _without_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
