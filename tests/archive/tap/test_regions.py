"""Regions against regions, beside S2 (by spherely) and beside plain arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.archive.tap.conftest import Rows, apart, stars
from topmast.archive.tap import regions
from topmast.errors import InvalidQueryError

COUNT = 300


def polygon(
    random: np.random.Generator, ra: float, dec: float, size: float = 1.0
) -> tuple[str, list[Any]]:
    """A polygon around a place: its text, and its corners as S2 takes them."""
    corners = int(random.integers(3, 8))
    angles = (np.arange(corners) + random.uniform(0, 0.4, corners)) * 2 * np.pi / corners
    away = random.uniform(0.2, 1.0, corners) * size
    north = dec + away * np.cos(angles)
    east = ra + away * np.sin(angles) / np.cos(np.deg2rad(dec))
    pairs = list(zip(east.tolist(), north.tolist(), strict=True))
    return "POLYGON ICRS " + " ".join(f"{x!r} {y!r}" for x, y in pairs), pairs


def places(random: np.random.Generator) -> list[tuple[float, float, float, float]]:
    ra, dec = random.uniform(0, 360, COUNT), random.uniform(-80, 80, COUNT)
    ra[:30], dec[30:60] = random.uniform(-1, 1, 30), 0.0
    shift = random.normal(0, 0.8, (2, COUNT))
    return list(zip(ra, dec, ra + shift[0] / np.cos(np.deg2rad(dec)), dec + shift[1], strict=True))


def test_polygons_touch_and_hold_each_other_as_in_s2() -> None:
    spherely = pytest.importorskip("spherely")
    random = np.random.default_rng(3)
    pairs = [
        (polygon(random, ra1, dec1, 0.3), polygon(random, ra2, dec2, 1.5))
        for ra1, dec1, ra2, dec2 in places(random)
    ]
    texts = [pa.array([pair[side][0] for pair in pairs]) for side in (0, 1)]
    shapes = [
        np.array([spherely.create_polygon(pair[side][1]) for pair in pairs]) for side in (0, 1)
    ]

    touching = regions.intersects(*texts).to_numpy(zero_copy_only=False)
    held = regions.contains(*texts).to_numpy(zero_copy_only=False)
    areas = regions.area(texts[0]).to_numpy()

    np.testing.assert_array_equal(touching, spherely.intersects(*shapes))
    np.testing.assert_array_equal(held, spherely.contains(shapes[1], shapes[0]))
    expected = spherely.area(shapes[0], radius=math.degrees(1))
    np.testing.assert_allclose(areas, expected, rtol=1e-6)
    assert 50 < touching.sum() < COUNT - 10
    assert held.sum() > 10


def test_circles_touch_polygons_as_in_s2() -> None:
    spherely = pytest.importorskip("spherely")
    random = np.random.default_rng(4)
    made = [(polygon(random, *place[:2]), place[2:]) for place in places(random)]
    radius = random.uniform(0, 1, COUNT)
    ra, dec = np.array([place for _, place in made]).T
    texts = pa.array([text for (text, _), _ in made])

    found = regions.touches(*map(pa.array, (ra, dec, radius)), texts)

    shapes = np.array([spherely.create_polygon(pairs) for (_, pairs), _ in made])
    points = np.array([spherely.create_point(*place) for place in zip(ra, dec, strict=True)])
    away = np.rad2deg(spherely.distance(shapes, points, radius=1.0))
    np.testing.assert_array_equal(found.to_numpy(zero_copy_only=False), away <= radius)


@pytest.mark.parametrize(
    ("inner", "outer", "held", "touching"),
    [
        ("CIRCLE ICRS 10 20 1", "CIRCLE ICRS 10 20.5 1.5", True, True),
        ("CIRCLE ICRS 10 20 1", "CIRCLE ICRS 10 20.6 1.5", False, True),
        ("CIRCLE ICRS 10 20 1", "CIRCLE ICRS 10 22.1 1", False, False),
        ("CIRCLE ICRS 0.2 0 1", "POLYGON ICRS 358 -2 2 -2 2 2 358 2", True, True),
        ("CIRCLE ICRS 1.5 0 1", "POLYGON ICRS 358 -2 2 -2 2 2 358 2", False, True),
        ("POLYGON ICRS 358 -2 2 -2 2 2 358 2", "CIRCLE ICRS 0 0 3", True, True),
        ("POLYGON ICRS 358 -2 2 -2 2 2 358 2", "CIRCLE ICRS 0 0 2.5", False, True),
        ("POLYGON ICRS 1 1 2 1 2 2", "POLYGON ICRS 1 1 2 1 2 2", True, True),
        ("CIRCLE ICRS 0 89 2", "CIRCLE ICRS 180 89 2", False, True),
        ("CIRCLE ICRS 0 0 1", "CIRCLE ICRS 0 0 1 CIRCLE ICRS 90 0 1", True, True),
    ],
)
def test_a_shape_lies_in_another(inner: str, outer: str, held: bool, touching: bool) -> None:
    pair = pa.array([inner]), pa.array([outer])

    assert regions.contains(*pair).to_pylist() == [held]
    assert regions.intersects(*pair).to_pylist() == [touching]


def test_what_is_no_region_is_null() -> None:
    pair = pa.array(["CIRCLE 1 2", None, "CIRCLE ICRS 1 2 3"]), pa.array(["POINT 1 2"] * 3)

    assert regions.contains(*pair).to_pylist() == [None, None, False]
    assert regions.area(pair[0]).to_pylist()[:2] == [None, None]
    ones = pa.array([1.0, 1.0, 1.0])
    found = regions.touches(ones, pa.array([2.0, None, 2.0]), ones, pair[0])
    assert found.to_pylist() == [None, None, True]


def test_a_box_is_what_its_four_great_circles_hold(ask: Callable[[str], Rows]) -> None:
    table = stars()
    ra, dec = np.deg2rad(table["ra"]), np.deg2rad(table["dec"])
    points = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
    a, d = np.deg2rad([0.3, 20.2])
    middle = [np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)]
    east = [-np.sin(a), np.cos(a), 0]
    north = [-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)]
    across, up, along = points @ east, points @ north, points @ middle
    inside = (
        (np.abs(across) <= along * np.tan(np.deg2rad(0.4)))
        & (np.abs(up) <= along * np.tan(np.deg2rad(0.2)))
        & (along > 0)
    )

    found = ask(
        "SELECT id FROM catalogs.stars "
        "WHERE 1 = CONTAINS(POINT(ra, dec), BOX(POINT(0.3, 20.2), 0.8, 0.4)) ORDER BY id"
    )

    assert [row[0] for row in found] == table["id"][inside].tolist()
    assert inside.sum() > 20
    with pytest.raises(InvalidQueryError, match="no box"):
        regions.box_corners(1, 2, 300, 4)


def test_a_polygon_holds_the_stars_that_it_holds_in_s2(ask: Callable[[str], Rows]) -> None:
    spherely = pytest.importorskip("spherely")
    table = stars()
    corners = [(359.5, 19.6), (0.6, 19.5), (0.9, 20.3), (0.1, 20.2), (359.6, 20.6)]
    shape = spherely.create_polygon(corners)
    points = [
        spherely.create_point(*place) for place in zip(table["ra"], table["dec"], strict=True)
    ]
    expected = table["id"][spherely.intersects(shape, np.array(points))].tolist()
    text = ", ".join(f"{ra}, {dec}" for ra, dec in corners)

    found = ask(
        f"SELECT id FROM catalogs.stars WHERE 1 = CONTAINS(POINT(ra, dec), POLYGON({text})) "
        "ORDER BY id"
    )

    assert [row[0] for row in found] == expected
    assert len(expected) > 100


def test_areas_and_middles_are_as_calculated(ask: Callable[[str], Rows]) -> None:
    row = ask(
        "SELECT AREA(CIRCLE(1, 2, 90)), AREA(POLYGON(0, 0, 90, 0, 0, 90)), "
        "COORD1(CENTROID(BOX(200, -30, 2, 2))), COORD2(CENTROID(BOX(200, -30, 2, 2))), "
        "COORD2(CENTROID(CIRCLE(1, 2, 3))), COORDSYS(POINT(1, 2))"
    )[0]

    square = math.degrees(1) ** 2
    expected = [2 * math.pi * square, math.pi / 2 * square, 200, -30, 2]
    assert row[:5] == pytest.approx(expected, rel=1e-9)
    assert row[5] == "ICRS"


def test_footprints_are_found_by_the_index_and_by_every_row_alike(
    ask: Callable[[str], Rows],
) -> None:
    inside = "CONTAINS(POINT(210.8, 54.3), s_region)"
    by_index = ask(f"SELECT obs_id FROM caom.observations WHERE 1 = {inside} ORDER BY obs_id")
    by_row = ask(f"SELECT obs_id FROM caom.observations WHERE {inside} + 0 = 1 ORDER BY obs_id")
    circles = ask("SELECT obs_id, s_ra, s_dec FROM ivoa.obscore ORDER BY obs_id")

    near = [name for name, ra, dec in circles if apart(ra, dec, 210.8, 54.3) <= 0.1]
    assert by_index == by_row == [(name,) for name in near]
    assert 0 < len(near) < len(circles)
    touching = ask(
        "SELECT obs_id FROM ivoa.obscore WHERE 1 = INTERSECTS(CIRCLE(210.8, 54.3, 1), s_region) "
        "ORDER BY obs_id"
    )
    assert touching == [(n,) for n, ra, dec in circles if apart(ra, dec, 210.8, 54.3) <= 1.1]
