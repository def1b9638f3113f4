"""Which missions the mission search has, and which columns each of them; asked once a session."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from topmast.config.dialects import choice
from topmast.errors import (
    BadAnswerError,
    HTTPStatusError,
    InvalidQueryError,
    NotAuthorizedError,
    did_you_mean,
)
from topmast.net.messages import Request
from topmast.net.session import Session
from topmast.tables.missions import MISSIONS, Mission, find_mission, unit_of, without_python_suffix
from topmast.wire.addresses import COLUMN_LIST, MISSION_DOCS
from topmast.wire.mission_lists import MissionColumn, decode_columns, decode_missions

log: logging.Logger = logging.getLogger("topmast")

REFUSALS = (400, 404, 422, 500)
"""How a server may say that it has no such mission."""
ACCEPT_JSON = {"Accept": "application/json"}


class MissionColumns:
    """The columns of one mission, by name.

    Parameters
    ----------
    mission : Mission
        Whose columns these are.
    listed : sequence of MissionColumn
        In the server's order; a name that comes twice stands for the first.
    """

    def __init__(self, mission: Mission, listed: Sequence[MissionColumn]) -> None:
        self.mission = mission
        self.listed: tuple[MissionColumn, ...] = tuple(listed)
        self._by_name = {column.name: column for column in reversed(self.listed)}
        self._in_lower_case = {name.lower(): name for name in self._by_name}

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(column.name for column in self.listed))

    def find(self, name: str) -> MissionColumn | None:
        """The column that a name means, exactly or else in any letter case.

        A column whose name is a word of Python, such as ``pass``, is also found as ``pass_id``
        and ``pass_``.
        """
        exact = self._by_name.get(name)
        if exact is None:
            exact = self._by_name.get(self._in_lower_case.get(name.lower(), ""))
        return exact or self._by_name.get(without_python_suffix(name))

    @property
    def dataset_keyword(self) -> str:
        """The column that names a dataset; "" where nobody tells it."""
        marked = (column.name for column in self.listed if column.is_dataset)
        return next(marked, self.mission.dataset_keyword)


class _Cache:
    """The missions and columns that one session has been told."""

    def __init__(self) -> None:
        self.columns: dict[tuple[str, str], MissionColumns] = {}
        self.missions: dict[str, list[str]] = {}


def columns_of_mission(session: Session, name: str) -> MissionColumns:
    """The columns of a mission; InvalidQueryError if the server has no such mission."""
    mission = checked_mission(name)
    cache, key = session.cache(_Cache), (session.where, mission.name)
    if key not in cache.columns:
        cache.columns[key] = MissionColumns(mission, _ask_columns(session, mission.name))
    return cache.columns[key]


def checked_mission(name: object) -> Mission:
    """The mission called `name`; InvalidQueryError for what can be none."""
    text = name.strip().lower() if isinstance(name, str) else ""
    if not text.isidentifier() or not text.isascii():
        raise InvalidQueryError(
            f"A mission is a name such as 'hst' or 'jwst', not {name!r}. "
            "get_available_missions lists them."
        )
    return find_mission(text)


def _ask_columns(session: Session, name: str) -> list[MissionColumn]:
    url = f"{session.servers.portal}{COLUMN_LIST}?mission={quote(name)}"
    try:
        columns = decode_columns(session.send(Request("GET", url, ACCEPT_JSON)).content)
    except NotAuthorizedError:
        raise
    except HTTPStatusError as problem:
        if problem.status_code not in REFUSALS:
            raise
        raise no_such_mission(session, name) from problem
    if not columns:
        raise no_such_mission(session, name)
    return columns


def no_such_mission(session: Session, name: str) -> InvalidQueryError:
    """The error about a mission that the server does not have, with those that it has."""
    missions = get_available_missions(session)
    if name in missions:
        return InvalidQueryError(
            f"{session.where} lists the mission '{name}', but refuses questions about it. "
            "Please try again later, or report it to those who run the archive."
        )
    return InvalidQueryError(
        f"There is no mission '{name}' at {session.where}.{did_you_mean(name, missions)} "
        f"It has: {', '.join(missions) or 'none'}."
    )


def get_available_missions(session: Session, /) -> list[str]:
    """The names of the missions that the archive's mission search has.

    They are read from the archive's own page; where that page names none, these are the missions
    that topmast knows.

    Examples
    --------
    >>> MastMissions.get_available_missions()
    ['classy', 'hst', 'jwst', 'roman', 'ullyses']
    """
    cache = session.cache(_Cache)
    if session.where not in cache.missions:
        cache.missions[session.where] = _ask_missions(session)
    return list(cache.missions[session.where])


def _ask_missions(session: Session) -> list[str]:
    request = Request("GET", session.servers.portal + MISSION_DOCS, {"Accept": "text/html"})
    try:
        found = decode_missions(session.send(request).content)
    except (HTTPStatusError, BadAnswerError) as problem:
        log.info("The archive does not list its missions: %s", problem)
        found = []
    return found or list(MISSIONS)


def get_column_list(session: Session, /, *, mission: str = "") -> Table:
    """The columns of a mission that can be searched and selected.

    Parameters
    ----------
    mission : str, optional
        Default: the mission of this object.

    Returns
    -------
    Table
        One row a column: name, data_type, unit (where it is told) and description. In the dialect
        ``"astroquery"`` there is no column for the unit.

    Raises
    ------
    InvalidQueryError
        For a mission that the archive does not have.

    Examples
    --------
    >>> columns = MastMissions.get_column_list(mission="jwst")
    """
    listed = columns_of_mission(session, mission).listed
    table = Table()
    table["name"] = _texts(column.name for column in listed)
    table["data_type"] = _texts(column.kind for column in listed)
    if choice(session, "units"):
        table["unit"] = _texts(unit_of(c.name, c.kind, c.description) for c in listed)
    table["description"] = _texts(column.description for column in listed)
    return table


def _texts(values: Iterable[str]) -> NDArray[np.str_]:
    return np.array(list(values), dtype=str)


def get_dataset_kwd(session: Session, /, *, mission: str = "") -> str | None:
    """The column that names a dataset, such as ``sci_data_set_name`` for HST.

    None, with a line in the log, for a mission where it is not known.
    """
    known = checked_mission(mission)
    if known.dataset_keyword:
        return known.dataset_keyword
    try:
        found = columns_of_mission(session, known.name).dataset_keyword
    except InvalidQueryError as problem:
        log.info("%s", problem)
        found = ""
    if not found:
        log.warning('The mission "%s" does not have a known dataset ID keyword.', known.name)
    return found or None
