"""The settings of one run, and what its threads share: stop, waits, bandwidth."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

from topmast.errors import InvalidQueryError
from topmast.net.messages import Limits
from topmast.net.session import Session

#: Of the time limit for a file: so long the server may send nothing.
STALL_SHARE = 0.25
STALL_SECONDS = 30.0
UNITS: dict[str, float] = {
    "": 1,
    "k": 1e3,
    "m": 1e6,
    "g": 1e9,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
}
RATE = re.compile(
    r"\s*([0-9.]+)\s*(k|m|g|ki|mi|gi)?b?(?:ytes?)?(?:\s*(?:/|per)\s*s(?:ec(?:ond)?)?)?\s*", re.I
)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Settings of one run.

    `connections`: files under way at once. `ranges`: parts of one large file at once.
    `stall_seconds`: so long a body may pause. `stall_rate`: slower than this many bytes a second
    over all that time counts as stalled, too.
    `least_rate`: a file may take the time limit, and beyond it the time it needs at this rate.
    `most_load`: of one processor; above it the machine is the limit and not the link, and more
    connections would not help. `enough`: so many bytes a second need no more connections either.
    `resumable`: an unfinished file that is smaller is fetched from its start after a kill.
    """

    limits: Limits
    tries: int = 5
    connections: int = 8
    ranges: int = 4
    split_above: int = 64 << 20
    split_least: int = 8 << 20
    bandwidth: float | None = None
    stall_seconds: float = STALL_SECONDS
    stall_rate: float = 100.0
    least_rate: float = 20e3
    resumable: int = 256 << 10
    most_load: float = 0.6
    enough: float = 250e6

    @classmethod
    def of(cls, session: Session, **changes: Any) -> RunSettings:
        """The settings that follow from the session's settings."""
        given = {name: value for name, value in changes.items() if value is not None}
        if "bandwidth" in given:
            given["bandwidth"] = bytes_per_second(given["bandwidth"])
        limits = session.limits()
        # One stall must leave time for another try.
        share = (limits.total_seconds or math.inf) * STALL_SHARE
        limits = replace(limits, read_seconds=min(limits.read_seconds, share))
        values: dict[str, Any] = {
            "limits": limits,
            "stall_seconds": min(limits.read_seconds, STALL_SECONDS),
            "tries": int(session.setting("tries")),
            "connections": int(session.setting("connections")),
        }
        if "connections" in given:
            # The session holds its own limit for each host, so more would only wait there.
            count = given["connections"]
            if isinstance(count, bool) or not isinstance(count, Integral) or count < 1:
                raise InvalidQueryError(f"connections is a whole number from 1, not {count!r}.")
            given["connections"] = min(int(count), values["connections"])
        return cls(**(values | given))

    @property
    def parts(self) -> int:
        """Parts of one file at once: with few connections, fewer."""
        return min(self.ranges, self.connections)


def bytes_per_second(rate: Any) -> float:
    """A bandwidth in bytes a second: a number, a Quantity, or text such as ``"10 MB/s"``."""
    try:
        value = _in_bytes(rate)
    except (TypeError, ValueError) as problem:  # of astropy, units that are no rate, too
        raise InvalidQueryError(
            f"The bandwidth {rate!r} cannot be read: write '10 MB/s', a number of bytes a second, "
            "or a Quantity such as 10 * u.Mbit / u.s."
        ) from problem
    if not value > 0:
        raise InvalidQueryError(f"The bandwidth must be above zero, not {rate!r}.")
    return value


def _in_bytes(rate: Any) -> float:
    if isinstance(rate, bool):
        raise TypeError("a truth value is no rate")
    if hasattr(rate, "to_value"):
        return float(rate.to_value("byte/s"))
    if not isinstance(rate, str):
        return float(rate)
    match = RATE.fullmatch(rate)
    if not match:
        raise ValueError("no rate")
    return float(match[1]) * UNITS[(match[2] or "").lower()]


class Stopped(Exception):
    """The run is to end."""


class Control:
    """Shared by the threads of one run."""

    def __init__(
        self,
        connections: int = 8,
        bandwidth: float | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> None:
        self._slots = threading.BoundedSemaphore(connections)
        #: Files that wait for a connection.
        self.waiting: int = 0
        #: Set when the run is to end.
        self.stopping: threading.Event = threading.Event()
        self._lock = threading.Lock()
        self._paused_until = 0.0
        self._bandwidth = bandwidth
        self._taken_until = 0.0
        self._on_bytes = on_bytes
        self._closers: dict[int, Callable[[], None]] = {}
        self.disk_full: threading.Event = threading.Event()
        #: Bytes that have come in this run.
        self.total: int = 0

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for one of the connections, and have it while inside."""
        if not self._slots.acquire(blocking=False):
            self._wait_for_slot()
        try:
            yield
        finally:
            self._slots.release()

    def _wait_for_slot(self) -> None:
        with self._lock:
            self.waiting += 1
        try:
            while not self._slots.acquire(timeout=0.2):
                self.check()
        finally:
            with self._lock:
                self.waiting -= 1

    @contextmanager
    def spare_slot(self) -> Iterator[bool]:
        """Have a connection that no file needs while inside; whether there is one."""
        free = not self.waiting and self._slots.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._slots.release()

    def stop(self) -> None:
        """Ask every thread to end, and close the connections that they wait for."""
        self.stopping.set()
        with self._lock:
            closers = list(self._closers.values())
        for close in closers:
            close()

    def check(self) -> None:
        """Raise Stopped if the run is to end."""
        if self.stopping.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleep, but not through a stop."""
        if self.stopping.wait(max(0.0, seconds)):
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Let all threads wait, as the server asks."""
        with self._lock:
            self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def wait_while_paused(self) -> None:
        """Wait as long as the server has asked for."""
        while (left := self._paused_until - time.monotonic()) > 0:
            self.wait(left)
        self.check()

    def received(self, count: int) -> None:
        """Count bytes, and wait if that was more than the bandwidth allows."""
        with self._lock:
            self.total += count
        if self._on_bytes is not None:
            self._on_bytes(count)
        if self._bandwidth is not None:
            self.wait(self._delay(count, self._bandwidth))
        elif self.stopping.is_set():
            raise Stopped

    def close_on_stop(self, key: int, close: Callable[[], None] | None) -> None:
        """Name what to close if a stop comes while a thread waits for bytes (None: no more)."""
        with self._lock:
            if close is None:
                self._closers.pop(key, None)
            else:
                self._closers[key] = close
        self.check()

    def _delay(self, count: int, bandwidth: float) -> float:
        """Seconds that `count` more bytes take at this bandwidth; idle time is not made up for."""
        now = time.monotonic()
        with self._lock:
            self._taken_until = max(self._taken_until, now) + count / bandwidth
            return self._taken_until - now
