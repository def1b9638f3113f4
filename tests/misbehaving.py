"""A small web server on this machine that misbehaves as it is told to.

Each path has one reply, or several that are given in turn (the last one again and again)::

    with Misbehaving() as server:
        server.on("/whole", Reply(body=b"all of it", etag='"v1"', ranges="honoured"))
        server.on("/cut", Reply(body=data, reset_at=1000))          # a reset after 1000 bytes
        server.on("/ends", Reply(body=data, end_at=1000))           # closed early, politely
        server.on("/stalls", Reply(body=data, stall_at=1000))       # then nothing more
        server.on("/silent", Reply(silent=True))                    # never a single byte
        server.on("/busy", Reply(503, headers={"Retry-After": "1"}), Reply(503), Reply(body=b"ok"))
        server.on("/away", Reply(302, headers={"Location": "http://127.0.0.2:1/x"}))
        server.on("/computed", lambda seen: Reply(body=seen.body))  # depends on the request
        ...
        fetch(server.url + "/cut")
        assert [seen.path for seen in server.requests] == ["/cut"]
        assert server.requests[0].headers["range"] == "bytes=1000-"

Paths are looked up with their query first, then without it; others are answered 404. HEAD gets
the headers of the GET. A second server on another address, ``Misbehaving("127.0.0.2")``, stands
for another host. As a fixture::

    @pytest.fixture
    def server():
        with Misbehaving() as server:
            yield server
"""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import TracebackType
from typing import Literal

__all__ = ["Misbehaving", "Reply", "Seen"]


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(frozen=True)
class Reply:
    """What the server does with one request.

    Positions (`reset_at`, `end_at`, `stall_at`) count bytes of the body as sent; 0 is right after
    the headers.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | Literal["right"] | None = "right"
    """Content-Length: the right one, a wrong one, or None (none is sent, the end is the close)."""
    chunked: bool = False
    """Chunked transfer instead of a length; cut, it lacks its last chunk."""
    reset_at: int | None = None
    """The connection is reset (RST) after so many bytes."""
    end_at: int | None = None
    """The connection is closed (FIN) after so many bytes."""
    stall_at: int | None = None
    """Nothing more comes after so many bytes, and the connection stays open."""
    silent: bool = False
    """Not even a status line comes."""
    hang_up: bool = False
    """The connection is closed without a single byte."""
    wait_seconds: float = 0.0
    """The time before the status line."""
    drip_seconds: float = 0.0
    """The body comes byte by byte with this pause."""
    drip_headers: bool = False
    """So do the status line and the headers."""
    ranges: Literal["ignored", "honoured", "wrong"] = "ignored"
    """Range requests; "wrong" answers 206 from byte 0 whatever was asked."""
    etag: str | None = None
    """Also decides If-None-Match (304) and If-Range."""
    last_modified: str | None = None
    gzipped: bool = False
    """The body is compressed and says so."""
    close: bool = False
    """The connection ends after the answer."""
    raw: bytes | None = None
    """Sent as it is, instead of everything above."""


class Misbehaving:
    """The server; a context manager. See the top of this file."""

    def __init__(self, host: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._replies: dict[str, list[Reply | Callable[[Seen], Reply]]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((host, 0), backlog=128)
        self.host, self.port = self._listener.getsockname()[:2]
        self.requests: list[Seen] = []
        self.connections = 0
        self.most_at_once = 0
        self._at_once = 0

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://{self.host}:{self.port}"

    def on(self, path: str, *replies: Reply | Callable[[Seen], Reply]) -> str:
        """Answer `path` with `replies`, one after the other; gives the whole URL."""
        with self._lock:
            self._replies[path] = list(replies)
        return self.url + path

    def seen(self, path: str) -> list[Seen]:
        """The requests for `path`, with any query."""
        return [seen for seen in self.requests if path in (seen.path, seen.target)]

    def __enter__(self) -> Misbehaving:
        threading.Thread(target=self._accept, name="misbehaving", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close everything; from now on connections are refused."""
        self._stopping.set()
        _shut(self._listener)
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            _shut(connection)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                for seen in _requests(stream):
                    if not self._answer(connection, seen):
                        return
        except (OSError, ValueError):
            pass
        finally:
            connection.close()
            with self._lock:
                self._open.discard(connection)

    def _answer(self, connection: socket.socket, seen: Seen) -> bool:
        """Answer one request; whether the connection may go on."""
        with self._lock:
            self.requests.append(seen)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return self._send(connection, seen, self._reply_to(seen))
        finally:
            with self._lock:
                self._at_once -= 1

    def _reply_to(self, seen: Seen) -> Reply:
        with self._lock:
            replies = self._replies.get(seen.target) or self._replies.get(seen.path)
            if not replies:
                return Reply(404, b"nothing is here", {"Content-Type": "text/plain"})
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return reply(seen) if callable(reply) else reply

    def _send(self, connection: socket.socket, seen: Seen, reply: Reply) -> bool:
        self._stopping.wait(reply.wait_seconds)
        if reply.silent:
            self._stopping.wait()
            return False
        if reply.hang_up:
            return False
        if reply.raw is not None:
            connection.sendall(reply.raw)
            return False
        if seen.method == "?":
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return False
        reply = _to_the_request(reply, seen)
        body = b"" if seen.method == "HEAD" or reply.status in (204, 304) else reply.body
        self._pieces(connection, _head(reply), reply.drip_seconds if reply.drip_headers else 0)
        stops = (reply.reset_at, reply.end_at, reply.stall_at)
        stop = next((at for at in stops if at is not None), None) if seen.method != "HEAD" else None
        whole = stop is None
        self._body(connection, reply, body if stop is None else body[:stop], whole)
        if stop is None:
            return not reply.close and reply.length == "right"
        if reply.stall_at is not None:
            self._stopping.wait()
        if reply.reset_at is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def _body(self, connection: socket.socket, reply: Reply, body: bytes, whole: bool) -> None:
        if not reply.chunked:
            self._pieces(connection, body, reply.drip_seconds)
            return
        if body:
            connection.sendall(b"%x\r\n" % len(body))
            self._pieces(connection, body, reply.drip_seconds)
            connection.sendall(b"\r\n")
        if whole:
            connection.sendall(b"0\r\n\r\n")

    def _pieces(self, connection: socket.socket, data: bytes, pause: float) -> None:
        if not pause:
            connection.sendall(data)
            return
        for byte in data:
            if self._stopping.wait(pause):
                return
            connection.sendall(bytes([byte]))


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        connection.close()


