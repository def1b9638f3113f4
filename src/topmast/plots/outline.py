"""The outlines of circles and polygons as lines of many points."""

from __future__ import annotations

import numpy as np

from topmast.sky.shapes import Shapes
from topmast.sky.vectors import FloatArray, angle_between, offset, positions, unit_vectors

POINTS_A_CIRCLE = 181
POINTS_AN_EDGE = 200


def outline(shapes: Shapes, row: int, step: float) -> FloatArray:
    """Unit vectors along the rim of one shape, closed; about `step` radians apart."""
    start, end = shapes.offsets[row : row + 2]
    if start < end:
        return _polygon_outline(shapes.vertices[start:end], step)
    ra, dec = positions(shapes.centre[row])
    return circle_outline(float(ra), float(dec), float(np.rad2deg(shapes.radius[row])))


def circle_outline(ra_deg: float, dec_deg: float, radius_deg: float) -> FloatArray:
    """Unit vectors along a circle, closed."""
    turns = np.linspace(0, 360, POINTS_A_CIRCLE)
    return unit_vectors(*offset(ra_deg, dec_deg, turns, radius_deg))


def _polygon_outline(vertices: FloatArray, step: float) -> FloatArray:
    after = np.roll(vertices, -1, axis=0)
    edges = zip(vertices, after, angle_between(vertices, after), strict=True)
    pieces = [_along_edge(a, b, angle, step) for a, b, angle in edges]
    return np.concatenate([*pieces, vertices[:1]])


def _along_edge(a: FloatArray, b: FloatArray, angle: float, step: float) -> FloatArray:
    """Places from a up to, but without, b on their great circle."""
    count = int(np.clip(np.ceil(angle / step), 1, POINTS_AN_EDGE))
    part = (np.arange(count) / count)[:, np.newaxis]
    if angle < 1e-7:
        return a + part * (b - a)
    return np.asarray((np.sin((1 - part) * angle) * a + np.sin(part * angle) * b) / np.sin(angle))
