"""Operating system calls on files: open, lock, read and write at an offset, sync, free space.

POSIX reads and writes at a place; Windows has to seek first.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

try:
    import fcntl
except ImportError:  # Windows: single appends are whole lines there, too
    HAS_LOCKS = False
else:
    HAS_LOCKS = True

#: Windows changes the ends of lines unless opened with O_BINARY.
FLAGS = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))
OPEN_FILES_MOVE = os.name != "nt"
"""Whether a file can get another name while it is open."""

_seeking = Lock()


def open_file(path: str | os.PathLike[str], flags: int) -> int:
    """Open an ordinary file of ours; OSError if a link, a pipe or the like is in its place."""
    file = os.open(path, flags | FLAGS, 0o666)
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


read_at: Callable[[int, int, int], bytes] = getattr(os, "pread", read_after_seeking)
write_at: Callable[[int, bytes | memoryview, int], int] = getattr(os, "pwrite", write_after_seeking)


def try_lock(file: int, *, wait: bool = False) -> bool:
    """Take the lock of an open file, which dies with this process; False if another has it.

    On a file system without locks, work goes on without.
    """
    if HAS_LOCKS:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True


def status_if_same(file: int, path: Path | str) -> os.stat_result | None:
    """The status of the open file; None if `path` does not name it any more."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    here = os.fstat(file)
    return here if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino) else None


@contextmanager
def locked_for_writing(path: Path) -> Iterator[int]:
    """The file opened for appending; no other process writes to it meanwhile."""
    while True:
        file = open_file(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        try:
            try_lock(file, wait=True)
            if status_if_same(file, path) is not None:
                yield file
                return
        finally:
            os.close(file)


def sync_folder(folder: str) -> None:
    """Have the disk write down the names in a folder, as far as its file system can."""
    with suppress(OSError):
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written on the disk that holds (or will hold) `folder`."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def is_disk_full(problem: BaseException) -> bool:
    """Whether an error of the system says that nothing more can be written."""
    codes = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}
    return isinstance(problem, OSError) and problem.errno in codes
