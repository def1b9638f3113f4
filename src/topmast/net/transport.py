"""Requests over the network, by urllib3."""

from __future__ import annotations

import builtins
import platform
import ssl
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from http.client import HTTPConnection, HTTPException, IncompleteRead
from math import inf
from threading import Condition, Lock
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from topmast.errors import TimeoutError
from topmast.net.address import split_login
from topmast.net.certificates import trusting_context
from topmast.net.connection import LOGIN_WANTED, PlainConnection, ProxyFailed, SecureConnection
from topmast.net.deadline import Deadline, Timeouts
from topmast.net.messages import Headers, Limits, Request
from topmast.net.network_errors import network_errors
from topmast.net.origin import origin
from topmast.net.prepare import check_header
from topmast.net.proxy import is_socks, proxy_for
from topmast.version import __version__

IDLE_CONNECTIONS = 64
"""Connections to one host that are kept for the next request; how many are open at once is
decided by the setting ``connections``."""
PAUSE_SECONDS = 0.02
"""So long the pieces of a body are joined, while they come."""
HUNG_UP = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""How a kept connection fails that the server has ended before it saw the request."""


class PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class SecurePool(HTTPSConnectionPool):
    ConnectionCls = SecureConnection


class HttpTransport:
    """Sends requests over the network; `setting` is asked anew for each request."""

    def __init__(self, setting: Callable[[str], Any]) -> None:
        self._setting = setting
        self._gate = Gate()
        self._lock = Lock()
        self._managers: dict[tuple[str | None, str, bool], urllib3.PoolManager] = {}

    def open(self, request: Request, limits: Limits) -> HttpStream:
        """Send `request`; return when the headers of the answer are there."""
        deadline = Deadline.after(limits.total_seconds)
        proxy = proxy_for(request.url, self._setting("proxy"))
        headers = {"User-Agent": user_agent(self._setting("user_agent")), **request.headers}
        connections = int(self._setting("connections"))
        scheme, host, port = origin(request.url)
        manager = self._manager(proxy, secure="https" in (scheme, (proxy or "").partition(":")[0]))
        place = f"{scheme}://{host}:{port}"
        self._gate.enter(place, connections, deadline)
        try:
            # Without a limit for the whole, headers have the time of a connection and one wait.
            connect, read = limits.connect_seconds, limits.read_seconds
            endless = limits.total_seconds is None
            by = Deadline.after(connect + read) if endless else deadline
            first = (not endless and limits.first_byte_seconds) or read
            timeouts = Timeouts(connect, read, by)
            with network_errors(request.url, timeouts):
                pool = manager.connection_from_host(host, port, scheme)
                connection = _exchange(pool, request, headers, timeouts, first)
        except BaseException:
            self._gate.leave(place)
            raise
        timeouts.deadline = deadline
        return HttpStream(request.url, connection, pool, timeouts, lambda: self._gate.leave(place))

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            managers, self._managers = list(self._managers.values()), {}
        for manager in managers:
            manager.clear()

    def _manager(self, proxy: str | None, secure: bool) -> urllib3.PoolManager:
        # Reading the certificates takes longer than many a request that needs none.
        key = (proxy, str(self._setting("ca_bundle")) if secure else "", secure)
        with self._lock:
            if key not in self._managers:
                context = trusting_context(key[1]) if secure else None
                self._managers[key] = _new_manager(proxy, context)
            return self._managers[key]


class HttpStream:
    """An answer of which the headers have arrived."""

    def __init__(
        self,
        url: str,
        connection: PlainConnection,
        pool: HTTPConnectionPool,
        timeouts: Timeouts,
        leave: Callable[[], None],
    ) -> None:
        self._answer = answer = connection.answer
        self.status_code: int = answer.status
        self.reason: str = answer.reason
        self.headers: Headers = answer.headers
        self.url = url
        self._connection = connection
        self._pool = pool
        self._timeouts = timeouts
        self._leave = leave
        self._problem: Exception | None = None
        self.kept: bool = connection.kept
        #: The answer does not say where its body ends.
        self.to_the_end: bool = answer.reader.to_the_end
        self._forgotten = weakref.finalize(self, _discard, connection, leave)
        self._forgotten.atexit = False

    def __enter__(self) -> HttpStream:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    @property
    def torn(self) -> bool:
        """Whether the connection ended without the end of TLS, so that the body may be cut."""
        return self._answer.reader.torn

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """The body as it came, in pieces of at most `size` bytes."""
        with network_errors(self.url, self._timeouts):
            while chunk := self._joined(size):
                if self._answer.at_end:
                    self.close(whole=True)
                    if self.kept and self._answer.surplus:
                        # Two answers came at once: this one is to an earlier request.
                        raise HTTPException("it is a late answer to another request")
                yield chunk
            self.close(whole=True)

    def _joined(self, size: int) -> bytes:
        """What comes without a pause: TLS alone gives 16 KB at once, and each piece costs time."""
        if self._problem is not None:
            raise self._problem
        pieces = [self._answer.read_some(size)]
        left, until = size - len(pieces[0]), time.monotonic() + PAUSE_SECONDS
        self._answer.reader.longest = PAUSE_SECONDS
        try:
            while left and pieces[-1] and time.monotonic() < until:
                pieces.append(self._answer.read_some(left))
                left -= len(pieces[-1])
        except builtins.TimeoutError:
            pass
        except (OSError, IncompleteRead) as problem:
            self._problem = problem  # what came before it counts
        finally:
            self._answer.reader.longest = inf
        return b"".join(pieces)

    def end_by(self, deadline: Deadline, read_seconds: float) -> None:
        """Give the rest of the body until then, and its next byte so many seconds."""
        self._timeouts.deadline, self._timeouts.read_seconds = deadline, read_seconds

    def abort(self) -> None:
        """Wake a thread that waits for bytes: to it, the connection has ended."""
        if self._forgotten.alive:
            self._answer.wake()

    def close(self, whole: bool = False) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        whole = whole or self._answer.at_end
        if self._forgotten.detach() is None:
            return
        try:
            self._answer.close()
            connection = self._connection
            if whole and not self._answer.surplus and not connection.is_closed:
                self._pool._put_conn(connection)
            else:
                connection.close()
        finally:
            self._leave()


class Gate:
    """Lets so many requests at once to one host, and has the others wait their turn."""

    def __init__(self) -> None:
        # The condition's lock can be taken twice by one thread: the garbage collector may
        # close a forgotten stream, and so call `leave`, in the middle of `enter`.
        self._changed = Condition()
        self._inside: Counter[str] = Counter()

    def enter(self, host: str, limit: int, deadline: Deadline) -> None:
        """Wait until fewer than `limit` requests to `host` are under way, and count one more."""
        with self._changed:
            while self._inside[host] >= limit:
                if deadline.passed:
                    raise TimeoutError(
                        f"{limit} requests to {host} were still under way after "
                        f"{deadline.seconds:g} s. Close answers that are no longer read, or "
                        "raise conf.connections."
                    )
                self._changed.wait(min(deadline.left(), 60.0))
            self._inside[host] += 1

    def leave(self, host: str) -> None:
        """Count one request to `host` less."""
        with self._changed:
            self._inside[host] -= 1
            if self._inside[host] <= 0:
                del self._inside[host]
            self._changed.notify_all()


@cache
def user_agent(prefix: str = "") -> str:
    """What we call ourselves, after the user's own `prefix`."""
    agent = (
        f"{prefix} topmast/{__version__} Python/{platform.python_version()} ({platform.system()})"
    ).strip()
    check_header("User-Agent", agent)
    return agent


