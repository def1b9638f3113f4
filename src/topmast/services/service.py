"""What all services share: session, login, object names, and reset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self

from topmast.errors import InvalidQueryError
from topmast.net.session import Session
from topmast.questions import names
from topmast.services import account
from topmast.services.methods import method

if TYPE_CHECKING:
    from topmast.questions.portal import Question


class Service:
    """One part of the archive, asked through a session.

    Parameters
    ----------
    *given
        A token, or username and password, as `login` takes them without names.
    username, password, session_token, mast_token : optional
        Log in at once, as `login` does; ``mast_token`` is its ``token``.
    session : Session, optional
        The session to ask through. Default: a new one, to the archive that the settings name.

    Notes
    -----
    Calling an instance gives a fresh one for the same archive, in a session of its own.
    """

    _copied: tuple[str, ...] = ()
    """Settings of the object itself that a copy has too."""
    _question: Question | None = None
    """The last one that was asked."""

    login: Final = method(account.login)
    logout: Final = method(account.logout)
    authenticated: Final = method(account.authenticated)
    session_info: Final = method(account.session_info)
    get_token: Final = method(account.get_token)
    clear_cache: Final = method(account.clear_cache)
    reset_cache_location: Final = method(account.reset_cache_location)
    resolve_object: Final = method(names.resolve_object)

    @property
    def cache_location(self) -> None:
        """None: no answer of the archive is kept on disk."""
        return None

    def __init__(
        self,
        *given: Any,
        username: str | None = None,
        password: str | None = None,
        session_token: Any = None,
        mast_token: Any = None,
        session: Session | None = None,
    ) -> None:
        self._session = _sessions["new"]() if session is None else session
        named = {
            "username": username,
            "password": password,
            "session_token": session_token,
            "token": mast_token,
        }
        chosen = {word: value for word, value in named.items() if value is not None}
        if given or chosen:
            self.login(*given, **chosen)

    def __call__(self, *given: Any, **settings: Any) -> Self:
        if "session" not in settings:
            settings["session"] = self._session.fresh()
        return type(self)(*given, **settings)

    def __reduce__(self) -> tuple[Any, ...]:
        """What a copy, also one in another process, is made of: never a login."""
        words = {name: getattr(self, name) for name in self._copied}
        return _copied_service, (type(self), words, _sessions["copied"], *self._session.recipe())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._session.where}>"

    @classmethod
    def _shared(cls) -> Self:
        """An instance that asks through the default client."""
        return cls(session=_sessions["default"]())


def _no_client() -> Session:
    raise InvalidQueryError("Services ask through a session: import topmast.client, or give one.")


_sessions: dict[str, Callable[..., Session]] = dict.fromkeys(
    ("new", "default", "copied"), _no_client
)


def set_sessions(
    new: Callable[[], Session],
    default: Callable[[], Session],
    copied: Callable[[str | None, dict[str, Any]], Session],
) -> None:
    """Tell services where they find a new session, that of the default client, and a copy."""
    _sessions.update(new=new, default=default, copied=copied)


def _copied_service(
    kind: type[Service],
    words: dict[str, Any],
    session: Callable[[str | None, dict[str, Any]], Session],
    where: str | None,
    settings: dict[str, Any],
) -> Service:
    return kind(session=session(where, settings), **words)
