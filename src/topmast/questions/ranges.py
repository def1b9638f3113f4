"""A criterion on a column of numbers: from low to high, with units and times."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.errors import InputWarning, InvalidQueryError, warn
from topmast.questions.arguments import (
    as_list,
    is_astropy,
    is_masked,
    is_one,
    plain_text,
    size,
)

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.time import Time

    from topmast.questions.columns import Column


WIDEST = 1e30
"""Sent for an end of a range that is left open: JSON has no infinity."""


def ranges_of(name: str, value: Any, column: Column) -> list[dict[str, Any]]:
    """The ranges ``{"min": low, "max": high}`` that `value` stands for, in the column's unit.

    Empty, with a warning, where `value` is not a range.
    """
    if isinstance(value, Iterator):
        value = list(value)
    pairs = _pairs(value)
    if pairs is None:
        ends = _ends(name, value)
        pairs = [] if ends is None else [ends]
    return [_range(name, low, high, column) for low, high in pairs]


def _pairs(value: Any) -> list[tuple[Any, Any]] | None:
    """The ranges that are written out as such: ``{"min": 1, "max": 2}`` or ``[[1, 2], [5, 6]]``."""
    if isinstance(value, Mapping):
        if {str(key).lower() for key in value} != {"min", "max"}:
            raise InvalidQueryError(f"A range is {{'min': ..., 'max': ...}}, not {value!r}.")
        ends = {str(key).lower(): end for key, end in value.items()}
        return [(ends["min"], ends["max"])]
    if isinstance(value, str) and value.count("..") == 1:
        low, high = value.split("..")
        return [(low, high)]
    if is_one(value) or isinstance(value, (set, frozenset)):
        return None
    items = list(value)
    if items and all(not is_one(item) and size(item) == 2 for item in items):
        return [_pair(item) for item in items]
    return None


def _pair(item: Any) -> tuple[Any, Any]:
    if isinstance(item, Mapping):
        return (_pairs(item) or [(None, None)])[0]
    low, high = item
    return low, high


def _ends(name: str, value: Any) -> tuple[Any, Any] | None:
    """The first two values of a list; None, with a warning, if there are not two."""
    items = as_list(value)
    if len(items) < 2:
        warn(
            f"{name} is continuous: give [min, max]. Not enough values provided, so {name}="
            f"{value!r} is skipped.",
            InputWarning,
        )
        return None
    if len(items) > 2:
        warn(
            f"{name} is continuous: give [min, max]. Too many values provided, the first two "
            f"are taken: {items[0]!r} to {items[1]!r}.",
            InputWarning,
        )
    return items[0], items[1]


def _range(name: str, low: Any, high: Any, column: Column) -> dict[str, Any]:
    numbers = [
        -WIDEST if low is None else _number(name, low, column),
        WIDEST if high is None else _number(name, high, column),
    ]
    turned = is_astropy(low, "units.Quantity") and not low.unit.is_equivalent(_unit(column))
    if turned and numbers[0] > numbers[1]:
        numbers.reverse()  # a range of frequency or energy is the other way round in wavelength
    if numbers[0] > numbers[1]:
        warn(
            f"{name}: the minimum {low!r} is larger than the maximum {high!r}, "
            "so nothing can match.",
            InputWarning,
        )
    return {"min": numbers[0], "max": numbers[1]}


def _number(name: str, value: Any, column: Column) -> float | int:
    """`value` as a plain number in the unit of the column."""
    if is_masked(value):
        raise InvalidQueryError(
            f"The criterion '{name}' cannot be masked; None leaves an end open."
        )
    value = plain_text(value)
    if _is_mjd(column) and (moment := _moment(value)) is not None:
        number: Any = float(moment.utc.mjd)
    elif is_astropy(value, "units.Quantity"):
        number = _in_unit(name, value, column)
    else:
        number = _plain(name, value, column)
    if math.isnan(number):
        raise InvalidQueryError(f"The criterion '{name}' cannot be {value!r}.")
    if math.isinf(number):
        return math.copysign(WIDEST, number)
    return number


def _plain(name: str, value: Any, column: Column) -> float | int:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    try:
        return float(value.strip())
    except (ValueError, AttributeError) as problem:
        kinds = "numbers (MJD) or times" if _is_mjd(column) else "numbers"
        raise InvalidQueryError(
            f"The criterion '{name}' takes {kinds}, not {value!r}."
        ) from problem


def _moment(value: Any) -> Time | None:
    """`value` as a time, if it is one: Time, datetime, numpy date or a text such as an ISO date."""
    if is_astropy(value, "time.Time"):
        return value
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if not isinstance(value, (datetime.date, str)) or _is_number(value):
        return None
    from astropy.time import Time

    if isinstance(value, datetime.datetime):
        return Time(value)
    if isinstance(value, datetime.date):
        return Time(value.isoformat())
    try:
        return Time(value.strip())
    except ValueError:
        return None


def _is_number(text: Any) -> bool:
    try:
        float(text)
    except (ValueError, TypeError):
        return False
    return True


def _in_unit(name: str, value: u.Quantity, column: Column) -> float:
    unit = _unit(column)
    if unit is None:
        raise InvalidQueryError(
            f"The criterion '{name}' has no unit; give a plain number, not {value!r}."
        )
    import astropy.units as u

    try:
        return float(value.to_value(unit, equivalencies=u.spectral()))
    except (u.UnitsError, TypeError) as problem:
        raise InvalidQueryError(
            f"The criterion '{name}' is in {unit}; {value!r} cannot be converted to that."
        ) from problem


UNITS = {"mjd": "d", "sec": "s", "seconds": "s", "degrees": "deg"}
"""Spellings that MAST uses and astropy does not know."""


def _unit(column: Column) -> u.UnitBase | None:
    import astropy.units as u

    text = str(column.unit or "").strip()
    if text.lower() in ("", "none"):
        return None
    try:
        return u.Unit(UNITS.get(text.lower(), text))
    except ValueError:
        return None


def _is_mjd(column: Column) -> bool:
    """Whether the column holds dates: its unit is MJD, or days and its name a CAOM time."""
    unit = str(column.unit or "").strip().lower()
    return unit == "mjd" or (unit in ("d", "day", "days") and column.name.lower().startswith("t_"))
