"""``python -m benchmarks tables`` writes the table of speed in README.md from the results file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .results import results

__all__ = ["main", "speed_table", "with_table"]

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- speed: from benchmarks/results.json -->", "<!-- end of speed -->"
ROWS = {
    "query 10000 plain": "10,000 observations to a Table, CPU",
    "query 50000 plain": "50,000 observations, CPU",
    "query 50000 gzip": "the same, gzipped, CPU",
    "query 100000 plain": "100,000 observations, two pages, CPU",
    "query 500000 plain": "500,000 observations, ten pages, CPU",
    "pages": "five pages of 10,000 rows, 50 ms away",
    "products 20 calls": "products of 10,000 observations, 50 ms away; astroquery in 20 calls",
    "products one call": "the same; astroquery in one call",
    "files 500 x 200 KB, 50 ms, memory": "500 files of 200 KB, 50 ms away",
    "files 500 x 200 KB, 10 ms, memory": "the same, 10 ms away",
    "files 500 x 200 KB, 10 ms, TLS, memory": "the same, 10 ms away, TLS",
    "files 8 x 200 MB, 50 ms, disk": "8 files of 200 MB, 50 ms away",
}
PEERS = ("astroquery", "curl", "aria2c")


def main() -> None:
    kept = results()
    if kept:
        README.write_text(with_table(README.read_text(encoding="utf-8"), kept), encoding="utf-8")
        print(f"{README} written")
    else:
        print("There are no results yet.", file=sys.stderr)


def with_table(text: str, kept: Mapping[str, Any]) -> str:
    """The README with the table of these results between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{speed_table(kept)}{END}{after}"


def speed_table(kept: Mapping[str, Any]) -> str:
    """One line for each result that users care about, and below it the state of the machine."""
    chosen = {title: kept[name] for name, title in ROWS.items() if name in kept}
    lines = ["", f"| | topmast | {' | '.join(PEERS)} |", "|---|---|" + "---|" * len(PEERS)]
    for title, figure in chosen.items():
        cells = [_seconds(figure, "topmast"), *(_beside(figure, peer) for peer in PEERS)]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", _state(chosen), ""])


def _seconds(figure: Mapping[str, Any], client: str) -> str:
    return f"{figure['clients'][client][figure['what']]['median']:.2g} s"


def _beside(figure: Mapping[str, Any], peer: str) -> str:
    if peer not in figure["ratios"]:
        return ""
    ratio = figure["ratios"][peer]
    times = f"{ratio['median']:.2g} times, {ratio['low']:.2g} to {ratio['high']:.2g}"
    return f"{_seconds(figure, peer)} ({times})"


def _state(chosen: Mapping[str, Any]) -> str:
    machines = [figure["machine"] for figure in chosen.values()]
    if not machines:
        return ""
    loads = [machine["load"][0] for machine in machines if machine["load"]] or [0]
    loops = [machine["calibration"]["cpu"] for machine in machines]
    return (
        "Medians of runs in turns; in brackets how many times topmast's time that is, and the "
        f"spread of the pairs. Measured until {max(machine['date'] for machine in machines)} on "
        f"{machines[0]['cores']} cores at a load of {min(loads)} to {max(loads)}; a loop that is "
        f"always the same took {min(loops):.3f} to {max(loops):.3f} s meanwhile."
    )


if __name__ == "__main__":
    main()
