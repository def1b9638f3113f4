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

OBSIDS, EACH, LATENCY_MS, PAIRS, PROMISED = 10_000, 7, 50, 5, 3
ALL = f"[str(1000000 + n) for n in range({OBSIDS})]"
ONE_CALL = f"observations.get_product_list({ALL})"
BATCHES = f"""(lambda obsids: astropy.table.vstack([
        observations.get_product_list(obsids[n:n + 500]) for n in range(0, len(obsids), 500)
    ]))({ALL})"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        with Archive.create(archive) as new:
            new.ingest(products=product_rows())
        print(f"{OBSIDS:,} obsids, {OBSIDS * EACH:,} products, {LATENCY_MS} ms a request, wall")
        with served(archive, LATENCY_MS) as server:
            for way, call in (("20 calls of 500 obsids", BATCHES), ("one call", ONE_CALL)):
                print(f" astroquery in {way}; topmast in one call")
                turns = take_turns(server, ONE_CALL, call, pairs=PAIRS)
                assert all(run.rows == OBSIDS * EACH for run in turns.ours)
                turns.report("wall", PROMISED)


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
