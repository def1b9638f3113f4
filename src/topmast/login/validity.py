"""Whether a login still holds: what is known here, and what the archive says of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from topmast.errors import AuthenticationWarning, LoginError, MastError, warn
from topmast.net.messages import Request
from topmast.wire.auth import WHOAMI, decode_whoami

if TYPE_CHECKING:
    from topmast.net.session import Session

ASK_EVERY_SECONDS = 30.0


def note_of_refusal(session: Session) -> str:
    """After a 401: that the login has ended, or has no right; empty if nobody is logged in.

    What is not known here is asked, by ``/whoami``, and not more often than every half minute.
    """
    login = session.login
    if login is None:
        return ""
    if not login.ended and time.time() - login.asked_at > ASK_EVERY_SECONDS:
        login.asked_at = time.time()
        login.withdrawn = not _is_known(session)
    if login.ended:
        return login.end_message
    return f"{login.user} is logged in, and has no right to it." if login.user else ""


def check_before_long_job(session: Session, *, needed: bool = False) -> None:
    """Say now, and not after an hour, that the login has ended.

    Parameters
    ----------
    needed : bool
        Whether the job asks for exclusive data. Then LoginError is raised, and else an
        AuthenticationWarning says so.
    """
    if session.login is None or not session.login.ended:
        return
    if needed:
        raise LoginError(session.login.end_message)
    warn(session.login.end_message, AuthenticationWarning)


def _is_known(session: Session) -> bool:
    """Whether the archive knows the login; True when it does not answer."""
    request = Request("GET", session.servers.portal + WHOAMI, {"Accept": "application/json"})
    seconds = float(session.setting("read_timeout"))
    try:
        answer = session.send(request, total_seconds=seconds, check=False)
        return not answer.ok or not decode_whoami(answer.content)["anon"]
    except MastError:
        return True
