"""A synthetic population of stars: mass, age and distance, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from topmast.sample.catalogs.columns import Columns, draw_columns
from topmast.sample.catalogs.data_tables import read_table
from topmast.sample.catalogs.functions import Array, by_temperature
from topmast.sample.seeds import seeded
from topmast.sample.stars import K2_STARS, KEPLER_STARS, TESS_STARS
from topmast.sky.vectors import offset

FAINTEST = 20.9
FAINTEST_ULTRAVIOLET = 22.6
ALL_SKY = 5400
SUN_MBOL = 4.74
SUN_TEFF = 5772.0


@dataclass(frozen=True, slots=True)
class Region:
    """A circle with stars in it, and `galaxies` that are seen in the ultraviolet.

    `core` is the radius, in degrees, within which half of a cluster's members are, 0 for stars
    spread evenly; `distance` in parsec, `age` ("old", "young" or "") and motion in mas/yr are those
    of the cluster. `clear` is a radius around the centre that is left to the rows of the guide.
    """

    name: str
    ra: float
    dec: float
    radius: float
    count: int
    core: float = 0.0
    distance: float = 0.0
    age: str = ""
    pmra: float = 0.0
    pmdec: float = 0.0
    clear: float = 0.0
    galaxies: int = 0


def regions() -> list[Region]:
    """Clusters and fields, with distances and motions rounded."""
    return [Region(**row) for row in read_table("regions").to_pylist()]


def all_stars() -> Columns:
    """The stars of all regions and of the whole sky, and the ones that are watched.

    Positions are in degrees (ICRS, 2015.5), motions in mas/yr, distances in parsec.
    """
    watched = watched_stars()
    places = zip(watched["ra"].tolist(), watched["dec"].tolist(), strict=True)
    hosts = [Region(f"host {k}", *place, 0.2, 40, clear=0.0008) for k, place in enumerate(places)]
    parts = [part for region in [*regions(), *hosts] for part in stars_of(region)]
    stars = joined([*parts, stars_of_the_sky(), watched])
    return stars | draw_columns("stars", len(stars["ra"]), stars)


def chosen(columns: Columns, keep: Array) -> Columns:
    """The rows of a mask or with these numbers."""
    return {name: values[keep] for name, values in columns.items()}


def joined(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def stars_of(region: Region) -> list[Columns]:
    """The stars of one region: those in front of it, and the members of a cluster."""
    random = seeded("catalog stars", region.name)
    members = int(region.count * 0.8) if region.core else 0
    around = region.count - members
    ra, dec = in_circle(region.ra, region.dec, even_radii(region, around, random), random)
    parts = [with_positions(disk_stars(around, random), ra, dec, random)]
    if members:
        away = king_radii(region.core, region.radius, region.clear, members, random)
        ra, dec = in_circle(region.ra, region.dec, away, random)
        bodies = cluster_stars(region, members, random)
        stars = with_positions(bodies, ra, dec, random, cluster=region)
        parts.append(chosen(stars, stars["g"] < FAINTEST + 0.1))
    return parts


def stars_of_the_sky() -> Columns:
    """Bright stars anywhere, denser towards the plane of the Galaxy."""
    random = seeded("catalog stars", "all sky")
    longitude = random.uniform(0, 360, ALL_SKY)
    height = random.laplace(0, 0.35, ALL_SKY)
    height = np.where(np.abs(height) >= 1, random.uniform(-1, 1, ALL_SKY), height)
    place = SkyCoord(longitude, np.degrees(np.arcsin(height)), unit=u.deg, frame="galactic").icrs
    bodies = disk_stars(ALL_SKY, random, faintest=14.5, reach=900.0)
    return with_positions(bodies, place.ra.deg, place.dec.deg, random)


def in_circle(
    ra: float, dec: float, away_deg: Array, random: np.random.Generator
) -> tuple[Array, Array]:
    """Positions at these distances from a place, in random directions."""
    towards = random.uniform(0, 360, len(away_deg))
    return offset(np.full(len(away_deg), ra), np.full(len(away_deg), dec), towards, away_deg)


def even_radii(region: Region, count: int, random: np.random.Generator) -> Array:
    """Distances from the centre of sources spread evenly, none in the part left clear."""
    least = (region.clear / region.radius) ** 2
    return np.asarray(region.radius * np.sqrt(random.uniform(least, 1, count)))


def king_radii(
    core: float, radius: float, clear: float, count: int, random: np.random.Generator
) -> Array:
    """Distances from the centre: half of them within the core, none in the part left clear."""
    most = 1 / (1 + (core / radius) ** 2)
    least = 1 / (1 + (core / clear) ** 2) if clear else 0.0
    part = random.uniform(least, most, count)
    return np.asarray(core * np.sqrt(part / (1 - part)))


def disk_stars(
    count: int, random: np.random.Generator, *, faintest: float = FAINTEST, reach: float = 2500.0
) -> Columns:
    """Stars of the Galaxy's disk as a survey with a limit sees them: many dwarfs, far giants."""
    tried = count * 4
    mass = np.clip(0.12 * random.pareto(1.25, tried) + 0.12, 0.1, 6.0)
    kind = random.choice(["dwarf", "giant", "white dwarf"], tried, p=[0.956, 0.04, 0.004])
    dwarf_radius = main_sequence_radius(mass) * random.normal(1.0, 0.06, tried)
    giant_radius = 10 ** random.uniform(0.45, 1.7, tried)
    giant_teff = 5250 - 850 * (np.log10(giant_radius) - 0.45) + random.normal(0, 90, tried)
    kinds = [kind == "giant", kind == "white dwarf"]
    hot = random.uniform(5500, 25000, tried)
    teff = np.select(kinds, [giant_teff, hot], main_sequence_teff(mass, dwarf_radius))
    bodies = {
        "mass": np.select(kinds, [random.uniform(0.9, 1.9, tried), 0.6], mass),
        "radius": np.select(kinds, [giant_radius, 0.013], np.abs(dwarf_radius) + 0.05),
        "teff": np.clip(teff, 2600, 25000),
        "distance": reach * random.random(tried) ** (1 / 2.2) + 3,
        "metals": random.normal(-0.1, 0.2, tried),
    }
    g = apparent_g(bodies, 0.0)
    seen = np.flatnonzero((g < faintest) & (g > 3.5))
    return chosen(bodies, np.resize(seen, count))


