"""Worker threads that download many files at once, and share the largest files."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from topmast.download.control import RunSettings, Stopped
from topmast.download.fetch import Fetcher
from topmast.download.folder.part import Busy, part_path
from topmast.download.product import Product, Result

#: So long results are gathered, to be written down together.
GATHER_SECONDS = 0.03
#: Files that are smaller on average keep the processor busier than the link.
SMALL = 2 << 20
#: Threads to begin with for small files, and how often to see whether more would be of use.
FIRST_THREADS = 2
GROW_SECONDS = 0.015
#: Of one processor: above it, Python itself is the limit, and threads only wait for one another.
BUSY = 0.8
#: Between two tries at a file that another process is fetching.
BUSY_SECONDS = 0.1
#: Between two searches of a helper for files that want help.
HELP_SECONDS = 0.05
#: Over which the load of this machine is measured.
LOAD_SECONDS = 0.1


def fetch_all(products: Iterable[Product], fetcher: Fetcher) -> Iterator[list[Result]]:
    """The results as they come, in no order, those of one moment together.

    Ends at once when the run is stopped.
    """
    pool = Pool(products, fetcher)
    try:
        pool.start()
        while pool.left:
            if arrived := pool.arrived():
                with suppress(OSError):  # what is not written is checked again the next time
                    fetcher.index.flush()
                yield arrived
            elif fetcher.control.stopping.is_set():
                return
    finally:
        pool.end()


class Pool:
    """The threads of one run, and the products that wait for them."""

    def __init__(self, products: Iterable[Product], fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        fetcher.on_splittable = self._call_helpers
        settings = fetcher.settings
        self.waiting: deque[Product] = deque(products)
        self.left: int = len(self.waiting)
        self.fetching: int = 0
        # Twice as many as connections: while some receive, others check what has arrived and
        # wait for the disk.
        self.most_threads: int = min(self.left, 2 * settings.connections)
        self._changed = threading.Condition()
        self._busy_since: dict[str, tuple[float, float]] = {}
        self._results: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._helped = False
        self._grown = (time.monotonic(), time.process_time())

    def start(self) -> None:
        """Begin with all threads, or for small files with few."""
        sizes = [SMALL if product.size is None else product.size for product in self.waiting]
        small = sum(sizes) < SMALL * len(sizes)
        most = self.most_threads
        self._add_threads(self._fetch_waiting, min(FIRST_THREADS, most) if small else most)

    def arrived(self) -> list[Result]:
        """What has finished; empty if nothing has for a moment."""
        arrived: list[Result] = []
        try:
            while True:
                wait = GROW_SECONDS if self.fetching < self.most_threads else 0.2
                result = self._results.get(timeout=0 if arrived else wait)
                if isinstance(result, BaseException):
                    raise result
                arrived.append(result)
                self.left -= 1
                if len(arrived) == 1 and self.left:
                    time.sleep(GATHER_SECONDS)
        except queue.Empty:
            if self.left and self.fetching < self.most_threads:
                self._grow()
            return arrived

    def end(self) -> None:
        """Stop what still runs; wait a moment for threads to let go of their files."""
        unfinished = self.left > 0
        if unfinished:
            self.fetcher.control.stop()
        with self._changed:
            self.left = 0
            self._changed.notify_all()
        until = time.monotonic() + 0.5
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        with suppress(OSError):
            self.fetcher.index.flush()
        self.fetcher.sync_folders()

    def _grow(self) -> None:
        """Small files from near by keep the processor busy; else the link or the disk is what is
        waited for, and more threads wait better."""
        since, before = self._grown
        now, used = time.monotonic(), time.process_time()
        if now - since < GROW_SECONDS:
            return
        self._grown = now, used
        if used - before < BUSY * (now - since):
            more = min(self.most_threads - self.fetching, 3 * self.fetching)
            self._add_threads(self._fetch_waiting, more)

    def _add_threads(self, work: Callable[[], None], count: int) -> None:
        self.fetching += count if work == self._fetch_waiting else 0
        for _ in range(count):
            name = f"topmast download {len(self._threads)}"
            thread = threading.Thread(target=self._safely, args=(work,), name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system gives no more; those that run do the work
                if not self._threads:
                    raise
                return
            self._threads.append(thread)

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Stopped:
            return
        except BaseException as problem:  # a fault of ours must not leave the caller waiting
            self._results.put(problem)

    def _fetch_waiting(self) -> None:
        while not self.fetcher.control.stopping.is_set():
            with self._changed:  # a product may come back, if another process had its file
                if not self.left:
                    return
                if not self.waiting:
                    self._changed.wait(0.2)
                    continue
                product = self.waiting.popleft()
            try:
                self._results.put(self.fetcher.fetch(product))
            except Busy:
                self._postpone(product)

    def _call_helpers(self) -> None:
        """A large file can be fetched in parts: have threads for that."""
        with self._changed:
            if not self._helped and self.left:
                self._helped = True
                self._add_threads(self._help_all, self.fetcher.settings.connections - 1)
            self._changed.notify_all()

    def _help_all(self) -> None:
        load = Load(self.fetcher.settings, lambda: self.fetcher.control.total)
        joined = False  # who helps once goes on: without it the link would be the limit again
        while not self.fetcher.control.stopping.is_set() and self.left:
            joined = joined or not load.high
            if not joined or not self._help():
                with self._changed:
                    self._changed.wait(HELP_SECONDS)

    def _postpone(self, product: Product) -> None:
        """Another process has this file: the others first, then try again.

        If its unfinished file has not grown for a whole read limit, the row says so.
        """
        size = _size_of_part(self.fetcher, product)
        since, before = self._busy_since.get(product.path, (time.monotonic(), size))
        if size != before:
            since = time.monotonic()
        self._busy_since[product.path] = (since, size)
        if time.monotonic() - since > self.fetcher.settings.limits.read_seconds:
            message = "Another process is fetching this file and makes no progress."
            self._results.put(Result(product, "ERROR", message))
            return
        with self._changed:
            self.waiting.append(product)
            alone = len(self.waiting) <= len(self._threads)
        if alone:
            self.fetcher.control.wait(BUSY_SECONDS)

    def _help(self) -> bool:
        """Help with the file that has most left; False if none wants help, or it cannot be now."""
        wanted = [(transfer.wants_help(), transfer) for transfer in list(self.fetcher.active)]
        most, transfer = max(wanted, key=lambda want: want[0], default=(0, None))
        return bool(most) and transfer is not None and transfer.help()


def _size_of_part(fetcher: Fetcher, product: Product) -> float:
    try:
        return part_path(fetcher.index.folder / product.path).stat().st_size
    except OSError:
        return -1.0


class Load:
    """How busy this machine is: more connections help only while the link is what limits.

    `received` gives the bytes so far; `clock` the time and the processor time used so far.
    """

    def __init__(
        self,
        settings: RunSettings,
        received: Callable[[], int],
        clock: Callable[[], tuple[float, float]] = lambda: (time.monotonic(), time.process_time()),
    ) -> None:
        self._settings = settings
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
            if self._since is None or now - since >= LOAD_SECONDS:
                have = self._received()
                if self._since is not None:
                    busy = used - before > self._settings.most_load * (now - since)
                    self._high = busy or have - had > self._settings.enough * (now - since)
                self._since = now, used, have
            return self._high
