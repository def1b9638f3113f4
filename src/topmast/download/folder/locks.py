"""Locks between processes that die with the process that holds them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from topmast.download.folder.system import open_file

try:
    import fcntl
except ImportError:  # Windows: single appends are whole lines there, too
    HAS_LOCKS = False
else:
    HAS_LOCKS = True


def try_lock(file: int) -> bool:
    """Take the lock of an open file if nobody has it."""
    if not HAS_LOCKS:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: work without
        return True
    return True


def is_same_file(file: int, path: Path | str) -> bool:
    """Whether `path` still names the open file."""
    return status_if_same(file, path) is not None


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
    """The file opened for appending, and nobody else writing to it meanwhile."""
    while True:
        file = open_file(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        try:
            if HAS_LOCKS:
                _wait_for_lock(file)
            if is_same_file(file, path):
                yield file
                return
        finally:
            os.close(file)


def _wait_for_lock(file: int) -> None:
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX)
