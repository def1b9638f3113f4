"""The archive answers inside a process as it does over HTTP."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.archive.conftest import BASE, LIMITS, Caller
from topmast.archive import Archive
from topmast.archive.server.transport import InProcess
from topmast.errors import UnreachableError
from topmast.net.messages import Request
from topmast.net.session import Session

A = "/api/v0.1/Download/file?uri=mast:HST/product/a.fits"
COUNT: dict[str, Any] = {"columns": "COUNT_BIG(*)", "filters": []}


def test_a_session_speaks_to_an_archive_in_this_process(filled: Archive) -> None:
    session = Session(str(filled.folder), open_folder=lambda folder: filled.transport())
    answer = session.send(Request("GET", f"{BASE}/whoami"))
    assert answer.json()["ezid"] == "anonymous"
    with session.stream(Request("GET", f"{BASE}{A}", {"Range": "bytes=0-6"})) as stream:
        assert stream.status_code == 206
        assert b"".join(stream.chunks()) == b"SIMPLE "
    session.close()


def test_it_works_inside_a_running_event_loop(caller: Caller) -> None:
    async def main() -> Any:
        return caller.ask("Mast.Caom.Filtered", COUNT)["data"], caller.get(A).status

    assert asyncio.run(main()) == ([{"Column1": 6}], 200)


def test_many_threads_ask_at_once(caller: Caller) -> None:
    results: list[Any] = []

    def work() -> None:
        for _ in range(10):
            results.append(caller.ask("Mast.Caom.Filtered", COUNT)["data"][0]["Column1"])
            results.append(len(caller.get(A).content))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [6] * 80 + [120000] * 80


def test_pieces_are_no_larger_than_asked_for(filled: Archive) -> None:
    with filled.transport().open(Request("GET", BASE + A), LIMITS) as stream:
        sizes = [len(piece) for piece in stream.chunks(1000)]
    assert sum(sizes) == 120000
    assert max(sizes) <= 1000


def test_an_answer_that_nobody_reads_is_dropped(filled: Archive) -> None:
    transport = filled.transport()
    for _ in range(50):
        stream = transport.open(Request("GET", BASE + A), LIMITS)
        next(stream.chunks(10))
        stream.close()
        stream.close()
    transport.open(Request("GET", BASE + A), LIMITS).close()


def test_an_app_that_breaks_off_is_noticed() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    stream = InProcess(broken).open(Request("GET", BASE), LIMITS)
    pieces = stream.chunks()
    assert next(pieces) == b"half"
    with pytest.raises(UnreachableError, match="stopped in the middle"):
        next(pieces)


def test_an_app_that_says_nothing_is_noticed() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    with pytest.raises(UnreachableError, match="gave no answer"):
        InProcess(silent).open(Request("GET", BASE), LIMITS)


def test_answers_are_not_packed_inside_one_process(caller: Caller) -> None:
    request = "request=%7B%22service%22%3A%22Mast.Caom.Filtered%22%7D"
    reply = caller.get(f"/api/v0/invoke?{request}", Accept_Encoding="gzip")
    assert "content-encoding" not in reply.headers
