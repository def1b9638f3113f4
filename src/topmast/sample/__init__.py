"""The sample archive of `topmast init --sample`, for trying topmast without a network.

Everything in it is invented: no file was taken from a telescope. Positions of well-known objects,
names of instruments and the periods of known planets are facts, and so are the rows that the user
guide of MAST prints; the stars on the images, the spectra and the light curves come from random
numbers with fixed seeds. Each FITS file says so in a COMMENT, "made by topmast, not an
observation", and other files where their format has room for it. The bytes are the same every
time with the same versions of the libraries.

What is observed stands in missions.toml and the files beside it; the functions of missions.py
choose targets and times. Only the command line and the tests import this package.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from topmast.sample.missions import MISSIONS
from topmast.sample.observations import Group, Product

if TYPE_CHECKING:
    from topmast.archive import Archive

__all__ = ["DEMO_ACCOUNT", "build_sample"]

Progress = Callable[[str, int], None]
MODIFIED = 1577836800
"""All files are as of 2020-01-01, so that the archive's index of files is always the same too."""


class DemoAccount(NamedTuple):
    """A user to log in as; `proposals` are those of the exclusive samples that they may have."""

    name: str
    password: str
    first_name: str = "Test"
    last_name: str = "User"
    proposals: tuple[str, ...] = ("9185", "10036", "1162")


DEMO_ACCOUNT = DemoAccount("testUser@stsci.edu", "testPwd")
"""As the guide prints it; its password hides nothing."""


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
    from topmast.archive.accounts.accounts import add_account
    from topmast.sample.catalogs import build_catalogs
    from topmast.sample.cubes import build_cubes
    from topmast.sample.missions_search import build_missions
    from topmast.sample.names import name_rows
    from topmast.sample.tables import NAMES, OBSERVATIONS, PRODUCTS, table_of

    archive = Archive.create(folder, profile=profile)
    all_groups = chain.from_iterable(mission() for mission in MISSIONS.values())
    extra = Path(tempfile.mkdtemp(prefix="staging-", dir=archive.folder))
    try:
        made, doubles = write_files(all_groups, archive.folder / "products", extra, progress)
        archive.ingest(
            table_of((row for group in made for row in group.observations), OBSERVATIONS),
            table_of((each.row for group in made for each in group.products), PRODUCTS),
            archive.folder / "products",
            names=table_of(name_rows(), NAMES),
            progress=progress,
        )
        rows = [product.row for product in doubles]
        archive.ingest(products=table_of(rows, PRODUCTS), files=extra)
        build_catalogs(archive, progress)
        build_cubes(archive)
        build_missions(archive, progress)
        add_account(archive.store, **DEMO_ACCOUNT._asdict())
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
    all_groups: Iterable[Group], products: Path, extra: Path, progress: Progress | None
) -> tuple[list[Group], list[Product]]:
    """Write each file where it belongs; the second of a name in its folder below `extra`.

    Returns the groups, their rows now with sizes, and the products that are below `extra`.
    """
    sizes: dict[str, int] = {}
    taken: set[Path] = set()
    made, doubles = list(all_groups), []
    for product in (product for group in made for product in group.products):
        row, uri = product.row, product.row["dataURI"]
        if product.make and uri not in sizes:
            path = products / row["obs_collection"] / row["obs_id"] / row["productFilename"]
            if path in taken:
                path = extra / PurePosixPath(uri.partition(":")[2].lstrip("/"))
                doubles.append(product)
            taken.add(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            sizes[uri] = path.write_bytes(product.make())
            os.utime(path, (MODIFIED, MODIFIED))
            if progress and len(sizes) % 100 == 0:
                progress("files", len(sizes))
        row["size"] = sizes[uri]
    if hasattr(os, "sync"):
        os.sync()
    return made, doubles
