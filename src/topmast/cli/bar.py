"""Progress of a download on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

from topmast.cli.errors import tell
from topmast.cli.settings import current
from topmast.config.output import readable_size

if TYPE_CHECKING:
    from topmast.download import Progress

SECONDS, SHARE = 10.0, 0.01
"""Between two lines lies so much time at least, and so much of the whole."""


def shown_progress() -> Shown:
    """What fits the place: nothing with --quiet, a bar on a terminal, lines elsewhere."""
    if current().quiet:
        return Shown()
    return Bar() if sys.stderr.isatty() else Lines()


class Shown:
    """Called with the progress of a download; this one shows nothing."""

    between_files = True

    def __enter__(self) -> Shown:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return

    def __call__(self, progress: Progress) -> None:
        return


class Lines(Shown):
    """A plain line now and then, for a log: ``1200/73000 files, 3.4 GB of 120 GB, 85 MB/s``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at, self._bytes, self._share = time.monotonic(), 0, 0.0

    def __call__(self, progress: Progress) -> None:
        """Write a line, if it is time for one."""
        with self._lock:
            seconds, share = time.monotonic() - self._at, _share_of(progress)
            if seconds < SECONDS or share < self._share + SHARE:
                return
            rate = (progress.bytes_done - self._bytes) / seconds
            self._at, self._bytes, self._share = self._at + seconds, progress.bytes_done, share
        whole = f" of {readable_size(progress.bytes)}" if progress.bytes else ""
        tell(
            f"{progress.files_done}/{progress.files} files, "
            f"{readable_size(progress.bytes_done)}{whole}, {readable_size(rate)}/s"
        )


def _share_of(progress: Progress) -> float:
    """How much of the whole is done: by bytes, or by files where sizes are not known."""
    if progress.bytes:
        return progress.bytes_done / progress.bytes
    return progress.files_done / max(1, progress.files)


class Bar(Shown):
    """A bar: files, bytes, rate and time left."""

    def __init__(self) -> None:
        from rich.console import Console

        from topmast.download.progress import new_bar

        self._bar = new_bar(console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("", total=None, visible=False, done=0, files=0)

    def __enter__(self) -> Shown:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Show `progress`; the files that failed are listed at the end."""
        self._bar.update(
            self._task,
            completed=progress.bytes_done,
            total=progress.bytes or None,
            done=progress.files_done,
            files=progress.files,
            visible=True,
        )
