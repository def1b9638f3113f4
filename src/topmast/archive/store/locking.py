"""One writer at a time, any number of readers: a lock that ends with its process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from topmast.archive.store.paths import Layout
from topmast.errors import ArchiveError

WAIT_SECONDS = 60.0
ASK_AGAIN_SECONDS = 0.05


@contextmanager
def writer_lock(layout: Layout, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the right to write to the archive; wait for another writer to end."""
    try:
        file = layout.lock.open("a+b")
    except OSError as problem:
        raise ArchiveError(
            f"The archive {layout.folder} cannot be written to: {problem}"
        ) from problem
    with file:
        _acquire(file, layout, wait_seconds)
        try:
            yield
        finally:
            _release(file)


def _acquire(file: IO[Any], layout: Layout, wait_seconds: float) -> None:
    patience = time.monotonic() + wait_seconds
    while not try_lock(file):
        if time.monotonic() > patience:
            raise ArchiveError(
                f"Another process has been writing to {layout.folder} for "
                f"{wait_seconds:.0f} seconds. Try again when it has ended."
            )
        time.sleep(ASK_AGAIN_SECONDS)


try:
    import fcntl

    def try_lock(file: IO[Any]) -> bool:
        """Lock the file until it is closed; False if another has it locked."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(file: IO[Any]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)

except ImportError:  # Windows
    import msvcrt

    def try_lock(file: IO[Any]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True

    def _release(file: IO[Any]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
