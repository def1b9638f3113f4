"""Ask a service of the portal one question, or the same about many places; read the answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import Column, MaskedColumn, Table, vstack

from topmast.columns import columns_of
from topmast.compat import choice
from topmast.errors import InvalidQueryError, NoResultsWarning, RemoteServiceError, warn
from topmast.net.paging import ask_all_pages
from topmast.net.pool import at_once
from topmast.places import Place
from topmast.progress import Progress
from topmast.wire.portal import MashupRequest, peek_status, table_of

if TYPE_CHECKING:
    from topmast.net.session import Answer, Session

__all__ = ["Question", "ask_question", "read_answers"]

log = logging.getLogger("topmast")

TARGET_INDEX = "target_index"
TARGET_GIVEN = "target_given"
NO_RESULTS = "Query returned no results."


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a service: one set of parameters, or one for each of many places.

    `places` is None for a question about one place or none; else there is one for each of
    `params`, and the table gets the columns ``target_index`` and ``target_given``.
    `config` names the column configuration of the answer; "" for that of the service.
    """

    service: str
    params: Sequence[Mapping[str, Any]]
    places: Sequence[Place] | None = None
    pagesize: int | None = None
    page: int | None = None
    format: str = "json"
    config: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def requests(self) -> list[MashupRequest]:
        """The requests that make up the question."""
        return [
            MashupRequest(
                self.service,
                dict(params),
                format=self.format,
                pagesize=_checked_count("pagesize", self.pagesize),
                page=_checked_count("page", self.page),
                extra=dict(self.extra),
            )
            for params in self.params
        ]


def ask_question(session: Session, question: Question) -> list[list[Answer]]:
    """The pages of the answer to each request of `question`, in order."""
    requests = question.requests()
    if len(requests) == 1:
        return [ask_all_pages(session, requests[0])]
    connections = int(session.setting("connections"))
    with Progress(question.service, len(requests)) as progress:
        asked = progress.counted(partial(ask_all_pages, session))
        return at_once(asked, requests, connections)


def read_answers(
    session: Session,
    question: Question,
    answers: Sequence[Sequence[Answer]],
    *,
    keep_selected: bool = False,
) -> Table:
    """The table that the answers hold, with a warning if it has no rows."""
    read = partial(_table, session, question, keep_selected=keep_selected)
    if question.places is None:
        table = read(list(chain.from_iterable(answers)))
    else:
        table = _with_targets(read, answers, question.places)
    if not len(table):
        warn(NO_RESULTS, NoResultsWarning)
    return table


def _table(
    session: Session, question: Question, answers: Sequence[Answer], *, keep_selected: bool
) -> Table:
    return table_of(
        [answer.content for answer in answers],
        columns=_config(session, question.config or question.service),
        null_floats=choice(session, "null_floats"),
        units=choice(session, "units"),
        keep_selected=keep_selected,
        service=question.service,
    )


def _config(session: Session, service: str) -> Mapping[str, Any] | None:
    """The column configuration of a service; an archive that has none gives plainer tables."""
    try:
        return columns_of(session, service).config
    except RemoteServiceError as problem:
        log.info("No column configuration for %s: %s", service, problem)
        return None


def _with_targets(read: Any, answers: Sequence[Sequence[Answer]], places: Sequence[Place]) -> Table:
    """All rows in one table, with the place that each of them matched."""
    table = read(list(chain.from_iterable(answers)))
    counts = [sum(map(_rows_told, pages)) for pages in answers]
    if sum(counts) != len(table):
        # The archive miscounts its rows: read the answers one by one.
        tables = [read(list(pages)) for pages in answers]
        counts = [len(part) for part in tables]
        table = vstack(tables, metadata_conflicts="silent")
    of = np.repeat(np.arange(len(places)), counts)
    index = np.array([place.index for place in places], dtype=np.int64)
    given = np.array([place.given for place in places], dtype=str)
    table[TARGET_INDEX] = MaskedColumn(index[of], description="Position in the list of targets")
    table[TARGET_GIVEN] = MaskedColumn(given[of], description="The target as it was given")
    return table


def _rows_told(answer: Answer) -> int:
    _, _, paging = peek_status(answer.content)
    return 0 if paging is None else paging.rows


def only_value(column: Column) -> int:
    """The number in an answer that holds one number, such as a count."""
    if len(column) != 1:
        raise RemoteServiceError(f"The archive answered a count with {len(column)} rows.")
    return int(column[0])


def _checked_count(name: str, value: Any) -> int | None:
    """A page number or size; 0 and None stand for "not given"."""
    if value is None or (not isinstance(value, bool) and value == 0):
        return None
    try:
        number = int(value)
        if isinstance(value, bool) or number != float(value) or number < 1:
            raise ValueError("not a positive whole number")
    except (TypeError, ValueError) as problem:
        raise InvalidQueryError(f"{name} is a whole number from 1 on, not {value!r}.") from problem
    return number
