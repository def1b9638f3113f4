"""Time limits: when a request has to be done, and how long its next byte may take."""

from __future__ import annotations

import builtins
import math
import time
from dataclasses import dataclass

LONGEST = 1e6
"""Seconds; a socket takes no infinite timeout."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, and the limit in seconds that set it (None: no end)."""

    at: float
    seconds: float | None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """The moment `seconds` from now."""
        return cls(math.inf if seconds is None else time.monotonic() + seconds, seconds)

    def left(self) -> float:
        """Seconds until then; infinite without a limit, never below zero."""
        return max(0.0, self.at - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.left() <= 0


@dataclass(slots=True)
class Timeouts:
    """The time limits of one request while it is under way.

    A socket's own timeout starts anew with every byte, so that a server which sends one a second
    is waited for without end. Here each wait is cut to what is left of the deadline.
    """

    connect_seconds: float
    read_seconds: float
    deadline: Deadline

    def wait(self, seconds: float) -> float:
        """So many seconds, or what is left until the deadline."""
        left = self.deadline.at - time.monotonic()
        if left <= 0:
            raise builtins.TimeoutError("timed out")
        return min(seconds, left, LONGEST)
