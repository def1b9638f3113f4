"""Where on the sky a result has observations, and how many: a map of the whole sky."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from topmast.plots.field import ELLIPSE_DEG, Field, matplotlib_or_error, open_canvases, save
from topmast.plots.footprint_map import observed_of
from topmast.sky.shapes import Shapes
from topmast.sky.vectors import FloatArray, IntArray, unit_vectors

STEP_DEG = 1.0
BLOCK = 200
"""Shapes compared with the whole map at once."""


def coverage(table: Any, *, ax: Any = None, path: str | os.PathLike[str] | None = None) -> Any:
    """A map of the whole sky: how many observations of a table cover each square degree.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Observations, as for `footprints`.
    ax, path : optional
        As for `footprints`.

    Returns
    -------
    `~matplotlib.axes.Axes`

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    InvalidQueryError
        When the table has no column that says where its rows are.
    """
    matplotlib_or_error()
    from matplotlib.colors import LogNorm

    observed = observed_of(table)
    (canvas,) = open_canvases([Field(180.0, 0.0, 180.0)], ax, for_file=path is not None)
    x, y, centres, cell = _cells(canvas)
    counts = np.zeros(x.shape)
    counts[cell] = _counts(observed.shapes, centres)
    norm = LogNorm(0.4, max(counts.max(), 10))
    shown = canvas.axes.pcolormesh(
        x,
        y,
        np.ma.masked_equal(counts, 0),
        norm=norm,
        cmap="YlGnBu",
        shading="nearest",
        zorder=2,
    )
    canvas.axes.figure.colorbar(shown, ax=canvas.axes, label="observations", shrink=0.6)
    canvas.axes.set_title(
        f"{len(np.unique(observed.shapes.owner)):,} observations on the sky", pad=14
    )
    if path is not None:
        save(canvas, path)
    return canvas.axes


def _cells(canvas: Any) -> tuple[FloatArray, FloatArray, FloatArray, Any]:
    """The places of the map's cells, unit vectors of those on the sky, and which these are."""
    width, height = (np.ceil(half) for half in ELLIPSE_DEG)
    x, y = np.meshgrid(
        np.arange(-width, width + STEP_DEG, STEP_DEG),
        np.arange(-height, height + STEP_DEG, STEP_DEG),
    )
    inside = (x / ELLIPSE_DEG[0]) ** 2 + (y / ELLIPSE_DEG[1]) ** 2 < 1
    sign = -1 if canvas.mirrored else 1
    sky = canvas.wcs.wcs_pix2world(np.stack([sign * x[inside], y[inside]], axis=1), 0)
    return x, y, unit_vectors(*sky.T), inside


def _counts(shapes: Shapes, centres: FloatArray) -> FloatArray:
    """How many observations touch each cell; a small one counts in the cell it lies in."""
    counts = np.zeros(len(centres))
    reach = np.deg2rad(STEP_DEG / 2)
    for start in range(0, len(shapes), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(shapes)))
        cosines = shapes.centre[rows] @ centres.T
        nearest = np.argmax(cosines, axis=1)
        within = cosines >= np.cos(np.minimum(shapes.radius[rows], np.pi))[:, np.newaxis]
        row, cell = np.nonzero(within & (shapes.radius[rows] > reach)[:, np.newaxis])
        covered = _inside(shapes, rows[row], centres[cell])
        found = np.concatenate([np.stack([shapes.owner[rows[row[covered]]], cell[covered]]),
                                np.stack([shapes.owner[rows], nearest])], axis=1)  # fmt: skip
        np.add.at(counts, np.unique(found, axis=1)[1], 1)
    return counts


def _inside(shapes: Shapes, rows: IntArray, points: FloatArray) -> Any:
    return shapes.distances(rows, points) == 0 if len(rows) else np.zeros(0, bool)
