"""Prepare a request: defaults, the login, checks, and redirects."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.net.address import checked_url, shown, split_login
from topmast.net.messages import Headers, Request, Stream
from topmast.net.origin import origin

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSENDABLE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")

NO_HEADERS: Mapping[str, str] = {}
MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BECOMES_GET = frozenset({302, 303})
"""301 keeps a POST: it is how servers move http to https, and a query must arrive whole.
302 does not, as every browser has it; 303 says so itself."""
CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
BODY_HEADERS = frozenset({"content-type", "content-length", "content-encoding"})


def prepare(request: Request, defaults: Mapping[str, str] = NO_HEADERS) -> Request:
    """`request` with a URL and headers that are safe to send; InvalidQueryError otherwise.

    `defaults`: headers that it gets unless it has them.
    """
    for name, value in request.headers.items():
        check_header(name, value)
    if not re.fullmatch(r"[A-Z]+", request.method):
        raise InvalidQueryError(f"{request.method!r} is not an HTTP method.")
    present = {name.lower() for name in request.headers}
    headers = {name: value for name, value in defaults.items() if name.lower() not in present}
    url, login = checked_url(request.url), None
    if "@" in url:
        url, login = split_login(url)
    request = replace(request, url=url, headers=headers | dict(request.headers))
    return request if login is None else with_login(request, login)


def check_header(name: str, value: str) -> None:
    """Refuse a header that could end its line and begin another, with InvalidQueryError."""
    if not HEADER_NAME.fullmatch(name):
        raise InvalidQueryError(f"{name!r} cannot be the name of an HTTP header.")
    if UNSENDABLE.search(value):
        raise InvalidQueryError(
            f"The value of the HTTP header {name} contains a character that may not be sent."
        )


def with_cookies(request: Request, cookies: Mapping[str, str]) -> Request:
    """`request` carrying `cookies` beside those that it has."""
    for name, value in cookies.items():
        if not HEADER_NAME.fullmatch(name) or not COOKIE_VALUE.fullmatch(value):
            raise InvalidQueryError(
                f"The token or cookie {name!r} contains a character that may not be sent; "
                "copy it again, without quotes, spaces or line ends."
            )
    pairs = [f"{name}={value}" for name, value in cookies.items()]
    before = [value for name, value in request.headers.items() if name.lower() == "cookie"]
    others = {name: value for name, value in request.headers.items() if name.lower() != "cookie"}
    return replace(request, headers={**others, "Cookie": "; ".join(before + pairs)})


def with_login(request: Request, login: str) -> Request:
    """`request` with ``user:password`` in the header that carries them, unless it has one."""
    if "authorization" in map(str.lower, request.headers):
        return request
    encoded = base64.b64encode(login.encode()).decode("ascii")
    return replace(request, headers={"Authorization": f"Basic {encoded}", **request.headers})


def redirect_location(stream: Stream) -> str | None:
    """Where the answer sends us, None if it is no redirect."""
    if stream.status_code not in REDIRECTS:
        return None
    location = Headers(stream.headers).get("Location")
    if not location:
        return None
    try:  # header bytes arrive as Latin-1; addresses are written in UTF-8
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def redirected(request: Request, status_code: int, location: str) -> Request:
    """The request that a redirect of `request` asks for.

    Login headers stay behind when scheme, host or port change, and a redirect may not choose
    a user name and password for us.
    """
    try:
        url = urljoin(request.url, location)
        parts = urlsplit(url)
        moved = origin(url) != origin(request.url) or "@" in parts.netloc
    except ValueError as problem:
        raise _refusal(request, location) from problem
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refusal(request, location)
    dropped: set[str] = set(CREDENTIALS) if moved else set()
    if status_code in BECOMES_GET and request.method not in ("GET", "HEAD"):
        request = replace(request, method="GET", body=None)
        dropped |= BODY_HEADERS
    headers = {k: v for k, v in request.headers.items() if k.lower() not in dropped}
    url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return replace(request, url=url, headers=headers)


def _refusal(request: Request, location: str) -> BadAnswerError:
    return BadAnswerError(
        f"{shown(request.url)} redirects to {shown(location)!r}, which is not followed: "
        "only http and https addresses are."
    )
