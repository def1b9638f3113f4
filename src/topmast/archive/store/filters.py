"""Filters of a portal query: read from the request, checked, and written as SQL."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from topmast.archive.store.schema import is_identifier, observation_value
from topmast.errors import InvalidQueryError, did_you_mean
from topmast.tables.fields import DISTANCE, OBJ_ID1, OBSERVATION, Field

MOST_FILTERS = 200
MOST_RANGES_OF_ONE = 400
MOST_RANGES = 2000
"""Of all filters of a query together."""
FEW_RANGES = 40
"""Above this, SQLite plans for seconds or hours how an index could serve ranges; it is told not to
use one."""
LONGEST_PATTERN = 1000
FEW = 200
"""Up to here values are written out one by one, which SQLite plans best."""
INT64 = 1 << 63

SEARCHABLE = {field.name.lower(): field for field in (*OBSERVATION, OBJ_ID1, DISTANCE)}


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; None is open."""

    low: float | str | None
    high: float | str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """One column, and what it may be: a value, in a range, or like the pattern."""

    field: Field
    values: tuple[str | int | float, ...] = ()
    ranges: tuple[Range, ...] = ()
    pattern: str = ""
    or_null: bool = False
    separator: str = ""
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL and the values for its question marks."""

    sql: str
    values: tuple[Any, ...] = ()


def parse_filters(raw: Any, among: Mapping[str, Field] = SEARCHABLE) -> tuple[Filter, ...]:
    """The ``filters`` of a request, checked; a wrong one is named in the error.

    `among` are the columns that can be searched, by their names in lower case.
    """
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise InvalidQueryError("filters must be a list of {paramName, values} objects.")
    if len(raw) > MOST_FILTERS:
        raise InvalidQueryError(f"{len(raw)} filters are more than the {MOST_FILTERS} allowed.")
    filters = tuple(_parse_filter(item, among) for item in raw)
    ranges = sum(len(item.ranges) for item in filters)
    if ranges > MOST_RANGES:
        raise InvalidQueryError(
            f"{ranges} ranges in one query are more than the {MOST_RANGES} allowed. "
            "Ask in several queries."
        )
    return filters


def find_field(name: Any, among: Mapping[str, Field] = SEARCHABLE) -> Field:
    """The column called `name` in any case, or an error that names the nearest."""
    text = name.strip() if isinstance(name, str) else str(name)
    field = among.get(text.lower())
    if field is None:
        hint = did_you_mean(text[:100], [known.name for known in among.values()])
        raise InvalidQueryError(f"Invalid column name '{text[:100]}'.{hint}")
    return field


def _parse_filter(item: Any, among: Mapping[str, Field]) -> Filter:
    if not isinstance(item, dict):
        raise InvalidQueryError(f"A filter must be an object, not {_shown(item)}.")
    entries = {str(key).lower(): value for key, value in item.items()}
    if not entries.get("paramname"):
        raise InvalidQueryError("A filter needs a paramName, the column it is about.")
    field = find_field(entries["paramname"], among)
    values = entries.get("values", [])
    values = values if isinstance(values, list) else [values]
    ranges = tuple(_parse_range(field, v) for v in values if isinstance(v, dict))
    if len(ranges) > MOST_RANGES_OF_ONE:
        raise InvalidQueryError(f"More than {MOST_RANGES_OF_ONE} ranges for {field.name}.")
    single = [value for value in values if not isinstance(value, dict)]
    return Filter(
        field,
        values=tuple(
            dict.fromkeys(_matchable(field, value) for value in single if _is_value(field, value))
        ),
        ranges=ranges,
        pattern=_short_text(field, entries, "freeText", LONGEST_PATTERN),
        or_null=any(_is_null(value) for value in single),
        separator=_short_text(field, entries, "separator", 10) or field.separator,
    )


def _short_text(field: Field, entries: Mapping[str, Any], name: str, most: int) -> str:
    text = entries.get(name.lower())
    if text is None or text == "":
        return ""
    if not isinstance(text, str) or len(text) > most:
        raise InvalidQueryError(
            f"{name} for {field.name} must be a short text, of at most {most} characters."
        )
    return text


def _parse_range(field: Field, item: dict[Any, Any]) -> Range:
    bounds = {str(key).lower(): value for key, value in item.items()}
    if not bounds.keys() & {"min", "max"}:
        raise InvalidQueryError(f"A range for {field.name} needs min and max.")
    as_bound = _text_bound if is_text(field) else _number
    low, high = (
        None if bounds.get(name) is None else as_bound(field, bounds[name])
        for name in ("min", "max")
    )
    return Range(low, high)


def _text_bound(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidQueryError(
            f"{field.name} holds texts, and {_shown(value)} is not one: a range of numbers cannot "
            "be matched with it."
        )
    return value


def _number(field: Field, value: Any) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError(value)
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isnan(number):
        raise InvalidQueryError(
            f"Error converting data type varchar to {field.type}: "
            f"{field.name} is a number, and {_shown(value)} is not."
        )
    return number


def _integer(field: Field, value: Any) -> int | float:
    if isinstance(value, str) and value.strip().lstrip("+-").isdigit():
        number: int | float = int(value[:40])
    else:
        number = value if type(value) is int else _number(field, value)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return number if abs(number) < INT64 else math.inf


def _identifier(field: Field, value: Any) -> int | float | str:
    """Identifiers are numbers inside, and texts for whoever asks: other texts match none."""
    try:
        return _integer(field, value)
    except InvalidQueryError:
        return _text(field, value)


def _text(field: Field, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise InvalidQueryError(f"{_shown(value)} is no value for the column {field.name}.")


TRUTH = dict.fromkeys(("true", "t", "1", "1.0", "yes", "y"), 1)
TRUTH |= dict.fromkeys(("false", "f", "0", "0.0", "no", "n"), 0)


def _boolean(field: Field, value: Any) -> int:
    truth = TRUTH.get(str(value).strip().lower())
    if truth is None:
        raise InvalidQueryError(f"{field.name} is true or false, not {_shown(value)}.")
    return truth


CONVERTERS: dict[str, Callable[[Field, Any], str | int | float]] = {
    "string": _text,
    "int": _integer,
    "float": _number,
    "boolean": _boolean,
}


def _matchable(field: Field, value: Any) -> str | int | float:
    return (_identifier if is_identifier(field) else CONVERTERS[field.type])(field, value)


def is_text(field: Field) -> bool:
    """Whether the column holds texts, and no numbers that are only declared so."""
    return field.type == "string" and not is_identifier(field)


def _is_null(value: Any) -> bool:
    """Missing values: JSON null, an empty text, and the word that MAST lists for them."""
    return value is None or value == "" or (isinstance(value, str) and value.lower() == "null")


def _is_value(field: Field, value: Any) -> bool:
    return not _is_null(value) or (bool(value) and is_text(field))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def condition_of(item: Filter, lists: frozenset[str], *, use_index: bool = True) -> Condition:
    """`item` as SQL; `lists` are the columns of which some value is a list of elements."""
    column = observation_value("objID" if item.field.name == OBJ_ID1.name else item.field.name)
    own_separator = item.separator == item.field.separator
    separator = "" if own_separator and item.field.name not in lists else item.separator
    if not is_text(item.field):
        separator = ""
    pieces = [
        *_equal(column, item.values),
        *(_elements(column, separator, item.values) if separator else ()),
        *(_between(column if use_index else f"+{column}", bounds) for bounds in item.ranges),
        *_like(column, separator, item),
        *([Condition(f"{column} IS NULL")] if item.or_null or _is_science(item) else ()),
    ]
    if not pieces:
        return Condition("0")
    found = joined(pieces, "OR", "0")
    sql = f"({column} IS NULL OR NOT {found.sql})" if item.negated else found.sql
    return Condition(sql, found.values)


def joined(parts: Sequence[Condition], word: str, nothing: str) -> Condition:
    """The conditions joined by AND or OR; `nothing` where there are none."""
    values = tuple(value for part in parts for value in part.values)
    sql = f" {word} ".join(part.sql for part in parts)
    return Condition(f"({sql})" if parts else nothing, values)


def _is_science(item: Filter) -> bool:
    """Whether observations are wanted that are of science; those that do not say count as such."""
    return item.field.name == "intentType" and "science" in map(str.lower, map(str, item.values))


def _equal(column: str, values: Sequence[Any]) -> list[Condition]:
    if not values:
        return []
    if len(values) <= FEW:
        marks = ", ".join("?" * len(values))
        return [Condition(f"{column} IN ({marks})", tuple(values))]
    finite = [value for value in values if value != math.inf]
    return [Condition(f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(finite),))]


def _elements(column: str, separator: str, values: Sequence[Any]) -> list[Condition]:
    """Any element of the stored list is one of the values, whatever their case."""
    if not values:
        return []
    wanted = [separator + ascii_lower(str(value)) + separator for value in values]
    stored, marks = _spread(column, separator)
    found = f"instr(lower({stored}), json_each.value) > 0"
    sql = f"EXISTS (SELECT 1 FROM json_each(?) WHERE {found})"
    return [Condition(sql, (json.dumps(wanted), *marks))]


def _spread(column: str, separator: str) -> tuple[str, tuple[str, ...]]:
    """The stored list with a separator on each side of each element and no spaces between."""
    marks = (separator, separator + " ", separator, separator)
    return f"(? || replace({column}, ?, ?) || ?)", marks


def _between(column: str, bounds: Range) -> Condition:
    tests = [(f"{column} >= ?", bounds.low), (f"{column} <= ?", bounds.high)]
    given = {sql: value for sql, value in tests if value is not None}
    if not given:
        return Condition(f"{column} IS NOT NULL")
    return Condition(f"({' AND '.join(given)})", tuple(given.values()))


def _like(column: str, separator: str, item: Filter) -> list[Condition]:
    if not item.pattern:
        return []
    pattern = like_pattern(item.pattern)
    text = column if is_text(item.field) else f"CAST({column} AS TEXT)"
    whole = Condition(f"{text} LIKE ? ESCAPE '\\'", (pattern,))
    if not separator:
        return [whole]
    stored, marks = _spread(column, separator)
    escaped = separator.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
    element = f"%{escaped}{pattern}{escaped}%"
    return [whole, Condition(f"{stored} LIKE ? ESCAPE '\\'", (*marks, element))]


def like_pattern(text: str) -> str:
    """A pattern for LIKE with % as its only special sign."""
    return re.sub("%%+", "%", text.replace("\\", "\\\\").replace("_", "\\_"))


def ascii_lower(text: str) -> str:
    """Lower case as SQLite understands it: of the letters A to Z alone."""
    return "".join(letter.lower() if "A" <= letter <= "Z" else letter for letter in text)