def cluster_stars(region: Region, count: int, random: np.random.Generator) -> Columns:
    """Stars of one age at one distance: a main sequence up to the turn-off, and giants."""
    old = region.age == "old"
    turn_off, faintest = (0.82, 0.55) if old else (20.0, 0.25)
    mass = np.minimum(faintest + random.pareto(2.0, count) * 0.25, turn_off)
    evolved = (random.random(count) < 0.22) & old
    horizontal = evolved & (random.random(count) < 0.15)
    up = random.random(count) ** 2
    kinds = [horizontal, evolved]
    hot = random.uniform(5500, 11000, count)
    radius = main_sequence_radius(mass)
    teff = main_sequence_teff(mass, radius) * (1.08 if old else 1.0)
    return {
        "mass": np.where(evolved, turn_off, mass),
        "radius": np.select(kinds, [4.0, 10 ** (0.35 + 1.5 * up)], radius),
        "teff": np.clip(np.select(kinds, [hot, 5500 - 1200 * up], teff), 2600, 35000),
        "distance": region.distance * random.normal(1, 0.001, count),
        "metals": (-1.6 if old else 0.0) + random.normal(0, 0.05, count),
    }


def main_sequence_radius(mass: Array) -> Array:
    return np.where(mass < 1, mass**0.85, mass**0.65)


def main_sequence_teff(mass: Array, radius: Array) -> Array:
    luminosity = np.where(mass < 0.45, 0.25 * mass**2.4, mass**4.1)
    return np.asarray(SUN_TEFF * (luminosity / radius**2) ** 0.25)


def absolute_g(radius: Array, teff: Array) -> Array:
    luminosity = radius**2 * (teff / SUN_TEFF) ** 4
    return SUN_MBOL - 2.5 * np.log10(luminosity) - by_temperature("bolometric", teff)


