"""The catalogue of GALEX: hot stars, and galaxies of every colour."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from topmast.sample.catalogs.arrays import (
    Array,
    Columns,
    hidden,
    rounded,
    table_of,
)
from topmast.sample.catalogs.celestial import in_circle
from topmast.sample.catalogs.colours import by_temperature
from topmast.sample.catalogs.guide_rows import GALEX_ROWS
from topmast.sample.catalogs.population import Stars
from topmast.sample.catalogs.regions import GUIDE_FIELD, fields
from topmast.sample.places import place
from topmast.sample.seeds import seeded

FAINTEST = 22.6
GALAXIES = 7000
FIRST_ID = 6370000000000000000
FIELD_RADIUS = 0.6
GUIDE_COUNT = 700
CLEAR = 0.0293
"""Degrees around the guide's place, within which are its own ten rows alone."""
ZERO_POINTS = {"fuv": 18.82, "nuv": 20.08}
AB_MICROJANSKY = 23.9


def catalog(stars: Stars) -> pa.Table:
    """Sources in the near ultraviolet, those of the guide last."""
    random = seeded("galex")
    parts = [hot_stars(stars, random), galaxies(random), around_guide(random)]
    ra, dec, nuv, colour = (np.concatenate(part) for part in zip(*parts, strict=True))
    guide_ra, guide_dec = np.array([(row["ra"], row["dec"]) for row in GALEX_ROWS]).T
    ten = len(GALEX_ROWS)
    ra, dec = np.concatenate([ra, guide_ra]), np.concatenate([dec, guide_dec])
    nuv = np.concatenate([nuv, random.uniform(19.5, 21.8, ten)])
    colour = np.concatenate([colour, random.uniform(0.3, 1.5, ten)])
    columns = columns_of(ra, dec, nuv, colour, random)
    for place_in_guide, row in enumerate(GALEX_ROWS, len(ra) - ten):
        put_guide_row(columns, place_in_guide, row)
    return table_of(finished(columns))


def hot_stars(stars: Stars, random: np.random.Generator) -> tuple[Array, ...]:
    """Positions, NUV and FUV - NUV of the stars that GALEX sees."""
    nuv = stars.g + by_temperature("nuv_g", stars.teff) + 5 * stars.reddening
    seen = np.flatnonzero((nuv < FAINTEST) & (random.random(len(stars)) < 0.7))
    apart = np.hypot(stars.ra[seen] - GUIDE_FIELD[0], stars.dec[seen] - GUIDE_FIELD[1]) > 0.7
    seen = seen[apart]
    colour = by_temperature("fuv_nuv", stars.teff[seen])
    return stars.ra[seen], stars.dec[seen], nuv[seen], colour


def galaxies(random: np.random.Generator) -> tuple[Array, ...]:
    """Galaxies in the sample's fields: counts that double every half magnitude."""
    centres = [(field.ra, field.dec) for field in fields() if field.name != "guide"]
    centres += [(place(name).ra, place(name).dec) for name in ("M 10", "M 15", "NGC 104")]
    count = GALAXIES // len(centres)
    spots = [
        in_circle(ra, dec, FIELD_RADIUS * np.sqrt(random.random(count)), random)
        for ra, dec in centres
    ]
    ra, dec = (np.concatenate(part) for part in zip(*spots, strict=True))
    nuv = FAINTEST + 0.4 - random.exponential(0.8, len(ra))
    return ra, dec, nuv, random.normal(0.8, 0.5, len(ra))


def around_guide(random: np.random.Generator) -> tuple[Array, ...]:
    """Sources around the place that the guide asks for, the nearest left out."""
    away = FIELD_RADIUS * np.sqrt(random.uniform((CLEAR / FIELD_RADIUS) ** 2, 1, GUIDE_COUNT))
    ra, dec = in_circle(*GUIDE_FIELD, away, random)
    nuv = FAINTEST - 0.5 - random.exponential(0.9, GUIDE_COUNT)
    return ra, dec, nuv, random.normal(0.9, 0.5, GUIDE_COUNT)


