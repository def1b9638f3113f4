"""The language of criteria that TAP, Pan-STARRS and missions share: ``"<5"``, ``"5..7"``, ``"!x"``.

A criterion is a value or a list of them. ``<``, ``<=``, ``>`` and ``>=`` compare, ``low..high`` is
a range with both ends, ``*`` and ``%`` stand for any characters, and ``!`` in front leaves out.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from topmast.errors import InputWarning, InvalidQueryError, warn
from topmast.questions.arguments import as_list, is_astropy, is_missing, plain_text

COMPARISON = re.compile(r"(<=|>=|<|>)\s*(.+)", re.DOTALL)
RANGE = re.compile(r"(.+?)\s*\.\.\s*(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Test:
    """One thing that a value must be, or with `negated` must not be.

    `operator` is one of ``=``, ``<``, ``<=``, ``>``, ``>=``, ``between`` (with two `values`) and
    ``like`` (a pattern with ``%``).
    """

    operator: str
    values: tuple[Any, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """What the values of one column must be; without any test nothing matches."""

    column: str
    tests: tuple[Test, ...]


def condition_of(name: str, value: Any, column: str, *, is_number: bool, unit: str) -> Condition:
    """The condition that a criterion stands for, its numbers in the unit of the column.

    Raises InvalidQueryError for a value that cannot be compared with the column.
    """
    values = [each for each in as_list(value) if not is_missing(each)]
    if not values and not (isinstance(value, (list, tuple)) and not len(value)):
        raise InvalidQueryError(f"The criterion '{name}' has no values: {value!r}.")
    if not values:
        warn(f"The list for '{name}' is empty, so nothing can match.", InputWarning)
    tests = (_test(name, each, is_number=is_number, unit=unit) for each in values)
    return Condition(column, tuple(tests))


def _test(name: str, value: Any, *, is_number: bool, unit: str) -> Test:
    if is_astropy(value, "units.Quantity"):
        return Test("=", (_in_unit(name, value, unit),))
    if is_astropy(value, "time.Time"):
        return Test("=", (float(value.utc.mjd) if is_number else str(value.utc.isot),))
    value = plain_text(value.item() if isinstance(value, np.generic) else value)
    if not isinstance(value, (str, int, float)):
        raise InvalidQueryError(f"The criterion '{name}' takes texts and numbers, not {value!r}.")
    if not isinstance(value, str):
        return Test("=", (_number(name, value) if is_number else str(value),))
    negated = value.startswith("!")
    operator, texts = _taken_apart(value.removeprefix("!").strip(), is_number)
    if is_number and operator != "like":
        return Test(operator, tuple(_number(name, text) for text in texts), negated)
    return Test(operator, texts, negated)


def _taken_apart(text: str, is_number: bool) -> tuple[str, tuple[str, ...]]:
    if found := COMPARISON.fullmatch(text):
        return found[1], (found[2],)
    if found := RANGE.fullmatch(text):
        return "between", (found[1], found[2])
    if "*" in text or "%" in text:
        return "like", (text.replace("*", "%"),)
    return "=", (text,)


def _number(name: str, value: Any) -> int | float:
    try:
        number = value if isinstance(value, int) else _read(value)
    except ValueError as problem:
        raise InvalidQueryError(
            f"The criterion '{name}' is a number, '<5', '5..7' or a list of these, not {value!r}."
        ) from problem
    return int(number) if isinstance(number, bool) else number


def _read(value: str | float) -> int | float:
    if isinstance(value, str) and value.strip().lstrip("+-").isdigit():
        return int(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _in_unit(name: str, value: Any, unit: str) -> float:
    from astropy.units import Unit, UnitsError

    try:
        return float(value.to_value(Unit(unit)))
    except (UnitsError, TypeError, ValueError) as problem:
        told = f"is in {unit}" if unit else "has no unit"
        raise InvalidQueryError(
            f"The column of '{name}' {told}; {value} cannot be compared with it."
        ) from problem
