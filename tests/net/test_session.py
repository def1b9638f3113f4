"""Session.send and Session.stream against a real server that misbehaves."""

from __future__ import annotations

import gzip
import os
import re
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.misbehaving import Misbehaving, Reply
from topmast.config import DEFAULTS, conf
from topmast.errors import (
    BadAnswerError,
    HTTPStatusError,
    InvalidQueryError,
    NotAuthorizedError,
    TimeoutError,
    UnreachableError,
)
from topmast.net import body as received
from topmast.net.messages import Answer, Headers, Limits, Request
from topmast.net.session import IN_PROCESS, Session

INVOKE = "/api/v0/invoke"


def get(url: str, **headers: str) -> Request:
    return Request("GET", url, headers)


def test_an_answer_has_the_names_that_requests_uses(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b'{"a": 1}', headers={"Content-Type": "application/json"}))
    answer = Session(server.url).send(get(url))
    assert (answer.status_code, answer.ok, answer.reason, answer.url) == (200, True, "OK", url)
    assert answer.content == b'{"a": 1}'
    assert answer.json() == {"a": 1}
    assert answer.text == '{"a": 1}'
    assert answer.headers["content-TYPE"] == "application/json"
    assert answer.raise_for_status() is None


def test_a_request_says_who_asks_and_asks_for_gzip(server: Misbehaving) -> None:
    url = server.on("/x", Reply())
    Session(server.url, user_agent="my-survey/2").send(get(url))
    headers = server.requests[0].headers
    assert re.fullmatch(r"my-survey/2 topmast/\S+ Python/\S+ \(\w+\)", headers["user-agent"])
    assert headers["accept-encoding"] == "gzip"


def test_a_session_keeps_its_connection(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"abc"))
    session = Session(server.url)
    for _ in range(5):
        session.send(get(url))
    assert server.connections == 1


def test_a_connection_closed_while_idle_is_opened_again(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"abc", close=True))
    session = Session(server.url)
    assert [session.send(get(url)).content for _ in range(3)] == [b"abc"] * 3


# ---------------------------------------------------------------- time limits


def test_a_silent_server_is_left_at_the_total_limit(server: Misbehaving) -> None:
    url = server.on("/x", Reply(silent=True))
    with pytest.raises(TimeoutError) as caught:
        Session(server.url, timeout=0.3).send(get(url))
    assert str(caught.value) == (
        f"{url} was not answered whole within 0.3 s. "
        "Ask for less at once, or raise the limit: conf.timeout."
    )


def test_the_read_limit_counts_from_the_last_byte_and_is_tried_again(server: Misbehaving) -> None:
    url = server.on("/x", Reply(silent=True), Reply(body=b"abc", stall_at=1), Reply(body=b"ok"))
    assert Session(server.url, read_timeout=0.1).send(get(url)).content == b"ok"
    assert len(server.requests) == 3


def test_the_read_limit_is_named_when_it_passes(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"abc", stall_at=1))
    with pytest.raises(TimeoutError, match=r"/x sent nothing for 0\.1 s.*conf\.read_timeout"):
        Session(server.url, read_timeout=0.1, tries=1).send(get(url))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"x" * 1000, drip_seconds=0.05),
        Reply(body=b"x" * 1000, drip_seconds=0.05, drip_headers=True),
        Reply(body=b"x" * 1000, drip_seconds=0.05, chunked=True),
        Reply(body=b"x" * 1000, drip_seconds=0.05, length=None),
        Reply(body=b"x" * 1000, drip_seconds=0.05, gzipped=True, drip_headers=True),
    ],
)
def test_a_dripping_server_is_left_at_the_total_limit(server: Misbehaving, reply: Reply) -> None:
    url = server.on("/x", reply)
    with pytest.raises(TimeoutError, match=r"not answered whole within 0\.3 s"):
        Session(server.url).send(get(url), total_seconds=0.3)


def test_dripping_headers_are_left_even_without_a_total_limit(server: Misbehaving) -> None:
    url = server.on("/x", Reply(drip_seconds=0.05, drip_headers=True))
    with pytest.raises(TimeoutError, match="not answered whole within"):
        Session(server.url).stream(get(url), limits=Limits(0.1, 0.2))


