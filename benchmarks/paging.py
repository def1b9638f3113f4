"""Five pages of 10,000 observations at 50 ms a request, beside astroquery on the same server.

Wall time of the same call, both taking turns; the server has its answers ready.
"""

from __future__ import annotations

from .answers import PARAMS, prepared_pages
from .turns import take_turns

PAGES, ROWS, LATENCY_MS, PAIRS, PROMISED = 5, 10_000, 50, 5, 2
CALL = f"mast.service_request('Mast.Caom.Filtered', {PARAMS!r}, pagesize={ROWS})"


def main() -> None:
    with prepared_pages(PAGES, ROWS, latency_ms=LATENCY_MS) as server:
        turns = take_turns(server, CALL, CALL, pairs=PAIRS)
    assert all(run.rows == PAGES * ROWS for run in (*turns.ours, *turns.theirs))
    turns.report("pages", "wall", PROMISED)


if __name__ == "__main__":
    main()
