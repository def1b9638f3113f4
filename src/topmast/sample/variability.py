"""Variable stars: transits, spots, eclipses, pulsations, flares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LIMB = (0.35, 0.25)


@dataclass(frozen=True, slots=True)
class Planet:
    """Period in days, a mid-transit as BJD - 2450000, depth as a fraction, duration in hours."""

    period: float
    epoch: float
    depth: float
    hours: float


@dataclass(frozen=True, slots=True)
class Star:
    """A star to watch: its number in the input catalogue, position, magnitude, and how it varies.

    `variability` is a word of VARIABILITY, with its period in days.
    """

    name: str
    number: int
    ra: float
    dec: float
    magnitude: float
    teff: float = 5700.0
    radius: float = 1.0
    planets: tuple[Planet, ...] = ()
    variability: str = "quiet"
    period: float = 12.0


def relative_flux(star: Star, bjd: Array, random: np.random.Generator) -> Array:
    """Brightness at times BJD - 2450000, one when nothing happens."""
    flux = VARIABILITY[star.variability](bjd, star.period, random)
    for planet in star.planets:
        flux = flux * transits(bjd, planet)
    return np.asarray(flux)


def transits(time: Array, planet: Planet) -> Array:
    """Dips with a limb-darkened bottom; ingress and egress last by the planet's size."""
    half = planet.hours / 48
    phase = np.abs((time - planet.epoch + planet.period / 2) % planet.period - planet.period / 2)
    size = np.sqrt(planet.depth)
    inner = half * (1 - size) / (1 + size)
    across = np.clip(phase / half, 0, 1)
    mu = np.sqrt(np.clip(1 - across**2, 0, 1))
    darkened = 1 - LIMB[0] * (1 - mu) - LIMB[1] * (1 - mu) ** 2
    bottom = planet.depth * darkened / (1 - LIMB[0] / 3 - LIMB[1] / 6)
    slope = np.clip((half - phase) / max(half - inner, 1e-6), 0, 1)
    return np.asarray(1 - bottom * slope)


def quiet(time: Array, period: float, random: np.random.Generator) -> Array:
    """A slow swell of a few hundred parts in a million."""
    turn = 2 * np.pi * (time / (2 * period) + random.random())
    return np.asarray(1 + 2e-4 * np.sin(turn))


def spotted(time: Array, period: float, random: np.random.Generator) -> Array:
    """Two spots on a turning star."""
    start = random.random(2)
    first = np.sin(2 * np.pi * (time / period + start[0]))
    second = np.sin(2 * np.pi * (2 * time / period + start[1]))
    return np.asarray(1 + 0.012 * first + 0.005 * second)


def flaring(time: Array, period: float, random: np.random.Generator) -> Array:
    """A spotted star with a flare every few days: a sudden rise, a decay of half an hour."""
    flux = spotted(time, period, random)
    count = max(1, int(np.ptp(time) / 2.5))
    starts = time.min() + np.ptp(time) * random.random(count)
    heights = 0.01 / np.maximum(random.random(count), 0.03)
    for start, height in zip(starts, heights, strict=True):
        after = time - start
        flux = flux + np.where(after >= 0, height * np.exp(-np.clip(after, 0, 9) / 0.02), 0)
    return np.asarray(flux)


def eclipsing(time: Array, period: float, random: np.random.Generator) -> Array:
    """Two stars far apart: a deep and a shallow eclipse."""
    phase = (time / period + random.random()) % 1
    distance = np.abs(phase - 0.5)
    other = np.minimum(phase, 1 - phase)
    return np.asarray(
        1 - 0.22 * np.clip(1.2 - distance / 0.03, 0, 1) - 0.08 * np.clip(1.2 - other / 0.03, 0, 1)
    )


def contact_binary(time: Array, period: float, random: np.random.Generator) -> Array:
    """Two stars that touch, a W UMa variable."""
    turn = 2 * np.pi * (time / period + random.random())
    return np.asarray(1 - 0.14 * np.cos(2 * turn) - 0.02 * np.cos(turn))


def rr_lyrae(time: Array, period: float, random: np.random.Generator) -> Array:
    """A steep rise and a slow fall."""
    phase = 2 * np.pi * (time / period + random.random())
    waves = ((0.30, 0.0), (0.15, 0.6), (0.08, 1.2), (0.04, 1.9), (0.02, 2.6))
    return np.asarray(1 + sum(a * np.sin((k + 1) * phase + p) for k, (a, p) in enumerate(waves)))


def pulsating(time: Array, period: float, random: np.random.Generator) -> Array:
    """A dozen pulsations around one frequency, as delta Scuti stars have."""
    frequency = 1 / period * (1 + 0.3 * (random.random(12) - 0.5))
    height = 0.004 * random.random(12)
    start = random.random(12)
    turns = 2 * np.pi * (time[:, None] * frequency + start)
    return np.asarray(1 + np.sum(height * np.sin(turns), axis=1))


def dusty(time: Array, period: float, random: np.random.Generator) -> Array:
    """Dips of all depths that do not come back on time."""
    flux = quiet(time, 20.0, random)
    for _ in range(4):
        middle, width = time.min() + np.ptp(time) * random.random(), 0.4 + 2 * random.random()
        depth = 0.16 * random.random() ** 2
        flux = flux - depth * np.exp(-0.5 * np.minimum(((time - middle) / width) ** 2, 50))
    return np.asarray(flux)


VARIABILITY = {
    "quiet": quiet,
    "spotted": spotted,
    "flaring": flaring,
    "eclipsing": eclipsing,
    "contact binary": contact_binary,
    "RR Lyrae": rr_lyrae,
    "pulsating": pulsating,
    "dusty": dusty,
}


def scatter(magnitude: float, seconds: float, *, floor: float, reference: float) -> float:
    """One-sigma noise of a cadence, relative: photons and a floor.

    `reference` is the noise in an hour at magnitude ten.
    """
    photons = reference * 10 ** (0.2 * (magnitude - 10)) * np.sqrt(3600 / seconds)
    return float(np.hypot(photons, floor))
