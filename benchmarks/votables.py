"""100,000 rows of 20 columns as VOTables: CPU time to write and to read, beside astropy."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from astropy.io import votable
from astropy.table import MaskedColumn, Table

from topmast.wire.votable.reading import read_votable
from topmast.wire.votable.tables import encode_table

from .results import Measured, record

ROWS, RUNS = 100_000, 5
FORMATS = {"TABLEDATA": False, "BINARY2": True}
PROMISED = {"write TABLEDATA": 9, "write BINARY2": 36, "read TABLEDATA": 6, "read BINARY2": 6}
"""18 s of astropy's in 2 and in 0.5 s, 4 s in 0.7 s."""


def main() -> None:
    table = made_table(ROWS)
    for format, is_binary in FORMATS.items():
        content = encode_table(table, binary=is_binary)
        ours, theirs = _writers(table, format, is_binary), _readers(content)
        for what, (topmast, astropy) in {"write": ours, "read": theirs}.items():
            name = f"{what} {format}"
            runs = {"topmast": [_run(topmast) for _ in range(RUNS + 1)][1:]}
            runs["astropy"] = [_run(astropy)] * RUNS
            record(f"votable {name}", "cpu", runs, promised=PROMISED[name])


def made_table(rows: int) -> Table:
    """Numbers of all kinds, truth values and texts, some of each missing."""
    random = np.random.default_rng(1)

    def some_missing(values: Any) -> MaskedColumn:
        return MaskedColumn(values, mask=random.random(rows) < 0.1)

    numbers = random.integers(0, 10**9, (rows, 4)).T
    columns = {f"double{n}": some_missing(random.normal(size=rows)) for n in range(8)}
    columns |= {f"float{n}": random.normal(size=rows).astype("f4") for n in range(2)}
    columns |= {f"long{n}": some_missing(values) for n, values in enumerate(numbers)}
    columns |= {"truth": random.random(rows) < 0.5}
    columns |= {
        f"text{n}": some_missing([f"object {row % 10 ** (n + 2)}" for row in range(rows)])
        for n in range(5)
    }
    return Table(columns, masked=True)


def _writers(table: Table, format: str, is_binary: bool) -> tuple[Callable[[], object], ...]:
    def by_astropy() -> None:
        table.write(io.BytesIO(), format="votable", tabledata_format=format.lower())

    return lambda: encode_table(table, binary=is_binary), by_astropy


def _readers(content: bytes) -> tuple[Callable[[], object], ...]:
    def by_astropy() -> object:
        return votable.parse_single_table(io.BytesIO(content)).to_table()

    return lambda: read_votable(content).to_table(), by_astropy


def _run(call: Callable[[], object]) -> Measured:
    wall, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call()
    return Measured(time.perf_counter() - wall, time.process_time() - cpu, 0)


if __name__ == "__main__":
    main()
