"""Where on the sky the images of a file are: regions in ICRS, out of a WCS of any form."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.archive.own_files.headers import FileHeaders, Part
from topmast.sky import parse_region
from topmast.sky.vectors import FloatArray, positions, unit_vectors

if TYPE_CHECKING:
    from astropy.wcs import WCS

MOST_REGIONS = 64
CURVED_DEG = 1.0
"""Edges of a larger image are no great circles: points between its corners are needed."""
WIDEST_DEG = 60.0
"""A larger image is described by a circle, as its edges may meet or not be on the sky."""
BETWEEN = 8
GRID = 65


def footprints_of(headers: FileHeaders) -> Iterator[tuple[str, FloatArray]]:
    """Of each image with celestial coordinates its region, as STC-S, and the direction of it."""
    images = [
        (number, part)
        for number, part in enumerate(headers.parts)
        if part.kind == "image" and part.shape[0] > 1
    ]
    science = [(number, part) for number, part in images if part.name == "SCI"] or images
    for number, part in science[:MOST_REGIONS]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # wcslib and its wrapper raise a dozen kinds for a header that lies
            with suppress(Exception):
                text, middle = _footprint(*_wcs_of(headers, number, part), part)
                parse_region(text)
                yield text, middle


def _wcs_of(headers: FileHeaders, number: int, part: Part) -> tuple[WCS, int, int]:
    """The celestial coordinates of an image, and which of its axes have them."""
    from astropy.io import fits
    from astropy.wcs import WCS

    header = fits.Header()
    for name, value in part.header.items():
        if name not in ("COMMENT", "HISTORY", "") and isinstance(value, str | int | float):
            with suppress(ValueError):
                header[name] = value
    with suppress(Exception):
        return _celestial(WCS(header, naxis=2))
    with suppress(Exception):
        return _celestial(WCS(header))
    with fits.open(headers.path) as hdus:  # its other HDUs hold tables that the WCS needs
        with suppress(Exception):
            return _celestial(WCS(hdus[number].header, fobj=hdus, naxis=2))
        return _celestial(WCS(hdus[number].header, fobj=hdus))


def _celestial(wcs: WCS) -> tuple[WCS, int, int]:
    """Only its celestial axes, the longitude first; which axes those are."""
    from astropy.wcs import WCSSUB_LATITUDE, WCSSUB_LONGITUDE

    longitude, latitude = wcs.wcs.lng, wcs.wcs.lat
    if min(longitude, latitude) < 0:
        raise ValueError("no celestial axes")
    return wcs.sub([WCSSUB_LONGITUDE, WCSSUB_LATITUDE]), longitude, latitude


def _footprint(wcs: WCS, longitude: int, latitude: int, part: Part) -> tuple[str, FloatArray]:
    sizes = part.shape[longitude], part.shape[latitude]
    edge = _directions(wcs, _edge(*sizes, BETWEEN))
    middle = edge.mean(axis=0)
    angles = _angles_deg(edge, middle)
    if not np.all(angles <= WIDEST_DEG):  # or not on the sky
        return _circle(_directions(wcs, _grid(*sizes)))
    corners = edge if angles.max() > CURVED_DEG else edge[::BETWEEN]
    return "POLYGON ICRS " + " ".join(
        f"{ra:.8f} {dec:.8f}" for ra, dec in _degrees(corners)
    ), middle


def _edge(width: int, height: int, between: int) -> FloatArray:
    """Points along the outer edge of the pixels, counted from 0, without repeating the first."""
    left, right, low, high = -0.5, width - 0.5, -0.5, height - 0.5
    corners = np.array([(left, low), (left, high), (right, high), (right, low)])
    steps = np.linspace(0, 1, between, endpoint=False)[:, np.newaxis]
    ends = np.roll(corners, -1, axis=0)
    pairs = zip(corners, ends, strict=True)
    return np.concatenate([start + steps * (end - start) for start, end in pairs])


def _grid(width: int, height: int) -> FloatArray:
    x, y = np.linspace(-0.5, width - 0.5, GRID), np.linspace(-0.5, height - 0.5, GRID)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _circle(directions: FloatArray) -> tuple[str, FloatArray]:
    """The circle around what is on the sky."""
    directions = directions[np.isfinite(directions).all(axis=1)]
    middle = directions.mean(axis=0)
    ((ra, dec),) = _degrees(middle[np.newaxis])
    radius_deg = min(180.0, float(_angles_deg(directions, middle).max()))
    return f"CIRCLE ICRS {ra:.8f} {dec:.8f} {radius_deg:.6f}", middle


def _directions(wcs: WCS, pixels: FloatArray) -> FloatArray:
    """Unit vectors in ICRS."""
    from astropy.coordinates import SkyCoord

    longitude, latitude = wcs.all_pix2world(pixels, 0).T
    frame = _frame(wcs)
    if frame is not None:
        on_sky = SkyCoord(longitude, latitude, unit="deg", frame=frame).icrs
        longitude, latitude = on_sky.ra.deg, on_sky.dec.deg
    return unit_vectors(longitude, latitude)


def _frame(wcs: WCS) -> Any:
    """The frame to come from; None where it is ICRS, or as good as it."""
    from astropy.coordinates import FK5, ICRS, BarycentricMeanEcliptic
    from astropy.wcs.utils import wcs_to_celestial_frame

    if wcs.wcs.ctype[0].startswith("ELON"):
        return BarycentricMeanEcliptic()
    frame = wcs_to_celestial_frame(wcs)
    if isinstance(frame, ICRS) or (isinstance(frame, FK5) and frame.equinox.value == "J2000.000"):
        return None
    return frame


def _angles_deg(directions: FloatArray, middle: FloatArray) -> FloatArray:
    length = float(np.linalg.norm(middle))
    cosines = directions @ middle / length if length > 1e-6 else np.full(len(directions), -1.0)
    angles: FloatArray = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    return angles


def _degrees(directions: FloatArray) -> list[tuple[float, float]]:
    ra, dec = positions(directions)
    return list(zip((np.round(ra, 8) % 360.0).tolist(), np.round(dec, 8).tolist(), strict=True))


def middle_of(directions: list[FloatArray]) -> tuple[float, float]:
    """The middle of some directions in degrees, right across RA 0 and at the poles."""
    return _degrees(np.sum(directions, axis=0)[np.newaxis])[0]