def test_retries_and_their_waits_count_towards_the_total_limit(server: Misbehaving) -> None:
    url = server.on("/x", Reply(503, wait_seconds=0.1))
    with pytest.raises((TimeoutError, HTTPStatusError)):
        Session(server.url, timeout=0.25, tries=1000).send(get(url))
    assert len(server.requests) < 10


def test_a_server_that_does_not_accept_is_left_at_the_connect_limit() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}"
        with pytest.raises(
            TimeoutError, match=r"gave no connection within 0\.2 s.*connect_timeout"
        ):
            Session(url, connect_timeout=0.2, tries=1).send(get(url))
        for one in waiting:
            one.close()


def test_the_address_that_answered_is_tried_first_the_next_time(
    server: Misbehaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    url = server.on("/x", Reply(body=b"ok")).replace(server.host, "two.example")
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, server.port))
        for host in ("127.0.0.3", server.host)
    ]
    tried: list[str] = []

    class Watched(socket.socket):
        def connect(self, address: tuple[str, int]) -> None:
            tried.append(address[0])
            super().connect(address)

    def look_up(host: str, port: int, family: int, kind: int, *more: int) -> object:
        if more:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return found

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "socket", Watched)
    for _ in range(2):
        with Session(url, tries=1) as session:
            assert session.send(get(url)).content == b"ok"
    assert tried == ["127.0.0.3", server.host, server.host]


def test_a_look_up_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    ended = threading.Event()

    def look_up(host: str, port: int, family: int, kind: int, *more: int) -> object:
        if more:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        ended.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    session = Session("http://slow.example", connect_timeout=0.2, tries=1)
    with pytest.raises(TimeoutError, match=r"slow\.example gave no connection within 0\.2 s"):
        session.send(get("http://slow.example/x"))
    ended.set()


# ---------------------------------------------------------------- retries


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_passing_failure_is_tried_again(server: Misbehaving, status: int) -> None:
    url = server.on("/x", Reply(status), Reply(status), Reply(body=b"ok"))
    assert Session(server.url).send(get(url)).content == b"ok"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"abcdef", reset_at=3),
        Reply(body=b"abcdef", end_at=3),
        Reply(body=b"abcdef", end_at=0),
        Reply(body=b"abcdef", chunked=True, end_at=3),
        Reply(body=b"abcdef", chunked=True, end_at=6),
        Reply(body=b"abcdef", gzipped=True, end_at=12),
        Reply(body=b"abcdef", gzipped=True, length=None, end_at=12),
        Reply(body=b"abcdef", length=100, close=True),
        Reply(hang_up=True),
        Reply(raw=b"not HTTP at all\r\n\r\n"),
    ],
)
def test_a_cut_answer_is_tried_again(server: Misbehaving, reply: Reply) -> None:
    url = server.on("/x", reply, Reply(body=b"whole"))
    assert Session(server.url).send(get(url)).content == b"whole"


def test_a_query_is_tried_again_with_the_same_body(server: Misbehaving) -> None:
    url = server.on(INVOKE, Reply(hang_up=True), Reply(500), Reply(body=b"{}"))
    Session(server.url).send(Request("POST", url, {}, b"request=1"))
    assert [seen.body for seen in server.requests] == [b"request=1"] * 3


def test_a_login_is_not_sent_twice(server: Misbehaving) -> None:
    url = server.on("/api/v0/login", Reply(500), Reply(body=b"in"))
    with pytest.raises(HTTPStatusError, match="answered 500"):
        Session(server.url).send(Request("POST", url, {}, b"who"))
    assert len(server.requests) == 1


def test_after_the_last_try_the_error_tells_how_often(server: Misbehaving) -> None:
    url = server.on("/x", Reply(503, b"<html><title>Down for\nservice</title><p>secret"))
    with pytest.raises(HTTPStatusError) as caught:
        Session(server.url, tries=3).send(get(url))
    assert str(caught.value) == (
        f"{url} answered 503 Service Unavailable: Down for service. Tried 3 times. "
        "The archive is overloaded or down: try again later."
    )
    assert (caught.value.status_code, caught.value.url) == (503, url)
    assert len(server.requests) == 3


def test_retry_after_is_obeyed(server: Misbehaving) -> None:
    url = server.on("/x", Reply(429, headers={"Retry-After": "0"}), Reply(body=b"ok"))
    assert Session(server.url).send(get(url)).content == b"ok"