def columns_of(
    ra: Array, dec: Array, nuv: Array, colour: Array, random: np.random.Generator
) -> Columns:
    """All columns but the distance; nan is null."""
    count = len(ra)
    fuv = nuv + colour
    survey = random.choice(["AIS", "MIS", "GII"], count, p=[0.75, 0.17, 0.08])
    seconds = np.select([survey == "AIS", survey == "MIS"], [170.0, 1600.0], 6000.0)
    seconds = rounded(seconds * random.uniform(0.7, 1.3, count), 0)
    limit = np.select([survey == "AIS", survey == "MIS"], [20.0, 22.6], 23.5)
    in_fuv = (fuv < limit + 1.2) & (random.random(count) < 0.9)
    away = 0.55 * np.sqrt(random.random(count))
    centre_ra, centre_dec = in_circle_of_each(ra, dec, away, random)
    columns: Columns = {
        "objID": FIRST_ID + np.arange(count) * 1048583 + random.integers(0, 1000, count),
        "survey": survey.astype(object),
        "ra": ra,
        "dec": dec,
        "band": np.where(in_fuv, 3, 1),
        "fov_radius": rounded(away, 4),
        "IAUName": np.array(iau_names(ra, dec), dtype=object),
        "nuv_exptime": seconds,
        "fuv_exptime": seconds,
        "e_bv": rounded(random.lognormal(-3, 0.4, count), 4),
        "ra_cent": rounded(centre_ra, 3),
        "dec_cent": rounded(centre_dec, 3),
        "xCenter": rounded(1920 + 2400 * away * random.uniform(-1, 1, count), 1),
        "yCenter": rounded(1920 + 2400 * away * random.uniform(-1, 1, count), 1),
    }
    for band, magnitude, seen in (("fuv", fuv, in_fuv), ("nuv", nuv, np.full(count, True))):
        columns |= band_columns(band, magnitude, seconds, seen, random)
    return columns


def band_columns(
    band: str, magnitude: Array, seconds: Array, seen: Array, random: np.random.Generator
) -> Columns:
    """Magnitude, flux and count rates in one band."""
    count = len(magnitude)
    flux = 10 ** (-0.4 * (magnitude - AB_MICROJANSKY))
    rate = 10 ** (-0.4 * (magnitude - ZERO_POINTS[band]))
    error = np.clip(1.086 / np.sqrt(np.maximum(rate * seconds, 1)), 0.003, 0.6)
    return {
        f"{band}_mag": hidden(rounded(magnitude, 3), ~seen),
        f"{band}_magerr": hidden(rounded(error, 4), ~seen),
        f"{band}_flux": hidden(rounded(flux, 3), ~seen),
        f"{band}_fluxerr": hidden(rounded(flux * error / 1.086, 3), ~seen),
        f"{band}_flux_auto": hidden(rounded(rate, 4), ~seen),
        f"{band}_flux_aper_7": hidden(rounded(rate * 0.97, 4), ~seen),
        f"{band}_artifact": np.where(
            random.random(count) < 0.1, random.choice([1, 2, 4, 256], count), 0
        ),
    }


def in_circle_of_each(
    ra: Array, dec: Array, away: Array, random: np.random.Generator
) -> tuple[Array, Array]:
    """For each source the centre of a field that it is so far away from."""
    from topmast.sky.vectors import offset

    return offset(ra, dec, random.uniform(0, 360, len(ra)), away)


def iau_names(ra: Array, dec: Array) -> list[str]:
    """GALEX J102354.3-071834, cut and not rounded, as the IAU wants names."""
    tenths = np.floor(ra / 15 * 36_000).astype(np.int64) % (24 * 36_000)
    seconds = np.floor(np.abs(dec) * 3600).astype(np.int64)
    return [
        f"GALEX J{t // 36000:02d}{t % 36000 // 600:02d}{t % 600 / 10:04.1f}"
        f"{'-' if d < 0 else '+'}{s // 3600:02d}{s % 3600 // 60:02d}{s % 60:02d}"
        for t, s, d in zip(tenths.tolist(), seconds.tolist(), dec.tolist(), strict=True)
    ]


def put_guide_row(columns: Columns, place_in_table: int, row: dict[str, object]) -> None:
    """What the guide prints, and what follows from it: no FUV rate, no FUV magnitude."""
    flux = row["fuv_flux_aper_7"]
    columns["objID"][place_in_table] = row["objID"]
    columns["survey"][place_in_table] = row["survey"]
    for name in ("fuv_artifact", "nuv_artifact"):
        columns[name][place_in_table] = 0
    columns["band"][place_in_table] = 1 if flux is None else 3
    if isinstance(flux, float):
        magnitude = ZERO_POINTS["fuv"] - 2.5 * np.log10(flux)
        columns["fuv_flux_aper_7"][place_in_table] = flux
        columns["fuv_flux_auto"][place_in_table] = round(flux * 1.03, 8)
        columns["fuv_mag"][place_in_table] = round(float(magnitude), 4)
        columns["fuv_magerr"][place_in_table] = 0.3312
        microjansky = 10 ** (-0.4 * (magnitude - AB_MICROJANSKY))
        columns["fuv_flux"][place_in_table] = round(float(microjansky), 5)
        columns["fuv_fluxerr"][place_in_table] = round(float(microjansky) * 0.305, 5)
        return
    for name in ("mag", "magerr", "flux", "fluxerr", "flux_auto", "flux_aper_7"):
        columns[f"fuv_{name}"][place_in_table] = np.nan


def finished(columns: Columns) -> Columns:
    """Texts as texts."""
    return {
        name: pa.array(values.tolist()) if values.dtype == object else values
        for name, values in columns.items()
    }
