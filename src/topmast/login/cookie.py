"""The cookie of a login, as the standard library and astroquery's users know it."""

from __future__ import annotations

from http.cookiejar import Cookie
from urllib.parse import urlsplit

from topmast.net.session import Session


class SecretCookie(Cookie):
    """A cookie that does not show its value when it is printed."""

    def __repr__(self) -> str:
        return f"<Cookie {self.name} for {self.domain}>"

    __str__ = __repr__


def secret_cookie(session: Session, name: str, value: str) -> Cookie:
    """A cookie for the archive of `session`, with the time until which it is valid."""
    parts = urlsplit(session.servers.portal)
    login = session.login
    expires = None if login is None or login.expires is None else int(login.expires)
    return SecretCookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain=parts.hostname or "",
        domain_specified=False,
        domain_initial_dot=False,
        path="/",
        path_specified=True,
        secure=parts.scheme == "https",
        expires=expires,
        discard=expires is None,
        comment=None,
        comment_url=None,
        rest={"HttpOnly": ""},
    )
