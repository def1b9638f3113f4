"""The messages of a login: password, session, whoami and cookies, written and read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from topmast.config.output import one_line
from topmast.errors import BadAnswerError

LOGIN = "/api/v0/login"
LOGOUT = "/api/v0/logout"
SESSION = "/api/v0/session"
WHOAMI = "/whoami"
TOKEN_COOKIE = "mast_token"
SESSION_WORD = "shibsession"
"""Part of the name of the cookie of a password login, as astroquery looks for it."""
EXPIRES_HEADER = "Login-Expires"
"""Seconds since 1970 until which a login is valid; only servers of topmast send it."""
JSON_TYPE = "application/json"


def encode_login(username: str, password: str) -> bytes:
    """The body of a password login, of type `JSON_TYPE`."""
    return json.dumps({"username": username, "password": password}).encode()


def decode_login(content: bytes) -> tuple[str, str] | None:
    """The username and password in the body; None if they are not there."""
    try:
        found = msgspec.json.decode(content, type=dict[str, str])
    except (msgspec.DecodeError, RecursionError):
        return None
    username = found.get("username", "")
    return (username, found["password"]) if username and "password" in found else None


class SessionInfo(msgspec.Struct, frozen=True):
    """Who is logged in, and for how many more minutes."""

    minutes: Annotated[int, msgspec.Meta(ge=0, le=10**9)] | None
    username: str
    first_name: str
    last_name: str


NO_SESSION = SessionInfo(None, "anonymous", "", "")


def encode_session(info: SessionInfo) -> bytes:
    """The answer to a password login, and about a session."""
    return msgspec.json.encode(info)


def decode_session(content: bytes) -> SessionInfo:
    """What the archive tells about a session, without characters that control a terminal.

    Raises
    ------
    BadAnswerError
        If the answer is something else, as from an archive that takes no passwords.
    """
    try:
        found = msgspec.json.decode(content, type=SessionInfo)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise BadAnswerError("The server did not say whether there is a session.") from problem
    texts = (one_line(each) for each in (found.username, found.first_name, found.last_name))
    return SessionInfo(found.minutes, *texts)


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A user as /whoami describes one; `session` and `token` are ids, not the secrets."""

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


ANONYMOUS: Mapping[str, Any] = {
    "eppn": "",
    "ezid": "anonymous",
    "attrib": {},
    "anon": True,
    "scopes": [],
    "session": None,
    "token": None,
}


def encode_whoami(user: UserInfo | None) -> bytes:
    """The answer about `user`; None is somebody who is not logged in."""
    if user is None:
        return json.dumps(ANONYMOUS).encode()
    attributes = {
        "uuid": user.uuid,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "display_name": user.display_name,
        "internal": "0",
        "email": user.name if "@" in user.name else "",
        "Jwstcalengdataaccess": "false",
    }
    values = {
        "eppn": user.name,
        "ezid": user.name.partition("@")[0],
        "attrib": attributes,
        "anon": False,
        "scopes": list(user.scopes),
        "session": user.session,
        "token": user.token,
    }
    return json.dumps(values).encode()


def decode_whoami(content: bytes) -> dict[str, Any]:
    """The answer as a dict, in which ``anon`` is a bool and ``attrib`` a dict.

    Raises
    ------
    BadAnswerError
        If it is something else: a server that does not say who we are has not accepted us.
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


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie as a server sets it."""

    name: str
    value: str = field(repr=False)
    secure: bool = False


PAIR = re.compile(r'\s*([!#$%&\'*+.^_`|~\w-]+)\s*=\s*"?([!#-+\--:<-\[\]-~]*)"?\s*', re.ASCII)
"""Name and value of a cookie, with the characters that RFC 6265 allows."""


def encode_set_cookie(cookie: Cookie, max_age: int | None = None) -> str:
    """The value of Set-Cookie: no script may read the cookie and no other site may send it.

    `max_age` is in seconds; 0 deletes the cookie.
    """
    lasts = "" if max_age is None else f"; Max-Age={max_age}"
    secure = "; Secure" if cookie.secure else ""
    return f"{cookie.name}={cookie.value}; Path=/; HttpOnly; SameSite=Lax{secure}{lasts}"


def decode_set_cookies(headers: Iterable[str]) -> list[Cookie]:
    """The cookies that these values of Set-Cookie set; others than RFC 6265 allows are left out."""
    found = []
    for header in headers:
        pair, *attributes = header.split(";")
        match = PAIR.fullmatch(pair)
        if match is not None and match[2]:
            secure = "secure" in [each.strip().lower() for each in attributes]
            found.append(Cookie(match[1], match[2], secure))
    return found


def decode_cookies(header: str) -> list[tuple[str, str]]:
    """The names and values in a Cookie header."""
    pairs = (part.partition("=") for part in header.split(";"))
    return [(name.strip(), value.strip().strip('"')) for name, equals, value in pairs if equals]
