"""Which connections are kept, and how a broken answer is told."""

from __future__ import annotations

import gc
import socket
import threading
import time

import pytest

from tests.misbehaving import Misbehaving, Reply
from topmast.errors import MastError, UnreachableError
from topmast.net.messages import Request
from topmast.net.session import Session

BODY = bytes(range(256)) * 300


def read(session: Session, url: str, most: int = 1 << 30) -> bytes:
    """The body of `url`, or about `most` bytes of it."""
    so_far = b""
    with session.stream(Request("GET", url)) as answer:
        for chunk in answer.chunks(1 << 12):
            so_far += chunk
            if len(so_far) >= most:
                break
    return so_far


@pytest.mark.parametrize("reply", [Reply(body=BODY), Reply(body=BODY, chunked=True)])
def test_a_connection_is_kept_when_the_body_was_read(server: Misbehaving, reply: Reply) -> None:
    url = server.on("/x", reply)
    with Session(server.url) as session:
        assert [read(session, url) for _ in range(4)] == [BODY] * 4
    assert server.connections == 1


def test_answers_without_a_body_keep_it_too(server: Misbehaving) -> None:
    url = server.on("/x", Reply(304), Reply(204), Reply(body=b""), Reply(body=BODY))
    with Session(server.url) as session:
        assert [read(session, url) for _ in range(4)] == [b"", b"", b"", BODY]
    assert server.connections == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_was_not_read_never_turns_up_in_the_next(
    server: Misbehaving, chunked: bool
) -> None:
    first = server.on("/first", Reply(body=BODY, chunked=chunked))
    second = server.on("/second", Reply(body=b"another"))
    with Session(server.url) as session:
        assert len(read(session, first, most=10)) < len(BODY)
        assert read(session, second) == b"another"
    assert server.connections == 2


def test_bytes_beyond_the_length_are_no_answer_to_the_next_request(server: Misbehaving) -> None:
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    url = server.on(
        "/x",
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue" + forged),
        Reply(body=b"also true"),
    )
    with Session(server.url) as session:
        assert read(session, url) == b"true"
        assert read(session, url) == b"also true"


def test_a_connection_that_the_server_ended_meanwhile_is_not_used(server: Misbehaving) -> None:
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    url = server.on("/x", Reply(raw=closing, close=True), Reply(body=b"again"))
    with Session(server.url) as session:
        assert read(session, url) == b"ok"
        time.sleep(0.1)
        assert read(session, url) == b"again"
    assert server.connections == 2


def test_an_answer_without_a_length_ends_with_its_connection(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=BODY, length=None))
    with Session(server.url) as session:
        assert read(session, url) == read(session, url) == BODY
    assert server.connections == 2


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(body=BODY, end_at=1000), "1,000 bytes came and 75,800 more were announced"),
        (Reply(body=BODY, chunked=True, end_at=1000), "inside a chunk"),
        (Reply(body=BODY, reset_at=1000), "reset"),
        (Reply(hang_up=True), "closed connection without response"),
    ],
)
def test_a_cut_answer_is_told_as_one(server: Misbehaving, reply: Reply, words: str) -> None:
    url = server.on("/x", reply)
    with Session(server.url) as session, pytest.raises(UnreachableError, match=words):
        read(session, url)


@pytest.mark.parametrize(
    "raw",
    [
        b"this is not HTTP\r\n\r\n",
        b"HTTP/1.1 two hundred OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbody\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nbody\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0_4\r\nbody\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbodyXX0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n000",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 500,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 2\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0_4\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nbody",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,
    ],
)
def test_an_answer_that_breaks_the_rules_is_an_error(server: Misbehaving, raw: bytes) -> None:
    url = server.on("/x", Reply(raw=raw, close=True))
    with Session(server.url) as session, pytest.raises(UnreachableError):
        read(session, url)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked \r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n"
        b"0004;x=y\r\nbody\r\n0\r\nTrailer: z\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nbody",
        b"HTTP/1.1 200\r\nContent-Length: 4, 4\r\n\r\nbody",
        b"HTTP/1.1 200 OK\nContent-Length: 4\n\nbody",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: identity\r\n\r\nbody",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
    ],
)
def test_an_answer_that_can_be_read_in_one_way_only_is_read(
    server: Misbehaving, raw: bytes
) -> None:
    url = server.on("/x", Reply(raw=raw, close=True))
    with Session(server.url) as session:
        assert read(session, url) == b"body"