def _exchange(
    pool: HTTPConnectionPool,
    request: Request,
    headers: Mapping[str, str],
    timeouts: Timeouts,
    first_byte_seconds: float,
) -> PlainConnection:
    """A connection, kept or new, with the answer to `request`.

    Not by `pool.urlopen`: it hides whether the connection was a kept one, and which it was.
    """
    read_seconds = timeouts.read_seconds
    parts = urlsplit(request.url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    by_proxy = pool.proxy is not None and parts.scheme == "http"
    if by_proxy:
        target, headers = request.url, {**headers, **pool.proxy_headers}
    connection = pool._get_conn()
    assert isinstance(connection, PlainConnection)
    while True:
        connection.kept = kept = not connection.is_closed
        connection.timeouts = timeouts
        timeouts.read_seconds = read_seconds
        try:
            connection.timeout = timeouts.wait(timeouts.connect_seconds)
            if pool.proxy is not None and not by_proxy and not kept:
                pool._prepare_proxy(connection)
            # urllib3's own methods set the timeout each time, and read answers less strictly.
            HTTPConnection.request(connection, request.method, target, request.body, headers)
            timeouts.read_seconds = first_byte_seconds
            HTTPConnection.getresponse(connection)
            if by_proxy and connection.answer.status == LOGIN_WANTED:
                connection.answer.close()
                raise ProxyFailed(f"{LOGIN_WANTED} {connection.answer.reason}")
            timeouts.read_seconds = read_seconds
            return connection
        except BaseException as problem:
            connection.close()
            hung_up = isinstance(problem, HUNG_UP)
            if hung_up and by_proxy and not kept:
                raise ProxyFailed("it ended the connection without an answer") from problem
            if not kept or not hung_up:
                raise  # else the server may have ended it at that very moment


def _discard(connection: PlainConnection, leave: Callable[[], None]) -> None:
    """Close the connection of a forgotten answer.

    It is not given back: this may run while its thread holds the lock of the pool.
    """
    try:
        connection.close()
    finally:
        leave()


def _new_manager(proxy: str | None, context: ssl.SSLContext | None) -> urllib3.PoolManager:
    shared: dict[str, Any] = {"maxsize": IDLE_CONNECTIONS, "num_pools": 32, "ssl_context": context}
    if proxy is not None and is_socks(proxy):
        from topmast.net.socks import socks_manager

        return socks_manager(proxy, shared)
    if proxy is None:
        manager = urllib3.PoolManager(**shared)
    else:
        url, login = split_login(proxy)
        given = urllib3.make_headers(proxy_basic_auth=login) if login else None
        manager = urllib3.ProxyManager(
            url, proxy_headers=given, proxy_ssl_context=context, **shared
        )
    manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return manager
