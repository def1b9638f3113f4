"""Two clients, each in a process of its own, that ask one server the same and take turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .results import record

__all__ = ["Run", "Turns", "caller", "take_turns"]

NO_PEER = "not measured: install astroquery here, or name an interpreter in TOPMAST_PEER_PYTHON"

HARNESS = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
SERVER = sys.argv[1]

def peak_megabytes():
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1e3
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3

{setup}

def call():
    return {call}

before = peak_megabytes()
print("ready", flush=True)
for line in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rows = len(result)
    del result
    run = {{"wall": wall, "cpu": cpu, "rows": rows, "megabytes": peak_megabytes() - before}}
    print("run " + json.dumps(run), flush=True)
"""

TOPMAST = """
from topmast import connect
client = connect(SERVER)
observations, mast, missions = client.observations, client.mast, client.missions
import astropy.coordinates, astropy.table
"""
ASTROQUERY = """
from astroquery.mast import Mast, MastMissions, Observations
observations, mast, missions = Observations, Mast, MastMissions
import astropy.coordinates, astropy.table
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One call: wall and CPU seconds, rows of the table, and how far memory has grown."""

    wall: float
    cpu: float
    rows: int
    megabytes: float


@dataclass(frozen=True, slots=True)
class Turns:
    """Runs in pairs, ours and the peer's; `theirs` is empty where there is no peer."""

    ours: Sequence[Run]
    theirs: Sequence[Run]

    def report(self, name: str, what: str, promised: float, **more: Any) -> None:
        """Print and keep the medians of "cpu" or "wall", and how many times less ours is."""
        if not self.theirs:
            print(f"  astroquery: {NO_PEER}")
        runs = {"topmast": self.ours, "astroquery": self.theirs}
        record(name, what, runs, promised=promised, rows=self.ours[-1].rows, **more)


def take_turns(server: str, ours: str, theirs: str | None, *, pairs: int) -> Turns:
    """Both expressions, one after the other, `pairs` times after one run of each to warm up.

    They are Python over the names ``observations``, ``mast``, ``missions``, ``client`` (ours)
    and ``astropy``. Without the peer's expression ours runs alone.
    """
    with _topmast(server, ours) as mine, _astroquery(server, theirs or "[]") as peer:
        if peer is None or theirs is None:
            return Turns([mine() for _ in range(pairs + 1)][1:], [])
        both = [(mine(), peer()) for _ in range(pairs + 1)][1:]
    return Turns([run for run, _ in both], [run for _, run in both])


@contextmanager
def caller(
    python: str, server: str, setup: str, call: str, **environment: str
) -> Iterator[Callable[[], Run] | None]:
    """A process that makes the call once each time it is told to; None if it cannot start."""
    code = HARNESS.format(setup=setup, call=call)
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [python, "-c", code, server], env=os.environ | environment, stderr=errors, **pipes
        ) as process,
    ):
        assert process.stdin is not None
        ready = _line(process, "ready") is not None

        def run() -> Run:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            line = _line(process, "run ")
            if line is None:
                errors.seek(0)
                raise RuntimeError(f"A client failed:\n{errors.read()[-2000:]}")
            return Run(**json.loads(line))

        try:
            yield run if ready else None
        finally:
            process.stdin.close()


@contextmanager
def _topmast(server: str, call: str) -> Iterator[Callable[[], Run]]:
    with caller(sys.executable, server, TOPMAST, call) as run:
        assert run is not None, "topmast does not start"
        yield run


@contextmanager
def _astroquery(server: str, call: str) -> Iterator[Callable[[], Run] | None]:
    """The unmodified client; it reads its configuration, with the server, when imported."""
    python = os.environ.get("TOPMAST_PEER_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "astropy"
        folder.mkdir()
        (folder / "astroquery.cfg").write_text(f"[mast]\nserver = {server}\n")
        with caller(python, server, ASTROQUERY, call, XDG_CONFIG_HOME=home) as run:
            yield run


def _line(process: subprocess.Popen[str], start: str) -> str | None:
    """What follows `start` on the next line that begins so; other lines are a client's talk."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(start):
            return line.removeprefix(start)
    return None
