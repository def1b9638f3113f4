"""Variable stars: transits, spots, eclipses, pulsations, flares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from topmast.sample.hdus import Array

LIMB = (0.35, 0.25)
WAVES: dict[str, list[tuple[float, float, float]]] = {
    "quiet": [(0.0002, 0.5, 0.0)],
    "spotted": [(0.012, 1, 0.0), (0.005, 2, 0.3)],
    "contact binary": [(0.14, 2, 0.75), (0.02, 1, 0.75)],
    "RR Lyrae": [(0.30, 1, 0.0), (0.15, 2, 0.1), (0.08, 3, 0.2), (0.04, 4, 0.3), (0.02, 5, 0.4)],
    "pulsating": [(0.004, 1, 0.0), (0.003, 1.11, 0.2), (0.002, 0.93, 0.5), (0.001, 0.87, 0.7)],
}
"""Amplitude, cycles in a period and phase of the waves that a kind of variable star is made of."""


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

    `variability` is a word of WAVES or OTHERS, with its period in days.
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

    @property
    def planet_lines(self) -> list[str]:
        return [f"Period {one.period} d, depth {one.depth * 1e6:.0f} ppm" for one in self.planets]


def relative_flux(star: Star, bjd: Array, random: np.random.Generator) -> Array:
    """Brightness at times BJD - 2450000, one when nothing happens."""
    vary = OTHERS.get(star.variability) or partial(waves, star.variability)
    flux = vary(bjd, star.period, random)
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


def waves(kind: str, time: Array, period: float, random: np.random.Generator) -> Array:
    """One plus the waves of WAVES, begun at a random phase."""
    turns = time / period + random.random()
    parts = [size * np.sin(2 * np.pi * (each * turns + phase)) for size, each, phase in WAVES[kind]]
    return np.asarray(1 + np.sum(parts, axis=0))


def flaring(time: Array, period: float, random: np.random.Generator) -> Array:
    """A spotted star with a flare every few days: a sudden rise, a decay of half an hour."""
    flux = waves("spotted", time, period, random)
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
    deep = np.clip(1.2 - np.abs(phase - 0.5) / 0.03, 0, 1)
    shallow = np.clip(1.2 - np.minimum(phase, 1 - phase) / 0.03, 0, 1)
    return np.asarray(1 - 0.22 * deep - 0.08 * shallow)


def dusty(time: Array, period: float, random: np.random.Generator) -> Array:
    """Dips of all depths that do not come back on time."""
    flux = waves("quiet", time, 20.0, random)
    for _ in range(4):
        middle, width = time.min() + np.ptp(time) * random.random(), 0.4 + 2 * random.random()
        depth = 0.16 * random.random() ** 2
        flux = flux - depth * np.exp(-0.5 * np.minimum(((time - middle) / width) ** 2, 50))
    return np.asarray(flux)


OTHERS = {"flaring": flaring, "eclipsing": eclipsing, "dusty": dusty}
