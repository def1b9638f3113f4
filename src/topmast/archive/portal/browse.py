"""What a page of observations shows: rows in any order, counts by facet, footprints, holdings."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from topmast.archive.portal.answers import page_of
from topmast.archive.portal.call import Call, as_number, chosen_fields, table_answer
from topmast.archive.store.filters import Condition, find_field, parse_filters
from topmast.archive.store.limits import check_rows, time_limited
from topmast.archive.store.products import find_files, is_whole
from topmast.archive.store.query import Cone, Query
from topmast.archive.store.schema import AMONG, observation_value
from topmast.archive.store.value_counts import SEPARATORS, elements_of
from topmast.errors import InvalidQueryError
from topmast.sky.bulk import shapes_of_regions
from topmast.sky.cells import centres_of_cells
from topmast.sky.shapes import Shapes
from topmast.sky.vectors import FloatArray, offset, positions
from topmast.tables.fields import DISTANCE, OBSERVATION, Field

MOST_CONES = 500
MOST_FOOTPRINTS = 2000
MOST_FILES = 20_000
BINS = 32
CIRCLE_POINTS = 40
DENSITY_ORDER = 5
FACETS = (
    "obs_collection instrument_name filters dataproduct_type calib_level wavelength_region "
    "intentType dataRights"
).split()
RANGES = {"t_min": False, "t_exptime": True}
"""Columns with a histogram, and whether its bins are logarithmic."""
BY_NAME = {field.name.lower(): field for field in (*OBSERVATION, DISTANCE)}


def _query(call: Call, fields: tuple[Field, ...] = ()) -> Query:
    cones = _cones(call.parameter("cones"))
    filters = parse_filters(call.parameter("filters"))
    page = page_of(call.request)
    sort = str(call.parameter("sort") or "")
    order = (find_field(sort.removeprefix("-"), BY_NAME), sort.startswith("-")) if sort else None
    first, more = (cones[0], cones[1:]) if cones else (None, ())
    return Query(fields, filters, first, page.number, page.size, more, order)


def _cones(given: Any) -> tuple[Cone, ...]:
    """The circles of a request, each ``[ra, dec, radius]`` in degrees."""
    cones = given or []
    if not isinstance(cones, list) or not all(isinstance(c, list) and len(c) == 3 for c in cones):
        raise InvalidQueryError("cones is a list of [ra, dec, radius], in degrees.")
    if len(cones) > MOST_CONES:
        raise InvalidQueryError(f"{len(cones)} places are more than the {MOST_CONES} allowed.")
    names = ("ra", "dec", "radius")
    return tuple(Cone(*map(as_number, cone, names)) for cone in cones)


def rows(call: Call) -> bytes:
    """One page of the observations, in the order that ``sort`` names."""
    fields = chosen_fields(call.parameter("columns"), call.fields("position"), BY_NAME)
    query = _query(call, fields)
    found = call.archive.searcher.search(query)
    return table_answer(call, fields, found.rows, page_of(call.request), found.total)


def summary(call: Call) -> bytes:
    """How many observations there are by each facet, and how dates and exposures are spread.

    A facet is counted without its own filter, so that other values of it can be chosen.
    """
    query, searcher = _query(call), call.archive.searcher
    with searcher.store.reading() as connection, time_limited(connection):
        where = searcher.scope(query, connection)
        facets = {}
        for name in FACETS:
            filters = tuple(item for item in query.filters if item.field.name != name)
            scope = where
            if filters != query.filters:
                scope = searcher.scope(_with_filters(query, filters), connection)
            facets[name] = _counted(connection, name, scope)
        ranges = {name: _histogram(connection, name, where, log) for name, log in RANGES.items()}
        sql = f"SELECT count(*) FROM observations WHERE {where.sql}"
        total = connection.execute(sql, where.values).fetchone()[0]
    return _answer(total=total, facets=facets, ranges=ranges)


def _with_filters(query: Query, filters: tuple[Any, ...]) -> Query:
    return Query((), filters, query.cone, more_cones=query.more_cones)


def _counted(connection: sqlite3.Connection, name: str, where: Condition) -> list[tuple[str, int]]:
    sql = (
        f"SELECT {observation_value(name)}, count(*) FROM observations WHERE {where.sql} GROUP BY 1"
    )
    counts: Counter[str] = Counter()
    for value, count in connection.execute(sql, where.values):
        for element in elements_of(value, SEPARATORS[name]):
            counts[element] += count
    return [(value, count) for value, count in counts.most_common() if value]


def _histogram(
    connection: sqlite3.Connection, name: str, where: Condition, log: bool
) -> dict[str, Any]:
    sql = f'SELECT "{name}" FROM observations WHERE {where.sql} AND "{name}" IS NOT NULL'
    values = np.fromiter((row[0] for row in connection.execute(sql, where.values)), np.float64)
    if not len(values):
        return {}
    shown = np.log10(np.maximum(values, 1e-3)) if log else values
    counts, _ = np.histogram(shown, BINS)
    return {
        "low": float(values.min()),
        "high": float(values.max()),
        "log": log,
        "counts": counts.tolist(),
    }


def footprints(call: Call) -> bytes:
    """Outlines of the observations: of all, or of 2,000 spread evenly among them."""
    searcher, query = call.archive.searcher, _query(call)
    with searcher.store.reading() as connection, time_limited(connection):
        numbers = searcher.found(query, connection).numbers
        chosen = numbers[:: max(1, -(-len(numbers) // MOST_FOOTPRINTS))]
        sql = (
            'SELECT "objID", obs_collection, s_region, s_ra, s_dec FROM observations '
            f"WHERE number {AMONG} ORDER BY number"
        )
        found = connection.execute(sql, (msgspec.json.encode(chosen.tolist()).decode(),)).fetchall()
    ids, missions, regions, ra, dec = zip(*found, strict=True) if found else ((),) * 5
    places = (np.array([np.nan if v is None else v for v in each], float) for each in (ra, dec))
    shapes = shapes_of_regions(list(regions), *places)
    return _answer(total=len(numbers), ids=ids, missions=missions, shapes=outlines(shapes))


def outlines(shapes: Shapes) -> list[list[float]]:
    """For each shape its owner, then ra, dec of its corners in degrees; a circle has forty."""
    found = []
    angles = np.linspace(0, 360, CIRCLE_POINTS, endpoint=False)
    for row in range(len(shapes)):
        start, stop = shapes.offsets[row : row + 2]
        if start == stop:
            corners = _circle(shapes.centre[row], float(np.rad2deg(shapes.radius[row])), angles)
        else:
            corners = np.column_stack(positions(shapes.vertices[start:stop]))
        found.append([int(shapes.owner[row]), *corners.round(6).ravel().tolist()])
    return found


def _circle(centre: FloatArray, radius_deg: float, angles: FloatArray) -> FloatArray:
    ra, dec = positions(centre[None, :])
    if radius_deg <= 0:
        return np.column_stack([ra, dec])
    return np.column_stack(offset(ra, dec, angles, radius_deg))


def density(call: Call) -> bytes:
    """How many footprints there are in each cell of the sky that has any."""
    searcher = call.archive.searcher
    with searcher.store.reading() as connection:
        counts = searcher.coverage.density(DENSITY_ORDER, connection)
    cells = np.flatnonzero(counts)
    ra, dec = centres_of_cells(cells, DENSITY_ORDER)
    columns = {"ra": ra.round(3).tolist(), "dec": dec.round(3).tolist()}
    return _answer(**columns, count=counts[cells].tolist(), size_deg=58.6 / (1 << DENSITY_ORDER))


def holdings(call: Call) -> bytes:
    """By mission: products of the observations, and which files are held, whole and current."""
    searcher, query = call.archive.searcher, _query(call)
    store = searcher.store
    with store.reading() as connection, time_limited(connection):
        where = searcher.scope(query, connection)
        listed = connection.execute(
            f"SELECT DISTINCT \"dataURI\", coalesce(obs_collection, ''), size FROM products "
            f"WHERE parent_obsid IN (SELECT obsid FROM observations WHERE {where.sql}) LIMIT ?",
            (*where.values, MOST_FILES + 1),
        ).fetchall()
    check_rows(len(listed))
    if len(listed) > MOST_FILES:
        raise InvalidQueryError(f"These are more than {MOST_FILES} files. Choose fewer of them.")
    known = find_files(store, [row[0] for row in listed])
    missions: dict[str, Counter[str]] = {}
    for uri, mission, size in listed:
        counts, file = missions.setdefault(mission, Counter()), known.get(uri)
        counts.update(products=1, bytes=size or 0)
        if file is not None and file.path is not None:
            whole = is_whole(store, file)
            current = whole and file.size == (size or file.size)
            counts.update(held=1, held_bytes=file.size, whole=whole, current=current)
    return _answer(missions=dict(sorted(missions.items())))


def _answer(**found: Any) -> bytes:
    return msgspec.json.encode({"status": "COMPLETE", **found})


BROWSE_SERVICES: Mapping[str, Callable[[Call], bytes]] = {
    "Topmast.Browse.Rows": rows,
    "Topmast.Browse.Summary": summary,
    "Topmast.Browse.Footprints": footprints,
    "Topmast.Browse.Density": density,
    "Topmast.Browse.Holdings": holdings,
}
