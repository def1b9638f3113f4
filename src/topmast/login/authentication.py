"""Log in and out, with a password or a token, and tell who is logged in."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from topmast.config.output import one_line, print_line
from topmast.errors import (
    AuthenticationWarning,
    BadAnswerError,
    InputWarning,
    LoginError,
    MastError,
    NotAuthorizedError,
    warn,
)
from topmast.login import secrets
from topmast.login.credentials import Credentials, session_cookie, token_text
from topmast.login.expiry import expired_message, explain_refusal
from topmast.net.address import shown
from topmast.net.messages import Request
from topmast.net.origin import Login, is_mast
from topmast.wire.auth import (
    EXPIRES_HEADER,
    JSON_TYPE,
    LOGIN,
    LOGOUT,
    NO_SESSION,
    SESSION,
    SESSION_WORD,
    WHOAMI,
    SessionInfo,
    decode_session,
    decode_set_cookies,
    decode_whoami,
    encode_login,
)

if TYPE_CHECKING:
    from topmast.net.session import Session

log: logging.Logger = logging.getLogger("topmast")

NO_TOKEN = {
    "guide": "No session token found.",
    "astroquery": "No auth token found.",
    "next": "No auth token found.",
}
TOKEN_PAGE = "/token?suggested_name=topmast&suggested_scope=mast:exclusive_access"
LONGEST_COOKIE = 4096


# ------------------------------------------------------------------------------- logging in


def log_in(session: Session, given: Credentials) -> None:
    """Log `session` in; on failure it is as it was."""
    portal = session.servers.portal
    if given.by_password and is_mast(portal):
        raise LoginError(
            "MAST takes API tokens and no passwords any more. A token is made "
            f"{token_page_hint(session)} ; then: Observations.login(token=...)"
        )
    secrets.warn_if_unencrypted(portal)
    if not given.by_password:
        _log_in_with_token(session, given)
    elif given.session_token is None or given.username is not None or given.password is not None:
        _log_in_with_password(session, given)
    else:
        _log_in_with_session(session, given)


def _log_in_with_password(session: Session, given: Credentials) -> None:
    """Ask first whether the archive takes passwords: none is sent to another server."""
    if given.session_token is not None:
        warn(
            "Both username and session token supplied, session token will be ignored.", InputWarning
        )
    if given.store_password:
        secrets.check_keyring()
    try:
        _session_info(session)
    except BadAnswerError:
        raise LoginError(
            f"{shown(session.where)} takes no passwords. With an API token: "
            f"Observations.login(token=...). It is made {token_page_hint(session)}"
        ) from None
    portal = session.servers.portal
    username = given.username or secrets.ask_username()
    password = given.password
    if password is None and not given.reenter_password:
        password = secrets.find_secret(secrets.password_service(portal), username)
    if password is None:
        password = secrets.ask_secret(f"Enter password for {username}: ")
    cookies, info = _open_session(session, username, password)
    login = Login(username, cookies=cookies, explain_refusal=partial(explain_refusal, session))
    session.log_in(login)
    _report_success(login, info)
    if given.store_password:
        secrets.store_secret(secrets.password_service(portal), username, password)


def _log_in_with_session(session: Session, given: Credentials) -> None:
    if given.store_password:
        warn("There is no password to store: a session token was given.", InputWarning)
    cookies = dict([session_cookie(given.session_token)])
    login = Login("", cookies=cookies, explain_refusal=partial(explain_refusal, session))
    with _restored_on_failure(session, login):
        info = _session_info(session)
        if info.minutes is None:
            raise LoginError(
                "Authentication failed! The archive does not know this session: it has expired or "
                "was ended. Log in with the password."
            )
    _report_success(login, info)


def _log_in_with_token(session: Session, given: Credentials) -> None:
    if given.store_token:
        secrets.check_keyring()
    portal = session.servers.portal
    token = given.token
    if token is None and not given.reenter_token:
        token = secrets.find_token(portal)
    if token is None or given.reenter_token:
        log.info("An API token is made %s", token_page_hint(session))
        token = secrets.ask_secret("Enter MAST API Token: ")
    token = token_text(token)
    login = Login("", token=token, explain_refusal=partial(explain_refusal, session))
    with _restored_on_failure(session, login):
        try:
            info = _whoami(session)
        except NotAuthorizedError:
            info = {"anon": True}
        if info["anon"]:
            raise LoginError(
                f"MAST API token invalid! A new one is made {token_page_hint(session)}"
            )
    login.user = one_line(str(info.get("eppn") or info.get("ezid") or ""))
    name = info["attrib"].get("display_name") or info.get("ezid") or ""
    log.info("MAST API token accepted, welcome %s", one_line(str(name)))
    if given.store_token:
        secrets.store_secret(secrets.token_service(portal), secrets.TOKEN_USER, token)


@contextmanager
def _restored_on_failure(session: Session, login: Login) -> Iterator[None]:
    """Let `session` carry `login`; after an error it is logged in as before."""
    before = session.login
    session.log_in(login)
    try:
        yield
    except BaseException:
        session.log_out()
        if before is not None:
            session.log_in(before)
        raise


def _report_success(login: Login, info: SessionInfo) -> None:
    """Note until when the session is valid, and print what the guide shows."""
    login.user = login.user or info.username
    if info.minutes is not None:
        login.expires = time.time() + 60 * info.minutes
    print_line(f"Authentication successful!\nSession Expiration: {info.minutes} minute(s)")


def token_page_hint(session: Session) -> str:
    """Where a token is made, in words that end a sentence."""
    if is_mast(session.servers.portal):
        return f"at {session.servers.auth}{TOKEN_PAGE}"
    return "by the keeper of that archive, with: topmast token create"


# --------------------------------------------------------------------- what the archive says


def _open_session(
    session: Session, username: str, password: str
) -> tuple[dict[str, str], SessionInfo]:
    """The cookie of a new session for this password, and what the archive says of it."""
    if not username or ":" in username:
        raise LoginError("Authentication failed! A username is not empty and has no colon.")
    body = encode_login(username, password)
    url = session.servers.portal + LOGIN
    request = Request("POST", url, {"Content-Type": JSON_TYPE}, body, follow_redirects=False)
    # One try only: a login that is sent again counts as another attempt.
    with session.stream(request, limits=session.limits()) as stream:
        answer = stream.answer((password,))
    if answer.status_code == 429:
        seconds = answer.headers.get("Retry-After", "")
        wait = f" Try again in {math.ceil(int(seconds) / 60)} min." if seconds.isdigit() else ""
        raise LoginError(f"Authentication failed! Too many logins have failed.{wait}")
    if answer.status_code == 401:
        raise LoginError(f"Authentication failed! The password of {username} was refused.")
    if not answer.ok:
        raise LoginError(f"Authentication failed! {answer.status_error()}")
    for cookie in decode_set_cookies(answer.headers.get_all("Set-Cookie")):
        is_short = len(cookie.name) + len(cookie.value) <= LONGEST_COOKIE
        if SESSION_WORD in cookie.name.lower() and is_short:
            return {cookie.name: cookie.value}, decode_session(answer.content)
    raise LoginError("Authentication failed! The archive opened no session.")


def _session_info(session: Session) -> SessionInfo:
    url = session.servers.portal + SESSION
    request = Request("GET", url, {"Accept": JSON_TYPE}, follow_redirects=False)
    answer = session.send(request, check=False)
    if answer.status_code == 429 or answer.status_code >= 500:
        raise answer.status_error()
    return decode_session(answer.content)


def _whoami(session: Session) -> dict[str, Any]:
    request = Request("GET", session.servers.portal + WHOAMI, {"Accept": JSON_TYPE})
    answer = session.send(request, check=False)
    if not answer.ok:
        raise answer.status_error()
    until = answer.headers.get(EXPIRES_HEADER, "")
    if session.login is not None and until.isascii() and until.isdigit() and len(until) < 12:
        session.login.expires = float(until)
    return decode_whoami(answer.content)


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


def fetch_user_info(session: Session) -> dict[str, Any]:
    """Who is logged in, in the shape of the generation that the login is of."""
    login = session.login if session.logged_in else None
    in_dialect = login is None and session.setting("dialect") != "guide"
    if in_dialect or (login is not None and login.token):
        return _whoami(session)
    info = NO_SESSION if login is None else _session_info(session)
    if login is not None and info.minutes is None:
        login.revoked = True
    if session.login is not None and session.login.ended:
        warn(expired_message(session.login), AuthenticationWarning)
    return _as_in_guide(info)


def _as_in_guide(info: SessionInfo) -> dict[str, Any]:
    from astropy.units import Quantity

    return {
        "Session Expiration": None if info.minutes is None else Quantity(info.minutes, "min"),
        "Username": info.username,
        "First Name": info.first_name,
        "Last Name": info.last_name,
    }


def print_info(info: Mapping[str, Any]) -> None:
    """A line for each entry, and for each entry of an entry."""
    for key, value in info.items():
        parts = value if isinstance(value, dict) else {"": value}
        for name, part in parts.items():
            print_line(f"{key}.{name}: {part}" if name else f"{key}: {part}")
