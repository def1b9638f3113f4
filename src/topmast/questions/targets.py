"""The targets of a search, one or many with a radius, as cones on the sky."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from topmast.config.dialects import choice
from topmast.errors import InvalidQueryError
from topmast.net.session import Session
from topmast.questions.arguments import is_one, plain_argument
from topmast.questions.criteria import Criteria
from topmast.questions.names import positions_of_names
from topmast.questions.places import Place, Places, find_places, places_of_names

DEFAULT_RADIUS = "0.2 deg"


@dataclass(frozen=True, slots=True)
class Cone:
    """All that lies within `radius_deg` of a place."""

    place: Place
    radius_deg: float


@dataclass(frozen=True, slots=True)
class Targets:
    """The cones of one call, and the places where a list was given; None for a single place."""

    cones: tuple[Cone, ...]
    places: tuple[Place, ...] | None


def find_targets(session: Session, place: Criteria) -> Targets:
    """The cones that the place of a call stands for; names are looked up through the session."""
    radius = DEFAULT_RADIUS if place.radius is None else plain_argument(place.radius)
    if is_one(radius):
        parse_radius(radius)  # before names are looked up in vain
    resolve = partial(positions_of_names, session, place.resolver)
    if place.object_name is None:
        hours = bool(choice(session, "hours"))
        return cones_around(find_places(place.coordinates, resolve, hours=hours), radius)
    return cones_around(places_of_names(place.object_name, resolve), radius)


def cones_around(places: Places, radius: Any) -> Targets:
    """One cone for each place, with one radius for all or one for each entry of the list."""
    several = not is_one(radius)
    if isinstance(radius, Mapping) or hasattr(radius, "columns") or (several and not len(radius)):
        raise InvalidQueryError(f"A radius is an angle, or one for each place, not {radius!r}.")
    if places.many and several and len(radius) > 1:
        if len(radius) != places.entries:
            raise InvalidQueryError(f"{len(radius)} radii were given for {places.entries} places.")
        radii = [parse_radius(one) for one in radius]
    else:
        one = next(iter(radius)) if places.many and several else radius
        radii = [parse_radius(one)] * places.entries
    cones = tuple(Cone(place, radii[place.index]) for place in places.places)
    return Targets(cones, places.places if places.many else None)


def parse_radius(radius: Any, unit: str = "deg") -> float:
    """The radius in degrees.

    Parameters
    ----------
    radius : float, str or `~astropy.units.Quantity`
        A number, or a text without a unit, is taken to be in `unit`.

    Raises
    ------
    InvalidQueryError
        For a radius that cannot be read, is no angle, is negative or larger than 180 degrees.
    """
    if not is_one(radius):
        raise InvalidQueryError(f"One radius is needed, not {radius!r}.")
    angle = _in_degrees(radius, unit)
    if np.ndim(angle):
        raise InvalidQueryError(f"One radius is needed, not {radius!r}.")
    degrees = float(angle)
    if not math.isfinite(degrees) or degrees < 0 or degrees > 180:
        raise InvalidQueryError(f"The radius must be between 0 and 180 degrees, not {radius}.")
    return degrees


ANGLE = re.compile(r"\s*([+]?(?:\d+\.?\d*|\.\d+))\s*([a-z]+)\s*")
DEGREES = {
    **dict.fromkeys(("deg", "degree", "degrees", "d"), 1.0),
    **dict.fromkeys(("arcmin", "arcminute", "arcminutes", "m"), 1 / 60),
    **dict.fromkeys(("arcsec", "arcsecond", "arcseconds", "s"), 1 / 3600),
}
"""Degrees in the units that a radius is mostly given in."""


def _in_degrees(radius: Any, unit: str) -> Any:
    """An angle in degrees; astropy is loaded only for what is no number and no plain text."""
    radius = plain_argument(radius)
    if type(radius) in (int, float) and unit in DEGREES:
        return radius * DEGREES[unit]
    match = ANGLE.fullmatch(radius) if isinstance(radius, str) else None
    if match is not None and match[2] in DEGREES:
        return float(match[1]) * DEGREES[match[2]]
    import astropy.units as u
    from astropy.coordinates import Angle

    try:
        if isinstance(radius, (bool, np.bool_)) or radius is None:
            raise TypeError("not an angle")
        return Angle(radius, u.Unit(unit)).deg
    except (ValueError, TypeError, u.UnitsError) as problem:
        raise InvalidQueryError(
            f"The radius {radius!r} cannot be read. Give a number ({unit}), a text such as "
            "'5 arcmin', or an angle Quantity."
        ) from problem


def cone_params(targets: Targets) -> list[dict[str, Any]]:
    """What a service that searches a cone takes, for each cone."""
    return [
        {"ra": cone.place.ra_deg, "dec": cone.place.dec_deg, "radius": cone.radius_deg}
        for cone in targets.cones
    ]
