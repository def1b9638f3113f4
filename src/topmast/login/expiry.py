"""Whether a login is still valid, and the messages when it is not."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from topmast.errors import AuthenticationWarning, LoginError, MastError, warn
from topmast.net.messages import Request
from topmast.wire.auth import WHOAMI, decode_whoami

if TYPE_CHECKING:
    from topmast.net.origin import Login
    from topmast.net.session import Session

CHECK_EVERY_SECONDS = 30.0


def explain_refusal(session: Session) -> str:
    """Why a request with this login got 401 or 403; empty if nobody is logged in.

    The archive is asked whether it still accepts the login, at most every half minute.
    """
    login = session.login
    if login is None:
        return ""
    if not login.ended and time.time() - login.checked_at > CHECK_EVERY_SECONDS:
        login.checked_at = time.time()
        login.revoked = not _is_accepted(session)
    if login.ended:
        return expired_message(login)
    return f"{login.user} is logged in, and has no right to it." if login.user else ""


def check_not_expired(session: Session, *, needed: bool = False) -> None:
    """Warn before a long job if the login has ended.

    Parameters
    ----------
    needed : bool
        Whether the job asks for exclusive data. Then LoginError is raised, and else an
        AuthenticationWarning is given.
    """
    if session.login is None or not session.login.ended:
        return
    if needed:
        raise LoginError(expired_message(session.login))
    warn(expired_message(session.login), AuthenticationWarning)


def expired_message(login: Login) -> str:
    """That `login` has ended, whose it was, and how to log in again."""
    again = "login(token=...)" if login.token else f"login(username={login.user!r})"
    how = "has ended: it expired, or was revoked"
    if login.expires is not None and login.expired:
        how = f"expired at {datetime.fromtimestamp(login.expires, UTC):%Y-%m-%d %H:%M} UTC"
    return (
        f"The login of {login.user or 'this session'} {how}. "
        f"Exclusive data are refused until you log in again: Observations.{again}."
    )


def _is_accepted(session: Session) -> bool:
    """Whether the archive accepts the login; True when it does not answer."""
    request = Request("GET", session.servers.portal + WHOAMI, {"Accept": "application/json"})
    seconds = float(session.setting("read_timeout"))
    try:
        answer = session.send(request, total_seconds=seconds, check=False)
        return not answer.ok or not decode_whoami(answer.content)["anon"]
    except MastError:
        return True
