"""What one query may cost: seconds of SQL and rows, few in the light lane and many in the heavy."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from topmast.errors import TimeoutError

LONGEST_SECONDS = 600.0
LIGHT_SECONDS = 0.15
LIGHT_ROWS = 5000
OPERATIONS = 50_000
"""Steps of SQLite's machine between two looks at the clock, a millisecond or so."""

TOO_LARGE = (
    "The query needs more memory than the archive gives to one. Ask for fewer rows a page, "
    "fewer columns, a smaller region or fewer positions."
)

is_light: ContextVar[bool] = ContextVar("is_light", default=False)
"""True while a query is tried in the light lane."""


class TooHeavy(Exception):
    """The query needs more than the light lane gives; it goes to the heavy one."""


def check_rows(count: int) -> None:
    """Raise TooHeavy if an answer of so many rows is not for the light lane."""
    if count > LIGHT_ROWS and is_light.get():
        raise TooHeavy


@contextmanager
def time_limited(connection: sqlite3.Connection, seconds: float | None = None) -> Iterator[None]:
    """Interrupt whatever SQL runs in the block for too long."""
    if seconds is None:
        seconds = LIGHT_SECONDS if is_light.get() else LONGEST_SECONDS
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, OPERATIONS)
    try:
        yield
    except sqlite3.OperationalError as problem:
        if time.monotonic() <= end:
            raise
        if is_light.get():
            raise TooHeavy from problem
        raise TimeoutError(f"The query took longer than {seconds:.0f} seconds.") from problem
    finally:
        connection.set_progress_handler(None, 0)
