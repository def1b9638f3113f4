"""How long a cone takes to find the footprints it touches: ``python -m benchmarks.cones``."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from topmast.archive.footprints.index import FootprintIndex, write_index
from topmast.sky import offset

SIZES = (20_000, 200_000, 2_000_000)
RADII_DEG = {"1 arcmin": 1 / 60, "0.2 deg": 0.2, "2 deg": 2.0}
CONES = 300
SEED = 20


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Print one line for each size of index and radius of cone."""
    print(
        f"{'footprints':>10}  {'build s':>8} {'MB':>6} {'peak MB':>8}  cone: p50 / p95 ms (found)"
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{size:>10,}  {_built(Path(folder), size)}  {_asked(Path(folder))}", flush=True)


def _built(folder: Path, size: int) -> str:
    start = time.perf_counter()
    for _ in random_regions(size, np.random.default_rng(SEED)):
        pass
    making = time.perf_counter() - start
    start = time.perf_counter()
    write_index(folder, range(size), random_regions(size, np.random.default_rng(SEED)))
    seconds = time.perf_counter() - start - making
    megabytes = sum(path.stat().st_size for path in folder.rglob("*.*") if path.is_file()) / 1e6
    return f"{seconds:8.1f} {megabytes:6.0f} {peak_megabytes():8.0f}"


def _asked(folder: Path) -> str:
    index = FootprintIndex(folder)
    generator = np.random.default_rng(SEED + 1)
    return "   ".join(
        f"{name} {_timed(index, radius, generator)}" for name, radius in RADII_DEG.items()
    )


def _timed(index: FootprintIndex, radius: float, generator: np.random.Generator) -> str:
    ra, dec = random_places(CONES, generator)
    seconds, found = [], 0
    for place in zip(ra, dec, strict=True):
        start = time.perf_counter()
        ids = index.touching(*place, radius).ids
        seconds.append(time.perf_counter() - start)
        found += len(ids)
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return f"{p50:.2f} / {p95:.2f} ({found / CONES:.0f})"


def peak_megabytes() -> float:
    """The most memory this process has had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def random_places(count: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """RA and Dec spread evenly over the sphere."""
    dec = np.rad2deg(np.arcsin(generator.uniform(-1, 1, count)))
    return generator.uniform(0, 360, count), dec


def random_regions(count: int, generator: np.random.Generator) -> Iterator[str]:
    """A quarter each: circles of 5 arcsec, squares of 3 arcmin, L shapes, large squares.

    One in fifty of the large squares is 9 degrees wide, the others half a degree.
    """
    while count > 0:
        piece = min(count, PIECE)
        ra, dec = random_places(piece, generator)
        kind = generator.integers(0, len(CORNERS) + 1, piece)
        half = np.where(generator.integers(0, 50, piece) == 0, 4.5, 0.25)
        turn = generator.uniform(0, 360, piece)
        texts = np.empty(piece, dtype=object)
        for number, (corners, size) in enumerate(CORNERS):
            these = np.flatnonzero(kind == number)
            scale = half[these] if size is None else np.full(len(these), size)
            texts[these] = _polygons(ra[these], dec[these], turn[these], scale, corners)
        these = np.flatnonzero(kind == len(CORNERS))
        texts[these] = [f"CIRCLE ICRS {ra[row]:.8f} {dec[row]:.8f} 0.00138889" for row in these]
        yield from texts
        count -= piece


def _polygons(
    ra: np.ndarray, dec: np.ndarray, turn: np.ndarray, scale: np.ndarray, corners: np.ndarray
) -> list[str]:
    away = scale[:, np.newaxis] * np.hypot(*corners.T)
    angle = turn[:, np.newaxis] + np.rad2deg(np.arctan2(*corners.T))
    vertices = np.stack(offset(ra[:, np.newaxis], dec[:, np.newaxis], angle, away), axis=-1)
    pattern = "POLYGON ICRS " + " ".join(["%.8f"] * corners.size)
    return [pattern % tuple(numbers) for numbers in vertices.reshape(len(ra), -1).tolist()]


PIECE = 100_000
SQUARE = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
BENT = np.array([[-1.0, -1], [1, -1], [1, 1], [0, 1], [0, 0], [-1, 0], [-1, -1]])
CORNERS = ((SQUARE, 0.025), (BENT, 0.02), (SQUARE, None))

if __name__ == "__main__":
    main()
