"""Many products at once: the curl script, the scripts kept ready for older clients, and packs."""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from topmast.archive.store.database import Store
from topmast.archive.store.paths import product_path
from topmast.archive.store.products import HeldFile, find_files, is_exclusive
from topmast.errors import InvalidQueryError
from topmast.wire.bundle import (
    BundleAnswer,
    BundleFile,
    bundle_script,
    decode_bundle_request,
    encode_bundle_answer,
)

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

MOST_FILES = 100_000
PIECE = 1 << 20


def script_for(store: Store, uris: Sequence[str], base_url: str, stamp: str) -> str:
    """A shell script that fetches those of the products that the archive knows."""
    files, _ = _files(store, uris)
    if not files:
        raise InvalidQueryError("The archive knows none of these products.")
    return bundle_script(files, base_url, stamp)


def stage_bundle(
    archive: Archive, params: Mapping[str, Any], base_url: str, client: str = ""
) -> bytes:
    """The answer to Mast.Bundle.Request: where a script lies ready."""
    request = decode_bundle_request(params)
    files, known = _files(archive.store, request.uris)
    statuses = {uri: "COMPLETE" if uri in known else "NOT FOUND" for uri in request.uris}
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", request.filename).lstrip(".")[:100] or "mastDownload"
    script = bundle_script(files, base_url, time_stamp())
    texts = {f"{name}.sh": script, f"{name}_MANIFEST.html": _manifest(statuses)}
    place = archive.staged.put(texts, client)
    url = f"{base_url}/portal/Download/stage/anonymous/public/{place}/{name}"
    return encode_bundle_answer(BundleAnswer(f"{url}.sh", f"{url}_MANIFEST.html", statuses))


def _files(store: Store, uris: Sequence[str]) -> tuple[list[BundleFile], Mapping[str, HeldFile]]:
    """What the archive knows of the files, each as often as it is named; refused if too many."""
    if len(uris) > MOST_FILES:
        raise InvalidQueryError(
            f"{len(uris)} files are more than the {MOST_FILES} that one bundle may have."
        )
    known = find_files(store, uris)
    found = [known[uri] for uri in uris if uri in known]
    unknown = "unknown"
    files = [
        BundleFile(
            f.uri, f.collection or unknown, f.obs_id or unknown, f.file_name, is_exclusive(f)
        )
        for f in found
    ]
    return files, known


def time_stamp() -> str:
    """The time of now, as it is part of file names."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H%M")


def _manifest(statuses: Mapping[str, str]) -> str:
    rows = "".join(
        f"<tr><td>{escape(uri)}</td><td>{status}</td></tr>\n" for uri, status in statuses.items()
    )
    head = '<!doctype html>\n<meta charset="utf-8">\n<title>MANIFEST</title>\n'
    return f"{head}<table>\n<tr><th>URI</th><th>Status</th></tr>\n{rows}</table>\n"


def pack(files: Sequence[HeldFile], kind: str) -> Iterator[bytes]:
    """The files in one stream, as ``zip`` or ``tar.gz``, in the folders a download makes."""
    return PACKERS[kind](_members(files))


def _members(files: Sequence[HeldFile]) -> list[tuple[str, Path]]:
    members: dict[str, Path] = {}
    for file in files:
        if file.path is not None:
            name = product_path(file.collection, file.obs_id, file.file_name)
            name = "MAST/" + name.removeprefix("products/")
            members[name if name not in members else f"{name}~{len(members)}"] = file.path
    return list(members.items())


class _StreamBuffer(io.RawIOBase):
    """A file that is written at one end and emptied at the other."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._position

    def taken(self) -> bytes:
        """What was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _zipped(members: list[tuple[str, Path]]) -> Iterator[bytes]:
    outlet = _StreamBuffer()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for name, path in members:
            entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield outlet.taken()
            yield outlet.taken()
    yield outlet.taken()


def _tarred(members: list[tuple[str, Path]]) -> Iterator[bytes]:
    outlet = _StreamBuffer()
    with gzip.GzipFile(fileobj=outlet, mode="wb", compresslevel=1) as packed:
        for name, path in members:
            with path.open("rb") as source:
                status = os.fstat(source.fileno())
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = status.st_size, int(status.st_mtime)
                # tarfile's own writer takes a whole member at a time, however large it is.
                packed.write(entry.tobuf(encoding="utf-8"))
                for piece in _read_exactly(source, entry.size):
                    packed.write(piece)
                    yield outlet.taken()
                packed.write(bytes(-entry.size % tarfile.BLOCKSIZE))
        packed.write(bytes(2 * tarfile.BLOCKSIZE))
    yield outlet.taken()


def _read_exactly(source: BinaryIO, size: int) -> Iterator[bytes]:
    """The first `size` bytes: the header has promised so many."""
    while size and (piece := source.read(min(PIECE, size))):
        size -= len(piece)
        yield piece
    if size:
        raise OSError(f"{source.name} became shorter while it was sent")


PACKERS = {"zip": _zipped, "tar.gz": _tarred}
