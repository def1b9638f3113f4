"""Circles and polygons of many footprints as columns, and their distances from places."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from topmast.sky.vectors import FloatArray, IntArray, angle_between, cross

# Nearer than this (in radians, 1e-10 arcsec) is touching: it is what rounding leaves.
ROUNDING = 5e-16

# Edges worked on at once; keeps the memory of one call below about 100 MB.
BLOCK_EDGES = 200_000


@dataclass(frozen=True, slots=True)
class Shapes:
    """n circles and polygons, one row each; a footprint is all rows with the same owner.

    Attributes
    ----------
    owner : int64 array, shape (n,)
        Which footprint the row is part of.
    centre : float64 array, shape (n, 3)
        Unit vector to the middle of the circle, or of a cap that covers the polygon.
    radius : float64 array, shape (n,)
        Of that circle or cap, in radians; pi when a polygon fits in no cap below 90 degrees.
    offsets : int64 array, shape (n + 1,)
        Vertices of row i are ``vertices[offsets[i]:offsets[i + 1]]``; a circle has none.
    vertices : float64 array, shape (m, 3)
        Unit vectors.
    """

    owner: IntArray
    centre: FloatArray
    radius: FloatArray
    offsets: IntArray
    vertices: FloatArray

    def __len__(self) -> int:
        return len(self.owner)

    def distances(self, rows: IntArray, points: FloatArray) -> FloatArray:
        """Radians from each point to the nearest place of the shape beside it, 0 inside.

        Parameters
        ----------
        rows : int array, shape (k,)
            Which shapes; the same one may come many times.
        points : float array, shape (k, 3) or (3,)
            Unit vectors, one for each row or one for all.
        """
        points = np.broadcast_to(points, (len(rows), 3))
        answer = angle_between(points, self.centre[rows]) - self.radius[rows]
        start = self.offsets[rows]
        count = self.offsets[rows + 1] - start
        for block in _blocks(np.flatnonzero(count), count):
            answer[block] = self._polygon_distances(
                rows[block], points[block], start[block], count[block]
            )
        answer[answer <= ROUNDING] = 0.0
        return answer

    def take(self, rows: IntArray) -> Shapes:
        """These rows, in this order, as new arrays."""
        count = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(count)])
        which = spans(self.offsets[:-1][rows], count)
        return Shapes(
            self.owner[rows], self.centre[rows], self.radius[rows], offsets, self.vertices[which]
        )

    def owned_by(self, owners: IntArray) -> Shapes:
        """The same shapes, owner i being ``owners[i]`` from now on."""
        return replace(self, owner=owners[self.owner])

    @staticmethod
    def joined(parts: list[Shapes]) -> Shapes:
        """All rows of the parts, one part after another."""
        if not parts:
            return Shapes.of_circles(np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros(0))
        counts = [np.diff(part.offsets) for part in parts]
        return Shapes(
            np.concatenate([part.owner for part in parts]),
            np.concatenate([part.centre for part in parts]),
            np.concatenate([part.radius for part in parts]),
            np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64),
            np.concatenate([part.vertices for part in parts]),
        )

    @staticmethod
    def of_circles(owner: IntArray, centre: FloatArray, radius: FloatArray) -> Shapes:
        """Circles; `radius` in radians."""
        return Shapes(owner, centre, radius, np.zeros(len(owner) + 1, np.int64), np.zeros((0, 3)))

    @staticmethod
    def of_polygons(owner: IntArray, vertices: FloatArray, count: IntArray) -> Shapes:
        """Polygons, whose vertices follow one another in one array, `count` for each."""
        vertices, count = normalized_polygons(vertices, count)
        centre, radius = polygon_caps(vertices, count)
        return Shapes(owner, centre, radius, np.append(0, np.cumsum(count)), vertices)

    def _polygon_distances(
        self, rows: IntArray, points: FloatArray, start: IntArray, count: IntArray
    ) -> FloatArray:
        which = spans(start, count)
        first = np.cumsum(count) - count
        a = self.vertices[which]
        b = self.vertices[_next_of(which, start, first, count)]
        p = np.repeat(points, count, axis=0)
        distance = np.minimum.reduceat(_arc_distances(p, a, b), first)
        inside = np.abs(np.add.reduceat(_turn_seen_from(p, a, b), first)) > np.pi
        # Seen from the point opposite to one inside, the line turns around as well; but that
        # point lies outside the cap, if the cap is below 90 degrees.
        near = np.einsum("ij,ij->i", points, self.centre[rows]) > 0
        inside &= near
        for row in np.flatnonzero(self.radius[rows] > np.pi / 2):
            edges = slice(first[row], first[row] + count[row])
            inside[row] = _inside_large(points[row], a[edges], b[edges])
        return np.where(inside, 0.0, distance)


def normalized_polygons(vertices: FloatArray, count: IntArray) -> tuple[FloatArray, IntArray]:
    """The polygons without vertices that repeat their neighbour, as the closing one does."""
    if not len(count):
        return vertices, count
    first = np.cumsum(count) - count
    following = np.arange(1, len(vertices) + 1)
    following[first + count - 1] = first
    keep = np.sum((vertices - vertices[following]) ** 2, axis=1) > ROUNDING**2
    kept = np.add.reduceat(keep, first, dtype=np.int64)
    keep[first[kept == 0]] = True
    return vertices[keep], np.maximum(kept, 1)


def polygon_caps(vertices: FloatArray, count: IntArray) -> tuple[FloatArray, FloatArray]:
    """Centres and radii (radians) of caps that cover the polygons.

    The better of two: around the mean of the vertices, and around the middle of the rectangle
    that holds them. When neither is below 90 degrees, the whole sky.
    """
    if not len(count):
        return np.zeros((0, 3)), np.zeros(0)
    first = np.cumsum(count) - count
    centre = _normalized(np.add.reduceat(vertices, first, axis=0))
    radius = _reach(centre, vertices, first, count)
    middle = _middle_of_rectangle(centre, vertices, first, count)
    better = (other := _reach(middle, vertices, first, count)) < radius
    centre = np.where(better[:, np.newaxis], middle, centre)
    radius = np.where(better, other, radius) * (1 + 1e-12) + 4 * ROUNDING
    return centre, np.where(radius < np.pi / 2 - 1e-9, radius, np.pi)


def _reach(
    centre: FloatArray, vertices: FloatArray, first: IntArray, count: IntArray
) -> FloatArray:
    distance = angle_between(vertices, np.repeat(centre, count, axis=0))
    return np.asarray(np.maximum.reduceat(distance, first))


def _middle_of_rectangle(
    centre: FloatArray, vertices: FloatArray, first: IntArray, count: IntArray
) -> FloatArray:
    """Middle of the rectangle that holds the vertices, in the plane that touches at `centre`."""
    away = np.where(np.abs(centre[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    right = _normalized(np.cross(away, centre))
    middle = centre.copy()
    for axis in (right, np.cross(centre, right)):
        along = np.einsum("ij,ij->i", vertices, np.repeat(axis, count, axis=0))
        low, high = np.minimum.reduceat(along, first), np.maximum.reduceat(along, first)
        middle += (0.5 * (low + high))[:, np.newaxis] * axis
    return _normalized(middle)


def _normalized(vectors: FloatArray) -> FloatArray:
    length = np.sqrt(np.sum(vectors**2, axis=-1, keepdims=True))
    return np.where(length > 1e-9, vectors / np.maximum(length, 1e-300), [0.0, 0.0, 1.0])


def _turn_seen_from(p: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Angle at p between the directions to a and to b, signed; from differences, so that a
    polygon of a milliarcsecond is seen as sharply as one of ten degrees."""
    to_a, to_b = a - p, b - p
    sine = np.einsum("ij,ij->i", p, cross(to_a, to_b))
    along_a, along_b = np.einsum("ij,ij->i", p, to_a), np.einsum("ij,ij->i", p, to_b)
    cosine = np.einsum("ij,ij->i", to_a, to_b) - along_a * along_b
    return np.asarray(np.arctan2(sine, cosine))


