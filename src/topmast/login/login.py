"""Log in and out, with a password or a token, and tell who is logged in."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import Cookie
from typing import TYPE_CHECKING, Any

from topmast.errors import (
    AuthenticationWarning,
    HTTPStatusError,
    InputWarning,
    InvalidQueryError,
    LoginError,
    MastError,
    warn,
)
from topmast.login import credentials
from topmast.login.password import (
    LOGOUT,
    check_takes_passwords,
    cookie_for,
    session_facts,
    token_page,
)
from topmast.net.identity import Login
from topmast.net.messages import Request
from topmast.wire.auth import (
    EXPIRES_HEADER,
    SESSION_WORD,
    TOKEN_COOKIE,
    WHOAMI,
    SessionFacts,
    decode_whoami,
)

if TYPE_CHECKING:
    from topmast.net.session import Session

log = logging.getLogger("topmast")

NO_TOKEN = {"guide": "No session token found.", "astroquery": "No auth token found."}
PASSWORD_WORDS = ("username", "password", "session_token", "store_password", "reenter_password")
TOKEN_WORDS = ("token", "store_token", "reenter_token")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a call of `login` gave; which way to log in follows from it."""

    username: str | None = None
    password: str | None = None
    session_token: Any = None
    store_password: bool = False
    reenter_password: bool = False
    token: Any = None
    store_token: bool = False
    reenter_token: bool = False

    @property
    def by_password(self) -> bool:
        """Whether any of it belongs to a password login; with nothing at all, it is by token."""
        return any(getattr(self, word) not in (None, False) for word in PASSWORD_WORDS)

    @property
    def by_token(self) -> bool:
        """Whether any of it belongs to a login by token."""
        return any(getattr(self, word) not in (None, False) for word in TOKEN_WORDS)

    @classmethod
    def of(cls, given: tuple[Any, ...], named: Mapping[str, Any]) -> Credentials:
        """Sort out what was given by place and by name."""
        words = PASSWORD_WORDS if _is_password_call(given, named) else TOKEN_WORDS
        if len(given) > len(words):
            raise InvalidQueryError(f"login takes at most {len(words)} values: {', '.join(words)}.")
        placed = dict(zip(words, given, strict=False))
        twice = [word for word in placed if named.get(word) not in (None, False)]
        if twice:
            raise InvalidQueryError(f"login was given {twice[0]} twice.")
        made = cls(**(dict(named) | placed))
        if made.by_password and made.by_token:
            raise InvalidQueryError("Log in with a password or with a token, not with both.")
        return made


def _is_password_call(given: tuple[Any, ...], named: Mapping[str, Any]) -> bool:
    """Whether values given by place are those of a password login, as `login` documents."""
    if any(named.get(word) not in (None, False) for word in TOKEN_WORDS):
        return False
    if any(named.get(word) not in (None, False) for word in PASSWORD_WORDS):
        return True
    if len(given) > 1:
        return not isinstance(given[1], bool)
    return bool(given) and isinstance(given[0], str) and "@" in given[0]


# ------------------------------------------------------------------------------- logging in


def log_in(session: Session, given: Credentials) -> None:
    """Log `session` in; on failure it is as it was."""
    if given.by_password:
        check_takes_passwords(session)
    credentials.warn_if_in_the_open(_place(session))
    if not given.by_password:
        _log_in_with_token(session, given)
        return
    if given.session_token is not None and given.username is None and given.password is None:
        _log_in_with_session(session, given)
        return
    if given.session_token is not None:
        warn(
            "Both username and session token supplied, session token will be ignored.", InputWarning
        )
    _log_in_with_password(session, given)


def _log_in_with_password(session: Session, given: Credentials) -> None:
    if given.store_password:
        credentials.check_keyring()
    service = credentials.password_service(_place(session))
    username = given.username or credentials.ask_username()
    password = given.password
    if password is None and not given.reenter_password:
        password = credentials.recall(service, username)
    if password is None:
        password = credentials.ask_secret(f"Enter password for {username}: ")
    _begin_session(session, cookie_for(session, username, password), username)
    if given.store_password:
        credentials.store(service, username, password)


def _log_in_with_session(session: Session, given: Credentials) -> None:
    if given.store_password:
        warn("There is no password to store: a session token was given.", InputWarning)
    name, value = _session_cookie(given.session_token)
    _begin_session(session, {name: value}, "")


def _begin_session(session: Session, cookies: dict[str, str], username: str) -> None:
    facts = _verified(session, Login(username, cookies=cookies), session_facts)
    if facts is None:
        raise LoginError(
            "Authentication failed! The archive does not know this session: it has expired or was "
            "ended. Log in with the password."
        )
    assert session.login is not None
    session.login.user = username or facts.email
    if facts.minutes is not None:
        session.login.expires = time.time() + 60 * facts.minutes
    left = "unknown" if facts.minutes is None else f"{facts.minutes} minute(s)"
    # Printed, not logged: the guide shows it, and who types a password waits for an answer.
    print(f"Authentication successful!\nSession Expiration: {left}")


