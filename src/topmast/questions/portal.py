"""Ask a service of the portal one question, or the same about many places; read the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from astropy.table import Column, MaskedColumn, Table

from topmast.config.dialects import choice
from topmast.errors import InvalidQueryError, NoResultsWarning, RemoteServiceError, warn
from topmast.net.parallel import at_once
from topmast.questions.columns import columns_of
from topmast.questions.paging import ask_all_pages
from topmast.questions.places import Place
from topmast.questions.progress import Progress
from topmast.tables.values import Values
from topmast.wire.answers import read_page, table_of_pages
from topmast.wire.portal import MashupRequest

if TYPE_CHECKING:
    from topmast.net.messages import Answer
    from topmast.net.session import Session

log = logging.getLogger("topmast")

TARGET_INDEX = "target_index"
TARGET_GIVEN = "target_given"
NO_RESULTS = "Query returned no results."

Page = dict[str, Values]
Result = TypeVar("Result")


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


Ask = Callable[["Session", MashupRequest], "list[Answer]"]
"""How one request is put: it gives the answers for all its pages, in order."""


def ask_question(
    session: Session, question: Question, ask: Ask = ask_all_pages
) -> list[list[Answer]]:
    """The pages of the answer to each request of `question`, in order."""
    return _each_request(session, question, partial(ask, session))


def ask_table(
    session: Session,
    question: Question,
    *,
    ask: Ask = ask_all_pages,
    keep_selected: bool = False,
) -> Table:
    """The table that answers `question`, with a warning if it has no rows.

    Answers are read as they come, while the others are still on their way.
    """
    config = _config(session, question.config or question.service)
    null_floats = choice(session, "null_floats")

    def read(request: MashupRequest) -> list[Page]:
        return [
            read_page(
                answer.content,
                columns=config,
                null_floats=null_floats,
                keep_selected=keep_selected,
            )
            for answer in ask(session, request)
        ]

    parts = _each_request(session, question, read)
    table = table_of_pages(
        list(chain.from_iterable(parts)),
        columns=config,
        service=question.service,
        units=choice(session, "units"),
    )
    if question.places is not None:
        _tell_targets(table, [sum(map(_length, part)) for part in parts], question.places)
    if not len(table):
        warn(NO_RESULTS, NoResultsWarning)
    return table


def _each_request(
    session: Session, question: Question, function: Callable[[MashupRequest], Result]
) -> list[Result]:
    """What `function` gives for each request; several are under way at once."""
    requests = question.requests()
    connections = int(session.setting("connections"))
    with Progress(question.service, len(requests)) as progress:
        return at_once(progress.counted(function), requests, connections)


def _config(session: Session, service: str) -> Mapping[str, Any] | None:
    """The column configuration of a service; an archive that has none gives plainer tables."""
    try:
        return columns_of(session, service).config
    except RemoteServiceError as problem:
        log.info("No column configuration for %s: %s", service, problem)
        return None


def _tell_targets(table: Table, counts: Sequence[int], places: Sequence[Place]) -> None:
    """Add to each row which place it matched; `counts` are the rows of each place."""
    of = np.repeat(np.arange(len(places)), counts)
    index = np.array([place.index for place in places], dtype=np.int64)
    given = np.array([place.given for place in places], dtype=str)
    table[TARGET_INDEX] = MaskedColumn(index[of], description="Position in the list of targets")
    table[TARGET_GIVEN] = MaskedColumn(given[of], description="The target as it was given")


def _length(page: Page) -> int:
    return next((len(values.data) for values in page.values()), 0)


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
