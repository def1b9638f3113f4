"""Footprint distances against S2, the sphere geometry library of Google (spherely)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from topmast.sky import (
    Circle,
    Footprint,
    Polygon,
    distance_deg,
    offset,
    overlaps,
    positions,
    region_text,
    separation_deg,
    shapes_of_regions,
    unit_vectors,
)

spherely = pytest.importorskip("spherely")

# What the two may differ by; S2 itself promises about 1e-15 radians, which is 6e-14 degrees.
TOLERANCE_DEG = 1e-11

Vertices = list[np.ndarray]
Places = tuple[np.ndarray, np.ndarray]


def random_centres(size: np.ndarray, generator: np.random.Generator) -> Places:
    """A quarter each around the two poles and RA 0, the rest anywhere."""
    count = len(size)
    where = generator.integers(0, 4, count)
    ra = generator.uniform(0, 360, count)
    dec = np.degrees(np.arcsin(generator.uniform(-1, 1, count)))
    near = np.minimum(generator.uniform(0, 1.2, count) * size, 90)
    dec = np.select([where == 0, where == 1], [90 - near, near - 90], dec)
    ra = np.where(where == 2, (generator.uniform(-1, 1, count) * size) % 360, ra)
    return ra, dec


def random_polygons(size: np.ndarray, generator: np.random.Generator) -> Vertices:
    """Vertices, shape (n, 2), of star-shaped polygons of 3 to 12 corners, in either direction."""
    polygons = []
    for ra, dec, reach in zip(*random_centres(size, generator), size, strict=True):
        corners = generator.integers(3, 13)
        turns = np.sort(generator.uniform(0, 360, corners))[:: generator.choice([-1, 1])]
        away = np.minimum(reach * generator.uniform(0.2, 1, corners), 179)
        polygons.append(np.stack(offset(ra, dec, turns, away), axis=1))
    return polygons


def places_around(polygons: Vertices, size: np.ndarray, generator: np.random.Generator) -> Places:
    """One place for each polygon: some inside, some near it, some as far as the sky goes."""
    first = np.array([vertices[0] for vertices in polygons])
    away = size * generator.uniform(0, 2.5, len(size)) ** generator.uniform(0.5, 3, len(size))
    return offset(*first.T, generator.uniform(0, 360, len(size)), np.minimum(away, 179.9))


def places_on_edges(polygons: Vertices, size: np.ndarray, generator: np.random.Generator) -> Places:
    """Places beside an edge, as far as the size times 1e-12 to 1e-2."""
    here = []
    for vertices in polygons:
        a, b = unit_vectors(*np.roll(vertices, generator.integers(12), axis=0)[:2].T)
        part = generator.uniform()
        here.append(a * (1 - part) + b * part)
    ra, dec = positions(np.array(here))
    away = size * 10 ** generator.uniform(-12, -2, len(size))
    return offset(ra, dec, generator.uniform(0, 360, len(size)), away)


def places_anywhere(polygons: Vertices, size: np.ndarray, generator: np.random.Generator) -> Places:
    return generator.uniform(0, 360, len(size)), generator.uniform(-90, 90, len(size))


def s2_polygon(vertices: np.ndarray) -> Any:
    """The polygon as S2 has it, or None where its edges cross, which S2 does not allow."""
    try:
        return spherely.create_polygon([tuple(vertex) for vertex in vertices.tolist()])
    except ValueError:
        return None


def footprint_of(vertices: np.ndarray) -> Footprint:
    return Footprint((Polygon(*(tuple(each.tolist()) for each in vertices.T)),))


@pytest.mark.parametrize(
    ("count", "least_deg", "most_deg", "places"),
    [
        (14_000, 1 / 3600, 20, places_around),
        (6_000, 1 / 3600, 20, places_on_edges),
        (2_000, 1 / 3600, 20, places_anywhere),
        (2_000, 30, 140, places_anywhere),
    ],
)
def test_polygon_distances_and_overlaps_are_those_of_s2(
    count: int, least_deg: float, most_deg: float, places: Callable[..., Places]
) -> None:
    generator = np.random.default_rng(count)
    size = 10 ** generator.uniform(np.log10(least_deg), np.log10(most_deg), count)
    polygons = random_polygons(size, generator)
    ra, dec = places(polygons, size, generator)
    s2 = [s2_polygon(vertices) for vertices in polygons]
    good = np.array([polygon is not None for polygon in s2])

    theirs = spherely.distance(spherely.points(ra, dec)[good], np.array(s2)[good], radius=1)
    shapes = shapes_of_regions([footprint_of(vertices) for vertices in polygons])
    ours = shapes.distances(np.arange(count), unit_vectors(ra, dec))[good]

    theirs, ours = np.degrees(theirs), np.degrees(ours)
    assert good.sum() > 0.9 * count
    assert np.abs(ours - theirs).max() < TOLERANCE_DEG
    radius = size[good] * generator.uniform(0, 2, good.sum())
    clear = np.abs(theirs - radius) > TOLERANCE_DEG
    assert ((ours <= radius) == (theirs <= radius))[clear].all()
    assert 0.05 < (ours == 0).mean() < 0.95 or places is places_anywhere


def test_circle_distances_are_those_of_s2() -> None:
    generator = np.random.default_rng(3)
    radius = 10 ** generator.uniform(-3.5, 1.5, 3000)
    ra, dec = random_centres(radius, generator)
    to = generator.uniform(0, 360, 3000), generator.uniform(-90, 90, 3000)
    near = offset(ra, dec, generator.uniform(0, 360, 3000), radius * generator.uniform(0, 3, 3000))
    for places in (to, near):
        centres = spherely.points(ra, dec)
        theirs = np.degrees(spherely.distance(spherely.points(*places), centres, radius=1))
        # Near 180 degrees S2 keeps only half the digits: it works with squared chords.
        exact = theirs < 179
        assert np.abs(separation_deg(ra, dec, *places) - theirs)[exact].max() < TOLERANCE_DEG
        circles = [Circle(*numbers) for numbers in zip(ra, dec, radius, strict=True)]
        ours = [
            distance_deg(Footprint((circle,)), *place)
            for circle, *place in zip(circles, *places, strict=True)
        ]
        assert np.abs(ours - np.maximum(theirs - radius, 0))[exact].max() < TOLERANCE_DEG


def test_texts_written_and_read_in_bulk_overlap_as_in_s2() -> None:
    generator = np.random.default_rng(4)
    size = 10 ** generator.uniform(-3, 1, 500)
    polygons = random_polygons(size, generator)
    ra, dec = places_around(polygons, size, generator)
    texts = [region_text(footprint_of(vertices)) for vertices in polygons]
    shapes = shapes_of_regions(texts)
    ours = np.degrees(shapes.distances(np.argsort(shapes.owner), unit_vectors(ra, dec)))

    for number, vertices in enumerate(polygons):
        if (polygon := s2_polygon(vertices)) is not None:
            place = spherely.create_point(ra[number], dec[number])
            theirs = np.degrees(spherely.distance(place, polygon, radius=1))
            assert ours[number] == pytest.approx(theirs, abs=TOLERANCE_DEG)
            near = overlaps(footprint_of(vertices), ra[number], dec[number], theirs + 1e-9)
            assert near
