"""SIA 2.0: images and cubes by place, wavelength, time and more, as a query of ivoa.obscore."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from topmast.errors import InvalidQueryError
from topmast.wire.forms import Form

MOST_VALUES = 100
"""Of one parameter."""
STEP_DEG, WIDEST_DEG = 0.35, 30.0
"""A parallel is followed by short great circles, which leave it by 0.5 arcsec at most."""
KINDS = ("image", "cube")


def sia_adql(form: Form) -> str:
    """The query for the parameters of a form; several values of one parameter are alternatives.

    Raises InvalidQueryError for a value that cannot be read, with what it should be.
    """
    tests = ["dataproduct_type IN ('image', 'cube')"]
    for name, test in PARAMETERS.items():
        values = [value.strip() for key, value in form.every if key == name and value.strip()]
        if len(values) > MOST_VALUES:
            raise InvalidQueryError(f"{name}: at most {MOST_VALUES} values, not {len(values)}.")
        alternatives = [found for value in values if (found := test(name, value))]
        if alternatives:
            tests.append(f"({' OR '.join(alternatives)})")
    return f"SELECT * FROM ivoa.obscore WHERE {' AND '.join(tests)}"


# ---------------------------------------------------------------- places


def _place(name: str, value: str) -> str:
    kind, *texts = value.split()
    shape = SHAPES.get(kind.upper())
    if shape is None:
        raise InvalidQueryError(
            f"{name} begins with {', '.join(SHAPES)}, in degrees; not {value[:60]!r}."
        )
    return shape(name, value, _numbers(name, value, texts))


def _circle(name: str, value: str, numbers: Sequence[float]) -> str:
    if len(numbers) != 3 or not np.all(np.isfinite(numbers)):
        raise InvalidQueryError(f"{name}: CIRCLE ra dec radius, not {value[:60]!r}.")
    return f"1 = INTERSECTS(s_region, CIRCLE({_listed(numbers)}))"


def _polygon(name: str, value: str, numbers: Sequence[float]) -> str:
    if len(numbers) < 6 or len(numbers) % 2 or not np.all(np.isfinite(numbers)):
        raise InvalidQueryError(f"{name}: POLYGON ra dec ra dec ra dec, not {value[:60]!r}.")
    return f"1 = INTERSECTS(s_region, POLYGON({_listed(numbers)}))"


def _range(name: str, value: str, numbers: Sequence[float]) -> str:
    """Between two meridians and two parallels: as polygons side by side."""
    if len(numbers) != 4 or np.any(np.isnan(numbers)):
        raise InvalidQueryError(f"{name}: RANGE ra1 ra2 dec1 dec2, not {value[:60]!r}.")
    west, east = max(numbers[0], 0.0), min(numbers[1], 360.0)
    south, north = max(numbers[2], -90.0), min(numbers[3], 90.0)
    if west > east or south > north:
        raise InvalidQueryError(f"{name}: the first number is the lower one, in {value[:60]!r}.")
    if (west, east, south, north) == (0.0, 360.0, -90.0, 90.0):
        return ""
    edges = np.linspace(west, east, max(1, math.ceil((east - west) / WIDEST_DEG)) + 1)
    strips = (_strip(a, b, south, north) for a, b in pairwise(edges))
    return " OR ".join(f"1 = INTERSECTS(s_region, POLYGON({_listed(each)}))" for each in strips)


def _strip(west: float, east: float, south: float, north: float) -> list[float]:
    along = np.linspace(west, east, max(1, math.ceil((east - west) / STEP_DEG)) + 1)
    up = np.linspace(south, north, max(1, math.ceil((north - south) / WIDEST_DEG)) + 1)
    sides = (
        *((ra, south) for ra in along),
        *((east, dec) for dec in up[1:-1]),
        *((ra, north) for ra in along[::-1]),
        *((west, dec) for dec in up[-2:0:-1]),
    )
    return [float(number) for place in sides for number in place]


SHAPES: Mapping[str, Callable[[str, str, Sequence[float]], str]] = {
    "CIRCLE": _circle,
    "RANGE": _range,
    "POLYGON": _polygon,
}

# ---------------------------------------------------------------- numbers and words


@dataclass(frozen=True, slots=True)
class _Overlaps:
    """The interval between two columns shares a value with the one that is given."""

    low: str
    high: str

    def __call__(self, name: str, value: str, /) -> str:
        numbers = _numbers(name, value, value.split())
        if len(numbers) not in (1, 2) or numbers[0] > numbers[-1] or np.any(np.isnan(numbers)):
            raise InvalidQueryError(
                f"{name} is a number, or two with the lower one first; -Inf and +Inf leave a side "
                f"open. It is not {value[:60]!r}."
            )
        tests = (
            (self.high, ">=", numbers[0], -math.inf),
            (self.low, "<=", numbers[-1], math.inf),
        )
        given = [f"{column} {sign} {_number(n)}" for column, sign, n, end in tests if n != end]
        return f"({' AND '.join(given)})" if given else ""


def _words(column: str) -> Callable[[str, str], str]:
    return lambda name, value: f"{column} = {_quoted(value)}"


def _kind(name: str, value: str) -> str:
    if value.lower() not in KINDS:
        raise InvalidQueryError(f"{name} is {' or '.join(KINDS)}, not {value[:40]!r}.")
    return f"dataproduct_type = '{value.lower()}'"


def _level(name: str, value: str) -> str:
    if value not in ("0", "1", "2", "3", "4"):
        raise InvalidQueryError(f"{name} is a whole number from 0 to 4, not {value[:40]!r}.")
    return f"calib_level = {value}"


def _polarization(name: str, value: str) -> str:
    return f"pol_states LIKE {_quoted(f'%/{value}/%')}"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _numbers(name: str, value: str, texts: Iterable[str]) -> list[float]:
    try:
        return [float(text) for text in texts]
    except ValueError as problem:
        raise InvalidQueryError(
            f"{name}: there are no numbers that can be read in {value[:60]!r}."
        ) from problem


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(map(_number, numbers))


def _number(value: float) -> str:
    return repr(float(value))


Test = Callable[[str, str], str]
PARAMETERS: Mapping[str, Test] = {
    "POS": _place,
    "BAND": _Overlaps("em_min", "em_max"),
    "TIME": _Overlaps("t_min", "t_max"),
    "POL": _polarization,
    "FOV": _Overlaps("s_fov", "s_fov"),
    "SPATRES": _Overlaps("s_resolution", "s_resolution"),
    "SPECRP": _Overlaps("em_res_power", "em_res_power"),
    "EXPTIME": _Overlaps("t_exptime", "t_exptime"),
    "TIMERES": _Overlaps("t_resolution", "t_resolution"),
    "ID": _words("obs_publisher_did"),
    "COLLECTION": _words("obs_collection"),
    "FACILITY": _words("facility_name"),
    "INSTRUMENT": _words("instrument_name"),
    "DPTYPE": _kind,
    "CALIB": _level,
    "TARGET": _words("target_name"),
    "FORMAT": _words("access_format"),
}
"""Each parameter, and the condition that one value of it is."""
