"""Log in with a password, as MAST took it before its tokens: three messages and a cookie."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING

from topmast.errors import BadAnswerError, LoginError
from topmast.net.address import shown
from topmast.net.identity import is_mast, origin
from topmast.net.messages import Answer, Request
from topmast.wire import ecp
from topmast.wire.auth import SESSION_PAGE, SESSION_WORD, SessionFacts, decode_session_page
from topmast.wire.auth import set_cookies as cookies_set

if TYPE_CHECKING:
    from topmast.net.session import Session

LOGOUT = "/Shibboleth.sso/Logout"
TOKEN_PAGE = "/token?suggested_name=topmast&suggested_scope=mast:exclusive_access"
LARGEST_MESSAGE = 1 << 20
LARGEST_COOKIE = 4096
SOAP = {"Content-Type": "text/xml; charset=utf-8"}


def token_page(session: Session) -> str:
    """Where a token is made, in words that end a sentence."""
    if is_mast(session.servers.portal):
        return f"at {session.servers.auth}{TOKEN_PAGE}"
    return "by the keeper of that archive, with: topmast token create"


def check_takes_passwords(session: Session) -> None:
    """Raise LoginError, without asking anybody, where passwords are known not to be taken."""
    if is_mast(session.servers.portal):
        raise LoginError(
            "MAST takes API tokens and no passwords any more. A token is made "
            f"{token_page(session)} ; then: Observations.login(token=...)"
        )


def cookie_for(session: Session, username: str, password: str) -> dict[str, str]:
    """The session cookie that this password is good for.

    Raises
    ------
    LoginError
        If the password is refused, or the archive takes none.
    """
    if not username or ":" in username:
        raise LoginError("Authentication failed! A username is not empty and has no colon.")
    portal = session.servers.portal
    challenge = _challenge(session)
    if origin(challenge.consumer_url) != origin(portal):
        raise LoginError(
            f"{shown(portal)} wants the proof of the password sent to "
            f"{shown(challenge.consumer_url)}, which is another server. Nothing was sent."
        )
    proof = _proof(session, challenge, username, password)
    if proof.consumer_url != challenge.consumer_url:
        raise LoginError("The proof of the password is meant for another server. It was not sent.")
    headers = {"Content-Type": ecp.XML_TYPE}
    body = proof.delivery(challenge.relay_state)
    answer = _sent(session, Request("POST", challenge.consumer_url, headers, body))
    found = {
        cookie.name: cookie.value
        for cookie in cookies_set(answer.headers.get_all("Set-Cookie"))
        if SESSION_WORD in cookie.name.lower()
    }
    if not answer.ok or not found:
        raise LoginError("Authentication failed! The archive opened no session.")
    name = next(iter(found))
    if len(name) + len(found[name]) > LARGEST_COOKIE:
        raise LoginError("Authentication failed! The archive's session has a monstrous cookie.")
    return {name: found[name]}


def session_facts(session: Session) -> SessionFacts | None:
    """What the archive says about the login of `session`; None if it knows of none."""
    request = Request("GET", session.servers.portal + SESSION_PAGE, {"Accept": "text/html"})
    return decode_session_page(session.send(request).text)


def _challenge(session: Session) -> ecp.Challenge:
    request = Request(
        "GET", session.servers.portal + ecp.LOGIN_PAGE, {"Accept": ecp.ACCEPT, "PAOS": ecp.PAOS}
    )
    answer = _sent(session, request)
    try:
        if answer.ok:
            return ecp.decode_challenge(answer.content)
    except BadAnswerError:
        pass
    raise LoginError(
        f"{shown(session.where)} takes no passwords. With an API token: "
        f"Observations.login(token=...). It is made {token_page(session)}"
    )


def _proof(session: Session, challenge: ecp.Challenge, username: str, password: str) -> ecp.Proof:
    encoded = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
    url = session.servers.sso + ecp.PROVIDER
    headers = {"Authorization": f"Basic {encoded}", **SOAP}
    answer = _sent(session, Request("POST", url, headers, challenge.envelope), (encoded, password))
    if answer.status_code == 429:
        seconds = answer.headers.get("Retry-After", "")
        wait = f" Try again in {math.ceil(int(seconds) / 60)} min." if seconds.isdigit() else ""
        raise LoginError(f"Authentication failed! Too many logins have failed.{wait}")
    if answer.status_code == 401:
        raise LoginError(f"Authentication failed! The password of {username} was refused.")
    if not answer.ok:
        raise LoginError(f"Authentication failed! {answer.status_error()}")
    return ecp.decode_proof(answer.content)


def _sent(session: Session, request: Request, hidden: tuple[str, ...] = ()) -> Answer:
    """The answer to one try: a login is not repeated, and its answers are short."""
    with session.stream(request, limits=session.limits()) as stream:
        pieces, length = [], 0
        for piece in stream.chunks():
            length += len(piece)
            if length > LARGEST_MESSAGE:
                raise BadAnswerError(f"{shown(request.url)} answers a login with far too much.")
            pieces.append(piece)
        return Answer(
            stream.status_code,
            stream.headers,
            b"".join(pieces),
            stream.url,
            reason=stream.reason,
            hidden=hidden,
        )
