"""Limits of connections: idle and slow ones are closed.

A server has a limited number of connections. Whoever opens thousands and sends half a request
on each, or sends a body byte by byte, or never reads the answer, would keep all others out.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as Base
else:
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Base
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol as Base

HEAD_SECONDS = 20.0
"""From the connection, or from the first byte of a further request, to the end of its headers."""
PAUSE_SECONDS = 30.0
"""Between two pieces of a body, or between two pieces of the answer that the client takes."""
BODY_SECONDS = 300.0
LARGEST_HEAD = 128 << 10
SWEEP_SECONDS = 1.0
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Connection: close\r\nContent-Length: 0\r\n\r\n"
)
KEPT_FREE = 100
"""Files that a server needs for itself, beside connections."""
MOST_WANTED = 65536


@dataclass
class ConnectionLimits:
    """The connections of one server; `most` of them may be open."""

    most: int
    waiting: OrderedDict[Any, float] = field(default_factory=OrderedDict)
    """Those of which no whole request is here, the oldest first, and since when."""
    open: set[Any] = field(default_factory=set)
    sweeping: bool = False

    def protocol(self) -> type[asyncio.Protocol]:
        """The class of connections that uvicorn is to make."""
        return type("Connection", (LimitedConnection,), {"limits": self})

    def add(self, connection: LimitedConnection) -> None:
        """Count a new connection; if it is one too many, close the one that has waited longest."""
        self.open.add(connection)
        self.waiting[connection] = connection.loop.time()
        if len(self.open) > self.most:
            self.waiting.popitem(last=False)[0].drop()
        if not self.sweeping:
            self.sweeping = True
            connection.loop.call_later(SWEEP_SECONDS, self._sweep, connection.loop)

    def remove(self, connection: LimitedConnection) -> None:
        """Count a connection no longer."""
        self.open.discard(connection)
        self.waiting.pop(connection, None)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in list(self.open):
            if connection.is_too_slow(now, self.waiting.get(connection)):
                connection.drop()
        self.sweeping = bool(self.open)
        if self.sweeping:
            loop.call_later(SWEEP_SECONDS, self._sweep, loop)


class LimitedConnection(Base):
    """A connection that is closed when the other side is too slow."""

    limits: ConnectionLimits

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.head_bytes: int = 0
        self.last_byte: float = 0.0
        self.body_since: float = 0.0
        self.unread: tuple[int, float] = (0, 0.0)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        _send_at_once(transport.get_extra_info("socket"))
        self.last_byte = self.loop.time()
        self.limits.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.limits.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.last_byte = self.loop.time()
        idle = not self.busy
        if idle:
            self.head_bytes += len(data)
            self.limits.waiting.setdefault(self, self.last_byte)
        super().data_received(data)
        if self.busy:
            self.limits.waiting.pop(self, None)
            if idle:
                self.head_bytes, self.body_since = 0, self.last_byte
        elif self.head_bytes > LARGEST_HEAD:
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_response_complete(self) -> None:
        self.head_bytes = 0
        super().on_response_complete()

    @property
    def busy(self) -> bool:
        """Whether a request has begun that is not answered yet."""
        cycle: Any = self.cycle  # None before the first request, whatever uvicorn declares
        return cycle is not None and not cycle.response_complete

    def is_too_slow(self, now: float, waiting_since: float | None) -> bool:
        """Whether the other side has had its time."""
        if waiting_since is not None:
            return now - waiting_since > HEAD_SECONDS
        if not self.busy:
            return False  # between two requests: uvicorn's own limit holds
        if self.cycle.more_body:
            return now - self.last_byte > PAUSE_SECONDS or now - self.body_since > BODY_SECONDS
        return self._is_not_read(now)

    def _is_not_read(self, now: float) -> bool:
        """Whether the answer has stood in the buffer untouched."""
        size = self.transport.get_write_buffer_size()
        if size == 0 or size != self.unread[0]:
            self.unread = (size, now)
            return False
        return now - self.unread[1] > PAUSE_SECONDS

    def drop(self) -> None:
        """End the connection at once."""
        if self.transport is not None:
            self.transport.abort()


def _send_at_once(connection: Any) -> None:
    """Have small pieces sent at once; else a body waits 40 ms behind its headers.

    asyncio does so for sockets that it has made itself alone.
    """
    with suppress(AttributeError, OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def most_connections() -> int:
    """How many connections this process can hold, after asking the system for as many as it may."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_WANTED if hard == resource.RLIM_INFINITY else min(hard, MOST_WANTED)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        if soft == resource.RLIM_INFINITY:
            soft = MOST_WANTED
        return max(50, min(soft, MOST_WANTED) - KEPT_FREE)
    return 900
