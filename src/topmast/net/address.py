"""URLs: which are allowed, whether two belong together, and how one is shown without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from topmast.errors import InvalidQueryError

PORTS = {"http": 80, "https": 443}
SECRET_KEYS = (
    r"[\w.-]*token|pass|password|passwd|secret|api_?key|signature|"
    r"x-amz-signature|x-amz-credential|x-amz-security-token"
)
ORDINARY = re.compile(r"[\w!$%&'()*+,/:;=?@~.-]*", re.ASCII)
UNUSABLE_HOST = re.compile(r"[\s\\%<>\"^`{|}]")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LOGIN = re.compile(r"//[^/?#\s]*@")
SECRET = re.compile(rf"(?i)((?:^|[?&;#\s]|%3F|%26)(?:{SECRET_KEYS})(?:=|%3D))[^&;#\s'\"]*")


def is_url(where: str) -> bool:
    """Whether `where` is a URL; everything else is a folder."""
    return where[:8].lower().startswith(("http://", "https://"))


def checked_url(url: str) -> str:
    """`url` in ASCII, without a fragment; InvalidQueryError if it cannot be asked for."""
    if CONTROL.search(url):
        raise InvalidQueryError(f"A control character is in the URL {shown(url)!r}.")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in PORTS and bool(parts.hostname)
        port = parts.port
    except ValueError as problem:
        raise InvalidQueryError(f"{shown(url)!r} is not a URL: {problem}.") from problem
    if not usable or port == 0 or UNUSABLE_HOST.search(parts.netloc.rpartition("@")[2]):
        raise InvalidQueryError(
            f"{shown(url)!r} is not a URL that can be asked for: "
            "it has to look like https://host/path."
        )
    return url if ORDINARY.fullmatch(url) else _ascii(url.partition("#")[0], parts.netloc)


def _ascii(url: str, netloc: str) -> str:
    """Percent-encode what may not stand in a URL, and write the host as IDNA."""
    if not netloc.isascii():
        login, at, host = netloc.rpartition("@")
        try:
            name = host.encode("idna").decode("ascii")
        except UnicodeError as problem:
            raise InvalidQueryError(f"{shown(url)!r} has no valid host: {problem}.") from problem
        url = url.replace(netloc, f"{quote(login, safe=':%')}{at}{name}", 1)
    return quote(url, safe="!#$%&'()*+,/:;=?@[]~")


def under(url: str, base: str) -> bool:
    """Whether `url` is `base` or below it (http://a.b.evil.org is not below http://a.b)."""
    return url == base or url.startswith((f"{base}/", f"{base}?"))


def split_login(url: str) -> tuple[str, str | None]:
    """The URL without ``user:password@``, and those two."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    return (parts._replace(netloc=host).geturl(), unquote(login)) if at else (url, None)


def shown(url: str, hidden: Iterable[str] = ()) -> str:
    """`url` as errors and logs show it: no password, no token, not too long."""
    text = without_credentials(url, hidden)
    return text if len(text) <= 400 else f"{text[:397]}..."


def without_credentials(text: str, hidden: Iterable[str] = ()) -> str:
    """`text` with every user:password@, token= value and each of `hidden` taken out."""
    for secret in hidden:
        if secret:
            text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
    return SECRET.sub(r"\1***", LOGIN.sub("//", text))
