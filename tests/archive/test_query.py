"""Searches are bounded in time, remember what they found, and never mix up states."""

from __future__ import annotations

import numpy as np
import pytest

from topmast.archive import Archive, Cone, Query
from topmast.archive.store import query as query_module
from topmast.archive.store.filters import parse_filters
from topmast.archive.store.limits import time_limited
from topmast.archive.store.query import Found, Searcher, read_observations
from topmast.errors import ArchiveError, InvalidQueryError, TimeoutError
from topmast.tables.fields import DISTANCE, OBSERVATION

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
NAMES = tuple(field for field in OBSERVATION if field.name == "obs_id")


def test_a_query_without_end_is_interrupted(filled: Archive) -> None:
    with pytest.raises(TimeoutError, match="longer than 0 seconds"):
        with filled.store.reading() as connection, time_limited(connection, seconds=0.05):
            connection.execute(ENDLESS).fetchone()
    assert filled.search(Query()).total == 6


def test_a_broken_statement_is_an_archive_error(filled: Archive) -> None:
    with pytest.raises(ArchiveError, match="no such table"):
        with filled.store.reading() as connection, time_limited(connection):
            connection.execute("SELECT * FROM absent")


def test_a_query_needs_no_columns_named(filled: Archive) -> None:
    assert len(filled.search(Query(cone=Cone(210.8, 54.3, 0.2))).rows[0]) == len(OBSERVATION)


@pytest.mark.parametrize("many", [0, 20_000])
def test_cones_and_filters_meet_the_same_rows_either_way(
    filled: Archive, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_module, "MANY_HITS", many)
    galex = parse_filters([{"paramName": "obs_collection", "values": ["GALEX"]}])
    query = Query((*NAMES, DISTANCE), galex, Cone(210.8, 54.3, 0.2))
    found = Searcher(filled.store).search(query)
    assert found.total == 2
    assert all(isinstance(distance, float) for _, distance in found.rows)


def test_a_repeated_question_sees_new_rows(empty: Archive) -> None:
    query = Query(NAMES, cone=Cone(1, 1, 0.1))
    assert empty.search(query).rows == []
    empty.ingest([{"obs_id": "a", "s_ra": 1.0, "s_dec": 1.0}])
    assert empty.search(query).rows == [("a",)]


def test_memory_of_results_is_bounded(filled: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_module, "CACHE_BYTES", 20_000)
    searcher = Searcher(filled.store)
    looked: list[float] = []
    touching = searcher.coverage.touching
    monkeypatch.setattr(
        searcher.coverage,
        "touching",
        lambda *asked: looked.append(asked[2]) or touching(*asked),  # type: ignore[func-returns-value]
    )
    radii = [0.1 + number / 1000 for number in range(40)]

    for radius in [*radii, radii[-1], radii[0]]:
        searcher.search(Query(NAMES, cone=Cone(210.8, 54.3, radius)))

    assert looked == [*radii, radii[0]]
    assert searcher._cache.currsize <= 20_000


@pytest.mark.parametrize(
    "values", [(float("nan"), 0, 1), (0, 91, 1), (0, -91, 1), (0, 0, -1), (0, 0, float("inf"))]
)
def test_a_cone_is_on_the_sky(values: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidQueryError):
        Cone(*values)


def test_footprints_newer_than_the_rows_seen_are_passed_over(filled: Archive) -> None:
    fields = [OBSERVATION[0], DISTANCE]
    with filled.store.reading() as connection:
        known = [row[0] for row in connection.execute("SELECT number FROM observations LIMIT 2")]
        numbers = np.array([known[0], known[1], 10**9], dtype=np.int64)
        found = Found(numbers, np.array([1.0, 2.0, 3.0]))

        rows = read_observations(connection, fields, found)

    assert [row[1] for row in rows] == [1.0, 2.0]
