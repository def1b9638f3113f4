"""The moment by which something has to be done."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


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
