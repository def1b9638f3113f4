"""Who is asking, and how to log in: with an API token, or with a password as MAST once took it."""

from __future__ import annotations

import base64
import binascii
import math
import secrets
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from topmast.archive.accounts import clock
from topmast.archive.accounts.accounts import Account, log_in
from topmast.archive.accounts.attempts import TooManyAttempts
from topmast.archive.accounts.requester import Visitor
from topmast.archive.accounts.tokens import SESSION_SECONDS, begin, end_session, redeem
from topmast.archive.server.routes.common import archive_of, base_url_of, message, read_body
from topmast.archive.server.routes.requesters import session_secrets, visitor_of
from topmast.archive.server.threads import in_thread
from topmast.errors import ArchiveError, LoginError
from topmast.wire import ecp
from topmast.wire.auth import (
    EXPIRES_HEADER,
    Cookie,
    Identity,
    SessionFacts,
    encode_session_page,
    encode_whoami,
    set_cookie,
)

COOKIE = "_shibsession_topmast"
PRIVATE = {"Cache-Control": "no-store"}
LARGEST_MESSAGE = 64 << 10
BY_HAND = """<!doctype html>
<title>Log in</title>
<p>This archive takes API tokens and passwords. Programs log in:
<code>Observations.login(username=...)</code> of topmast, or any client of MAST.
Its keeper makes accounts and tokens with <code>topmast user add</code> and
<code>topmast token create</code>.</p>
"""


# ------------------------------------------------------------------------------- who is asking


async def whoami(request: Request) -> Response:
    """The account behind the request."""
    visitor = await visitor_of(request)
    content = encode_whoami(_identity(visitor))
    headers = dict(PRIVATE)
    if visitor.account is not None:
        headers[EXPIRES_HEADER] = str(math.floor(visitor.expires))
    return Response(content, media_type="application/json", headers=headers)


async def auth_type(request: Request) -> Response:
    """How to log in; clients of 2018 ask before anything else, and know one way at a time."""
    old = archive_of(request).profile == "2017"
    return PlainTextResponse("SHIB-ECP" if old else "MAST-AUTH")


async def session(request: Request) -> Response:
    """The page about a password login: how long it lasts, and whose it is."""
    visitor = await visitor_of(request)
    facts = None
    if visitor.account is not None:
        facts = SessionFacts(
            minutes=math.ceil((visitor.expires - clock.now()) / 60 - 0.02),
            email=visitor.account.name,
            first_name=visitor.account.first_name,
            last_name=visitor.account.last_name,
        )
    return HTMLResponse(encode_session_page(facts), headers=PRIVATE)


def _identity(visitor: Visitor) -> Identity | None:
    account = visitor.account
    if account is None:
        return None
    return Identity(
        name=account.name,
        first_name=account.first_name,
        last_name=account.last_name,
        uuid=account.uuid,
        scopes=visitor.scopes,
        session=visitor.session,
        token=visitor.token,
    )


# ------------------------------------------------------------------------------ with a password


async def login_page(request: Request) -> Response:
    """For programs the first message of a login, for people a word about it."""
    if "paos" not in request.headers and ecp.XML_TYPE not in request.headers.get("accept", ""):
        return HTMLResponse(BY_HAND)
    content = ecp.encode_challenge(
        _consumer_url(request), f"ss:mem:{secrets.token_hex(16)}", _identifier(), _moment()
    )
    return Response(content, media_type=ecp.XML_TYPE, headers=PRIVATE)


async def provider(request: Request) -> Response:
    """The identity provider: takes the password, and answers with a ticket for one session."""
    await read_body(request, LARGEST_MESSAGE)
    given = _basic(request.headers.get("authorization", ""))
    if given is None:
        return _unauthorized("Send a name and a password, as HTTP Basic.")
    store = archive_of(request).store
    address = request.client.host if request.client else ""

    def check() -> tuple[Account, str]:
        account = log_in(store, *given, address)
        return account, begin(store, account, "ticket")

    try:
        _, ticket = await in_thread(check)
    except TooManyAttempts as problem:
        answer = message(429, str(problem))
        answer.headers["Retry-After"] = str(problem.seconds)
        return answer
    except LoginError as problem:
        return _unauthorized(str(problem))
    except ArchiveError:
        return message(503, "The archive cannot note a login now: it is read-only, or written to.")
    content = ecp.encode_proof(_consumer_url(request), ticket, _moment())
    return Response(content, media_type="text/xml", headers=PRIVATE)


async def consume(request: Request) -> Response:
    """Takes the ticket, and sets the cookie of a new session: never one that the client chose."""
    ticket = ecp.decode_delivery(await read_body(request, LARGEST_MESSAGE))
    store = archive_of(request).store
    secret = await in_thread(lambda: redeem(store, ticket))
    if secret is None:
        return message(403, "This proof of a login is not good, or not any more. Log in again.")
    cookie = Cookie(COOKIE, secret, secure=request.url.scheme == "https")
    lasts = f"; Max-Age={int(SESSION_SECONDS)}"
    headers = PRIVATE | {"Set-Cookie": set_cookie(cookie) + lasts}
    return PlainTextResponse("You are logged in.\n", headers=headers)


async def logout(request: Request) -> Response:
    """Ends the session, so that its cookie is good for nothing, wherever it has got to."""
    store = archive_of(request).store
    for secret in session_secrets(request):
        await in_thread(lambda secret=secret: end_session(store, secret))  # type: ignore[misc]
    gone = Cookie(COOKIE, "", secure=request.url.scheme == "https")
    headers = PRIVATE | {"Set-Cookie": set_cookie(gone)}
    return PlainTextResponse("You are logged out.\n", headers=headers)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon and name else None


def _unauthorized(text: str) -> Response:
    answer = message(401, text)
    answer.headers["WWW-Authenticate"] = 'Basic realm="topmast archive", charset="UTF-8"'
    return answer


def _consumer_url(request: Request) -> str:
    return base_url_of(request) + ecp.CONSUMER


def _identifier() -> str:
    return f"_{secrets.token_hex(16)}"


def _moment() -> str:
    return datetime.fromtimestamp(clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
