"""One session: every request of a client goes through `Session.send` or `Session.stream`."""

from __future__ import annotations

import itertools
import logging
import math
import os
import random
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

from topmast.config import DEFAULTS, Conf, Servers, conf
from topmast.errors import BadAnswerError, InvalidQueryError, TimeoutError, UnreachableError
from topmast.net import retry
from topmast.net.address import checked_url, is_url, shown, split_login, under
from topmast.net.body import ReceivedStream, deadline_errors
from topmast.net.deadline import Deadline
from topmast.net.messages import Answer, Limits, Request, Transport
from topmast.net.origin import Login, may_receive_credential, origin
from topmast.net.prepare import (
    MAX_REDIRECTS,
    REDIRECTS,
    prepare,
    redirect_location,
    redirected,
    with_cookies,
    with_login,
)
from topmast.net.proxy import proxy_for

IN_PROCESS = "http://topmast.archive"
"""The base URL of an archive in this process."""

C = TypeVar("C")

log: logging.Logger = logging.getLogger("topmast")
_sessions: weakref.WeakSet[Session] = weakref.WeakSet()
_inherited: list[Transport] = []
"""Of the process that this one was forked from: never closed, since their locks may be held."""


@dataclass(frozen=True, slots=True)
class _Archive:
    """The archive of a session while one request is under way.

    `url_login`: ``user:password`` from its URL. `address`: the same however the archive is spelt.
    """

    where: str
    servers: Servers
    url_login: str | None
    address: str


