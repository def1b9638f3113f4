"""The PLATO Input Catalog: bright dwarfs and subgiants."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from topmast.archive.catalogs.cones import distances_deg
from topmast.sample.catalogs.arrays import Columns, rounded, table_of
from topmast.sample.catalogs.celestial import galactic
from topmast.sample.catalogs.colours import visual
from topmast.sample.catalogs.gaia import source_ids
from topmast.sample.catalogs.population import Stars
from topmast.sample.seeds import seeded

SAMPLE_FAINTEST = 13.0
DWARFS_FAINTEST = 16.0
FIELDS = (("LOPS2", 95.31043, -47.88693), ("LOPN1", 277.18023, 52.85952))
FIELD_RADIUS = 24.5


def catalog(stars: Stars) -> pa.Table:
    """Stars of type F5 to K7 with V to 13, and cooler dwarfs to 16."""
    identifiers = source_ids(stars)
    vmag = visual(stars.g, stars.bp_rp)
    unevolved = (stars.gravity > 3.6) & (stars.gravity < 6) & ~stars.in_cluster
    sunlike = unevolved & (vmag < SAMPLE_FAINTEST) & (stars.teff > 3900) & (stars.teff < 6800)
    cool = unevolved & (vmag < DWARFS_FAINTEST) & (stars.teff <= 3900)
    chosen = np.flatnonzero(sunlike | cool)
    return table_of(
        columns_of(stars.chosen(chosen), identifiers[chosen], vmag[chosen], cool[chosen])
    )


def columns_of(
    stars: Stars, identifiers: np.ndarray, vmag: np.ndarray, cool: np.ndarray
) -> Columns:
    """All columns."""
    random = seeded("plato")
    count = len(stars)
    numbers = np.arange(count)
    longitude, latitude = galactic(stars.ra, stars.dec)
    error = np.clip(0.03 + 0.03 * 10 ** (0.25 * (stars.g - 15)), 0.02, 3)
    field = np.full(count, "", dtype=object)
    for name, ra, dec in FIELDS:
        field[distances_deg(ra, dec, stars.ra, stars.dec) < FIELD_RADIUS] = name
    return {
        "PICidDR1": 1_000_000 + 3 * numbers,
        "PICnameDR1": np.array([f"PIC DR1 {1_000_000 + 3 * number}" for number in numbers]),
        "sourceID": identifiers,
        "ra": rounded(stars.ra, 10),
        "dec": rounded(stars.dec, 10),
        "gallong": rounded(longitude, 6),
        "gallat": rounded(latitude, 6),
        "fieldID": pa.array(field.tolist(), mask=field == ""),
        "sampleFlag": np.where(cool, 4, np.where(vmag < 11, 1, 5)),
        "pmRA": rounded(stars.pmra, 3),
        "e_pmRA": rounded(error * 1.8, 3),
        "pmDEC": rounded(stars.pmdec, 3),
        "e_pmDEC": rounded(error * 1.7, 3),
        "plx": rounded(stars.parallax + random.normal(0, error), 4),
        "e_plx": rounded(error, 4),
        "d": rounded(stars.distance, 3),
        "e_d": rounded(stars.distance * 0.02, 3),
        "Gmag": rounded(stars.g, 4),
        "e_Gmag": np.full(count, 0.0004),
        "BPmag": rounded(stars.g + 0.55 * stars.bp_rp, 4),
        "RPmag": rounded(stars.g - 0.45 * stars.bp_rp, 4),
        "Vmag": rounded(vmag, 3),
        "e_Vmag": np.full(count, 0.02),
        "ebv": rounded(stars.reddening, 3),
        "Teff": rounded(stars.teff, 0),
        "e_Teff": rounded(stars.teff * 0.02, 0),
        "rad": rounded(stars.radius, 3),
        "e_rad": rounded(stars.radius * 0.05, 3),
        "mass": rounded(stars.mass, 3),
        "e_mass": rounded(stars.mass * 0.08, 3),
        "numcont": random.poisson(12, count),
    }
