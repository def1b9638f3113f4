"""Polling the portal while it works."""

from __future__ import annotations

import builtins
import json

import pytest

from tests.misbehaving import Misbehaving, Reply
from topmast.errors import BadAnswerError, HTTPStatusError, TimeoutError
from topmast.net.session import Session
from topmast.questions import polling
from topmast.questions.polling import ask
from topmast.wire.portal import MashupRequest, decode_request

INVOKE = "/api/v0/invoke"
CONE = MashupRequest("Mast.Caom.Cone", {"ra": 1.0, "dec": 2.0, "radius": 0.1}, page=1, pagesize=5)
DONE = b'{"status": "COMPLETE", "msg": "", "data": [], "fields": []}'


def working(percent: float | None = None) -> bytes:
    told = {} if percent is None else {"percent complete": percent}
    return json.dumps({"status": "EXECUTING", "msg": "", **told}).encode()


def test_the_same_bytes_are_sent_until_the_answer_is_there(server: Misbehaving) -> None:
    server.on(INVOKE, *[Reply(body=working())] * 3, Reply(body=DONE))
    assert ask(Session(server.url), CONE).answer.content == DONE
    bodies = {seen.body for seen in server.requests}
    assert len(server.requests) == 4
    assert len(bodies) == 1
    headers = server.requests[0].headers
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert headers["accept"] == "text/plain"


def test_equal_questions_are_told_apart_unless_asked_to_be_the_same(server: Misbehaving) -> None:
    server.on(INVOKE, Reply(body=DONE))
    session = Session(server.url)
    for request in (CONE, CONE, MashupRequest("X", cache_breaker="same")):
        ask(session, request)
    ask(session, MashupRequest("X", extra={"cachebreaker": "mine"}))
    breakers = [decode_request(seen.body).cache_breaker for seen in server.requests]
    assert breakers[0] != breakers[1]
    assert breakers[2:] == ["same", "mine"]


def test_an_error_of_the_service_is_left_in_its_answer(server: Misbehaving) -> None:
    server.on(INVOKE, Reply(body=b'{"status": "ERROR", "msg": "Incorrect syntax"}'))
    assert b"Incorrect syntax" in ask(Session(server.url), CONE).answer.content


def test_when_time_is_up_the_error_names_service_limit_and_progress(server: Misbehaving) -> None:
    server.on(INVOKE, Reply(body=working(0.25)))
    with pytest.raises(TimeoutError) as caught:
        ask(Session(server.url, timeout=0.2), CONE)
    assert str(caught.value) == (
        "Mast.Caom.Cone was still at work after 0.2 s, 25% done. Ask for less (a smaller "
        "radius, more criteria), or raise the limit: conf.timeout."
    )
    assert isinstance(caught.value, builtins.TimeoutError)


def test_a_silent_portal_is_left_at_the_limit(server: Misbehaving) -> None:
    server.on(INVOKE, Reply(silent=True))
    with pytest.raises(TimeoutError, match=r"Mast\.Caom\.Cone was still at work after 0\.2 s\. "):
        ask(Session(server.url, timeout=0.2), CONE)


def test_an_answer_that_comes_late_is_kept(
    server: Misbehaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first poll is held almost to the limit; the answer to the second comes after it.
    monkeypatch.setattr(polling, "FIRST_WAIT", 5.0)
    server.on(
        INVOKE, Reply(body=working(0.9), wait_seconds=0.5), Reply(body=DONE, wait_seconds=0.01)
    )
    assert ask(Session(server.url, timeout=1.0), CONE).answer.content == DONE


def test_waits_grow_and_count_the_time_the_portal_held_the_request() -> None:
    waits = polling._growing_waits()
    first = [next(waits) for _ in range(20)]
    assert first == sorted(first)
    assert first[-1] == polling.LONGEST_WAIT


def test_a_failed_poll_is_repeated(server: Misbehaving) -> None:
    server.on(INVOKE, Reply(body=working()), Reply(502), Reply(hang_up=True), Reply(body=DONE))
    assert ask(Session(server.url), CONE).answer.content == DONE


def test_a_status_that_lasts_is_raised(server: Misbehaving) -> None:
    server.on(INVOKE, Reply(400))
    with pytest.raises(HTTPStatusError, match="answered 400"):
        ask(Session(server.url), CONE)


@pytest.mark.parametrize(
    "body", [b"<html><title>Down</title></html>", b'{"status": "EXEC', b"", b"[1, 2]"]
)
def test_what_is_no_answer_names_the_service(server: Misbehaving, body: bytes) -> None:
    server.on(INVOKE, Reply(body=body))
    with pytest.raises(BadAnswerError, match=r"Mast\.Caom\.Cone was not answered properly"):
        ask(Session(server.url), CONE)


def test_a_format_without_status_is_taken_as_it_comes(server: Misbehaving) -> None:
    server.on(INVOKE, Reply(body=working()), Reply(body=b"ra,dec\n1,2\n"))
    request = MashupRequest("X", format="csv")
    assert ask(Session(server.url), request).answer.text == "ra,dec\n1,2\n"


def test_a_strange_percentage_does_no_harm(server: Misbehaving) -> None:
    server.on(
        INVOKE,
        Reply(body=b'{"status": "executing", "percent complete": "half"}'),
        Reply(body=DONE),
    )
    assert ask(Session(server.url), CONE).answer.content == DONE
