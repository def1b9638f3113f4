"""After a failure: whether to try again, and how long to wait before."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from topmast.download.control import Control, RunSettings
from topmast.net.retry import wait_seconds, wait_when_busy

#: A server that asks for a longer rest is left alone.
LONGEST_WAIT = 600.0
RANDOM = Random()
#: Statuses of a server that needs a rest, for all files.
BUSY = ("202", "429", "503")


class Problem(Exception):
    """A transfer stopped; `status`: the code and words of an HTTP error, if it is one."""

    def __init__(self, reason: str, status: str = "", wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.wait_seconds = wait_seconds


class Retry(Problem):
    """The same request may succeed later."""


class Restart(Retry):
    """What was received so far is useless."""


class Failed(Problem):
    """It will fail again."""


@dataclass
class Backoff:
    """Counts the failures of one file in a row, waits after each, and ends after too many."""

    settings: RunSettings
    control: Control
    failures: int = 0
    attempts: int = 0

    def wait_after(self, problem: Retry, *, progress: bool, late: bool) -> None:
        """Wait before the next attempt; raises Failed when there is to be none.

        `progress`: the failed attempt brought bytes, so the count of failures starts over.
        `late`: the time limit of the file has passed.
        """
        self.attempts += 1
        self.failures = 0 if progress else self.failures + 1
        if self.failures >= self.settings.tries or late:
            tried = f" Tried {self.attempts} times." if self.attempts > 1 else ""
            raise Failed(f"{problem}{tried}", problem.status) from problem
        asked = problem.wait_seconds
        if asked is not None and asked > LONGEST_WAIT:
            raise Failed(f"{problem} It asks to wait {asked:.0f} s.", problem.status) from problem
        seconds = wait_seconds(max(self.failures, 1), RANDOM, asked)
        if asked is None and problem.status[:3] in BUSY:
            seconds = wait_when_busy(max(self.failures, 1), RANDOM)
        if asked is not None or problem.status[:3] in BUSY:
            self.control.pause(seconds)
        self.control.wait(seconds)
