"""A question to a catalogue, and the rows that answer it."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from cachetools import LRUCache, cachedmethod

from topmast.archive.catalogs.duck import FILES, query
from topmast.archive.catalogs.parquet import CatalogTable
from topmast.archive.catalogs.sql_filters import quoted, where
from topmast.archive.store.filters import Filter, is_text
from topmast.archive.store.query import Cone, Found
from topmast.sky.vectors import FloatArray, IntArray

CACHE_BYTES = 64 << 20
LAST = np.iinfo(np.int64).max
PLACE = "_place_"


@dataclass(frozen=True, slots=True)
class Question:
    """Rows in `cone` that pass all `filters`; at most `limit` of them.

    They come nearest first, or with `by_key` in the order of the catalogue's own key, as they do
    without a cone.
    """

    filters: tuple[Filter, ...] = ()
    cone: Cone | None = None
    limit: int | None = None
    by_key: bool = False


@dataclass(frozen=True, slots=True)
class Selection(Found):
    """Numbers of rows in the order of the answer, and for a cone the distance of each, in degrees.

    `found` is how many there were before the limit.
    """

    found: int


class CatalogSearcher:
    """Finds rows, and remembers the last findings: the next page then costs little."""

    def __init__(self) -> None:
        self._cache: LRUCache[Hashable, Selection] = LRUCache(
            CACHE_BYTES, getsizeof=lambda selection: selection.nbytes
        )
        self._guard = threading.Lock()

    @cachedmethod(
        lambda self: self._cache,
        key=lambda self, *asked: _key(*asked),
        lock=lambda self: self._guard,
    )
    def select(self, table: CatalogTable, question: Question) -> Selection:
        """The rows of `table` that answer `question`."""
        found, most = _selected(table, question), question.limit
        distances = None if found.distances is None else found.distances[:most]
        return Selection(found.numbers[:most], distances, found.found)


def _key(table: CatalogTable, question: Question) -> Hashable:
    return table.catalog.name, table.state, question


def _selected(table: CatalogTable, question: Question) -> Selection:
    distance = table.catalog.distance.name
    on_distance = [item for item in question.filters if item.field.name == distance]
    if question.cone is None:
        # Without a position there is no distance, and nothing passes a filter on it.
        numbers = np.zeros(0, np.int64) if on_distance else _passing_rows(table, question)
        return Selection(numbers, None, len(numbers))
    cone = question.cone
    numbers, distances = table.near(cone.ra_deg, cone.dec_deg, cone.radius_deg)
    if question.filters:
        keep = _passing(table, question.filters, numbers, distances)
        numbers, distances = numbers[keep], distances[keep]
    by_key = question.by_key and bool(table.catalog.order)
    order = _order_of_keys(table, numbers) if by_key else np.argsort(distances, kind="stable")
    return Selection(numbers[order], distances[order], len(numbers))


def _passing(
    table: CatalogTable,
    filters: tuple[Filter, ...],
    numbers: IntArray,
    distances: FloatArray | None = None,
) -> IntArray:
    """The places of those rows, among the ones with these numbers, that pass."""
    catalog = table.catalog
    distance = catalog.distance.name
    names = {item.field.name for item in filters} - {distance}
    rows = table.read(numbers, sorted(names & table.columns))
    rows = rows.append_column(PLACE, pa.array(np.arange(len(numbers))))
    if distances is not None:
        rows = rows.append_column(distance, pa.array(distances * catalog.distance_a_degree))
    condition = where(filters, rows.column_names)
    sql = f"SELECT {PLACE} FROM found WHERE {condition.sql} ORDER BY {PLACE}"
    return np.asarray(query(sql, condition.values, found=rows).column(0))


def _passing_rows(table: CatalogTable, question: Question) -> IntArray:
    """All rows that pass, sorted by the catalogue's own key."""
    numbers = _with_keys(table, question.filters)
    if numbers is not None:
        numbers = numbers[_passing(table, question.filters, numbers)]
        return numbers[_order_of_keys(table, numbers)] if table.catalog.order else numbers
    if not question.filters:
        return _order_of_keys(table, np.arange(table.rows))
    if not table.rows:
        return np.zeros(0, np.int64)
    condition = where(question.filters, table.columns)
    order = table.catalog.order if table.catalog.order in table.columns else ""
    sorted_by = f"{quoted(order)} NULLS LAST, {PLACE}" if order else PLACE
    sql = (
        f"SELECT (?::BIGINT[])[file_index::BIGINT + 1] + file_row_number::BIGINT AS {PLACE} "
        f"FROM {FILES} WHERE {condition.sql} ORDER BY {sorted_by}"
    )
    given = (table.file_starts(), table.parquet_paths(), *condition.values)
    return np.asarray(query(sql, given).column(0))


def _with_keys(table: CatalogTable, filters: tuple[Filter, ...]) -> IntArray | None:
    """The rows with the keys that a filter names; None where none does, or without an index."""
    for item in filters:
        plain = not (item.ranges or item.pattern or item.or_null or item.negated)
        if plain and item.field.name == table.catalog.key and not is_text(item.field):
            return table.with_keys([value for value in item.values if isinstance(value, int)])
    return None


def _order_of_keys(table: CatalogTable, numbers: IntArray) -> IntArray:
    """The places of the rows in the order of the key; rows without one come last."""
    if not table.catalog.order:
        return np.arange(len(numbers))
    keys = table.read(numbers, [table.catalog.order]).column(0).fill_null(LAST)
    return np.argsort(keys.to_numpy(), kind="stable")
