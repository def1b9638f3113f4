"""A small archive to try everything on: some thousands of observations, each with its files.

Everything in it is invented: no file was taken from a telescope. Positions of well-known objects,
names of instruments and the periods of known planets are facts, and so are the rows that the user
guide of MAST prints; the stars on the images, the spectra and the light curves come from random
numbers with fixed seeds. Each FITS file says so in a COMMENT, "made by topmast, not an
observation", and other files where their format has room for it. The bytes are the same every
time and on every machine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from .missions import sheaves
from .sheaf import Product, Sheaf

if TYPE_CHECKING:
    from topmast.archive import Archive

__all__ = ["build_sample"]

Progress = Callable[[str, int], None]
MODIFIED = 1577836800
"""All files are as of 2020-01-01, so that the archive's index of files is always the same too."""


def build_sample(
    folder: str | Path, *, profile: str = "current", progress: Progress | None = None
) -> Archive:
    """Make the sample archive in `folder`, which must not be an archive yet.

    Parameters
    ----------
    profile : {"current", "2017"}
        Which columns its answers have; see `Archive.create`.
    progress : callable, optional
        Called as ``progress("files", 1200)`` now and then.
    """
    from topmast.archive import Archive

    from .names import name_rows
    from .tables import name_table, observation_table, product_table

    tell = progress or (lambda what, count: None)
    archive = Archive.create(folder, profile=profile)
    staging = archive.folder / "staging"
    try:
        made = list(write_files(sheaves(), staging, tell))
        archive.ingest(
            observation_table(row for sheaf in made for row in sheaf.observations),
            product_table(product.row for sheaf in made for product in sheaf.products),
            staging,
            names=name_table(name_rows()),
            progress=progress,
        )
    except BaseException:
        archive.close()
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return archive


def write_files(all_sheaves: Iterable[Sheaf], staging: Path, tell: Progress) -> Iterator[Sheaf]:
    """Put each file where the archive looks for it; the sheaves come back with sizes."""
    sizes: dict[str, int] = {}
    taken: set[Path] = set()
    folders: set[Path] = set()
    for sheaf in all_sheaves:
        for product in sheaf.products:
            if product.uri not in sizes:
                path = free_place(staging, product, taken)
                if path.parent not in folders:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    folders.add(path.parent)
                sizes[product.uri] = written(product, path)
                if len(sizes) % 100 == 0:
                    tell("files", len(sizes))
            product.row["size"] = sizes[product.uri]
        yield sheaf


def free_place(staging: Path, product: Product, taken: set[Path]) -> Path:
    """By mission and observation; where two files of an observation share a name, by URI."""
    row = product.row
    path = staging / row["obs_collection"] / row["obs_id"] / row["productFilename"]
    if path in taken:
        path = staging / PurePosixPath(product.uri.partition(":")[2].lstrip("/"))
    taken.add(path)
    return path


def written(product: Product, path: Path) -> int:
    if product.make is None:
        raise LookupError(f"Nothing makes {product.uri}.")
    data = product.make()
    path.write_bytes(data)
    os.utime(path, (MODIFIED, MODIFIED))
    return len(data)
