"""What was measured, kept in a file beside the state of the machine it was measured on.

Each figure has the runs of all clients, taken in turns, and so the ratios of pairs; the load of
the machine, and the time of a loop that is always the same, tell how far it can be trusted.
``TOPMAST_BENCH_RESULTS`` names another file than ``benchmarks/results.json``.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Measured", "best_ratios", "calibration", "record", "results"]

FILE = Path(os.environ.get("TOPMAST_BENCH_RESULTS", Path(__file__).with_name("results.json")))
OURS = "topmast"


class Run(Protocol):
    """Wall and CPU seconds of one call, and megabytes: what memory grew by, or its peak."""

    @property
    def wall(self) -> float: ...
    @property
    def cpu(self) -> float: ...
    @property
    def megabytes(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Measured:
    """A run of which nothing else is known."""

    wall: float
    cpu: float
    megabytes: float


def record(
    name: str,
    what: str,
    runs: Mapping[str, Sequence[Run]],
    *,
    promised: float | None = None,
    note: str = "",
    **more: Any,
) -> None:
    """Print a figure and keep it under its name.

    Parameters
    ----------
    what : {"cpu", "wall"}
        What the ratios are of.
    runs : mapping
        The runs of each client, ours under "topmast"; the n-th of all make a round.
    promised : float, optional
        The ratio that was promised.
    """
    figure: dict[str, Any] = {
        "what": what,
        "clients": {client: _summary(taken) for client, taken in runs.items() if taken},
        "ratios": {
            client: _spread(_ratios(runs[OURS], taken, what))
            for client, taken in runs.items()
            if taken and client != OURS
        },
        "promised": promised,
        "note": note,
        **more,
        "machine": _machine(),
    }
    _print(name, figure)
    kept = results()
    kept[name] = figure
    FILE.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def results() -> dict[str, Any]:
    """All figures that have been kept, by their names."""
    return dict(json.loads(FILE.read_text(encoding="utf-8"))) if FILE.exists() else {}


def best_ratios(runs: Mapping[str, Sequence[Run]], peers: Sequence[str], what: str) -> Any:
    """Ours over the best of the peers, round by round; None without peers."""
    there = [runs[peer] for peer in peers if runs.get(peer)]
    if not there:
        return None
    best = [min(getattr(run, what) for run in each) for each in zip(*there, strict=True)]
    ours = [getattr(run, what) for run in runs[OURS]]
    return _spread([mine / peer for mine, peer in zip(ours, best, strict=True)])


def calibration() -> dict[str, float]:
    """CPU and wall seconds of a fixed loop, the best of three: how fast the machine is now."""
    best = (float("inf"), float("inf"))
    block = bytes(1 << 20)
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        total = 0
        for number in range(400_000):
            total += number * number % 7
        for _ in range(20):
            hashlib.sha256(block).digest()
        best = min(best, (time.process_time() - cpu, time.perf_counter() - wall))
    return {"cpu": round(best[0], 4), "wall": round(best[1], 4)}


def _machine() -> dict[str, Any]:
    return {
        "load": [round(load, 1) for load in os.getloadavg()] if hasattr(os, "getloadavg") else [],
        "calibration": calibration(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
    }


def _summary(runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "wall": _spread([run.wall for run in runs]),
        "cpu": _spread([run.cpu for run in runs]),
        "megabytes": round(max(run.megabytes for run in runs)),
        "runs": len(runs),
    }


def _ratios(ours: Sequence[Run], theirs: Sequence[Run], what: str) -> list[float]:
    pairs = zip(ours, theirs, strict=False)  # slow peers take part in the first rounds only
    return [getattr(their, what) / getattr(our, what) for our, their in pairs]


def _spread(values: Sequence[float]) -> dict[str, float]:
    figures = {"median": statistics.median(values), "low": min(values), "high": max(values)}
    return {name: float(f"{value:.4g}") for name, value in figures.items()}


def _print(name: str, figure: Mapping[str, Any]) -> None:
    machine, what = figure["machine"], figure["what"]
    calibrated = machine["calibration"]["cpu"]
    print(f"{name}: {what}; load {machine['load'][:1]}, calibration {calibrated:.3f} s")
    for client, taken in figure["clients"].items():
        said = " ".join(f"{each} {_said(taken[each])} s" for each in ("wall", "cpu"))
        ratio = figure["ratios"].get(client)
        beside = f"   {_said(ratio)} of ours" if ratio else ""
        print(f"  {client:<11} {said}  {taken['megabytes']} MB{beside}")
    if figure.get("best"):
        print(f"  ours / best of the peers: {_said(figure['best'])}")
    if figure["promised"] is not None:
        print(f"  promised: {figure['promised']:g}", flush=True)


def _said(spread: Mapping[str, float]) -> str:
    return f"{spread['median']:.3f} ({spread['low']:.3f} to {spread['high']:.3f})"
