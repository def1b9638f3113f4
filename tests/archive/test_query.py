"""Searches are bounded in time, remember what they found, and never mix up states."""

from __future__ import annotations

import numpy as np
import pytest

from topmast.archive import Archive, Cone, Query
from topmast.archive.store import query as query_module
from topmast.archive.store.filters import parse_filters
from topmast.archive.store.query import Found, _Memory, bounded
from topmast.errors import ArchiveError, InvalidQueryError, TimeoutError
from topmast.tables.fields import OBSERVATION

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
NAMES = tuple(field for field in OBSERVATION if field.name == "obs_id")


def test_a_query_without_end_is_interrupted(filled: Archive) -> None:
    with pytest.raises(TimeoutError, match="longer than 0 seconds"):
        with filled.store.reading() as connection, bounded(connection, seconds=0.05):
            connection.execute(ENDLESS).fetchone()
    assert filled.search(Query()).total == 6


def test_a_broken_statement_is_an_archive_error(filled: Archive) -> None:
    with pytest.raises(ArchiveError, match="no such table"):
        with filled.store.reading() as connection, bounded(connection):
            connection.execute("SELECT * FROM absent")


def test_a_query_needs_no_columns_named(filled: Archive) -> None:
    assert len(filled.search(Query(cone=Cone(210.8, 54.3, 0.2))).rows[0]) == len(OBSERVATION)


@pytest.mark.parametrize("many", [0, 20_000])
def test_cones_and_filters_meet_the_same_rows_either_way(
    filled: Archive, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_module, "MANY_HITS", many)
    galex = parse_filters([{"paramName": "obs_collection", "values": ["GALEX"]}])
    query = Query(NAMES, galex, Cone(210.8, 54.3, 0.2))
    with filled.store.reading() as connection:
        found = filled.searcher._look(query, connection)
    assert len(found.numbers) == 2
    assert found.distances is not None
    assert len(found.distances) == 2


def test_a_repeated_question_sees_new_rows(empty: Archive) -> None:
    query = Query(NAMES, cone=Cone(1, 1, 0.1))
    assert empty.search(query).rows == []
    empty.ingest([{"obs_id": "a", "s_ra": 1.0, "s_dec": 1.0}])
    assert empty.search(query).rows == [("a",)]


def test_memory_of_results_is_bounded() -> None:
    memory = _Memory(100_000)
    for key in range(100):
        memory.put(key, Found(np.zeros(1000, np.int64), None))
    kept = [key for key in range(100) if memory.get(key) is not None]
    assert kept == list(range(100 - len(kept), 100))
    assert 5 < len(kept) < 15
    memory.put("large", Found(np.zeros(10_000, np.int64), None))
    assert memory.get("large") is None


@pytest.mark.parametrize(
    "values", [(float("nan"), 0, 1), (0, 91, 1), (0, -91, 1), (0, 0, -1), (0, 0, float("inf"))]
)
def test_a_cone_is_on_the_sky(values: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidQueryError):
        Cone(*values)
