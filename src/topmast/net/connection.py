"""Connections that keep their time limits byte by byte.

A socket's own timeout starts anew with every byte, so that a server which sends one a second is
waited for without end. Here each wait is cut to what is left of the limit for the whole request.
"""

from __future__ import annotations

import builtins
import http.client
import io
import socket
import sys
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from topmast.net.deadline import Deadline

__all__ = ["CLOCK", "POOLS", "Clock"]

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


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self._sock = sock
        self._clock = clock
        self._raw: Any = sock.makefile("rb", buffering=0)
        self._wait = -1.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        wait = self._clock.next_wait()
        if not wait <= self._wait <= wait + LITTLE_SECONDS:  # each change is a call of the system
            self._sock.settimeout(wait)
            self._wait = wait
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        untimed = self.fp
        self.fp = io.BufferedReader(_TimedReader(sock, CLOCK.get()), 1 << 16)
        untimed.close()


class _Timed(HTTPConnection):
    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        clock = CLOCK.get()
        seconds = min(clock.connect_seconds, clock.deadline.left())
        try:
            sock = _connect(self._dns_host, self.port or self.default_port, seconds, self)
        except socket.gaierror as problem:
            raise NameResolutionError(self.host, self, problem) from problem
        except builtins.TimeoutError as problem:
            raise ConnectTimeoutError(self, f"no connection within {seconds:g} s") from problem
        except OSError as problem:
            raise NewConnectionError(self, str(problem)) from problem
        sys.audit("http.client.connect", self, self.host, self.port)
        return sock

    def send(self, data: Any) -> None:
        if self.sock is None or not isinstance(data, bytes):
            super().send(data)
            return
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            self.sock.settimeout(CLOCK.get().next_wait())
            super().send(view[start : start + PIECE])


class _TimedHTTPS(_Timed, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


POOLS = {"http": _Pool, "https": _SecurePool}


def _connect(host: str, port: int, seconds: float, connection: HTTPConnection) -> socket.socket:
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
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
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
