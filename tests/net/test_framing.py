"""Where an answer ends does not depend on how its bytes arrive."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topmast.errors import MastError
from topmast.net.messages import Request
from topmast.net.session import Session

BODIES = st.binary(max_size=300) | st.binary(min_size=60_000, max_size=140_000)
CUTS = st.lists(st.integers(0, 150_000), max_size=12)


@contextmanager
def answering(pieces: list[bytes]) -> Iterator[str]:
    """A server that sends these pieces, each on its own, to whoever comes first, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                asked = b""
                while b"\r\n\r\n" not in asked and (more := connection.recv(4096)):
                    asked += more
                for piece in pieces:
                    connection.sendall(piece)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def split(content: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut for cut in cuts if 0 < cut < len(content)})
    return [
        content[a:b] for a, b in zip([0, *places], [*places, len(content)], strict=True) if a < b
    ]


@st.composite
def framed(draw: st.DrawFn, body: bytes) -> bytes:
    """The bytes of an answer with this body, its end told in one of three ways."""
    how = draw(st.sampled_from(["length", "chunks", "close"]))
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * draw(st.integers(0, 2))
    start = interim + b"HTTP/1.1 200 OK\r\nX-Folded: one\r\n  two\r\nnot a header\r\n"
    if how == "length":
        return start + b"content-length:  %d \r\n\r\n" % len(body) + body
    if how == "close":
        return start + b"\r\n" + body
    end = draw(st.sampled_from([b"", b"X-Trailer: 1\r\n"]))
    extension = draw(st.sampled_from([b"", b";name=value", b' ; quoted="a b"']))
    chunks = [piece for piece in split(body, draw(CUTS)) if piece]
    lines = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    return start + b"Transfer-Encoding: chunked\r\n\r\n" + lines + b"0\r\n" + end + b"\r\n"


@given(data=st.data(), body=BODIES, cuts=CUTS)
@settings(max_examples=30)
def test_a_body_is_the_same_however_it_is_framed_and_cut(
    data: st.DataObject, body: bytes, cuts: list[int]
) -> None:
    content = data.draw(framed(body))
    with answering(split(content, cuts)) as url, Session(url, tries=1) as session:
        answer = session.send(Request("GET", f"{url}/"))
    assert answer.content == body
    assert answer.headers["X-Folded"] == "one two"


@given(data=st.data(), body=st.binary(min_size=2, max_size=2000), cut=st.floats(0, 1))
@settings(max_examples=25)
def test_half_an_answer_is_never_taken_for_a_whole_one(
    data: st.DataObject, body: bytes, cut: float
) -> None:
    content = data.draw(framed(body))
    head, _, rest = content.partition(b"not a header\r\n")
    end = rest.rfind(b"\r\n0\r\n") + 4 if b"chunked" in head + rest[:40] else len(rest) - 1
    half = content[: int(cut * (len(content) - len(rest) + end))]
    whole_head = head + b"not a header\r\n\r\n"
    with answering([half]) as url, Session(url, tries=1) as session:
        if rest.startswith(b"\r\n") and half.startswith(whole_head):  # it ends as it is cut off
            answer = session.send(Request("GET", f"{url}/"))
            assert answer.content == half.removeprefix(whole_head)
            return
        with pytest.raises(MastError):
            session.send(Request("GET", f"{url}/"))


def test_a_refusal_counts_though_its_explanation_is_cut_off() -> None:
    head = b"HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\n"
    with answering([head + b"<title>No such"]) as url, Session(url, tries=1) as session:
        answer = session.send(Request("GET", f"{url}/"), check=False)
    assert (answer.status_code, answer.content) == (404, b"<title>No such")
