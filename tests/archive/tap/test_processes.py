"""Queries in the processes that a server has for heavy ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from topmast.archive.server.query_process import QueryProcesses
from topmast.archive.tap.run import TapQuery, run_query
from topmast.errors import InvalidQueryError, TimeoutError

COUNT = TapQuery("SELECT COUNT(*) AS n FROM catalogs.stars", format="csv")
NEVER = (
    "SELECT COUNT(*) FROM catalogs.stars a, catalogs.stars b, catalogs.stars c, catalogs.stars d"
)


@pytest.fixture
def processes(tap_folder: Path, tmp_path: Path) -> Iterator[QueryProcesses]:
    made = QueryProcesses(tap_folder, "current", tmp_path, most=10)
    yield made
    made.close()


def test_a_query_that_needs_too_much_memory_harms_no_other(processes: QueryProcesses) -> None:
    pairs = "SELECT a.*, b.* FROM catalogs.stars a, catalogs.stars b"

    with pytest.raises(InvalidQueryError, match="needs more memory"):
        processes.ask(run_query, TapQuery(pairs, format="json", maxrec=1_000_000))

    assert processes.ask(run_query, COUNT) == b"n\r\n2000\r\n"


def test_a_query_that_never_ends_is_ended_there_too(processes: QueryProcesses) -> None:
    start = time.monotonic()

    with pytest.raises(TimeoutError, match="longer than 1 seconds"):
        processes.ask(run_query, TapQuery(NEVER, seconds=1.0), 20.0)

    assert time.monotonic() - start < 15
    assert processes.ask(run_query, COUNT) == b"n\r\n2000\r\n"


def test_a_query_that_is_wanted_no_more_is_ended(processes: QueryProcesses, tmp_path: Path) -> None:
    stop = tmp_path / "job" / "stop"

    with pytest.raises(TimeoutError):
        processes.ask(run_query, TapQuery(NEVER, seconds=30.0, stop_file=str(stop)), 40.0)

    assert processes.ask(run_query, COUNT) == b"n\r\n2000\r\n"