def _arc_distances(p: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Radians from p to the nearest place of the great circle arc from a up to b."""
    normal, length = _normal_of_arc(a, b)
    beside = np.einsum("ij,ij->i", cross(normal, a), p)
    before_end = np.einsum("ij,ij->i", cross(b, normal), p)
    above = np.abs(np.einsum("ij,ij->i", p - a, normal))
    to_circle = np.arctan2(above, np.hypot(np.einsum("ij,ij->i", p, a), beside))
    over_arc = (beside >= 0) & (before_end >= 0) & (length > ROUNDING)
    return np.where(over_arc, to_circle, angle_between(p, a))


def _normal_of_arc(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Unit normal of the arc's plane; (a - b) x (a + b) is 2 a x b without its cancellation."""
    normal = cross(a - b, a + b)
    length = np.sqrt(np.sum(normal**2, axis=1))
    return normal / np.maximum(length, 1e-300)[:, np.newaxis], length


def _inside_large(point: FloatArray, a: FloatArray, b: FloatArray) -> bool:
    """Whether the polygon holds the point, for one that fits in no cap below 90 degrees.

    The side of the nearest edge on which the point lies decides; at a vertex, the edge that
    it lies most squarely beside.
    """
    p = np.broadcast_to(point, a.shape)
    normal, _ = _normal_of_arc(a, b)
    distance = np.minimum(_arc_distances(p, a, b), angle_between(p, b))
    beside = normal @ point
    nearest = np.where(distance <= distance.min() + 1e-12, np.abs(beside), -1.0).argmax()
    return bool((beside[nearest] > 0) == (_left_turns(normal, b) >= 0))


def _left_turns(normal: FloatArray, b: FloatArray) -> float:
    """Sum of the turns at the vertices; positive when the smaller area lies to the left."""
    after = np.roll(normal, -1, axis=0)
    sine = np.einsum("ij,ij->i", cross(normal, after), b)
    return float(np.arctan2(sine, np.einsum("ij,ij->i", normal, after)).sum())


def spans(start: IntArray, count: IntArray) -> IntArray:
    """Numbers start[0], start[0] + 1, ... count[0] of them, then those of start[1], ..."""
    first = np.cumsum(count) - count
    return np.repeat(start - first, count) + np.arange(count.sum())


def _next_of(which: IntArray, start: IntArray, first: IntArray, count: IntArray) -> IntArray:
    following = which + 1
    following[first + count - 1] = start
    return following


def _blocks(rows: IntArray, count: IntArray) -> list[IntArray]:
    """The rows in pieces of at most about BLOCK_EDGES edges."""
    if not len(rows):
        return []
    piece = np.cumsum(count[rows]) // BLOCK_EDGES
    return np.split(rows, np.flatnonzero(np.diff(piece)) + 1)
