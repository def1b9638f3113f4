"""The archive's catalogues as catalogs.mast serves them: one table, conditions, order and pages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from topmast.archive.catalogs.definitions import Catalog, known_catalog
from topmast.archive.catalogs.parquet import CatalogTable
from topmast.archive.catalogs.search import Question
from topmast.archive.portal.catalog_columns import AnswerColumn, shown
from topmast.archive.portal.catalog_services import rows_of_columns
from topmast.archive.store.filters import Filter, find_field, parse_filters
from topmast.archive.store.query import Cone
from topmast.errors import InvalidQueryError
from topmast.sky.vectors import FloatArray, IntArray
from topmast.tables.fields import Field
from topmast.wire.catalog_api import TableRequest

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

PAGESIZE = 50_000
NAME = "{catalog}_{release}_{table}"
"""How an archive calls the catalogue that is served as a table of a release."""
BOUNDS = {"min": "min", "gte": "min", "gt": "min", "max": "max", "lte": "max", "lt": "max"}
BEYOND = {"gt": math.inf, "lt": -math.inf}
"""Where the next number after an excluded end is."""


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """The columns and the rows of one page."""

    fields: tuple[Field, ...]
    rows: list[tuple[Any, ...]]


def fields_of_table(archive: Archive, name: str) -> tuple[Field, ...] | None:
    """The columns of a catalogue that rows are kept of; None if there is no such catalogue."""
    catalog = _catalog(archive, name)
    return None if catalog is None else catalog.stored


def search_table(archive: Archive, name: str, request: TableRequest) -> TableAnswer | None:
    """One page of the rows that `request` asks for; None if there is no such catalogue."""
    catalog = _catalog(archive, name)
    if catalog is None:
        return None
    filters = tuple(each for one in request.conditions for each in _filters(catalog, *one))
    fields = _chosen(catalog, request)
    order = [(find_field(column, catalog.searchable), down) for column, down in request.sort_by]
    table = archive.catalogs.table(name)
    if table is None:
        return TableAnswer(fields, [])
    cone = None if request.cone is None else Cone(*request.cone)
    found = archive.catalogs.searcher.select(table, Question(filters, cone))
    numbers, distances = _sorted(table, found.numbers, found.distances, order)
    size = min(request.pagesize or PAGESIZE, PAGESIZE)
    part = slice(((request.page or 1) - 1) * size, (request.page or 1) * size)
    near = None if distances is None else distances[part]
    columns: list[AnswerColumn] = shown(fields)
    return TableAnswer(fields, rows_of_columns(catalog, table, numbers[part], near, columns))


def _catalog(archive: Archive, name: str) -> Catalog | None:
    table = archive.catalogs.table(name)
    return known_catalog(name) if table is None else table.catalog


def _chosen(catalog: Catalog, request: TableRequest) -> tuple[Field, ...]:
    """The columns of the answer; a search around a place has the distance in addition."""
    fields = [find_field(column, catalog.searchable) for column in request.columns]
    fields = list(dict.fromkeys(fields)) or list(catalog.stored)
    if request.cone is not None and catalog.distance not in fields:
        fields.append(catalog.distance)
    return tuple(fields)


def _filters(
    catalog: Catalog, column: str, operator: str, values: tuple[Any, ...]
) -> tuple[Filter, ...]:
    """One condition as a filter, of which any value will do."""
    if operator in ("like", "contains"):
        form = "%{}%" if operator == "contains" else "{}"
        if len(values) != 1:
            raise InvalidQueryError(f"{column}.{operator} takes one pattern, not {len(values)}.")
        pattern = form.format(values[0]).replace("*", "%")
        return parse_filters([{"paramName": column, "freeText": pattern}], catalog.searchable)
    bound = BOUNDS.get(operator)
    items = [{bound: _bound(column, operator, value)} if bound else value for value in values]
    return parse_filters([{"paramName": column, "values": items}], catalog.searchable)


def _bound(column: str, operator: str, value: Any) -> Any:
    """The end of a range that is included; after an excluded one the next number."""
    if operator not in BEYOND:
        return value
    try:
        return math.nextafter(float(value), BEYOND[operator])
    except (TypeError, ValueError) as problem:
        raise InvalidQueryError(
            f"{column}.{operator} takes a number, not {value!r:.100}."
        ) from problem


def _sorted(
    table: CatalogTable,
    numbers: IntArray,
    distances: FloatArray | None,
    order: list[tuple[Field, bool]],
) -> tuple[IntArray, FloatArray | None]:
    """The rows in the wanted order, those without a value last; equal ones stay as they were."""
    keys = [_ranks(table, numbers, distances, field, down) for field, down in order]
    if not keys:
        return numbers, distances
    places = np.lexsort(keys[::-1])
    return numbers[places], None if distances is None else distances[places]


def _ranks(
    table: CatalogTable, numbers: IntArray, distances: FloatArray | None, field: Field, down: bool
) -> Any:
    if field.name == table.catalog.distance.name:
        nothing = np.zeros(len(numbers))
        return nothing if distances is None else (-distances if down else distances)
    column = table.read(numbers, [field.name]).column(0)
    way = "descending" if down else "ascending"  # what is missing comes last
    return pc.rank(column, sort_keys=way, tiebreaker="dense").to_numpy()
