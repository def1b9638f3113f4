"""Places on the sky, one or many, from whatever a user writes: texts, coordinates, tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from topmast.errors import InputWarning, InvalidQueryError, ResolverError, warn
from topmast.questions.arguments import (
    check_none_missing,
    is_astropy,
    is_one,
    object_names,
    plain_argument,
)
from topmast.questions.sexagesimal import read_degrees, read_sexagesimal

ResolveNames = Callable[[Sequence[str], bool], Mapping[str, tuple[float, float]]]
"""Object names in, positions (ra, dec in degrees, ICRS) of those that are known out. The second
argument tells whether they come from a list, where an unknown one is warned of and left out."""

IN_DEGREES = "Coordinate string is being interpreted as an ICRS coordinate provided in degrees."
HOURS = (
    "Coordinate string is being interpreted as an ICRS coordinate, its right ascension in hours "
    "and its declination in degrees."
)
WITH_UNITS = "Coordinate string is being interpreted as an ICRS coordinate."


@dataclass(frozen=True, slots=True)
class Place:
    """A position on the sky, ICRS, how the user wrote it and where in the user's list."""

    ra_deg: float
    dec_deg: float
    given: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one call.

    `many` is true where the user gave a list, however short; `entries` is its length, of which
    those that could not be resolved have no place.
    """

    places: tuple[Place, ...]
    many: bool
    entries: int


def find_places(coordinates: Any, resolve: ResolveNames, *, hours: bool = True) -> Places:
    """The places that `coordinates` stand for.

    Parameters
    ----------
    coordinates
        One place: a text (``"ra dec"`` in degrees, sexagesimal with units, or an object name), a
        `~astropy.coordinates.SkyCoord` in any frame, a pair of numbers in degrees or of angles, or
        a row with such columns. Many places: a SkyCoord array, a list of any of these, an array
        of shape (n, 2), or a Table with a SkyCoord column or columns of right ascension and
        declination.
    resolve
        Asked once, about all texts that are no coordinates.
    hours
        Whether the right ascension of ``14:03:12.6 +54:20:57`` is in hours, or in degrees as
        astroquery reads it.

    Raises
    ------
    InvalidQueryError
        When something can be no place at all.
    ResolverError
        When a single text is neither coordinates nor a known name.
    """
    coordinates = plain_argument(coordinates)
    if isinstance(coordinates, str):
        return _texts([coordinates], resolve, many=False, hours=hours)
    if _is_list_of_texts(coordinates):
        return _texts([str(text) for text in coordinates], resolve, many=True, hours=hours)
    from topmast.questions.positions import degrees_of, sky_of, unreadable  # late: astropy

    sky = sky_of(coordinates)
    if sky is not None:
        return _of_degrees(degrees_of(sky), many=not sky.isscalar)
    if isinstance(coordinates, (Sequence, np.ndarray)) and not is_one(coordinates):
        check_none_missing(coordinates, "target")
        return _joined([find_places(item, resolve, hours=hours) for item in coordinates])
    raise InvalidQueryError(unreadable(coordinates))


def places_of_names(names: str | Iterable[str], resolve: ResolveNames) -> Places:
    """The places of one object name, or of each in a list; decimal degrees pass for a name."""
    many = not is_one(names)
    return _texts(object_names(names), resolve, many=many, only_degrees=True)


# ---------------------------------------------------------------------------------- texts

STARTS_AS_COORDINATES = re.compile(r"\s*(?:[-+.\d]|J\d)")
"""What astropy can read as coordinates begins so; an object's name seldom does."""
WORDS = re.compile(r"(?<=[\d.])\s*(degrees|degree|deg|hourangle|hours|hour)\b", re.IGNORECASE)


def _texts(
    texts: list[str],
    resolve: ResolveNames,
    *,
    many: bool,
    only_degrees: bool = False,
    hours: bool = True,
) -> Places:
    """The places of texts; names among them are resolved together."""
    read = _degrees if only_degrees else partial(_coordinates, hours=hours)
    readings = {text: read(text) for text in texts}
    for message in dict.fromkeys(reading.message for reading in readings.values() if reading):
        warn(message, InputWarning)
    positions = {text: reading and reading.position for text, reading in readings.items()}
    names = [text for text, position in positions.items() if position is None]
    for name in names:
        if not name.strip():
            raise InvalidQueryError(f"{name!r} is neither coordinates nor an object name.")
        if not only_degrees and not re.search(r"[^\W\d_]", name):
            from topmast.questions.positions import unreadable

            raise InvalidQueryError(unreadable(name))
    positions |= _resolved(names, resolve, many)
    found = [
        Place(*position, given=text, index=index)
        for index, text in enumerate(texts)
        if (position := positions[text]) is not None
    ]
    return _places(found, many, len(texts))


