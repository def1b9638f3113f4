"""The layout of a HATS 1.0 collection: names of files, properties and Parquet metadata."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from topmast.archive.disk import write_whole
from topmast.errors import ArchiveError
from topmast.version import __version__

CELL = "_healpix_29"
COLLECTION = "collection.properties"
MARGIN_ARCSEC = 10.0
MOST_GROUPS = 50_000
"""Row groups up to which ``_metadata`` is written; beyond it would not fit in memory."""
GENERAL = {"hats_version": "v1.0", "hats_builder": f"topmast {__version__}"}


class Pixel(NamedTuple):
    """A HEALPix cell that one file is about."""

    order: int
    number: int

    @property
    def file(self) -> str:
        """The file of this cell, relative to its dataset."""
        folder = self.number // 10_000 * 10_000
        return f"Norder={self.order}/Dir={folder}/Npix={self.number}.parquet"

    def range(self, order: int) -> tuple[int, int]:
        """The cells of a finer order in it: the first, and one past the last."""
        shift = 2 * (order - self.order)
        return self.number << shift, (self.number + 1) << shift


def table_properties(name: str, kind: str, rows: int, **more: object) -> dict[str, object]:
    """What `properties` says of a table of this kind ("object", "margin" or "index")."""
    given = {"obs_collection": name, "dataproduct_type": kind, "hats_nrows": rows}
    return given | more | GENERAL


def write_properties(path: Path, properties: Mapping[str, object]) -> None:
    """Write a properties file."""
    lines = [f"{name}={value}\n" for name, value in properties.items()]
    write_whole(path, lambda file: file.write("".join(lines).encode()))


def read_properties(text: str) -> dict[str, str]:
    """The names and values in a properties file."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#!")
    return {name.strip(): value.strip() for name, _, value in pairs}


def write_table_files(
    folder: Path, pixels: Sequence[Pixel], schema: pa.Schema, properties: Mapping[str, object]
) -> None:
    """Write all that a table needs beside its partitions."""
    (folder / "dataset").mkdir(parents=True, exist_ok=True)
    write_metadata(folder / "dataset", [pixel.file for pixel in sorted(pixels)], schema)
    lines = ["Norder,Npix\n", *(f"{pixel.order},{pixel.number}\n" for pixel in sorted(pixels))]
    content = "".join(lines).encode()
    write_whole(folder / "partition_info.csv", lambda file: file.write(content))
    for name in ("properties", "hats.properties"):
        write_properties(folder / name, properties)


def write_metadata(dataset: Path, files: Iterable[str], schema: pa.Schema) -> None:
    """Write ``_common_metadata``, and ``_metadata`` with the footers of all files."""
    write_whole(dataset / "_common_metadata", lambda file: pq.write_metadata(schema, file))
    footers, groups = [], 0
    for name in files:
        footer = pq.read_metadata(dataset / name)
        footer.set_file_path(name)
        footers.append(footer)
        groups += footer.num_row_groups
        if groups > MOST_GROUPS:
            return
    if footers:
        merged = footers[0]
        for footer in footers[1:]:
            merged.append_row_groups(footer)
        write_whole(dataset / "_metadata", merged.write_metadata_file)
    else:
        write_whole(dataset / "_metadata", lambda file: pq.write_metadata(schema, file))


def read_pixels(content: str, where: object) -> list[Pixel]:
    """The partitions in a ``partition_info.csv``, in the order of the sky."""
    try:
        rows = csv.DictReader(io.StringIO(content))
        pixels = [Pixel(int(row["Norder"]), int(row["Npix"])) for row in rows]
    except (KeyError, TypeError, ValueError) as problem:
        raise ArchiveError(
            f"partition_info.csv of {where} cannot be read: {problem!r}"
        ) from problem
    return sorted(pixels, key=lambda pixel: pixel.range(29)[0])
