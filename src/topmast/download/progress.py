"""Show how a download goes: a bar on a terminal, plain lines elsewhere, a call for programs."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from topmast.download.product import DISK, Result
from topmast.net.address import without_credentials
from topmast.wire.files import is_web_address

#: Between two calls of a function that wants to know of bytes.
TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is; given to the function that was passed as ``progress``.

    `row` is the file that has just finished, a row of the manifest; None when only bytes came,
    which is told only to a function whose attribute ``between_files`` is true, and from any
    thread.
    """

    files: int
    files_done: int
    bytes: int
    bytes_done: int
    row: dict[str, Any] | None = None


class Tally:
    """Counts what is done of a run, by many threads.

    What an unfinished file had on disk is in the whole, and never comes as bytes: it is found
    when the file has finished.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.files = self.files_done = self.bytes = 0
        self._received = self._finished = self._on_disk = 0

    def begin(self, files: int, size: int) -> None:
        self.files, self.bytes = files, size

    def received(self, count: int) -> None:
        with self._lock:
            self._received += count

    def finished(self, result: Result) -> None:
        with self._lock:
            self.files_done += 1
            if result.source != DISK:
                self._finished += result.product.size or 0
                self._on_disk = max(self._on_disk, self._finished - self._received)

    @property
    def bytes_done(self) -> int:
        """All bytes at the end; until then, never more than there are."""
        if not self.bytes:
            return self._received
        if self.files_done == self.files:
            return self.bytes
        return min(self._received + self._on_disk, self.bytes)


class Report:
    """What a run tells about itself; this one says nothing."""

    def begin(self, files: int, size: int) -> None:
        return

    def received(self, count: int) -> None:
        return

    def finished(self, result: Result) -> None:
        return

    def end(self, last_line: str) -> None:
        return


class Lines(Report):
    """One line a file, in the form of the guide."""

    own_address = True
    """Whether a product whose URI is an address of the web is told by that, as in the guide."""

    def finished(self, result: Result) -> None:
        if result.source == DISK:
            return
        done = "[Done]" if result.status == "COMPLETE" else f"[Failed] {result.message}"
        url = shown_url(result, self.own_address)
        print(f"Downloading URL {url} to {result.product.local_path} ... {done}", flush=True)

    def end(self, last_line: str) -> None:
        if last_line:
            print(last_line, flush=True)


def new_bar(**options: Any) -> Any:
    """A bar of rich's with files, bytes, rate and time left; `options` are its own."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as RichProgress

    return RichProgress(
        TextColumn("{task.fields[done]}/{task.fields[files]} files"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        refresh_per_second=5,
        **options,
    )


class Bar(Lines):
    """One bar for all files: files, bytes, rate and time left."""

    def __init__(self) -> None:
        self._bar = new_bar()
        self._task: Any = None
        self._tally = Tally()

    def begin(self, files: int, size: int) -> None:
        self._tally.begin(files, size)
        self._bar.start()
        self._task = self._bar.add_task("", total=size or None, done=0, files=files)

    def received(self, count: int) -> None:
        self._tally.received(count)
        self._move()

    def finished(self, result: Result) -> None:
        self._tally.finished(result)
        self._move()
        if result.status == "ERROR":
            self._bar.console.print(
                f"[Failed] {result.product.local_path}: {result.message}",
                markup=False,
                highlight=False,
            )

    def _move(self) -> None:
        if self._task is not None:
            done, files = self._tally.bytes_done, self._tally.files_done
            self._bar.update(self._task, completed=done, done=files)

    def end(self, last_line: str) -> None:
        self._bar.stop()
        super().end(last_line)


class Callback(Report):
    """Tells a function of the user's beside what `also` shows."""

    def __init__(self, function: Callable[[Progress], object], also: Report) -> None:
        self._function = function
        self._also = also
        self._tally = Tally()
        self._between_files = getattr(function, "between_files", False)
        self._told = time.monotonic()

    def begin(self, files: int, size: int) -> None:
        self._tally.begin(files, size)
        self._also.begin(files, size)

    def received(self, count: int) -> None:
        self._also.received(count)
        self._tally.received(count)
        now = time.monotonic()
        if self._between_files and now - self._told > TICK_SECONDS:
            self._told = now
            self._function(self._progress())

    def finished(self, result: Result) -> None:
        self._also.finished(result)
        self._tally.finished(result)
        self._function(self._progress(result.row()))

    def _progress(self, row: dict[str, Any] | None = None) -> Progress:
        tally = self._tally
        return Progress(tally.files, tally.files_done, tally.bytes, tally.bytes_done, row)

    def end(self, last_line: str) -> None:
        self._also.end(last_line)


def reporter(
    verbose: bool,
    function: Callable[[Progress], object] | None = None,
    *,
    own_address: bool = True,
) -> Report:
    """What fits the place: silence, a bar on a terminal, lines elsewhere."""
    report: Report = Report()
    if verbose:
        report = lines = Bar() if _is_terminal() else Lines()
        lines.own_address = own_address
    return report if function is None else Callback(function, report)


def shown_url(result: Result, own_address: bool = True) -> str:
    """The address that a file comes from, or the product's own where it has one."""
    uri = result.product.uri
    own = own_address and is_web_address(uri)
    return uri if own else without_credentials(result.product.url)


def _is_terminal() -> bool:
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):
        return False
