"""How busy this machine is: more connections help only while the link is what limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from topmast.download.rules import Rules

WINDOW_SECONDS = 0.1


class Load:
    """The processor time of this process and the bytes that came, over the last moment.

    `received` gives the bytes so far; `clock` the time and the processor time used so far.
    """

    def __init__(
        self,
        rules: Rules,
        received: Callable[[], int],
        clock: Callable[[], tuple[float, float]] = lambda: (time.monotonic(), time.process_time()),
    ) -> None:
        self._rules = rules
        self._received = received
        self._clock = clock
        self._lock = threading.Lock()
        self._high = True
        self._since: tuple[float, float, int] | None = None

    @property
    def high(self) -> bool:
        """Whether this machine has enough to do; so until something was measured."""
        with self._lock:
            now, used = self._clock()
            since, before, had = self._since or (now, used, 0)
            if self._since is None or now - since >= WINDOW_SECONDS:
                have = self._received()
                if self._since is not None:
                    busy = used - before > self._rules.most_load * (now - since)
                    self._high = busy or have - had > self._rules.enough * (now - since)
                self._since = now, used, have
            return self._high
