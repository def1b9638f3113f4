"""The paths of files in an archive folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import weakref
from pathlib import Path, PurePosixPath

from topmast.wire.safe_names import safe_name

FORMAT_VERSION = 2
"""Raised when the tables change; `migrations` brings an older folder to it."""


class Layout:
    """The paths of one archive folder; see docs/archive-format.md."""

    def __init__(self, folder: Path) -> None:
        self.folder: Path = folder
        self.database: Path = folder / "archive.sqlite"
        self.lock: Path = folder / "archive.lock"
        """Held by the one process that writes."""
        self.journal: Path = folder / "ingest.journal"
        """Files that an ingest has put down and not yet named in the database."""
        self.products: Path = folder / "products"
        """The product files, as ``<collection>/<obs_id>/<file>``."""
        self.footprints: Path = folder / "footprints"
        """The footprint index, one folder a generation."""
        self.catalogs: Path = folder / "catalogs"

    def held(self, path: str) -> Path:
        """The file that the index of files calls `path`."""
        return self.folder / path


def is_inside(path: Path, folder: Path) -> bool:
    """Whether `path` is in `folder`, after following every symbolic link on the way to both."""
    inner, outer = os.path.realpath(path), os.path.realpath(folder)
    return inner == outer or inner.startswith(os.path.join(outer, ""))


def product_path(collection: str | None, obs_id: str | None, file_name: str) -> str:
    """Where a product file is kept, relative to the archive folder, with forward slashes."""
    parts = (collection or "unknown", obs_id or "unknown", file_name)
    return str(PurePosixPath("products", *(safe_name(part) for part in parts)))


def distinct_path(path: str, token: str) -> str:
    """`path` with eight characters that `token` decides, for a second file of the same name."""
    name = PurePosixPath(path)
    stem, dot, rest = name.name.partition(".")
    mark = hashlib.sha256(token.encode()).hexdigest()[:8]
    return str(name.with_name(safe_name(f"{stem}~{mark}{dot}{rest}")))


def temporary_folder(owner: object, prefix: str) -> Path:
    """A new folder; it is removed when `owner` is no more, or the process ends."""
    folder = tempfile.mkdtemp(prefix=prefix)
    TEMPORARY.add(folder)
    weakref.finalize(owner, _remove, folder, os.getpid())
    return Path(folder)


TEMPORARY: set[str] = set()
"""The folders that are there, for a process that ends without its usual end."""


def remove_temporary_folders() -> None:
    """Remove the temporary folders of this process now."""
    for folder in list(TEMPORARY):
        _remove(folder, os.getpid())


def _remove(folder: str, process: int) -> None:
    # A forked child has the same finalizers, and must leave its parent's folders alone.
    if os.getpid() == process:
        TEMPORARY.discard(folder)
        shutil.rmtree(folder, ignore_errors=True)
