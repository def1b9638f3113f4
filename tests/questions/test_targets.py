"""Radii of every kind, and cones around places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import Angle

from topmast.errors import InvalidQueryError, ResolverError
from topmast.questions.places import find_places
from topmast.questions.targets import cones_around, parse_radius

KNOWN = {"M101": (210.80227, 54.34895), "M8": (270.92194, -24.38017)}


def resolve(names: Sequence[str], from_list: bool) -> Mapping[str, tuple[float, float]]:
    if not from_list and names[0] not in KNOWN:
        raise ResolverError(f'Could not resolve "{names[0]}" to a sky position.')
    return {name: KNOWN[name] for name in names if name in KNOWN}


@pytest.mark.parametrize(
    ("radius", "degrees"),
    [
        (0.2, 0.2),
        (0, 0),
        ("0.2", 0.2),
        (".02 deg", 0.02),
        ("5 arcmin", 5 / 60),
        ("5'", 5 / 60),
        ('3"', 3 / 3600),
        ("0h2m", 0.5),
        (5 * u.arcmin, 5 / 60),
        (Angle("1d"), 1),
        (np.float32(0.5), 0.5),
        (np.array(0.3), 0.3),
        (180, 180),
    ],
)
def test_a_radius_is_degrees_unless_it_has_a_unit(radius: Any, degrees: float) -> None:
    assert parse_radius(radius) == pytest.approx(degrees)


def test_a_radius_may_be_in_another_unit_by_default() -> None:
    assert parse_radius(3, unit="arcmin") == pytest.approx(0.05)


@pytest.mark.parametrize(
    "radius", [-1, "-5 arcmin", np.nan, np.inf, 180.5, 4 * u.rad, "200 deg", -1e-9]
)
def test_a_radius_outside_the_sphere_is_refused(radius: Any) -> None:
    with pytest.raises(InvalidQueryError, match="between 0 and 180 degrees, not"):
        parse_radius(radius)


@pytest.mark.parametrize("radius", ["abc", "5 pc", 5 * u.s, None, True, "", object()])
def test_a_radius_that_is_no_angle_is_refused(radius: Any) -> None:
    with pytest.raises(InvalidQueryError, match=r"The radius .* cannot be read"):
        parse_radius(radius)


def test_each_of_many_places_may_have_its_own_radius() -> None:
    found = cones_around(find_places([(1, 2), (3, 4)], resolve), [0.1, "6 arcmin"])
    assert [cone.radius_deg for cone in found.cones] == pytest.approx([0.1, 0.1])
    one = cones_around(find_places([(1, 2), (3, 4)], resolve), 0.5)
    assert [cone.radius_deg for cone in one.cones] == [0.5, 0.5]


def test_radii_must_be_as_many_as_places() -> None:
    with pytest.raises(InvalidQueryError, match="3 radii were given for 2 places"):
        cones_around(find_places([(1, 2), (3, 4)], resolve), [1, 2, 3])
    with pytest.raises(InvalidQueryError, match="One radius is needed"):
        cones_around(find_places((1, 2), resolve), [1, 2])
