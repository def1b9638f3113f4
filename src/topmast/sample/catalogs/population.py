"""Stars that could be: mass, age and distance first, everything else follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topmast.sample.catalogs.arrays import Array
from topmast.sample.catalogs.celestial import in_circle, on_the_sky
from topmast.sample.catalogs.colours import by_temperature
from topmast.sample.catalogs.regions import Region, regions
from topmast.sample.seeds import seeded
from topmast.sample.stars import K2_STARS, KEPLER_STARS, TESS_STARS
from topmast.sample.variability import Star

FAINTEST = 20.9
ALL_SKY = 5000
SUN_MBOL = 4.74
SUN_TEFF = 5772.0


@dataclass(frozen=True, slots=True)
class Stars:
    """One value a star: positions in degrees (ICRS, 2015.5), motions in mas/yr, distances in pc."""

    ra: Array
    dec: Array
    distance: Array
    pmra: Array
    pmdec: Array
    teff: Array
    mass: Array
    radius: Array
    g: Array
    bp_rp: Array
    metals: Array
    reddening: Array
    tic: Array
    kic: Array
    in_cluster: Array

    def __len__(self) -> int:
        return len(self.ra)

    def chosen(self, keep: Array) -> Stars:
        """Those of a mask or with these numbers."""
        return Stars(*(getattr(self, name)[keep] for name in self.__slots__))

    @property
    def luminosity(self) -> Array:
        """In units of the Sun's."""
        return np.asarray(self.radius**2 * (self.teff / SUN_TEFF) ** 4)

    @property
    def gravity(self) -> Array:
        """log g, cgs."""
        return np.asarray(4.438 + np.log10(self.mass) - 2 * np.log10(self.radius))

    @property
    def parallax(self) -> Array:
        """In mas."""
        return np.asarray(1000.0 / self.distance)


def all_stars() -> Stars:
    """The stars of all regions and of the whole sky, and the ones that are watched."""
    parts = [stars_of(region) for region in regions()]
    random = seeded("catalog stars", "all sky")
    ra, dec = on_the_sky(ALL_SKY, random)
    parts.append(with_positions(disk_stars(ALL_SKY, random, brightest_first=True), ra, dec, random))
    parts.append(watched_stars())
    return Stars(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Stars.__slots__)
    )


def stars_of(region: Region) -> Stars:
    """The stars of one region."""
    random = seeded("catalog stars", region.name)
    members = int(region.count * 0.8) if region.core else 0
    spread = region.radius * np.sqrt(
        random.uniform((region.clear / region.radius) ** 2, 1, region.count - members)
    )
    ra, dec = in_circle(region.ra, region.dec, spread, random)
    field = with_positions(disk_stars(len(spread), random), ra, dec, random)
    if not members:
        return field
    ra, dec = in_circle(region.ra, region.dec, king_radii(region, members, random), random)
    cluster = cluster_stars(region, ra, dec, random)
    return Stars(
        *(
            np.concatenate([getattr(part, name) for part in (field, cluster)])
            for name in Stars.__slots__
        )
    )


def king_radii(region: Region, count: int, random: np.random.Generator) -> Array:
    """Distances from the centre: half of them within the core, none in the part left clear."""
    most = 1 / (1 + (region.core / region.radius) ** 2)
    least = 1 / (1 + (region.core / max(region.clear, 1e-9)) ** 2)
    part = random.uniform(least, most, count)
    return np.asarray(region.core * np.sqrt(part / (1 - part)))


@dataclass(frozen=True, slots=True)
class Bodies:
    """What stars are by themselves, wherever they are."""

    mass: Array
    radius: Array
    teff: Array
    distance: Array
    metals: Array


def disk_stars(count: int, random: np.random.Generator, *, brightest_first: bool = False) -> Bodies:
    """Stars of the Galaxy's disk as a survey with a limit sees them: many dwarfs, far giants."""
    tried = count * 4
    mass = np.clip(0.12 * random.pareto(1.25, tried) + 0.12, 0.1, 6.0)
    giant = random.random(tried) < 0.04
    dwarf_radius = np.where(mass < 1, mass**0.85, mass**0.65) * random.normal(1.0, 0.06, tried)
    luminosity = np.where(mass < 0.45, 0.25 * mass**2.4, mass**4.1)
    giant_radius = 10 ** random.uniform(0.45, 1.7, tried)
    radius = np.where(giant, giant_radius, np.abs(dwarf_radius) + 0.05)
    dwarf_teff = SUN_TEFF * (luminosity / dwarf_radius**2) ** 0.25
    giant_teff = 5250 - 850 * (np.log10(giant_radius) - 0.45) + random.normal(0, 90, tried)
    teff = np.clip(np.where(giant, giant_teff, dwarf_teff), 2600, 25000)
    mass = np.where(giant, random.uniform(0.9, 1.9, tried), mass)
    dwarf = random.random(tried) < 0.004  # a few white dwarfs
    radius, mass = np.where(dwarf, 0.013, radius), np.where(dwarf, 0.6, mass)
    teff = np.where(dwarf, random.uniform(5500, 25000, tried), teff)
    reach = 2500.0 if not brightest_first else 900.0
    distance = reach * random.random(tried) ** (1 / 2.2) + 3
    bodies = Bodies(mass, radius, teff, distance, random.normal(-0.1, 0.2, tried))
    g = apparent(bodies, np.zeros(tried))
    limit = FAINTEST if not brightest_first else 14.5
    seen = np.flatnonzero((g < limit) & (g > 3.5))[:count]
    if len(seen) < count:
        seen = np.resize(seen, count)
    return Bodies(*(getattr(bodies, name)[seen] for name in Bodies.__slots__))


