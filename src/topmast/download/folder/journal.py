"""The journal of a run: the planned files first, then each file as it finishes.

``.topmast-run-<time>-<process>.jsonl`` in the download folder. It is removed when every file
has arrived; after a kill or a failure it stays, and `retry` takes it in place of a manifest.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from topmast.download.folder.system import open_file, try_lock
from topmast.download.product import Product, Result, Sources
from topmast.errors import DownloadError

PREFIX = ".topmast-run-"
BATCH = 2000
ENCODER = msgspec.json.Encoder()
NUMBERS = itertools.count(1)
NO_SOURCES = Sources("", "")
KEPT = ("uri", "path", "local_path", "size", "message")


class Journal:
    """The growing file of one run; `path` is None if nothing had to be fetched."""

    def __init__(self, folder: Path, products: Sequence[Product]) -> None:
        self.path: Path | None = None
        self._file = -1
        self._uris = {product.uri for product in products}
        if not products:
            return
        stamp = time.strftime("%Y%m%d%H%M%S")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{PREFIX}{stamp}-{os.getpid()}-{next(NUMBERS)}.jsonl"
            self._file = open_file(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL)
        except OSError:
            return  # nowhere to write: every row will say so
        self.path = path
        try_lock(self._file)
        self._write([{"topmast": 1, "began": stamp}])
        for start in range(0, len(products), BATCH):
            batch = products[start : start + BATCH]
            self._write(
                [{"product": {name: getattr(each, name) for name in KEPT}} for each in batch]
            )

    def add(self, results: Iterable[Result]) -> None:
        """Write down what became of these files, at once."""
        if self._file >= 0:
            self._write([{"done": result.product.uri, **result.row()} for result in results])

    def end(self, *, keep: bool) -> None:
        """Close it, and remove it if nobody will need it."""
        if self._file < 0:
            return
        os.close(self._file)
        self._file = -1
        if self.path is None:
            return
        self._remove_older(self.path)
        if not keep:
            with suppress(OSError):
                self.path.unlink()
            self.path = None

    def _remove_older(self, own: Path) -> None:
        """Remove journals of runs that have ended and that were about nothing but our files."""
        for path in own.parent.glob(f"{PREFIX}*.jsonl"):
            if path == own or not _is_abandoned(path):
                continue
            with suppress(DownloadError, OSError):
                missing = read_journal(path, NO_SOURCES)
                if {product.uri for product in missing} <= self._uris:
                    path.unlink(missing_ok=True)

    def _write(self, lines: list[dict[str, Any]]) -> None:
        data = b"".join(ENCODER.encode(line) + b"\n" for line in lines)
        try:
            os.write(self._file, data)
        except OSError:
            return  # a full disk: the manifest in memory still tells


def is_journal(path: Path) -> bool:
    """Whether `path` is the file of a run."""
    return path.name.startswith(PREFIX) and path.suffix == ".jsonl"


def read_journal(path: Path, sources: Sources) -> list[Product]:
    """The files that a run had planned and that did not arrive."""
    products: list[Product] = []
    arrived: set[str] = set()
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as problem:
        raise DownloadError(f"{path} cannot be read: {problem.strerror}.") from problem
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if not isinstance(found, dict):
            continue
        product = found.get("product")
        if isinstance(product, dict) and isinstance(product.get("path"), str):
            kept: dict[str, Any] = {name: product.get(name) for name in KEPT}
            products.append(sources.product(**kept))
        elif found.get("Status") == "COMPLETE":
            arrived.add(found.get("done", ""))
    return [product for product in products if product.uri not in arrived]


def _is_abandoned(path: Path) -> bool:
    """Whether no living process writes to this journal."""
    try:
        file = open_file(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return try_lock(file)
    finally:
        os.close(file)
