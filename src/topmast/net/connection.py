"""Connections that keep their time limits byte by byte.

A socket's own timeout starts anew with every byte, so that a server which sends one a second is
waited for without end. Here each wait is cut to what is left of the limit for the whole request.
"""

from __future__ import annotations

import builtins
import http.client
import io
import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from topmast.net.deadline import Deadline

__all__ = [
    "CLOCK",
    "BodyCut",
    "Clock",
    "ConnectTooSlow",
    "DirectConnection",
    "NameUnknown",
    "NotConnected",
    "ProxyFailed",
    "SecureDirectConnection",
    "TimedResponse",
    "connected",
    "in_time",
]

PIECE = 1 << 14
LITTLE_SECONDS = 0.005


@dataclass
class Clock:
    """The time limits of one request."""

    connect_seconds: float
    read_seconds: float
    deadline: Deadline

    def next_wait(self) -> float:
        """How long the next byte may take."""
        left = self.deadline.left()
        if left <= 0:
            raise builtins.TimeoutError("timed out")
        return min(self.read_seconds, left)


CLOCK: ContextVar[Clock] = ContextVar("topmast_clock")


class NotConnected(OSError):
    """No connection was made, and so nothing was sent."""


class NameUnknown(NotConnected):
    """The host has no address."""


class ConnectTooSlow(NotConnected):
    """There was no connection within its time limit."""


class ProxyFailed(OSError):
    """The proxy did not pass the request on."""


class BodyCut(http.client.HTTPException):
    """The connection ended before the body was whole."""

    def __init__(self, had: int, missing: int | None = None) -> None:
        more = "it ended inside a chunk" if missing is None else f"{missing:,} more were announced"
        super().__init__(f"{had:,} bytes came and {more}")


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self._sock = sock
        self._clock = clock
        self._raw: Any = sock.makefile("rb", buffering=0)  # as long as it is open, so is the socket

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        _set_timeout(self._sock, self._clock.next_wait())
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        untimed = self.fp
        self.fp = io.BufferedReader(_TimedReader(sock, CLOCK.get()), 1 << 16)
        untimed.close()


class DirectConnection(http.client.HTTPConnection):
    """A connection of the standard library's that keeps the same time limits."""

    response_class = TimedResponse

    @property
    def usable(self) -> bool:
        """Whether it is open, and the server has not ended it while it was idle."""
        return self.sock is not None and not _readable(self.sock)

    def connect(self) -> None:
        self.sock = connected(self.host, self.port, self)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        for piece in in_time(self.sock, data):
            self.sock.sendall(piece)


class SecureDirectConnection(DirectConnection):
    """The same through TLS; `context` says which certificates are trusted."""

    default_port = http.client.HTTPS_PORT

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(host, port)
        self._context = context

    def connect(self) -> None:
        super().connect()
        plain = self.sock
        try:
            self.sock = self._context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def in_time(sock: socket.socket, data: bytes) -> Iterator[memoryview]:
    """`data` in pieces; each may take as long as there is time left."""
    view = memoryview(data)
    for start in range(0, len(view), PIECE):
        _set_timeout(sock, CLOCK.get().next_wait())
        yield view[start : start + PIECE]


def _set_timeout(sock: socket.socket, seconds: float) -> None:
    """Let the next byte take so long; each change is a call of the system."""
    before = sock.gettimeout()
    if before is None or not seconds <= before <= seconds + LITTLE_SECONDS:
        sock.settimeout(seconds)


def _readable(sock: socket.socket) -> bool:
    """Whether something came, or the other side has closed."""
    if not hasattr(select, "poll"):  # Windows, where select knows no highest number
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def connected(host: str, port: int, connection: Any) -> socket.socket:
    """A socket for `connection`, within the time limit for that.

    Raises
    ------
    NotConnected, NameUnknown, ConnectTooSlow
    """
    clock = CLOCK.get()
    seconds = min(clock.connect_seconds, clock.deadline.left())
    try:
        sock = _connect(host, port, seconds)
    except socket.gaierror as problem:
        raise NameUnknown(f"no address for {host}") from problem
    except builtins.TimeoutError as problem:
        raise ConnectTooSlow(f"no connection within {seconds:g} s") from problem
    except OSError as problem:
        raise NotConnected(str(problem)) from problem
    sys.audit("http.client.connect", connection, host, port)
    return sock


def _connect(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to the first address of `host` that answers, within `seconds` for them all."""
    until = time.monotonic() + seconds
    addresses = _addresses(host, port, seconds)
    problem: OSError = OSError("the name has no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        share = (until - time.monotonic()) / (len(addresses) - number)
        if share <= 0:
            raise builtins.TimeoutError("timed out")
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(share)
            sock.connect(address)
        except OSError as failed:
            sock.close()
            problem = failed
        else:
            sock.settimeout(max(until - time.monotonic(), 0.001))
            return sock
    raise problem


def _addresses(host: str, port: int, seconds: float) -> list[Any]:
    """The addresses of `host`; its look-up cannot be stopped, so it is left behind if too slow."""
    try:
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass
    found: list[Any] = []
    failed: list[Exception] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except (OSError, UnicodeError) as problem:
            failed.append(problem)

    thread = threading.Thread(target=look_up, name=f"look up {host}", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        if isinstance(failed[0], OSError):
            raise failed[0]
        raise socket.gaierror(socket.EAI_NONAME, "the name is not valid") from failed[0]
    if not found:
        raise builtins.TimeoutError("the look-up of the name timed out")
    return found
