"""Requests straight to a server, on the standard library's `http.client`.

urllib3 does the same with twice the work for each request, which counts when small files come
from near by; it has the requests that go through a proxy.
"""

from __future__ import annotations

import http.client
import ssl
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import RLock
from urllib.parse import urlsplit

from topmast.net.connection import BodyCut, DirectConnection, SecureDirectConnection
from topmast.net.messages import Headers, Request
from topmast.net.origin import origin
from topmast.net.response import StrictResponse

IDLE_CONNECTIONS = 64
"""Connections to one host that are kept for the next request; how many are open at once is
decided by the setting ``connections``."""

HUNG_UP = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""How a kept connection fails that the server has ended before it saw the request."""

Origin = tuple[str, str, int]


class Direct:
    """Sends requests without a proxy, over connections that are kept.

    `context` is that of secure connections, None if there are none.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        # One thread can take it twice: the garbage collector may close a forgotten answer, and
        # so give a connection back, at any moment.
        self._lock = RLock()
        self._idle: dict[Origin, list[DirectConnection]] = {}
        weakref.finalize(self, _close_all, self._idle).atexit = False

    def open(self, request: Request, headers: Mapping[str, str]) -> DirectResponse:
        """Send `request`; return when the headers of the answer are there.

        Raises
        ------
        OSError, http.client.HTTPException
        """
        place = origin(request.url)
        idle = self._idle_one(place)
        if idle is not None:
            with suppress(*HUNG_UP):  # at this very moment, perhaps
                return self._ask(idle, place, request, headers)
        return self._ask(self._new_one(place), place, request, headers)

    def _ask(
        self,
        connection: DirectConnection,
        place: Origin,
        request: Request,
        headers: Mapping[str, str],
    ) -> DirectResponse:
        try:
            connection.request(request.method, _target(request.url), request.body, dict(headers))
            return DirectResponse(connection, lambda: self._keep(place, connection))
        except BaseException:
            connection.close()
            raise

    def clear(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            _close_all(self._idle)

    def _new_one(self, place: Origin) -> DirectConnection:
        scheme, host, port = place
        if scheme == "https" and self._context is not None:
            return SecureDirectConnection(host, port, self._context)
        return DirectConnection(host, port)

    def _idle_one(self, place: Origin) -> DirectConnection | None:
        """The one that was used last; those that the server has ended are closed."""
        while True:
            with self._lock:
                idle = self._idle.get(place)
                if not idle:
                    return None
                connection = idle.pop()
            if connection.usable:
                return connection
            connection.close()

    def _keep(self, place: Origin, connection: DirectConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(place, [])
            if len(idle) < IDLE_CONNECTIONS:
                idle.append(connection)
                return
        connection.close()


class DirectResponse:
    """An answer whose headers have arrived."""

    def __init__(self, connection: DirectConnection, keep: Callable[[], None]) -> None:
        self._connection = connection
        self._keep = keep
        response = connection.getresponse()
        assert isinstance(response, StrictResponse)
        self._response = response
        self._received = 0
        self.status = self._response.status
        self.reason = self._response.reason or ""
        self.headers = Headers(self._response.headers.items())

    def read1(self, size: int) -> bytes:
        """The next bytes of the body, at most `size`; empty at its end."""
        try:
            chunk = self._response.read1(size)
        except http.client.IncompleteRead as problem:
            raise BodyCut(self._received) from problem
        self._received += len(chunk)
        if not chunk and self._response.length:
            raise BodyCut(self._received, self._response.length)
        return chunk

    def close(self) -> None:
        """Keep the connection for the next request, if the body was read to its end."""
        response = self._response
        whole = response.isclosed() if response.chunked else response.length == 0
        response.close()
        if whole and not response.surplus and self._connection.sock is not None:
            self._keep()
        else:
            self._connection.close()


def _close_all(idle: dict[Origin, list[DirectConnection]]) -> None:
    while idle:
        for connection in idle.popitem()[1]:
            connection.close()


def _target(url: str) -> str:
    """What the first line of a request asks for."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
