"""The catalogues of the sample archive: a quarter of a million rows that nobody observed.

Stars are drawn once, with a distance, a temperature and a size that suit each other, and every
catalogue tells of the same stars in its own words; Hubble's sources are drawn field by field, image
by image. The tables in data/ describe regions, images, catalogues and their columns. In between
stand the rows that the user guide of MAST prints (data/guide_*.csv): identifiers and the values
that it prints are facts, a position that it does not print was chosen so that the distance comes
out to the digits that it prints, and all their other values are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from topmast.archive import Archive

__all__ = ["build_catalogs"]

Progress = Callable[[str, int], None]


def build_catalogs(archive: Archive, progress: Progress | None = None) -> None:
    """Put all of them into `archive`, and the spectra that one of them lists."""
    from topmast.archive.catalogs.spectrum_files import put_spectrum_files
    from topmast.sample.catalogs.spectra import spectrum_file, spectrum_rows

    total = 0
    for name, rows in catalogs():
        total += archive.ingest_catalog(name, rows)
        if progress is not None:
            progress("catalog rows", total)
    spectra = {row["DatasetName"]: row for row in spectrum_rows()}
    kinds = {name: row["SpectrumType"] for name, row in spectra.items()}
    put_spectrum_files(archive.store, kinds, lambda name: spectrum_file(spectra[name]))
    archive.ingest(names=star_names())


def star_names() -> list[dict[str, Any]]:
    """Names of the stars that are known by their number in the target list."""
    from topmast.sample.catalogs.data_tables import read_table

    return [
        {"name": f"TIC {row['ID']}", "resolver": "TIC", "ra": row["ra"], "dec": row["dec"]}
        for row in read_table("guide_ctl").to_pylist()
    ]


def catalogs() -> Iterator[tuple[str, pa.Table]]:
    """Each catalogue with its rows."""
    from topmast.sample.catalogs.data_tables import read_table
    from topmast.sample.catalogs.hubble import hubble_catalogs
    from topmast.sample.catalogs.population import all_stars
    from topmast.sample.catalogs.star_catalogs import star_catalogs

    yield from star_catalogs(all_stars())
    yield from hubble_catalogs()
    yield "hsc_spectra", read_table("hsc_spectra", {"ObjectType": pa.string()})
