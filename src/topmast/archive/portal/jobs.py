"""Running queries: a client that polls gets EXECUTING until the result is ready.

A query that looks light is tried in the light lane, with few rows and a moment of time. What
proves heavier, or looks so, waits its turn in the heavy lane and never holds up light ones.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from topmast.archive.portal.answers import Answer
from topmast.archive.store.limits import TooHeavy, is_light
from topmast.errors import MastError

KEEP_SECONDS = 600.0
MOST_KEPT = 64
MOST_KEPT_BYTES = 256 << 20
LIGHT_THREADS = 2
HEAVY_THREADS = max(2, min(4, (os.cpu_count() or 1) + 1))
STOP_SECONDS = 2.0
CLOSING = "The archive is closing. Ask again later."
MOST_WAITING = 1000
MOST_WAITING_OF_ONE = 200
MOST_WAITING_BYTES = 128 << 20


class BusyError(MastError):
    """Too much is waiting already; the client should ask again later."""

    retry_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Work:
    """One query of one client, done in the light lane or in the heavy one.

    `light` is None for what is heavy by the look of it; `size` is the memory of the request. A
    `client` of None is this process itself, which needs no turns.
    """

    client: str | None
    light: Callable[[], Answer] | None
    heavy: Callable[[], Answer]
    size: int = 0


@dataclass(slots=True)
class _Job:
    future: Future[Answer]
    last_asked: float
    is_own: bool


class Jobs:
    """Runs each query once, however often the same request comes while it is under way.

    A result is handed out once and then forgotten; one that nobody fetches is kept for ten
    minutes, and only the last of them.
    """

    def __init__(self, heavy_threads: int = HEAVY_THREADS) -> None:
        self.heavy_threads = heavy_threads
        self._guard = threading.Lock()
        self._jobs: OrderedDict[bytes, _Job] = OrderedDict()
        self._closed = False
        self._make_lanes()

    def start(self, key: bytes, work: Work) -> Future[Answer]:
        """The query `key` names, under way or done; begun with `work` if it is new."""
        now = time.monotonic()
        with self._guard:
            self._forget_old(now)
            job = self._jobs.get(key)
            if job is None:
                if self._closed:
                    raise BusyError(CLOSING)
                job = self._jobs[key] = _Job(self._begin(work), now, work.client is None)
            job.last_asked = now
            return job.future

    def finish(self, key: bytes, future: Future[Answer]) -> None:
        """The result has been handed out."""
        with self._guard:
            job = self._jobs.get(key)
            if job is not None and job.future is future:
                del self._jobs[key]

    def close(self, wait_seconds: float = STOP_SECONDS) -> None:
        """Start nothing more.

        Queries of clients have a moment to end, and are then left; those of this process are
        finished first.
        """
        with self._guard:
            self._closed = True
            for job in self._jobs.values():
                if not job.is_own:
                    _fail(job.future, BusyError(CLOSING))
            self._jobs.clear()
        if self._process == os.getpid():
            for lane in (self._light, self._heavy):
                lane.close(wait_seconds)
            self._own.shutdown(wait=wait_seconds > 0, cancel_futures=True)

    def _begin(self, work: Work) -> Future[Answer]:
        if work.client is None:
            return self._own.submit(work.heavy)
        future: Future[Answer] = Future()
        if work.light is None:
            self._heavy.submit(work.client, lambda: _run(work.heavy, future), work.size)
        else:
            self._light.submit(work.client, lambda: self._try(work, future), work.size)
        return future

    def _try(self, work: Work, future: Future[Answer]) -> None:
        """Do it in the light lane; what is too heavy is begun again in the other."""
        token = is_light.set(True)
        try:
            assert work.light is not None
            future.set_result(work.light())
        except TooHeavy:
            try:
                self._heavy.submit(work.client or "", lambda: _run(work.heavy, future), work.size)
            except BusyError as problem:
                _fail(future, problem)
        except BaseException as problem:
            _fail(future, problem)
        finally:
            is_light.reset(token)

    def _make_lanes(self) -> None:
        self._process = os.getpid()
        self._light = Lane("light", LIGHT_THREADS, LIGHT_THREADS - 1)
        self._heavy = Lane("heavy", self.heavy_threads, self.heavy_threads - 1)
        self._own = ThreadPoolExecutor(HEAVY_THREADS, thread_name_prefix="topmast-query")

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
    if future.done():
        return
    try:
        future.set_result(work())
    except BaseException as problem:
        _fail(future, problem)


def _fail(future: Future[Answer], problem: BaseException) -> None:
    with suppress(InvalidStateError):  # it was given up meanwhile
        future.set_exception(problem)


def _size_of(future: Future[Answer]) -> int:
    """Memory that the result of a query which has ended takes."""
    if future.exception() is not None:
        return 0
    answer = future.result()
    return len(answer) if isinstance(answer, bytes) else 0


class _Task(NamedTuple):
    client: str
    work: Callable[[], None]
    size: int


@dataclass(slots=True)
class Lane:
    """Threads for one kind of work, shared fairly: clients take turns, however much each asks for.

    `share` is how many of the `threads` one client may have at once. The threads are daemons, so
    that no piece of work keeps the process from ending.
    """

    name: str
    threads: int
    share: int
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _waiting: OrderedDict[str, deque[_Task]] = field(default_factory=OrderedDict)
    _running: Counter[str] = field(default_factory=Counter)
    _waiting_count: int = 0
    _waiting_bytes: int = 0
    _started: int = 0
    _idle: int = 0
    _closed: bool = False

    def submit(self, client: str, work: Callable[[], None], size: int = 0) -> None:
        """Have `work` done in its turn; `size` is the memory that it holds while it waits."""
        with self._changed:
            self._check(len(self._waiting.get(client, ())), size)
            self._waiting.setdefault(client, deque()).append(_Task(client, work, size))
            self._waiting_count += 1
            self._waiting_bytes += size
            if self._idle < self._waiting_count and self._started < self.threads:
                self._started += 1
                name = f"topmast-{self.name}-{self._started}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
            self._changed.notify()

    def close(self, wait_seconds: float) -> None:
        """Take nothing more, drop what waits, and give what is under way so long to end."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._started == 0, wait_seconds)

    def _check(self, own_count: int, size: int) -> None:
        if self._closed:
            raise BusyError(CLOSING)
        if own_count >= MOST_WAITING_OF_ONE or self._waiting_count >= MOST_WAITING:
            raise BusyError(
                f"The archive is busy: {self._waiting_count} queries are waiting, {own_count} of "
                "them from your address. Ask again later."
            )
        if size and self._waiting_bytes + size > MOST_WAITING_BYTES:
            raise BusyError("The archive is busy with other large requests. Ask again later.")

    def _work(self) -> None:
        while (task := self._take()) is not None:
            try:
                task.work()
            finally:
                with self._changed:
                    self._running[task.client] -= 1
                    self._running += Counter()  # forgets whoever has nothing under way
                task = None
        with self._changed:
            self._started -= 1
            self._changed.notify_all()

    def _take(self) -> _Task | None:
        """The next piece of work, of the client whose turn it is; None at the end."""
        with self._changed:
            self._idle += 1
            try:
                while not self._closed:
                    for client, queue in self._waiting.items():
                        if self._running[client] < self.share:
                            return self._taken(client, queue)
                    self._changed.wait()
            finally:
                self._idle -= 1
        return None

    def _taken(self, client: str, queue: deque[_Task]) -> _Task:
        task = queue.popleft()
        if queue:
            self._waiting.move_to_end(client)
        else:
            del self._waiting[client]
        self._waiting_count -= 1
        self._waiting_bytes -= task.size
        self._running[client] += 1
        return task
