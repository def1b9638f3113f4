"""The catalogues of the sample archive: a quarter of a million rows that nobody observed.

Stars are drawn once, with a distance, a temperature and a size that suit each other, and every
catalogue tells of the same stars in its own words; Hubble's sources are drawn field by field, image
by image. In between stand the rows that the user guide of MAST prints. Their identifiers are those
of the real catalogues, and so are the values that it prints; all their other values are made up.
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
    from topmast.sample.catalogs.spectra import put_spectra

    total = 0
    for name, rows in catalogs():
        total += archive.ingest_catalog(name, rows)
        if progress is not None:
            progress("catalog rows", total)
    total += put_spectra(archive)
    archive.ingest(names=star_names())
    if progress is not None:
        progress("catalog rows", total)


def star_names() -> list[dict[str, Any]]:
    """Names of the stars that are known by their number in the target list."""
    from topmast.sample.catalogs.guide_rows import CTL_ROWS

    names = [(f"TIC {row['ID']}", row["ra"], row["dec"]) for row in CTL_ROWS]
    return [{"name": name, "resolver": "TIC", "ra": ra, "dec": dec} for name, ra, dec in names]


def catalogs() -> Iterator[tuple[str, pa.Table]]:
    """Each catalogue with its rows."""
    from topmast.sample.catalogs import (
        disk_detective,
        gaia,
        hubble,
        plato,
        tic,
        ultraviolet,
    )
    from topmast.sample.catalogs.population import all_stars

    stars = all_stars()
    yield from gaia.catalogs(stars)
    yield from tic.catalogs(stars)
    yield "plato", plato.catalog(stars)
    yield "galex", ultraviolet.catalog(stars)
    yield "disk_detective", disk_detective.catalog(stars)
    yield from hubble.catalogs()
