"""Gaia's releases: the same stars, measured better each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import hpgeom
import numpy as np
import pyarrow as pa

from topmast.archive.catalogs.cones import distances_deg
from topmast.sample.catalogs.arrays import (
    Array,
    Columns,
    hidden,
    rounded,
    significant,
    table_of,
    with_rows,
)
from topmast.sample.catalogs.celestial import ecliptic, galactic
from topmast.sample.catalogs.guide_rows import (
    GAIA_DR1_ROWS,
    GAIA_DR2_ROWS,
    GAIA_FIELD_COUNT,
)
from topmast.sample.catalogs.population import Stars
from topmast.sample.catalogs.regions import GUIDE_FIELD
from topmast.sample.seeds import seeded

CELL_BITS = 35
RUNNING_BITS = 7
GUIDE_RADIUS = 0.1


@dataclass(frozen=True, slots=True)
class Release:
    """One release: `quality` multiplies the errors of DR2, `faintest` is its limit in G."""

    catalog: str
    name: str
    solution: int
    epoch: float
    quality: float
    faintest: float
    complete: float


DR1 = Release("gaia_dr1", "DR1", 1635378410781933568, 2015.0, 4.0, 20.5, 0.7)
TGAS = Release("gaia_tgas", "TGAS", 1635378410781933568, 2015.0, 6.0, 11.5, 0.9)
DR2 = Release("gaia_dr2", "DR2", 1635721458409799680, 2015.5, 1.0, 21.1, 1.0)
DR3 = Release("gaia_dr3", "DR3", 1636148068921376768, 2016.0, 0.75, 21.2, 1.0)


def catalogs(stars: Stars) -> Iterator[tuple[str, pa.Table]]:
    """All four tables."""
    identifiers = source_ids(stars)
    for release in (DR3, DR2):
        seen = measured(stars, release)
        rows = table_of(later_columns(stars.chosen(seen), identifiers[seen], release))
        yield release.catalog, with_rows(rows, GAIA_DR2_ROWS) if release is DR2 else rows
    for release in (DR1, TGAS):
        seen = measured(stars, release)
        rows = table_of(first_columns(stars.chosen(seen), identifiers[seen], release))
        yield release.catalog, with_rows(rows, GAIA_DR1_ROWS) if release is DR1 else rows


def measured(stars: Stars, release: Release) -> Array:
    """Numbers of the stars in a release."""
    random = seeded("gaia", release.name, "seen")
    seen = (stars.g < release.faintest) & (random.random(len(stars)) < release.complete)
    if release is DR2:
        # The guide counts how many there are around one place.
        near = distances_deg(*GUIDE_FIELD, *place_at(stars, release.epoch)) <= GUIDE_RADIUS + 1e-4
        surplus = np.flatnonzero(near & seen)[GAIA_FIELD_COUNT - len(GAIA_DR2_ROWS[:4]) :]
        seen[surplus] = False
    return np.flatnonzero(seen)


def source_ids(stars: Stars) -> Array:
    """Identifiers that tell the place: a HEALPix cell of order 12, and a running number in it."""
    cells = hpgeom.angle_to_pixel(1 << 12, stars.ra, stars.dec).astype(np.int64)
    order = np.argsort(cells, kind="stable")
    first = np.searchsorted(cells[order], cells[order])
    running = np.empty(len(cells), np.int64)
    running[order] = np.arange(len(cells)) - first
    return (cells << CELL_BITS) + ((37 * running + 5) << RUNNING_BITS)


def place_at(stars: Stars, epoch: float) -> tuple[Array, Array]:
    """Where the stars are at another epoch."""
    years = epoch - 2015.5
    scale = years / 3.6e6
    return (
        (stars.ra + scale * stars.pmra / np.cos(np.radians(stars.dec))) % 360,
        np.clip(stars.dec + scale * stars.pmdec, -90, 90),
    )


# --------------------------------------------------------------------------------------- columns


def shared_columns(stars: Stars, identifiers: Array, release: Release) -> Columns:
    """What every release tells of a source."""
    random = seeded("gaia", release.name, "columns")
    count = len(stars)
    five = (stars.g < 20.5) & (random.random(count) < 0.97)
    error = release.quality * (0.025 + 0.03 * 10 ** (0.25 * (stars.g - 15)))
    error = np.clip(error, 0.015, 4.0) * random.lognormal(0, 0.15, count)
    ra, dec = place_at(stars, release.epoch)
    transits = random.poisson(22, count) + 4
    n_al = transits * 9 + random.integers(-3, 4, count)
    bad = random.poisson(0.6, count)
    flux = 10 ** (-0.4 * (stars.g - 25.6884))
    flux_error = flux * (0.0003 + 0.0012 * 10 ** (0.2 * (stars.g - 18)))
    longitude, latitude = galactic(ra, dec)
    around, above = ecliptic(ra, dec)
    columns: Columns = {
        "solution_id": np.full(count, release.solution),
        "source_id": identifiers,
        "random_index": random.permutation(count * 40)[:count],
        "ref_epoch": np.full(count, release.epoch),
        "ra": ra,
        "ra_error": rounded(error * 0.85, 3),
        "dec": dec,
        "dec_error": rounded(error * 0.8, 3),
        "parallax": hidden(rounded(stars.parallax + random.normal(0, error), 3), ~five),
        "parallax_error": hidden(rounded(error, 3), ~five),
        "pmra": hidden(rounded(stars.pmra + random.normal(0, 1.9 * error), 3), ~five),
        "pmra_error": hidden(rounded(1.9 * error, 3), ~five),
        "pmdec": hidden(rounded(stars.pmdec + random.normal(0, 1.7 * error), 3), ~five),
        "pmdec_error": hidden(rounded(1.7 * error, 3), ~five),
        "astrometric_n_obs_al": n_al,
        "astrometric_n_obs_ac": np.where(stars.g < 13, n_al, 0),
        "astrometric_n_good_obs_al": n_al - bad,
        "astrometric_n_bad_obs_al": bad,
        "astrometric_excess_noise": rounded(np.maximum(random.normal(0, 0.3, count), 0), 3),
        "astrometric_excess_noise_sig": rounded(np.maximum(random.normal(0, 2, count), 0), 2),
        "astrometric_primary_flag": stars.g < 14,
        "astrometric_weight_al": rounded(np.clip(4 / error**2, 0, 400), 3),
        "matched_observations": transits,
        "duplicated_source": random.random(count) < 0.01,
        "phot_g_n_obs": n_al - random.integers(0, 12, count),
        "phot_g_mean_flux": significant(flux, 4),
        "phot_g_mean_flux_error": significant(flux_error, 3),
        "phot_g_mean_mag": rounded(stars.g, 3),
        "phot_variable_flag": np.where(random.random(count) < 0.01, "VARIABLE", "NOT_AVAILABLE"),
        "l": rounded(longitude, 4),
        "b": rounded(latitude, 4),
        "ecl_lon": rounded(around, 4),
        "ecl_lat": rounded(above, 4),
    }
    for name in CORRELATIONS:
        between = np.clip(random.normal(0, 0.25, count), -0.99, 0.99)
        columns[name] = hidden(rounded(between, 2), ~five & (name != "ra_dec_corr"))
    return columns


CORRELATIONS = (
    "ra_dec_corr", "ra_parallax_corr", "ra_pmra_corr", "ra_pmdec_corr", "dec_parallax_corr",
    "dec_pmra_corr", "dec_pmdec_corr", "parallax_pmra_corr", "parallax_pmdec_corr",
    "pmra_pmdec_corr",
)  # fmt: skip


def later_columns(stars: Stars, identifiers: Array, release: Release) -> Columns:
    """The columns of DR2 and DR3."""
    random = seeded("gaia", release.name, "later")
    columns = shared_columns(stars, identifiers, release)
    count = len(stars)
    five = ~np.isnan(columns["parallax"])
    columns["designation"] = np.array([f"Gaia {release.name} {number}" for number in identifiers])
    columns["parallax_over_error"] = rounded(columns["parallax"] / columns["parallax_error"], 2)
    good = columns["astrometric_n_good_obs_al"]
    columns |= {
        "astrometric_gof_al": rounded(random.normal(0.3, 1.3, count), 2),
        "astrometric_chi2_al": rounded(good * random.lognormal(0.1, 0.2, count), 1),
        "astrometric_params_solved": np.where(five, 31, 3),
        "astrometric_pseudo_colour": hidden(rounded(1.75 - 0.17 * stars.bp_rp, 3), ~five),
        "astrometric_pseudo_colour_error": hidden(
            rounded(np.clip(0.01 * 10 ** (0.2 * (stars.g - 15)), 0.002, 1), 3), ~five
        ),
        "mean_varpi_factor_al": rounded(random.normal(0, 0.08, count), 3),
        "astrometric_matched_observations": columns["matched_observations"] - 1,
        "visibility_periods_used": np.clip(random.poisson(12, count), 5, 30),
        "astrometric_sigma5d_max": rounded(columns["ra_error"] * 1.6, 3),
        "frame_rotator_object_type": np.zeros(count, np.int64),
        "phot_g_mean_flux_over_error": rounded(
            columns["phot_g_mean_flux"] / np.maximum(columns["phot_g_mean_flux_error"], 1e-2), 1
        ),
        "phot_proc_mode": np.zeros(count, np.int64),
        "priam_flags": np.where(stars.g < 17, 100001, 200111),
        "flame_flags": np.where(stars.g < 16, 200111, 200211),
    }
    return columns | colour_columns(stars, random) | star_columns(stars, random)


def colour_columns(stars: Stars, random: np.random.Generator) -> Columns:
    """The two photometers; the faintest sources have no colour."""
    count = len(stars)
    none = (stars.g > 20.4) & (random.random(count) < 0.5)
    blue_part = 0.55 * np.ones(count)
    magnitudes = {
        "bp": stars.g + blue_part * stars.bp_rp,
        "rp": stars.g - (1 - blue_part) * stars.bp_rp,
    }
    columns: Columns = {}
    for band, zero in (("bp", 25.3514), ("rp", 24.7619)):
        flux = 10 ** (-0.4 * (magnitudes[band] - zero))
        relative = 0.001 + 0.01 * 10 ** (0.3 * (magnitudes[band] - 18))
        columns |= {
            f"phot_{band}_n_obs": random.poisson(20, count) + 1,
            f"phot_{band}_mean_flux": hidden(significant(flux, 4), none),
            f"phot_{band}_mean_flux_error": hidden(significant(flux * relative, 3), none),
            f"phot_{band}_mean_flux_over_error": hidden(significant(1 / relative, 3), none),
            f"phot_{band}_mean_mag": hidden(rounded(magnitudes[band], 3), none),
        }
    bp, rp = columns["phot_bp_mean_mag"], columns["phot_rp_mean_mag"]
    g = rounded(stars.g, 3)
    return columns | {
        "phot_bp_rp_excess_factor": hidden(rounded(1.2 + 0.03 * stars.bp_rp**2, 3), none),
        "bp_rp": rounded(bp - rp, 3),
        "bp_g": rounded(bp - g, 3),
        "g_rp": rounded(g - rp, 3),
    }


def star_columns(stars: Stars, random: np.random.Generator) -> Columns:
    """Velocities of the bright ones, temperatures and sizes of those not too faint."""
    count = len(stars)
    slow = (stars.g > 13) | (stars.teff > 6900) | (stars.teff < 3550)
    cool = (stars.g > 17) | (stars.teff > 10000) | (stars.teff < 3300)
    dim = cool | (stars.g > 16.5) | stars.in_cluster
    teff = rounded(stars.teff + random.normal(0, 90, count), 1)
    velocity = random.normal(0, 35, count)
    columns: Columns = {
        "radial_velocity": hidden(rounded(velocity, 2), slow),
        "radial_velocity_error": hidden(rounded(random.lognormal(-0.2, 0.6, count), 2), slow),
        "rv_nb_transits": np.where(slow, 0, random.poisson(7, count) + 2),
        "rv_template_teff": hidden(np.round(teff / 500) * 500, slow),
        "rv_template_logg": hidden(np.round(stars.gravity * 2) / 2, slow),
        "rv_template_fe_h": hidden(rounded(np.full(count, 0.0), 2), slow),
    }
    spreads = (
        ("teff", teff, 0.02, cool, 1),
        ("a_g", np.maximum(2.3 * stars.reddening, 0.01), 0.4, dim, 3),
        ("e_bp_min_rp", np.maximum(1.3 * stars.reddening, 0.005), 0.4, dim, 3),
        ("radius", stars.radius, 0.06, dim, 3),
        ("lum", stars.luminosity, 0.08, dim, 3),
    )
    for name, values, spread, none, digits in spreads:
        columns |= {
            f"{name}_val": hidden(rounded(values, digits), none),
            f"{name}_percentile_lower": hidden(rounded(values * (1 - spread), digits), none),
            f"{name}_percentile_upper": hidden(rounded(values * (1 + spread), digits), none),
        }
    return columns


def first_columns(stars: Stars, identifiers: Array, release: Release) -> Columns:
    """The columns of DR1; only its TGAS part has parallaxes and motions."""
    random = seeded("gaia", release.name, "first")
    columns = shared_columns(stars, identifiers, release)
    count = len(stars)
    none = np.full(count, release is DR1) & (stars.g > 11)
    for name in ("parallax", "parallax_error", "pmra", "pmra_error", "pmdec", "pmdec_error"):
        columns[name] = hidden(columns[name], none)
    for name in CORRELATIONS[1:]:
        columns[name] = hidden(columns[name], none)
    good = columns["astrometric_n_good_obs_al"]
    columns |= {
        "astrometric_n_good_obs_ac": np.where(stars.g < 13, good, 0),
        "astrometric_n_bad_obs_ac": np.zeros(count, np.int64),
        "astrometric_delta_q": hidden(rounded(random.chisquare(3, count), 2), none),
        "astrometric_relegation_factor": rounded(random.normal(2, 0.5, count), 2),
        "astrometric_weight_ac": rounded(random.uniform(0, 0.03, count), 4),
        "astrometric_priors_used": np.where(none, 2, 5),
    }
    for order in (1, 2, 3, 4):
        columns[f"scan_direction_strength_k{order}"] = rounded(random.uniform(0, 0.9, count), 3)
        columns[f"scan_direction_mean_k{order}"] = rounded(random.uniform(-180, 180, count), 1)
    if release is TGAS:
        hipparcos = random.random(count) < 0.1
        columns["hip"] = hidden(random.permutation(120_000)[:count] + 1, ~hipparcos)
        first, second = random.integers(1, 9538, count), random.integers(1, 4000, count)
        tycho = np.array([f"{a}-{b}-1" for a, b in zip(first, second, strict=True)])
        columns["tycho2_id"] = hidden(tycho, hipparcos)
    return columns
