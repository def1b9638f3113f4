"""A bar on the terminal for work that takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

QUIET_SECONDS = 2.0


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Gives a function to call, from any thread, after each of `total` pieces of work.

    Once it takes a while the bar appears, if there is a terminal; `what` stands beside it.
    """
    started, done, lock = time.monotonic(), 0, Lock()
    bars: list[Any] = []

    def advance() -> None:
        nonlocal done
        with lock:
            done += 1
            waited = time.monotonic() - started
            if not bars and waited > QUIET_SECONDS and done < total and sys.stderr.isatty():
                bars.append(_bar(what, total))
            for bar in bars:
                bar.update(bar.task_ids[0], completed=done)

    try:
        yield advance
    finally:
        with lock:
            for bar in bars:
                bar.stop()
            bars.clear()


def _bar(what: str, total: int) -> Any:
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    bar.add_task(what, total=total)
    bar.start()
    return bar
