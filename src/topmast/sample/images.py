"""FITS images: exposures with errors and flags, mosaics with weights, simple maps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topmast.sample.fits_file import Cards, Column, fits_file, image, primary, table
from topmast.sample.pictures import jpeg, stretch
from topmast.sample.plane import Plane
from topmast.sample.scene import noisy, render, seeded

Array = NDArray[Any]


def sky_picture(plane: Plane, seed: str, *, zero_point: float = 26.0, sky: float = 20.0) -> Array:
    """The sky on `plane` in counts, with noise."""
    return noisy(render(plane, width=1.1, zero_point=zero_point), seeded("picture", seed), sky=sky)


def exposure(plane: Plane, seed: str, cards: Cards, *, zero_point: float = 26.0) -> bytes:
    """A calibrated exposure: SCI, ERR and DQ."""
    science = sky_picture(plane, seed, zero_point=zero_point)
    hits = seeded("hits", seed).random(science.shape) > 0.997
    science = np.where(hits, science + 900.0, science)
    flags = np.where(hits, 8192, 0).astype("i2")
    error = np.round(np.sqrt(np.maximum(science, 1.0) + 25.0), 2)
    wcs = [("BUNIT", "ELECTRONS", "brightness units"), *plane.cards()]
    return fits_file(
        primary([*cards, ("NEXTEND", 3, "number of extensions")]),
        image("SCI", science.astype("f4"), wcs),
        image("ERR", error.astype("f4"), wcs),
        image("DQ", flags, plane.cards()),
    )


def raw_exposure(plane: Plane, seed: str, cards: Cards, *, zero_point: float = 26.0) -> bytes:
    """An exposure as it was read out: counts above a bias level."""
    counts = np.clip(sky_picture(plane, seed, zero_point=zero_point) / 1.5 + 1200, 0, 32000)
    wcs = [("BUNIT", "COUNTS", "brightness units"), *plane.cards()]
    extension = image("SCI", np.round(counts).astype("i2"), wcs)
    return fits_file(primary([*cards, ("NEXTEND", 1, "number of extensions")]), extension)


def mosaic(
    plane: Plane,
    seed: str,
    cards: Cards,
    *,
    zero_point: float = 26.0,
    names: tuple[str, str] = ("SCI", "WHT"),
) -> bytes:
    """A combined image and its weight."""
    science = sky_picture(plane, seed, zero_point=zero_point) - 20.0
    weight = np.full(science.shape, 1000.0) - 10.0 * seeded("weight", seed).integers(
        0, 9, science.shape
    )
    wcs = [("BUNIT", "ELECTRONS/S", "brightness units"), *plane.cards()]
    return fits_file(
        primary([*cards, ("NEXTEND", 2, "number of extensions")]),
        image(names[0], science.astype("f4"), wcs),
        image(names[1], weight.astype("f4"), plane.cards()),
    )


def map_file(
    plane: Plane, seed: str, cards: Cards, *, zero_point: float = 26.0, sky: float = 20.0
) -> bytes:
    """One image in the primary unit."""
    science = sky_picture(plane, seed, zero_point=zero_point, sky=sky).astype("f4")
    return fits_file(primary([*cards, *plane.cards()], science, extensions=False))


def preview(plane: Plane, seed: str, *, zero_point: float = 26.0) -> bytes:
    """The image as JPEG, north where the pixels have it."""
    return jpeg(stretch(sky_picture(plane, seed, zero_point=zero_point)))


def association(cards: Cards, members: list[str], product: str) -> bytes:
    """The table of which exposures were combined into which product."""
    rows = [(name, "EXP-DTH") for name in members] + [(product, "PROD-DTH")]
    columns = [
        Column("MEMNAME", np.array([name.upper().encode() for name, _ in rows], "S14")),
        Column("MEMTYPE", np.array([kind.encode() for _, kind in rows], "S14")),
        Column("MEMPRSNT", np.ones(len(rows), "?").view("i1").astype("u1")),
    ]
    return fits_file(primary(cards), table("ASN", columns))
