"""Show how a download goes: a bar on a terminal, plain lines elsewhere, a call for programs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from topmast.download.job import Outcome
from topmast.net.address import without_credentials
from topmast.wire.files import is_web_address

__all__ = ["Progress", "Report", "reporter"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is; given to the function that was passed as ``progress``.

    `row` is the file that has just finished, a row of the manifest; None when only bytes came.
    """

    files: int
    files_done: int
    bytes: int
    bytes_done: int
    row: dict[str, Any] | None = None


class Report(Protocol):
    """What a run tells about itself."""

    def begin(self, files: int, size: int) -> None: ...
    def received(self, count: int) -> None: ...
    def finished(self, outcome: Outcome) -> None: ...
    def end(self, last_line: str) -> None: ...


class Silent:
    """Says nothing."""

    def begin(self, files: int, size: int) -> None:
        return

    def received(self, count: int) -> None:
        return

    def finished(self, outcome: Outcome) -> None:
        return

    def end(self, last_line: str) -> None:
        return


class Lines(Silent):
    """One line a file, in the form of the guide."""

    own_address = True
    """Whether a product whose URI is an address of the web is told by that, as in the guide."""

    def finished(self, outcome: Outcome) -> None:
        if outcome.source == "disk":
            return
        done = "[Done]" if outcome.status == "COMPLETE" else f"[Failed] {outcome.message}"
        url = shown_url(outcome, self.own_address)
        print(f"Downloading URL {url} to {outcome.job.shown} ... {done}", flush=True)

    def end(self, last_line: str) -> None:
        if last_line:
            print(last_line, flush=True)


class Bar(Lines):
    """One bar for all files: files, bytes, rate and time left."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.fields[done]}/{task.fields[files]} files"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            refresh_per_second=5,
        )
        self._task: Any = None
        self._done = 0

    def begin(self, files: int, size: int) -> None:
        self._bar.start()
        self._task = self._bar.add_task("", total=size or None, done=0, files=files)

    def received(self, count: int) -> None:
        if self._task is not None:
            self._bar.advance(self._task, count)

    def finished(self, outcome: Outcome) -> None:
        self._done += 1
        if self._task is not None:
            self._bar.update(self._task, done=self._done)
        if outcome.status == "ERROR":
            self._bar.console.print(
                f"[Failed] {outcome.job.shown}: {outcome.message}", markup=False, highlight=False
            )

    def end(self, last_line: str) -> None:
        self._bar.stop()
        super().end(last_line)


class Callback:
    """Tells a function of the user's beside what `also` shows."""

    def __init__(self, function: Callable[[Progress], object], also: Report) -> None:
        self._function = function
        self._also = also
        self._lock = threading.Lock()
        self._files = self._files_done = self._bytes = self._bytes_done = 0

    def begin(self, files: int, size: int) -> None:
        self._files, self._bytes = files, size
        self._also.begin(files, size)

    def received(self, count: int) -> None:
        self._also.received(count)
        with self._lock:
            self._bytes_done += count

    def finished(self, outcome: Outcome) -> None:
        from topmast.download.manifest import row_of

        self._also.finished(outcome)
        self._files_done += 1
        self._function(
            Progress(self._files, self._files_done, self._bytes, self._bytes_done, row_of(outcome))
        )

    def tick(self) -> None:
        """Tell how many bytes have come, between two files."""
        self._function(Progress(self._files, self._files_done, self._bytes, self._bytes_done))

    def end(self, last_line: str) -> None:
        self._also.end(last_line)


def reporter(
    verbose: bool,
    function: Callable[[Progress], object] | None = None,
    *,
    own_address: bool = True,
) -> Report:
    """What fits the place: silence, a bar on a terminal, lines elsewhere."""
    report: Report = Silent()
    if verbose:
        report = lines = Bar() if _is_terminal() else Lines()
        lines.own_address = own_address
    return report if function is None else Callback(function, report)


def shown_url(outcome: Outcome, own_address: bool = True) -> str:
    """The address that a file comes from, or the product's own where it has one."""
    uri = outcome.job.uri
    own = own_address and is_web_address(uri)
    return uri if own else without_credentials(outcome.job.url)


def _is_terminal() -> bool:
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):
        return False
