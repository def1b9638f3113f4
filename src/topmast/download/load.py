"""How busy this process is: more connections help only while it waits for the link."""

from __future__ import annotations

import threading
import time

__all__ = ["Load"]

WINDOW_SECONDS = 0.2


class Load:
    """The processor time of this process as a share of one processor, over the last moment."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._high = most < 1e6
        self._wall = self._processor = 0.0

    @property
    def high(self) -> bool:
        """Whether the share is above the most allowed; so until something was measured."""
        with self._lock:
            wall, processor = time.monotonic(), time.process_time()
            seconds = wall - self._wall
            if seconds >= WINDOW_SECONDS:
                if self._wall and seconds < 5 * WINDOW_SECONDS:
                    self._high = processor - self._processor > self._most * seconds
                self._wall, self._processor = wall, processor
            return self._high