def test_a_retry_after_longer_than_the_limit_fails_at_once(server: Misbehaving) -> None:
    url = server.on("/x", Reply(503, headers={"Retry-After": "3600"}))
    with pytest.raises(HTTPStatusError, match=r"asks to wait 3600 s .* longer than the 60 s left"):
        Session(server.url, timeout=60).send(get(url))
    assert len(server.requests) == 1


def test_a_refused_connection_says_where_and_why() -> None:
    with pytest.raises(UnreachableError) as caught:
        Session("http://127.0.0.1:1", tries=2).send(get("http://127.0.0.1:1/x"))
    assert str(caught.value) == (
        "127.0.0.1:1 cannot be reached to ask for http://127.0.0.1:1/x: Connection refused. "
        "Check the network and the server's address. Tried 2 times."
    )
    assert isinstance(caught.value, ConnectionError)


def test_an_error_that_is_being_handled_does_not_colour_ours() -> None:
    try:
        raise OSError("other") from TimeoutError("other")
    except OSError:
        with pytest.raises(UnreachableError, match="Connection refused"):
            Session("http://127.0.0.1:1", tries=1).send(get("http://127.0.0.1:1/x"))


def test_an_unknown_host_is_named_and_not_tried_again() -> None:
    with pytest.raises(UnreachableError, match=r"No address is known for nowhere\.invalid"):
        Session("http://nowhere.invalid").send(get("http://nowhere.invalid/x"))


def test_missing_bytes_are_counted(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"x" * 1000, end_at=400))
    with pytest.raises(UnreachableError, match="400 bytes came and 600 more were announced"):
        Session(server.url, tries=1).send(get(url))


# ---------------------------------------------------------------- statuses


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (401, NotAuthorizedError, "Log in with a token"),
        (403, NotAuthorizedError, "exclusive data need"),
        (404, HTTPStatusError, "nothing is there"),
    ],
)
def test_a_status_becomes_an_error_once(
    server: Misbehaving, status: int, kind: type[HTTPStatusError], advice: str
) -> None:
    url = server.on("/x", Reply(status, b'{"msg": "no such thing"}'))
    with pytest.raises(kind, match=rf"/x answered {status} .*: no such thing\. .*{advice}"):
        Session(server.url).send(get(url))
    assert len(server.requests) == 1


def test_without_check_the_answer_comes_and_raises_the_same_later(server: Misbehaving) -> None:
    url = server.on("/x", Reply(404))
    answer = Session(server.url).send(get(url), check=False)
    assert not answer.ok
    with pytest.raises(HTTPStatusError, match="answered 404 Not Found"):
        answer.raise_for_status()


def test_json_that_is_none_is_a_bad_answer(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"<!DOCTYPE html><title>Maintenance &amp; rest</title>"))
    with pytest.raises(BadAnswerError, match=r"did not answer with JSON \(Maintenance & rest\)"):
        Session(server.url).send(get(url)).json()


def test_what_a_server_says_cannot_steer_the_terminal(server: Misbehaving) -> None:
    url = server.on("/x", Reply(404, b"\x1b[2Jgone\r\n\x07 for good" + b"." * 1000))
    with pytest.raises(HTTPStatusError) as caught:
        Session(server.url).send(get(url))
    assert "\ufffd[2Jgone \ufffd for good" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


# ---------------------------------------------------------------- compression


def test_gzip_is_unpacked_also_in_several_members(server: Misbehaving) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 10
    url = server.on("/x", Reply(body=packed, headers={"Content-Encoding": "gzip"}))
    session = Session(server.url)
    assert session.send(get(url)).content == b"one two"
    with session.stream(get(url)) as stream:
        assert b"".join(stream.chunks(2)) == b"one two"


@pytest.mark.parametrize("bits", [zlib.MAX_WBITS, -zlib.MAX_WBITS])
def test_deflate_is_unpacked_with_and_without_its_header(server: Misbehaving, bits: int) -> None:
    packer = zlib.compressobj(wbits=bits)
    packed = packer.compress(b"data " * 100) + packer.flush()
    url = server.on("/x", Reply(body=packed, headers={"Content-Encoding": "deflate"}))
    assert Session(server.url).send(get(url)).content == b"data " * 100


