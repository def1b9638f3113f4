"""The TESS Input Catalog and its candidate target list."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from topmast.sample.catalogs.arrays import (
    Array,
    Columns,
    among,
    hidden,
    rounded,
    table_of,
    with_rows,
)
from topmast.sample.catalogs.celestial import ecliptic, galactic
from topmast.sample.catalogs.colours import by_temperature, sloan, tess_magnitude, visual
from topmast.sample.catalogs.gaia import source_ids
from topmast.sample.catalogs.guide_rows import CTL_ROWS, TIC_ROWS, VERSION_8, Row
from topmast.sample.catalogs.population import Stars
from topmast.sample.seeds import seeded

FIRST_KEY = 410_000_000
CTL_FAINTEST = 12.0


def catalogs(stars: Stars) -> Iterator[tuple[str, pa.Table]]:
    """Both tables; the target list holds the dwarfs that are bright enough."""
    columns = star_columns(stars)
    everything = table_of(columns)
    rows = [*TIC_ROWS, *CTL_ROWS]
    yield "tic", with_rows(everything, [keyed(row, place) for place, row in enumerate(rows)])
    wanted = (columns["Tmag"] < CTL_FAINTEST) & (stars.gravity > 3.9) & ~stars.in_cluster
    targets = everything.filter(pa.array(wanted))
    yield "ctl", with_rows(targets, [keyed(row, 500 + k) for k, row in enumerate(CTL_ROWS)])


def keyed(row: Row, place: int) -> Row:
    """A row with what can be worked out of its position, and a key of its own."""
    ra, dec = np.array([row["ra"]]), np.array([row["dec"]])
    (gallong,), (gallat,) = galactic(ra, dec)
    (eclong,), (eclat,) = ecliptic(ra, dec)
    places = {"gallong": gallong, "gallat": gallat, "eclong": eclong, "eclat": eclat}
    worked_out = {name: round(float(value), 6) for name, value in places.items()}
    return {"objID": FIRST_KEY - 1000 + place, **worked_out, **row}


def star_columns(stars: Stars) -> Columns:
    """All 125 columns."""
    random = seeded("tic")
    longitude, latitude = galactic(stars.ra, stars.dec)
    around, above = ecliptic(stars.ra, stars.dec)
    tmag = tess_magnitude(stars.g, stars.bp_rp)
    bright = tmag < 16.5
    positions: Columns = {
        "ra": rounded(stars.ra, 12),
        "dec": rounded(stars.dec, 12),
        "POSflag": np.where(bright, "tmgaia2", "gaia2"),
        "gallong": rounded(longitude, 4),
        "gallat": rounded(latitude, 4),
        "eclong": rounded(around, 4),
        "eclat": rounded(above, 4),
        "e_RA": rounded(0.3 + 0.02 * 10 ** (0.2 * (stars.g - 12)), 2),
        "e_Dec": rounded(0.3 + 0.018 * 10 ** (0.2 * (stars.g - 12)), 2),
        "RA_orig": rounded(stars.ra + 15.5 / 3.6e6 * stars.pmra, 7) % 360,
        "Dec_orig": rounded(np.clip(stars.dec + 15.5 / 3.6e6 * stars.pmdec, -90, 90), 7),
        "e_RA_orig": rounded(0.03 + 0.02 * 10 ** (0.2 * (stars.g - 15)), 3),
        "e_Dec_orig": rounded(0.03 + 0.018 * 10 ** (0.2 * (stars.g - 15)), 3),
    }
    return (
        identifier_columns(stars, tmag, random)
        | positions
        | motion_columns(stars, random)
        | magnitude_columns(stars, tmag, random)
        | property_columns(stars, tmag, random)
        | flag_columns(stars, tmag, random)
    )


# ----------------------------------------------------------------------------------- identifiers


def identifier_columns(stars: Stars, tmag: Array, random: np.random.Generator) -> Columns:
    """Numbers in this catalogue and in those that it was made of."""
    count = len(stars)
    own = 500_000_000 + np.arange(count) * 29 + random.integers(0, 29, count)
    numbers = np.where(stars.tic > 0, stars.tic, own)
    infrared = (tmag < 16.5) & (random.random(count) < 0.96)
    tycho = (tmag < 11.3) & (random.random(count) < 0.95)
    hipparcos = (tmag < 8.2) & (random.random(count) < 0.9)
    north = (stars.dec > -10) & (random.random(count) < 0.3)
    names = sexagesimal(stars.ra, stars.dec)
    gaia = source_ids(stars).astype("U19")
    first, second = random.integers(1, 9538, count), random.integers(1, 4000, count)
    zones = np.floor((stars.dec + 90) * 5).astype(int) + 1
    running = random.integers(1, 150_000, count)
    rows = range(count)
    return {
        "ID": numbers,
        "version": np.full(count, VERSION_8),
        "HIP": hidden(random.permutation(120_000)[:count] + 1, ~hipparcos),
        "TYC": hidden(np.array([f"{first[k]:04d}-{second[k]:05d}-1" for k in rows]), ~tycho),
        "UCAC": hidden(np.array([f"{zones[k]:03d}-{running[k]:06d}" for k in rows]), tmag > 15.5),
        "TWOMASS": hidden(np.array([f"{h}{d[:-1]}" for h, d in names]), ~infrared),
        "SDSS": hidden(1237645876861272000 + random.integers(0, 10**13, count), ~north),
        "ALLWISE": hidden(
            np.array([f"J{h[:6]}.{h[6:]}{d[:-2]}.{d[-2]}" for h, d in names]), ~infrared
        ),
        "GAIA": hidden(gaia, random.random(count) < 0.01),
        "APASS": hidden(random.integers(10**6, 6 * 10**7, count).astype("U8"), (tmag > 15)),
        "KIC": hidden(stars.kic, stars.kic == 0),
        "objType": np.full(count, "STAR"),
        "typeSrc": np.where(infrared, "tmgaia2", "gaia2"),
        "objID": FIRST_KEY + np.arange(count),
    }


def sexagesimal(ra: Array, dec: Array) -> list[tuple[str, str]]:
    """Positions as names have them: HHMMSSss and +DDMMSSs0."""
    hundredths = np.round(ra / 15 * 360_000).astype(np.int64) % (24 * 360_000)
    tenths = np.round(np.abs(dec) * 36_000).astype(np.int64)
    signs = np.where(dec < 0, "-", "+")
    hours = hundredths // 360_000 * 10**6 + hundredths % 360_000 // 6000 * 10**4
    hours += hundredths % 6000
    degrees = tenths // 36_000 * 10**5 + tenths % 36_000 // 600 * 10**3 + tenths % 600
    return [
        (f"{h:08d}", f"{s}{d:07d}0")
        for h, s, d in zip(hours.tolist(), signs.tolist(), degrees.tolist(), strict=True)
    ]


# ------------------------------------------------------------------------------ what is measured


def motion_columns(stars: Stars, random: np.random.Generator) -> Columns:
    """Proper motions and parallaxes; the faintest have none."""
    count = len(stars)
    error = np.clip(0.03 + 0.03 * 10 ** (0.25 * (stars.g - 15)), 0.02, 3)
    none = (stars.g > 20.4) | (random.random(count) < 0.03)
    plx = stars.parallax + random.normal(0, error)
    return {
        "pmRA": hidden(rounded(stars.pmra, 3), none),
        "e_pmRA": hidden(rounded(error * 1.8, 3), none),
        "pmDEC": hidden(rounded(stars.pmdec, 3), none),
        "e_pmDEC": hidden(rounded(error * 1.7, 3), none),
        "PMflag": hidden(np.full(count, "gaia2"), none),
        "plx": hidden(rounded(plx, 3), none),
        "e_plx": hidden(rounded(error, 3), none),
        "PARflag": hidden(np.full(count, "gaia2"), none),
    }


def magnitude_columns(stars: Stars, tmag: Array, random: np.random.Generator) -> Columns:
    """All bands; each survey ends at its own limit."""
    count = len(stars)
    vmag = visual(stars.g, stars.bp_rp)
    bmag = vmag + by_temperature("b_v", stars.teff) + stars.reddening
    kmag = vmag - by_temperature("v_k", stars.teff) - 2.7 * stars.reddening
    hmag = kmag + by_temperature("h_k", stars.teff)
    jmag = kmag + by_temperature("j_k", stars.teff)
    infrared = (jmag < 16.7) & (random.random(count) < 0.97)
    northern = (stars.dec > -15) & (random.random(count) < 0.45)
    bands = [
        ("Bmag", bmag, 0.03, (bmag < 20.5) & (random.random(count) < 0.75)),
        ("Vmag", vmag, 0.02, np.full(count, True)),
        *((name, values, 0.01, northern) for name, values in sloan(stars.g, stars.bp_rp).items()),
        ("Jmag", jmag, 0.022, infrared),
        ("Hmag", hmag, 0.025, infrared),
        ("Kmag", kmag, 0.025, infrared),
        ("w1mag", kmag - 0.05, 0.023, infrared & (kmag < 16.5)),
        ("w2mag", kmag - 0.04, 0.022, infrared & (kmag < 15.5)),
        ("w3mag", kmag - 0.06, 0.05, infrared & (kmag < 12.5)),
        ("w4mag", kmag - 0.1, 0.2, infrared & (kmag < 9.2)),
        ("GAIAmag", stars.g, 0.001, np.full(count, True)),
        ("gaiabp", stars.g + 0.55 * stars.bp_rp, 0.003, stars.g < 20.6),
        ("gaiarp", stars.g - 0.45 * stars.bp_rp, 0.003, stars.g < 20.6),
    ]
    columns: Columns = {"Tmag": rounded(tmag, 3), "e_Tmag": rounded(0.0064 + 0.02 * (tmag > 16), 4)}
    for name, values, error, seen in bands:
        columns[name] = hidden(rounded(values + random.normal(0, error, count), 3), ~seen)
        growth = 1 + 10 ** (0.2 * (values - 17))
        columns[f"e_{name}"] = hidden(rounded(error * np.minimum(growth, 30), 3), ~seen)
    qualities = among(
        ["AAA-222-111-000-0-0", "ABC-222-111-000-0-0", "AAB-222-111-000-0-0"], random, count
    )
    columns["TWOMflag"] = hidden(qualities, ~infrared)
    columns["prox"] = hidden(np.zeros(count), np.full(count, True))
    return columns


# --------------------------------------------------------------------------------- what follows


def property_columns(stars: Stars, tmag: Array, random: np.random.Generator) -> Columns:
    """Temperature, size and mass where a good parallax and colour allow it."""
    count = len(stars)
    bad = (stars.g > 18.5) | (stars.teff < 2700) | (random.random(count) < 0.08)
    giant = stars.gravity < 3.5
    density = stars.mass / stars.radius**3
    values = [
        ("Teff", stars.teff, 0.021, bad, 0, ("eneg_Teff", "epos_Teff")),
        ("logg", stars.gravity, 0.018, bad, 3, ("eneg_logg", "epos_logg")),
        ("rad", stars.radius, 0.05, bad, 3, ("eneg_Rad", "epos_Rad")),
        ("mass", stars.mass, 0.12, bad | giant, 4, ("eneg_Mass", "epos_Mass")),
        ("rho", density, 0.2, bad | giant, 4, ("eneg_rho", "epos_rho")),
        ("lum", stars.luminosity, 0.03, bad | giant, 5, ("eneg_lum", "epos_lum")),
        ("d", stars.distance, 0.02, bad & (stars.g > 20), 1, ("eneg_dist", "epos_dist")),
        ("ebv", stars.reddening, 0.3, bad, 4, ("eneg_EBV", "epos_EBV")),
    ]
    columns: Columns = {}
    for name, value, error, none, digits, (below, over) in values:
        columns[name] = hidden(rounded(value, digits), none)
        columns[f"e_{name}"] = hidden(rounded(np.abs(value) * error, digits), none)
        columns[below] = hidden(rounded(np.abs(value) * error * 0.9, digits), none)
        columns[over] = hidden(rounded(np.abs(value) * error * 1.1, digits), none)
    spectrum = (tmag < 12) & (random.random(count) < 0.15)
    columns["MH"] = hidden(rounded(stars.metals, 3), ~spectrum)
    columns["e_MH"] = hidden(rounded(np.full(count, 0.02), 3), ~spectrum)
    target = ~bad & (tmag < 13)
    columns["numcont"] = hidden(random.poisson(40, count), ~target)
    columns["contratio"] = hidden(rounded(random.lognormal(-3.5, 1.3, count), 5), ~target)
    worth = np.clip(0.004 * 10 ** (-0.2 * (tmag - 8)) / np.maximum(stars.radius, 0.1), 0, 1)
    columns["priority"] = hidden(rounded(worth, 6), ~target | giant)
    columns["lumclass"] = hidden(
        np.select([stars.gravity > 4.1, stars.gravity > 3.5], ["DWARF", "SUBGIANT"], "GIANT"), bad
    )
    columns["SPFlag"] = hidden(np.where(spectrum, "spect", "gaia2"), bad)
    columns["raddflag"] = np.select([bad, giant], [-1, 0], 1)
    return columns


def flag_columns(stars: Stars, tmag: Array, random: np.random.Generator) -> Columns:
    """Where the values come from."""
    count = len(stars)
    bad = stars.g > 18.5
    words = {
        "TESSflag": (np.where(tmag < 17, "rered", "gbprp"), np.full(count, False)),
        "EBVflag": (np.where(stars.dec > -30, "panstarrs", "schlegel"), bad),
        "distflag": (np.full(count, "bj2018"), stars.g > 20),
        "TeffFlag": (np.where(stars.distance < 100, "dered0", "dered"), bad),
        "VmagFlag": (
            np.where(tmag < 11, "tycho2v3", np.where(tmag < 15, "apass", "gaia2")),
            bad & (tmag > 22),
        ),
        "BmagFlag": (np.where(tmag < 11, "tycho2b3", "apassdr9"), tmag > 15),
        "disposition": (np.full(count, "ARTIFACT"), random.random(count) > 0.002),
        "splists": (
            among(["cooldwarfs_v8", "hotsubdwarfs_v8", "planetcandidate"], random, count),
            random.random(count) > 0.003,
        ),
    }
    columns: Columns = {name: hidden(values, none) for name, (values, none) in words.items()}
    nothing = np.full(count, True)
    columns["duplicate_id"] = hidden(np.zeros(count, np.int64), nothing)
    columns["starchareFlag"] = hidden(np.full(count, ""), nothing)
    columns["gaiaqflag"] = hidden(
        (random.random(count) < 0.9).astype(int), random.random(count) < 0.02
    )
    columns["wdflag"] = (stars.gravity > 6).astype(int)
    return columns
