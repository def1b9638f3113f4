"""A few hundred sources in each catalogue around one place, made into an archive for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import MaskedColumn, Table

from topmast.archive import Archive

RA, DEC = 254.287746, -4.099327
COUNT = 300
WIDEST = 0.3
NAMES = Table({"name": ["M10"], "ra": [RA], "dec": [DEC]})


def make(folder: Path) -> Archive:
    """An archive with the catalogues; the position of M10 has a name."""
    archive = Archive.create(folder)
    archive.ingest(names=NAMES)
    for name, table in catalogues().items():
        archive.ingest_catalog(name, table)
    return archive


def catalogues() -> dict[str, Table]:
    """The tables, the same ones each time."""
    return {
        "tic": tess(1),
        "ctl": tess(2)[:100],
        "gaia_dr1": gaia(3)[["source_id", "ra", "dec", "phot_g_mean_mag"]],
        "gaia_dr2": gaia(4),
        "gaia_dr3": gaia(5),
        "gaia_tgas": gaia(6)[["source_id", "ra", "dec", "parallax", "phot_g_mean_mag"]][:50],
        "galex": galex(7),
        "hsc_v2": hubble(8),
        "hsc_v3": hubble(9),
        "hsc_v3_matches": matches(),
        "disk_detective": disks(10),
        "plato": plato(11),
        "panstarrs_dr2_mean": panstarrs(12),
        "panstarrs_dr1_mean": panstarrs(13)[:100],
    }


def places(random: np.random.Generator) -> tuple[Any, Any]:
    """Positions, more of them near the middle."""
    distance = WIDEST * random.random(COUNT)
    angle = 2 * np.pi * random.random(COUNT)
    ra = RA + distance * np.sin(angle) / np.cos(np.radians(DEC))
    return ra, DEC + distance * np.cos(angle)


def some(random: np.random.Generator, values: Any) -> MaskedColumn:
    """The values, a third of them missing."""
    return MaskedColumn(values, mask=random.random(len(values)) < 1 / 3)


def tess(seed: int) -> Table:
    random = np.random.default_rng(seed)
    ra, dec = places(random)
    return Table(
        {
            "ID": [str(189844000 + number) for number in range(COUNT)],
            "version": ["20190415"] * COUNT,
            "objType": np.where(random.random(COUNT) < 0.9, "STAR", "EXTENDED"),
            "HIP": some(random, np.arange(1, COUNT + 1)),
            "ra": ra,
            "dec": dec,
            "pmRA": some(random, random.normal(0, 20, COUNT)),
            "Bmag": some(random, random.uniform(8, 35, COUNT)),
            "Tmag": random.uniform(6, 18, COUNT),
            "Teff": some(random, random.uniform(3000, 9000, COUNT)),
            "lumclass": some(random, np.where(random.random(COUNT) < 0.5, "DWARF", "GIANT")),
            "numcont": some(random, random.integers(0, 50, COUNT)),
            "objID": [str(297000000 + number) for number in range(COUNT)],
        }
    )


def gaia(seed: int) -> Table:
    random = np.random.default_rng(seed)
    ra, dec = places(random)
    source = [str(4365000000000000000 + 7 * number + seed) for number in range(COUNT)]
    return Table(
        {
            "solution_id": ["1635721458409799680"] * COUNT,
            "designation": [f"Gaia DR2 {each}" for each in source],
            "source_id": source,
            "ra": ra,
            "dec": dec,
            "parallax": some(random, random.normal(1, 1, COUNT)),
            "pmra": some(random, random.normal(0, 5, COUNT)),
            "phot_g_mean_mag": random.uniform(5, 20, COUNT),
        }
    )


def galex(seed: int) -> Table:
    random = np.random.default_rng(seed)
    ra, dec = places(random)
    return Table(
        {
            "objID": [str(6382034098672630000 + number) for number in range(COUNT)],
            "survey": ["AIS"] * COUNT,
            "ra": ra,
            "dec": dec,
            "band": random.integers(1, 4, COUNT),
            "nuv_mag": random.uniform(14, 23, COUNT),
            "fuv_mag": some(random, random.uniform(14, 23, COUNT)),
            "fuv_flux_aper_7": some(random, random.uniform(0, 1, COUNT)),
        }
    )


def hubble(seed: int) -> Table:
    random = np.random.default_rng(seed)
    ra, dec = places(random)
    return Table(
        {
            "MatchID": [str(17554000 + number) for number in range(COUNT)],
            "MatchRA": ra,
            "MatchDec": dec,
            "NumImages": random.integers(1, 20, COUNT),
            "NumFilters": random.integers(1, 4, COUNT),
            "TargetName": ["NGC6254"] * COUNT,
            "CI": random.uniform(0.8, 1.5, COUNT),
            "A_F606W": some(random, random.uniform(15, 25, COUNT)),
            "A_F814W": random.uniform(15, 25, COUNT),
        }
    )


def matches() -> Table:
    """Three detections of each of the first sources."""
    numbers = np.arange(30)
    return Table(
        {
            "CatID": 303940000 + numbers,
            "MatchID": [str(17554000 + number // 3) for number in numbers],
            "MemID": 1 + numbers % 3,
            "MatchRA": np.full(30, RA),
            "MatchDec": np.full(30, DEC),
            "cd_matrix": ["-1.10059e-005 6.90694e-010"] * 30,
        }
    )


def disks(seed: int) -> Table:
    random = np.random.default_rng(seed)
    ra, dec = places(random)
    return Table(
        {
            "designation": [f"J1656{number:04d}.40-054630.8" for number in range(COUNT)],
            "ZooniverseID": [f"AWI{number:07d}" for number in range(COUNT)],
            "state": np.where(random.random(COUNT) < 0.2, "complete", "active"),
            "classifiers": random.integers(1, 40, COUNT),
            "ra": ra,
            "dec": dec,
            "w1mpro": random.uniform(6, 14, COUNT),
            "G_contamination": some(random, random.integers(0, 9, COUNT)),
            "objid": [str(number) for number in range(COUNT)],
        }
    )


def plato(seed: int) -> Table:
    random = np.random.default_rng(seed)
    ra, dec = places(random)
    names = [str(number) for number in range(COUNT)]
    return Table({"PICidDR1": names, "ra": ra, "dec": dec})


def panstarrs(seed: int) -> Table:
    random = np.random.default_rng(seed)
    ra, dec = places(random)
    small = {name: np.full(COUNT, 7) for name in ("surveyID", "tessID", "skyCellID")}
    return Table(
        {
            "objID": [str(66000000000000000 + 1013 * number) for number in range(COUNT)],
            "objName": [f"PSO J1657{number:04d}" for number in range(COUNT)],
            "raMean": ra,
            "decMean": dec,
            "nDetections": random.integers(0, 60, COUNT),
            "nStackDetections": random.integers(0, 6, COUNT),
            "gMeanPSFMag": some(random, random.uniform(14, 23, COUNT)),
            "iMeanPSFMag": random.uniform(14, 23, COUNT),
            "htmID": [str(1400000000 + number) for number in range(COUNT)],
            "processingVersion": np.full(COUNT, 42),
            "qualityFlag": np.full(COUNT, 52),
            **small,
        }
    )
