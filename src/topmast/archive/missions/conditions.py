"""The conditions of a mission search: its small language of values, written as SQL.

``a,b`` is either value and ``!a`` is not that value; ``<5``, ``>=5`` and ``5..7`` are ranges of
numbers and times, and ``*`` stands for any characters. What is wanted is joined by OR, what is
left out by AND. An empty text is no condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from topmast.archive.missions.definitions import COMPUTED, TYPES, MissionTable
from topmast.archive.store.filters import TRUTH, Condition, joined
from topmast.archive.store.schema import quoted
from topmast.errors import InvalidQueryError
from topmast.wire.mission_lists import MissionColumn

MOST_VALUES = 1000
LONGEST_PATTERN = 1000
COMPARISON = re.compile(r"(<=|>=|<|>)\s*(.+)", re.DOTALL)
RANGE = re.compile(r"(.+?)\s*\.\.\s*(.+)", re.DOTALL)


def where(table: MissionTable, conditions: Iterable[tuple[str, Any]]) -> Condition:
    """The condition that rows of a mission must meet; "1" where there is none."""
    parts = [part for name, value in conditions if (part := _condition(table, name, value))]
    return joined(parts, "AND", "1")


def _condition(table: MissionTable, name: str, value: Any) -> Condition | None:
    column = table.column(name)
    if column.name in COMPUTED:
        raise InvalidQueryError(f"{column.name} is worked out by the search and is no condition.")
    texts = _values(column, value)
    wanted = [_one(column, text) for text in texts if not text.startswith("!")]
    unwanted = [_one(column, text[1:].strip()) for text in texts if text.startswith("!")]
    parts = [joined(wanted, "OR", "1")] if wanted else []
    # A row without a value is none of those that are left out.
    parts += [Condition(f"NOT coalesce({one.sql}, 0)", one.values) for one in unwanted]
    return joined(parts, "AND", "1") if parts else None


def _values(column: MissionColumn, value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    texts: list[str] = []
    for item in listed:
        if isinstance(item, bool):
            texts.append(str(int(item)))
        elif isinstance(item, (int, float)):
            texts.append(repr(item))
        elif isinstance(item, str):
            texts += [part.strip() for part in item.split(",")]
        elif item is not None:
            raise InvalidQueryError(f"{column.name} is compared with {item!r:.100}: give a text.")
    if len(texts) > MOST_VALUES:
        raise InvalidQueryError(
            f"{column.name} has {len(texts)} values; {MOST_VALUES} are allowed."
        )
    return [text for text in texts if text not in ("", "!")]


def _one(column: MissionColumn, text: str) -> Condition:
    """The condition of one value."""
    name = quoted(column.name)
    if found := COMPARISON.fullmatch(text):
        return Condition(f"{name} {found[1]} ?", (_value(column, found[2]),))
    if found := RANGE.fullmatch(text):
        low, high = _value(column, found[1]), _value(column, found[2])
        return Condition(f"{name} BETWEEN ? AND ?", (low, _end_of(column, high)))
    if _is_text(column):
        return _text_condition(column, text)
    return Condition(f"{name} = ?", (_value(column, text),))


def _text_condition(column: MissionColumn, text: str) -> Condition:
    name = quoted(column.name)
    if column.kind == "substring":
        text = f"*{text}*"
    if column.kind == "datetime":  # a day is all of the day
        text = f"{_value(column, text)}*"
    if "*" not in text and "%" not in text:
        return Condition(f"rtrim({name}) = ? COLLATE NOCASE", (text,))
    if len(text) > LONGEST_PATTERN:
        raise InvalidQueryError(f"The pattern for {column.name} is longer than {LONGEST_PATTERN}.")
    pattern = re.sub(r"([\\_])", r"\\\1", text).replace("*", "%")
    return Condition(f"rtrim({name}) LIKE ? ESCAPE '\\'", (pattern,))


def _is_text(column: MissionColumn) -> bool:
    return TYPES[column.kind][0] == "string"


def _value(column: MissionColumn, text: str) -> Any:
    """A value as the database compares it; an error names what cannot be one."""
    text = text.strip()
    if column.kind == "datetime":
        if not re.match(r"\d{4}(-\d|$)", text):
            raise InvalidQueryError(
                f"{column.name} is a time such as 2023-04-09T20:36:40, not {text[:100]!r}."
            )
        return text.replace(" ", "T", 1)
    if _is_text(column):
        return text
    try:
        if TYPES[column.kind][0] == "boolean":
            return TRUTH[text.lower()]
        return float(text)
    except (ValueError, KeyError) as problem:
        raise InvalidQueryError(
            f"{column.name} is a {column.kind}, and cannot be compared with {text[:100]!r}."
        ) from problem


def _end_of(column: MissionColumn, value: Any) -> Any:
    """The upper end of a range; one of days or years takes in all of the last."""
    return f"{value}~" if column.kind == "datetime" else value
