"""Let so many requests at once to one host, and have the others wait their turn."""

from __future__ import annotations

from collections import Counter
from threading import Condition

from topmast.errors import TimeoutError
from topmast.net.deadline import Deadline


class Gate:
    """Counts the requests under way to each host."""

    def __init__(self) -> None:
        # The condition's lock can be taken twice by one thread: the garbage collector may
        # close a forgotten stream, and so call `leave`, in the middle of `enter`.
        self._changed = Condition()
        self._inside: Counter[str] = Counter()

    def enter(self, host: str, limit: int, deadline: Deadline) -> None:
        """Wait until fewer than `limit` requests to `host` are under way, and count one more."""
        with self._changed:
            while self._inside[host] >= limit:
                if deadline.passed:
                    raise TimeoutError(
                        f"{limit} requests to {host} were still under way after "
                        f"{deadline.seconds:g} s. Close answers that are no longer read, or "
                        "raise conf.connections."
                    )
                self._changed.wait(min(deadline.left(), 60.0))
            self._inside[host] += 1

    def leave(self, host: str) -> None:
        """Count one request to `host` less."""
        with self._changed:
            self._inside[host] -= 1
            if self._inside[host] <= 0:
                del self._inside[host]
            self._changed.notify_all()
