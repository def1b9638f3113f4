"""How long to wait: for bytes that hardly come, and after a failure."""

from __future__ import annotations

import time
from random import Random

from topmast.download.control import Control
from topmast.download.rules import Rules
from topmast.download.transfer.problems import GiveUp, TryAgain
from topmast.net.retry import wait_seconds

#: A server that asks for a longer rest is left alone.
LONGEST_HOLD = 600.0
RANDOM = Random()


class Pace:
    """Counts the bytes of one answer. A server that sends a byte now and then keeps every read
    limit and would still never end; so each window of one read limit has to bring a least
    amount.
    """

    def __init__(self, rules: Rules) -> None:
        self._window = rules.limits.read_seconds
        self._least = rules.stall_rate * self._window
        self._since = time.monotonic()
        self._count = 0

    def note(self, count: int) -> None:
        """Count bytes; raises TryAgain when it is time to give up this connection."""
        now = time.monotonic()
        self._count += count
        if now - self._since < self._window:
            return
        if self._count < self._least:
            raise TryAgain(f"only {self._count} bytes came in {now - self._since:.0f} s")
        self._since, self._count = now, 0


class Patience:
    """Counts the failures of one file in a row, waits after each, and ends after too many."""

    def __init__(self, rules: Rules, control: Control) -> None:
        self._rules = rules
        self._control = control
        self._failures = 0
        self._attempts = 0

    def wait_after(self, problem: TryAgain, *, got_on: bool, late: bool) -> None:
        """Wait before the next attempt; raises GiveUp when there is to be none.

        `got_on`: the failed attempt brought bytes, so the count of failures starts over.
        `late`: the limit for the whole file has passed.
        """
        self._attempts += 1
        self._failures = 0 if got_on else self._failures + 1
        if self._failures >= self._rules.tries or late:
            tried = f" Tried {self._attempts} times." if self._attempts > 1 else ""
            raise GiveUp(f"{problem}{tried}", problem.status) from problem
        asked = problem.seconds
        if asked is not None and asked > LONGEST_HOLD:
            raise GiveUp(f"{problem} It asks to wait {asked:.0f} s.", problem.status) from problem
        seconds = wait_seconds(max(self._failures, 1), RANDOM, asked)
        if asked is not None:
            self._control.hold(seconds)
        self._control.wait(seconds)
