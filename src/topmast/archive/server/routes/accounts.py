"""Log in with a password, log out, and tell who is logged in."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from topmast.archive.accounts import clock
from topmast.archive.accounts.accounts import authenticate
from topmast.archive.accounts.attempts import TooManyAttempts
from topmast.archive.accounts.sessions import SESSION_SECONDS, create_session, end_session
from topmast.archive.accounts.user import User
from topmast.archive.server.routes.common import archive_of, message, read_body
from topmast.archive.server.routes.users import current_user, session_secrets
from topmast.archive.server.threads import in_process, in_thread
from topmast.errors import ArchiveError, LoginError
from topmast.wire.auth import (
    EXPIRES_HEADER,
    JSON_TYPE,
    NO_SESSION,
    Cookie,
    SessionInfo,
    UserInfo,
    decode_login,
    encode_session,
    encode_set_cookie,
    encode_whoami,
)

T = TypeVar("T")
COOKIE = "_shibsession_topmast"
PRIVATE = {"Cache-Control": "no-store"}
LARGEST_LOGIN = 64 << 10
CHECK_WAIT_SECONDS = 5.0
HELP = Path(__file__).with_name("login.html").read_text(encoding="utf-8")


async def whoami(request: Request) -> Response:
    """The account behind the request."""
    user = await current_user(request)
    account = user.account
    if account is None:
        return Response(encode_whoami(None), media_type=JSON_TYPE, headers=PRIVATE)
    names = (account.name, account.first_name, account.last_name)
    info = UserInfo(*names, account.uuid, user.scopes, user.session, user.token)
    headers = PRIVATE | {EXPIRES_HEADER: str(math.floor(user.expires))}
    return Response(encode_whoami(info), media_type=JSON_TYPE, headers=headers)


async def auth_type(request: Request) -> Response:
    """How to log in, in MAST's word for API tokens."""
    return PlainTextResponse("MAST-AUTH")


async def login_help(request: Request) -> Response:
    """A page that tells people how to log in."""
    return HTMLResponse(HELP)


async def session(request: Request) -> Response:
    """How long the login lasts, and whose it is."""
    content = encode_session(_session_info(await current_user(request)))
    return Response(content, media_type=JSON_TYPE, headers=PRIVATE)


def _session_info(user: User) -> SessionInfo:
    account = user.account
    if account is None:
        return NO_SESSION
    minutes = max(0, math.ceil((user.expires - clock.now()) / 60 - 0.02))
    return SessionInfo(minutes, account.name, account.first_name, account.last_name)


async def log_in(request: Request) -> Response:
    """Open a session for a username and password; its cookie is new, whatever the client sent."""
    body = await read_body(request, LARGEST_LOGIN)
    # Pages of other sites cannot send this type without being allowed to.
    is_json = request.headers.get("content-type", "").partition(";")[0].strip() == JSON_TYPE
    given = decode_login(body) if is_json else None
    if given is None:
        return message(401, f"Send a username and a password, as {JSON_TYPE}.")
    store = archive_of(request).store
    address = request.client.host if request.client else ""
    try:
        user, secret = await _in_turn(
            request, lambda: create_session(store, authenticate(store, *given, address))
        )
    except TooManyAttempts as problem:
        return message(429, str(problem), problem.seconds)
    except LoginError as problem:
        return message(401, str(problem))
    except TimeoutError:
        text = "The archive is busy with other logins. Try again in a few seconds."
        return message(503, text, CHECK_WAIT_SECONDS)
    except ArchiveError:
        return message(503, "The archive cannot store a login: it is read-only or being written.")
    headers = PRIVATE | {"Set-Cookie": _set_cookie(request, secret, SESSION_SECONDS)}
    return Response(encode_session(_session_info(user)), media_type=JSON_TYPE, headers=headers)


async def log_out(request: Request) -> Response:
    """End the session, so that its cookie is worthless also where it was copied to."""
    store = archive_of(request).store
    for secret in session_secrets(request):
        await in_thread(lambda secret=secret: end_session(store, secret))  # type: ignore[misc]
    headers = PRIVATE | {"Set-Cookie": _set_cookie(request, "", 0)}
    return PlainTextResponse("You are logged out.\n", headers=headers)


async def _in_turn(request: Request, check: Callable[[], T]) -> T:
    """What `check` gives; TimeoutError if too many others wait for theirs."""
    if in_process.get():
        return check()
    turns: asyncio.Semaphore = request.app.state.password_checks
    async with asyncio.timeout(CHECK_WAIT_SECONDS):
        await turns.acquire()
    try:
        return await in_thread(check)
    finally:
        turns.release()


def _set_cookie(request: Request, secret: str, seconds: int) -> str:
    return encode_set_cookie(Cookie(COOKIE, secret, request.url.scheme == "https"), seconds)
