"""The user of a request, by its token or its session cookie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlette.requests import Request

from topmast.archive.accounts.rights import restricted
from topmast.archive.accounts.sessions import user_of_session
from topmast.archive.accounts.tokens import user_of_token
from topmast.archive.accounts.user import ANONYMOUS, User
from topmast.archive.server.routes.common import archive_of
from topmast.archive.server.threads import in_thread
from topmast.archive.store.database import Store
from topmast.archive.store.products import HeldFile
from topmast.wire.auth import SESSION_WORD, TOKEN_COOKIE, decode_cookies

SCHEMES = ("token", "bearer")
MOST_COOKIES = 4
"""Cookies of one request that are looked up."""


async def current_user(request: Request) -> User:
    """The user who sent `request`; anonymous if the token or session has ended."""
    known: User | None = getattr(request.state, "user", None)
    if known is None:
        store, known = archive_of(request).store, ANONYMOUS
        tokens, sessions = list(_tokens(request)), session_secrets(request)
        if tokens or sessions:
            known = await in_thread(lambda: _look_up(store, tokens, sessions))
        request.state.user = known
    return known


async def readable_uris(request: Request, files: Iterable[HeldFile]) -> set[str]:
    """The URIs of those of `files` that the user of `request` may have."""
    files, store = list(files), archive_of(request).store
    closed = await in_thread(lambda: restricted(store, files))
    if not closed:
        return {file.uri for file in files}
    user = await current_user(request)
    return {file.uri for file in files if file.uri not in closed or user.may_have(closed[file.uri])}


def session_secrets(request: Request) -> list[str]:
    """The values of the cookies that stand for a password login."""
    cookies = decode_cookies(request.headers.get("cookie", ""))
    return [value for name, value in cookies if SESSION_WORD in name.lower()][:MOST_COOKIES]


def _tokens(request: Request) -> Iterator[str]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in SCHEMES and token.strip():
        yield token.strip()
        return
    cookies = decode_cookies(request.headers.get("cookie", ""))
    yield from [value for name, value in cookies if name == TOKEN_COOKIE][:MOST_COOKIES]


def _look_up(store: Store, tokens: list[str], sessions: list[str]) -> User:
    for find, secrets in ((user_of_token, tokens), (user_of_session, sessions)):
        for secret in secrets:
            if user := find(store, secret):
                return user
    return ANONYMOUS
