"""Ask a service of the portal one question, or the same about many places; read the answer."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from topmast.config.dialects import choice
from topmast.errors import (
    MastWarning,
    MaxResultsWarning,
    NoResultsWarning,
    RemoteServiceError,
    is_heard,
    warn,
)
from topmast.net.parallel import in_order
from topmast.questions.arguments import first_few, is_one, whole_number
from topmast.questions.columns import columns_of, is_known
from topmast.questions.paging import ask_pages
from topmast.questions.places import Place
from topmast.questions.polling import Finished
from topmast.questions.progress import progress_bar
from topmast.tables.plain import PlainTable
from topmast.tables.values import Values
from topmast.wire.answers import AnswerReader, Paging, read_page
from topmast.wire.json import excerpt
from topmast.wire.portal import MashupRequest

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.messages import Answer
    from topmast.net.session import Session

log: logging.Logger = logging.getLogger("topmast")

TARGET_INDEX = "target_index"
TARGET_GIVEN = "target_given"
TARGET_COLUMNS = {
    TARGET_INDEX: "Position in the list of targets",
    TARGET_GIVEN: "The target as it was given",
}
NO_RESULTS = "Query returned no results."
TOO_MANY = "Maximum catalog results returned, may not include all sources within radius."

Item = TypeVar("Item")
Result = TypeVar("Result")
Ask = Callable[["Session", MashupRequest], Iterable[Finished]]
"""How one request is put: it gives the answers for all its pages, in order."""


Why = Callable[["Session", "Question"], str]
"""What to say of a question that nothing answers; it may ask the archive more."""

HUGE = 50_000
"""Rows of a result that is worth a word about what they are."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a service: one set of parameters, or one for each of many places.

    `places` is None for a question about one place or none; else there is one for each of
    `params`, and the table gets the columns ``target_index`` and ``target_given``.
    `config` names the column configuration of the answer; "" for that of the service.
    `limit` is the most rows that the service finds for one place, if it has a limit.
    `why_empty` and `why_many` say in one line why there is no row, or a great many; `quiet` keeps
    them silent.
    """

    service: str
    params: Sequence[Mapping[str, Any]]
    places: Sequence[Place] | None = None
    pagesize: Any = None
    page: Any = None
    format: str = "json"
    config: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    keep_selected: bool = False
    ask: Ask = ask_pages
    quiet: bool = False
    why_empty: Why | None = None
    why_many: Callable[[PlainTable], str] | None = None

    def requests(self) -> list[MashupRequest]:
        """The requests that make up the question."""
        pagesize, page = _count("pagesize", self.pagesize), _count("page", self.page)
        return [
            MashupRequest(self.service, dict(params), self.format, pagesize, page, dict(self.extra))
            for params in self.params
        ]


def ask_question(session: Session, question: Question) -> list[list[Finished]]:
    """The pages of the answer to each request of `question`, in order."""
    requests = question.requests()
    return list(_in_order(session, question.service, requests, partial(_pages, session, question)))


def ask_answers(session: Session, question: Question) -> list[Answer]:
    """The answers to a question as they came, one for each page and place."""
    return [page.answer for pages in ask_question(session, question) for page in pages]


def ask_counts(session: Session, question: Question) -> Any:
    """The number that a service counts; an array of them for many places."""
    counts = []
    for pages in ask_question(session, question):
        columns = [values for page in pages for values in read_page(page.page).values()]
        if not columns or len(columns[0].data) != 1:
            rows = len(columns[0].data) if columns else 0
            raise RemoteServiceError(f"The archive answered a count with {rows} rows.")
        counts.append(int(columns[0].data[0]))
    return counts[0] if question.places is None else np.array(counts)


def ask_table(session: Session, question: Question) -> Table:
    """The table that answers `question`, with a warning if it has no rows, or may lack some."""
    from topmast.tables.table import table_from_columns  # late, for it needs astropy

    found, config = _ask(session, question)
    table = table_from_columns(
        found.columns,
        config=config,
        service=question.service,
        units=choice(session, "units"),
    )
    for name, meaning in TARGET_COLUMNS.items():
        if question.places is not None:
            table[name].description = meaning
    return table


def ask_columns(session: Session, question: Question) -> PlainTable:
    """As `ask_table`, without astropy: units and descriptions are left out."""
    return _ask(session, question)[0]


def _ask(session: Session, question: Question) -> tuple[PlainTable, Mapping[str, Any] | None]:
    """The columns that answer `question`, and the column configuration they were read with.

    Answers are read as they come, while the others are still on their way.
    """
    requests = question.requests()
    on_its_way = _config_on_its_way(session, question.config or question.service)
    parts = _answers(session, question, requests)
    config, null_floats = next(on_its_way), choice(session, "null_floats")
    reader = AnswerReader(config, null_floats, question.keep_selected, len(requests))
    counts, found = [], []
    for request, pages in zip(requests, parts, strict=True):
        before = reader.rows
        notes = [_read(reader, page) for page in pages]
        counts.append(reader.rows - before)
        found.append(rows_found([paging for _, paging in notes]))
        _doubt(session, request, notes, counts[-1])
    table = PlainTable(reader.columns())
    if question.places is not None:
        add_targets(table, counts, question.places)
    if not len(table):
        warn(_no_results(session, question), NoResultsWarning)
    elif len(table) >= HUGE and question.why_many and _may_explain(session, question):
        log.info(question.why_many(table))
    elif question.limit is not None:
        warn_if_cut(question, found)
    return table, config


Note = tuple[str, Paging | None]
"""What one page says beside its rows."""


def _answers(
    session: Session, question: Question, requests: Sequence[MashupRequest]
) -> Iterable[Iterable[Finished]]:
    """The pages of each request, in order, as they come; the first have been asked for."""
    if len(requests) == 1:
        pages = iter(question.ask(session, requests[0]))
        return [chain([next(pages)], pages)]
    return _in_order(session, question.service, requests, partial(_pages, session, question))


def _pages(session: Session, question: Question, request: MashupRequest) -> list[Finished]:
    return list(question.ask(session, request))


def _read(reader: AnswerReader, page: Finished) -> Note:
    reader.read(page.page)
    return page.opened.msg if page.opened else "", page.paging


def _may_explain(session: Session, question: Question) -> bool:
    return not question.quiet and bool(choice(session, "explained"))


def _no_results(session: Session, question: Question) -> str:
    """What an empty result is warned of with; its reason, if anybody hears it."""
    if question.why_empty is None or question.page or not _may_explain(session, question):
        return NO_RESULTS
    if not is_heard(NO_RESULTS, NoResultsWarning):
        return NO_RESULTS
    return f"{NO_RESULTS} {question.why_empty(session, question)}".strip()


def _doubt(session: Session, request: MashupRequest, notes: Sequence[Note], rows: int) -> None:
    """Tell what an answer says of itself that the table cannot show."""
    messages = dict.fromkeys(message for message, _ in notes if message)
    for message in messages:
        kind = MaxResultsWarning if ABOUT_LIMITS.search(message) else MastWarning
        _say(session, f"{request.service} says: {excerpt(message.encode())}", kind)
    pagings = [paging for _, paging in notes if paging]
    if request.page is None:
        expected = sum(each.rows_filtered for each in pagings if each.page == 1)
    else:
        expected = sum(each.rows for each in pagings)
    if rows < expected:
        _say(
            session,
            f"{request.service} found {expected:,} rows and sent {rows:,}: the table is not "
            "complete. Ask again, or for less at a time.",
            MaxResultsWarning,
        )


ABOUT_LIMITS = re.compile("limit|maxim|truncat|partial|incomplete|more than", re.IGNORECASE)


def _say(session: Session, message: str, kind: type[MastWarning]) -> None:
    if choice(session, "doubts"):
        warn(message, kind)
    else:
        log.warning(message)


def rows_found(pagings: Sequence[Paging | None]) -> int:
    """How many rows the archive found for one place, on all pages, asked for or not."""
    known = [paging for paging in pagings if paging]
    most = max((paging.rows_filtered for paging in known), default=0)
    return max(most, sum(paging.rows for paging in known))


def warn_if_cut(question: Question, found: Sequence[int]) -> None:
    """Say that there may be more rows, if the archive found as many as it may for a place."""
    limit, places = question.limit, question.places
    if limit is None or max(found, default=0) < limit:
        return
    if places is None:
        warn(TOO_MANY, MaxResultsWarning)
        return
    cut = [place.given for place, rows in zip(places, found, strict=True) if rows >= limit]
    warn(f"{TOO_MANY} The {limit} were reached for: {first_few(cut)}.", MaxResultsWarning)


def _in_order(
    session: Session, what: str, items: Sequence[Item], function: Callable[[Item], Result]
) -> Iterator[Result]:
    """What `function` gives for each item, as it comes; several are under way at once."""
    results = in_order(function, items, int(session.setting("connections")))
    return _with_progress(what, len(items), results)


def _with_progress(what: str, total: int, results: Iterator[Result]) -> Iterator[Result]:
    with progress_bar(what, total) as advance:
        for result in results:
            advance()
            yield result


def _count(name: str, value: Any) -> int | None:
    """A page number or size; 0 and None stand for "not given"."""
    if value is None or (is_one(value) and not isinstance(value, bool) and str(value) == "0"):
        return None
    return whole_number(name, value)


def _config_on_its_way(session: Session, service: str) -> Iterator[Mapping[str, Any] | None]:
    """As `config_of`, asked for while other requests are under way."""
    config = partial(config_of, session)
    known = is_known(session, service)
    return map(config, [service]) if known else in_order(config, [service], 1)


def config_of(session: Session, service: str) -> Mapping[str, Any] | None:
    """The column configuration of a service; an archive that has none gives plainer tables."""
    try:
        return columns_of(session, service).config
    except RemoteServiceError as problem:
        log.info("No column configuration for %s: %s", service, problem)
        return None


def add_targets(table: PlainTable, counts: Sequence[int], places: Sequence[Place]) -> None:
    """Add to each row which place it matched; `counts` are the rows of each place."""
    of = np.repeat(np.arange(len(places)), counts)
    index = np.array([place.index for place in places], dtype=np.int64)
    given = np.array([place.given for place in places], dtype=str)
    nothing = np.zeros(len(of), dtype=bool)
    table.columns[TARGET_INDEX] = Values(index[of], nothing)
    table.columns[TARGET_GIVEN] = Values(given[of], nothing.copy())
