"""Requests through a proxy, by urllib3; it is imported only when there is one."""

from __future__ import annotations

import builtins
import http.client
import logging
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)
from urllib3.response import BaseHTTPResponse

from topmast.net.address import split_login, without_credentials
from topmast.net.clock import CLOCK
from topmast.net.connection import (
    BodyCut,
    ConnectTooSlow,
    NameUnknown,
    NotConnected,
    ProxyFailed,
    connected,
    in_time,
)
from topmast.net.messages import Headers, Request
from topmast.net.response import StrictResponse


class _WithoutCredentials(logging.Filter):
    """urllib3 notes down whole URLs; ours may hold a token."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_credentials(record.getMessage()), ()
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutCredentials())


class Proxied:
    """Sends requests through one proxy; `context` is that of secure connections."""

    def __init__(self, proxy: str, context: ssl.SSLContext | None, idle: int) -> None:
        url, login = split_login(proxy)
        self._manager = urllib3.ProxyManager(
            url,
            proxy_headers=urllib3.make_headers(proxy_basic_auth=login) if login else None,
            proxy_ssl_context=context,
            ssl_context=context,
            maxsize=idle,
            num_pools=32,
        )
        self._manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def open(self, request: Request, headers: Mapping[str, str]) -> _Response:
        """Send `request`; return when the headers of the answer are there.

        Raises
        ------
        OSError, http.client.HTTPException
        """
        clock = CLOCK.get()
        timeout = urllib3.Timeout(connect=clock.connect_seconds, read=clock.next_wait())
        with _common_errors():
            return _Response(
                self._manager.urlopen(
                    request.method,
                    request.url,
                    body=request.body,
                    headers=headers,
                    timeout=timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
            )

    def clear(self) -> None:
        """Close the connections that are not in use."""
        self._manager.clear()


class _Response:
    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response
        self.status, self.reason = response.status, response.reason or ""
        self.headers = Headers(response.headers.items())

    def read1(self, size: int) -> bytes:
        with _common_errors():
            return self._response.read1(size, decode_content=False)

    def close(self) -> None:
        self._response.close()
        self._response.release_conn()


class _Timed(HTTPConnection):
    response_class = StrictResponse

    def _new_conn(self) -> socket.socket:
        try:
            return connected(self._dns_host, self.port or self.default_port, self)
        except NameUnknown as problem:
            reason = problem.__cause__
            assert isinstance(reason, socket.gaierror)
            raise NameResolutionError(self.host, self, reason) from problem
        except ConnectTooSlow as problem:
            raise ConnectTimeoutError(self, str(problem)) from problem
        except NotConnected as problem:
            raise NewConnectionError(self, str(problem)) from problem

    def send(self, data: Any) -> None:
        if self.sock is None or not isinstance(data, bytes):
            super().send(data)
            return
        for piece in in_time(self.sock, data):
            super().send(piece)


class _TimedHTTPS(_Timed, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


@contextmanager
def _common_errors() -> Iterator[None]:
    """Turn urllib3's errors into those that a request without a proxy ends in."""
    try:
        yield
    except ProxyError as problem:
        raise ProxyFailed(str(problem)) from problem
    except ReadTimeoutError as problem:
        raise builtins.TimeoutError("timed out") from problem
    except IncompleteRead as problem:
        raise BodyCut(*_counts(problem)) from problem
    except HTTPError as problem:
        raise http.client.HTTPException(str(problem)) from problem


def _counts(problem: IncompleteRead) -> tuple[int, int]:
    had, missing = problem.partial, problem.expected
    return had if isinstance(had, int) else 0, missing if isinstance(missing, int) else 0
