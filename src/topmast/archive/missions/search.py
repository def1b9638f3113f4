"""Search the datasets of a mission: around places, by conditions, sorted, one page of them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from topmast.archive.missions.conditions import where
from topmast.archive.missions.definitions import COMPUTED, TYPES, MissionTable
from topmast.archive.store.filters import Condition
from topmast.archive.store.schema import quoted
from topmast.errors import InvalidQueryError
from topmast.sky import separation_deg
from topmast.tables.missions import ANGULAR_SEPARATION
from topmast.wire.missions import LARGEST_RADIUS_ARCMIN, MOST_TARGETS, SearchRequest

MOST_ROWS = 100_000
"""Rows of one answer; who asks for more gets so many, and has to ask again for the rest."""
NEARLY = 1e-9
TARGET = re.compile(r"\s*([+-]?[\d.]+(?:[eE][+-]?\d+)?)[\s,]+([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of rows, `total` of all pages (None if nobody counted), and what was asked."""

    info: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]
    total: int | None
    request: SearchRequest


def search(connection: sqlite3.Connection, table: MissionTable, request: SearchRequest) -> Found:
    """The rows that `request` describes."""
    request = _completed(table, request)
    condition = where(table, request.conditions)
    source, values = _source(connection, table, request)
    total = None
    if not request.extra.get("skip_count") or request.count_only:
        sql = f"SELECT count(*) FROM {source} WHERE {condition.sql}"
        total = int(connection.execute(sql, (*values, *condition.values)).fetchone()[0])
    info = _info(table, request)
    if request.count_only:
        return Found((), [], total, request)
    rows = _rows(connection, table, request, info, source, values, condition)
    return Found(info, rows, total, request)


def _rows(
    connection: sqlite3.Connection,
    table: MissionTable,
    request: SearchRequest,
    info: Sequence[tuple[str, str]],
    source: str,
    values: tuple[Any, ...],
    condition: Condition,
) -> list[tuple[Any, ...]]:
    columns = ", ".join(_selected(table, name, bool(request.targets)) for name, _ in info)
    return connection.execute(
        f"SELECT {columns} FROM {source} WHERE {condition.sql} "
        f"ORDER BY {_order(table, request)} LIMIT ? OFFSET ?",
        (*values, *condition.values, min(request.limit, MOST_ROWS), request.offset),
    ).fetchall()


def _completed(table: MissionTable, request: SearchRequest) -> SearchRequest:
    """The request with the columns and the order that it left open."""
    default = tuple(column.name for column in table.columns if column.in_default)
    selected = default if request.select_cols is None else request.select_cols
    known = dict.fromkeys(name for name in selected if name in table.by_name)
    known.setdefault(table.dataset)
    sort_by = request.sort_by or (
        (ANGULAR_SEPARATION, *table.sort_by) if request.targets else table.sort_by
    )
    for name in sort_by:
        table.column(name)
    down = (*request.sort_desc, *[False] * len(sort_by))[: len(sort_by)]
    return replace(request, select_cols=tuple(known), sort_by=sort_by, sort_desc=down)


def _info(table: MissionTable, request: SearchRequest) -> tuple[tuple[str, str], ...]:
    """The columns of the answer with their SQL types; a search by place has three more."""
    names = dict.fromkeys(request.select_cols or ())
    if request.targets:
        names |= dict.fromkeys(COMPUTED)
    return tuple((name, TYPES[table.by_name[name].kind][1]) for name in names)


def _selected(table: MissionTable, name: str, with_targets: bool) -> str:
    if name in COMPUTED and not with_targets:
        return "NULL"
    return f"search_pos || {quoted(table.dataset)}" if name == "search_key" else quoted(name)


def _order(table: MissionTable, request: SearchRequest) -> str:
    """The order of the rows, which is always the same one."""
    keys = [
        f"{_selected(table, name, bool(request.targets))} {'DESC' if down else 'ASC'}"
        for name, down in zip(request.sort_by, request.sort_desc, strict=True)
    ]
    return ", ".join([*keys, "_number"])


def _source(
    connection: sqlite3.Connection, table: MissionTable, request: SearchRequest
) -> tuple[str, tuple[Any, ...]]:
    """What is searched: all datasets, or those near a target joined with which and how near."""
    if not request.targets:
        return table.table, ()
    if not table.ra or not table.dec:
        raise InvalidQueryError(f"The datasets of {table.name} have no positions.")
    if len(request.targets) > MOST_TARGETS:
        raise InvalidQueryError(
            f"{len(request.targets)} targets are more than the {MOST_TARGETS} of one request."
        )
    radius = request.radius_arcmin
    if not 0 <= radius <= LARGEST_RADIUS_ARCMIN + NEARLY:
        raise InvalidQueryError(
            f"The radius must be between 0 and {LARGEST_RADIUS_ARCMIN:g} arcminutes, not {radius}."
        )
    matched = [
        each
        for target in dict.fromkeys(request.targets)
        for each in _near(connection, table, target, radius / 60)
    ]
    listed = (
        "(SELECT json_extract(value, '$[0]') AS matched, json_extract(value, '$[1]') AS "
        f"search_pos, json_extract(value, '$[2]') AS {ANGULAR_SEPARATION} FROM json_each(?)) "
    )
    return f"{listed} JOIN {table.table} ON _number = matched", (json.dumps(matched),)


def _near(
    connection: sqlite3.Connection, table: MissionTable, target: str, radius_deg: float
) -> list[tuple[int, str, float]]:
    """Numbers of datasets, the target that each is near, and the arcminutes between."""
    ra, dec = _place(target)
    found = connection.execute(
        f"SELECT _number, {quoted(table.ra)}, {quoted(table.dec)} FROM {table.table} "
        f"WHERE {quoted(table.dec)} BETWEEN ? AND ? AND {quoted(table.ra)} IS NOT NULL",
        (dec - radius_deg - NEARLY, dec + radius_deg + NEARLY),
    ).fetchall()
    if not found:
        return []
    numbers, ras, decs = zip(*found, strict=True)
    apart = np.atleast_1d(separation_deg(np.array(ras), np.array(decs), ra, dec))
    return [
        (numbers[row], target, float(apart[row]) * 60)
        for row in np.flatnonzero(apart <= radius_deg + NEARLY).tolist()
    ]


def _place(target: str) -> tuple[float, float]:
    match = TARGET.fullmatch(target)
    try:
        if match is None:
            raise ValueError(target)
        ra, dec = float(match[1]), float(match[2])
    except ValueError as problem:
        raise InvalidQueryError(
            f"A target is a text 'ra dec' in degrees, not {target[:100]!r}."
        ) from problem
    if abs(dec) > 90:
        raise InvalidQueryError(f"The target {target[:100]!r} is off the sky: dec is {dec}.")
    return ra, dec
