"""What all transfers of one run share: the wish to stop, the pace, the count of bytes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopped(Exception):
    """The user wants to stop."""


class Control:
    """Shared by the threads of one run."""

    def __init__(
        self,
        connections: int = 8,
        bandwidth: float | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> None:
        self._slots = threading.BoundedSemaphore(connections)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._hold_until = 0.0
        self._bandwidth = bandwidth
        self._paid_until = 0.0
        self._on_bytes = on_bytes
        self._closers: dict[int, Callable[[], None]] = {}
        self.disk_full = threading.Event()
        #: Bytes that have come in this run.
        self.total = 0

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for one of the connections, and have it while inside."""
        while not self._slots.acquire(timeout=0.2):
            self.check()
        try:
            yield
        finally:
            self._slots.release()

    def stop(self) -> None:
        """Ask every thread to end, and cut what they wait for."""
        self._stop.set()
        with self._lock:
            closers = list(self._closers.values())
        for close in closers:
            close()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def check(self) -> None:
        """Raise Stopped if the run is to end."""
        if self._stop.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleep, but not through a stop."""
        if self._stop.wait(max(0.0, seconds)):
            raise Stopped

    def hold(self, seconds: float) -> None:
        """The server asks all of us to be quiet for so long."""
        with self._lock:
            self._hold_until = max(self._hold_until, time.monotonic() + seconds)

    def wait_for_turn(self) -> None:
        """Wait as long as the server has asked for."""
        while (left := self._hold_until - time.monotonic()) > 0:
            self.wait(left)
        self.check()

    def received(self, count: int) -> None:
        """Note `count` bytes, and wait if that was more than the bandwidth allows."""
        with self._lock:
            self.total += count
        if self._on_bytes is not None:
            self._on_bytes(count)
        if self._bandwidth is not None:
            self.wait(self._debt(count, self._bandwidth))
        elif self._stop.is_set():
            raise Stopped

    def guard(self, key: int, close: Callable[[], None] | None) -> None:
        """Name what to close if a stop comes while a thread waits for bytes (None: no more)."""
        with self._lock:
            if close is None:
                self._closers.pop(key, None)
            else:
                self._closers[key] = close
        self.check()

    def _debt(self, count: int, bandwidth: float) -> float:
        """Seconds until `count` more bytes are paid for; a quiet second saves up nothing."""
        now = time.monotonic()
        with self._lock:
            self._paid_until = max(self._paid_until, now) + count / bandwidth
            return self._paid_until - now
