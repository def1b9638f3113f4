"""What each answer of a server means for the segment of a file that was asked for."""

from __future__ import annotations

import hashlib

import pytest

from topmast.download.product import Held, Version
from topmast.download.transfer.judge import Action, Answer, Decision, Segment, judge

OLD = Held(uri="mast:X/f", etag='"old"', size=100)
DATED = Held(uri="mast:X/f", modified="Wed, 01 Jan 2025 00:00:00 GMT", size=100)
ETAG = {"ETag": '"old"'}
PART = {**ETAG, "Content-Range": "bytes 40-99/100"}
OTHER = {"ETag": '"new"'}


def judged(
    status: int,
    headers: dict[str, str] | None = None,
    *,
    part: bool = True,
    current: Version | None = None,
    origin: Held = OLD,
    reason: str = "",
    exclusive_until: str = "",
    about_login: str = "",
) -> Decision:
    answer = Answer(
        status, headers or {}, reason, part, current or Version(), exclusive_until, about_login
    )
    return judge(answer, Segment(40, 100), origin)


@pytest.mark.parametrize(
    ("status", "headers", "action"),
    [
        (206, PART, Action.CONTINUE),
        (206, PART | {"Content-Range": "bytes 40-59/*"}, Action.CONTINUE),
        (206, PART | {"Content-Range": "bytes 0-99/100"}, Action.RESTART),
        (206, PART | {"Content-Range": "bytes 40-99/101"}, Action.RESTART),
        (206, PART | {"Content-Range": "bytes 60-50/100"}, Action.RESTART),
        (206, ETAG, Action.RESTART),
        (206, PART | OTHER, Action.RESTART),
        (206, {"Content-Range": "bytes 40-99/100"}, Action.RESTART),
        (206, PART | {"Content-Encoding": "gzip"}, Action.RESTART),
        (206, PART | {"Content-Encoding": "identity"}, Action.CONTINUE),
        (206, PART | {"Content-Type": "multipart/byteranges; boundary=x"}, Action.RESTART),
        (206, PART | {"Content-Length": "59"}, Action.RESTART),
        (206, PART | {"Content-Length": "100"}, Action.RESTART),
        (206, PART | {"Content-Length": "60"}, Action.CONTINUE),
        (200, ETAG | {"Content-Range": "bytes 40-99/100"}, Action.RESTART),
        (200, ETAG | {"Content-Range": "bytes 0-99/100"}, Action.WHOLE),
        (200, ETAG | {"Content-Range": "nonsense"}, Action.RESTART),
        (202, {}, Action.RETRY),
        (200, ETAG, Action.WHOLE),
        (200, OTHER, Action.WHOLE),
        (200, {}, Action.WHOLE),
        (416, {"Content-Range": "bytes */40"}, Action.RESTART),
        (416, {"Content-Range": "bytes */100"}, Action.RESTART),
        (416, {}, Action.RESTART),
        (304, {}, Action.FAIL),
        (404, {}, Action.FAIL),
        (401, {}, Action.FAIL),
        (418, {}, Action.FAIL),
        (408, {}, Action.RETRY),
        (429, {}, Action.RETRY),
        (500, {}, Action.RETRY),
        (503, {}, Action.RETRY),
    ],
)
def test_an_answer_to_a_request_for_a_part(
    status: int, headers: dict[str, str], action: Action
) -> None:
    assert judged(status, headers).action is action


@pytest.mark.parametrize(
    ("status", "headers", "action"),
    [
        (200, {}, Action.WHOLE),
        (200, ETAG, Action.UNCHANGED),
        (200, OTHER, Action.WHOLE),
        (304, {}, Action.UNCHANGED),
        (206, PART, Action.FAIL),
    ],
)
def test_an_answer_to_a_question_whether_a_file_is_current(
    status: int, headers: dict[str, str], action: Action
) -> None:
    current = Version(etag='"old"')

    assert judged(status, headers, part=False, current=current).action is action


