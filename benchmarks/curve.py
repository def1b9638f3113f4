"""500 files of 200 KB over 0, 2, 10, 20 and 50 ms, plain and with TLS, beside curl and aria2c.

The figures go into the results file, and from there into ``benchmarks/latency.png``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .downloads import ONCE, SMALL, Case, measure
from .link import Link
from .results import results

LATENCIES_MS = (0, 2, 10, 20, 50)
GOALS = {(20, False): 1.1, (10, False): 1.2, (50, False): 1.0, (50, True): 1.0, (10, True): 1.5}
PICTURE = Path(__file__).with_name("latency.png")
CLIENTS = {"topmast": "C0", "curl": "C1", "aria2c": "C2"}


def main() -> None:
    cases = [case(latency, tls) for tls in (False, True) for latency in LATENCIES_MS]
    measure(cases, without=ONCE)
    draw(results())


def case(latency_ms: float, tls: bool) -> Case:
    link = Link(f"{latency_ms} ms{', TLS' if tls else ''}", latency_ms, tls=tls)
    goal = GOALS.get((int(latency_ms), tls), 2.0)
    return Case(SMALL, link, goal, 0, to_memory=True, to_disk=False)


def draw(kept: Mapping[str, Any]) -> None:
    """The picture of the latest figures; none without them."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for place, tls in zip(axes, (False, True), strict=True):
        for client, colour in CLIENTS.items():
            points = _points(kept, client, tls)
            if points:
                latency, median, low, high = zip(*points, strict=True)
                place.fill_between(latency, low, high, color=colour, alpha=0.2, linewidth=0)
                place.plot(latency, median, "o-", color=colour, label=client)
        place.set_title("with TLS" if tls else "without TLS")
        place.set_xlabel("round trip [ms]")
        place.set_xticks(LATENCIES_MS)
        place.set_ylim(bottom=0)
        place.grid(alpha=0.3)
    axes[0].set_ylabel("500 files of 200 KB [s]")
    axes[0].legend()
    figure.savefig(PICTURE, dpi=110)
    print(f"{PICTURE} drawn")


def _points(kept: Mapping[str, Any], client: str, tls: bool) -> list[tuple[float, ...]]:
    found = [
        (one["link"]["latency_ms"], *(one["clients"][client]["wall"][each] for each in SPREAD))
        for name, one in kept.items()
        if name.startswith(f"files {SMALL.name}, ") and name.endswith("memory")
        if one["link"]["tls"] is tls and client in one["clients"]
    ]
    return sorted(found)


SPREAD = ("median", "low", "high")

if __name__ == "__main__":
    main()
