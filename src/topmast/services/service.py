"""What Observations, Mast and their like share: a session, object names, a fresh start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from topmast.errors import InvalidQueryError
from topmast.questions.names import resolve_object
from topmast.questions.paging import ask_all_pages
from topmast.questions.portal import Ask, Question, ask_question, ask_table
from topmast.services.class_or_instance import class_or_instance
from topmast.services.login import LoginFamily

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.messages import Answer
    from topmast.net.session import Session


class Service(LoginFamily):
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

    def __init__(
        self,
        *given: Any,
        username: str | None = None,
        password: str | None = None,
        session_token: Any = None,
        mast_token: Any = None,
        session: Session | None = None,
    ) -> None:
        self._session = _new_session() if session is None else session
        self._table: Table | None = None
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

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._session.where}>"

    @classmethod
    def ready_made(cls) -> Self:
        """An instance on the default client's session."""
        return cls(session=_default_session())

    @property
    def session(self) -> Session:
        """The session that all requests go through."""
        return self._session

    @property
    def table(self) -> Table | None:
        """The last table that a query of this instance returned."""
        return self._table

    @class_or_instance
    def resolve_object(
        self,
        object_name: str | Iterable[str] | None = None,
        *,
        resolver: str | None = None,
        resolve_all: bool = False,
        objectname: str | Iterable[str] | None = None,
    ) -> Any:
        """The position of an object by name, or of several.

        Parameters
        ----------
        object_name : str or list of str
            One name or many; many are asked for together. ``objectname`` is the same.
        resolver : {"NED", "SIMBAD"}, optional
            Whom to ask; default: the first that knows the name.
        resolve_all : bool
            Give the position of every resolver that knows the name.

        Returns
        -------
        `~astropy.coordinates.SkyCoord` or dict
            One position for one name. With `resolve_all` a dict from resolver to position; for
            several names a dict from name to either.

        Raises
        ------
        ResolverError
            If the name, or none of the names, is known. Among several, unknown ones are warned of.
        """
        name = one_name(object_name, objectname)
        return resolve_object(self._session, name, resolver=resolver, resolve_all=resolve_all)

    # ------------------------------------------------------------------------ helpers

    def _read(self, question: Question, ask: Ask = ask_all_pages) -> Table:
        """The table that answers a question."""
        self._table = ask_table(self._session, question, ask=ask)
        return self._table

    def _ask(self, question: Question, ask: Ask = ask_all_pages) -> list[Answer]:
        """The answers to a question as they came, one for each page and place."""
        return [answer for pages in ask_question(self._session, question, ask) for answer in pages]


def one_name(object_name: Any, objectname: Any) -> Any:
    """The object name, given under the name of either generation."""
    if (object_name is None) == (objectname is None):
        raise InvalidQueryError("Give an object name, as object_name or objectname.")
    return objectname if object_name is None else object_name


def _default_session() -> Session:
    import topmast  # late: the public names stand above this module

    return topmast.Observations.session


def _new_session() -> Session:
    import topmast

    return topmast.connect().session
