"""A real archive of 20,000, 200,000 or 2,000,000 observations: ingest, cones, criteria.

``python -m benchmarks archive_cones 2000000`` for the largest, which takes minutes. Each step has
a process of its own, so that its memory can be told. Times are wall times inside the process,
from Query to rows.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet

from topmast.archive import Archive
from topmast.archive.store.filters import Filter, Range
from topmast.archive.store.query import Cone, Query
from topmast.tables.fields import OBSERVATION

from .cones import RADII_DEG, peak_megabytes, random_places, random_regions
from .results import Measured, record

SIZES = (20_000, 200_000)
CONES, PIECE, SEED, INGESTS = 300, 50_000, 20, 3
FIELDS = {field.name: field for field in OBSERVATION}


def main() -> None:
    given = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    for size in given or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            for step in STEPS:
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.archive_cones",
                    step,
                    str(size),
                    folder,
                ]
                subprocess.run(command, check=True)


def make(size: int, folder: Path) -> None:
    """Write the observations that are to be ingested."""
    write_observations(folder / "observations.parquet", size)


def ingest(size: int, folder: Path) -> None:
    """Print what it takes to put them into an archive."""
    runs = []
    for _ in range(INGESTS if size <= max(SIZES) else 1):
        shutil.rmtree(folder / "archive", ignore_errors=True)
        with Archive.create(folder / "archive") as archive, watched_memory() as peak:
            start, cpu = time.perf_counter(), time.process_time()
            archive.ingest(folder / "observations.parquet")
            seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        runs.append(Measured(seconds, cpu, max(peak) - peak[0]))
    record(f"ingest {size}", "cpu", {"topmast": runs}, rows=size)
    files = [path for path in (folder / "archive").rglob("*") if path.is_file()]
    disk = sum(path.stat().st_size for path in files) / 1e6
    cpu = statistics.median(run.cpu for run in runs)
    print(f"  {size / cpu:,.0f} rows a CPU second; {disk:,.0f} MB on disk", flush=True)


@contextmanager
def watched_memory() -> Iterator[list[float]]:
    """Megabytes of this process, noted ten times a second while the block runs."""
    notes, done = [own_megabytes()], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            notes.append(own_megabytes())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield notes
    finally:
        done.set()
        thread.join()


def ask(size: int, folder: Path) -> None:
    """Print the times of cones, counts and criteria."""
    with Archive(folder / "archive") as archive:
        before, start = own_megabytes(), time.perf_counter()
        archive.search(Query(cone=Cone(0, 0, 0.01)))
        print(f"  first cone {(time.perf_counter() - start) * 1000:.1f} ms")
        for name, radius in RADII_DEG.items():
            print(f"  cone of {name:<9} {_timed(archive, _cones(radius))}", flush=True)
        print(f"  memory grew by {own_megabytes() - before:.0f} MB with the cones")
        for name, queries in CRITERIA.items():
            print(f"  {name:<17} {_timed(archive, queries())}", flush=True)
            print(f"    only counted    {_timed(archive, queries(), count=True)}", flush=True)


STEPS = {"make": make, "ingest": ingest, "ask": ask}


def own_megabytes() -> float:
    """Memory of this process, mapped files not counted where the system tells them apart."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return peak_megabytes()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1e3


def _timed(archive: Archive, queries: Iterator[Query], *, count: bool = False) -> str:
    function: Callable[[Query], int] = archive.searcher.count if count else _rows_of(archive)
    seconds, rows = [], []
    for query in queries:
        start = time.perf_counter()
        found = function(query)
        seconds.append(time.perf_counter() - start)
        rows.append(found)
    p50, p95 = np.percentile(seconds[len(seconds) // 15 :], [50, 95]) * 1000
    return f"p50 {p50:7.2f} ms, p95 {p95:7.2f} ms, {np.mean(rows):,.0f} rows on average"


def _rows_of(archive: Archive) -> Callable[[Query], int]:
    return lambda query: len(archive.search(query).rows)


def _cones(radius: float) -> Iterator[Query]:
    ra, dec = random_places(CONES, np.random.default_rng(SEED + 1))
    for place in zip(ra.tolist(), dec.tolist(), strict=True):
        yield Query(cone=Cone(*place, radius))


def _of_missions() -> Iterator[Query]:
    for number in range(15):
        day = 50_000 + 600 * number
        yield Query(
            filters=(
                Filter(FIELDS["obs_collection"], values=("HST",)),
                Filter(FIELDS["t_min"], ranges=(Range(day, day + 10),)),
            )
        )


def _of_targets() -> Iterator[Query]:
    for number in range(100):
        yield Query(filters=(Filter(FIELDS["target_name"], values=(f"FIELD-{number}",)),))


CRITERIA = {"mission and dates": _of_missions, "target_name": _of_targets}


def write_observations(path: Path, size: int) -> None:
    """A Parquet table of observations all over the sky, written a piece at a time."""
    chance = np.random.default_rng(SEED)
    regions = random_regions(size, np.random.default_rng(SEED))
    writer = None
    for first in range(0, size, PIECE):
        count = min(PIECE, size - first)
        table = pyarrow.table(_columns(first, count, regions, chance))
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _columns(
    first: int, count: int, regions: Iterator[str], chance: np.random.Generator
) -> dict[str, list[object]]:
    numbers = range(first, first + count)
    places = [next(regions) for _ in numbers]
    ra, dec = zip(*(map(float, text.split()[2:4]) for text in places), strict=True)
    names = [f"obs_{number:08d}_a3f" for number in numbers]
    missions = chance.choice(MISSIONS, count).tolist()
    start = chance.uniform(45_000, 60_000, count)
    return {
        "intentType": ["science"] * count,
        "obs_collection": missions,
        "provenance_name": [f"CAL{name}" for name in missions],
        "instrument_name": chance.choice(["ACS/WFC", "FUV", "Photometer", "SWP"], count).tolist(),
        "project": missions,
        "filters": chance.choice(["F814W", "F606W;CLEAR2L", "NUV"], count).tolist(),
        "wavelength_region": ["OPTICAL"] * count,
        "target_name": [f"FIELD-{number % 50_000}" for number in numbers],
        "target_classification": ["GALAXY;SPIRAL"] * count,
        "obs_id": names,
        "s_ra": ra,
        "s_dec": dec,
        "dataproduct_type": ["image"] * count,
        "proposal_pi": ["Kuntz, K. D."] * count,
        "calib_level": chance.integers(1, 4, count).tolist(),
        "t_min": start.tolist(),
        "t_max": (start + 0.1).tolist(),
        "t_exptime": chance.choice([120.0, 720.0, 1480.5], count).tolist(),
        "em_min": [708.0] * count,
        "em_max": [959.0] * count,
        "obs_title": ["A survey of everything there is to be seen"] * count,
        "t_obs_release": (start + 365).tolist(),
        "proposal_id": [str(number) for number in chance.integers(9000, 17000, count)],
        "s_region": places,
        "jpegURL": [f"mast:HST/product/{name}_drz.jpg" for name in names],
        "dataURL": [f"mast:HST/product/{name}_drz.fits" for name in names],
        "dataRights": ["PUBLIC"] * count,
        "mtFlag": [False] * count,
        "obsid": list(range(first + 20_000_000, first + count + 20_000_000)),
        "objID": list(range(first + 100_000_000, first + count + 100_000_000)),
    }


MISSIONS = ["HST", "TESS", "GALEX", "JWST", "IUE", "PS1", "SWIFT", "Kepler"]

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in STEPS:
        STEPS[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
