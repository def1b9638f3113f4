"""A query by TAP that runs as a job on the server, and that one can come back to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from topmast.errors import (
    HTTPStatusError,
    InvalidQueryError,
    RemoteServiceError,
    TimeoutError,
)
from topmast.net.messages import Request
from topmast.questions.criteria import split_place
from topmast.questions.tap import tap_question
from topmast.wire.addresses import TAP_ROOT
from topmast.wire.tap import (
    ASYNC,
    FINAL,
    FORM,
    MOST_ROWS,
    WHOLE,
    JobState,
    check_refusal,
    decode_job,
    decode_result,
    encode_tap_query,
)

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.session import Session

FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0


class TapJob:
    """A query that the archive works on, known by its address.

    Parameters
    ----------
    session : Session
        To ask through.
    url : str
        The address of the job; write it down to come back later, with `Catalogs.get_job`.
    """

    def __init__(self, session: Session, url: str) -> None:
        self._session = session
        self.url: str = url.rstrip("/")

    def __repr__(self) -> str:
        return f"<TapJob {self.url}>"

    @property
    def phase(self) -> str:
        """How far it is: QUEUED, EXECUTING, COMPLETED, ERROR or ABORTED."""
        return self._state().phase

    def wait(self, timeout: float | None = None) -> TapJob:
        """This job, when nothing more happens to it; TimeoutError after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        pause = FIRST_WAIT
        while self._state().phase not in FINAL:
            if end is not None and time.monotonic() + pause > end:
                raise TimeoutError(
                    f"The job has not ended within {timeout:g} seconds; it goes on. Come back with "
                    f"get_job({self.url!r})."
                )
            time.sleep(pause)
            pause = min(1.5 * pause, LONGEST_WAIT)
        return self

    def result(self, timeout: float | None = None) -> Table:
        """The table, as soon as it is there.

        Raises
        ------
        RemoteServiceError
            If the job has failed, with the archive's words; if it was aborted or deleted.
        """
        from topmast.tables.table import MastTable

        state = self.wait(timeout)._state()
        if state.phase != "COMPLETED":
            said = f": {state.message}" if state.message else "."
            raise RemoteServiceError(f"The job {self.url} ended as {state.phase}{said}")
        table, overflow = decode_result(self._ask("GET", "/results/result"))
        table.meta["overflow"] = overflow
        return MastTable(table, copy=False)

    def abort(self) -> None:
        """End the job; what it has done so far is lost."""
        self._ask("POST", "/phase", b"PHASE=ABORT")

    def delete(self) -> None:
        """Remove the job and its result from the server."""
        self._ask("DELETE", "")

    def _state(self) -> JobState:
        return decode_job(self._ask("GET", ""))

    def _ask(self, method: str, part: str, body: bytes | None = None) -> bytes:
        request = Request(method, self.url + part, FORM if body else {}, body)
        try:
            return self._session.send(request).content
        except HTTPStatusError as problem:
            if problem.status_code not in (404, 410):
                raise
            raise RemoteServiceError(
                f"The archive has no job {self.url} (any more): it was deleted, or kept no longer. "
                "Submit the query again."
            ) from problem


def submit_query(
    session: Session, /, collection: str, catalog: str | None = None, **criteria: Any
) -> TapJob:
    """Start a search by TAP as a job on the server, for results that take long.

    Parameters
    ----------
    collection, catalog : str
        As for `get_column_metadata`.
    **criteria
        As for `query_criteria` with a collection: a place, ``region``, ``select_cols``,
        ``sort_by``, ``limit``, ``offset`` and conditions on columns.

    Returns
    -------
    TapJob
        With ``phase``, ``wait()``, ``result()``, ``abort()``, ``delete()`` and ``url``.

    Examples
    --------
    >>> job = Catalogs.submit_query("tic", Tmag="<8", limit=None)  # doctest: +SKIP
    >>> table = job.result()  # doctest: +SKIP
    """
    place = split_place(criteria, of_observations=False)
    words: Mapping[str, Any] = {**place.columns, "collection": collection}
    question = tap_question(session, place, catalog, words)
    selects = question.selects()
    if len(selects) > 1 or question.count_only:
        raise InvalidQueryError(
            "A job is one query for rows: around one place, without count_only."
        )
    maxrec = question.limit or MOST_ROWS
    headers, body = encode_tap_query(selects[0].adql, maxrec, run=True)
    url = session.servers.portal + ASYNC.format(collection=question.collection)
    answer = session.send(Request("POST", url, headers, body), check=False)
    if not answer.ok:
        check_refusal(answer.content)
        raise answer.status_error()
    return get_job(session, answer.url)


def get_job(session: Session, /, url: str) -> TapJob:
    """The job at an address, to come back to it, also from another program.

    Raises InvalidQueryError for an address that is not one of this archive's TAP services.
    """
    below = tuple(f"{session.servers.portal}{root}/" for root in (TAP_ROOT, WHOLE))
    if not isinstance(url, str) or not url.startswith(below):
        raise InvalidQueryError(
            f"A job here has an address below {' or '.join(below)}, not {url!r}."
        )
    return TapJob(session, url)
