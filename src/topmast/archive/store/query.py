"""A question to the archive and its rows: the one place that chooses how to find them.

Footprints go to the footprint index, everything else to SQLite. What is found first is which
observations answer, as an array of row numbers; then the rows of one page are read. The arrays
of the last questions are kept, so that the next page, or the count before it, costs little.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache, cachedmethod

from topmast.archive.store.coverage import Coverage
from topmast.archive.store.database import Store
from topmast.archive.store.filters import FEW_RANGES, Condition, Filter, condition_of, joined
from topmast.archive.store.limits import check_rows, time_limited
from topmast.archive.store.schema import AMONG, observation_value
from topmast.errors import InvalidQueryError
from topmast.sky.vectors import FloatArray, IntArray
from topmast.tables.fields import DISTANCE, OBJ_ID1, OBSERVATION, SELECTED, Field

MANY_HITS = 20_000
"""Above this, a cone and the filters are searched apart and the results intersected."""
CACHE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Cone:
    """A circle on the sky."""

    ra_deg: float
    dec_deg: float
    radius_deg: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.ra_deg, self.dec_deg, self.radius_deg))):
            raise InvalidQueryError("ra, dec and radius must be finite numbers.")
        if not -360 <= self.ra_deg <= 720:
            raise InvalidQueryError(f"ra is in degrees, 0 to 360, not {self.ra_deg!r}.")
        if not -90 <= self.dec_deg <= 90:
            raise InvalidQueryError(f"dec is in degrees, -90 to 90, not {self.dec_deg!r}.")
        if self.radius_deg < 0:
            raise InvalidQueryError(f"radius must not be negative, as {self.radius_deg!r} is.")


@dataclass(frozen=True, slots=True)
class Query:
    """Observations that touch `cone` and pass all `filters`: these `fields`, one page of them."""

    fields: tuple[Field, ...] = OBSERVATION
    filters: tuple[Filter, ...] = ()
    cone: Cone | None = None
    page: int = 1
    pagesize: int = 50_000
    more_cones: tuple[Cone, ...] = ()
    sort: tuple[Field, bool] | None = None
    """A column to order by, and whether downwards; None is the order in which rows came in."""

    @property
    def cones(self) -> tuple[Cone, ...]:
        """All circles; an observation has to touch one of them."""
        return (*(() if self.cone is None else (self.cone,)), *self.more_cones)


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of an answer, and how many rows there are on all pages together."""

    fields: tuple[Field, ...]
    rows: list[tuple[Any, ...]]
    total: int


@dataclass(frozen=True, slots=True)
class Found:
    """Row numbers, ascending, and for a cone the distance of each."""

    numbers: IntArray
    distances: FloatArray | None

    @property
    def nbytes(self) -> int:
        """Memory that this takes."""
        return 1000 + self.numbers.nbytes + (0 if self.distances is None else self.distances.nbytes)

    def take(self, places: slice | IntArray) -> Found:
        """Those at these places."""
        distances = None if self.distances is None else self.distances[places]
        return Found(self.numbers[places], distances)


class Searcher:
    """Answers queries from one archive; safe to use from many threads."""

    def __init__(self, store: Store) -> None:
        self.store: Store = store
        self.coverage: Coverage = Coverage(store)
        self._cache: LRUCache[Hashable, Any] = LRUCache(
            CACHE_BYTES, getsizeof=lambda found: found.nbytes
        )
        self._guard = threading.Lock()

    def search(self, query: Query) -> Rows:
        """The rows of one page."""
        with self.store.reading() as connection, time_limited(connection):
            found = self._find(query, connection)
            start = min((query.page - 1) * query.pagesize, len(found.numbers))
            stop = min(start + query.pagesize, len(found.numbers))
            check_rows(stop - start)
            if query.sort is None:
                rows = read_observations(connection, query.fields, found.take(slice(start, stop)))
            else:
                places = self._order(query, connection)[start:stop]
                ascending = np.sort(places)
                rows = read_observations(connection, query.fields, found.take(ascending))
                at = np.searchsorted(ascending, places).tolist()
                rows = [rows[n] for n in at if n < len(rows)]
        return Rows(query.fields, rows, len(found.numbers))

    def found(self, query: Query, connection: sqlite3.Connection) -> Found:
        """Which observations are on all pages of `query` together."""
        return self._find(query, connection)

    def scope(self, query: Query, connection: sqlite3.Connection) -> Condition:
        """The same as a condition on the table of observations."""
        if not query.cones and not any(_is_distance(item) for item in query.filters):
            return _where(query.filters, connection)
        numbers = json.dumps(self._find(query, connection).numbers.tolist())
        return Condition(f"number {AMONG}", (numbers,))

    @cachedmethod(
        lambda self: self._cache,
        key=lambda self, query, connection: ("order", query.sort, self._key(query, connection)),
        lock=lambda self: self._guard,
    )
    def _order(self, query: Query, connection: sqlite3.Connection) -> IntArray:
        """Places among the found rows, in the order that `query` asks for."""
        assert query.sort is not None
        found, (field, downwards) = self._find(query, connection), query.sort
        if field is DISTANCE:
            distances = np.zeros(len(found.numbers)) if found.distances is None else found.distances
            return np.argsort(-distances if downwards else distances, kind="stable")
        column, where = observation_value(_stored_name(field) or ""), self.scope(query, connection)
        sql = (
            f"SELECT number FROM observations WHERE {where.sql} "
            f"ORDER BY {column} IS NULL, {column} {'DESC' if downwards else ''}, number"
        )
        numbers = np.fromiter((row[0] for row in connection.execute(sql, where.values)), np.int64)
        return np.searchsorted(found.numbers, numbers)

    def count(self, query: Query) -> int:
        """How many rows all pages of `query` hold."""
        with self.store.reading() as connection, time_limited(connection):
            if query.cones or any(_is_distance(item) for item in query.filters):
                return len(self._find(query, connection).numbers)
            where = _where(query.filters, connection)
            sql = f"SELECT count(*) FROM observations WHERE {where.sql}"
            return int(connection.execute(sql, where.values).fetchone()[0])

    @cachedmethod(
        lambda self: self._cache,
        key=lambda self, *asked: self._key(*asked),
        lock=lambda self: self._guard,
    )
    def _find(self, query: Query, connection: sqlite3.Connection) -> Found:
        """Which observations answer `query`."""
        on_distance = [item for item in query.filters if _is_distance(item)]
        where = _where(query.filters, connection)
        cones = query.cones
        if not cones:
            numbers = _numbers(connection, where)
            # Without a position there is no distance, and nothing passes a filter on it.
            return Found(numbers[:0] if on_distance else numbers, None)
        circles = np.array([(c.ra_deg, c.dec_deg, min(c.radius_deg, 180.0)) for c in cones])
        ra_deg, dec_deg, radius_deg = circles.T
        hits = self.coverage.touching(ra_deg, dec_deg, radius_deg, connection)
        if len(cones) > 1:
            hits = hits.nearest()
        numbers, distances = hits.ids, hits.distances
        for item in on_distance:
            keep = _distance_mask(item, distances)
            numbers, distances = numbers[keep], distances[keep]
        if where.sql != "1":
            keep = np.isin(numbers, _passing(connection, where, numbers), assume_unique=True)
            numbers, distances = numbers[keep], distances[keep]
        return Found(numbers, distances)

    def _key(self, query: Query, connection: sqlite3.Connection) -> Hashable:
        return query.filters, query.cones, self.store.setting("changes", connection)