def test_a_date_that_is_not_older_than_the_answer_proves_nothing() -> None:
    headers = {
        "Last-Modified": DATED.modified,
        "Date": DATED.modified,
        "Content-Range": PART["Content-Range"],
    }

    assert judged(206, headers, origin=DATED).action is Action.RESTART
    headers["Date"] = "Wed, 01 Jan 2025 00:00:01 GMT"
    assert judged(206, headers, origin=DATED).action is Action.CONTINUE


@pytest.mark.parametrize(
    ("status", "headers", "ranges"),
    [
        (206, PART, True),
        (206, PART | {"Content-Range": "bytes 0-99/100"}, False),
        (206, PART | OTHER, True),
        (200, ETAG, False),
        (200, OTHER, True),
    ],
)
def test_a_server_that_gives_another_part_of_the_same_version_has_no_ranges(
    status: int, headers: dict[str, str], ranges: bool
) -> None:
    assert judged(status, headers).ranges is ranges


@pytest.mark.parametrize(
    ("headers", "size", "length_known", "can_split"),
    [
        ({"Content-Length": "70"}, 70, True, False),
        ({"Content-Length": "70", "Accept-Ranges": "bytes"}, 70, True, True),
        ({"Content-Length": "70", "Accept-Ranges": "none"}, 70, True, False),
        ({"Content-Length": "+70"}, None, False, False),
        ({"Content-Length": "70", "Transfer-Encoding": "chunked"}, None, True, False),
        ({"Accept-Ranges": "bytes", "Content-Encoding": "gzip"}, None, False, False),
        ({"Accept-Ranges": "bytes", "ETag": 'W/"new"'}, None, False, False),
    ],
)
def test_what_a_whole_file_says_of_itself(
    headers: dict[str, str], size: int | None, length_known: bool, can_split: bool
) -> None:
    decision = judged(200, OTHER | headers, part=False)

    assert decision.held is not None
    assert (decision.held.uri, decision.held.size) == ("mast:X/f", size)
    assert (decision.length_known, decision.can_split) == (length_known, can_split)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (503, {"Retry-After": "7"}, 7.0),
        (503, {}, None),
        (202, {"Retry-After": "3"}, 3.0),
        (500, {}, None),
        (500, {"Retry-After": "7"}, 7.0),
    ],
)
def test_how_long_to_wait_is_for_the_server_to_say(
    status: int, headers: dict[str, str], seconds: float | None
) -> None:
    assert judged(status, headers).wait_seconds == seconds


def test_a_refusal_tells_of_the_exclusive_period_and_of_the_login() -> None:
    without = judged(401, reason="Unauthorized", exclusive_until="2031-01-01")
    refused = judged(403, exclusive_until="unknown", about_login="Eve has no right to it.")

    assert without.reason.startswith("401 Unauthorized: exclusive until 2031-01-01; log in")
    assert without.status == "401 Unauthorized"
    assert refused.reason == "403 Forbidden: exclusive; Eve has no right to it."


def test_a_file_of_unknown_length_ends_where_the_archive_says_that_nothing_follows() -> None:
    unknown = Held(uri="mast:X/f", etag='"old"')

    assert judged(416, {"Content-Range": "bytes */40"}, origin=unknown).action is Action.COMPLETE
    assert judged(416, {"Content-Range": "bytes */50"}, origin=unknown).action is Action.RESTART


@pytest.mark.parametrize(
    "headers",
    [
        {"Digest": "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
        {"Repr-Digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:, crc32c=:AAAA:"},
        {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="},
    ],
)
def test_digests_are_read_from_every_header_that_has_them(headers: dict[str, str]) -> None:
    digests = judged(200, headers, part=False).digests

    assert digests == {name: hashlib.new(name, b"").digest() for name in digests}
    assert len(digests) == 1


@pytest.mark.parametrize("value", ["", "sha-256=", "sha-256=AAAA", "md5=:!!:", "unixsum=30637"])
def test_digests_that_cannot_be_read_are_left_out(value: str) -> None:
    headers = {"Digest": value, "Content-MD5": "none"}

    assert judged(200, headers, part=False).digests == {}
