"""``python -m benchmarks [NAME ...]``: run all benchmarks, or those named.

All take about a quarter of an hour. The figures go into benchmarks/results.json, and from there
into the table of README.md and the picture of the curve.
"""

from __future__ import annotations

import importlib.util
import sys
import time

ALL = [
    "imports",
    "formats",
    "votables",
    "query",
    "paging",
    "products",
    "missions",
    "archive_cones",
    "downloads",
    "curve",
    "tables",
]


def main() -> None:
    # A number is for the benchmark itself, such as archive_cones 2000000.
    words = [word for word in sys.argv[1:] if not word.isdecimal()]
    names = [word for word in words if importlib.util.find_spec(f"benchmarks.{word}")]
    for name in names or ALL:
        started = time.monotonic()
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
        print(f"== {name} took {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
