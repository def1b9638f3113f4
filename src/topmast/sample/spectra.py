"""Made-up spectra: energy distributions of each kind of object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topmast.sample.hdus import Array
from topmast.sample.templates import load

SPEED_OF_LIGHT = 299792.458


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Flux and its error in erg / s / cm2 / angstrom."""

    angstrom: Array
    flux: Array
    error: Array


def observed_spectrum(
    kind: str, limits: tuple[float, float], points: int, random: np.random.Generator
) -> Spectrum:
    """What a spectrograph sees between two wavelengths in nm of an object of this kind."""
    # A narrow slit on a nebula holds a hot star and little else.
    source = "*" if kind in ("HII", "Neb") else kind
    angstrom = np.round(np.linspace(10 * limits[0], 10 * limits[1], points), 3)
    return Spectrum(angstrom, *observed(energy_distribution(source, angstrom, random), random))


def energy_distribution(kind: str, angstrom: Array, random: np.random.Generator) -> Array:
    """Flux in erg / s / cm2 / angstrom of an object of this kind, without noise."""
    level = 10 ** random.uniform(-13.5, -11.5)
    if kind in ("QSO", "G"):
        shift = 1 + random.uniform(0.005, 0.3)
        continuum = (angstrom / 1500) ** -1.3
        return np.asarray(level * 0.1 * continuum * lines(angstrom / shift, "emission", 1.0))
    if kind in ("PN", "HII", "Neb", "SNR"):
        return np.asarray(level * 0.05 * lines(angstrom, "nebula", 1.0))
    if kind in ("K", "M", "HighPM*"):
        cool = planck(angstrom, random.uniform(3200, 5200))
        return np.asarray(level * 0.1 * (cool + 0.01 * (lines(angstrom, "chromosphere", 1.0) - 1)))
    hot = planck(angstrom, random.uniform(12000, 45000))
    return np.asarray(level * hot * lines(angstrom, "absorption", -1.0))


def planck(angstrom: Array, kelvin: float) -> Array:
    """A black body, one at 1500 angstrom for 20,000 kelvin."""
    scale = 1500.0**5 * np.expm1(1.4388e8 / (1500.0 * 20000.0))
    return np.asarray(scale * angstrom**-5.0 / np.expm1(1.4388e8 / (angstrom * kelvin)))


def lines(angstrom: Array, kind: str, sign: float) -> Array:
    """One, with lines above it or below it."""
    shape = np.ones_like(angstrom)
    for centre, strength, width in load("spectra.toml")["lines"][kind]:
        away = (angstrom - centre) / (centre * width / SPEED_OF_LIGHT)
        shape += sign * strength * np.exp(-0.5 * np.minimum(away**2, 100))
    return shape


def observed(flux: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """Flux with noise, and its one-sigma error; three significant digits of the level."""
    level = float(np.median(flux))
    error = np.maximum(np.sqrt(np.abs(flux) * level), 0.3 * level) / 15
    step = 10.0 ** (np.floor(np.log10(level)) - 4)
    noise = error * random.standard_normal(len(flux))
    return np.round((flux + noise) / step) * step, np.round(error / step) * step
