"""Product lists of 10,000 obsids at 50 ms a request, beside astroquery on the same server."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from astropy.table import Table

from topmast import connect
from topmast.archive import Archive

from .peer import astroquery
from .served import served

OBSIDS, EACH, LATENCY_MS, RUNS = 10_000, 7, 50, 3

PEER = f"""
obsids = [str(1000000 + n) for n in range({OBSIDS})]
def batches():
    parts = [Observations.get_product_list(obsids[n:n + 500]) for n in range(0, len(obsids), 500)]
    return astropy.table.vstack(parts)
for _ in range({RUNS}):
    wall, cpu, table = timed(batches)
    print(wall, cpu, len(table))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        Archive.create(archive).ingest(products=product_rows())
        with served(archive, LATENCY_MS) as server:
            theirs = [line.split() for line in astroquery(server, PEER).splitlines()]
            ours = [our_run(server) for _ in range(RUNS)]
    peer = statistics.median(float(line[0]) for line in theirs)
    mine = statistics.median(wall for wall, _, _ in ours)
    print(f"{OBSIDS} obsids, {OBSIDS * EACH} products, {LATENCY_MS} ms a request")
    print(f"astroquery, 20 batches of 500  {peer:6.2f} s  {theirs[0][2]} rows")
    print(f"topmast, one call              {mine:6.2f} s  {ours[0][2]} rows")
    print(f"ratio                          {peer / mine:6.2f}   (promised: 3)")


def our_run(server: str) -> tuple[float, float, int]:
    client = connect(server)
    wall, cpu = time.perf_counter(), time.process_time()
    table = client.observations.get_product_list([str(1_000_000 + n) for n in range(OBSIDS)])
    return time.perf_counter() - wall, time.process_time() - cpu, len(table)


def product_rows() -> Table:
    numbers = [n for n in range(OBSIDS) for _ in range(EACH)]
    names = [f"hst_{n:06d}_part{k}_flt.fits" for n in range(OBSIDS) for k in range(EACH)]
    return Table(
        {
            "obsID": [str(1_000_000 + n) for n in numbers],
            "obs_collection": ["HST"] * len(numbers),
            "dataproduct_type": ["image"] * len(numbers),
            "obs_id": [f"hst_{n:06d}" for n in numbers],
            "description": ["Calibrated exposure of a field in the north"] * len(numbers),
            "type": ["S"] * len(numbers),
            "dataURI": [f"mast:HST/product/{name}" for name in names],
            "productType": ["SCIENCE"] * len(numbers),
            "productSubGroupDescription": ["FLT"] * len(numbers),
            "project": ["CALWFC3"] * len(numbers),
            "productFilename": names,
            "size": [10_000 + n for n in numbers],
            "calib_level": [2] * len(numbers),
            "filters": ["F606W"] * len(numbers),
        }
    )


if __name__ == "__main__":
    main()
