"""Progress of a download: a bar on a terminal or in a notebook, lines elsewhere, a callback."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from topmast.config.output import print_line, readable_size, without_controls
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


class Report:
    """Counts what is done of a run, by many threads; this one tells nobody.

    What an unfinished file had on disk is in the whole, and never comes as bytes: it is found
    when the file has finished.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files = self._files_done = self._bytes = 0
        self._received = self._finished = self._on_disk = 0

    def begin(self, files: int, size: int) -> None:
        """A run of so many files and bytes begins."""
        self._files, self._bytes = files, size

    def received(self, count: int) -> None:
        """So many bytes came."""
        with self._lock:
            self._received += count

    def finished(self, result: Result) -> None:
        """A file has finished."""
        with self._lock:
            self._files_done += 1
            if result.source != DISK:
                self._finished += result.product.size or 0
                self._on_disk = max(self._on_disk, self._finished - self._received)

    def end(self, last_line: str) -> None:
        """The run has ended."""

    def progress(self, row: dict[str, Any] | None = None) -> Progress:
        """All bytes at the end; until then, never more than there are."""
        done = self._received
        if self._bytes:
            done = min(self._received + self._on_disk, self._bytes)
            done = self._bytes if self._files_done == self._files else done
        return Progress(self._files, self._files_done, self._bytes, done, row)


class Lines(Report):
    """One line a file, in the form of the guide.

    `own_address`: whether a product whose URI is an address of the web is told by that.
    """

    def __init__(self, own_address: bool = True) -> None:
        super().__init__()
        self._own_address = own_address

    def finished(self, result: Result) -> None:
        if result.source == DISK:
            return
        product = result.product
        failed = "Skipped" if result.status == "SKIPPED" else "Failed"
        done = "[Done]" if result.status == "COMPLETE" else f"[{failed}] {result.message}"
        own = self._own_address and is_web_address(product.uri)
        url = product.uri if own else without_credentials(result.cloud_url or product.url)
        print_line(f"Downloading URL {url} to {product.local_path} ... {done}")

    def end(self, last_line: str) -> None:
        if last_line:
            print_line(last_line)


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


class Bar(Report):
    """One bar for all files: files, bytes, rate and time left."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = new_bar()
        self._task: Any = None

    def begin(self, files: int, size: int) -> None:
        super().begin(files, size)
        with suppress(OSError, ValueError):
            self._bar.start()
        self._task = self._bar.add_task("", total=size or None, done=0, files=files)

    def received(self, count: int) -> None:
        super().received(count)
        self._move()

    def finished(self, result: Result) -> None:
        super().finished(result)
        self._move()
        if result.status == "ERROR":
            text = f"[Failed] {result.product.local_path}: {result.message}"
            with suppress(OSError, ValueError):  # a terminal that is gone ends no download
                self._bar.console.print(without_controls(text), markup=False, highlight=False)

    def end(self, last_line: str) -> None:
        with suppress(OSError, ValueError):
            self._bar.stop()
        if last_line:
            print_line(last_line)

    def _move(self) -> None:
        if self._task is not None:
            now = self.progress()
            self._bar.update(self._task, completed=now.bytes_done, done=now.files_done)


class NotebookBar(Report):
    """The bar of a web page, in the output of a notebook's cell; `show` makes and renews it."""

    def __init__(self, show: Callable[..., Any]) -> None:
        super().__init__()
        self._show = show
        self._handle: Any = None
        self._began = self._shown = time.monotonic()

    def begin(self, files: int, size: int) -> None:
        super().begin(files, size)
        self._began = time.monotonic()
        self._handle = self._show(self._picture(), raw=True, display_id=True)

    def received(self, count: int) -> None:
        super().received(count)
        self._move()

    def finished(self, result: Result) -> None:
        super().finished(result)
        self._move()
        if result.status == "ERROR":
            print_line(f"[Failed] {result.product.local_path}: {result.message}")

    def end(self, last_line: str) -> None:
        self._renew()
        if last_line:
            print_line(last_line)

    def _move(self) -> None:
        now = time.monotonic()
        with self._lock:
            due = now - self._shown > TICK_SECONDS
            self._shown = now if due else self._shown
        if due:
            self._renew()

    def _renew(self) -> None:
        if self._handle is not None:
            self._handle.update(self._picture(), raw=True)

    def _picture(self) -> dict[str, str]:
        now = self.progress()
        rate = now.bytes_done / max(time.monotonic() - self._began, 0.001)
        whole = f" of {readable_size(now.bytes)}" if now.bytes else ""
        text = f"{now.files_done}/{now.files} files, {readable_size(now.bytes_done)}{whole}"
        text += f", {readable_size(rate)}/s"
        done, most = (now.bytes_done, now.bytes) if now.bytes else (now.files_done, now.files)
        bar = f'<progress value="{done}" max="{max(most, 1)}" style="width:20em"></progress>'
        return {"text/html": f"{bar} {text}", "text/plain": text}


class Callback(Report):
    """Calls a function of the user's, beside what `also` shows."""

    def __init__(self, function: Callable[[Progress], object], also: Report) -> None:
        super().__init__()
        self._function = function
        self._also = also
        self._between_files = getattr(function, "between_files", False)
        self._called = time.monotonic()

    def begin(self, files: int, size: int) -> None:
        super().begin(files, size)
        self._also.begin(files, size)

    def received(self, count: int) -> None:
        super().received(count)
        self._also.received(count)
        now = time.monotonic()
        if self._between_files and now - self._called > TICK_SECONDS:
            self._called = now
            self._function(self.progress())

    def finished(self, result: Result) -> None:
        super().finished(result)
        self._also.finished(result)
        self._function(self.progress(result.row()))

    def end(self, last_line: str) -> None:
        self._also.end(last_line)


def reporter(
    verbose: bool,
    function: Callable[[Progress], object] | None = None,
    *,
    own_address: bool = True,
) -> Report:
    """What fits the place: silence, a bar on a terminal or in a notebook, lines elsewhere."""
    report = Report()
    if verbose:
        report = _display(own_address)
    return report if function is None else Callback(function, report)


def _display(own_address: bool) -> Report:
    show = _notebook_display()
    if show is not None:
        return NotebookBar(show)
    return Bar() if _is_terminal() else Lines(own_address)


def _notebook_display() -> Callable[..., Any] | None:
    """IPython's ``display``, where this process is the kernel of a notebook."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if getattr(shell, "kernel", None) is None:
        return None
    display: Callable[..., Any] = sys.modules["IPython.display"].display
    return display


def _is_terminal() -> bool:
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):
        return False
