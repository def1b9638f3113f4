"""Many at once, in order, and what happens when one fails."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from topmast.net.parallel import at_once, in_order


def test_results_keep_the_order_of_the_items() -> None:
    late = threading.Event()

    def double(number: int) -> int:
        if number == 0:
            late.wait(5)
        if number == 9:
            late.set()
        return 2 * number

    assert at_once(double, range(10), 2) == [2 * number for number in range(10)]


def test_no_more_run_at_once_than_the_limit() -> None:
    inside, most, lock = 0, 0, threading.Lock()
    meet = threading.Barrier(3)

    def count(_: int) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        meet.wait(5)
        with lock:
            inside -= 1

    at_once(count, range(9), 3)
    assert most == 3


def test_a_failure_stops_what_has_not_begun_and_is_raised_after_the_others() -> None:
    begun: list[int] = []
    failed = threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number == 1:
            failed.set()
            raise ValueError("one")
        failed.wait(5)
        return number

    with pytest.raises(ValueError, match="one"):
        at_once(work, range(1000), 2)
    assert len(begun) < 10


def test_of_several_failures_the_first_in_order_is_raised() -> None:
    meet = threading.Barrier(2)

    def fail(number: int) -> None:
        meet.wait(5)
        raise ValueError(str(number))

    with pytest.raises(ValueError, match="0"):
        at_once(fail, range(2), 2)


def test_nothing_and_one_need_no_thread() -> None:
    here = threading.current_thread()
    assert at_once(lambda _: threading.current_thread(), [1], 8) == [here]
    assert at_once(str, [], 8) == []


def test_a_limit_below_one_is_one() -> None:
    assert at_once(str, [1, 2], 0) == ["1", "2"]


def test_threads_see_the_context_of_the_caller() -> None:
    word: ContextVar[str] = ContextVar("word", default="none")
    token = word.set("seen")
    assert at_once(lambda _: word.get(), range(4), 2) == ["seen"] * 4
    word.reset(token)


def test_results_come_while_later_ones_are_under_way() -> None:
    go_on = threading.Event()

    def work(number: int) -> int:
        if number == 2:
            assert go_on.wait(5)
        return number

    results = in_order(work, range(4), 4)
    assert [next(results), next(results)] == [0, 1]
    go_on.set()
    assert list(results) == [2, 3]


def test_the_first_begins_before_anybody_asks_for_it() -> None:
    begun = threading.Event()
    results = in_order(lambda _: begun.set(), [0], 1)
    assert begun.wait(5)
    assert list(results) == [None]


def test_nothing_more_begins_when_nobody_takes_the_results() -> None:
    begun: list[int] = []
    hold = threading.Semaphore(1)

    def work(number: int) -> int:
        hold.acquire()
        begun.append(number)
        return number

    results = in_order(work, range(100), 1)
    assert next(results) == 0
    results.close()
    for _ in range(3):
        hold.release()
    assert len(begun) <= 3
