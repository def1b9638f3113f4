"""A cone with 50,000 observations, from the public call to the Table, beside astroquery.

CPU time of the client's process, on one served archive, both taking turns.
``python -m benchmarks.query``; TOPMAST_PEER_PYTHON may name an interpreter that has astroquery
when this one has not.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from topmast.archive import Archive

from .observations import crowded_field
from .served import served
from .turns import take_turns

ROWS, PAIRS, PROMISED = 50_000, 9, 4.5
CALL = (
    "observations.query_region("
    "astropy.coordinates.SkyCoord(210.8, 54.35, unit='deg'), radius='3 deg')"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        with Archive.create(archive) as new:
            new.ingest(crowded_field(ROWS))
        for name, gzip in (("as a server nearby sends it", False), ("gzipped, as from afar", True)):
            with served(archive, gzip=gzip) as server:
                turns = take_turns(server, CALL, CALL, pairs=PAIRS)
            assert all(run.rows == ROWS for run in (*turns.ours, *turns.theirs))
            print(f"{ROWS:,} observations, query_region to Table, CPU, {PAIRS} pairs; {name}")
            turns.report("cpu", PROMISED)


if __name__ == "__main__":
    main()