def test_no_body_follows_an_answer_that_has_none(server: Misbehaving) -> None:
    empty = b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
    url = server.on("/x", Reply(raw=empty), Reply(body=b"next"))
    with Session(server.url) as session:
        assert [read(session, url) for _ in range(2)] == [b"", b"next"]
    assert server.connections == 2


def test_bytes_that_come_too_late_are_no_answer_either(server: Misbehaving) -> None:
    """Part of the surplus is in our buffer, and the rest arrives while the next one is asked."""
    surplus = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    url = server.on(
        "/x",
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue" + surplus[:1]),
        Reply(body=b"also true"),
    )
    with Session(server.url) as session:
        assert [read(session, url) for _ in range(2)] == [b"true", b"also true"]
    assert server.connections == 2


def test_a_connection_that_ends_as_it_is_used_is_replaced(server: Misbehaving) -> None:
    """The server saw the request and hung up: between two requests nobody can tell."""
    url = server.on("/x", Reply(body=b"first"), Reply(hang_up=True), Reply(body=b"third"))
    with Session(server.url, tries=1) as session:
        assert [read(session, url) for _ in range(2)] == [b"first", b"third"]
    assert server.connections == 2


@pytest.mark.parametrize("host", ["a..b", "x" * 80 + ".example", "[v1.x]"])
def test_a_redirect_to_no_host_is_an_error(server: Misbehaving, host: str) -> None:
    url = server.on("/x", Reply(302, headers={"Location": f"http://{host}/"}))
    with Session(server.url, tries=1) as session, pytest.raises(MastError):
        read(session, url)


def test_the_target_and_the_host_are_sent_as_they_are(server: Misbehaving) -> None:
    server.on("/a/../b", Reply(body=b"ok"))
    with Session(server.url) as session:
        assert read(session, f"{server.url}/a/../b?x=%2F&y=a+b#part") == b"ok"
    seen = server.requests[0]
    assert seen.target == "/a/../b?x=%2F&y=a+b"
    assert seen.headers["host"] == f"{server.host}:{server.port}"


def test_a_forgotten_answer_may_be_collected_at_any_moment(server: Misbehaving) -> None:
    """Also by the thread that is just taking a connection."""
    url = server.on("/x", Reply(body=b"ok"))
    with Session(server.url) as session:
        answer = session.stream(Request("GET", url))
        chunks = answer.chunks()
        assert next(chunks) == b"ok"  # all of it, but nobody has seen the end yet
        transport = session._transport(server.url, url)
        [manager] = transport._managers.values()  # type: ignore[attr-defined]
        with manager.connection_from_url(url).pool.mutex:
            del answer, chunks
            gc.collect()
        assert read(session, url) == b"ok"
    assert server.connections == 1


def test_a_late_second_answer_is_not_taken_for_the_next_one() -> None:
    """The server repeats its answer to the first request just before that to the second."""
    asked: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            first = b""
            with connection:
                while head := connection.recv(1 << 16):
                    asked.append(head.split(b" ")[1])
                    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + asked[-1]
                    connection.sendall(first + answer)
                    first = answer

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        session = Session(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with session:
            contents = [
                session.send(Request("GET", f"{session.where}/{name}")).content
                for name in ("one", "two", "six")
            ]

    assert contents == [b"/one", b"/two", b"/six"]
    assert asked == [b"/one", b"/two", b"/two", b"/six", b"/six"]


def test_what_a_copy_of_a_session_needs_is_no_secret(server: Misbehaving) -> None:
    session = Session(server.url.replace("//", "//me:sesame@"), timeout=7.0)
    session.token = "sesame"

    assert session.recipe() == (server.url, {"timeout": 7.0})