def read_observations(
    connection: sqlite3.Connection, fields: Sequence[Field], found: Found
) -> list[tuple[Any, ...]]:
    """The rows with these numbers, in that order."""
    numbers = found.numbers.tolist()
    sql = _rows_by_number(tuple([_stored_name(field) for field in fields]))
    rows = connection.execute(sql, (json.dumps(numbers),)).fetchall()
    rows = with_booleans(rows, fields)
    if found.distances is None:
        return rows
    distances = found.distances.tolist()
    if len(rows) < len(numbers):  # the footprints are newer than what this connection sees
        keep = np.isin(found.numbers, numbers_seen(connection, found.numbers))
        distances = found.distances[keep].tolist()
    for place in [place for place, field in enumerate(fields) if field is DISTANCE]:
        rows = [
            (*row[:place], distance, *row[place + 1 :])
            for row, distance in zip(rows, distances, strict=True)
        ]
    return rows


def numbers_seen(connection: sqlite3.Connection, numbers: IntArray) -> IntArray:
    """Those of the numbers that there are rows of, as `connection` sees them."""
    return _numbers(connection, Condition(f"number {AMONG}", (json.dumps(numbers.tolist()),)))


def with_booleans(rows: list[tuple[Any, ...]], fields: Sequence[Field]) -> list[tuple[Any, ...]]:
    """SQLite keeps truth values as 0 and 1; here they become False and True."""
    for place, field in enumerate(fields):
        if field.type != "boolean" or field is SELECTED:
            continue
        if all(row[place] is None for row in rows):
            continue
        rows = [
            row if row[place] is None else (*row[:place], bool(row[place]), *row[place + 1 :])
            for row in rows
        ]
    return rows


@lru_cache(maxsize=64)
def _rows_by_number(names: tuple[str | None, ...]) -> str:
    columns = ", ".join("NULL" if name is None else observation_value(name) for name in names)
    return f"SELECT {columns} FROM observations WHERE number {AMONG} ORDER BY number"


def _stored_name(field: Field) -> str | None:
    """The column that holds it; None for one that no row has."""
    if field is DISTANCE or field is SELECTED:
        return None
    return "objID" if field is OBJ_ID1 else field.name


def _where(filters: tuple[Filter, ...], connection: sqlite3.Connection) -> Condition:
    """All filters but those on the distance, as one condition."""
    lists = frozenset(row[0] for row in connection.execute("SELECT name FROM lists"))
    many = sum(len(item.ranges) for item in filters) > FEW_RANGES
    pieces = [
        condition_of(item, lists, use_index=not many) for item in filters if not _is_distance(item)
    ]
    return joined(pieces, "AND", "1")


def _numbers(connection: sqlite3.Connection, where: Condition) -> IntArray:
    sql = f"SELECT number FROM observations WHERE {where.sql}"
    rows = connection.execute(sql, where.values)
    return np.sort(np.fromiter((row[0] for row in rows), np.int64))


def _passing(connection: sqlite3.Connection, where: Condition, among: IntArray) -> IntArray:
    """Which of the observations `among` pass the filters, or all that do if those are many."""
    if len(among) > MANY_HITS:
        return _numbers(connection, where)
    chosen = Condition(
        f"number {AMONG} AND ({where.sql})", (json.dumps(among.tolist()), *where.values)
    )
    return _numbers(connection, chosen)


def _is_distance(item: Filter) -> bool:
    return item.field is DISTANCE


def _distance_mask(item: Filter, distances: FloatArray) -> npt.NDArray[np.bool_]:
    keep = np.isin(distances, [float(value) for value in item.values])
    for bounds in item.ranges:
        low = -math.inf if bounds.low is None else float(bounds.low)
        high = math.inf if bounds.high is None else float(bounds.high)
        keep |= (distances >= low) & (distances <= high)
    return keep
