"""Spectra: plausible energy distributions, and the tables that hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topmast.sample.fits_file import Cards, Column, fits_file, primary, table
from topmast.sample.pictures import plot

Array = NDArray[Any]

# Rest wavelength in angstrom, strength relative to the continuum, width in km/s.
ABSORPTION = ((977, 0.5, 300), (1031.9, 0.4, 250), (1215.67, 0.9, 900), (1393.8, 0.4, 300),
              (1548.2, 0.5, 400), (2796.3, 0.4, 300), (2803.5, 0.35, 300), (4861.3, 0.3, 900),
              (6562.8, 0.3, 900))  # fmt: skip
EMISSION = ((1031.9, 1.0, 2500), (1215.67, 4.0, 3500), (1549.0, 2.0, 4500), (1909.0, 0.8, 5000),
            (2798.0, 0.9, 4500), (4861.3, 1.0, 4000), (6562.8, 3.0, 4000))  # fmt: skip
CHROMOSPHERE = ((977, 5, 150), (1031.9, 4, 150), (1215.67, 30, 300), (1334.5, 4, 150),
                (1393.8, 4, 150), (1548.2, 8, 180), (1640.4, 4, 150), (2796.3, 12, 150),
                (2803.5, 9, 150), (6562.8, 1.5, 150))  # fmt: skip
NEBULA = ((1548.2, 20, 200), (1640.4, 15, 200), (1907, 25, 200), (2326, 8, 200), (3727, 60, 200),
          (4861.3, 25, 200), (5006.8, 180, 200), (6562.8, 75, 200))  # fmt: skip
SPEED_OF_LIGHT = 299792.458


def energy_distribution(kind: str, angstrom: Array, random: np.random.Generator) -> Array:
    """Flux in erg / s / cm2 / angstrom of an object of this kind, without noise."""
    level = 10 ** random.uniform(-13.5, -11.5)
    if kind in ("QSO", "G"):
        shift = 1 + random.uniform(0.005, 0.3)
        continuum = (angstrom / 1500) ** -1.3
        return np.asarray(level * 0.1 * continuum * lines(angstrom / shift, EMISSION, 1.0))
    if kind in ("PN", "HII", "Neb", "SNR"):
        return np.asarray(level * 0.05 * lines(angstrom, NEBULA, 1.0))
    if kind in ("K", "M", "HighPM*"):
        cool = planck(angstrom, random.uniform(3200, 5200))
        return np.asarray(level * 0.1 * (cool + 0.01 * (lines(angstrom, CHROMOSPHERE, 1.0) - 1)))
    hot = planck(angstrom, random.uniform(12000, 45000))
    return np.asarray(level * hot * lines(angstrom, ABSORPTION, -1.0))


def planck(angstrom: Array, kelvin: float) -> Array:
    """A black body, one at 1500 angstrom for 20,000 kelvin."""

    def body(wavelength: Array | float, temperature: float) -> Any:
        return np.asarray(wavelength) ** -5.0 / np.expm1(
            1.4388e8 / (np.asarray(wavelength) * temperature)
        )

    return np.asarray(body(angstrom, kelvin) / body(1500.0, 20000.0))


def lines(angstrom: Array, known: tuple[tuple[float, float, float], ...], sign: float) -> Array:
    """One, with lines above it or below it."""
    shape = np.ones_like(angstrom)
    for centre, strength, width in known:
        sigma = centre * width / SPEED_OF_LIGHT
        shape += (
            sign * strength * np.exp(-0.5 * np.minimum(((angstrom - centre) / sigma) ** 2, 100))
        )
    return shape


def observed(
    flux: Array, random: np.random.Generator, quality: float = 15.0
) -> tuple[Array, Array]:
    """Flux with noise, and its one-sigma error; three significant digits of the level."""
    level = float(np.median(flux))
    error = np.maximum(np.sqrt(np.abs(flux) * level), 0.3 * level) / quality
    step = 10.0 ** (np.floor(np.log10(level)) - 4)
    noise = error * random.standard_normal(len(flux))
    return np.round((flux + noise) / step) * step, np.round(error / step) * step


def spectrum_plot(angstrom: Array, flux: Array, *, width: int = 160, height: int = 90) -> Array:
    return plot(angstrom, flux, width=width, height=height)


def vo_spectrum(cards: Cards, angstrom: Array, flux: Array, error: Array) -> bytes:
    """A spectrum as one row of arrays, the way VO services deliver it."""
    columns = [
        Column("WAVE", angstrom[None].astype("f4"), "Angstrom"),
        Column("FLUX", flux[None].astype("f4"), "erg/s/cm2/Angstrom"),
        Column("SIGMA", error[None].astype("f4"), "erg/s/cm2/Angstrom"),
        Column("QUALITY", np.zeros((1, len(flux)), "i2")),
    ]
    return fits_file(primary(cards), table("SPECTRUM", columns))
