"""Places on the sky, one or many, from whatever a user writes: texts, coordinates, tables."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from topmast.errors import InputWarning, InvalidQueryError, ResolverError, warn
from topmast.questions.arguments import is_astropy, object_names

ResolveNames = Callable[[Sequence[str], bool], Mapping[str, tuple[float, float]]]
"""Object names in, positions (ra, dec in degrees, ICRS) of those that are known out. The second
argument tells whether they come from a list, where an unknown one is warned of and left out."""

IN_DEGREES = "Coordinate string is being interpreted as an ICRS coordinate provided in degrees."
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


def find_places(coordinates: Any, resolve: ResolveNames) -> Places:
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

    Raises
    ------
    InvalidQueryError
        When something can be no place at all.
    ResolverError
        When a single text is neither coordinates nor a known name.
    """
    if isinstance(coordinates, str):
        return _texts([coordinates], resolve, many=False)
    if _is_list_of_texts(coordinates):
        return _texts([str(text) for text in coordinates], resolve, many=True)
    from topmast.questions.positions import degrees_of, sky_of, unreadable  # late: astropy

    sky = sky_of(coordinates)
    if sky is not None:
        return _of_degrees(degrees_of(sky), many=not sky.isscalar)
    if isinstance(coordinates, (Sequence, np.ndarray)):
        return _joined([find_places(item, resolve) for item in coordinates])
    raise InvalidQueryError(unreadable(coordinates))


def places_of_names(names: str | Iterable[str], resolve: ResolveNames) -> Places:
    """The places of one object name, or of each in a list; decimal degrees pass for a name."""
    many = not isinstance(names, str)
    return _texts(object_names(names), resolve, many=many, only_degrees=True)


# ---------------------------------------------------------------------------------- texts

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
DEGREES = re.compile(rf"\s*({NUMBER})(?:\s+|\s*,\s*)({NUMBER})\s*")
STARTS_AS_COORDINATES = re.compile(r"\s*(?:[-+.\d]|J\d)")
"""What astropy can read as coordinates begins so; an object's name seldom does."""
WORDS = re.compile(r"(?<=[\d.])\s*(degrees|degree|deg|hourangle|hours|hour)\b", re.IGNORECASE)


def _texts(
    texts: list[str], resolve: ResolveNames, *, many: bool, only_degrees: bool = False
) -> Places:
    """The places of texts; names among them are resolved together."""
    read = _degrees if only_degrees else _coordinates
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


def _coordinates(text: str) -> Reading | None:
    return _degrees(text) or _sexagesimal(text)


def _degrees(text: str) -> Reading | None:
    """The place of a text ``"ra dec"`` in decimal degrees; None for any other text."""
    match = DEGREES.fullmatch(text)
    if match is None:
        return None
    ra, dec = (float(number) for number in match.groups())
    if not (math.isfinite(ra) and abs(dec) <= 90):
        raise InvalidQueryError(
            f"{text!r} is no position: the declination must be between -90 and 90 degrees."
        )
    return Reading((_wrapped(ra), dec), IN_DEGREES)


def _sexagesimal(text: str) -> Reading | None:
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
        if unit and re.search(r"\d[: ]\d", plain.strip()):
            message += f" The right ascension of {text!r} too: write 1h2m3s where hours are meant."
        return Reading((float(sky.ra.deg), float(sky.dec.deg)), message)
    return None


def _wrapped(ra_deg: float) -> float:
    return ra_deg if 0 <= ra_deg < 360 else ra_deg % 360


def _of_degrees(degrees: list[tuple[float, float]], many: bool) -> Places:
    places = tuple(
        Place(*pair, given=f"{pair[0]:.9g} {pair[1]:.9g}", index=index)
        for index, pair in enumerate(degrees)
    )
    return _places(places, many, len(places))


def _is_list_of_texts(coordinates: Any) -> bool:
    if isinstance(coordinates, Mapping) or is_astropy(
        coordinates, "table.Table", "table.Row", "coordinates.SkyCoord"
    ):
        return False
    try:
        listed = list(coordinates)
    except TypeError:
        return False
    return bool(listed) and all(isinstance(item, str) for item in listed)


def _joined(parts: list[Places]) -> Places:
    """The places of a mixed list, each entry one place."""
    if any(part.many for part in parts):
        raise InvalidQueryError("A list of targets cannot hold lists.")
    numbered = [replace(part.places[0], index=index) for index, part in enumerate(parts)]
    return _places(numbered, True, len(parts))
