"""The current time, in one place, so that tests can change it."""

from __future__ import annotations

import time


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def mjd() -> float:
    """The same moment as Modified Julian Date, in days, as release dates are given."""
    return now() / 86400 + 40587
