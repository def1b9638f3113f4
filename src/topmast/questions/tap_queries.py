"""Queries that users write in ADQL themselves, with tables of their own to go along."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.config.settings import MAST
from topmast.errors import (
    HTTPStatusError,
    InvalidQueryError,
    MaxResultsWarning,
    NoResultsWarning,
    warn,
)
from topmast.net.messages import Request
from topmast.questions.arguments import is_one, shown, whole_number
from topmast.questions.portal import NO_RESULTS
from topmast.questions.tap_collections import find_collection
from topmast.questions.tap_jobs import TapJob, get_job
from topmast.wire.addresses import TAP_ROOT
from topmast.wire.adql_names import REGULAR
from topmast.wire.tap import (
    MOST_ROWS,
    WHOLE,
    check_refusal,
    decode_result,
    encode_tap_query,
    encode_upload,
)

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.messages import Answer
    from topmast.net.session import Session

CUT_OFF = "The answer was cut off at {} rows; limit= gives another number, within the archive's."


def tap(
    session: Session,
    /,
    adql: str,
    *,
    collection: str | None = None,
    uploads: Mapping[str, Any] | None = None,
    limit: int | None = None,
) -> Table:
    """The table that answers a query in ADQL.

    Parameters
    ----------
    adql : str
        The query. ``tap_schema.tables`` and ``tap_schema.columns`` list what can be asked.
    collection : str, optional
        One of `get_collections`, for MAST, which has a service for each. An archive of topmast
        answers over all its tables without one.
    uploads : dict of Table, optional
        Tables, or files with tables, by the names that the query has for them:
        ``{"mine": table}`` for ``TAP_UPLOAD.mine``.
    limit : int, optional
        The most rows to give; 100,000 if not given.

    Returns
    -------
    Table
        With units and descriptions, where the archive knows them.

    Raises
    ------
    InvalidQueryError
        For a query that the archive refuses, with its words.

    Examples
    --------
    >>> bright = Catalogs.tap("SELECT TOP 5 ID, ra, dec, Tmag FROM catalogs.tic ORDER BY Tmag")
    >>> len(bright)
    5
    """
    from topmast.tables.table import MastTable

    most = MOST_ROWS if limit is None else whole_number("limit", limit)
    answer = _sent(session, adql, "sync", collection, uploads, most)
    table, overflow = decode_result(answer.content)
    if overflow:
        warn(CUT_OFF.format(len(table)), MaxResultsWarning)
    elif not len(table):
        warn(NO_RESULTS, NoResultsWarning)
    return MastTable(table, copy=False)


def submit_tap(
    session: Session,
    /,
    adql: str,
    *,
    collection: str | None = None,
    uploads: Mapping[str, Any] | None = None,
    limit: int | None = None,
) -> TapJob:
    """Start a query in ADQL as a job on the server, for one that takes long.

    Parameters
    ----------
    adql, collection, uploads, limit
        As for `tap`.

    Returns
    -------
    TapJob
        With ``phase``, ``wait()``, ``result()``, ``abort()``, ``delete()`` and ``url``.

    Examples
    --------
    >>> job = Catalogs.submit_tap("SELECT COUNT(*) AS n FROM catalogs.tic")  # doctest: +SKIP
    >>> table = job.result()  # doctest: +SKIP
    """
    most = MOST_ROWS if limit is None else whole_number("limit", limit)
    return get_job(session, _sent(session, adql, "async", collection, uploads, most).url)


def _sent(
    session: Session,
    adql: str,
    way: str,
    collection: str | None,
    uploads: Mapping[str, Any] | None,
    most: int,
) -> Answer:
    if not isinstance(adql, str) or not adql.strip():
        raise InvalidQueryError(f"A query is a text such as 'SELECT ...', not {shown(adql)}.")
    url = _service_url(session, collection)
    files = {name: _encoded(name, table) for name, table in (uploads or {}).items()}
    headers, body = encode_tap_query(adql, most, run=way == "async", uploads=files)
    answer = session.send(Request("POST", f"{url}/{way}", headers, body), check=False)
    if not answer.ok:
        check_refusal(answer.content)
        raise _without_service(session, collection, answer)
    return answer


def _service_url(session: Session, collection: str | None) -> str:
    portal = session.servers.portal
    if collection is not None:
        return f"{portal}{TAP_ROOT}/{find_collection(session, collection)}"
    if portal == MAST:
        raise InvalidQueryError(
            "MAST has a TAP service for each collection: say collection=, one of get_collections()."
        )
    return portal + WHOLE


def _without_service(session: Session, collection: str | None, answer: Answer) -> Exception:
    problem = answer.status_error()
    if collection is None and isinstance(problem, HTTPStatusError) and problem.status_code == 404:
        return InvalidQueryError(
            f"{session.where} has no TAP service for all its tables. Say collection=, one of "
            "get_collections()."
        )
    return problem


def _encoded(name: str, table: Any) -> bytes:
    from astropy.table import Table

    from topmast.wire.table_files import format_of

    if not isinstance(name, str) or not REGULAR.fullmatch(name):
        raise InvalidQueryError(
            f"An uploaded table's name is of letters, digits and _, not {shown(name)}."
        )
    try:
        if isinstance(table, (str, Path)):
            with Path(table).expanduser().open("rb") as stream:
                table = _with_numbers(format_of(str(table)).read(stream))
        elif not isinstance(table, Table):
            if is_one(table):
                raise TypeError("it is no table")
            table = Table(table)
        return encode_upload(table)
    except (OSError, ValueError, TypeError) as problem:
        raise InvalidQueryError(f"The table {name} cannot be uploaded: {problem}") from problem


def _with_numbers(table: Table) -> Table:
    """The table of a file, in which CSV and the like have numbers as texts."""
    from astropy.table import MaskedColumn

    for name in [name for name in table.colnames if table[name].dtype.kind in "UO"]:
        cells = [None if cell is None else str(cell) for cell in table[name].tolist()]
        numbers = _numbers(cells)
        if numbers is not None:
            table[name] = MaskedColumn(numbers, mask=[cell is None for cell in cells], name=name)
    return table


def _numbers(cells: list[str | None]) -> list[Any] | None:
    """The texts as whole numbers or as others, 0 for what is missing; None if they are none."""
    for kind in (int, float):
        try:
            return [kind(cell or 0) for cell in cells]
        except ValueError:
            continue
    return None
