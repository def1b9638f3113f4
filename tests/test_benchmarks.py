"""The table of speed in README.md says what was measured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from benchmarks import curve, results, tables


@dataclass(frozen=True)
class Run:
    wall: float
    cpu: float = 1.0
    megabytes: float = 10.0


OURS, CURL, ARIA2C = [Run(1.0), Run(2.0), Run(4.0)], [Run(2.0)] * 3, [Run(1.0)] * 3
FILES = "files 500 x 200 KB, 10 ms, memory"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(results, "FILE", tmp_path / "results.json")
    runs = {"topmast": OURS, "curl": CURL, "aria2c": ARIA2C, "astroquery": [Run(9.0)]}
    best = results.best_ratios(runs, ("curl", "aria2c"), "wall")
    results.record(
        FILES, "wall", runs, promised=1.2, best=best, link={"latency_ms": 10, "tls": False}
    )
    return results.results()


def test_a_figure_has_the_spread_of_its_pairs_and_the_state_of_the_machine(
    kept: dict[str, Any],
) -> None:
    figure = kept[FILES]

    assert figure["ratios"]["curl"] == {"median": 1.0, "low": 0.5, "high": 2.0}
    assert figure["ratios"]["astroquery"]["median"] == 9.0
    assert figure["best"] == {"median": 2.0, "low": 1.0, "high": 4.0}
    assert figure["clients"]["topmast"]["wall"] == {"median": 2.0, "low": 1.0, "high": 4.0}
    assert 0 < figure["machine"]["calibration"]["cpu"] < 60


def test_the_table_replaces_what_stands_between_its_marks(kept: dict[str, Any]) -> None:
    text = f"before\n{tables.BEGIN}\nold\n{tables.END}\nafter\n"

    written = tables.with_table(text, kept)

    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "old" not in written
    assert (
        "| the same, 10 ms away | 2 s | 9 s (9 times, 9 to 9) | 2 s (1 times, 0.5 to 2) |"
        in written
    )
    assert tables.with_table(written, kept) == written


def test_the_readme_has_the_marks_and_the_latest_table() -> None:
    text = tables.README.read_text(encoding="utf-8")

    assert text.count(tables.BEGIN) == text.count(tables.END) == 1
    found = Path(results.__file__).with_name("results.json")
    if found.exists():
        latest = json.loads(found.read_text(encoding="utf-8"))
        assert tables.with_table(text, latest) == text, "run python -m benchmarks tables"


def test_the_curve_is_drawn(
    kept: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curve, "PICTURE", tmp_path / "latency.png")

    curve.draw(kept)

    assert (tmp_path / "latency.png").read_bytes().startswith(b"\x89PNG")
