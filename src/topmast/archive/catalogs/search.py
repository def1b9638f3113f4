"""A question to a catalogue, and the rows that answer it."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache, cachedmethod

from topmast.archive.catalogs.arrow_filters import passing, passing_distances
from topmast.archive.catalogs.parquet import CatalogTable
from topmast.archive.store.filters import Filter
from topmast.archive.store.query import Cone, Found
from topmast.sky.vectors import IntArray

CACHE_BYTES = 64 << 20
LAST = np.iinfo(np.int64).max


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
    others = [item for item in question.filters if item.field.name != distance]
    if question.cone is None:
        # Without a position there is no distance, and nothing passes a filter on it.
        numbers = np.zeros(0, np.int64) if on_distance else _passing_rows(table, others)
        return Selection(numbers, None, len(numbers))
    cone = question.cone
    numbers, distances = table.near(cone.ra_deg, cone.dec_deg, cone.radius_deg)
    for item in on_distance:
        keep = passing_distances(distances * table.catalog.distance_a_degree, item)
        numbers, distances = numbers[keep], distances[keep]
    for item in others:
        values = table.read(numbers, [item.field.name]).column(0).combine_chunks()
        keep = passing(values, item)
        numbers, distances = numbers[keep], distances[keep]
    by_key = question.by_key and bool(table.catalog.order)
    order = _order_of_keys(table, numbers) if by_key else np.argsort(distances, kind="stable")
    return Selection(numbers[order], distances[order], len(numbers))


def _passing_rows(table: CatalogTable, filters: list[Filter]) -> IntArray:
    """All rows that pass, sorted by the catalogue's own key."""
    keep = np.ones(table.rows, bool)
    for item in filters:
        keep &= passing(table.column(item.field.name), item)
    numbers = np.flatnonzero(keep)
    return numbers[_order_of_keys(table, numbers)] if table.catalog.order else numbers


def _order_of_keys(table: CatalogTable, numbers: IntArray) -> IntArray:
    """The places of the rows in the order of the key; rows without one come last."""
    keys = table.read(numbers, [table.catalog.order]).column(0).fill_null(LAST)
    return np.argsort(keys.to_numpy(), kind="stable")
