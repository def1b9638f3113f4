"""Product lists of 10,000 obsids at 50 ms a request, beside astroquery on the same server.

Wall time, both taking turns. astroquery is measured in both ways that its users have: in calls
of 500 obsids one after the other, as long lists have to be asked of MAST, and all in one call.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from astropy.table import Table

from topmast.archive import Archive

from .served import served
from .turns import take_turns

OBSIDS, EACH, LATENCY_MS, PAIRS = 10_000, 7, 50, 5
ALL = f"[str(1000000 + n) for n in range({OBSIDS})]"
ONE_CALL = f"observations.get_product_list({ALL})"
BATCHES = f"""(lambda obsids: astropy.table.vstack([
        observations.get_product_list(obsids[n:n + 500]) for n in range(0, len(obsids), 500)
    ]))({ALL})"""

WAYS = {"20 calls": (BATCHES, 3.5), "one call": (ONE_CALL, 2.5)}
"""How astroquery asks, and what is promised; topmast asks in one call."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        with Archive.create(archive) as new:
            new.ingest(products=product_rows())
        print(f"{OBSIDS:,} obsids, {OBSIDS * EACH:,} products, {LATENCY_MS} ms a request, wall")
        with served(archive, LATENCY_MS) as server:
            for way, (call, promised) in WAYS.items():
                before = server.cpu_seconds()
                alone = take_turns(server, ONE_CALL, None, pairs=PAIRS)
                own = (server.cpu_seconds() - before) / (PAIRS + 1)
                turns = take_turns(server, ONE_CALL, call, pairs=PAIRS)
                assert all(run.rows == OBSIDS * EACH for run in (*alone.ours, *turns.ours))
                turns.report(f"products {way}", "wall", promised, server_cpu=round(own, 3))
                print(f"  of ours, CPU of the server itself: {own:.3f} s a call")


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
            "dataRights": ["PUBLIC"] * len(numbers),
        }
    )


if __name__ == "__main__":
    main()
