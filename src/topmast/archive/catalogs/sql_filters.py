"""Filters as SQL for DuckDB: the same for the files of a catalogue and for the rows of a cone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from topmast.archive.store.filters import (
    Condition,
    Filter,
    Range,
    ascii_lower,
    is_text,
    joined,
    like_pattern,
)
from topmast.archive.store.schema import is_identifier


def quoted(name: str) -> str:
    """A column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def where(filters: Collection[Filter], columns: Collection[str]) -> Condition:
    """All filters together; a column that is not among `columns` has no values."""
    return joined([_condition(item, columns) for item in filters], "AND", "true")


def _condition(item: Filter, columns: Collection[str]) -> Condition:
    name = item.field.name
    column = quoted(name) if name in columns else "NULL"
    pieces = list((_texts if is_text(item.field) else _numbers)(column, item))
    if item.or_null:
        pieces.append(Condition(f"{column} IS NULL"))
    found = joined(pieces, "OR", "false")
    no = "NOT " if item.negated else ""
    return Condition(f"{no}coalesce({found.sql}, false)", found.values)


def _numbers(column: str, item: Filter) -> Iterator[Condition]:
    if item.field.type == "boolean":
        column = f"CAST({column} AS BIGINT)"
    whole = [value for value in item.values if isinstance(value, int)]
    others = [value for value in item.values if isinstance(value, float)]
    if item.field.type == "float" and not is_identifier(item.field):
        yield from _among(column, [*map(float, whole), *others], "DOUBLE")
    else:  # whole numbers are compared as such, all 64 bits of them
        yield from _among(column, whole, "BIGINT")
    for bounds in item.ranges:
        yield _between(column, bounds)
    if item.pattern:
        yield _like(f"CAST({column} AS VARCHAR)", item.pattern)


def _texts(column: str, item: Filter) -> Iterator[Condition]:
    lower = f"translate(CAST({column} AS VARCHAR), '{ascii_uppercase}', '{ascii_lowercase}')"
    wanted = [ascii_lower(str(value)) for value in item.values]
    yield from _among(lower, wanted, "VARCHAR")
    for bounds in item.ranges:
        low, high = (None if b is None else ascii_lower(str(b)) for b in (bounds.low, bounds.high))
        yield _between(lower, Range(low, high))
    if item.pattern:
        yield _like(column, item.pattern)
    if item.separator:
        parts = f"list_transform(string_split({lower}, ?), lambda part: trim(part))"
        if wanted:
            yield Condition(f"list_has_any({parts}, ?::VARCHAR[])", (item.separator, wanted))
        if item.pattern:
            test = f"len(list_filter({parts}, lambda part: part ILIKE ? ESCAPE '\\')) > 0"
            yield Condition(test, (item.separator, like_pattern(item.pattern)))


def _among(column: str, values: list[Any], kind: str) -> Iterator[Condition]:
    if values:
        marks = ", ".join([f"?::{kind}"] * len(values))
        yield Condition(f"{column} IN ({marks})", tuple(values))


def _between(column: str, bounds: Range) -> Condition:
    tests = [(f"{column} >= ?", bounds.low), (f"{column} <= ?", bounds.high)]
    given = {sql: value for sql, value in tests if value is not None}
    if not given:
        return Condition(f"{column} IS NOT NULL")
    return Condition(f"({' AND '.join(given)})", tuple(given.values()))


def _like(column: str, pattern: str) -> Condition:
    return Condition(f"{column} ILIKE ? ESCAPE '\\'", (like_pattern(pattern),))
