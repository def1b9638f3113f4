"""Do the same thing to many items at once, in a bounded number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def at_once(function: Callable[[Item], Result], items: Iterable[Item], limit: int) -> list[Result]:
    """``[function(item) for item in items]``, up to `limit` of them under way at once.

    The order is kept. After a failure no further item is begun; when those under way have ended,
    the error of the first failed item is raised. Ctrl-C does not wait for them.
    """
    todo = list(items)
    workers = min(max(1, int(limit)), len(todo))
    if workers <= 1:
        return [function(item) for item in todo]
    work = _Work(function, todo)
    # Threads that end with the program: a request under way must not hold up Ctrl-C.
    threads = [
        threading.Thread(target=copy_context().run, args=(work.run,), daemon=True)
        for _ in range(workers)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        work.stop()
        raise
    return work.results()


class _Work(Generic[Item, Result]):
    """The items, handed out one by one, and what became of them."""

    def __init__(self, function: Callable[[Item], Result], items: list[Item]) -> None:
        self._function = function
        self._items = items
        self._todo: Iterator[int] = iter(range(len(items)))
        self._lock = threading.Lock()
        self._done: dict[int, Result] = {}
        self._failed: dict[int, BaseException] = {}

    def run(self) -> None:
        """Take items until there are no more."""
        while (number := self._next()) is not None:
            try:
                self._done[number] = self._function(self._items[number])
            except BaseException as problem:
                self._failed[number] = problem
                self.stop()

    def stop(self) -> None:
        """Hand out no further item."""
        with self._lock:
            self._todo = iter(())

    def results(self) -> list[Result]:
        """All results in order, or the error of the first item that failed."""
        if self._failed:
            raise self._failed[min(self._failed)]
        return [self._done[number] for number in range(len(self._items))]

    def _next(self) -> int | None:
        with self._lock:
            return next(self._todo, None)