def test_a_gzip_bomb_is_refused_before_it_fills_memory(
    server: Misbehaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received, "UNSUSPICIOUS_BYTES", 1 << 20)
    url = server.on("/x", Reply(body=b"\0" * (8 << 20), gzipped=True))
    with pytest.raises(BadAnswerError, match=r"sent [\d,]+ bytes that unpack to more than"):
        Session(server.url).send(get(url))
    assert len(server.requests) == 1


def test_an_answer_too_large_for_memory_is_refused(
    server: Misbehaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received, "MAX_ANSWER_BYTES", 1000)
    url = server.on("/x", Reply(body=b"x" * 5000))
    with pytest.raises(BadAnswerError, match=r"more than 1,000 bytes.*Ask for less"):
        Session(server.url).send(get(url))


@pytest.mark.parametrize(
    ("encoding", "message"),
    [("gzip", "not the compressed data it says it is"), ("br", "encoding 'br', which was not")],
)
def test_a_wrong_encoding_is_a_bad_answer(server: Misbehaving, encoding: str, message: str) -> None:
    url = server.on("/x", Reply(body=b"plain text", headers={"Content-Encoding": encoding}))
    with pytest.raises(BadAnswerError, match=message):
        Session(server.url).send(get(url))


def test_head_has_headers_and_no_body(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"x" * 99, gzipped=True, etag='"v"'))
    answer = Session(server.url).send(Request("HEAD", url))
    assert (answer.content, answer.headers["ETag"]) == (b"", '"v"')


# ---------------------------------------------------------------- redirects


def to(url: str, status: int = 302) -> Reply:
    return Reply(status, headers={"Location": url})


def test_a_redirect_is_followed_and_the_answer_knows_where_it_came_from(
    server: Misbehaving,
) -> None:
    server.on("/new%20place", Reply(body=b"here"))
    url = server.on("/old", to("new place#top", 301))
    answer = Session(server.url).send(get(url))
    assert (answer.content, answer.url) == (b"here", server.url + "/new%20place")


def test_credentials_stay_behind_on_the_way_to_another_host(
    server: Misbehaving, elsewhere: Misbehaving
) -> None:
    away = elsewhere.on("/there", to(server.url + "/back"))
    server.on("/back", Reply(body=b"ok"))
    url = server.on("/x", to("/y"))
    server.on("/y", to(away))
    session = Session(server.url)
    session.token = "sesame"
    session.send(get(url, Authorization="Basic abc", Cookie="a=b", Range="bytes=0-"))
    sent = [
        (seen.path, seen.headers.get("cookie"), seen.headers.get("authorization"))
        for seen in server.requests + elsewhere.requests
    ]
    assert sent == [
        ("/x", "a=b; mast_token=sesame", "Basic abc"),
        ("/y", "a=b; mast_token=sesame", "Basic abc"),
        ("/back", None, None),
        ("/there", None, None),
    ]
    assert elsewhere.requests[0].headers["range"] == "bytes=0-"


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [
        (301, "POST", b"q=1"),
        (302, "GET", b""),
        (303, "GET", b""),
        (307, "POST", b"q=1"),
        (308, "POST", b"q=1"),
    ],
)
def test_a_redirected_post(server: Misbehaving, status: int, method: str, body: bytes) -> None:
    url = server.on(INVOKE, to("/y", status))
    server.on("/y", Reply(body=b"ok"))
    Session(server.url).send(Request("POST", url, {"Content-Type": "text/plain"}, b"q=1"))
    seen = server.seen("/y")[0]
    assert (seen.method, seen.body) == (method, body)
    assert ("content-type" in seen.headers) == (method == "POST")


def test_a_redirect_that_names_a_user_gets_no_credentials(server: Misbehaving) -> None:
    url = server.on("/x", to(server.url.replace("://", "://somebody:else@") + "/y"))
    server.on("/y", Reply(body=b"ok"))
    session = Session(server.url)

    session.send(get(url, Authorization="Basic abc"))

    assert "authorization" in server.seen("/x")[0].headers
    assert "authorization" not in server.seen("/y")[0].headers


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://host:no/"])
def test_a_redirect_to_anything_but_the_web_is_refused(server: Misbehaving, location: str) -> None:
    url = server.on("/x", to(location))
    with pytest.raises(BadAnswerError, match="which is not followed: only http and https"):
        Session(server.url).send(get(url))


