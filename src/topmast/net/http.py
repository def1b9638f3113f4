"""Requests over the network, on urllib3."""

from __future__ import annotations

import logging
import os
import platform
import ssl
import weakref
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from threading import Lock
from types import TracebackType
from typing import Any

import urllib3
from urllib3.response import BaseHTTPResponse

from topmast import __version__
from topmast.auth import origin
from topmast.errors import InvalidQueryError
from topmast.net.address import split_login, without_credentials
from topmast.net.connection import CLOCK, POOLS, Clock
from topmast.net.deadline import Deadline
from topmast.net.faults import said_plainly
from topmast.net.gate import Gate
from topmast.net.messages import Headers, Limits, Request
from topmast.net.outgoing import check_header
from topmast.net.proxy import proxy_for

__all__ = ["HttpTransport", "user_agent"]

IDLE_CONNECTIONS = 64
"""Connections to one host that are kept for the next request; how many are open at once is
decided by the setting ``connections``."""

PARTS = 3
"""Requests for parts of files to one host, for each of the others: a large file is fetched in
four parts at once, the first of which is an ordinary request."""

LONGEST = 1e6
"""Seconds; a socket takes no infinite timeout."""


class _WithoutCredentials(logging.Filter):
    """urllib3 notes down whole URLs; ours may hold a token."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_credentials(record.getMessage()), ()
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutCredentials())


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
        manager = self._manager(request.url, proxy_for(request.url, self._setting("proxy")))
        host, most = "{}://{}:{}".format(*origin(request.url)), int(self._setting("connections"))
        if "Range" in request.headers:
            host, most = f"{host} parts", most * PARTS
        self._gate.enter(host, most, deadline)
        try:
            clock = _clock_for_headers(limits, deadline)
            response = self._answered(manager, request, clock)
        except BaseException:
            self._gate.leave(host)
            raise
        clock.deadline = deadline
        return HttpStream(response, request.url, clock, lambda: self._gate.leave(host))

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            managers, self._managers = list(self._managers.values()), {}
        for manager in managers:
            manager.clear()

    def _answered(
        self, manager: urllib3.PoolManager, request: Request, clock: Clock
    ) -> BaseHTTPResponse:
        agent = user_agent(self._setting("user_agent"))
        check_header("User-Agent", agent)
        headers = {"User-Agent": agent, **request.headers}
        token = CLOCK.set(clock)
        try:
            with said_plainly(request.url, clock):
                wait = clock.next_wait()
                return manager.urlopen(
                    request.method,
                    request.url,
                    body=request.body,
                    headers=headers,
                    timeout=urllib3.Timeout(connect=clock.connect_seconds, read=wait),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
        finally:
            CLOCK.reset(token)

    def _manager(self, url: str, proxy: str | None) -> urllib3.PoolManager:
        # Reading the certificates takes longer than many a request that needs none.
        secure = "https" in (origin(url)[0], origin(proxy or "")[0])
        key = (proxy, str(self._setting("ca_bundle")), secure)
        with self._lock:
            if key not in self._managers:
                self._managers[key] = _new_manager(*key)
            return self._managers[key]


class HttpStream:
    """An answer of which the headers have arrived."""

    def __init__(
        self, response: BaseHTTPResponse, url: str, clock: Clock, leave: Callable[[], None]
    ) -> None:
        self.status_code = response.status
        self.reason = response.reason or ""
        self.headers = Headers(response.headers.items())
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
            while chunk := self._response.read1(size, decode_content=False):
                yield chunk
        self.close()

    def abort(self) -> None:
        """Wake a thread that waits for bytes: to it, the connection has ended."""
        try:
            self._response.shutdown()
        except (AttributeError, ValueError, RuntimeError, OSError):
            return  # over already

    def close(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        self._leave()


@cache
def _library() -> str:
    return f"urllib3/{version('urllib3')}"


def user_agent(prefix: str = "") -> str:
    """What we call ourselves, after the user's own `prefix`."""
    return (
        f"{prefix} topmast/{__version__} Python/{platform.python_version()} "
        f"({platform.system()}) {_library()}"
    ).strip()


def _clock_for_headers(limits: Limits, deadline: Deadline) -> Clock:
    """Without a limit for the whole, headers have the time of one connection and one wait."""
    connect, read = min(limits.connect_seconds, LONGEST), min(limits.read_seconds, LONGEST)
    if limits.total_seconds is None:
        deadline = Deadline.after(connect + read)
    return Clock(connect, read, deadline)


def _let_go(response: BaseHTTPResponse, leave: Callable[[], None]) -> None:
    try:
        response.close()
        response.release_conn()
    finally:
        leave()


def _new_manager(proxy: str | None, ca_bundle: str, secure: bool) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": IDLE_CONNECTIONS, "num_pools": 32}
    if secure:
        options["ssl_context"] = _ssl_context(ca_bundle)
    manager = urllib3.PoolManager(**options) if proxy is None else _through(proxy, options)
    manager.pool_classes_by_scheme = POOLS
    return manager


def _through(proxy: str, options: dict[str, Any]) -> urllib3.ProxyManager:
    url, login = split_login(proxy)
    headers = urllib3.make_headers(proxy_basic_auth=login) if login else None
    return urllib3.ProxyManager(
        url, proxy_headers=headers, proxy_ssl_context=options.get("ssl_context"), **options
    )


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
