"""Product files on their way into the archive: found, copied, checked and put in their place."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from topmast.archive.disk import sync_folder
from topmast.archive.store.journal import PlacementJournal
from topmast.archive.store.paths import Layout, distinct_path, is_inside, product_path
from topmast.archive.store.schema import quoted, upsert
from topmast.errors import ArchiveError

CHUNK = 1 << 20
FILE_COLUMNS = ("obs_collection", "obs_id", "productFilename", "dataRights")
REGISTER_FILES = (
    f"INSERT INTO files (uri, {', '.join(map(quoted, FILE_COLUMNS))}) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (uri) DO UPDATE SET "
    + ", ".join(f"{quoted(n)} = coalesce(excluded.{quoted(n)}, {quoted(n)})" for n in FILE_COLUMNS)
)


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """What names one product file: its URI, and where people expect to find it."""

    uri: str
    collection: str | None
    obs_id: str | None
    file_name: str


class ProductFolder:
    """Puts files into ``products/`` and into the index of files, inside one write transaction.

    Where the source is ``products/`` itself, files that lie in their place are taken as they are.
    Every other file is on disk, whole, before its row is committed. `undo` removes what was put
    down when the transaction fails, `finish` what was replaced when it succeeds.
    """

    def __init__(
        self,
        layout: Layout,
        connection: sqlite3.Connection,
        source: Path | Mapping[str, Path] | None,
    ) -> None:
        self._layout = layout
        self._connection = connection
        self._source = source if isinstance(source, Path) else None
        self._places: Mapping[str, Path] = source if isinstance(source, Mapping) else {}
        self._came_from: dict[Path, str] = {}
        self._in_place = (
            self._source is not None and self._source.resolve() == layout.products.resolve()
        )
        self._placed: list[Path] = []
        self._replaced: list[Path] = []
        self.uris: list[str] = []
        self.bytes: int = 0
        self._journal = PlacementJournal(layout)
        if layout.products.is_dir():
            self._journal.clear(connection)

    def place(self, arrival: IncomingFile, expected_size: int | None) -> bool:
        """Look for the file and put it down; False if it is not there."""
        found = self._find(arrival, expected_size)
        if found is None:
            return False
        if self._in_place and self._adopt(arrival, found):
            return True
        part, size, sha256 = self._copy(found)
        held = self._connection.execute(
            "SELECT path, sha256 FROM files WHERE uri = ? AND path IS NOT NULL", (arrival.uri,)
        ).fetchone()
        if held and held[1] == sha256 and self._layout.held(held[0]).is_file():
            part.unlink()
            return True
        path = self._free_path(arrival, sha256 if held else "")
        target = self._layout.held(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not is_inside(target.parent, self._layout.products):
            part.unlink()
            raise ArchiveError(f"{target.parent} is a link to another place; nothing is put there.")
        self._journal.note(part, path)
        os.replace(part, target)
        sync_folder(target.parent)
        self._placed.append(target)
        if held:
            old = self._layout.held(held[0])
            self._replaced.append(old)
            with suppress(OSError):
                self._journal.note(old, held[0])
        self._register(arrival.uri, path, size, sha256, found.stat().st_mtime)
        return True

    def _adopt(self, arrival: IncomingFile, found: Path) -> bool:
        """Take a file as it lies, if that is where it belongs and nothing is known of it yet."""
        path = product_path(arrival.collection, arrival.obs_id, arrival.file_name)
        known = "SELECT 1 FROM files WHERE path = ? OR (uri = ? AND path IS NOT NULL)"
        if (
            self._layout.held(path) != found
            or self._connection.execute(known, (path, arrival.uri)).fetchone()
        ):
            return False
        with found.open("rb") as reader:
            sha256 = hashlib.file_digest(reader, "sha256").hexdigest()
        status = found.stat()
        self._register(arrival.uri, path, status.st_size, sha256, status.st_mtime)
        return True

    @property
    def count(self) -> int:
        """How many files were put down or taken as they lie."""
        return len(self.uris)

    def undo(self) -> None:
        """Remove the files that were put down."""
        _remove(self._placed)
        self._journal.end()

    def finish(self) -> None:
        """Remove the files that others have taken the place of."""
        _remove(self._replaced)
        self._journal.end()

    def _find(self, arrival: IncomingFile, expected_size: int | None) -> Path | None:
        if self._source is None:
            return self._places.get(arrival.uri)
        for candidate in _candidates(self._source, arrival):
            if not _is_file(candidate) or not is_inside(candidate, self._source):
                continue
            owner = self._came_from.setdefault(candidate, arrival.uri)
            # One file for two products: believe it only where the size says so.
            if owner == arrival.uri or candidate.stat().st_size == expected_size:
                return candidate
        return None

    def _copy(self, source: Path) -> tuple[Path, int, str]:
        """A whole copy under a temporary name inside the archive, its size and its SHA-256."""
        self._layout.products.mkdir(exist_ok=True)
        part = self._layout.products / f".{uuid.uuid4().hex}.part"
        digest, size = hashlib.sha256(), 0
        try:
            with source.open("rb") as reader, part.open("xb") as writer:
                while chunk := reader.read(CHUNK):
                    digest.update(chunk)
                    size += writer.write(chunk)
                writer.flush()
                os.fsync(writer.fileno())
        except BaseException:
            _remove([part])
            raise
        return part, size, digest.hexdigest()

    def _free_path(self, arrival: IncomingFile, version: str) -> str:
        """A path that no other product has; new content never takes the place of old content."""
        path = product_path(arrival.collection, arrival.obs_id, arrival.file_name)
        token = arrival.uri + version
        while version or self._is_taken(path):
            path, version = distinct_path(path, token), ""
            token += "+"
        return path

    def _is_taken(self, path: str) -> bool:
        sql = "SELECT 1 FROM files WHERE path = ?"
        if self._connection.execute(sql, (path,)).fetchone() is not None:
            return True
        # A file that no row names is somebody's own; it stays as it is.
        return os.path.lexists(self._layout.held(path))

    def _register(self, uri: str, path: str, size: int, sha256: str, modified: float) -> None:
        self.uris.append(uri)
        self.bytes += size
        values = {
            "uri": uri,
            "path": path,
            "size": size,
            "sha256": sha256,
            "etag": f'"{sha256[:32]}"',
            "last_modified": f"{datetime.fromtimestamp(int(modified), UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        sql = upsert("files", list(values), key=["uri"], update=list(values)[1:])
        self._connection.execute(sql, tuple(values.values()))


def file_name_of(uri: str) -> str:
    """The file name in a URI: what follows its last slash."""
    return uri.split("?")[0].rstrip("/").rpartition("/")[2].rpartition(":")[2] or "product"


def _candidates(source: Path, arrival: IncomingFile) -> Iterator[Path]:
    """Where under `source` the file may lie, the most telling place first."""
    collection, obs_id, name = arrival.collection, arrival.obs_id, arrival.file_name
    in_uri = arrival.uri.partition(":")[2].lstrip("/")
    places = [
        f"mastDownload/{collection}/{obs_id}/{name}",
        f"{collection}/{obs_id}/{name}",
        in_uri,
        f"{obs_id}/{name}",
        name,
    ]
    for place in places:
        path = PurePosixPath(place)
        if place and "\0" not in place and ".." not in path.parts and not path.is_absolute():
            yield source / path


def _is_file(path: Path) -> bool:
    """Whether it is there; a name that the system cannot even look for is not."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()