class Session:
    """What the requests of one client share: the server, the settings, the login, connections.

    Parameters
    ----------
    where : str or path, optional
        The URL of an archive, or a folder on this disk that holds one.
        None follows ``topmast.conf.server``, also when that changes later.
    open_folder : callable, optional
        Gives the transport for a folder; `topmast.connect` passes the local archive's.
    **settings
        Any setting of `topmast.conf`, for this session only.

    Attributes
    ----------
    token : str or None
        The API token. It is sent as the cookie ``mast_token``, only to hosts of this archive.
    cookies : dict
        Other cookies of a login, under the same rule.
    login : Login or None
        Whose token or cookies these are, and until when.
    """

    def __init__(
        self,
        where: str | os.PathLike[str] | None = None,
        *,
        open_folder: Callable[[str], Transport] | None = None,
        **settings: Any,
    ) -> None:
        self._where = None if where is None else os.fspath(where)
        self.open_folder = open_folder
        self._own = Conf.of(settings)
        self._given = frozenset(settings)
        self.token: str | None = None
        self.cookies: dict[str, str] = {}
        self.login: Login | None = None
        self._login_address = ""
        self._random = random.Random()
        self._lock = Lock()
        self._network: Transport | None = None
        self._folders: dict[str, Transport] = {}
        self._caches: dict[Callable[[], Any], Any] = {}
        _sessions.add(self)
        if self._where is not None and is_url(self._where):
            checked_url(self._where)

    def __repr__(self) -> str:
        return f"Session({shown(self.where)!r})"

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def fresh(self) -> Session:
        """A new session for the same archive with the same settings, not logged in."""
        own = {name: getattr(self._own, name) for name in self._given}
        return Session(self._where, open_folder=self.open_folder, **own)

    def recipe(self) -> tuple[str | None, dict[str, Any]]:
        """Where, and the settings that another process may not have; all that a copy needs.

        There is no login in it, and a password in the address is left out.
        """
        running = {name for name in DEFAULTS if conf.source(name) == "set while running"}
        settings = {name: self.setting(name) for name in sorted(self._given | running)}
        where = self._where or settings.pop("server", None)
        if where is not None and is_url(where):
            where = split_login(where)[0]
        return where, settings

    @property
    def where(self) -> str:
        """The archive that this session asks: a URL or a folder."""
        return str(self.setting("server")) if self._where is None else self._where

    @property
    def servers(self) -> Servers:
        """The base URLs of that archive, as the settings are now."""
        return self._archive().servers

    def setting(self, name: str) -> Any:
        """This session's own value of a setting, else that of `topmast.conf`."""
        return getattr(self._own if name in self._given else conf, name)

    def cache(self, kind: Callable[[], C]) -> C:
        """This session's cache of a kind, a class; made when it is first asked for."""
        # setdefault is one step for all threads.
        return self._caches.get(kind) or self._caches.setdefault(kind, kind())

    def forget(self) -> None:
        """Forget what was remembered of the archive; what the user has set stays."""
        kept = {kind: v for kind, v in self._caches.items() if not getattr(kind, "is_cache", True)}
        self._caches = kept

    def log_in(self, login: Login) -> None:
        """Let all requests to the archive of now carry `login`; those to another never do."""
        self.login, self._login_address = login, self._archive().address
        self.token, self.cookies = login.token, dict(login.cookies)

    def log_out(self) -> None:
        """Carry no login any more."""
        self.token, self.cookies, self.login, self._login_address = None, {}, None, ""

    @property
    def logged_in(self) -> bool:
        """Whether there is a login for the archive of now that has not ended, as far as known."""
        if self.login is None or self.login.ended:
            return False
        return self._is_login_for(self._archive())

    def explain_refusal(self) -> str:
        """What a 401 or 403 has to do with the login; empty without one."""
        return "" if self.login is None else self.login.explain_refusal()

    def _about_proxy(self, url: str) -> str:
        """What a 401 may have to do with the login at a proxy, which some answer with it."""
        proxy = proxy_for(url, self.setting("proxy")) if is_url(url) else None
        if proxy is None or "@" not in proxy:
            return ""
        return f"If the proxy {shown(proxy)} refused: check the name and password for it."

    def limits(self) -> Limits:
        """The time limits that the settings ask for.

        Unless ``read_timeout`` was set, the archive may think about a query until its very end.
        """
        read_seconds = self.setting("read_timeout")
        return Limits(
            connect_seconds=self.setting("connect_timeout"),
            read_seconds=read_seconds,
            total_seconds=self.setting("timeout"),
            first_byte_seconds=math.inf if read_seconds == DEFAULTS["read_timeout"] else None,
        )

    def send(
        self,
        request: Request,
        *,
        total_seconds: float | None = None,
        check: bool = True,
        most_bytes: int | None = None,
    ) -> Answer:
        """The whole answer to `request`, tried again while that makes sense.

        Parameters
        ----------
        request : Request
            What to ask. Queries are repeated after connection faults and the statuses 429,
            500, 502, 503 and 504, with growing random waits; Retry-After is obeyed.
        total_seconds : float, optional
            The limit for everything, tries and waits together; default: the setting ``timeout``.
        check : bool
            Whether an HTTP error status raises HTTPStatusError or NotAuthorizedError.
        most_bytes : int, optional
            The body is read no further than this.

        Raises
        ------
        UnreachableError, TimeoutError
            No whole answer came, or not in time.
        BadAnswerError
            The answer's encoding is broken, or it is far too large.
        """
        limits = self.limits()
        if total_seconds is not None:
            limits = replace(limits, total_seconds=total_seconds)
        deadline = Deadline.after(limits.total_seconds)
        archive = self._archive()
        tries = int(self.setting("tries"))
        for attempt in itertools.count(1):
            outcome = self._one_try(archive, request, limits, deadline, most_bytes)
            wait = retry.plan(
                request,
                outcome,
                attempt=attempt,
                tries=tries,
                left=deadline.left(),
                rng=self._random,
            )
            if wait.seconds is None:
                break
            log.debug("%s: trying again in %.1f s", shown(request.url), wait.seconds)
            time.sleep(wait.seconds)
        if isinstance(outcome, Answer):
            if outcome.ok or not check:
                return outcome
            refused = outcome.status_code in (401, 403)
            about = refused and (self.explain_refusal() or self._about_proxy(request.url))
            raise outcome.status_error(about or wait.note)
        if wait.note:
            outcome.args = (f"{outcome} {wait.note}",)
        raise outcome

    def stream(self, request: Request, *, limits: Limits | None = None) -> ReceivedStream:
        """The answer to `request` as soon as its headers are there: one try, any status.

        Without `limits` there is one for the connection and for the next byte, none for the whole.
        """
        if limits is None:
            limits = replace(self.limits(), total_seconds=None)
        deadline = Deadline.after(limits.total_seconds)
        return self._open(self._archive(), request, limits, deadline, encoding="identity")

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        with self._lock:
            transports = [*self._folders.values(), *([self._network] if self._network else [])]
            self._folders, self._network = {}, None
        for transport in transports:
            transport.close()

    def _one_try(
        self,
        archive: _Archive,
        request: Request,
        limits: Limits,
        deadline: Deadline,
        most_bytes: int | None,
    ) -> Answer | UnreachableError | TimeoutError:
        started = time.monotonic()
        try:
            with self._open(archive, request, limits, deadline) as stream:
                password = (archive.url_login or "").partition(":")[2]
                secrets = (self.token or "", password, *self.cookies.values())
                answer = stream.answer(secrets, most_bytes)
        except (UnreachableError, TimeoutError) as problem:
            log.debug("%s %s: %s", request.method, shown(request.url), problem)
            return problem
        if log.isEnabledFor(logging.DEBUG):
            seconds, status = time.monotonic() - started, answer.status_code
            log.debug("%s %s: %d, %.3f s", request.method, shown(answer.url), status, seconds)
        return answer

    def _open(
        self,
        archive: _Archive,
        request: Request,
        limits: Limits,
        deadline: Deadline,
        encoding: str = "gzip",
    ) -> ReceivedStream:
        """Send `request` and follow redirects, until headers of another kind are there."""
        request = self._with_credentials(archive, request)
        request = prepare(request, {"Accept": "*/*", "Accept-Encoding": encoding})
        for _ in range(MAX_REDIRECTS + 1):
            left = None if limits.total_seconds is None else deadline.left()
            transport = self._transport(archive.where, request.url)
            with deadline_errors(deadline, request.url):
                stream = transport.open(request, replace(limits, total_seconds=left))
            followed = request.follow_redirects and stream.status_code in REDIRECTS
            location = redirect_location(stream) if followed else None
            if location is None:
                return ReceivedStream(stream, deadline, has_body=request.method != "HEAD")
            stream.close()
            request = prepare(redirected(request, stream.status_code, location))
        raise BadAnswerError(
            f"{shown(request.url)}: more than {MAX_REDIRECTS} redirects, one after the other. "
            "Check the server's address."
        )

    def _with_credentials(self, archive: _Archive, request: Request) -> Request:
        if archive.url_login and origin(request.url) == origin(archive.servers.portal):
            request = with_login(request, archive.url_login)
        cookies = dict(self.cookies) | ({"mast_token": self.token} if self.token else {})
        if not cookies or not self._is_login_for(archive):
            return request
        if not may_receive_credential(request.url, archive.servers):
            return request
        return with_cookies(request, cookies)

    def _archive(self) -> _Archive:
        """The archive as the settings are now."""
        where = self.where
        own = {
            name.removesuffix("_server"): getattr(self._own, name).rstrip("/")
            for name in self._given
            if name.endswith("_server")
        }
        servers = replace(Servers.of(_portal_url(where)), **own)
        if is_url(where):
            login = split_login(where)[1] if "@" in where else None
            return _Archive(where, servers, login, servers.portal)
        return _Archive(where, servers, None, os.path.realpath(os.path.expanduser(where)))

    def _is_login_for(self, archive: _Archive) -> bool:
        """Whether the login was made for `archive`, or by hand."""
        return self._login_address in ("", archive.address)

    def _transport(self, where: str, url: str) -> Transport:
        if not is_url(where) and under(url, IN_PROCESS):
            return self._folder_transport(where)
        with self._lock:
            if self._network is None:
                from topmast.net.transport import HttpTransport

                self._network = HttpTransport(self.setting)
            return self._network

    def _folder_transport(self, folder: str) -> Transport:
        if self.open_folder is None:
            raise InvalidQueryError(
                f"{folder!r} is neither a URL (http:// or https://) nor a folder that this "
                "session can open. topmast.connect(folder) opens a local archive."
            )
        path = os.path.realpath(os.path.expanduser(folder))
        with self._lock:
            if path not in self._folders:
                self._folders[path] = self.open_folder(path)
            return self._folders[path]

    def _reset_connections(self) -> None:
        """Forget all connections without closing them: after a fork they are the parent's."""
        if self._network is not None:
            _inherited.append(self._network)
        self._lock = Lock()
        self._network = None
        self._folders = {}


@lru_cache(64)
def _portal_url(where: str) -> str:
    if not is_url(where):
        return IN_PROCESS
    url, _ = split_login(checked_url(where))
    if "?" in url:
        raise InvalidQueryError(f"The server {shown(where)!r} must not contain '?'.")
    return url.rstrip("/")


def _after_fork() -> None:
    for session in list(_sessions):
        session._reset_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
