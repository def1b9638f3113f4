"""Wait and work in threads, whether an event loop drives the app or a plain function call does.

In a server, asyncio drives the app and nothing may block. In process (see transport.py) the app
is driven by hand, in the caller's own thread, which has nothing else to do and may well wait.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from topmast.errors import MastError

in_process: ContextVar[bool] = ContextVar("in_process", default=False)
"""True while transport.py drives the app."""

Result = TypeVar("Result")


async def in_thread(function: Callable[[], Result], lane: Executor | None = None) -> Result:
    """What `function` gives; it may block. Long work has a `lane` of threads of its own."""
    if in_process.get():
        return function()
    return await asyncio.get_running_loop().run_in_executor(lane, function)


async def result_within(future: Future[Result], seconds: float) -> Result:
    """The result of `future`, or TimeoutError when it is not ready in time; it goes on running."""
    if in_process.get() or future.done():
        return future.result(timeout=seconds)
    waiting = asyncio.wrap_future(future)
    done, _ = await asyncio.wait([waiting], timeout=seconds)
    if not done:
        # Cancelling what asyncio made of it would cancel the work itself.
        waiting.add_done_callback(_look_at_outcome)
        raise TimeoutError
    return waiting.result()


def _look_at_outcome(waiting: asyncio.Future[Result]) -> None:
    """Take note of an exception nobody waits for, so that asyncio does not complain of it."""
    if not waiting.cancelled():
        waiting.exception()


# ------------------------------------------------------------------------------------- lanes

MOST_WAITING = 1000
MOST_WAITING_OF_ONE = 200
MOST_WAITING_BYTES = 128 << 20


class BusyError(MastError):
    """Too much is waiting already; the client should ask again later."""

    retry_seconds = 5.0


@dataclass(frozen=True, slots=True)
class _Task:
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
        """Have `work` done in its turn; `size` is the memory that it holds while it waits.

        Raises
        ------
        BusyError
            If too much is waiting, of this client or of all.
        """
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
            raise RuntimeError("The archive has been closed.")
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
                    self._changed.notify_all()
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
