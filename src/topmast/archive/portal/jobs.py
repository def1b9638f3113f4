"""Queries at work: a client that will not wait is told EXECUTING and asks again for the result.

A query that looks light is tried in the light lane, with few rows and a moment of time. What
proves heavier, or looks so, waits its turn in the heavy lane and never holds up light ones.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from topmast.archive.portal.answers import Answer
from topmast.archive.server.threads import Lane
from topmast.archive.store.limits import TooHeavy, is_light

KEEP_SECONDS = 600.0
MOST_KEPT = 64
MOST_KEPT_BYTES = 256 << 20
LIGHT_THREADS = 4
HEAVY_THREADS = max(2, min(4, (os.cpu_count() or 1) + 1))
STOP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Work:
    """One query of one client, done in the light lane or in the heavy one.

    `light` is None for what is heavy by the look of it; `size` is the memory of the request.
    """

    client: str
    light: Callable[[], Answer] | None
    heavy: Callable[[], Answer]
    size: int = 0


@dataclass(slots=True)
class _Job:
    future: Future[Answer]
    last_asked: float


class Jobs:
    """Runs each query once, however often the same request comes while it is under way.

    A result is handed out once and then forgotten; one that nobody fetches is kept for ten
    minutes, and only the last of them.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._jobs: OrderedDict[bytes, _Job] = OrderedDict()
        self._closed = False
        self._make_lanes()

    def start(self, key: bytes, work: Work) -> Future[Answer]:
        """The query `key` names, under way or done; begun with `work` if it is new.

        Raises
        ------
        BusyError
            If too many wait already.
        """
        now = time.monotonic()
        with self._guard:
            self._forget_old(now)
            job = self._jobs.get(key)
            if job is None:
                if self._closed:
                    raise RuntimeError("The archive has been closed.")
                job = _Job(Future(), now)
                self._begin(work, job.future)
                self._jobs[key] = job
            job.last_asked = now
            return job.future

    def finish(self, key: bytes, future: Future[Answer]) -> None:
        """The result has been handed out."""
        with self._guard:
            job = self._jobs.get(key)
            if job is not None and job.future is future:
                del self._jobs[key]

    def close(self) -> None:
        """Start nothing more; what is under way has a moment to end, and is then left."""
        with self._guard:
            self._closed = True
            for job in self._jobs.values():
                job.future.cancel()
            self._jobs.clear()
        if self._process == os.getpid():
            for lane in (self._light, self._heavy):
                lane.close(STOP_SECONDS)

    def _begin(self, work: Work, future: Future[Answer]) -> None:
        if work.light is None:
            self._heavy.submit(work.client, lambda: _run(work.heavy, future), work.size)
        else:
            self._light.submit(work.client, lambda: self._try(work, future), work.size)

    def _try(self, work: Work, future: Future[Answer]) -> None:
        """Do it in the light lane; what is too heavy is begun again in the other."""
        token = is_light.set(True)
        try:
            assert work.light is not None
            future.set_result(work.light())
        except TooHeavy:
            try:
                self._heavy.submit(work.client, lambda: _run(work.heavy, future), work.size)
            except Exception as problem:
                future.set_exception(problem)
        except BaseException as problem:
            _fail(future, problem)
        finally:
            is_light.reset(token)

    def _make_lanes(self) -> None:
        self._process = os.getpid()
        self._light = Lane("light", LIGHT_THREADS, LIGHT_THREADS - 1)
        self._heavy = Lane("heavy", HEAVY_THREADS, HEAVY_THREADS - 1)

    def _forget_old(self, now: float) -> None:
        if self._process != os.getpid():
            # Threads do not cross a fork.
            self._jobs.clear()
            self._make_lanes()
        finished = [(key, job) for key, job in self._jobs.items() if job.future.done()]
        kept_bytes = 0
        for number, (key, job) in enumerate(reversed(finished), start=1):
            kept_bytes += _size_of(job.future)
            too_many = number > MOST_KEPT or kept_bytes > MOST_KEPT_BYTES
            if now - job.last_asked > KEEP_SECONDS or (number > 1 and too_many):
                del self._jobs[key]


def _run(work: Callable[[], Answer], future: Future[Answer]) -> None:
    if future.cancelled():
        return
    try:
        future.set_result(work())
    except BaseException as problem:
        _fail(future, problem)


def _fail(future: Future[Answer], problem: BaseException) -> None:
    with suppress(Exception):  # it was cancelled meanwhile
        future.set_exception(problem)


def _size_of(future: Future[Answer]) -> int:
    """Memory that the result of a query which has ended takes."""
    if future.cancelled() or future.exception() is not None:
        return 0
    answer = future.result()
    return len(answer) if isinstance(answer, bytes) else 0
