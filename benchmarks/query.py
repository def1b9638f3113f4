"""Observations from the public call to the Table, beside astroquery: 10,000 to 500,000 rows.

CPU time of the client's process; both take turns at a server that has its pages of 50,000 rows
ready. ``python -m benchmarks query 100000`` for one size only.
"""

from __future__ import annotations

import sys

from .answers import PARAMS, prepared_pages
from .turns import take_turns

PAGE = 50_000
CASES = {  # rows: pairs, as the server sends it
    10_000: (7, ("plain", "gzip")),
    50_000: (5, ("plain", "gzip", "fields first")),
    100_000: (3, ("plain", "gzip")),
    500_000: (2, ("plain",)),
}
PROMISED = {"plain": 8, "gzip": 6, "fields first": 8}
CALL = f"mast.service_request('Mast.Caom.Filtered', {PARAMS!r}, pagesize={PAGE})"


def main() -> None:
    wanted = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    for rows in wanted or CASES:
        pairs, ways = CASES.get(rows, (3, ("plain",)))
        for way in ways:
            measure(rows, way, pairs)


def measure(rows: int, way: str, pairs: int) -> None:
    pages, size = -(-rows // PAGE), min(rows, PAGE)
    options = {"gzip": way == "gzip", "fields_first": way == "fields first"}
    with prepared_pages(pages, size, **options) as server:
        turns = take_turns(server, CALL, CALL, pairs=pairs)
    assert all(run.rows == rows for run in turns.ours)
    turns.report(f"query {rows} {way}", "cpu", PROMISED[way])


if __name__ == "__main__":
    main()