def _requests(stream: object) -> Iterator[Seen]:
    read = stream.readline  # type: ignore[attr-defined]
    while line := read(1 << 16):
        if not line.strip():
            continue
        if line.count(b" ") < 2 or not line[:1].isupper():
            yield Seen("?", "?", {}, line, time.monotonic())
            return
        method, target, _ = line.decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (line := read(1 << 16)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))  # type: ignore[attr-defined]
        yield Seen(method, target, headers, body, time.monotonic())


def _to_the_request(reply: Reply, seen: Seen) -> Reply:
    """`reply` as compression, validators and the range asked for make it."""
    if reply.gzipped:
        packed = gzip.compress(reply.body, mtime=0)
        reply = replace(reply, body=packed, headers={**reply.headers, "Content-Encoding": "gzip"})
    if reply.etag is not None and seen.headers.get("if-none-match") == reply.etag:
        return replace(reply, status=304, body=b"")
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", seen.headers.get("range", ""))
    condition = seen.headers.get("if-range")
    unchanged = condition is None or condition in (reply.etag, reply.last_modified)
    if reply.ranges == "ignored" or reply.status != 200 or not match or not unchanged:
        return reply
    return _ranged(reply, match[1], match[2])


def _ranged(reply: Reply, first: str, last: str) -> Reply:
    size = len(reply.body)
    start = int(first) if first else max(size - int(last or 0), 0)
    stop = min(int(last) + 1, size) if first and last else size
    if reply.ranges == "wrong":
        start = 0
    if start >= size:
        return replace(
            reply,
            status=416,
            body=b"",
            headers={**reply.headers, "Content-Range": f"bytes */{size}"},
        )
    told = {**reply.headers, "Content-Range": f"bytes {start}-{stop - 1}/{size}"}
    return replace(reply, status=206, body=reply.body[start:stop], headers=told)


def _head(reply: Reply) -> bytes:
    try:
        reason = HTTPStatus(reply.status).phrase
    except ValueError:
        reason = "Odd"
    headers = dict(reply.headers)
    if reply.chunked:
        headers["Transfer-Encoding"] = "chunked"
    elif reply.length is not None and reply.status not in (204, 304):
        size = len(reply.body) if reply.length == "right" else reply.length
        headers["Content-Length"] = str(size)
    if reply.ranges != "ignored":
        headers.setdefault("Accept-Ranges", "bytes")
    if reply.etag is not None:
        headers["ETag"] = reply.etag
    if reply.last_modified is not None:
        headers["Last-Modified"] = reply.last_modified
    if reply.close or (reply.length is None and not reply.chunked):
        headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {reply.status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