def apparent_g(bodies: Columns, reddening: Array | float) -> Array:
    """G of stars at their distances, behind dust."""
    modulus = 5 * np.log10(bodies["distance"]) - 5
    return absolute_g(bodies["radius"], bodies["teff"]) + modulus + 2.3 * reddening


def with_positions(
    bodies: Columns,
    ra: Array,
    dec: Array,
    random: np.random.Generator,
    cluster: Region | None = None,
) -> Columns:
    """The bodies at these places, moving and reddened."""
    count, distance = len(ra), bodies["distance"]
    reddening = 0.1 * (1 - np.exp(-distance / 900)) * random.uniform(0.3, 1.7, count)
    speed = 32 if cluster is None else 6  # km/s
    pmra, pmdec = random.normal(0, speed, (2, count)) / 4.74 * 1000 / distance
    if cluster is not None:
        pmra, pmdec = pmra + cluster.pmra, pmdec + cluster.pmdec
    colour = by_temperature("bp_rp", bodies["teff"]) + 1.3 * reddening
    return bodies | {
        "ra": ra,
        "dec": dec,
        "pmra": pmra,
        "pmdec": pmdec,
        "g": apparent_g(bodies, reddening),
        "bp_rp": colour + random.normal(0, 0.015, count),
        "reddening": reddening,
        "tic": np.zeros(count, np.int64),
        "kic": np.zeros(count, np.int64),
        "in_cluster": np.full(count, cluster is not None),
    }


def watched_stars() -> Columns:
    """The stars that Kepler, K2 and TESS have light curves of, once each."""
    known: dict[tuple[float, float], dict[str, float]] = {}
    for word, star in [
        *(("tic", star) for star in TESS_STARS),
        *(("kic", star) for star in KEPLER_STARS),
        *(("epic", star) for _, star in K2_STARS),
    ]:
        names = ("ra", "dec", "teff", "radius", "magnitude")
        row = {name: getattr(star, name) for name in names} | {word: star.number}
        place = (round(star.ra, 3), round(star.dec, 3))
        known[place] = {"tic": 0, "kic": 0} | known.get(place, {}) | row
    rows = list(known.values())
    stars = {name: np.array([row[name] for row in rows], np.float64) for name in names}
    radius, colour = stars["radius"], by_temperature("bp_rp", stars["teff"])
    g = stars.pop("magnitude") + 0.63 * colour - 0.089 * colour**2
    bodies = {
        "mass": np.clip(np.where(radius < 1, radius**1.15, radius**0.8), 0.08, 3),
        "radius": radius,
        "teff": stars["teff"],
        "distance": 10 ** ((g - absolute_g(radius, stars["teff"]) + 5) / 5),
        "metals": np.zeros(len(rows)),
    }
    moving = with_positions(bodies, stars["ra"], stars["dec"], seeded("catalog stars", "watched"))
    numbers = {name: np.array([row[name] for row in rows], np.int64) for name in ("tic", "kic")}
    return moving | numbers | {"g": g, "bp_rp": colour, "reddening": np.zeros(len(rows))}


def ultraviolet_sources(stars: Columns) -> Columns:
    """Positions, NUV and FUV - NUV of hot stars and of galaxies in the sample's fields."""
    random = seeded("galex")
    guide = next(region for region in regions() if region.name == "guide")
    apart = np.hypot(stars["ra"] - guide.ra, stars["dec"] - guide.dec) > 0.7
    hot = apart & (stars["nuv"] < FAINTEST_ULTRAVIOLET) & (random.random(len(apart)) < 0.7)
    parts = [{name: stars[name][hot] for name in ("ra", "dec", "nuv", "fuv_nuv")}]
    for region in regions():
        wide = replace(region, radius=0.6)
        ra, dec = in_circle(
            region.ra, region.dec, even_radii(wide, region.galaxies, random), random
        )
        nuv = FAINTEST_ULTRAVIOLET + 0.4 - random.exponential(0.8, len(ra))
        colour = random.normal(0.8, 0.5, len(ra))
        parts.append({"ra": ra, "dec": dec, "nuv": nuv, "fuv_nuv": colour})
    return joined(parts)
