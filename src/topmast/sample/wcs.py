"""The WCS of an image (gnomonic projection): pixels to sky and back, FITS keywords, footprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topmast.sample.hdus import Cards
from topmast.sample.templates import header_cards

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class ImageWcs:
    """An image of `nx` by `ny` pixels; its y axis points `angle` degrees east of north.

    `scale` is in degrees a pixel; `x0`, `y0` is the reference pixel, counted from zero.
    """

    ra: float
    dec: float
    nx: int
    ny: int
    scale: float
    angle: float = 0.0
    x0: float | None = None
    y0: float | None = None

    @property
    def reference(self) -> tuple[float, float]:
        x0 = (self.nx - 1) / 2 if self.x0 is None else self.x0
        return x0, (self.ny - 1) / 2 if self.y0 is None else self.y0

    @property
    def matrix(self) -> Array:
        """Degrees east and north in the tangent plane, a pixel along x and along y."""
        turn = np.radians(self.angle)
        c, s = np.cos(turn), np.sin(turn)
        return np.round(self.scale * np.array([[-c, s], [s, c]]), 14)

    def pixels_of(self, ra: Array, dec: Array) -> tuple[Array, Array]:
        """Pixel coordinates of positions, counted from zero; NaN for those behind the observer."""
        a, d = np.radians(np.asarray(ra) - self.ra), np.radians(dec)
        d0 = np.radians(self.dec)
        depth = np.sin(d0) * np.sin(d) + np.cos(d0) * np.cos(d) * np.cos(a)
        depth = np.where(depth > 0.1, depth, np.nan)
        east = np.degrees(np.cos(d) * np.sin(a) / depth)
        north = np.degrees((np.cos(d0) * np.sin(d) - np.sin(d0) * np.cos(d) * np.cos(a)) / depth)
        x0, y0 = self.reference
        (xx, xy), (yx, yy) = np.linalg.inv(self.matrix)
        return x0 + xx * east + xy * north, y0 + yx * east + yy * north

    def sky_of(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Positions of pixels."""
        x0, y0 = self.reference
        dx, dy = np.asarray(x) - x0, np.asarray(y) - y0
        (ex, ey), (nx, ny) = np.radians(self.matrix)
        east, north = ex * dx + ey * dy, nx * dx + ny * dy
        d0 = np.radians(self.dec)
        forward = np.cos(d0) - north * np.sin(d0)
        ra = self.ra + np.degrees(np.arctan2(east, forward))
        up = np.sin(d0) + north * np.cos(d0)
        return ra % 360.0, np.degrees(np.arctan2(up, np.hypot(east, forward)))

    def corners(self) -> Array:
        """The four corners, one (ra, dec) a row."""
        x = np.array([-0.5, self.nx - 0.5, self.nx - 0.5, -0.5])
        y = np.array([-0.5, -0.5, self.ny - 0.5, self.ny - 0.5])
        return np.stack(self.sky_of(x, y), axis=1)

    @property
    def crpix(self) -> tuple[float, float]:
        """The reference pixel, counted from one."""
        x0, y0 = self.reference
        return float(x0 + 1), float(y0 + 1)

    def cards(self) -> Cards:
        """The WCS keywords."""
        cd = self.matrix.ravel().tolist()
        return header_cards("wcs", {"wcs": self, "cd": cd})


def polygon_text(*polygons: Array, frame: str = "ICRS", closed: bool = True) -> str:
    """Polygons as MAST writes a footprint; `frame` may be empty, or end in a space more."""
    return " ".join(one_polygon(corners, frame, closed) for corners in polygons)


def one_polygon(corners: Array, frame: str, closed: bool) -> str:
    rows = [*corners, corners[0]] if closed else list(corners)
    numbers = " ".join(f"{ra:.8f} {dec:.8f}" for ra, dec in rows)
    return " ".join(word for word in ("POLYGON", frame, numbers) if word)


def circle_text(ra: float, dec: float, radius: float, *, frame: str = "ICRS ") -> str:
    """A circle as MAST writes it, with two spaces after the frame as its GALEX rows have."""
    start = f"CIRCLE {frame} " if frame else "CIRCLE "
    return f"{start}{ra:.8f} {dec:.8f} {radius}"
