"""The WCS of an image (gnomonic projection): pixels to sky and back, FITS keywords, footprint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy.wcs import WCS

from topmast.sample.hdus import Array, Cards
from topmast.sample.templates import header_cards


@dataclass(frozen=True)
class ImageWcs:
    """An image of `nx` by `ny` pixels; its y axis points `angle` degrees east of north.

    `scale` is in degrees a pixel; `offset` is the reference pixel from the middle of the image.
    """

    ra: float
    dec: float
    nx: int
    ny: int
    scale: float
    angle: float = 0.0
    offset: tuple[float, float] = (0.0, 0.0)

    @property
    def crpix(self) -> tuple[float, float]:
        """The reference pixel, counted from one."""
        return (self.nx + 1) / 2 + self.offset[0], (self.ny + 1) / 2 + self.offset[1]

    @property
    def matrix(self) -> Array:
        """Degrees east and north in the tangent plane, a pixel along x and along y."""
        turn = np.radians(self.angle)
        c, s = np.cos(turn), np.sin(turn)
        return np.round(self.scale * np.array([[-c, s], [s, c]]), 14)

    @cached_property
    def astropy(self) -> WCS:
        wcs = WCS(naxis=2)
        wcs.wcs.ctype, wcs.wcs.crpix = ("RA---TAN", "DEC--TAN"), self.crpix
        wcs.wcs.crval, wcs.wcs.cd = (self.ra, self.dec), self.matrix
        return wcs

    def pixels_of(self, ra: Array, dec: Array) -> tuple[Array, Array]:
        """Pixel coordinates of positions, counted from zero."""
        x, y = self.astropy.wcs_world2pix(ra, dec, 0)
        return x, y

    def sky_of(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Positions of pixels."""
        ra, dec = self.astropy.wcs_pix2world(x, y, 0)
        return ra, dec

    def corners(self) -> Array:
        """The four corners, one (ra, dec) a row."""
        x = np.array([-0.5, self.nx - 0.5, self.nx - 0.5, -0.5])
        y = np.array([-0.5, -0.5, self.ny - 0.5, self.ny - 0.5])
        return np.stack(self.sky_of(x, y), axis=1)

    def cards(self) -> Cards:
        """The WCS keywords."""
        return header_cards("wcs", {"wcs": self})


def polygon_text(*polygons: Array, frame: str = "ICRS", closed: bool = True) -> str:
    """Polygons as MAST writes a footprint; `frame` may be empty, or end in a space more."""
    words = []
    for corners in polygons:
        rows = [*corners, corners[0]] if closed else corners
        words += ["POLYGON", frame, *(f"{ra:.8f} {dec:.8f}" for ra, dec in rows)]
    return " ".join(word for word in words if word)


def circle_text(ra: float, dec: float, radius: float, *, frame: str = "ICRS ") -> str:
    """A circle as MAST writes it, with two spaces after the frame as its GALEX rows have."""
    start = f"CIRCLE {frame} " if frame else "CIRCLE "
    return f"{start}{ra:.8f} {dec:.8f} {radius}"
