"""Light curves and spectra: one quantity against another, from the table of a FITS file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from topmast.errors import InvalidQueryError
from topmast.plots.opened import axes_of, name_of, native, opened, saved, title_of
from topmast.sky.vectors import FloatArray

COLOUR = "#0072B2"


@dataclass(frozen=True, slots=True)
class Kind:
    """Which columns make a plot, the preferred ones first, and how it looks."""

    noun: str
    along: tuple[str, ...]
    up: tuple[str, ...]
    error: tuple[str, ...]
    quality: tuple[str, ...]
    label: str


LIGHT_CURVE = Kind(
    "light curve",
    ("TIME",),
    ("PDCSAP_FLUX", "KSPSAP_FLUX", "DET_FLUX", "SAP_FLUX", "LC_DETREND", "LC_INIT", "FLUX"),
    ("{}_ERR", "FLUX_ERR"),
    ("QUALITY", "SAP_QUALITY"),
    "Time",
)
SPECTRUM = Kind(
    "spectrum",
    ("WAVELENGTH", "WAVE", "LAMBDA"),
    ("FLUX", "NET"),
    ("ERROR", "FLUX_ERROR", "SIGMA", "ERR"),
    (),
    "Wavelength",
)
KINDS = (LIGHT_CURVE, SPECTRUM)


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn: rows of x and y (one row for each order of a spectrum), and their names."""

    x: FloatArray
    y: FloatArray
    error: FloatArray | None
    names: tuple[str, str]
    units: tuple[str, str]
    left_out: int


def light_curve(
    file: Any,
    *,
    column: str | None = None,
    ax: Any = None,
    path: str | os.PathLike[str] | None = None,
) -> Any:
    """A light curve: flux against time, without the cadences that the pipeline marked as bad.

    Parameters
    ----------
    file : path, URI, row of a product or `~astropy.io.fits.HDUList`
        A light curve file of TESS, Kepler or K2, or any with columns of these names.
    column : str, optional
        The flux to draw, such as ``"SAP_FLUX"``. Default: the best one that is there, which is
        ``PDCSAP_FLUX`` in files of the missions.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw. Default: a new figure.
    path : path, optional
        Also save the picture there.

    Returns
    -------
    `~matplotlib.axes.Axes`

    Raises
    ------
    InvalidQueryError
        When the file has no light curve, or no such column.
    """
    axes = axes_of(ax, path)
    with opened(file) as hdus:
        series = _series(hdus, LIGHT_CURVE, column, file)
        axes.set_title(title_of(hdus, file))
    axes.plot(series.x.ravel(), series.y.ravel(), ".", markersize=2.5, color=COLOUR)
    _name_axes(axes, series, LIGHT_CURVE.label)
    if series.left_out:
        note = f"{series.left_out:,} of {series.x.size:,} cadences left out (quality flags)"
        axes.annotate(
            note, (0.99, 0.015), xycoords="axes fraction", ha="right", fontsize=8, color="0.4"
        )
    return saved(axes, path)


def spectrum(
    file: Any,
    *,
    column: str | None = None,
    ax: Any = None,
    path: str | os.PathLike[str] | None = None,
) -> Any:
    """A spectrum: flux against wavelength, with its errors as a band and a line for each order.

    Parameters
    ----------
    file : path, URI, row of a product or `~astropy.io.fits.HDUList`
        An extracted spectrum, such as the ``x1d`` files of HST and JWST or the ``mxlo`` files
        of IUE.
    column : str, optional
        What to draw, such as ``"NET"``. Default: ``FLUX``.
    ax, path : optional
        As for `light_curve`.

    Returns
    -------
    `~matplotlib.axes.Axes`

    Raises
    ------
    InvalidQueryError
        When the file has no spectrum, or no such column.
    """
    axes = axes_of(ax, path)
    with opened(file) as hdus:
        series = _series(hdus, SPECTRUM, column, file)
        axes.set_title(title_of(hdus, file))
    for row, (x, y) in enumerate(zip(series.x, series.y, strict=True)):
        axes.plot(x, y, linewidth=0.9, color=COLOUR, drawstyle="steps-mid")
        if series.error is not None:
            low, high = y - series.error[row], y + series.error[row]
            axes.fill_between(x, low, high, step="mid", color=COLOUR, alpha=0.2, linewidth=0)
    _limit(axes, series.y)
    _name_axes(axes, series, SPECTRUM.label)
    return saved(axes, path)


