"""Running queries: a client that polls gets EXECUTING until the result is ready."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

KEEP_SECONDS = 600.0
MOST_KEPT = 64
THREADS = max(4, min(16, 2 * (os.cpu_count() or 1)))


@dataclass(slots=True)
class _Job:
    future: Future[bytes]
    last_asked: float


class Jobs:
    """Runs each query once, however often the same request comes while it is under way.

    A result is handed out once and then forgotten; one that nobody fetches is kept for ten
    minutes, and only the last of them.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._jobs: OrderedDict[bytes, _Job] = OrderedDict()
        self._process = os.getpid()
        self._threads: ThreadPoolExecutor | None = None
        self._closed = False

    def start(self, key: bytes, work: Callable[[], bytes]) -> Future[bytes]:
        """The query `key` names, under way or done; begun with `work` if it is new."""
        now = time.monotonic()
        with self._guard:
            self._forget_old(now)
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = _Job(self._pool().submit(work), now)
            job.last_asked = now
            return job.future

    def finish(self, key: bytes, future: Future[bytes]) -> None:
        """The result has been handed out."""
        with self._guard:
            job = self._jobs.get(key)
            if job is not None and job.future is future:
                del self._jobs[key]

    def close(self) -> None:
        """Start nothing more; wait for what is under way."""
        with self._guard:
            self._closed = True
            threads, self._threads = self._threads, None
            self._jobs.clear()
        if threads is not None and self._process == os.getpid():
            threads.shutdown(wait=True, cancel_futures=True)

    def _pool(self) -> ThreadPoolExecutor:
        if self._closed:
            raise RuntimeError("The archive has been closed.")
        if self._threads is None or self._process != os.getpid():
            # Threads do not cross a fork.
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="topmast-query")
            self._process = os.getpid()
        return self._threads

    def _forget_old(self, now: float) -> None:
        if self._process != os.getpid():
            self._jobs.clear()
        for key, job in list(self._jobs.items()):
            if now - job.last_asked > KEEP_SECONDS and job.future.done():
                del self._jobs[key]
        finished = [key for key, job in self._jobs.items() if job.future.done()]
        for key in finished[: max(0, len(finished) - MOST_KEPT)]:
            del self._jobs[key]