def test_redirects_without_end_are_left(server: Misbehaving) -> None:
    url = server.on("/x", to("/x"))
    with pytest.raises(BadAnswerError, match="more than 5 redirects"):
        Session(server.url).send(get(url))
    assert len(server.requests) == 6


def test_a_stream_follows_redirects_and_keeps_one_try(server: Misbehaving) -> None:
    url = server.on("/x", to("/busy"))
    server.on("/busy", Reply(503))
    with Session(server.url).stream(get(url)) as stream:
        assert (stream.status_code, stream.url) == (503, server.url + "/busy")
    assert len(server.requests) == 2


# ---------------------------------------------------------------- what may be sent


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "http://127.0.0.1:1/x\r\nHost: evil"),
        Request("GET", "http://127.0.0.1:1/x", {"A": "b\r\nC: d"}),
        Request("GET", "http://127.0.0.1:1/x", {"A\r\nB": "c"}),
        Request("GET", "http://127.0.0.1:1/x", {"A": "b\0"}),
        Request("GET", "http://127.0.0.1:1/x", {"A": "\u2192"}),
        Request("GET\r\nX: y", "http://127.0.0.1:1/x"),
        Request("GET", "ftp://127.0.0.1/x"),
        Request("GET", "http:///x"),
        Request("GET", "http://host:port/x"),
    ],
)
def test_what_could_smuggle_a_header_is_refused(request_: Request) -> None:
    with pytest.raises(InvalidQueryError):
        Session("http://127.0.0.1:1").send(request_)


def test_a_name_of_ones_own_cannot_smuggle_a_header(server: Misbehaving) -> None:
    url = server.on("/x", Reply())
    with pytest.raises(InvalidQueryError, match="HTTP header User-Agent contains a character"):
        Session(server.url, user_agent="me\r\nX: y").send(get(url))


def test_limits_may_be_infinite(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"ok"))
    endless = float("inf")
    session = Session(server.url, timeout=endless, read_timeout=endless, connect_timeout=endless)
    assert session.send(get(url)).content == b"ok"
    with session.stream(get(url)) as stream:
        assert b"".join(stream.chunks()) == b"ok"


def test_a_page_without_a_title_is_not_repeated(server: Misbehaving) -> None:
    url = server.on("/x", Reply(404, b"<h1>Sorry</h1><script>alert(1)</script>"))
    with pytest.raises(HTTPStatusError, match="404 Not Found: a page of HTML"):
        Session(server.url).send(get(url))


def test_spaces_and_letters_of_other_alphabets_are_escaped(server: Misbehaving) -> None:
    server.on("/a%20%C3%A9", Reply(body=b"ok"))
    assert Session(server.url).send(get(server.url + "/a é")).content == b"ok"


def test_a_token_with_a_line_end_is_refused_without_showing_it() -> None:
    session = Session("http://127.0.0.1:1")
    session.token = "secret\r\nX: y"
    with pytest.raises(InvalidQueryError) as caught:
        session.send(get("http://127.0.0.1:1/x"))
    assert "secret" not in str(caught.value)


# ---------------------------------------------------------------- secrets