def has_series(hdus: Any, kind: Kind) -> bool:
    """Whether a file has the columns of such a plot."""
    return _table_of(hdus, kind, None) is not None


def _table_of(hdus: Any, kind: Kind, column: str | None) -> tuple[Any, str, str] | None:
    """The first table with the columns, and their names."""
    for hdu in hdus:
        columns = getattr(hdu, "columns", None)
        names = {name.upper(): name for name in (columns.names if columns is not None else ())}
        along = _first(names, kind.along)
        up = _first(names, (column.upper(),) if column else kind.up)
        if along and up and _is_flat(hdu, up):
            return hdu, along, up
    return None


def _is_flat(hdu: Any, name: str) -> bool:
    """Whether a cell is a number or a row of numbers, and no picture, as in a target pixel file."""
    return len(hdu.columns[name].dim.split(",")) < 2 if hdu.columns[name].dim else True


def _series(hdus: Any, kind: Kind, column: str | None, file: Any) -> Series:
    found = _table_of(hdus, kind, column)
    if found is None:
        what = f"no column {column!r} for a {kind.noun}" if column else f"no {kind.noun}"
        raise InvalidQueryError(
            f"{name_of(file)} has {what}: no table has a column {' or '.join(kind.along)} and "
            f"{column or ' or '.join(kind.up)}. `topmast open FILE` lists what it has."
        )
    hdu, along, up = found
    names = {name.upper(): name for name in hdu.columns.names}
    y = np.atleast_2d(native(hdu.data[up]))
    x = _along(hdu, names, along, y)
    flag = _first(names, kind.quality)
    bad = np.atleast_2d(native(hdu.data[flag])) != 0 if flag else np.zeros(y.shape, bool)
    bad = bad if bad.shape == y.shape else np.zeros(y.shape, bool)
    wrong = _first(names, [word.format(up.upper()) for word in kind.error])
    error = np.atleast_2d(native(hdu.data[wrong])) if wrong else None
    units = (hdu.columns[along].unit or "", hdu.columns[up].unit or "")
    y = np.where(bad, np.nan, y)
    error = error if error is not None and error.shape == y.shape else None
    return Series(x, y, error, (along, up), units, int(bad.sum()))


def _along(hdu: Any, names: dict[str, str], along: str, y: FloatArray) -> FloatArray:
    """The places of the values; IUE gives the first one and the step alone."""
    x = native(hdu.data[along])
    if x.ndim == 1 and len(x) == len(y) and y.shape[1] > 1 and "DELTAW" in names:
        step = native(hdu.data[names["DELTAW"]])
        return np.asarray(x[:, np.newaxis] + step[:, np.newaxis] * np.arange(y.shape[1]))
    return np.asarray(np.broadcast_to(np.atleast_2d(x), y.shape))


def _first(names: dict[str, str], wanted: Sequence[str]) -> str:
    return next((names[word] for word in wanted if word in names), "")


def _limit(axes: Any, y: FloatArray) -> None:
    """Let a few wild values not press the rest flat."""
    low, high = np.nanpercentile(y, [0.5, 99.5]) if np.isfinite(y).any() else (0.0, 1.0)
    if high > low:
        axes.set_ylim(min(low, 0.0) - 0.1 * (high - low), high + 0.25 * (high - low))


def _name_axes(axes: Any, series: Series, label: str) -> None:
    texts = [
        f"{name} ({unit})" if unit else name
        for name, unit in zip((label, series.names[1]), series.units, strict=True)
    ]
    axes.set_xlabel(texts[0])
    axes.set_ylabel(texts[1])
    axes.grid(color="0.85", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(x=0.01)
    axes.ticklabel_format(axis="x", useOffset=False)
