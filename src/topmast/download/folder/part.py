"""The unfinished file ``name.part``, and beside it ``name.part.json``: what it is part of.

The lock on ``name.part`` belongs to one process and dies with it. The small file beside it is
written in one piece, so that a kill leaves either the old or the new text.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import msgspec

from topmast.download.folder.system import (
    OPEN_FILES_MOVE,
    open_file,
    status_if_same,
    try_lock,
    write_at,
)
from topmast.download.product import Held
from topmast.errors import UnsafeNameError

WRITE_BACK = 8 << 20
#: A body that is not larger is kept in memory until it was checked.
KEPT_BYTES = 1 << 20


class Busy(Exception):
    """Another process is fetching this file."""


def part_path(final: Path) -> Path:
    return final.with_name(final.name + ".part")


class Part:
    """An open and locked ``name.part``; `size` is its length."""

    def __init__(self, final: Path, path: str, file: int, size: int) -> None:
        self.final = final
        self.file: int = file
        self.size: int = size
        self.began_empty: bool = not size
        # Paths as text: these calls are made for each of many small files.
        self.path = path
        self._sidecar = f"{path}.json"
        self._may_have_sidecar = bool(size)
        self._forget_bytes()

    def _forget_bytes(self) -> None:
        self._digest, self._hashed = hashlib.sha256(), 0
        self._kept: list[bytes] = []

    @classmethod
    def open(cls, final: Path) -> Part:
        """The unfinished file of `final`, made if need be.

        Raises
        ------
        Busy
            Another process holds it.
        """
        path = f"{final}.part"
        while True:
            try:
                file = open_file(path, os.O_RDWR | os.O_CREAT)
            except OSError:
                if os.path.islink(path):
                    raise UnsafeNameError(
                        f"{path} is a symbolic link: remove it, so that the file can be written."
                    ) from None
                raise
            if not try_lock(file):
                os.close(file)
                raise Busy(path)
            status = status_if_same(file, path)
            if status is not None:
                return cls(final, path, file, status.st_size)
            os.close(file)  # finished and renamed by another process a moment ago

    def write(self, data: bytes | memoryview, place: int) -> int:
        """Write `data` at `place`, or what fits of it; how many bytes were written.

        The bytes are hashed while they are still in the processor's cache, as long as they come in
        order. Those of later segments are left out, and so is all that follows a second writing.
        """
        count = write_at(self.file, data, place)
        end = place + count
        if end % WRITE_BACK < count:
            self._begin_to_write(end - end % WRITE_BACK)
        self.size = max(self.size, end)
        if place < self._hashed:
            self._hashed = -1
        elif place == self._hashed:
            written = data if count == len(data) else data[:count]
            self._digest.update(written)
            self._hashed = end
            if end <= KEPT_BYTES:
                self._kept.append(bytes(written))
        return count

    def hashed(self) -> tuple[str, bytes | None]:
        """The SHA-256 of all bytes, and the bytes if they are few; empty and None where they
        were not written in order.
        """
        if self._hashed != self.size:
            return "", None
        body = b"".join(self._kept) if 0 < self._hashed <= KEPT_BYTES else None
        return self._digest.hexdigest(), body

    def _begin_to_write(self, place: int) -> None:
        """Have the disk begin with the block before `place`, so that the last sync is short."""
        if hasattr(os, "posix_fadvise"):
            start = max(0, place - WRITE_BACK)
            os.posix_fadvise(self.file, start, place - start, os.POSIX_FADV_DONTNEED)

    def held(self) -> Held | None:
        """What the sidecar says, if it can be trusted."""
        held = read_sidecar(self.final)
        return held if held is not None and held.boot == boot() else None

    def save(self, held: Held) -> None:
        """Write the sidecar."""
        data = msgspec.json.encode(msgspec.structs.replace(held, boot=boot()))
        self._may_have_sidecar = True
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
        self._remove_sidecar()
        self.size = 0
        self._forget_bytes()

    def finish(self) -> os.stat_result:
        """Sync the bytes and give the file its final name; its status afterwards."""
        os.fsync(self.file)
        status = status_if_same(self.file, self.path)
        if status is None:
            raise FileNotFoundError(f"{self.path} was removed while it was being written")
        if not OPEN_FILES_MOVE:
            self.close()
        try:
            os.replace(self.path, self.final)
        except IsADirectoryError:
            raise UnsafeNameError(
                f"{self.final} is a folder: rename it, so that the file can be written."
            ) from None
        self._remove_sidecar()
        return status

    def remove(self) -> None:
        """Delete the unfinished file and its sidecar."""
        self._remove_sidecar()
        Path(self.path).unlink(missing_ok=True)

    def _remove_sidecar(self) -> None:
        if self._may_have_sidecar:
            Path(self._sidecar).unlink(missing_ok=True)
            self._may_have_sidecar = False

    def close(self) -> None:
        """Release the lock."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def read_sidecar(final: Path) -> Held | None:
    """What the sidecar of `final` says; None if there is none."""
    try:
        return msgspec.json.decode(
            final.with_name(final.name + ".part.json").read_bytes(), type=Held
        )
    except (OSError, msgspec.MsgspecError):
        return None


@cache
def boot() -> str:
    """An identifier that changes when the machine restarts; empty where it cannot be told."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
