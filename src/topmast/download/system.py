"""What operating systems do differently: POSIX reads and writes at a place, Windows seeks first."""

from __future__ import annotations

import os
from threading import Lock

__all__ = ["CLOSE_ON_EXEC", "NO_FOLLOW", "OPEN_FILES_MOVE", "RAW", "read_at", "write_at"]

CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
RAW = getattr(os, "O_BINARY", 0)
"""Windows changes the ends of lines unless told not to."""
OPEN_FILES_MOVE = os.name != "nt"
"""Whether a file can get another name while it is open."""

_seeking = Lock()


def read_after_seeking(file: int, count: int, place: int) -> bytes:
    with _seeking:
        os.lseek(file, place, os.SEEK_SET)
        return os.read(file, count)


def write_after_seeking(file: int, data: bytes | memoryview, place: int) -> int:
    with _seeking:
        os.lseek(file, place, os.SEEK_SET)
        return os.write(file, data)


read_at = getattr(os, "pread", read_after_seeking)
write_at = getattr(os, "pwrite", write_after_seeking)