def test_no_secret_is_ever_shown(server: Misbehaving, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    server.on("/x", Reply(500, b"bad token sesame for pass word"))
    session = Session(server.url.replace("//", "//me:pass%20word@"), tries=2)
    session.token = "sesame"
    with pytest.raises(HTTPStatusError) as caught:
        session.send(get(session.servers.portal + "/x?token=hushhush&b=1"))
    shown = f"{caught.value} {caught.value.url} {session!r} {session.servers} {caplog.text}"
    for secret in ("sesame", "hushhush", "pass%20word", "pass word"):
        assert secret not in shown
    assert server.requests[0].headers["authorization"] == "Basic bWU6cGFzcyB3b3Jk"


def test_urllib3_notes_down_no_secret(
    server: Misbehaving, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nno header hushhush\r\n\r\n"
    url = server.on("/x", Reply(raw=head))
    Session(server.url, tries=1).send(get(f"{url}?token=sesame"), check=False)
    assert "sesame" not in caplog.text
    assert "hushhush" not in caplog.text


def test_a_password_in_a_url_is_sent_as_a_header_to_that_host(
    server: Misbehaving, elsewhere: Misbehaving
) -> None:
    url = server.on("/x", Reply()).replace("//", "//me:pw@")
    answer = Session("http://127.0.0.1:1").send(get(url))
    assert server.requests[0].headers["authorization"] == "Basic bWU6cHc="
    assert answer.url == f"{server.url}/x"
    Session(server.url.replace("//", "//me:pw@")).send(get(elsewhere.on("/x", Reply())))
    assert "authorization" not in elsewhere.requests[0].headers


def test_the_token_goes_to_no_other_host(server: Misbehaving, elsewhere: Misbehaving) -> None:
    session = Session(server.url)
    session.token = "sesame"
    session.send(get(elsewhere.on("/x", Reply())))
    assert "cookie" not in elsewhere.requests[0].headers


def test_an_answer_repeats_no_secret_when_it_raises_later(server: Misbehaving) -> None:
    url = server.on("/x", Reply(404, b"no file for sesame"))
    session = Session(server.url)
    session.token = "sesame"
    answer = session.send(get(url), check=False)
    with pytest.raises(HTTPStatusError, match=r"no file for \*\*\*"):
        answer.raise_for_status()


# ---------------------------------------------------------------- several at once


def test_no_more_than_so_many_requests_are_under_way(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"ok", wait_seconds=0.02))
    session = Session(server.url, connections=3)
    with ThreadPoolExecutor(12) as pool:
        assert [a.content for a in pool.map(session.send, [get(url)] * 24)] == [b"ok"] * 24
    assert server.most_at_once == 3
    assert server.connections <= 3


def test_waiting_for_a_turn_ends_at_the_limit(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"ok"))
    session = Session(server.url, connections=1, tries=1)
    with session.stream(get(url)):
        with pytest.raises(TimeoutError, match=r"not answered whole within 0\.1 s") as caught:
            session.send(get(url), total_seconds=0.1)
    assert "still under way" in str(caught.value.__cause__)
    assert session.send(get(url)).content == b"ok"


def test_parts_of_files_count_as_all_connections_do(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"ok", ranges="honoured"))
    session = Session(server.url, connections=2, tries=1)
    with session.stream(get(url, Range="bytes=0-")), session.stream(get(url, Range="bytes=1-")):
        with pytest.raises(TimeoutError, match=r"not answered whole within 0\.1 s"):
            session.send(get(url, Range="bytes=1-"), total_seconds=0.1)
    assert session.send(get(url)).content == b"ok"


