"""Where a redirect leads, and what may go there."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from topmast.errors import BadAnswerError
from topmast.net.address import shown
from topmast.net.messages import Headers, Request, Stream
from topmast.net.origin import origin

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BECOMES_GET = frozenset({302, 303})
"""301 keeps a POST: it is how servers move http to https, and a query must arrive whole.
302 does not, as every browser has it; 303 says so itself."""
CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
BODY_HEADERS = frozenset({"content-type", "content-length", "content-encoding"})


def target(stream: Stream) -> str | None:
    """Where the answer sends us, None if it is no redirect."""
    if stream.status_code not in REDIRECTS:
        return None
    location = Headers(stream.headers).get("Location")
    return _as_utf8(location) if location else None


def follow(request: Request, status_code: int, location: str) -> Request:
    """The request that a redirect of `request` asks for.

    Login headers stay behind when scheme, host or port change.
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
    return replace(request, url=_without_login(url), headers=headers)


def _without_login(url: str) -> str:
    """A redirect may not choose a user name and password for us."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _refusal(request: Request, location: str) -> BadAnswerError:
    return BadAnswerError(
        f"{shown(request.url)} redirects to {shown(location)!r}, which is not followed: "
        "only http and https addresses are."
    )


def _as_utf8(location: str) -> str:
    """Header bytes arrive as Latin-1; addresses are written in UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location
