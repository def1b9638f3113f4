"""What operating systems do differently: POSIX reads and writes at a place, Windows seeks first."""

from __future__ import annotations

import errno
import os
import stat
from threading import Lock

CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
RAW = getattr(os, "O_BINARY", 0)
"""Windows changes the ends of lines unless told not to."""
OPEN_FILES_MOVE = os.name != "nt"
"""Whether a file can get another name while it is open."""

NOT_BLOCKING = getattr(os, "O_NONBLOCK", 0)

_seeking = Lock()


def open_file(path: str | os.PathLike[str], flags: int) -> int:
    """Open an ordinary file of ours; OSError if a link, a pipe or the like is in its place."""
    file = os.open(path, flags | RAW | NO_FOLLOW | NOT_BLOCKING | CLOSE_ON_EXEC, 0o666)
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    raise OSError(errno.EINVAL, "It is no ordinary file", os.fspath(path))


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