def test_a_forgotten_stream_gives_its_turn_back(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"ok"))
    session = Session(server.url, connections=1)
    session.stream(get(url))
    assert session.send(get(url), total_seconds=5).content == b"ok"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_process_opens_its_own_connections(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"ok"))
    session = Session(server.url, connections=1)
    session.send(get(url))
    with session.stream(get(url)):
        child = os.fork()
        if child == 0:
            fine = session.send(get(url), total_seconds=10).content == b"ok"
            os._exit(0 if fine else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert session.send(get(url)).content == b"ok"
    assert server.connections >= 2


def test_a_closed_session_opens_again(server: Misbehaving) -> None:
    url = server.on("/x", Reply(body=b"ok"))
    with Session(server.url) as session:
        session.send(get(url))
    assert session.send(get(url)).content == b"ok"


# ---------------------------------------------------------------- where it asks


class Recorder:
    """A transport in this process that remembers what it is asked."""

    def __init__(self, folder: str = "") -> None:
        self.folder = folder
        self.seen: list[Request] = []
        self.closed = False

    def open(self, request: Request, limits: Limits) -> Recorded:
        self.seen.append(request)
        return Recorded(request.url)

    def close(self) -> None:
        self.closed = True


class Recorded:
    status_code = 200
    headers = Headers({"Content-Type": "text/plain"})

    def __init__(self, url: str) -> None:
        self.url = url

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        yield b"from the folder"

    def close(self) -> None:
        pass

    def __enter__(self) -> Recorded:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


def test_a_folder_is_asked_in_process_and_opened_once(tmp_path: object) -> None:
    opened: list[Recorder] = []

    def open_folder(folder: str) -> Recorder:
        opened.append(Recorder(folder))
        return opened[-1]

    session = Session(f"{tmp_path}", open_folder=open_folder)
    session.token = "sesame"
    assert session.servers.portal == IN_PROCESS
    for _ in range(2):
        answer = session.send(get(f"{IN_PROCESS}/x?y"))
    assert answer.content == b"from the folder"
    assert [one.folder for one in opened] == [str(tmp_path)]
    assert Headers(opened[0].seen[0].headers)["Cookie"] == "mast_token=sesame"
    session.close()
    assert opened[0].closed


def test_only_the_base_url_itself_is_in_process(server: Misbehaving, tmp_path: object) -> None:
    session = Session(f"{tmp_path}", open_folder=Recorder, tries=1, timeout=5)
    assert session.send(get(server.on("/x", Reply(body=b"net")))).content == b"net"
    with pytest.raises(UnreachableError):
        session.send(get(f"{IN_PROCESS}.invalid/x"))


def test_without_a_place_the_settings_are_followed_as_they_change(
    server: Misbehaving, tmp_path: object
) -> None:
    session = Session(open_folder=Recorder)
    assert session.servers.portal == "https://mast.stsci.edu"
    conf.server = f"{server.url}/"
    assert session.servers.portal == server.url
    conf.server = str(tmp_path)
    assert session.servers.catalogs == IN_PROCESS
    assert session.send(get(f"{IN_PROCESS}/x")).content == b"from the folder"


@pytest.mark.parametrize(
    "where", ["http://", "https://host:port", "http://a b/", "HTTP://[::1", "http://h/\r\nX: y"]
)
def test_a_broken_url_is_refused_with_its_text(where: str) -> None:
    with pytest.raises(InvalidQueryError, match="URL"):
        Session(where)
    conf.server = where
    with pytest.raises(InvalidQueryError, match="URL"):
        _ = Session().servers


def test_a_folder_that_cannot_be_opened_here_is_named() -> None:
    with pytest.raises(InvalidQueryError, match="'some/where' is neither a URL"):
        Session("some/where").send(get(f"{IN_PROCESS}/x"))


def test_a_sessions_own_settings_come_first() -> None:
    session = Session("https://mast.stsci.edu", timeout=5, auth_server="http://127.0.0.1:9/")
    conf.timeout = 7
    conf.read_timeout = 3
    assert session.limits() == Limits(15.0, 3.0, 5.0)
    assert session.servers.auth == "http://127.0.0.1:9"
    assert session.servers.catalogs == "https://catalogs.mast.stsci.edu"


def test_a_wrong_setting_is_refused_with_the_right_ones() -> None:
    with pytest.raises(InvalidQueryError, match=r"No setting 'timeuot'\. Settings: .*timeout"):
        Session(timeuot=3)
    with pytest.raises(InvalidQueryError, match="timeout takes a float, not 'soon'"):
        Session(timeout="soon")


def test_a_folder_called_like_a_host_is_a_folder() -> None:
    assert Session("mast.stsci.edu").servers.portal == IN_PROCESS
    assert Session("HTTPS://mast.stsci.edu").servers.catalogs == "https://catalogs.mast.stsci.edu"


def test_an_answer_can_be_made_by_hand() -> None:
    answer = Answer(404, {"Content-Type": "text/plain; charset=latin-1"}, b"\xe9", "http://h/x")
    assert (answer.reason, answer.text, answer.encoding) == ("Not Found", "é", "latin-1")
    assert repr(answer) == "<Answer 404 Not Found, 1 bytes>"


def test_threads_share_one_session(server: Misbehaving) -> None:
    session = Session(server.url)
    for number in range(20):
        server.on(f"/{number}", Reply(body=str(number).encode()))
    results: dict[int, bytes] = {}

    def fetch(number: int) -> None:
        results[number] = session.send(get(f"{server.url}/{number}")).content

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: str(number).encode() for number in range(20)}


def test_a_query_that_took_too_long_is_sent_once_more_only(server: Misbehaving) -> None:
    url = server.on("/x", Reply(504))
    with pytest.raises(HTTPStatusError, match=r"504 Gateway Timeout. Tried 2 times\."):
        Session(server.url).send(get(url))
    assert len(server.requests) == 2


def test_a_query_may_be_silent_as_long_as_it_may_take(
    server: Misbehaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DEFAULTS, "read_timeout", 0.1)
    url = server.on("/x", Reply(body=b"ok", wait_seconds=0.4))
    assert Session(server.url, timeout=5.0).send(get(url)).content == b"ok"
    assert len(server.requests) == 1
    with pytest.raises(TimeoutError, match=r"sent nothing for 0\.1 s"):
        Session(server.url).stream(get(url))
