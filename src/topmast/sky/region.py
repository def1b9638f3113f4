"""Footprints as MAST writes them: STC-S text such as ``POLYGON ICRS ra dec ra dec ...``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Circle:
    """All places within `radius_deg` of a centre; radius 0 is a point."""

    ra_deg: float
    dec_deg: float
    radius_deg: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """The smaller of the two areas that a closed line of great circle arcs cuts from the sky.

    The last vertex is joined to the first; repeated vertices do no harm.
    """

    ra_deg: tuple[float, ...]
    dec_deg: tuple[float, ...]


Region = Circle | Polygon


@dataclass(frozen=True, slots=True)
class Footprint:
    """The places that at least one of the regions holds."""

    regions: tuple[Region, ...]

    def __str__(self) -> str:
        return region_text(self)


def parse_region(text: str) -> Footprint:
    """The footprint that an STC-S text (the column s_region) describes.

    Several regions in one text, with or without the word UNION, are all part of the footprint.
    Degrees; the frames ICRS, J2000, FK5 and GSC1 are taken as the same (they agree to 0.02
    arcsec, and s_region is not given more exactly than that).

    Raises
    ------
    ValueError
        When the text is not a region: an unknown word, no numbers, an odd number of them, a
        number that is not finite. The message holds the text.
    """
    try:
        return Footprint(tuple(_regions_of(_words_of(text))))
    except ValueError as error:
        raise ValueError(f"Cannot read the region {_shortened(text)!r}: {error}") from None


def region_text(footprint: Footprint) -> str:
    """The footprint as STC-S text, ICRS; reading it back gives an equal footprint."""
    return " ".join(_text_of(region) for region in footprint.regions)


def _text_of(region: Region) -> str:
    if isinstance(region, Circle):
        numbers: Sequence[float] = (region.ra_deg, region.dec_deg, region.radius_deg)
        return "CIRCLE ICRS " + _joined(numbers)
    return "POLYGON ICRS " + _joined(
        [angle for vertex in zip(region.ra_deg, region.dec_deg, strict=True) for angle in vertex]
    )


def _joined(numbers: Sequence[float]) -> str:
    return " ".join(repr(float(number)) for number in numbers)


def _words_of(text: str) -> list[str]:
    if not isinstance(text, str):
        raise ValueError("it is not text")
    if text.count("(") != text.count(")"):
        raise ValueError("a bracket is missing")
    return re.sub(r"[(),]", " ", text).split()


def _regions_of(words: list[str]) -> list[Region]:
    regions: list[Region] = []
    shape, numbers = "", list[float]()
    for word in words:
        if NUMBER.fullmatch(word):
            numbers.append(float(word))
        elif (upper := word.upper()) in SHAPES:
            regions += _finished(shape, numbers)
            shape, numbers = upper, []
        elif upper not in SILENT_WORDS:
            raise ValueError(REFUSED_WORDS.get(upper, f"the word {_shortened(word)!r} is unknown"))
    regions += _finished(shape, numbers)
    if not regions:
        raise ValueError("it names no POLYGON and no CIRCLE")
    return regions


def _finished(shape: str, numbers: list[float]) -> list[Region]:
    if not shape:
        if numbers:
            raise ValueError("numbers come before any POLYGON or CIRCLE")
        return []
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a number is too large")
    return [SHAPES[shape](numbers)]


def _circle(numbers: list[float]) -> Circle:
    if len(numbers) != 3:
        raise ValueError(f"a CIRCLE has 3 numbers (ra, dec, radius), not {len(numbers)}")
    ra, dec, radius = numbers
    if not 0 <= radius <= 180:
        raise ValueError(f"the radius {radius} is not between 0 and 180 degrees")
    return Circle(_checked_ra(ra), _checked_dec(dec), radius)


def _point(numbers: list[float]) -> Circle:
    if len(numbers) != 2:
        raise ValueError(f"a POSITION has 2 numbers (ra, dec), not {len(numbers)}")
    return _circle([*numbers, 0.0])


def _polygon(numbers: list[float]) -> Polygon:
    if len(numbers) % 2:
        raise ValueError(f"a POLYGON needs pairs of ra and dec, not {len(numbers)} numbers")
    if len(numbers) < 6:
        raise ValueError(f"a POLYGON needs at least 3 vertices, not {len(numbers) // 2}")
    ra = tuple(map(_checked_ra, numbers[0::2]))
    dec = tuple(map(_checked_dec, numbers[1::2]))
    if any(map(_opposite, ra, dec, ra[1:] + ra[:1], dec[1:] + dec[:1])):
        raise ValueError("an edge joins two opposite points of the sky, so its way is not known")
    return Polygon(ra, dec)


def _checked_ra(ra: float) -> float:
    wrapped = ra % 360.0
    return 0.0 if wrapped >= 360.0 else wrapped


def _checked_dec(dec: float) -> float:
    if not -90 <= dec <= 90:
        raise ValueError(f"the declination {dec} is not between -90 and 90 degrees")
    return dec


def _opposite(ra1: float, dec1: float, ra2: float, dec2: float) -> bool:
    if abs(dec1 + dec2) > OPPOSITE_DEG:
        return False
    around = abs((ra2 - ra1) % 360.0 - 180.0) * math.cos(math.radians(dec1))
    return around < OPPOSITE_DEG


def _shortened(text: object) -> str:
    whole = str(text)
    return whole if len(whole) <= 200 else whole[:200] + "..."


NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)

# What an edge may miss 180 degrees by; nearer to it, the edge's great circle is only rounding.
OPPOSITE_DEG = 1e-9

SHAPES: dict[str, Callable[[list[float]], Region]] = {
    "POLYGON": _polygon,
    "CIRCLE": _circle,
    "POSITION": _point,
    "POINT": _point,
}

# STC-S words that change nothing for us: frames equal to ICRS, where the observer is, the
# kind of coordinates. A frame that does turn the sky is refused below.
SILENT_WORDS = frozenset(
    [
        "UNION",
        "ICRS",
        "J2000",
        "FK5",
        "GSC1",
        "UNKNOWNFRAME",
        "TOPOCENTER",
        "BARYCENTER",
        "GEOCENTER",
        "HELIOCENTER",
        "UNKNOWNREFPOS",
        "SPHERICAL2",
        "UNIT",
        "DEG",
    ]
)

REFUSED_WORDS = {
    **{
        word: f"{word} regions are not supported, only POLYGON, CIRCLE and their union"
        for word in [
            "BOX",
            "ELLIPSE",
            "CONVEX",
            "ALLSKY",
            "RANGE",
            "NOT",
            "INTERSECTION",
            "DIFFERENCE",
        ]
    },
    **{
        word: f"the frame {word} is not supported, only ICRS, J2000, FK5 and GSC1"
        for word in [
            "GALACTIC",
            "GALACTIC_II",
            "ECLIPTIC",
            "FK4",
            "B1950",
            "SUPER_GALACTIC",
            "GEO_C",
            "GEO_D",
        ]
    },
    **dict.fromkeys(["NAN", "-NAN", "INF", "+INF", "-INF"], "a number is not finite"),
}
