"""What is done to every request before it leaves: defaults, the login, and a check."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace

from topmast.errors import InvalidQueryError
from topmast.net.address import checked_url, split_login
from topmast.net.messages import Headers, Request

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSENDABLE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")


def checked(request: Request) -> Request:
    """`request` with a URL and headers that are safe to send; InvalidQueryError otherwise."""
    for name, value in request.headers.items():
        check_header(name, value)
    if not re.fullmatch(r"[A-Z]+", request.method):
        raise InvalidQueryError(f"{request.method!r} is not an HTTP method.")
    url, login = split_login(checked_url(request.url))
    request = replace(request, url=url)
    return request if login is None else with_login(request, login)


def check_header(name: str, value: str) -> None:
    """Refuse a header that could end its line and begin another, with InvalidQueryError."""
    if not HEADER_NAME.fullmatch(name):
        raise InvalidQueryError(f"{name!r} cannot be the name of an HTTP header.")
    if UNSENDABLE.search(value):
        raise InvalidQueryError(
            f"The value of the HTTP header {name} contains a character that may not be sent."
        )


def with_defaults(request: Request, defaults: Mapping[str, str]) -> Request:
    """`request` with those of the headers that it does not have yet."""
    present = Headers(request.headers)
    missing = {name: value for name, value in defaults.items() if name not in present}
    return replace(request, headers={**missing, **request.headers})


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
    encoded = base64.b64encode(login.encode()).decode("ascii")
    return with_defaults(request, {"Authorization": f"Basic {encoded}"})
