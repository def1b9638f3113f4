"""Do the same thing to many items at once, in a bounded number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
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
    return list(in_order(function, todo, workers))


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], limit: int
) -> Iterator[Result]:
    """As `at_once`, but each result is given as soon as it and all before it are there.

    The threads begin at once, before the first result is asked for. They stop beginning new items
    when nobody takes the results any more.
    """
    todo = list(items)
    waiting = list(reversed(list(enumerate(todo))))  # its pop and clear need no lock
    done: dict[int, Result] = {}
    failed: dict[int, BaseException] = {}
    changed = threading.Condition()

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
            with changed:
                changed.notify()

    # Not an executor, whose threads are waited for at the end of the program: a request under
    # way must not hold up Ctrl-C.
    threads = [
        threading.Thread(target=copy_context().run, args=(work,), daemon=True)
        for _ in range(min(max(1, int(limit)), len(todo)))
    ]

    def results() -> Iterator[Result]:
        try:
            for number in range(len(todo)):
                with changed:
                    while number not in done and not failed:
                        changed.wait()
                if failed:
                    for thread in threads:
                        thread.join()
                    raise failed[min(failed)]
                yield done.pop(number)
        finally:
            waiting.clear()

    try:
        for thread in threads:
            thread.start()
    except BaseException:
        waiting.clear()
        raise
    return results()
