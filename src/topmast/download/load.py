"""How busy this process is: more connections help only while it waits for the link."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Load"]

WINDOW_SECONDS = 0.2


def clock() -> tuple[float, float]:
    """The time, and the processor time that this process has used."""
    return time.monotonic(), time.process_time()


class Load:
    """The processor time of this process as a share of one processor, over the last moment."""

    def __init__(self, most: float, clock: Callable[[], tuple[float, float]] = clock) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._high = True
        self._since: tuple[float, float] | None = None

    @property
    def high(self) -> bool:
        """Whether the share is above the most allowed; so until something was measured."""
        with self._lock:
            now, used = self._clock()
            since, before = self._since or (now, used)
            if self._since is None or now - since >= WINDOW_SECONDS:
                if self._since is not None:
                    self._high = used - before > self._most * (now - since)
                self._since = now, used
            return self._high