def _log_in_with_token(session: Session, given: Credentials) -> None:
    if given.store_token:
        credentials.check_keyring()
    service = credentials.token_service(_place(session))
    token = given.token
    if token is None and not given.reenter_token:
        token = credentials.token_from_outside(_place(session))
    if token is None or given.reenter_token:
        log.info("An API token is made %s", token_page(session))
        token = credentials.ask_secret("Enter MAST API Token: ")
    token = token_text(token)
    info = _verified(session, Login("", token=token), _whoami)
    if info is None:
        raise LoginError(f"MAST API token invalid! A new one is made {token_page(session)}")
    name = str(info["attrib"].get("display_name") or info.get("ezid") or "")
    log.info("MAST API token accepted, welcome %s", _printable(name))
    if given.store_token:
        credentials.store(service, credentials.TOKEN_USER, token)


def _verified(session: Session, login: Login, ask: Any) -> Any:
    """What the archive says about `login`; unless it knows it, everything is as it was."""
    before = session.login
    session.log_in(login)
    try:
        answer = ask(session)
    except BaseException:
        _back_to(session, before)
        raise
    if answer is None:
        _back_to(session, before)
    return answer


def _back_to(session: Session, before: Login | None) -> None:
    if before is None:
        session.log_out()
    else:
        session.log_in(before)


def _whoami(session: Session) -> dict[str, Any] | None:
    """What the archive says about the token, which notes whose it is; None if it is nobody's."""
    try:
        info = _asked(session)
    except HTTPStatusError as problem:
        if problem.status_code in (401, 403):
            return None
        raise
    login = session.login
    if info["anon"] or login is None:
        return None
    login.user = _printable(str(info.get("eppn") or info.get("ezid") or ""))
    return info


def _asked(session: Session) -> dict[str, Any]:
    request = Request("GET", session.servers.portal + WHOAMI, {"Accept": "application/json"})
    answer = session.send(request)
    until = answer.headers.get(EXPIRES_HEADER, "")
    if session.login is not None and until.isascii() and until.isdigit() and len(until) < 12:
        session.login.expires = float(until)
    return decode_whoami(answer.content)


def _place(session: Session) -> str:
    """The URL that a keyring entry is filed under."""
    return session.servers.portal


# ------------------------------------------------------------------------------ logging out


def log_out(session: Session) -> None:
    """End the login here, and a session of a password in the archive too."""
    login = session.login
    if login is not None and login.cookies and session.logged_in:
        try:
            session.send(Request("POST", session.servers.portal + LOGOUT), check=False)
        except MastError as problem:
            log.info("The archive was not told of the logout: %s", problem)
    session.log_out()


# ------------------------------------------------------------------------------- who it is


def who_is_it(session: Session) -> dict[str, Any]:
    """Who is logged in, in the shape of the generation that the login is of."""
    login = session.login if session.logged_in else None
    if login is not None and login.token:
        return _asked(session)
    if login is None and session.setting("dialect") == "astroquery":
        return _asked(session)
    facts = session_facts(session) if login is not None else None
    if login is not None and facts is None:
        login.withdrawn = True
    if session.login is not None and session.login.ended:
        warn(session.login.end_message, AuthenticationWarning)
    return _as_in_guide(facts or SessionFacts(None, "anonymous"))


def _as_in_guide(facts: SessionFacts) -> dict[str, Any]:
    from astropy.units import Quantity

    minutes = facts.minutes
    return {
        "Session Expiration": None if minutes is None else Quantity(float(minutes), "min"),
        "Username": facts.email,
        "First Name": facts.first_name,
        "Last Name": facts.last_name,
    }


def print_info(info: Mapping[str, Any]) -> None:
    """A line for each entry, and for each entry of an entry."""
    for key, value in info.items():
        parts = value if isinstance(value, dict) else {"": value}
        for name, part in parts.items():
            print(_printable(f"{key}.{name}: {part}" if name else f"{key}: {part}"))


# --------------------------------------------------------------------- tokens as they come


def token_text(token: Any) -> str:
    """A token from what may stand for one; InvalidQueryError if it cannot be one."""
    if isinstance(token, Cookie) and token.name == TOKEN_COOKIE:
        token = token.value
    if not isinstance(token, str) or not token.strip() or not token.strip().isprintable():
        raise InvalidQueryError("A token is the text of an API token, as the archive gave it.")
    return token.strip()


class _SecretCookie(Cookie):
    """A cookie that does not show what it is worth when it is printed."""

    def __repr__(self) -> str:
        return f"<Cookie {self.name} for {self.domain}>"

    __str__ = __repr__


def secret_cookie(session: Session, name: str, value: str) -> Cookie:
    """A cookie for the archive of `session`, with the time until which it holds."""
    from urllib.parse import urlsplit

    parts = urlsplit(session.servers.portal)
    login = session.login
    expires = None if login is None or login.expires is None else int(login.expires)
    return _SecretCookie(
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


def _session_cookie(given: Any) -> tuple[str, str]:
    """Name and value of a session token in either form that it may have."""
    if isinstance(given, Mapping):
        pairs = [(str(name), str(value)) for name, value in given.items()]
        if len(pairs) > 1:
            warn("The session token has more than one entry; one of them is used.", InputWarning)
    elif isinstance(given, Cookie):
        pairs = [(given.name, str(given.value))]
    else:
        raise LoginError(
            "Session token must be given as a dictionary or http.cookiejar.Cookie object"
        )
    for name, value in pairs:
        if SESSION_WORD in name.lower() and value:
            return name, value
    raise LoginError("Invalid session token")


def _printable(text: str) -> str:
    """`text` without anything that a terminal would obey."""
    return "".join(letter for letter in text if letter.isprintable())
