"""``python -m benchmarks [NAME ...]``: run all benchmarks, or those named."""

from __future__ import annotations

import importlib
import sys

ALL = ["imports", "query", "decode", "paging", "products", "missions", "cones", "archive_cones"]


def main() -> None:
    # A number is for the benchmark itself: archive_cones 2000000.
    for name in [word for word in sys.argv[1:] if not word.isdecimal()] or ALL:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
