"""The catalogue of Disk Detective: stars that WISE sees too bright at 22 micrometres."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa

from topmast.archive.catalogs.cones import distances_deg
from topmast.sample.catalogs.arrays import (
    Array,
    Columns,
    among,
    hidden,
    rounded,
    table_of,
)
from topmast.sample.catalogs.celestial import galactic
from topmast.sample.catalogs.colours import by_temperature, sloan, visual
from topmast.sample.catalogs.gaia import source_ids
from topmast.sample.catalogs.guide_rows import DISK_ROWS
from topmast.sample.catalogs.population import Stars
from topmast.sample.catalogs.regions import M10
from topmast.sample.seeds import seeded

COUNT = 2600
CLEAR = 2.05
"""Degrees around M 10 in which no subject but those of the guide is complete."""
VOTES = ("good", "multi", "oval", "empty", "extended", "shift")
STATES = ("complete", "active", "inactive", "disabled")
TALK = "https://talk.diskdetective.org/#/subjects/"
PICTURES = "http://mastweb.stsci.edu/CasOutPut/DD/WZ_advanced_seds_N20_25/"
NOT_MEASURED = -999.0
PANSTARRS_SATURATED = 13.5


def catalog(stars: Stars) -> pa.Table:
    """The subjects of the guide first, then other bright stars."""
    random = seeded("disk detective")
    bright = np.flatnonzero((stars.g < 14) & (stars.teff > 3600) & ~stars.in_cluster)
    chosen = np.sort(random.permutation(bright)[: COUNT + len(DISK_ROWS)])
    subjects = stars.chosen(chosen)
    guide = len(DISK_ROWS)
    places = np.array([position_in(row["designation"]) for row in DISK_ROWS])
    ra = np.concatenate([places[:, 0], rounded(subjects.ra[guide:], 7)])
    dec = np.concatenate([places[:, 1], rounded(subjects.dec[guide:], 7)])
    columns = name_columns(ra, dec) | vote_columns(ra, dec, random)
    columns |= near_columns(subjects, ra, dec, random)
    columns |= far_columns(subjects, source_ids(stars)[chosen], random)
    return table_of(columns)


def position_in(designation: str) -> tuple[float, float]:
    """The position that a name such as J165628.40-054630.8 tells, in degrees."""
    found = re.fullmatch(r"J(\d\d)(\d\d)(\d\d\.\d\d)([+-])(\d\d)(\d\d)(\d\d\.\d)", designation)
    assert found is not None
    h, m, s, sign, d, minutes, seconds = found.groups()
    ra = 15 * (int(h) + int(m) / 60 + float(s) / 3600)
    dec = int(d) + int(minutes) / 60 + float(seconds) / 3600
    return round(ra, 7), round(-dec if sign == "-" else dec, 7)


def designation_of(ra: float, dec: float) -> str:
    hundredths = int(ra / 15 * 360_000) % (24 * 360_000)
    tenths = int(abs(dec) * 36_000)
    return (
        f"J{hundredths // 360_000:02d}{hundredths % 360_000 // 6000:02d}"
        f"{hundredths % 6000 / 100:05.2f}{'-' if dec < 0 else '+'}"
        f"{tenths // 36_000:02d}{tenths % 36_000 // 600:02d}{tenths % 600 / 10:04.1f}"
    )


def name_columns(ra: Array, dec: Array) -> Columns:
    """Names, keys and addresses."""
    count, guide = len(ra), len(DISK_ROWS)
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    own = [
        f"AWI000{letters[k // 1296]}{letters[k // 36 % 36]}{letters[k % 36]}z" for k in range(count)
    ]
    subjects = [row["ZooniverseID"] for row in DISK_ROWS] + own[guide:]
    names = [row["designation"] for row in DISK_ROWS]
    names += [designation_of(a, d) for a, d in zip(ra[guide:], dec[guide:], strict=True)]
    pictures = [f"{PICTURES}{230_000 + 17 * k}" for k in range(count)]
    return {
        "designation": np.array(names),
        "ZooniverseID": np.array(subjects),
        "ra": ra,
        "dec": dec,
        "fileNPath": np.array(
            [f"WZ_advanced_seds_N20_25/{230_000 + 17 * k}.png" for k in range(count)]
        ),
        "objid": 1001 + np.arange(count),
        "thumbNail": np.array([f"{picture}_thumb.png" for picture in pictures]),
        "previewURL": np.array([f"{picture}_thumb.png" for picture in pictures]),
        "sedURL": np.array([f"{picture}.png" for picture in pictures]),
        "ZooniverseURL": np.array([f"{TALK}{subject}" for subject in subjects]),
    }


def vote_columns(ra: Array, dec: Array, random: np.random.Generator) -> Columns:
    """What the volunteers said, and what came of it."""
    count = len(ra)
    near = distances_deg(*M10, ra, dec) < CLEAR
    state = among(STATES, random, count, p=[0.45, 0.3, 0.2, 0.05])
    state[near] = "active"
    votes = {
        word: random.poisson(mean, count)
        for word, mean in zip(VOTES, (6.0, 3.0, 3.5, 1.0, 2.5, 2.0), strict=True)
    }
    for place, row in enumerate(DISK_ROWS):
        state[place] = row["state"]
        for word in votes.keys() & row.keys():
            votes[word][place] = row[word]
    total = np.maximum(np.sum(list(votes.values()), axis=0) - random.poisson(1, count), 1)
    columns: Columns = {"state": state.astype(str), "classifiers": total}
    for word, said in votes.items():
        columns[word] = said
        columns[f"{word}Fraction"] = rounded(np.minimum(said / total, 1), 4)
    bad = np.maximum.reduce([votes[word] for word in VOTES if word != "good"])
    for way, value in (("twenty", 0.7), ("maj", 0.5), ("plural", 0.4), ("avg", 0.6)):
        columns[f"{way}Good"] = rounded((votes["good"] / total > value) * 1.0, 1)
        columns[f"{way}Bad"] = rounded((bad / total > value) * 1.0, 1)
        columns[f"{way}Shift"] = rounded((votes["shift"] / total > value) * 1.0, 1)
    flags = among(["4.2, 4.3", "1.1, 5.2", "5.4, 8.3", "1.2, 7.1"], random, count)
    columns["flags"] = hidden(flags.astype(str), random.random(count) > 0.02)
    return columns


def near_columns(stars: Stars, ra: Array, dec: Array, random: np.random.Generator) -> Columns:
    """WISE, 2MASS and APASS."""
    count = len(stars)
    longitude, latitude = galactic(ra, dec)
    vmag = visual(stars.g, stars.bp_rp)
    kmag = vmag - by_temperature("v_k", stars.teff)
    hmag = kmag + by_temperature("h_k", stars.teff)
    jmag = kmag + by_temperature("j_k", stars.teff)
    excess = random.exponential(0.9, count) + 0.25
    columns: Columns = {"glon": rounded(longitude, 7), "glat": rounded(latitude, 7)}
    measured = (
        ("w1mpro", "w1sigmpro", kmag - 0.05, 0.03),
        ("w2mpro", "w2sigmpro", kmag - 0.05 - 0.1 * excess, 0.022),
        ("w3mpro", "w3sigmpro", kmag - 0.1 - 0.4 * excess, 0.02),
        ("w4mpro", "w4sigmpro", kmag - 0.15 - excess, 0.05),
        ("j_m_2mass", "j_msig_2mass", jmag, 0.024),
        ("h_m_2mass", "h_msig_2mass", hmag, 0.03),
        ("k_m_2mass", "k_msig_2mass", kmag, 0.024),
    )
    for name, error_name, value, error in measured:
        columns[name] = rounded(value, 3)
        columns[error_name] = rounded(error * random.lognormal(0, 0.3, count), 3)
    columns["j_h"] = rounded(jmag - hmag, 3)
    columns["h_k"] = rounded(hmag - kmag, 3)
    bmag = vmag + by_temperature("b_v", stars.teff)
    bands = sloan(stars.g, stars.bp_rp)
    none = random.random(count) < 0.12
    apass = (("Vmag", "Verr", vmag), ("Bmag", "Berr", bmag), ("gMag", "gErr", bands["gmag"]),
             ("rMag", "rErr", bands["rmag"]), ("iMag", "iErr", bands["imag"]),
             ("B_V", "B_Verr", bmag - vmag))  # fmt: skip
    for name, error_name, value in apass:
        columns[f"A_{name}"] = hidden(rounded(value, 3), none)
        columns[f"A_{error_name}"] = hidden(rounded(random.lognormal(-2.7, 0.5, count), 3), none)
    columns["A_objid"] = hidden(random.integers(10**6, 10**7, count), none)
    columns["A_dstArcSec"] = hidden(rounded(random.rayleigh(0.3, count), 4), none)
    columns["A_contamination"] = hidden(random.poisson(0.1, count), none)
    return columns


def far_columns(stars: Stars, identifiers: Array, random: np.random.Generator) -> Columns:
    """Gaia, Pan-STARRS and the TESS Input Catalog."""
    count = len(stars)
    five = random.random(count) < 0.8
    error = rounded(random.lognormal(-2.2, 0.5, count), 4)
    relative = {"g": 3000.0, "bp": 900.0, "rp": 1200.0}
    columns: Columns = {
        "G_source_id": identifiers,
        "G_objid": identifiers,
        "G_phot_g_mean_mag": rounded(stars.g, 4),
        "G_phot_bp_mean_mag": rounded(stars.g + 0.55 * stars.bp_rp, 4),
        "G_phot_rp_mean_mag": rounded(stars.g - 0.45 * stars.bp_rp, 4),
        "G_phot_bp_rp_excess_factor": rounded(1.2 + 0.03 * stars.bp_rp**2, 3),
        "G_astrometric_n_good_obs_al": random.poisson(190, count),
        "G_astrometric_chi2_al": rounded(random.lognormal(5.6, 0.3, count), 1),
        "G_visibility_periods_used": random.poisson(12, count) + 5,
        "G_dstArcSec": rounded(random.rayleigh(0.15, count), 5),
        "G_contamination": random.poisson(0.4, count),
    }
    for band, level in relative.items():
        values = level * random.lognormal(0, 0.4, count)
        columns[f"G_phot_{band}_mean_flux_over_error"] = rounded(values, 1)
    astrometry: dict[str, Any] = {
        "parallax": stars.parallax,
        "pmra": stars.pmra,
        "pmdec": stars.pmdec,
    }
    for name, value in astrometry.items():
        columns[f"G_{name}"] = hidden(rounded(value, 3), ~five)
        columns[f"G_{name}_error"] = hidden(error, ~five)
    columns["G_parallax_over_error"] = hidden(rounded(stars.parallax / error, 2), ~five)
    slow = (stars.g > 12.5) | ~five
    columns["G_radial_velocity"] = hidden(rounded(random.normal(0, 30, count), 2), slow)
    columns["G_radial_velocity_error"] = hidden(
        rounded(random.lognormal(-0.5, 0.6, count), 2), slow
    )
    return columns | panstarrs_columns(stars, random) | tess_columns(stars, five, random)


def panstarrs_columns(stars: Stars, random: np.random.Generator) -> Columns:
    """Bright stars saturate there: a magnitude without an error."""
    count = len(stars)
    none = stars.dec < -30
    bands = sloan(stars.g, stars.bp_rp)
    shown = {"g": bands["gmag"], "r": bands["rmag"], "i": bands["imag"], "z": bands["zmag"],
             "y": bands["zmag"] - 0.1}  # fmt: skip
    columns: Columns = {
        "P_objid": hidden(random.integers(10**17, 2 * 10**17, count), none),
        "P_nDetections": hidden(random.poisson(55, count), none),
        "P_dstArcSec": hidden(rounded(random.rayleigh(0.05, count), 5), none),
        "P_contamination": hidden(random.poisson(8, count), none),
    }
    for band, value in shown.items():
        error = np.where(
            value < PANSTARRS_SATURATED, NOT_MEASURED, rounded(random.lognormal(-4, 0.8, count), 5)
        )
        columns[f"P_{band}MeanPSFMag"] = hidden(rounded(value, 3), none)
        columns[f"P_{band}MeanPSFMagErr"] = hidden(error, none)
    return columns


def tess_columns(stars: Stars, five: Array, random: np.random.Generator) -> Columns:
    """The same motions as the TESS Input Catalog of those days had them."""
    count = len(stars)
    none = random.random(count) < 0.15
    old = none | ~five
    return {
        "T_id": hidden(np.where(stars.tic > 0, stars.tic, 10**8 + np.arange(count) * 31), none),
        "T_pmRA": hidden(rounded(stars.pmra, 2), none),
        "T_e_pmRA": hidden(rounded(random.lognormal(0, 0.3, count), 2), none),
        "T_pmDEC": hidden(rounded(stars.pmdec, 2), none),
        "T_e_pmDEC": hidden(rounded(random.lognormal(0, 0.3, count), 2), none),
        "T_PMflag": hidden(among(["tgas", "tycho2", "ucac4"], random, count).astype(str), none),
        "T_plx": hidden(rounded(stars.parallax, 2), old),
        "T_e_plx": hidden(rounded(random.lognormal(-1, 0.3, count), 2), old),
        "T_PARflag": hidden(np.full(count, "tgas"), old),
        "T_dstArcSec": hidden(rounded(random.rayleigh(0.2, count), 4), none),
        "T_contamination": hidden(random.poisson(0.2, count), none),
    }
