"""A bar for downloads: files, bytes, rate and time left, on a terminal only."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from topmast.cli.errors import one_line
from topmast.cli.settings import shows_progress

if TYPE_CHECKING:
    from topmast.download import Progress

__all__ = ["DownloadBar"]


class DownloadBar:
    """Shows how far a download is on standard error; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._bar: Any = _new_bar() if shows_progress() else None
        self._task: Any = None

    def __enter__(self) -> DownloadBar:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, progress: Progress) -> None:
        """Show `progress`; a file that failed gets a line above the bar."""
        if self._bar is None:
            return
        done = {"done": progress.files_done, "files": progress.files}
        if self._task is None:
            self._task = self._bar.add_task("", total=None, **done)
        self._bar.update(
            self._task, completed=progress.bytes_done, total=progress.bytes or None, **done
        )
        if progress.row is not None and progress.row["Status"] == "ERROR":
            text = one_line(f"Failed: {progress.row['Local Path']}: {progress.row['Message']}")
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _new_bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.fields[done]}/{task.fields[files]} files"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=5,
    )
