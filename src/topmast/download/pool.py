"""Many files at once: worker threads that fetch, and help one another with the largest."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from topmast.download.control import Stopped
from topmast.download.fetch import Fetcher
from topmast.download.folder.part import Busy
from topmast.download.job import Job, Outcome
from topmast.download.load import Load

#: So long outcomes are gathered, to be written down together.
GATHER_SECONDS = 0.03
#: Files that are smaller on average keep the processor busier than the link.
SMALL = 2 << 20
#: Threads to begin with for small files, and how often to see whether more would be of use.
FIRST_THREADS = 2
LOOK_AGAIN_SECONDS = 0.015
#: Of one processor: above it, Python itself is the limit, and threads only wait for one another.
BUSY = 0.8
#: Between two looks at a file that another process has in hand.
BUSY_SECONDS = 0.1
#: Between two looks of a helper at files that may want help.
LOOK_SECONDS = 0.05


def run_jobs(jobs: Iterable[Job], fetcher: Fetcher) -> Iterator[list[Outcome]]:
    """The outcomes as they come, in no order, those of one moment together.

    Ends at once when the run is stopped.
    """
    pool = _Pool(jobs, fetcher)
    try:
        yield from pool.outcomes()
    finally:
        pool.end()


class _Pool:
    def __init__(self, jobs: Iterable[Job], fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        self.changed = threading.Condition()
        self.fetcher.on_splittable = self._call_helpers
        self.load = Load(fetcher.rules, lambda: fetcher.control.total)
        self.waiting = deque(jobs)
        self.left = len(self.waiting)
        self.busy_since: dict[str, tuple[float, float]] = {}
        self.results: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
        self.threads: list[threading.Thread] = []
        self.helped = False
        self.fetching = 0
        self.most_threads = self._most_threads()
        self.used = 0.0
        self.looked = (time.monotonic(), self.used)

    def outcomes(self) -> Iterator[list[Outcome]]:
        self._start_threads()
        while self.left:
            arrived = self._arrived()
            self._start_more_threads()
            if arrived:
                self._write_index()
                yield arrived
            elif self.fetcher.control.stopping:
                return

    def _arrived(self) -> list[Outcome]:
        """What has finished; empty if nothing has for a moment."""
        arrived: list[Outcome] = []
        try:
            while True:
                result = self.results.get(timeout=0 if arrived else self._patience())
                if isinstance(result, BaseException):
                    raise result
                arrived.append(result)
                self.left -= 1
                if len(arrived) == 1 and self.left:
                    time.sleep(GATHER_SECONDS)
        except queue.Empty:
            return arrived

    def _write_index(self) -> None:
        """As far as the disk allows: what is not written down is looked at anew the next time."""
        with suppress(OSError):
            self.fetcher.index.flush()

    def end(self) -> None:
        """Stop what still runs; wait a moment for threads to let go of their files."""
        unfinished = self.left > 0
        if unfinished:
            self.fetcher.control.stop()
        with self.changed:
            self.left = 0
            self.changed.notify_all()
        until = time.monotonic() + 0.5
        for thread in self.threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._write_index()
        self.fetcher.sync_folders()

    def _most_threads(self) -> int:
        """Twice as many as connections: while some receive, others look at what has arrived and
        wait for the disk."""
        return min(len(self.waiting), 2 * self.fetcher.rules.connections)

    def _start_threads(self) -> None:
        sizes = [job.size if job.size is not None else SMALL for job in self.waiting]
        small = sum(sizes) < SMALL * len(sizes)
        self._fetch_with(min(FIRST_THREADS, self.most_threads) if small else self.most_threads)

    def _start_more_threads(self) -> None:
        """Small files from near by keep the processor busy; else the link or the disk is what is
        waited for, and more threads wait better."""
        missing = self.most_threads - self.fetching
        since, before = self.looked
        now, used = time.monotonic(), self.used
        if missing <= 0 or now - since < LOOK_AGAIN_SECONDS:
            return
        self.looked = now, used
        if used - before < BUSY * (now - since):
            self._fetch_with(min(missing, 3 * self.fetching))

    def _patience(self) -> float:
        """How long to wait for the next outcome."""
        return LOOK_AGAIN_SECONDS if self.fetching < self.most_threads else 0.2

    def _fetch_with(self, more: int) -> None:
        self.fetching += more
        self._add_threads(self._fetch_all, more)

    def _add_threads(self, work: Callable[[], None], count: int) -> None:
        for _ in range(count):
            name = f"topmast download {len(self.threads)}"
            thread = threading.Thread(target=self._safely, args=(work,), name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system gives no more; those that run do the work
                if not self.threads:
                    raise
                return
            self.threads.append(thread)

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Stopped:
            return
        except BaseException as problem:  # a fault of ours must not leave the caller waiting
            self.results.put(problem)

    def _fetch_all(self) -> None:
        while not self.fetcher.control.stopping:
            job = self._next_job()
            if job is not None:
                before = time.thread_time()
                self._fetch(job)
                with self.changed:
                    self.used += time.thread_time() - before
                continue
            with self.changed:  # a job may come back, if another process had its file in hand
                if not self.left:
                    return
                if not self.waiting:
                    self.changed.wait(0.2)

    def _call_helpers(self) -> None:
        """A large file can be fetched in parts: have threads for that."""
        with self.changed:
            if not self.helped and self.left:
                self.helped = True
                self._add_threads(self._help_all, self.fetcher.rules.helpers)
            self.changed.notify_all()

    def _help_all(self) -> None:
        joined = False  # who helps once goes on: without it the link would be the limit again
        while not self.fetcher.control.stopping and self.left:
            joined = joined or not self.load.high
            if not joined or not self._help():
                with self.changed:
                    self.changed.wait(LOOK_SECONDS)

    def _next_job(self) -> Job | None:
        with self.changed:
            return self.waiting.popleft() if self.waiting else None

    def _fetch(self, job: Job) -> None:
        try:
            outcome = self.fetcher.fetch(job)
        except Busy:
            self._put_off(job)
            return
        self.results.put(outcome)

    def _put_off(self, job: Job) -> None:
        """Another process has this file: the others first, then look again.

        If its unfinished file has not grown for a whole read limit, the row says so.
        """
        size = _size_of_part(self.fetcher, job)
        since, before = self.busy_since.get(job.path, (time.monotonic(), size))
        if size != before:
            since = time.monotonic()
        self.busy_since[job.path] = (since, size)
        if time.monotonic() - since > self.fetcher.rules.limits.read_seconds:
            message = "Another process has this file in hand and does not get on with it."
            self.results.put(Outcome(job, "ERROR", message))
            return
        with self.changed:
            self.waiting.append(job)
            alone = len(self.waiting) <= len(self.threads)
        if alone:
            self.fetcher.control.wait(BUSY_SECONDS)

    def _help(self) -> bool:
        """Help with the file that has most left; False if none wants help."""
        wishes = [(transfer.wants_help(), transfer) for transfer in list(self.fetcher.active)]
        most, transfer = max(wishes, key=lambda wish: wish[0], default=(0, None))
        if not most or transfer is None:
            return False
        transfer.help()
        return True


def _size_of_part(fetcher: Fetcher, job: Job) -> float:
    from topmast.download.folder.part import part_path

    try:
        return part_path(fetcher.index.folder / job.path).stat().st_size
    except OSError:
        return -1.0
