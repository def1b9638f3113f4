"""Ask the mission search: a hundred targets a request, page after page, and one table of all."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from astropy.table import MaskedColumn, Table

from topmast.config.dialects import choice
from topmast.errors import (
    BadAnswerError,
    HTTPStatusError,
    InvalidQueryError,
    MaxResultsWarning,
    NoResultsWarning,
    NotAuthorizedError,
    warn,
)
from topmast.net.messages import Answer, Request
from topmast.net.parallel import at_once
from topmast.net.session import Session
from topmast.questions.arguments import in_batches
from topmast.questions.mission_columns import MissionColumns, no_such_mission
from topmast.questions.missions import MissionQuestion
from topmast.questions.portal import NO_RESULTS, TARGET_GIVEN, TARGET_INDEX
from topmast.questions.progress import progress_bar
from topmast.tables.missions import unit_of
from topmast.tables.plain import stacked
from topmast.tables.table import table_from_columns
from topmast.wire.addresses import MISSION_SEARCH
from topmast.wire.missions import (
    MOST_TARGETS,
    SearchAnswer,
    SearchRequest,
    decode_search_answer,
    encode_search,
)

log: logging.Logger = logging.getLogger("topmast")

HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
MOST_PAGES = 10_000
REFUSED = (400, 422, 500)
TOO_MANY = "Maximum results returned, may not include all sources within radius."
CHANGED = "the result changed on the way. Ask again."


@dataclass(frozen=True, slots=True)
class Page:
    """One answer, as it came and as it was read."""

    answer: Answer
    read: SearchAnswer


def ask_mission(session: Session, question: MissionQuestion) -> Table | int:
    """The table that answers `question`, or the number of rows if it asks for that."""
    if question.request.count_only:
        return sum(_total(page) for page in _each_batch(session, question))
    pages = _all_pages(session, question)
    table = _table(session, question, pages)
    _say_what_is_missing(question, table)
    return table


def ask_mission_answers(session: Session, question: MissionQuestion) -> Answer | list[Answer]:
    """The answer to a question as it came; a list of them for several pages or batches."""
    if question.request.count_only:
        return one_or_all([page.answer for page in _each_batch(session, question)])
    pages = chain.from_iterable(_all_pages(session, question))
    return one_or_all([page.answer for page in pages])


def one_or_all(answers: list[Answer]) -> Answer | list[Answer]:
    """The answer where there is one, as astroquery gives it, else the list of them."""
    return answers[0] if len(answers) == 1 else answers


def target_text(ra_deg: float, dec_deg: float) -> str:
    """A position as the search takes it and gives it back."""
    return f"{ra_deg} {dec_deg}"


def _batches(question: MissionQuestion) -> list[SearchRequest]:
    """The requests of a question: each position once, a hundred in each."""
    texts = list(dict.fromkeys(target_text(p.ra_deg, p.dec_deg) for p in question.places))
    batches = in_batches(texts, MOST_TARGETS) or [()]
    return [replace(question.request, targets=tuple(batch)) for batch in batches]


def _each_batch(session: Session, question: MissionQuestion) -> list[Page]:
    """The count for each batch; a server that does not know ``count_only`` sends one row."""
    requests = [replace(request, limit=1) for request in _batches(question)]
    connections = int(session.setting("connections"))
    return at_once(lambda request: _ask(session, question, request), requests, connections)


def _total(page: Page) -> int:
    if page.read.total is None:
        raise BadAnswerError("The archive was asked to count and sent no totalResults.")
    return page.read.total


def _all_pages(session: Session, question: MissionQuestion) -> list[list[Page]]:
    """The pages of each batch. Several batches are each asked from the first row on."""
    requests, wanted = _batches(question), question.limit
    if len(requests) == 1:
        return [_pages(session, question, requests[0], wanted)]
    requests = [replace(request, offset=0) for request in requests]
    wanted = None if wanted is None else wanted + question.request.offset
    with progress_bar(f"{question.mission} search", len(requests)) as advance:

        def pages(request: SearchRequest) -> list[Page]:
            found = _pages(session, question, request, wanted)
            advance()
            return found

        return at_once(pages, requests, int(session.setting("connections")))


def _pages(
    session: Session, question: MissionQuestion, request: SearchRequest, wanted: int | None
) -> list[Page]:
    """The first `wanted` rows of one request, or all; after the first page all others at once."""
    size = int(session.setting("pagesize"))
    counted = not request.extra.get("skip_count")
    if wanted is None and not counted:
        raise InvalidQueryError("limit=None needs the number of rows: leave out skip_count.")
    most = wanted if wanted is not None and (wanted <= size or not counted) else size
    first = _ask(session, question, replace(request, limit=most))
    total, step = first.read.total, first.read.length
    if wanted is None and total is None:
        raise BadAnswerError("The archive sent no totalResults, which limit=None needs.")
    if total is None or not step:
        return [first]
    rows = max(total - request.offset, 0)
    rows = rows if wanted is None else min(rows, wanted)
    if rows > step * MOST_PAGES:
        raise InvalidQueryError(
            f"{question.mission} has {rows:,} rows for this, and sends {step:,} at a time: at "
            f"most {MOST_PAGES:,} pages are fetched. Ask for less."
        )

    def page(start: int) -> Page:
        asked = min(step, rows - start)
        found = _ask(
            session, question, replace(request, limit=asked, offset=request.offset + start)
        )
        if found.read.total != total:
            raise BadAnswerError(
                f"{question.mission} had {total} rows at first and {found.read.total} later: "
                f"{CHANGED}"
            )
        if found.read.length != asked:
            raise BadAnswerError(
                f"{question.mission} was asked for {asked} rows from row {start} on and sent "
                f"{found.read.length}: {CHANGED}"
            )
        return found

    return [first, *at_once(page, range(step, rows, step), int(session.setting("connections")))]


def _ask(session: Session, question: MissionQuestion, request: SearchRequest) -> Page:
    url = session.servers.portal + MISSION_SEARCH.format(mission=question.mission)
    try:
        answer = session.send(Request("POST", url, HEADERS, encode_search(request)))
    except NotAuthorizedError:
        raise
    except HTTPStatusError as problem:
        if problem.status_code == 404:
            raise no_such_mission(session, question.mission) from problem
        if problem.status_code not in REFUSED:
            raise
        raise InvalidQueryError(
            f"The mission search could not read this query: {problem} "
            "get_column_list tells the columns and what each of them takes."
        ) from problem
    read = decode_search_answer(answer.content)
    for text in read.messages:
        log.info("%s: %s", question.mission, text)
    return Page(answer, read)


def _table(session: Session, question: MissionQuestion, batches: list[list[Page]]) -> Table:
    pages = [page.read for batch in batches for page in batch]
    columns = stacked([page.columns for page in pages])
    units = choice(session, "units")
    table = table_from_columns(columns, config=_descriptions(question.columns), units=units)
    positions = [text for page in pages for text in page.positions]
    if question.many:
        table, positions = _with_targets(table, positions, question)
    if len(batches) > 1:
        table = _in_order(table, pages[0].params)
        first = question.request.offset
        last = None if question.limit is None else first + question.limit
        table = table[first:last]
    totals = [batch[0].read.total for batch in batches]
    counted = [total for total in totals if total is not None]
    table.meta["totalResults"] = sum(counted) if len(counted) == len(totals) else None
    table.meta["search_params"] = pages[0].params
    table.meta["mission"] = question.mission
    return table


def _descriptions(columns: MissionColumns) -> Mapping[str, Any]:
    """What `table_from_columns` needs to describe the columns."""
    return {
        column.name: {
            "vot.description": column.description.strip(),
            "vot.unit": unit_of(column.name, column.kind, column.description),
        }
        for column in reversed(columns.listed)
    }


def _with_targets(
    table: Table, positions: Sequence[str], question: MissionQuestion
) -> tuple[Table, list[str]]:
    """The rows with the target that each has matched; twice where a target was given twice."""
    numbers: dict[str, list[int]] = {}
    for number, place in enumerate(question.places):
        numbers.setdefault(target_text(place.ra_deg, place.dec_deg), []).append(number)
    find = _Finder(numbers)
    pairs = [
        (row, number)
        for row, position in enumerate(positions)
        for number in numbers[find(position)]
    ]
    rows = np.array([row for row, _ in pairs], dtype=np.int64)
    places = [question.places[number] for _, number in pairs]
    if len(rows) != len(table) or (rows != np.arange(len(table))).any():
        table = table[rows]
    index = np.array([place.index for place in places], dtype=np.int64)
    given = np.array([place.given for place in places], dtype=str)
    table[TARGET_INDEX] = MaskedColumn(index, description="Position in the list of targets")
    table[TARGET_GIVEN] = MaskedColumn(given, description="The target as it was given")
    return table, [positions[row] for row in rows]


NUMBER = r"[+-]?\d+\.?\d*(?:[eE][+-]?\d+)?"
POSITION = re.compile(rf"\s*({NUMBER})\s+({NUMBER})\s*")


class _Finder:
    """Which of the targets sent a position in an answer is, though its digits may differ."""

    def __init__(self, texts: Mapping[str, Any]) -> None:
        self._texts = texts
        self._by_numbers = {_numbers(text): text for text in texts}
        self._longest_first = sorted(texts, key=len, reverse=True)

    def __call__(self, position: str) -> str:
        if position in self._texts:
            return position
        found = self._by_numbers.get(_numbers(position)) or next(
            (text for text in self._longest_first if position.startswith(text)), None
        )
        if found is None:
            raise BadAnswerError(
                f"A row belongs to the position {position!r}, which was not asked for. "
                "Ask about one target at a time."
            )
        return found


def _numbers(text: str) -> tuple[float, float] | None:
    match = POSITION.fullmatch(text)
    return (round(float(match[1]), 7), round(float(match[2]), 7)) if match else None


def _in_order(table: Table, params: Mapping[str, Any]) -> Table:
    """The rows of several answers in the order that each of them has."""
    keys = [str(name) for name in params.get("sort_by") or []]
    down = [bool(value) for value in params.get("sort_desc") or []]
    down += [False] * (len(keys) - len(down))
    ranks = [
        -_ranks(table[name]) if descending else _ranks(table[name])
        for name, descending in zip(keys, down, strict=False)
        if name in table.colnames
    ]
    return table[np.lexsort(ranks[::-1])] if ranks else table


def _ranks(column: MaskedColumn) -> Any:
    """The place of each value among the sorted ones; what is missing comes first."""
    mask = np.ma.getmaskarray(column)
    _, ranks = np.unique(np.ma.getdata(column), return_inverse=True)
    return np.where(mask, -1, ranks)


def _say_what_is_missing(question: MissionQuestion, table: Table) -> None:
    if not len(table):
        warn(NO_RESULTS, NoResultsWarning)
    total, limit = table.meta["totalResults"], question.limit
    if limit is None or len(table) < limit:
        return
    if total is None or total > question.request.offset + len(table) or len(table) > limit:
        more = "" if total is None else f" {len(table):,} of {total:,} rows; limit=None gives all."
        warn(TOO_MANY + more, MaxResultsWarning)
