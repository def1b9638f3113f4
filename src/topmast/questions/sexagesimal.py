"""Positions as texts: degrees, 14h03m12.6s +54d20m57s, 14:03:12.6 +54:20:57, J140312.54+542056."""

from __future__ import annotations

import math
import re

from topmast.errors import InvalidQueryError

Position = tuple[float, float]

NUMBER = r"\d+(?:\.\d*)?|\.\d+"
SIGN = r"[+\-\N{MINUS SIGN}]?"


def _with_units(first: str, unit: str) -> str:
    """The pattern of ``14h03m12.6s`` or ``+54d20m57s``, of which the end may be missing."""
    return (
        rf"(?P<{first}_sign>{SIGN})\s*(?P<{first}>{NUMBER})\s*(?:{unit})"
        rf"(?:\s*(?P<{first}_m>{NUMBER})\s*[m'\N{{PRIME}}])?"
        rf"(?:\s*(?P<{first}_s>{NUMBER})\s*(?:s|\"|''|\N{{DOUBLE PRIME}}))?"
    )


def _without_units(first: str, separator: str) -> str:
    """The pattern of ``14:03:12.6`` or ``14 03 12.6``."""
    return (
        rf"(?P<{first}_sign>{SIGN})(?P<{first}>\d+){separator}(?P<{first}_m>\d+(?:\.\d*)?)"
        rf"(?:{separator}(?P<{first}_s>{NUMBER}))?"
    )


IN_HOURS = _with_units("ra", "h|hours?|hourangle")
IN_DEGREES = _with_units("ra", "d|deg|degrees?|\N{DEGREE SIGN}")
DECLINATION = _with_units("dec", "d|deg|degrees?|\N{DEGREE SIGN}")
BETWEEN = r"(?:\s*,\s*|\s+|(?=[+\-\N{MINUS SIGN}]))"

J_NAME = re.compile(
    r"J(?P<ra_sign>)(?P<ra>\d\d)(?P<ra_m>\d\d)(?P<ra_s>\d\d(?:\.?\d*))"
    rf"(?P<dec_sign>{SIGN[:-1]})(?P<dec>\d\d)(?P<dec_m>\d\d)(?P<dec_s>\d\d(?:\.?\d*))",
    re.IGNORECASE,
)
"""The name of a source by its position, down to seconds; a shorter one is only a name."""

FORMS: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(rf"\s*{ra}{BETWEEN}{dec}\s*", re.IGNORECASE), factor)
    for ra, dec, factor in (
        (IN_HOURS, DECLINATION, 15.0),
        (IN_DEGREES, DECLINATION, 1.0),
        (_without_units("ra", r"\s*:\s*"), _without_units("dec", r"\s*:\s*"), 15.0),
        (_without_units("ra", r"\s+"), _without_units("dec", r"\s+"), 15.0),
    )
)
"""The forms of a text, and how many degrees the first number of each is worth."""


DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
DEGREES = re.compile(rf"\s*({DECIMAL})(?:\s+|\s*,\s*)({DECIMAL})\s*")


def read_degrees(text: str) -> Position | None:
    """The position of a text ``"ra dec"`` in decimal degrees; None for any other text.

    Raises InvalidQueryError for a declination beyond the poles.
    """
    match = DEGREES.fullmatch(text)
    if match is None:
        return None
    ra, dec = (float(number) for number in match.groups())
    if not (math.isfinite(ra) and abs(dec) <= 90):
        raise InvalidQueryError(
            f"{text!r} is no position: the declination must be between -90 and 90 degrees."
        )
    return ra if 0 <= ra < 360 else ra % 360, dec


def read_sexagesimal(text: str) -> Position | None:
    """Right ascension and declination in degrees; None for a text of another form.

    Without units the right ascension is in hours.

    Raises
    ------
    InvalidQueryError
        For a text of such a form whose numbers are out of range.
    """
    match = J_NAME.fullmatch(text.strip())
    if match is not None:
        return _position(text, match, 15.0)
    for form, factor in FORMS:
        if match := form.fullmatch(text):
            return _position(text, match, factor)
    return None


def _position(text: str, match: re.Match[str], factor: float) -> Position:
    ra, dec = _degrees(text, match, "ra"), _degrees(text, match, "dec")
    if not ra * factor <= 360 or abs(dec) > 90:
        raise InvalidQueryError(
            f"{text!r} is no position: the right ascension is from 0 to 24 hours or 360 degrees, "
            "the declination from -90 to 90 degrees."
        )
    return (ra * factor) % 360, dec


def _degrees(text: str, match: re.Match[str], name: str) -> float:
    first, minutes, seconds = (match[key] for key in (name, f"{name}_m", f"{name}_s"))
    if match.re is J_NAME:
        seconds = seconds if "." in seconds else f"{seconds[:2]}.{seconds[2:]}"
    parts = [float(part or 0) for part in (minutes, seconds)]
    if not all(part < 60 for part in parts):
        raise InvalidQueryError(f"{text!r} is no position: minutes and seconds are below 60.")
    value = float(first) + parts[0] / 60 + parts[1] / 3600
    return -value if match[f"{name}_sign"] in ("-", "\N{MINUS SIGN}") else value
