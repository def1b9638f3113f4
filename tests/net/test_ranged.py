"""A remote file is read in parts."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator

import pytest

from tests.misbehaving import Misbehaving, Reply, Seen
from topmast.errors import (
    BadAnswerError,
    HTTPStatusError,
    InvalidQueryError,
    NotAuthorizedError,
    UnreachableError,
)
from topmast.net import ranged
from topmast.net.ranged import RangedFile
from topmast.net.session import Session

CONTENT = os.urandom(1 << 20)
GOOD = Reply(body=CONTENT, etag='"1"', ranges="honoured")


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving() as server:
        yield server


@pytest.fixture
def session(server: Misbehaving) -> Iterator[Session]:
    with Session(server.url, tries=2) as session:
        yield session


def asked(server: Misbehaving) -> list[str]:
    return [seen.headers.get("range", "") for seen in server.requests]


def test_reading_and_seeking_is_as_in_a_file(server: Misbehaving, session: Session) -> None:
    remote, local = RangedFile(session, server.on("/a", GOOD)), io.BytesIO(CONTENT)
    dice = random.Random(1)
    for _ in range(200):
        offset, count = dice.randrange(len(CONTENT) + 5000), dice.choice([0, 1, 500, 70_000])
        assert remote.seek(offset) == local.seek(offset)
        assert remote.read(count) == local.read(count)
        assert remote.tell() == local.tell()
    remote.seek(-10, io.SEEK_END)
    assert remote.read() == CONTENT[-10:]
    buffered = io.BufferedReader(remote)
    buffered.seek(100)
    assert buffered.read(100) == CONTENT[100:200]


def test_only_what_is_asked_for_travels_and_only_once(
    server: Misbehaving, session: Session
) -> None:
    remote = RangedFile(session, server.on("/a", GOOD), first=1000)
    for _ in range(2):
        assert remote.read_at(0, 900) == CONTENT[:900]
        assert remote.read_at(500_000, 100) == CONTENT[500_000:500_100]
    assert asked(server) == ["bytes=0-999", f"bytes=500000-{500_000 + ranged.BLOCK - 1}"]


def test_reading_on_asks_for_ever_more(server: Misbehaving, session: Session) -> None:
    remote = RangedFile(session, server.on("/a", GOOD), first=1000)
    while remote.read(5000):
        pass
    assert len(server.requests) <= 8


def test_several_parts_come_with_one_request_where_the_server_can(
    server: Misbehaving, session: Session
) -> None:
    def several(seen: Seen) -> Reply:
        spans = seen.headers["range"].removeprefix("bytes=").split(", ")
        if len(spans) == 1:
            return GOOD
        body = b""
        for span in spans:
            first, last = map(int, span.split("-"))
            head = f"--xyz\r\nContent-Range: bytes {span}/{len(CONTENT)}\r\n\r\n".encode()
            body += b"\r\n" + head + CONTENT[first : last + 1]
        headers = {"Content-Type": "multipart/byteranges; boundary=xyz", "ETag": '"1"'}
        return Reply(206, body + b"\r\n--xyz--\r\n", headers)

    remote = RangedFile(session, server.on("/a", several), first=1000)
    remote.fetch([(5000, 6000), (500_000, 501_000)])
    assert remote.read_at(5100, 100) == CONTENT[5100:5200]
    assert remote.read_at(500_100, 900) == CONTENT[500_100:501_000]
    assert len(server.requests) == 2


def test_a_server_without_several_parts_is_asked_for_each_and_remembered(
    server: Misbehaving, session: Session
) -> None:
    url = server.on("/a", GOOD)
    remote = RangedFile(session, url, first=1000)
    remote.fetch([(5000, 6000), (500_000, 501_000)])
    again = RangedFile(session, url, first=1000)
    again.fetch([(5000, 6000), (500_000, 501_000)])

    assert again.read_at(500_100, 900) == CONTENT[500_100:501_000]
    assert sum("," in part for part in asked(server)) == 1
    assert len(server.requests) == 7


def test_a_small_file_of_a_server_without_parts_is_read_whole(
    server: Misbehaving, session: Session
) -> None:
    for reply in (Reply(body=CONTENT), Reply(body=CONTENT, chunked=True, length=None)):
        remote = RangedFile(session, server.on("/a", reply))
        assert remote.read() == CONTENT


def test_a_large_file_of_a_server_without_parts_is_refused_with_the_way_out(
    server: Misbehaving, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranged, "MOST_WHOLE", 100_000)
    for reply in (Reply(body=CONTENT), Reply(body=CONTENT, chunked=True, length=None)):
        with pytest.raises(BadAnswerError, match=r"gives no parts of files.*download_file"):
            RangedFile(session, server.on("/a", reply))


def test_a_file_that_changes_meanwhile_is_an_error(server: Misbehaving, session: Session) -> None:
    remote = RangedFile(session, server.on("/a", GOOD), first=1000)
    server.on("/a", Reply(body=CONTENT[::-1], etag='"2"', ranges="honoured"))
    with pytest.raises(BadAnswerError, match="changed while it was read"):
        remote.read_at(5000, 10)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=CONTENT, etag='"1"', ranges="wrong"),
        Reply(206, CONTENT[:10]),
        Reply(206, CONTENT[:10], {"Content-Range": "bytes nonsense"}),
        Reply(206, CONTENT[:10], {"Content-Range": "bytes 5000-1/10"}),
        Reply(body=CONTENT, ranges="ignored", etag='"1"'),
    ],
)
def test_another_part_than_was_asked_for_is_never_used(
    server: Misbehaving, session: Session, reply: Reply
) -> None:
    remote = RangedFile(session, server.on("/a", GOOD), first=1000)
    server.on("/a", reply)
    with pytest.raises(BadAnswerError):
        remote.read_at(5000, 100)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(404), HTTPStatusError),
        (Reply(403), NotAuthorizedError),
        (Reply(hang_up=True), UnreachableError),
        (Reply(206, b"x"), BadAnswerError),
    ],
)
def test_a_file_that_cannot_be_had_is_an_error(
    server: Misbehaving, session: Session, reply: Reply, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        RangedFile(session, server.on("/a", reply))


def test_a_short_outage_is_passed_over(server: Misbehaving, session: Session) -> None:
    url = server.on("/a", Reply(503), GOOD)
    assert RangedFile(session, url).read_at(0, 10) == CONTENT[:10]


def test_an_empty_file_has_nothing_to_read(server: Misbehaving, session: Session) -> None:
    for reply in (Reply(416, headers={"Content-Range": "bytes */0"}), Reply()):
        remote = RangedFile(session, server.on("/a", reply))
        assert (remote.size, remote.read()) == (0, b"")


def test_a_redirect_is_followed_once_and_again_when_it_has_expired(
    server: Misbehaving, session: Session
) -> None:
    url = server.on("/a", Reply(302, headers={"Location": server.url + "/signed?one"}))
    server.on("/signed?one", GOOD)
    remote = RangedFile(session, url, first=1000)
    assert remote.read_at(5000, 10) == CONTENT[5000:5010]
    assert len(server.seen("/a")) == 1
    server.on("/signed?one", Reply(403))
    server.on("/a", Reply(302, headers={"Location": server.url + "/signed?two"}))
    server.on("/signed?two", GOOD)
    assert remote.read_at(90_000, 10) == CONTENT[90_000:90_010]


def test_what_a_file_cannot_do_is_refused(server: Misbehaving, session: Session) -> None:
    remote = RangedFile(session, server.on("/a", GOOD))
    with pytest.raises(InvalidQueryError, match="before the file's first byte"):
        remote.seek(-1)
    remote.close()
    with pytest.raises(ValueError, match="closed"):
        remote.read(1)
