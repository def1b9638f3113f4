"""Log in and out, and tell who is logged in: methods that all services have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from topmast.errors import AuthenticationWarning, warn
from topmast.login.authentication import (
    NO_TOKEN,
    fetch_user_info,
    log_in,
    log_out,
    print_info,
)
from topmast.login.credentials import Credentials
from topmast.net.session import Session
from topmast.questions.arguments import truth_value
from topmast.wire.auth import SESSION_WORD, TOKEN_COOKIE

if TYPE_CHECKING:
    from http.cookiejar import Cookie


def login(
    session: Session,
    /,
    *given: Any,
    username: str | None = None,
    password: str | None = None,
    session_token: Any = None,
    store_password: bool = False,
    reenter_password: bool = False,
    token: Any = None,
    store_token: bool = False,
    reenter_token: bool = False,
) -> None:
    """Log in with an API token, or with a password where the archive takes one.

    MAST takes tokens only; an archive of ``topmast serve`` takes both. The login holds for
    everything of the same client, and goes to the hosts of its archive only.

    Parameters
    ----------
    *given
        Values without names, as scripts of either generation give them: ``(token,
        store_token, reenter_token)``, or ``(username, password, session_token,
        store_password, reenter_password)``. One value alone is a username if it has an ``@``,
        and else a token; of two or more the second decides: True or False follows a token.
    username : str, optional
        Without a password, the keyring is asked for it, and then the person.
    password : str, optional
        It need not stand in a script: leave it out and type it.
    session_token : dict or `http.cookiejar.Cookie`, optional
        What `get_token` of another session gave.
    store_password : bool
        Keep the password in the keyring, for later calls with this username.
    reenter_password : bool
        Ask for it although it is in the keyring.
    token : str, optional
        Default: the environment variable ``MAST_API_TOKEN``, the token file (setting
        ``token_file``), the keyring, and then the person is asked.
    store_token : bool
        Keep the token in the keyring.
    reenter_token : bool
        Ask for it although it is known.

    Raises
    ------
    LoginError
        If the archive refuses it; who was logged in before stays so.

    Examples
    --------
    >>> Observations.login(username="testUser@stsci.edu", password="testPwd")
    Authentication successful!
    Session Expiration: 600 minute(s)
    >>> Observations.authenticated()
    True
    >>> Observations.logout()
    """
    named = {
        "username": username,
        "password": password,
        "session_token": session_token,
        "store_password": store_password,
        "reenter_password": reenter_password,
        "token": token,
        "store_token": store_token,
        "reenter_token": reenter_token,
    }
    for word in ("store_password", "reenter_password", "store_token", "reenter_token"):
        truth_value(word, named[word])
    log_in(session, Credentials.of(given, named))


def logout(session: Session, /) -> None:
    """End the login: a session is ended in the archive too, a token stays good."""
    log_out(session)


def authenticated(session: Session, /) -> bool:
    """Whether there is a login, and it has not ended as far as known here."""
    return session.logged_in


def session_info(
    session: Session, /, verbose: bool | None = None, *, silent: bool | None = None
) -> dict[str, Any]:
    """Who is logged in, printed and returned.

    Parameters
    ----------
    verbose : bool
        Whether to print it; default: True. ``silent`` is the opposite.

    Returns
    -------
    dict
        After a password login Session Expiration (a `~astropy.units.Quantity` of the minutes
        left), Username, First Name and Last Name; after a login by token what the archive
        says: eppn, ezid, attrib, anon, scopes, session, token. Without a login the first, for
        ``"anonymous"``; the second in the dialect ``"astroquery"``.
    """
    info = fetch_user_info(session)
    if not silent if verbose is None else verbose:
        print_info(info)
    return info


def clear_cache(session: Session, /) -> None:
    """Forget what was remembered of the archive: columns, missions, catalogues, dead resolvers.

    Rows, products and files are never remembered: each call asks the archive.
    """
    session.forget()


def reset_cache_location(session: Session, /) -> None:
    """Do nothing, as no answer is kept on disk; for scripts written for astroquery."""


def get_token(session: Session, /) -> Cookie | None:
    """The secret of this login, for ``login(session_token=...)`` or ``login(token=...)``.

    Anyone who has it can act as you until the login ends. Printing the result does not show it.
    None, with an AuthenticationWarning, without a login.
    """
    from topmast.login.cookie import secret_cookie  # late, for few programs log in

    cookies = session.cookies if session.login else {}
    for name, value in cookies.items():
        if SESSION_WORD in name.lower():
            return secret_cookie(session, name, value)
    if session.login and session.token:
        return secret_cookie(session, TOKEN_COOKIE, session.token)
    warn(NO_TOKEN[session.setting("dialect")], AuthenticationWarning)
    return None
