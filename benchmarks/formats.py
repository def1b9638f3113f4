"""50,000 observations as JSON, extjs and CSV: CPU time of the archive's writers, in turns."""

from __future__ import annotations

import random
import time

from topmast.archive.portal.answers import FORMATS
from topmast.tables.fields import CONE
from topmast.wire.answers import Paging

from .observations import SEED, observation
from .results import Measured, record

ROWS, RUNS = 50_000, 5
WRITERS = {"json": "topmast", "extjs": "extjs", "csv": "csv"}
"""JSON is what the others are measured by."""


def main() -> None:
    chance = random.Random(SEED)
    rows = [tuple(observation(number, chance)) for number in range(ROWS)]
    columns = [(field.name, field.type) for field in CONE]
    runs: dict[str, list[Measured]] = {name: [] for name in WRITERS.values()}
    for _ in range(RUNS + 1):
        for word, name in WRITERS.items():
            wall, cpu = time.perf_counter(), time.process_time()
            size = len(FORMATS[word].encode(columns, rows, Paging()))
            run = Measured(time.perf_counter() - wall, time.process_time() - cpu, size / 1e6)
            runs[name].append(run)
    warm = {name: taken[1:] for name, taken in runs.items()}
    record("formats", "cpu", warm, promised=4, note="topmast stands for JSON")


if __name__ == "__main__":
    main()