def _places(found: Sequence[Place], many: bool, entries: int) -> Places:
    if not entries:
        raise InvalidQueryError("No targets were provided.")
    if not found:
        raise ResolverError("Could not resolve any of the given object names to sky positions.")
    return Places(tuple(found), many, entries)


def _resolved(
    names: list[str], resolve: ResolveNames, many: bool
) -> Mapping[str, tuple[float, float]]:
    try:
        return resolve(names, many) if names else {}
    except ResolverError as problem:
        raise ResolverError(f"{problem} It cannot be read as coordinates either.") from problem


class Reading(NamedTuple):
    """What a text was read as, and what the user should know about it."""

    position: tuple[float, float]
    message: str


def _coordinates(text: str, *, hours: bool) -> Reading | None:
    return _degrees(text) or (_in_hours(text) if hours else None) or _by_astropy(text)


def _degrees(text: str) -> Reading | None:
    position = read_degrees(text)
    return None if position is None else Reading(position, IN_DEGREES)


def _in_hours(text: str) -> Reading | None:
    position = read_sexagesimal(text)
    if position is None:
        return None
    return Reading(position, WITH_UNITS if re.search(r"\d\s*[hd]", text, re.I) else HOURS)


def _by_astropy(text: str) -> Reading | None:
    """The place of a text in any other form that astropy reads; None for an object name."""
    if not STARTS_AS_COORDINATES.match(text):
        return None
    import astropy.units as u
    from astropy.coordinates import SkyCoord

    plain = WORDS.sub(lambda match: match[1][0].lower(), text.replace(",", " "))
    for unit, message in (({}, WITH_UNITS), ({"unit": "deg"}, IN_DEGREES)):
        try:
            sky = SkyCoord(plain, frame="icrs", **unit)
        except u.UnitsError:
            continue
        except (ValueError, TypeError) as problem:
            if not unit and isinstance(problem.__context__, u.UnitsError):
                continue
            return None
        found = (float(sky.ra.deg), float(sky.dec.deg))
        if unit:
            message += _if_hours_are_meant(text, found)
        return Reading(found, message)
    return None


def _if_hours_are_meant(text: str, found: tuple[float, float]) -> str:
    """For a text whose right ascension was read as degrees, what it is in hours."""
    try:
        meant = read_sexagesimal(text)
    except InvalidQueryError:
        return ""
    if meant is None:
        return ""
    return (
        f" The right ascension of {text!r} too, which gives {found[0]:.6g} {found[1]:+.6g}: write "
        f"1h2m3s where hours are meant, which would give {meant[0]:.6g} {meant[1]:+.6g}."
    )


def _of_degrees(degrees: list[tuple[float, float]], many: bool) -> Places:
    places = tuple(
        Place(*pair, given=f"{pair[0]:.9g} {pair[1]:.9g}", index=index)
        for index, pair in enumerate(degrees)
    )
    return _places(places, many, len(places))


def _is_list_of_texts(coordinates: Any) -> bool:
    if isinstance(coordinates, Mapping) or hasattr(coordinates, "columns"):
        return False
    if is_astropy(coordinates, "table.Row", "coordinates.SkyCoord"):
        return False
    try:
        listed = list(coordinates)
    except TypeError:
        return False
    if any(isinstance(item, str) for item in listed):
        check_none_missing(listed, "target")
    return bool(listed) and all(isinstance(item, str) for item in listed)


def _joined(parts: list[Places]) -> Places:
    """The places of a mixed list, each entry one place."""
    if any(part.many for part in parts):
        raise InvalidQueryError("A list of targets cannot hold lists.")
    numbered = [replace(part.places[0], index=index) for index, part in enumerate(parts)]
    return _places(numbered, True, len(parts))
