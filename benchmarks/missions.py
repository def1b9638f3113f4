"""The mission search: 50,000 rows in one table, and 200 targets, beside astroquery.

CPU of the client for the rows; wall time at 50 ms a request for the targets, which astroquery
0.4.11 takes one a call. Both take turns on the same server.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from astropy.table import Table

from topmast.archive import Archive

from .served import served
from .turns import take_turns

ROWS, TARGETS, LATENCY_MS, PAIRS = 50_000, 200, 50, 5
ALL_ROWS = f"missions.query_criteria(sci_pep_id='>=0', limit={2 * ROWS})"
PLACES = "astropy.coordinates.SkyCoord({0}, {1}, unit='deg')"
OURS = PLACES.format(
    f"[1.5 * n for n in range({TARGETS})]", f"[0.3 * n - 30 for n in range({TARGETS})]"
)
AT_ONCE = f"missions.query_region({OURS}, radius=30)"
ONE_BY_ONE = f"""astropy.table.vstack([
        missions.query_region({PLACES.format("1.5 * n", "0.3 * n - 30")}, radius=30)
        for n in range({TARGETS})])"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        with Archive.create(archive) as new:
            new.ingest_mission("hst", dataset_rows())
        print(f"{ROWS:,} rows of a mission in one answer, CPU of the client")
        with served(archive) as server:
            turns = take_turns(server, ALL_ROWS, ALL_ROWS, pairs=PAIRS)
            assert all(run.rows == ROWS for run in (*turns.ours, *turns.theirs))
            turns.report("missions 50000", "cpu", 1)
        print(f"{TARGETS} targets, {LATENCY_MS} ms a request, wall")
        with served(archive, LATENCY_MS) as server:
            turns = take_turns(server, AT_ONCE, ONE_BY_ONE, pairs=2)
            assert len({run.rows for run in (*turns.ours, *turns.theirs)}) == 1
            turns.report("missions 200 targets", "wall", 5)


def dataset_rows() -> Table:
    chance = np.random.default_rng(2026)
    times = [f"20{n % 20:02d}-01-01T00:00:00" for n in range(ROWS)]
    return Table(
        {
            "sci_data_set_name": [f"J{n:08d}" for n in range(ROWS)],
            "sci_targname": [f"TARGET-{n % 500}" for n in range(ROWS)],
            "sci_instrume": np.array(["ACS", "WFC3", "STIS"])[chance.integers(0, 3, ROWS)],
            "sci_spec_1234": ["F606W;CLEAR"] * ROWS,
            "sci_pi_last_name": ["NOBODY"] * ROWS,
            "sci_actual_duration": chance.uniform(1, 2000, ROWS),
            "sci_central_wavelength": chance.uniform(1000, 10_000, ROWS),
            "sci_pep_id": chance.integers(1000, 20_000, ROWS),
            "sci_refnum": chance.integers(0, 9, ROWS),
            "sci_ra": chance.uniform(0, 360, ROWS),
            "sci_dec": np.degrees(np.arcsin(chance.uniform(-1, 1, ROWS))),
            "sci_start_time": times,
            "sci_stop_time": times,
            "sci_release_date": times,
        }
    )


if __name__ == "__main__":
    main()
