"""Connections of `http.client` that keep the time limits of their requests."""

from __future__ import annotations

import builtins
import http.client
import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from topmast.net.clock import CLOCK, set_timeout
from topmast.net.response import StrictResponse

PIECE = 1 << 14


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


class DirectConnection(http.client.HTTPConnection):
    """A connection of the standard library's that keeps the same time limits."""

    response_class = StrictResponse

    @property
    def usable(self) -> bool:
        """Whether it is open, and the server has not ended it while it was idle."""
        if self.sock is None or _readable(self.sock):
            return False
        return not (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending())

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
            # A body that ends with its connection is whole only if TLS says so.
            self.sock = self._context.wrap_socket(
                plain, server_hostname=self.host, suppress_ragged_eofs=False
            )
        except builtins.TimeoutError as problem:
            plain.close()
            raise ConnectTooSlow("the handshake of TLS took too long") from problem
        except BaseException:
            plain.close()
            raise


def in_time(sock: socket.socket, data: bytes) -> Iterator[memoryview]:
    """`data` in pieces; each may take as long as there is time left."""
    view = memoryview(data)
    for start in range(0, len(view), PIECE):
        set_timeout(sock, CLOCK.get().next_wait())
        yield view[start : start + PIECE]


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
    except (socket.gaierror, UnicodeError):
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
