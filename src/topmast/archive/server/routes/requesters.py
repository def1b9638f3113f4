"""Who sent a request: read from its token or its session cookie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlette.requests import Request

from topmast.archive.accounts.requester import ANYBODY, Visitor
from topmast.archive.accounts.rights import restricted
from topmast.archive.accounts.tokens import visitor_of_session, visitor_of_token
from topmast.archive.server.routes.common import archive_of
from topmast.archive.server.threads import in_thread
from topmast.archive.store.database import Store
from topmast.archive.store.products import HeldFile
from topmast.wire.auth import SESSION_WORD, TOKEN_COOKIE, given_cookies

SCHEMES = ("token", "bearer")
MOST_TRIED = 4
"""Cookies of one request that are looked up."""


async def visitor_of(request: Request) -> Visitor:
    """Whoever sent `request`; a token or session that is not good any more is nobody's."""
    known: Visitor | None = getattr(request.state, "visitor", None)
    if known is None:
        store = archive_of(request).store
        tokens, sessions = list(_tokens(request)), session_secrets(request)
        known = ANYBODY
        if tokens or sessions:
            known = await in_thread(lambda: _look_up(store, tokens, sessions))
        request.state.visitor = known
    return known


async def allowed(request: Request, files: Iterable[HeldFile]) -> set[str]:
    """The URIs of those of `files` that whoever sent `request` may have."""
    files, store = list(files), archive_of(request).store
    closed = await in_thread(lambda: restricted(store, files))
    if not closed:
        return {file.uri for file in files}
    visitor = await visitor_of(request)
    return {
        file.uri for file in files if file.uri not in closed or visitor.may_have(closed[file.uri])
    }


def session_secrets(request: Request) -> list[str]:
    """The values of the cookies that stand for a password login."""
    cookies = given_cookies(request.headers.get("cookie", ""))
    return [value for name, value in cookies if SESSION_WORD in name.lower()][:MOST_TRIED]


def _tokens(request: Request) -> Iterator[str]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in SCHEMES and token.strip():
        yield token.strip()
        return
    cookies = given_cookies(request.headers.get("cookie", ""))
    yield from [value for name, value in cookies if name == TOKEN_COOKIE][:MOST_TRIED]


def _look_up(store: Store, tokens: list[str], sessions: list[str]) -> Visitor:
    for secret in tokens:
        if visitor := visitor_of_token(store, secret):
            return visitor
    for secret in sessions:
        if visitor := visitor_of_session(store, secret):
            return visitor
    return ANYBODY
