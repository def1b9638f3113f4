"""Who is logged in: the answer of /whoami, the page about a session, and cookies."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from topmast.errors import BadAnswerError

WHOAMI = "/whoami"
SESSION_PAGE = "/Shibboleth.sso/Session"
TOKEN_COOKIE = "mast_token"
SESSION_WORD = "shibsession"
"""Part of the name of the cookie that stands for a password login."""
EXPIRES_HEADER = "Login-Expires"
"""Seconds since 1970 until which a login holds: topmast's own servers tell it."""


# ------------------------------------------------------------------------------------- whoami


@dataclass(frozen=True, slots=True)
class Identity:
    """An account as its owner sees it; `session` and `token` are marks, not the secrets."""

    name: str
    first_name: str = ""
    last_name: str = ""
    uuid: str = ""
    scopes: tuple[str, ...] = ()
    session: str | None = None
    token: str | None = None

    @property
    def display_name(self) -> str:
        """First and last name, or the account's name."""
        return f"{self.first_name} {self.last_name}".strip() or self.name


NAMES = ("eppn", "ezid", "attrib", "anon", "scopes", "session", "token")
ANONYMOUS: Mapping[str, Any] = dict(
    zip(NAMES, ("", "anonymous", {}, True, [], None, None), strict=True)
)


def encode_whoami(identity: Identity | None) -> bytes:
    """The answer about `identity`; None is somebody who is not logged in."""
    if identity is None:
        return json.dumps(ANONYMOUS).encode()
    attributes = {
        "uuid": identity.uuid,
        "first_name": identity.first_name,
        "last_name": identity.last_name,
        "display_name": identity.display_name,
        "internal": "0",
        "email": identity.name if "@" in identity.name else "",
        "Jwstcalengdataaccess": "false",
    }
    values = (
        identity.name,
        identity.name.partition("@")[0],
        attributes,
        False,
        list(identity.scopes),
        identity.session,
        identity.token,
    )
    return json.dumps(dict(zip(NAMES, values, strict=True))).encode()


def decode_whoami(content: bytes) -> dict[str, Any]:
    """The answer as a dict, of which ``anon`` is a truth value and ``attrib`` a dict for sure.

    Raises
    ------
    BadAnswerError
        If it is something else: whoever does not say who we are has not accepted us.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise BadAnswerError("The server did not say who is logged in: no JSON came.") from problem
    if not isinstance(found, dict) or not isinstance(found.get("anon"), bool):
        raise BadAnswerError("The server did not say who is logged in: 'anon' is missing.")
    if not isinstance(found.get("attrib"), dict):
        found["attrib"] = {}
    return found


# --------------------------------------------------------------------------- the session page


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What the page about a session tells; `minutes` are those left."""

    minutes: int | None
    email: str = ""
    first_name: str = ""
    last_name: str = ""


EXPIRATION = "Session Expiration (barring inactivity)"
ATTRIBUTES = {
    "email": "STScI_Email",
    "first_name": "STScI_FirstName",
    "last_name": "STScI_LastName",
}
NO_SESSION = "A valid session was not found."


def encode_session_page(facts: SessionFacts | None) -> str:
    """The page; None is somebody who has no session."""
    if facts is None:
        return f"<!doctype html>\n<title>Session</title>\n{NO_SESSION}\n"
    lines = [f"<strong>{EXPIRATION}:</strong> {facts.minutes} minute(s)", ""]
    for name, shown in ATTRIBUTES.items():
        lines.append(f"<strong>{shown}</strong>: {html.escape(_one_line(getattr(facts, name)))}")
    body = "\n".join(lines)
    return f"<!doctype html>\n<title>Session Summary</title>\n<pre>\n{body}\n</pre>\n"


def decode_session_page(text: str) -> SessionFacts | None:
    """What the page tells; None if it is about no session."""
    minutes = re.search(rf"<strong>{re.escape(EXPIRATION)}:</strong>\s*(\d{{1,9}})\s", text)
    values = {name: _attribute(text, shown) for name, shown in ATTRIBUTES.items()}
    if minutes is None and not any(values.values()):
        return None
    return SessionFacts(int(minutes[1]) if minutes else None, **values)


def _attribute(text: str, shown: str) -> str:
    match = re.search(rf"<strong>{shown}</strong>:[ \t]*([^\n<]*)", text)
    return _one_line(html.unescape(match[1])) if match else ""


def _one_line(text: str) -> str:
    """`text` without anything that a terminal would obey."""
    return "".join(letter for letter in text if letter.isprintable()).strip()


# ------------------------------------------------------------------------------------ cookies


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie as a server sets it."""

    name: str
    value: str = field(repr=False)
    secure: bool = False


def set_cookie(cookie: Cookie) -> str:
    """The value of Set-Cookie: no script may read it and no other site may send it."""
    secure = "; Secure" if cookie.secure else ""
    ended = "; Max-Age=0" if not cookie.value else ""
    return f"{cookie.name}={cookie.value}; Path=/; HttpOnly; SameSite=Lax{secure}{ended}"


def set_cookies(headers: Iterable[str]) -> list[Cookie]:
    """The cookies that these values of Set-Cookie set."""
    found = []
    for header in headers:
        pair, _, attributes = header.partition(";")
        name, equals, value = pair.partition("=")
        if equals and name.strip() and value.strip():
            secure = "secure" in [part.strip().lower() for part in attributes.split(";")]
            found.append(Cookie(name.strip(), value.strip().strip('"'), secure))
    return found


def given_cookies(header: str) -> list[tuple[str, str]]:
    """The names and values in a Cookie header."""
    pairs = (part.partition("=") for part in header.split(";"))
    return [(name.strip(), value.strip().strip('"')) for name, equals, value in pairs if equals]