def cluster_stars(region: Region, ra: Array, dec: Array, random: np.random.Generator) -> Stars:
    """Stars of one age at one distance: a main sequence up to the turn-off, and giants."""
    count = len(ra)
    turn_off = 0.82 if region.age == "old" else 20.0
    faintest = {"old": 0.55, "young": 0.25}[region.age]
    mass = np.minimum(faintest + (random.pareto(2.0, count)) * 0.25, turn_off)
    evolved = (random.random(count) < 0.22) & (region.age == "old")
    metals = np.full(count, -1.6 if region.age == "old" else 0.0) + random.normal(0, 0.05, count)
    poor = 1.08 if region.age == "old" else 1.0
    radius = np.where(mass < 1, mass**0.85, mass**0.65)
    teff = (
        SUN_TEFF * (np.where(mass < 0.45, 0.25 * mass**2.4, mass**4.1) / radius**2) ** 0.25 * poor
    )
    up = random.random(count) ** 2
    radius = np.where(evolved, 10 ** (0.35 + 1.5 * up), radius)
    teff = np.where(evolved, 5500 - 1200 * up, teff)
    horizontal = evolved & (random.random(count) < 0.15)
    radius = np.where(horizontal, 4.0, radius)
    teff = np.where(horizontal, random.uniform(5500, 11000, count), teff)
    distance = np.full(count, region.distance) + random.normal(0, 0.001 * region.distance, count)
    bodies = Bodies(
        np.where(evolved, turn_off, mass), radius, np.clip(teff, 2600, 35000), distance, metals
    )
    stars = with_positions(bodies, ra, dec, random, cluster=region)
    return stars.chosen(stars.g < FAINTEST + 0.1)


def apparent(bodies: Bodies, reddening: Array) -> Array:
    """G of stars at their distances, behind dust."""
    luminosity = bodies.radius**2 * (bodies.teff / SUN_TEFF) ** 4
    absolute = SUN_MBOL - 2.5 * np.log10(luminosity) - by_temperature("bolometric", bodies.teff)
    modulus = 5 * np.log10(bodies.distance) - 5
    return np.asarray(absolute + modulus + 2.3 * reddening)


def with_positions(
    bodies: Bodies,
    ra: Array,
    dec: Array,
    random: np.random.Generator,
    cluster: Region | None = None,
) -> Stars:
    """The bodies at these places, moving and reddened."""
    count = len(ra)
    reddening = 0.1 * (1 - np.exp(-bodies.distance / 900)) * random.uniform(0.3, 1.7, count)
    speed = random.normal(0, 32, (2, count)) / 4.74  # km/s at the distance: mas/yr
    motion = speed * 1000 / bodies.distance
    if cluster is not None:
        own = random.normal(0, 6.0, (2, count)) / 4.74 * 1000 / bodies.distance
        motion = own + np.array(cluster.motion)[:, None]
    bp_rp = by_temperature("bp_rp", bodies.teff) + 1.3 * reddening + random.normal(0, 0.015, count)
    nothing = np.zeros(count, np.int64)
    return Stars(
        ra=ra,
        dec=dec,
        distance=bodies.distance,
        pmra=motion[0],
        pmdec=motion[1],
        teff=bodies.teff,
        mass=bodies.mass,
        radius=bodies.radius,
        g=apparent(bodies, reddening),
        bp_rp=bp_rp,
        metals=bodies.metals,
        reddening=reddening,
        tic=nothing,
        kic=nothing,
        in_cluster=np.full(count, cluster is not None),
    )


# -------------------------------------------------------------------------- stars that are watched


def watched_stars() -> Stars:
    """The stars that Kepler, K2 and TESS have light curves of, once each."""
    known: dict[tuple[float, float], tuple[Star, int, int]] = {}
    for star, tic, kic in [
        *((star, star.number, 0) for star in TESS_STARS),
        *((star, 0, star.number) for star in KEPLER_STARS),
        *((star, 0, 0) for _, star in K2_STARS),
    ]:
        place = (round(star.ra, 3), round(star.dec, 3))
        _, old_tic, old_kic = known.get(place, (star, 0, 0))
        known[place] = (star, tic or old_tic, kic or old_kic)
    stars = [star for star, _, _ in known.values()]
    teff, radius, magnitude, ra, dec = (
        np.array([getattr(star, name) for star in stars], np.float64)
        for name in ("teff", "radius", "magnitude", "ra", "dec")
    )
    mass = np.clip(np.where(radius < 1, radius**1.15, radius**0.8), 0.08, 3)
    bp_rp = by_temperature("bp_rp", teff)
    g = magnitude + 0.63 * bp_rp - 0.089 * bp_rp**2
    luminosity = radius**2 * (teff / SUN_TEFF) ** 4
    absolute = SUN_MBOL - 2.5 * np.log10(luminosity) - by_temperature("bolometric", teff)
    distance = 10 ** ((g - absolute + 5) / 5)
    random = seeded("catalog stars", "watched")
    motion = random.normal(0, 35, (2, len(stars))) / 4.74 * 1000 / distance
    nothing = np.zeros(len(stars))
    return Stars(
        ra=ra,
        dec=dec,
        distance=distance,
        pmra=motion[0],
        pmdec=motion[1],
        teff=teff,
        mass=mass,
        radius=radius,
        g=g,
        bp_rp=bp_rp,
        metals=nothing,
        reddening=nothing,
        tic=np.array([tic for _, tic, _ in known.values()], np.int64),
        kic=np.array([kic for _, _, kic in known.values()], np.int64),
        in_cluster=np.zeros(len(stars), bool),
    )
