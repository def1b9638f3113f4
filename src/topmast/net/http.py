"""Requests over the network: straight to the server, or through a proxy by urllib3."""

from __future__ import annotations

import os
import platform
import ssl
import weakref
from collections.abc import Callable, Iterator
from functools import cache
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from topmast.errors import InvalidQueryError
from topmast.net.clock import CLOCK, Clock
from topmast.net.deadline import Deadline
from topmast.net.direct import IDLE_CONNECTIONS, Direct
from topmast.net.faults import said_plainly
from topmast.net.gate import Gate
from topmast.net.messages import Headers, Limits, Request
from topmast.net.origin import origin
from topmast.net.outgoing import check_header
from topmast.net.proxy import proxy_for
from topmast.version import __version__

if TYPE_CHECKING:
    from topmast.net.proxied import Proxied

PARTS = 3
"""Requests for parts of files to one host, for each of the others: a large file is fetched in
four parts at once, the first of which is an ordinary request."""

LONGEST = 1e6
"""Seconds; a socket takes no infinite timeout."""


class HttpTransport:
    """Sends requests over the network; `setting` is asked anew for each request."""

    def __init__(self, setting: Callable[[str], Any]) -> None:
        self._setting = setting
        self._gate = Gate()
        self._lock = Lock()
        self._ways: dict[tuple[str | None, str, bool], Direct | Proxied] = {}

    def open(self, request: Request, limits: Limits) -> HttpStream:
        """Send `request`; return when the headers of the answer are there."""
        deadline = Deadline.after(limits.total_seconds)
        way = self._way(request.url, proxy_for(request.url, self._setting("proxy")))
        host, most = "{}://{}:{}".format(*origin(request.url)), int(self._setting("connections"))
        if "Range" in request.headers:
            host, most = f"{host} parts", most * PARTS
        self._gate.enter(host, most, deadline)
        try:
            clock = _clock_for_headers(limits, deadline)
            response = self._answered(way, request, clock)
        except BaseException:
            self._gate.leave(host)
            raise
        clock.deadline = deadline
        return HttpStream(response, request.url, clock, lambda: self._gate.leave(host))

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            ways, self._ways = list(self._ways.values()), {}
        for way in ways:
            way.clear()

    def _answered(self, way: Direct | Proxied, request: Request, clock: Clock) -> Response:
        headers = {"User-Agent": user_agent(self._setting("user_agent")), **request.headers}
        token = CLOCK.set(clock)
        try:
            with said_plainly(request.url, clock):
                return way.open(request, headers)
        finally:
            CLOCK.reset(token)

    def _way(self, url: str, proxy: str | None) -> Direct | Proxied:
        # Reading the certificates takes longer than many a request that needs none.
        secure = "https" in (origin(url)[0], origin(proxy or "")[0])
        key = (proxy, str(self._setting("ca_bundle")), secure)
        with self._lock:
            if key not in self._ways:
                context = _ssl_context(key[1]) if secure else None
                self._ways[key] = Direct(context) if proxy is None else _proxied(proxy, context)
            return self._ways[key]


class Response(Protocol):
    """What an `HttpStream` needs of an answer."""

    status: int
    reason: str
    headers: Headers

    def read1(self, size: int) -> bytes:
        """The next bytes of the body, at most `size`; empty at its end."""

    def close(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""


class HttpStream:
    """An answer of which the headers have arrived."""

    def __init__(
        self, response: Response, url: str, clock: Clock, leave: Callable[[], None]
    ) -> None:
        self.status_code = response.status
        self.reason = response.reason
        self.headers = response.headers
        self.url = url
        self._response = response
        self._clock = clock
        self._leave = weakref.finalize(self, _let_go, response, leave)
        self._leave.atexit = False

    def __enter__(self) -> HttpStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """The body as it came, in pieces of at most `size` bytes."""
        with said_plainly(self.url, self._clock):
            while chunk := self._response.read1(size):
                yield chunk
        self.close()

    def end_by(self, deadline: Deadline) -> None:
        """Give the rest of the body until then."""
        self._clock.deadline = deadline

    def abort(self) -> None:
        """Wake a thread that waits for bytes: to it, the connection has ended."""
        self._clock.wake()

    def close(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        self._clock.sock = None
        self._leave()


@cache
def user_agent(prefix: str = "") -> str:
    """What we call ourselves, after the user's own `prefix`."""
    agent = (
        f"{prefix} topmast/{__version__} Python/{platform.python_version()} ({platform.system()})"
    ).strip()
    check_header("User-Agent", agent)
    return agent


def _clock_for_headers(limits: Limits, deadline: Deadline) -> Clock:
    """Without a limit for the whole, headers have the time of one connection and one wait."""
    connect, read = min(limits.connect_seconds, LONGEST), min(limits.read_seconds, LONGEST)
    if limits.total_seconds is None:
        deadline = Deadline.after(connect + read)
    return Clock(connect, read, deadline)


def _proxied(proxy: str, context: ssl.SSLContext | None) -> Proxied:
    from topmast.net.proxied import Proxied

    return Proxied(proxy, context, IDLE_CONNECTIONS)


def _let_go(response: Response, leave: Callable[[], None]) -> None:
    try:
        response.close()
    finally:
        leave()


def _ssl_context(ca_bundle: str) -> ssl.SSLContext:
    if not ca_bundle:
        return ssl.create_default_context()
    path = os.path.expanduser(ca_bundle)
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as problem:
        raise InvalidQueryError(
            f"The setting ca_bundle, {ca_bundle!r}, is not a file of certificates: {problem}."
        ) from problem
