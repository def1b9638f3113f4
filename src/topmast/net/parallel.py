"""Do the same thing to many items at once, in a bounded number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextvars import copy_context
from typing import TypeVar

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
    waiting = list(reversed(list(enumerate(todo))))  # its pop and clear need no lock
    done: dict[int, Result] = {}
    failed: dict[int, BaseException] = {}

    def work() -> None:
        while True:
            try:
                number, item = waiting.pop()
            except IndexError:
                return
            try:
                done[number] = function(item)
            except BaseException as problem:
                failed[number] = problem
                waiting.clear()

    # Not an executor, whose threads are waited for at the end of the program: a request under
    # way must not hold up Ctrl-C.
    threads = [
        threading.Thread(target=copy_context().run, args=(work,), daemon=True)
        for _ in range(workers)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        waiting.clear()
        raise
    if failed:
        raise failed[min(failed)]
    return [done[number] for number in range(len(todo))]
