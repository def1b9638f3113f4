"""urllib3's connections, kept to the time limits of their requests and to strict answers."""

from __future__ import annotations

import builtins
import http.client
import logging
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cachetools import LRUCache
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from topmast.net.deadline import Timeouts
from topmast.net.response import StrictResponse, set_timeout

PIECE = 1 << 14
FIRST_ADDRESS_SECONDS = 3.0
"""So long an address has to answer while there is another one."""
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 4}
"""Seconds and tries after which a peer that is gone is noticed, while an answer is waited for."""
_answered: LRUCache[tuple[str, int], Any] = LRUCache(256)
"""The address of each host that answered the last time: it is tried first."""
_answered_lock = threading.Lock()


class NotConnected(OSError):
    """No connection was made, and so nothing was sent."""


class NameUnknown(NotConnected):
    """The host has no address."""


class ProxyFailed(OSError):
    """The proxy did not pass the request on."""


LOGIN_WANTED = 407
"""The status by which a proxy asks for a name and a password."""


# It would note down the whole URL, which may hold a token, and what the server sent.
logging.getLogger("urllib3.connection").addFilter(
    lambda record: not str(record.msg).startswith("Failed to parse headers")
)


class PlainConnection(HTTPConnection):
    """A connection without TLS. `timeouts` are those of the request that has it."""

    timeouts: Timeouts
    kept: bool
    answer: StrictResponse

    @property
    def is_connected(self) -> bool:
        """Whether it is open, and nothing has come while it was idle."""
        pending = isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()
        return super().is_connected and not pending

    def connect(self) -> None:
        try:
            super().connect()
        except builtins.TimeoutError as problem:
            raise NotConnected("the handshake of TLS took too long") from problem

    def send(self, data: Any) -> None:
        """Send `data` in pieces; each may take as long as the next byte of an answer."""
        if self.sock is None:
            self.connect()
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            set_timeout(self.sock, self.timeouts.wait(self.timeouts.read_seconds))
            super().send(view[start : start + PIECE])

    def response_class(  # type: ignore[override]
        self, sock: Any, debuglevel: int = 0, method: str | None = None
    ) -> StrictResponse:
        """Called by `http.client` to read an answer."""
        self.answer = StrictResponse(sock, self.timeouts, method)
        return self.answer

    def _new_conn(self) -> socket.socket:
        sys.audit("http.client.connect", self, self.host, self.port)
        with self._named_as_proxy():
            return open_socket(self._dns_host, self.port or self.default_port, self.timeouts)

    def _tunnel(self) -> None:
        with self._named_as_proxy():
            super()._tunnel()

    @contextmanager
    def _named_as_proxy(self) -> Iterator[None]:
        """What fails inside is the proxy's fault, if there is one."""
        try:
            yield
        except (OSError, http.client.HTTPException, HTTPError) as problem:
            if self.proxy is None:
                raise
            raise ProxyFailed(str(problem)) from problem


class SecureConnection(PlainConnection, HTTPSConnection):
    """A connection through TLS."""

    def connect(self) -> None:
        super().connect()
        # A body that ends with its connection is whole only if TLS says so.
        self.sock.suppress_ragged_eofs = False  # type: ignore[union-attr]

    def _connect_tls_proxy(self, hostname: str, sock: socket.socket) -> ssl.SSLSocket:
        with self._named_as_proxy():
            return super()._connect_tls_proxy(hostname, sock)


def open_socket(host: str, port: int, timeouts: Timeouts) -> socket.socket:
    """A socket that is connected to `host`, within the time limit for that.

    Raises
    ------
    NotConnected, NameUnknown
    """
    seconds = timeouts.wait(timeouts.connect_seconds)
    try:
        return _connect(host, port, seconds)
    except socket.gaierror as problem:
        raise NameUnknown(f"no address for {host}") from problem
    except builtins.TimeoutError as problem:
        raise NotConnected(f"no connection within {seconds:g} s") from problem
    except OSError as problem:
        raise NotConnected(str(problem)) from problem


def _connect(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to the first address of `host` that answers, within `seconds` for them all."""
    until = time.monotonic() + seconds
    found = _look_up(host, port, seconds)
    with _answered_lock:
        answered = _answered.get((host, port))
    addresses = sorted(found, key=lambda one: one[4] != answered)
    problem: OSError = OSError("the name has no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        others = len(addresses) - number - 1
        share = until - time.monotonic()
        if others:  # an address that swallows everything must not take the time of the others
            share = min(share / (others + 1), FIRST_ADDRESS_SECONDS)
        if share <= 0:
            raise builtins.TimeoutError("timed out")
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _notice_death(sock)
            sock.settimeout(share)
            sock.connect(address)
        except OSError as failed:
            sock.close()
            problem = failed
        else:
            with _answered_lock:
                _answered[host, port] = address
            sock.settimeout(max(until - time.monotonic(), 0.001))
            return sock
    raise problem


def _notice_death(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _look_up(host: str, port: int, seconds: float) -> list[Any]:
    """The addresses of `host`; a look-up cannot be stopped, so it is left behind if too slow."""
    try:
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        pass
    found: list[Any] = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except UnicodeError:
            failed.append(socket.gaierror(socket.EAI_NONAME, "the name is not valid"))
        except OSError as problem:
            failed.append(problem)

    thread = threading.Thread(target=ask, name=f"look up {host}", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise builtins.TimeoutError("the look-up of the name timed out")
    return found
