"""Wait and work in threads, whether an event loop drives the app or a plain function call does.

In a server, asyncio drives the app and nothing may block. In process (see transport.py) the app
is driven by hand, in the caller's own thread, which has nothing else to do and may well wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextvars import ContextVar
from typing import TypeVar

in_process: ContextVar[bool] = ContextVar("in_process", default=False)
"""True while transport.py drives the app."""

Result = TypeVar("Result")


async def in_thread(function: Callable[[], Result], lane: Executor | None = None) -> Result:
    """What `function` gives; it may block. Long work has a `lane` of threads of its own."""
    if in_process.get():
        return function()
    return await asyncio.get_running_loop().run_in_executor(lane, function)


async def pause(seconds: float) -> None:
    """Wait for so long, without holding up anybody else."""
    if in_process.get():
        time.sleep(seconds)
    else:
        await asyncio.sleep(seconds)


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
