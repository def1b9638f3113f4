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
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from topmast.sample.demo_account import DEMO_ACCOUNT
from topmast.sample.missions import sheaves
from topmast.sample.sheaf import Product, Sheaf

if TYPE_CHECKING:
    from topmast.archive import Archive

__all__ = ["DEMO_ACCOUNT", "build_sample"]

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
    from topmast.sample.catalogs import build_catalogs
    from topmast.sample.cubes import build_cubes
    from topmast.sample.names import name_rows
    from topmast.sample.tables import name_table, observation_table, product_table

    archive = Archive.create(folder, profile=profile)
    extra = archive.folder / "staging"
    try:
        made, doubles = write_files(sheaves(), archive.folder / "products", extra, progress)
        archive.ingest(
            observation_table(row for sheaf in made for row in sheaf.observations),
            product_table(product.row for sheaf in made for product in sheaf.products),
            archive.folder / "products",
            names=name_table(name_rows()),
            progress=progress,
        )
        archive.ingest(products=product_table(product.row for product in doubles), files=extra)
        build_catalogs(archive, progress)
        build_cubes(archive)
        DEMO_ACCOUNT.add_to(archive)
        pack(archive.store.layout.database)
    except BaseException:
        archive.close()
        raise
    finally:
        shutil.rmtree(extra, ignore_errors=True)
    return archive


def pack(database: Path) -> None:
    """Give back the room that building took inside the database."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def write_files(
    all_sheaves: Iterable[Sheaf], products: Path, extra: Path, progress: Progress | None
) -> tuple[list[Sheaf], list[Product]]:
    """Write each file where it belongs; the second of a name in its folder below `extra`.

    Returns the sheaves, their rows now with sizes, and the products that are below `extra`.
    """
    sizes: dict[str, int] = {}
    taken: set[Path] = set()
    folders: set[Path] = set()
    made, doubles = [], []
    for sheaf in all_sheaves:
        made.append(sheaf)
        for product in sheaf.products:
            if product.uri not in sizes:
                path = product_place(products, product)
                if path in taken:
                    path = extra / PurePosixPath(product.uri.partition(":")[2].lstrip("/"))
                    doubles.append(product)
                taken.add(path)
                if path.parent not in folders:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    folders.add(path.parent)
                sizes[product.uri] = write(path, product)
                if progress and len(sizes) % 100 == 0:
                    progress("files", len(sizes))
            product.row["size"] = sizes[product.uri]
    if hasattr(os, "sync"):
        os.sync()
    return made, doubles


def product_place(products: Path, product: Product) -> Path:
    row = product.row
    return products / row["obs_collection"] / row["obs_id"] / row["productFilename"]


def write(path: Path, product: Product) -> int:
    """Write the file; its size in bytes."""
    if product.make is None:
        raise LookupError(f"Nothing makes {product.uri}.")
    data = product.make()
    path.write_bytes(data)
    os.utime(path, (MODIFIED, MODIFIED))
    return len(data)
