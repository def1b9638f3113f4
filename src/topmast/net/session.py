"""One session: every request of a client goes through `Session.send` or `Session.stream`."""

from __future__ import annotations

import logging
import os
import random
import time
import weakref
from collections.abc import Callable
from dataclasses import fields, replace
from threading import Lock
from types import TracebackType
from typing import Any, TypeVar

from topmast.config import DEFAULTS, Conf, Servers, conf
from topmast.errors import BadAnswerError, InvalidQueryError, TimeoutError, UnreachableError
from topmast.login.validity import note_of_refusal
from topmast.net import retry
from topmast.net.address import checked_url, is_url, shown, split_login, under
from topmast.net.deadline import Deadline
from topmast.net.identity import Login, may_receive_credential, origin
from topmast.net.messages import Answer, Limits, Request, Transport
from topmast.net.outgoing import checked, with_cookies, with_defaults, with_login
from topmast.net.receiving import ReceivedStream, within
from topmast.net.redirects import MAX_REDIRECTS, follow, target

IN_PROCESS = "http://topmast.archive"
"""The base URL of an archive in this process."""

C = TypeVar("C")

log = logging.getLogger("topmast")
_sessions: weakref.WeakSet[Session] = weakref.WeakSet()


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
        self._open_folder = open_folder
        self._own = _own_settings(settings)
        self._given = frozenset(settings)
        self.token: str | None = None
        self.cookies: dict[str, str] = {}
        self.login: Login | None = None
        self._home = ""
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def fresh(self) -> Session:
        """A new session for the same archive with the same settings, not logged in."""
        own = {name: getattr(self._own, name) for name in self._given}
        return Session(self._where, open_folder=self._open_folder, **own)

    @property
    def where(self) -> str:
        """The archive that this session asks: a URL or a folder."""
        return str(self.setting("server")) if self._where is None else self._where

    @property
    def servers(self) -> Servers:
        """The base URLs of that archive, as the settings are now."""
        portal = _portal_url(self.where)
        own = {
            field.name: getattr(self._own, f"{field.name}_server").rstrip("/")
            for field in fields(Servers)
            if f"{field.name}_server" in self._given
        }
        return replace(Servers.of(portal), **own)

    def setting(self, name: str) -> Any:
        """This session's own value of a setting, else that of `topmast.conf`."""
        return getattr(self._own if name in self._given else conf, name)

    def cache(self, kind: Callable[[], C]) -> C:
        """This session's cache of a kind, a class; made when it is first asked for."""
        # setdefault is one step for all threads.
        return self._caches.get(kind) or self._caches.setdefault(kind, kind())

    def log_in(self, login: Login) -> None:
        """Let all requests to the archive of now carry `login`; those to another never do."""
        self.login, self._home = login, self._address()
        self.token, self.cookies = login.token, dict(login.cookies)

    def log_out(self) -> None:
        """Carry no login any more."""
        self.token, self.cookies, self.login, self._home = None, {}, None, ""

    @property
    def logged_in(self) -> bool:
        """Whether there is a login for the archive of now that has not ended, as far as known."""
        return self.login is not None and not self.login.ended and self._is_at_home()

    def limits(self) -> Limits:
        """The time limits that the settings ask for."""
        return Limits(
            connect_seconds=self.setting("connect_timeout"),
            read_seconds=self.setting("read_timeout"),
            total_seconds=self.setting("timeout"),
        )

    def send(
        self, request: Request, *, total_seconds: float | None = None, check: bool = True
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
        request = with_defaults(request, {"Accept": "*/*", "Accept-Encoding": "gzip"})
        tries = int(self.setting("tries"))
        for attempt in range(1, tries + 1):
            outcome = self._one_try(request, limits, deadline)
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
        if check and isinstance(outcome, Answer) and outcome.status_code in (401, 403):
            return _result(outcome, note_of_refusal(self) or wait.note, check)
        return _result(outcome, wait.note, check)

    def stream(self, request: Request, *, limits: Limits | None = None) -> ReceivedStream:
        """The answer to `request` as soon as its headers are there: one try, any status.

        Without `limits` there is one for the connection and for the next byte, none for the whole.
        """
        if limits is None:
            limits = replace(self.limits(), total_seconds=None)
        request = with_defaults(request, {"Accept": "*/*", "Accept-Encoding": "identity"})
        return self._open(request, limits, Deadline.after(limits.total_seconds))

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        with self._lock:
            transports = [*self._folders.values()]
            if self._network is not None:
                transports.append(self._network)
            self._folders, self._network = {}, None
        for transport in transports:
            transport.close()

    def _one_try(
        self, request: Request, limits: Limits, deadline: Deadline
    ) -> Answer | UnreachableError | TimeoutError:
        started = time.monotonic()
        try:
            with self._open(request, limits, deadline) as stream:
                answer = stream.answer(self._secrets())
        except (UnreachableError, TimeoutError) as problem:
            log.debug("%s %s: %s", request.method, shown(request.url), problem)
            return problem
        seconds = time.monotonic() - started
        log.debug(
            "%s %s: %d, %.3f s", request.method, shown(answer.url), answer.status_code, seconds
        )
        return answer

    def _open(self, request: Request, limits: Limits, deadline: Deadline) -> ReceivedStream:
        """Send `request` and follow redirects, until headers of another kind are there."""
        request = checked(self._with_credentials(request))
        for _ in range(MAX_REDIRECTS + 1):
            left = None if limits.total_seconds is None else deadline.left()
            with within(deadline, request.url):
                stream = self._transport(request.url).open(
                    request, replace(limits, total_seconds=left)
                )
            location = target(stream)
            if location is None:
                return ReceivedStream(stream, deadline, has_body=request.method != "HEAD")
            stream.close()
            request = checked(follow(request, stream.status_code, location))
        raise BadAnswerError(
            f"{shown(request.url)}: more than {MAX_REDIRECTS} redirects, one after the other. "
            "Check the server's address."
        )

    def _with_credentials(self, request: Request) -> Request:
        login = split_login(self.where)[1] if is_url(self.where) else None
        if login and origin(request.url) == origin(self.servers.portal):
            request = with_login(request, login)
        cookies = dict(self.cookies) | ({"mast_token": self.token} if self.token else {})
        if not cookies or not self._is_at_home():
            return request
        if not may_receive_credential(request.url, self.servers):
            return request
        return with_cookies(request, cookies)

    def _address(self) -> str:
        """What the archive of now is, the same however it is spelt."""
        where = self.where
        return self.servers.portal if is_url(where) else os.path.realpath(os.path.expanduser(where))

    def _is_at_home(self) -> bool:
        """Whether the archive is the one that the login was made for."""
        return not self._home or self._home == self._address()

    def _secrets(self) -> tuple[str, ...]:
        login = split_login(self.where)[1] if is_url(self.where) else None
        password = (login or "").partition(":")[2]
        return tuple(secret for secret in (self.token, password, *self.cookies.values()) if secret)

    def _transport(self, url: str) -> Transport:
        where = self.where
        if under(url, IN_PROCESS) and not is_url(where):
            return self._folder_transport(where)
        with self._lock:
            if self._network is None:
                from topmast.net.http import HttpTransport

                self._network = HttpTransport(self.setting)
            return self._network

    def _folder_transport(self, folder: str) -> Transport:
        if self._open_folder is None:
            raise InvalidQueryError(
                f"{folder!r} is neither a URL (http:// or https://) nor a folder that this "
                "session can open. topmast.connect(folder) opens a local archive."
            )
        path = os.path.realpath(os.path.expanduser(folder))
        with self._lock:
            if path not in self._folders:
                self._folders[path] = self._open_folder(path)
            return self._folders[path]

    def _start_afresh(self) -> None:
        """Forget all connections without closing them: after a fork they are the parent's."""
        self._lock = Lock()
        self._network = None
        self._folders = {}


def _own_settings(settings: dict[str, Any]) -> Conf:
    own = Conf()
    for name, value in settings.items():
        if name not in DEFAULTS:
            raise InvalidQueryError(
                f"No setting {name!r}. Settings: {', '.join(sorted(DEFAULTS))}."
            )
        try:
            setattr(own, name, value)
        except ValueError as problem:
            raise InvalidQueryError(str(problem)) from problem
    return own


def _portal_url(where: str) -> str:
    if not is_url(where):
        return IN_PROCESS
    url, _ = split_login(checked_url(where))
    if "?" in url:
        raise InvalidQueryError(f"The server {shown(where)!r} must not contain '?'.")
    return url.rstrip("/")


def _result(outcome: Answer | UnreachableError | TimeoutError, note: str, check: bool) -> Answer:
    if isinstance(outcome, Answer):
        if check and not outcome.ok:
            raise outcome.status_error(note)
        return outcome
    if note:
        outcome.args = (f"{outcome} {note}",)
    raise outcome


def _after_fork() -> None:
    for session in list(_sessions):
        session._start_afresh()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
