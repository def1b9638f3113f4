"""One visitor never starves another: fair turns, a lane for light queries, limits before work."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.archive.conftest import Caller
from topmast.archive import Archive
from topmast.archive.portal import jobs as jobs_module
from topmast.archive.portal.answers import AnswerFile
from topmast.archive.portal.call import Asked, Call
from topmast.archive.portal.costs import looks_heavy
from topmast.archive.portal.jobs import BusyError, Jobs, Lane, Work
from topmast.archive.portal.services import answer
from topmast.archive.portal.staging import StagedScripts
from topmast.archive.server import query_process
from topmast.archive.server.query_process import QueryProcesses
from topmast.archive.store import crossmatch as crossmatch_module
from topmast.archive.store import limits
from topmast.errors import ArchiveError, InvalidQueryError, TimeoutError
from topmast.wire.portal import MashupRequest, encode_request


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane("test", threads=2, share=1)
    yield lane
    lane.close(5)


def wait(event: threading.Event) -> None:
    event.wait(20)


def test_clients_take_turns_however_much_each_asks_for(lane: Lane) -> None:
    lane.threads = 1
    go_on, done = threading.Event(), threading.Event()
    order: list[str] = []
    lane.submit("first", lambda: wait(go_on))
    for number in range(3):
        lane.submit("greedy", lambda number=number: order.append(f"greedy {number}"))  # type: ignore[misc]
    lane.submit("modest", lambda: order.append("modest"))
    lane.submit("last", done.set)
    go_on.set()
    assert done.wait(20)
    lane.close(5)
    assert order.index("modest") == 1


def test_one_client_never_has_all_threads(lane: Lane) -> None:
    go_on, done = threading.Event(), threading.Event()
    for _ in range(5):
        lane.submit("greedy", lambda: wait(go_on))
    lane.submit("modest", done.set)
    assert done.wait(20)
    go_on.set()


def test_too_much_that_waits_is_refused(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "MOST_WAITING_OF_ONE", 2)
    monkeypatch.setattr(jobs_module, "MOST_WAITING_BYTES", 100)
    go_on, begun = threading.Event(), threading.Event()
    lane.submit("a", lambda: begun.set() or (go_on.wait(20) and None))  # type: ignore[func-returns-value]
    assert begun.wait(20)
    for _ in range(2):
        lane.submit("a", lambda: None, 40)
    with pytest.raises(BusyError, match="2 of them from your address"):
        lane.submit("a", lambda: None)
    with pytest.raises(BusyError, match="other large requests"):
        lane.submit("b", lambda: None, 40)
    go_on.set()


def test_what_is_too_heavy_for_the_light_lane_goes_to_the_other() -> None:
    def light() -> bytes:
        limits.check_rows(limits.LIGHT_ROWS + 1)
        raise AssertionError("never here")

    jobs = Jobs()
    assert jobs.start(b"1", Work("a", light, lambda: b"heavy")).result(20) == b"heavy"
    assert jobs.start(b"2", Work("a", lambda: b"light", lambda: b"heavy")).result(20) == b"light"
    failed = jobs.start(b"3", Work("a", None, lambda: b"x" * (1 // 0)))
    assert isinstance(failed.exception(20), ZeroDivisionError)
    jobs.close()
    with pytest.raises(BusyError, match="closing"):
        jobs.start(b"4", Work("a", None, lambda: b""))


def test_queries_that_do_not_end_do_not_keep_the_archive_open() -> None:
    go_on = threading.Event()
    jobs = Jobs()
    waiting: Future[Any] = jobs.start(
        b"1", Work("a", None, lambda: b"x" if go_on.wait(60) else b"")
    )
    start = time.monotonic()
    jobs.close(wait_seconds=0.1)
    assert time.monotonic() - start < 5
    assert isinstance(waiting.exception(1), BusyError)
    go_on.set()


def test_results_that_nobody_fetches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "MOST_KEPT_BYTES", 2500)
    jobs = Jobs()
    for number in range(6):
        jobs.start(b"%d" % number, Work("a", None, lambda: bytes(1000))).result(20)
    jobs.start(b"last", Work("a", None, lambda: b"")).result(20)
    assert len(jobs._jobs) == 3
    jobs.close()


# ------------------------------------------------------------------------- what looks heavy


@pytest.mark.parametrize(
    ("service", "params", "heavy"),
    [
        ("Mast.Caom.Cone", {"ra": 1, "dec": 1, "radius": 0.2}, False),
        ("mast.caom.cone", {"ra": 1, "dec": 1, "Radius": "30"}, True),
        ("Mast.Caom.Filtered.Position", {"position": "1, 1, 20", "filters": []}, True),
        ("Mast.Caom.Filtered", {"filters": [{"paramName": "t_min", "values": [{}] * 50}]}, True),
        ("Mast.Caom.Filtered", {"filters": "nonsense"}, False),
        ("Mast.Caom.Products", {"obsid": "1,2,3"}, False),
        ("Mast.Caom.Products", {"obsid": ",".join(["1"] * 1000)}, True),
        ("Mast.Caom.Crossmatch", {"data": [{}] * 1000}, True),
        ("Mast.Galex.Crossmatch", {"data": [{}], "radius": 3}, True),
        ("Mast.Catalogs.Tic.Cone", {"ra": 1, "dec": 1, "radius": 2}, True),
        ("Mast.Catalogs.Filtered.Tic", {"filters": []}, False),
        ("Mast.Name.Lookup", {"input": "M101"}, False),
    ],
)  # fmt: skip
def test_some_queries_look_heavy(filled: Archive, service: str, params: Any, heavy: bool) -> None:
    assert looks_heavy(Call(filled, MashupRequest(service, params), "http://x")) is heavy


def test_too_many_ranges_are_refused_before_any_work(caller: Caller) -> None:
    ranges: list[dict[str, float]] = [{"min": number, "max": number + 0.5} for number in range(400)]
    filters = [{"paramName": "t_exptime", "values": ranges}]
    refused = caller.ask("Mast.Caom.Filtered", {"columns": "*", "filters": filters * 200})
    assert "80000 ranges in one query are more than the 2000 allowed" in refused["msg"]
    ranges[:100] = [{"min": 42, "max": 42}, *([{"min": -5, "max": -4}] * 99)]
    start = time.monotonic()
    assert caller.matching(*filters * 5) == ["obs0", "obs5"]
    assert time.monotonic() - start < 10


def test_a_crossmatch_is_refused_as_soon_as_it_is_too_large(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    coverage = caller.archive.searcher.coverage
    touching = coverage.touching

    def counted(ra: Any, *rest: Any) -> Any:
        asked.append(len(ra))
        return touching(ra, *rest)

    monkeypatch.setattr(coverage, "touching", counted)
    monkeypatch.setattr(crossmatch_module, "MOST_MATCHES", 50)
    rows = [{"ra": 211.0, "dec": 54.3}] * 10_000
    answer = caller.ask("Mast.Caom.Crossmatch", {"radius": 180}, extra={"data": {"data": rows}})
    assert "matches, more than the 50 allowed" in answer["msg"]
    assert sum(asked) < 100


def test_pages_of_a_crossmatch_are_those_of_the_whole(caller: Caller) -> None:
    rows = [{"ra": 211.0, "dec": 54.3}, {"ra": 0, "dec": -30}, {"ra": 210.8, "dec": 54.3}] * 20
    asked: Any = {"extra": {"data": {"data": rows}}}
    whole = caller.ask("Mast.Caom.Crossmatch", {"radius": 0.3}, **asked)
    pages = [
        caller.ask("Mast.Caom.Crossmatch", {"radius": 0.3}, page=page, pagesize=70, **asked)
        for page in (1, 2, 3, 4)
    ]
    assert [row for page in pages for row in page["data"]] == whole["data"]
    assert pages[0]["paging"]["rowsTotal"] == len(whole["data"]) > 140


# --------------------------------------------------------------- processes for heavy queries


@pytest.fixture
def processes(filled: Archive, tmp_path: Path) -> Iterator[QueryProcesses]:
    processes = QueryProcesses(filled.folder, "current", tmp_path, seconds=60)
    yield processes
    processes.close()


EVERYTHING = MashupRequest("Mast.Caom.Filtered", {"columns": "*", "filters": []})


def test_a_process_answers_as_the_archive_does(filled: Archive, processes: QueryProcesses) -> None:
    for request in (EVERYTHING, encode_request(EVERYTHING)):
        asked = Asked(request, "http://x")
        assert processes.ask(answer, asked) == answer(filled, asked)
    with pytest.raises(InvalidQueryError, match="Unknown service"):
        processes.ask(answer, Asked(MashupRequest("Mast.Nothing"), "http://x"))
    assert processes.ask(answer, Asked(EVERYTHING, "http://x"))
    assert len(processes._idle) == 1


def test_a_large_answer_is_a_file(
    filled: Archive, processes: QueryProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_process, "SMALL_ANSWER", 100)
    asked = Asked(EVERYTHING, "http://x")
    found = processes.ask(answer, asked)
    assert isinstance(found, AnswerFile)
    assert found.head == b"{"
    assert b"".join(found.pieces()) == b"".join(found.pieces()) == answer(filled, asked)
    monkeypatch.setattr(query_process, "MOST_ANSWER_BYTES", 10)
    with pytest.raises(BusyError, match="Too many large answers"):
        processes.ask(answer, asked)


def test_a_query_that_takes_too_long_or_too_much_is_ended(
    filled: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = QueryProcesses(filled.folder, "current", tmp_path, seconds=0.01)
    with pytest.raises(TimeoutError, match="longer than 0 seconds"):
        impatient.ask(answer, Asked(EVERYTHING, "http://x"))
    impatient.close()


def take_all_memory(archive: Archive, asked: Asked) -> bytes:
    return bytes(bytearray(1 << 40))


def be_killed(archive: Archive, asked: Asked) -> bytes:
    os.kill(os.getpid(), 9)
    return b""


def find_no_room_for_a_library(archive: Archive, asked: Asked) -> bytes:
    raise ImportError("libparquet.so: cannot map zero-fill pages")


@pytest.mark.parametrize("work", [take_all_memory, be_killed, find_no_room_for_a_library])
def test_a_query_that_takes_too_much_memory_is_refused(
    filled: Archive, tmp_path: Path, work: Callable[[Archive, Asked], bytes]
) -> None:
    processes = QueryProcesses(filled.folder, "current", tmp_path)
    command = processes._command
    for _ in range(2):
        with pytest.raises(InvalidQueryError, match="more memory"):
            processes.ask(work, Asked(EVERYTHING, "http://x"))
    command[2] = "import sys; sys.exit(3)"
    for process in processes._idle:
        process.end()
    processes._idle.clear()
    with pytest.raises(ArchiveError, match="exit code 3"):
        processes.ask(work, Asked(EVERYTHING, "http://x"))
    processes.close()


# -------------------------------------------------------------------------- staged scripts


def test_one_client_does_not_crowd_out_the_scripts_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StagedScripts, "MOST_BYTES", 1000)
    stage = StagedScripts(tmp_path)
    modest = stage.put({"a.sh": "mine"}, "192.0.2.1")
    for _ in range(10):
        greedy = stage.put({"a.sh": "x" * 300}, "192.0.2.2")
    assert stage.get(modest, "a.sh") == "mine"
    assert stage.get(greedy, "a.sh") is not None
    assert sum(file.stat().st_size for file in tmp_path.rglob("*.sh")) <= 1000
    with pytest.raises(InvalidQueryError, match="Ask for fewer files"):
        stage.put({"a.sh": "x" * 600}, "192.0.2.2")
    monkeypatch.setattr(StagedScripts, "LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(InvalidQueryError, match="no space for another script"):
        stage.put({"a.sh": ""}, "192.0.2.2")
