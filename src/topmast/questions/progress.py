"""A bar on the terminal for work that takes longer than two seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

QUIET_SECONDS = 2.0


class Progress:
    """Counts finished pieces of work and shows them, once it takes a while, on a terminal.

    Parameters
    ----------
    what : str
        Named beside the bar.
    total : int
        How many pieces there are.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def counted(self, function: Callable[P, R]) -> Callable[P, R]:
        """`function`, counting a piece of work whenever it has returned."""

        def and_count(*args: P.args, **kwargs: P.kwargs) -> R:
            result = function(*args, **kwargs)
            self.advance()
            return result

        return and_count

    def advance(self, pieces: int = 1) -> None:
        """Tell that more pieces are finished; safe from any thread."""
        with self._lock:
            self._done += pieces
            if self._bar is None and self._is_worth_showing():
                self._bar = _bar(self._what, self._total)
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], completed=self._done)

    def _is_worth_showing(self) -> bool:
        waited = time.monotonic() - self._started
        return waited > QUIET_SECONDS and self._done < self._total and sys.stderr.isatty()


def _bar(what: str, total: int) -> Any:
    from rich.console import Console
    from rich.progress import Progress as Bar

    bar = Bar(console=Console(stderr=True), transient=True)
    bar.add_task(what, total=total)
    bar.start()
    return bar
