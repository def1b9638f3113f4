"""Fetching all pages, from servers that tell the truth and from others."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.misbehaving import Misbehaving, Reply, Seen
from topmast.errors import BadAnswerError, InvalidQueryError, TimeoutError
from topmast.net.session import Session
from topmast.questions.columns import CONFIG_PATH
from topmast.questions.paging import ask_all_pages, ask_pages
from topmast.questions.portal import Question, ask_table
from topmast.wire.portal import MashupRequest, decode_request

INVOKE = "/api/v0/invoke"
QUERY = MashupRequest("Mast.Caom.Filtered", {"columns": "*", "filters": []}, pagesize=2)


def answer(page: Any, pages: Any, status: str = "COMPLETE", **changed: Any) -> Reply:
    paging = {
        "page": page,
        "pageSize": 2,
        "pagesFiltered": pages,
        "rows": 2,
        "rowsFiltered": 2 * pages if isinstance(pages, int) else 0,
        "rowsTotal": 9,
        **changed,
    }
    body = {"status": status, "msg": "", "data": [{"a": page}], "fields": [], "paging": paging}
    return Reply(body=json.dumps(body).encode())


def by_page(make: Callable[[int], Reply]) -> Callable[[Seen], Reply]:
    return lambda seen: make(decode_request(seen.body).page or 0)


def pages_of(server: Misbehaving, request: MashupRequest = QUERY, **settings: Any) -> list[Any]:
    answers = ask_all_pages(Session(server.url, **settings), request)
    return [one.answer.json()["data"][0]["a"] for one in answers]


def test_all_pages_come_in_order(server: Misbehaving) -> None:
    server.on(INVOKE, by_page(lambda page: answer(page, 5)))
    assert pages_of(server) == [1, 2, 3, 4, 5]
    asked = [decode_request(seen.body) for seen in server.requests]
    assert len({one.cache_breaker for one in asked}) == 1
    assert {one.pagesize for one in asked} == {2}


def test_after_page_one_the_others_are_asked_for_together(server: Misbehaving) -> None:
    def slowly(page: int) -> Reply:
        body = answer(page, 9)
        return Reply(body=body.body, wait_seconds=0.05)

    server.on(INVOKE, by_page(slowly))
    assert pages_of(server, connections=4) == list(range(1, 10))
    assert decode_request(server.requests[0].body).page == 1
    assert 2 <= server.most_at_once <= 4


def test_a_page_that_is_named_is_the_only_one(server: Misbehaving) -> None:
    server.on(INVOKE, by_page(lambda page: answer(page, 5)))
    request = MashupRequest("X", page=3)
    assert pages_of(server, request, pagesize=7) == [3]
    assert decode_request(server.requests[0].body).pagesize == 7
    assert len(server.requests) == 1


def test_pages_are_polled_too(server: Misbehaving) -> None:
    busy = Reply(body=b'{"status": "EXECUTING"}')
    done = by_page(lambda page: answer(page, 2))
    server.on(INVOKE, busy, done, busy, done)
    assert pages_of(server) == [1, 2]


@pytest.mark.parametrize(
    "body",
    [
        b'{"status": "COMPLETE", "data": [{"a": 1}]}',
        b'{"status": "COMPLETE", "data": [{"a": 1}], "paging": "none"}',
        b'{"status": "COMPLETE", "data": [{"a": 1}], "paging": {"page": "x", "rows": []}}',
        b'{"status": "COMPLETE", "data": [{"a": 1}], "paging": {"pagesFiltered": -5}}',
        b'{"status": "COMPLETE", "data": [{"a": 1}], "paging": {"pagesFiltered": "many"}}',
    ],
)
def test_without_sensible_paging_one_page_is_all(server: Misbehaving, body: bytes) -> None:
    server.on(INVOKE, Reply(body=body))
    assert pages_of(server) == [1]


def test_an_error_on_page_one_is_the_only_answer(server: Misbehaving) -> None:
    server.on(INVOKE, by_page(lambda page: answer(page, 5, "ERROR")))
    assert len(ask_all_pages(Session(server.url), QUERY)) == 1


def test_an_error_on_a_later_page_is_left_in_its_place(server: Misbehaving) -> None:
    server.on(INVOKE, by_page(lambda page: answer(page, 3, "ERROR" if page == 2 else "COMPLETE")))
    answers = ask_all_pages(Session(server.url), QUERY)
    assert [one.status for one in answers] == ["COMPLETE", "ERROR", "COMPLETE"]


def test_the_same_page_again_is_an_error(server: Misbehaving) -> None:
    server.on(INVOKE, answer(1, 3))
    with pytest.raises(
        BadAnswerError, match=r"was asked for page [23] and sent page 1: rows would"
    ):
        pages_of(server)


def test_a_page_further_on_is_an_error(server: Misbehaving) -> None:
    server.on(INVOKE, by_page(lambda page: answer(page if page < 2 else 3, 3)))
    with pytest.raises(BadAnswerError, match="was asked for page 2 and sent page 3: rows would"):
        pages_of(server)


def test_another_first_page_is_an_error(server: Misbehaving) -> None:
    server.on(INVOKE, answer(4, 5))
    with pytest.raises(BadAnswerError, match="was asked for page 1 and sent page 4"):
        pages_of(server)


def test_a_number_of_pages_that_changes_is_an_error(server: Misbehaving) -> None:
    server.on(INVOKE, by_page(lambda page: answer(page, 3 if page < 3 else 4)))
    with pytest.raises(BadAnswerError, match="had 3 pages at first and 4 when page 3 came"):
        pages_of(server)


def test_a_number_of_pages_that_cannot_be_is_an_error(server: Misbehaving) -> None:
    server.on(INVOKE, by_page(lambda page: answer(page, 10**9, rowsFiltered=19)))
    with pytest.raises(BadAnswerError, match="19 rows fill 1,000,000,000 pages of 2"):
        pages_of(server)
    assert len(server.requests) == 1


def test_far_too_many_pages_are_refused_with_what_helps(server: Misbehaving) -> None:
    server.on(INVOKE, by_page(lambda page: answer(page, 20000)))
    with pytest.raises(InvalidQueryError, match=r"20,000 pages of 2 rows .* \(pagesize=50000\)"):
        pages_of(server)


def test_the_time_limit_is_one_for_all_pages(server: Misbehaving) -> None:
    def make(page: int) -> Reply:
        return answer(page, 3) if page == 1 else Reply(silent=True)

    server.on(INVOKE, by_page(make))
    with pytest.raises(TimeoutError, match=r"Mast\.Caom\.Filtered was still at work after 0\.3 s"):
        pages_of(server, timeout=0.3)


def test_numbers_written_as_text_are_understood(server: Misbehaving) -> None:
    server.on(INVOKE, by_page(lambda page: answer(str(page), "2")))
    assert pages_of(server) == ["1", "2"]


def test_the_columns_are_asked_for_while_the_first_page_is_under_way(server: Misbehaving) -> None:
    both = threading.Barrier(2, timeout=20)

    def when_both_are_here(reply: Reply) -> Callable[[Seen], Reply]:
        def answered(_: Seen) -> Reply:
            both.wait()
            return reply

        return answered

    body = b'{"status": "COMPLETE", "data": [{"a": 1}], "fields": [{"name": "a", "type": "int"}]}'
    server.on(INVOKE, when_both_are_here(Reply(body=body)))
    server.on(CONFIG_PATH, when_both_are_here(Reply(body=b"{}")))

    assert len(ask_table(Session(server.url), Question("Mast.Caom.Filtered", [{}]))) == 1
    assert len(server.requests) == 2


def test_the_first_page_is_given_while_the_others_are_under_way(server: Misbehaving) -> None:
    go_on = threading.Event()

    def later(page: int) -> Reply:
        assert page == 1 or go_on.wait(20)
        return answer(page, 3)

    server.on(INVOKE, by_page(later))
    pages = ask_pages(Session(server.url), QUERY)

    assert next(pages).answer.json()["data"] == [{"a": 1}]
    go_on.set()
    assert [page.answer.json()["data"][0]["a"] for page in pages] == [2, 3]
