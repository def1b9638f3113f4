"""A field on the sky as matplotlib Axes: projection, grid and labels, right at the poles too."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from topmast.errors import MissingExtraError
from topmast.sky.vectors import FloatArray, IntArray
from topmast.version import install_command

WIDE_DEG = 60.0
"""A field wider than this in any direction is drawn as the whole sky."""

ELLIPSE_DEG = (np.rad2deg(2 * np.sqrt(2)), np.rad2deg(np.sqrt(2)))
"""Half axes of the whole sky in the Aitoff projection."""


@dataclass(frozen=True, slots=True)
class Field:
    """What is seen: everything within `radius_deg` of a centre."""

    ra_deg: float
    dec_deg: float
    radius_deg: float

    @property
    def is_whole_sky(self) -> bool:
        """Whether the field is too wide for a map with one centre."""
        return self.radius_deg > WIDE_DEG

    @property
    def holds_pole(self) -> bool:
        """Whether a pole of the sky is seen."""
        return abs(self.dec_deg) + self.radius_deg * np.sqrt(2) >= 90

    def wcs(self) -> Any:
        """A WCS whose pixels are degrees, with (0, 0) at the centre and East to the left.

        Zenithal equidistant, so that circles around the centre are circles; the whole sky is
        Hammer-Aitoff.
        """
        from astropy.wcs import WCS

        wcs = WCS(naxis=2)
        projection, dec = ("AIT", 0.0) if self.is_whole_sky else ("ARC", self.dec_deg)
        wcs.wcs.ctype = [f"RA---{projection}", f"DEC--{projection}"]
        wcs.wcs.crval = [self.ra_deg, dec]
        wcs.wcs.crpix = [1.0, 1.0]
        wcs.wcs.cdelt = [-1.0, 1.0]
        if not self.is_whole_sky:
            # Otherwise North turns over when the centre is exactly the pole.
            wcs.wcs.lonpole = 180.0
        return wcs


@dataclass(frozen=True, slots=True)
class Canvas:
    """Axes to draw on, and how positions get there."""

    axes: Any
    field: Field
    wcs: Any
    mirrored: bool

    @property
    def labels_all_around(self) -> bool:
        """Whether labels stand above and to the right of the map too; they need room there."""
        return self.field.holds_pole and not self.field.is_whole_sky and not self.mirrored

    def project(self, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> FloatArray:
        """Coordinates on the Axes, shape (n, 2)."""
        sky = np.stack([np.atleast_1d(ra_deg), np.atleast_1d(dec_deg)], axis=-1)
        places = np.asarray(self.wcs.wcs_world2pix(sky.astype(np.float64), 0))
        return places * [-1.0, 1.0] if self.mirrored else places

    def breaks(self, ra_deg: FloatArray) -> IntArray:
        """Where a line must be cut because the next place is at the other end of the map."""
        if not self.field.is_whole_sky:
            return np.zeros(0, np.int64)
        along = (ra_deg - self.field.ra_deg + 180) % 360
        return np.flatnonzero(np.abs(np.diff(along)) > 180) + 1


def matplotlib_or_error() -> ModuleType:
    """The matplotlib package."""
    try:
        import matplotlib
    except ImportError as error:
        raise MissingExtraError(
            f"Pictures need matplotlib. Install it with: {install_command('plots')}"
        ) from error
    return matplotlib


def open_canvases(
    fields: Sequence[Field], axes: Any = None, *, for_file: bool = False
) -> list[Canvas]:
    """A canvas for each field, side by side: on the given Axes if it is one, or on a new figure.

    Axes that know the sky keep their projection and limits. Plain ones show degrees from the
    centre of the field.
    """
    if axes is None:
        figure = new_figure(for_file, (8.0 + 5.5 * (len(fields) - 1), 6.0))
        return [
            _new_canvas(field, figure, (1, len(fields), place))
            for place, field in enumerate(fields, start=1)
        ]
    if getattr(axes, "wcs", None) is not None:
        return [Canvas(axes, fields[0], axes.wcs.celestial, mirrored=False)]
    return [_plain_canvas(fields[0], axes)]


def save(canvas: Canvas, path: str | os.PathLike[str]) -> None:
    """Write the figure; the ending of the name says in which format."""
    save_figure(canvas.axes.figure, path)


def save_figure(figure: Any, path: str | os.PathLike[str]) -> None:
    """Write a figure; the ending of the name says in which format."""
    figure.savefig(path, bbox_inches="tight", dpi=150)


def new_figure(for_file: bool, size: tuple[float, float] = (8.0, 6.0)) -> Any:
    """A figure; one that only goes to a file is not kept by pyplot, and so need not be closed."""
    if for_file:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        return figure
    from matplotlib import pyplot

    return pyplot.figure(figsize=size, layout="constrained")


def _new_canvas(field: Field, figure: Any, place: tuple[int, int, int]) -> Canvas:
    from astropy.visualization.wcsaxes import WCSAxes
    from astropy.visualization.wcsaxes.frame import EllipticalFrame

    wcs = field.wcs()
    frame = {"frame_class": EllipticalFrame} if field.is_whole_sky else {}
    axes = figure.add_subplot(*place, axes_class=WCSAxes, wcs=wcs, aspect="equal", **frame)
    width, height = ELLIPSE_DEG if field.is_whole_sky else (field.radius_deg,) * 2
    axes.set_xlim(-width, width)
    axes.set_ylim(-height, height)
    canvas = Canvas(axes, field, wcs, mirrored=False)
    _draw_grid(canvas)
    return canvas


def _plain_canvas(field: Field, axes: Any) -> Canvas:
    wcs = field.wcs()
    width, height = ELLIPSE_DEG if field.is_whole_sky else (field.radius_deg,) * 2
    axes.set_xlim(width, -width)
    axes.set_ylim(-height, height)
    axes.set_aspect("equal")
    axes.set_xlabel(f"degrees East of {field.ra_deg:.5f} {field.dec_deg:+.5f}")
    axes.set_ylabel("degrees North")
    return Canvas(axes, field, wcs, mirrored=True)


def _draw_grid(canvas: Canvas) -> None:
    import astropy.units as u

    ra, dec = canvas.axes.coords
    canvas.axes.coords.grid(color="0.6", alpha=0.5, linestyle=":", linewidth=0.8)
    for coordinate in (ra, dec):
        coordinate.set_format_unit(u.deg, decimal=True)
        coordinate.set_ticklabel(exclude_overlapping=True, fontsize=9)
    if canvas.field.is_whole_sky:
        _label_whole_sky(canvas, ra, dec, u.deg)
    elif canvas.field.holds_pole:
        _label_pole(canvas, ra, dec, u.deg)
    else:
        ra.set_axislabel("RA (deg, ICRS)")
        dec.set_axislabel("Dec (deg, ICRS)")


def _label_whole_sky(canvas: Canvas, ra: Any, dec: Any, degree: Any) -> None:
    """Dec around the frame, RA along the equator."""
    for coordinate in (ra, dec):
        coordinate.set_ticks(spacing=30 * degree)
        coordinate.set_axislabel("")
    ra.set_ticks_visible(False)
    ra.set_ticklabel_visible(False)
    values = np.arange(0, 360, 30.0)
    places = canvas.project(values, np.zeros(len(values)))
    for place, value in zip(places, values, strict=True):
        if abs(place[0]) < 0.95 * ELLIPSE_DEG[0]:
            _write_label(canvas, place - [0.0, 4.0], f"{value:.0f}°")


def _label_pole(canvas: Canvas, ra: Any, dec: Any, degree: Any) -> None:
    """RA all around the frame; Dec, whose circles may meet no frame, along one meridian."""
    field = canvas.field
    ra.set_ticks(spacing=30 * degree)
    ra.set_ticks_position("bltr")
    ra.set_ticklabel_position("bltr")
    ra.set_axislabel("RA around the frame, Dec inside (deg, ICRS)")
    ra.set_axislabel_position("b")
    decs = _round_values(90 - field.radius_deg - abs(90 - abs(field.dec_deg)), 90.0)
    decs = np.copysign(decs, field.dec_deg)
    dec.set_ticks(values=decs * degree)
    # Left to choose a place for what is not shown, astropy before 8.0.2 fails.
    dec.set_ticks_position("l")
    dec.set_ticklabel_position("l")
    dec.set_axislabel_position("l")
    dec.set_ticks_visible(False)
    dec.set_ticklabel_visible(False)
    dec.set_axislabel("")
    places = canvas.project(np.full(len(decs), field.ra_deg + 15.0), decs)
    for place, value in zip(places, decs, strict=True):
        if np.abs(place).max() < 0.97 * field.radius_deg:
            _write_label(canvas, place, f"{value:+.6f}".rstrip("0").rstrip(".") + "°")


def _write_label(canvas: Canvas, place: FloatArray, text: str) -> None:
    """A label on the map itself."""
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.8}
    look = {"fontsize": 8, "color": "0.3", "ha": "center", "va": "center"}
    canvas.axes.text(*place, text, bbox=box, zorder=5, clip_on=True, **look)


def _round_values(low: float, high: float) -> FloatArray:
    """About four round numbers from `low` to, but without, `high`."""
    step = 10 ** np.floor(np.log10((high - low) / 2))
    step *= next(times for times in (5, 2.5, 2, 1, 0.5) if (high - low) / (step * times) >= 3)
    return np.asarray(high - step * np.arange(1, np.floor((high - low) / step) + 1))
