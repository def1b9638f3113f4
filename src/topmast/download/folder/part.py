"""The unfinished file ``name.part``, and beside it ``name.part.json``: what it is part of.

The lock on ``name.part`` belongs to one process and dies with it. The small file beside it is
written in one piece, so that a kill leaves either the old or the new text.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from topmast.download.folder.locks import status_if_same, try_lock
from topmast.download.folder.system import OPEN_FILES_MOVE, open_file, write_at
from topmast.errors import UnsafeNameError

WRITE_BACK = 8 << 20
#: A body that is not larger is held in memory until it was looked at.
KEPT_BYTES = 1 << 20


class Busy(Exception):
    """Another process is fetching this file."""


class Origin(msgspec.Struct, omit_defaults=True):
    """What an unfinished file is part of.

    `left` lists the stretches (from, to) that are still missing; without it everything after
    the last byte is. `boot` is the run of the machine: after a power cut, bytes that were
    never synced may be zeros.
    """

    url: str
    uri: str = ""
    etag: str = ""
    modified: str = ""
    size: int | None = None
    left: list[tuple[int, int]] | None = None
    boot: str = ""
    encoding: str = ""

    @property
    def validator(self) -> str:
        """What If-Range needs: a strong ETag, else a date; empty if there is neither."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.modified

    def missing(self, have: int) -> list[tuple[int, int]] | None:
        """The stretches that are missing from a file of `have` bytes; None if it is useless."""
        if not have or self.size is None or have > self.size or not self.validator:
            return None
        left = self.left if self.left is not None else [(have, self.size)]
        if any(not 0 <= first <= end <= self.size for first, end in left):
            return None
        return [(first, end) for first, end in left if first < end]


def part_path(final: Path) -> Path:
    return final.with_name(final.name + ".part")


def sidecar_path(final: Path) -> Path:
    return final.with_name(final.name + ".part.json")


class Part:
    """An open and locked ``name.part``."""

    def __init__(self, final: Path, file: int, size: int) -> None:
        self.final = final
        self.file = file
        self.began_empty = not size
        self.path = part_path(final)
        # Paths as text: these calls are made for each of many small files.
        self._path = os.fspath(self.path)
        self._sidecar = f"{self._path}.json"
        self._start_over()

    @classmethod
    def open(cls, final: Path) -> Part:
        """The unfinished file of `final`, made if need be.

        Raises
        ------
        Busy
            Another process holds it.
        """
        path = os.fspath(part_path(final))
        while True:
            file = _open_own(path)
            if not try_lock(file):
                os.close(file)
                raise Busy(path)
            status = status_if_same(file, path)
            if status is not None:
                return cls(final, file, status.st_size)
            os.close(file)  # finished and renamed by another process a moment ago

    @property
    def size(self) -> int:
        return os.fstat(self.file).st_size

    def write(self, data: bytes | memoryview, place: int) -> None:
        """Write all of `data` at `place`."""
        start, view = place, memoryview(data)
        while view:
            count = write_at(self.file, view, place)
            view, place = view[count:], place + count
            if place % WRITE_BACK < count:
                self._begin_to_write(place - place % WRITE_BACK)
        self._hash(data, start)

    @property
    def sha256(self) -> str:
        """Of all bytes, if they were written in order; else empty."""
        return self._digest.hexdigest() if self._hashed == self.size else ""

    @property
    def body(self) -> bytes | None:
        """All bytes, if they are few and were written in order; else None."""
        return bytes(self._kept) if 0 < self._hashed <= KEPT_BYTES else None

    def _start_over(self) -> None:
        self._digest, self._hashed = hashlib.sha256(), 0
        self._kept = bytearray()

    def _hash(self, data: bytes | memoryview, place: int) -> None:
        """Hash what follows the bytes hashed so far, while it is still in the processor's cache.

        Bytes of later stretches are left out, and so is all that follows a second writing.
        """
        if place < self._hashed:
            self._hashed = -1
        elif place == self._hashed:
            self._digest.update(data)
            self._hashed += len(data)
            self._keep(data)

    def _keep(self, data: bytes | memoryview) -> None:
        if self._hashed <= KEPT_BYTES:
            self._kept += data
        else:
            self._kept.clear()

    def _begin_to_write(self, place: int) -> None:
        """Have the disk begin with the block before `place`, so that the last sync is short."""
        if hasattr(os, "posix_fadvise"):
            start = max(0, place - WRITE_BACK)
            os.posix_fadvise(self.file, start, place - start, os.POSIX_FADV_DONTNEED)

    def origin(self) -> Origin | None:
        """What the sidecar says, if it can be trusted."""
        origin = read_origin(self.final)
        return origin if origin is not None and origin.boot == boot() else None

    def remember(self, origin: Origin) -> None:
        """Write the sidecar."""
        origin.boot = boot()
        data = msgspec.json.encode(origin)
        file = open_file(self._sidecar, os.O_WRONLY | os.O_CREAT)
        try:
            before = os.fstat(file).st_size
            write_at(file, data.ljust(before), 0)
            if before > len(data):
                os.ftruncate(file, len(data))
        finally:
            os.close(file)

    def empty(self) -> None:
        """Forget all bytes and where they came from."""
        os.ftruncate(self.file, 0)
        unlink(self._sidecar)
        self._start_over()

    def finish(self) -> os.stat_result:
        """Sync the bytes and give the file its final name; its status afterwards."""
        os.fsync(self.file)
        status = status_if_same(self.file, self._path)
        if status is None:
            raise FileNotFoundError(f"{self.path} was removed while it was being written")
        if not OPEN_FILES_MOVE:
            self.close()
        try:
            os.replace(self._path, self.final)
        except IsADirectoryError:
            raise UnsafeNameError(
                f"{self.final} is a folder: rename it, so that the file can be written."
            ) from None
        unlink(self._sidecar)
        return status

    def remove(self) -> None:
        """Delete the unfinished file and its sidecar."""
        unlink(self._sidecar)
        unlink(self._path)

    def close(self) -> None:
        """Let go of the lock."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def unlink(path: str) -> None:
    """Delete a file that may not be there."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def read_origin(final: Path) -> Origin | None:
    """What the sidecar of `final` says; None if there is none."""
    try:
        return msgspec.json.decode(sidecar_path(final).read_bytes(), type=Origin)
    except (OSError, msgspec.MsgspecError):
        return None


def _open_own(path: str) -> int:
    try:
        return open_file(path, os.O_RDWR | os.O_CREAT)
    except OSError:
        if os.path.islink(path):
            raise UnsafeNameError(
                f"{path} is a symbolic link: remove it, so that the file can be written."
            ) from None
        raise


@cache
def boot() -> str:
    """A word that changes when the machine starts anew; empty where it cannot be told."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
