"""So many requests a second to one host, and no more."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from threading import Lock
from urllib.parse import urlsplit

PER_SECOND = 5
OWN_HOSTS = ("localhost", "127.0.0.1", "::1", "topmast.archive")
"""This machine, whose owner nobody has to spare."""


class Pace:
    """Makes each thread wait until its request may go out.

    Parameters
    ----------
    per_second : int
        The most requests that begin within any second.
    """

    def __init__(
        self,
        per_second: int = PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._clock, self._sleep = clock, sleep
        self._lock = Lock()
        self._begun: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=per_second))

    def wait(self, url: str) -> None:
        """Return when a request to the host of `url` may be sent."""
        host = urlsplit(url).hostname or ""
        if host in OWN_HOSTS:
            return
        with self._lock:
            begun, now = self._begun[host], self._clock()
            full = len(begun) == self._per_second
            start = max(now, begun[0] + 1.0) if full else now
            begun.append(start)
        if start > now:
            self._sleep(start - now)
