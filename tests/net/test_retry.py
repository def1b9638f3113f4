"""Which tries are repeated and how long to wait: no clock, no sleep."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from topmast.errors import TimeoutError, UnreachableError
from topmast.net import retry
from topmast.net.messages import Answer, Request
from topmast.net.retry import Next, may_repeat, plan, seconds_asked, wait_seconds

GET = Request("GET", "https://mast.stsci.edu/x")
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def planned(outcome: retry.Outcome, request: Request = GET, **changed: float) -> Next:
    facts = {"attempt": 1, "tries": 5, "left": 600.0, **changed}
    return plan(request, outcome, rng=Random(1), now=NOW, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
        (None, None),
        ("9" * 400, 999999999999.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    header: str | None, seconds: float | None
) -> None:
    assert seconds_asked(header, NOW) == seconds


def test_waits_are_random_parts_of_a_span_that_doubles_up_to_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry, "FIRST_SECONDS", 0.5)
    rng = Random(7)
    for attempt, span in [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 30.0), (500, 30.0)]:
        waits = [wait_seconds(attempt, rng) for _ in range(300)]
        assert 0 <= min(waits) < 0.1 * span
        assert 0.9 * span < max(waits) <= span


def test_what_the_server_asks_for_is_waited_and_a_little_more() -> None:
    waits = [wait_seconds(1, Random(seed), asked=10) for seed in range(100)]
    assert min(waits) >= 10
    assert max(waits) <= 11


def test_success_and_lasting_statuses_end_at_once() -> None:
    for status in (200, 206, 304, 400, 401, 403, 404, 410, 416, 501):
        assert planned(Answer(status)) == Next(None)


def test_a_server_that_needs_a_rest_has_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_SECONDS", 0.5)
    for status in (429, 503):
        waits = [planned(Answer(status), attempt=attempt).seconds or 0 for attempt in range(1, 5)]
        assert 30 < sum(waits) < 60


def test_a_query_that_took_the_archive_too_long_is_sent_once_more_only() -> None:
    assert planned(Answer(504), attempt=1).seconds is not None
    assert planned(Answer(504), attempt=2) == Next(None, "Tried 2 times.")


def test_the_last_try_says_how_many_there_were() -> None:
    assert planned(Answer(503), attempt=5) == Next(None, "Tried 5 times.")
    assert planned(Answer(503), attempt=1, tries=1) == Next(None)


def test_no_try_is_begun_without_time() -> None:
    assert planned(UnreachableError("cut"), left=0, attempt=2) == Next(None, "Tried 2 times.")


def test_a_wait_leaves_time_for_the_try_after_it() -> None:
    wait = planned(Answer(503), left=0.01).seconds
    assert wait is not None
    assert wait <= 0.005


def test_a_wait_longer_than_the_time_left_ends_it_and_says_so() -> None:
    slow = Answer(503, {"Retry-After": "Sun, 01 Mar 2026 13:00:00 GMT"})
    assert planned(slow) == Next(
        None,
        "It asks to wait 3600 s before the next try, longer than the 600 s left of the time "
        "limit (conf.timeout).",
    )
    assert planned(slow, left=4000).seconds is not None


@pytest.mark.parametrize(
    ("method", "path", "repeated"),
    [
        ("GET", "/anything", True),
        ("HEAD", "/anything", True),
        ("POST", "/api/v0/invoke", True),
        ("POST", "/portal/Mashup/Mashup.asmx/columnsconfig", True),
        ("POST", "/search/hst/api/v0.1/search", True),
        ("POST", "/tesscut/api/v0.1/sector", True),
        ("POST", "/api/v0/login", False),
        ("POST", "/api/v0/Mashup/Login/login.html", False),
        ("PUT", "/api/v0/invoke", False),
    ],
)
def test_only_requests_that_ask_are_repeated(method: str, path: str, repeated: bool) -> None:
    request = Request(method, f"https://mast.stsci.edu{path}")
    assert may_repeat(request, UnreachableError("cut")) is repeated
    assert may_repeat(request, TimeoutError("slow")) is repeated
    assert may_repeat(request, Answer(500)) is repeated


def test_a_request_that_never_left_may_be_repeated_whatever_it_is() -> None:
    fault = UnreachableError("refused")
    fault.__dict__["never_sent"] = True
    assert may_repeat(Request("POST", "https://mast.stsci.edu/login"), fault)


def test_a_fault_that_lasts_is_not_repeated() -> None:
    fault = UnreachableError("certificate")
    fault.__dict__["lasting"] = True
    assert planned(fault) == Next(None)
