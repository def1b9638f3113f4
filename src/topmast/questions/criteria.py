"""Keyword criteria, as a user writes them, made into the filters that MAST understands."""

from __future__ import annotations

import datetime
import decimal
import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.errors import InputWarning, InvalidQueryError, did_you_mean, warn
from topmast.questions.arguments import as_list, is_missing, is_nan, plain_argument, plain_text
from topmast.questions.ranges import ranges_of

if TYPE_CHECKING:
    from topmast.questions.columns import Column, Columns

NO_CRITERION = "At least one non-positional criterion must be supplied."


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one column: any of the values, or the pattern, must match.

    `values` are texts, or ranges ``{"min": ..., "max": ...}`` for a column of floats.
    `free_text` is a pattern with ``%`` for any characters.
    """

    name: str
    values: tuple[Any, ...]
    separator: str = ""
    free_text: str = ""

    def on_the_wire(self) -> dict[str, Any]:
        """The filter object of a request, its keys in MAST's order."""
        wire: dict[str, Any] = {"paramName": self.name}
        if self.separator:
            wire["separator"] = self.separator
        wire["values"] = list(self.values)
        if self.free_text:
            wire["freeText"] = self.free_text
        return wire


@dataclass(frozen=True, slots=True)
class Criteria:
    """The criteria of one call, taken apart.

    `coordinates`, `object_name`, `radius` and `resolver` are as the user gave them or None.
    `kind` is the observation kind asked for (science, calibration, all) or None.
    """

    coordinates: Any = None
    object_name: Any = None
    radius: Any = None
    resolver: str | None = None
    kind: str | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_place(self) -> bool:
        """Whether a place limits the search."""
        return self.coordinates is not None or self.object_name is not None


PLACE_WORDS = {
    "coordinates": "coordinates",
    "object_name": "object_name",
    "objectname": "object_name",
    "radius": "radius",
    "resolver": "resolver",
}
"""The criteria that are no columns, in the spelling of either generation."""


def split_place(criteria: Mapping[str, Any], *, of_observations: bool = True) -> Criteria:
    """Take criteria apart into place, kind of observation and columns.

    Only observations have a kind; elsewhere ``obstype`` is a column like any other.

    Raises
    ------
    InvalidQueryError
        For coordinates and an object name together, or the same thing twice.
    """
    found: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    names_given: dict[str, str] = {}
    for name, value in criteria.items():
        word = PLACE_WORDS.get(name.lower())
        if name == "verbose":  # astroquery takes it everywhere and uses it nowhere
            continue
        if word is None:
            columns[name] = value
        elif value is not None:
            if word in found:
                raise InvalidQueryError("Give only one of object_name and objectname.")
            found[word] = value
            names_given[word] = name
    if "coordinates" in found and "object_name" in found:
        name = names_given["object_name"]
        raise InvalidQueryError(f"Only one of {name} and coordinates may be specified.")
    if "resolver" in found and "object_name" not in found:
        warn(
            "Resolver is only used when resolving object names; there is none to resolve.",
            InputWarning,
        )
    kind = observation_kind(columns) if of_observations else None
    return Criteria(**found, kind=kind, columns=columns)


KINDS = {
    "science": "science",
    "sci": "science",
    "calibration": "calibration",
    "cal": "calibration",
    "all": "all",
}


def observation_kind(columns: dict[str, Any]) -> str | None:
    """The kind that ``obstype`` asks for, which is taken out of `columns`; None if not given."""
    name = next((name for name in columns if name.lower() == "obstype"), None)
    if name is None:
        return None
    value = columns.pop(name)
    if value is None:
        return None
    if any(other.lower() == "intenttype" for other in columns):
        raise InvalidQueryError("Give only one of obstype and intentType.")
    words = [str(word).strip().lower() for word in as_list(value)]
    if not words or any(word not in KINDS for word in words):
        raise InvalidQueryError(f"obstype is 'science', 'cal' or 'all', not {value!r}.")
    kinds = {KINDS[word] for word in words}
    return kinds.pop() if len(kinds) == 1 else "all"


def check_criteria(
    criteria: Mapping[str, Any], columns: Columns, *, also: Iterable[str] = ()
) -> list[Filter]:
    """The filters that `criteria`, as for `ObservationsClass.query_criteria`, stand for.

    `also` are names of arguments that may have been meant by an unknown criterion. Raises
    InvalidQueryError for a column that does not exist, with the nearest name, or a value of a
    wrong kind.
    """
    filters = []
    for name, value in criteria.items():
        column = columns.find(name)
        if column is None:
            raise InvalidQueryError(no_such_filter(name, [*columns, *also]))
        if value is None:
            warn(f"{name}=None is no criterion and is skipped.", InputWarning)
            continue
        if not column.continuous:
            filters.append(_value_filter(name, value, column))
        elif ranges := ranges_of(name, value, column):
            filters.append(Filter(column.name, tuple(ranges), column.separator))
    return filters


def no_such_filter(name: str, known: Iterable[str]) -> str:
    """What to say of an unknown criterion, with the nearest known one."""
    return f"Filter '{name}' does not exist.{did_you_mean(name, known)}"


def _value_filter(name: str, value: Any, column: Column) -> Filter:
    """A filter on exact values, with at most one pattern among them."""
    value = None if is_missing(value) else plain_argument(value)
    items = [item for item in as_list(value) if not (is_missing(item) or is_nan(item))]
    texts = [_text(name, item) for item in items]
    if not texts:
        raise InvalidQueryError(f"The criterion '{name}' has no values: {value!r}.")
    patterns = [text for text in texts if "*" in text or "%" in text]
    for pattern in patterns[1:]:
        warn(
            f"Only one wildcarded value may be used per filter: '{pattern}' is left out of "
            f"'{name}', '{patterns[0]}' stays.",
            InputWarning,
        )
    return Filter(
        column.name,
        tuple(text for text in texts if text not in patterns),
        column.separator,
        patterns[0].replace("*", "%") if patterns else "",
    )


PLAIN = (str, numbers.Number, decimal.Decimal, np.generic, datetime.date)
"""What a value of a criterion can be; a date is written as ISO has it."""


def _text(name: str, value: Any) -> str:
    value = plain_text(value)
    if not isinstance(value, PLAIN):
        raise InvalidQueryError(
            f"The criterion '{name}' takes texts or plain numbers, not {value!r}."
        )
    return str(value)


def filters_on_the_wire(filters: Sequence[Filter]) -> list[dict[str, Any]]:
    """The filter objects of a request."""
    return [one.on_the_wire() for one in filters]
