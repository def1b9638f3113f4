"""Search a catalogue that has an address of its own, as Pan-STARRS has at catalogs.mast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.config.dialects import choice
from topmast.errors import HTTPStatusError, InvalidQueryError, NoResultsWarning, did_you_mean, warn
from topmast.net.messages import Request
from topmast.net.parallel import at_once
from topmast.questions.arguments import as_list, plain_text, whole_number
from topmast.questions.catalog_list import Catalog
from topmast.questions.conditions import Condition, Test, condition_of
from topmast.questions.criteria import NO_CRITERION, Criteria
from topmast.questions.places import Place
from topmast.questions.portal import NO_RESULTS, TARGET_COLUMNS, add_targets
from topmast.questions.targets import find_targets
from topmast.tables.fields import Field, columns_config
from topmast.tables.plain import PlainTable, stacked
from topmast.wire.addresses import CATALOG_METADATA, CATALOG_TABLE
from topmast.wire.catalog_api import (
    OPERATORS,
    TableRequest,
    decode_metadata,
    decode_rows,
    encode_table_request,
)

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.messages import Answer
    from topmast.net.session import Session

HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
OPTIONS = ("columns", "sort_by", "table", "data_release")
DEFAULTS = {"data_release": "dr2", "table": "mean"}
MOST_PAGES = 10_000
DISTANCE = Field("distance", "float", "distance", "Distance from the searched position", unit="deg")
"""A search around a place has it in addition to the columns of the table."""
BY_TEST = {"=": "", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "like": "like"}


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """What is asked of one table, around each of some places or anywhere.

    `places` is None for a question about one place or none.
    """

    address: Mapping[str, str]
    requests: tuple[TableRequest, ...]
    places: tuple[Place, ...] | None
    fields: tuple[Field, ...]
    limit: None = None

    def ask_table(self, session: Session) -> Table:
        """The rows as a Table."""
        from topmast.tables.table import table_from_columns

        asked = at_once(partial(_pages, session, self), self.requests, _connections(session))
        read = [stacked([decode_rows(page.content) for page in pages]) for pages in asked]
        table = PlainTable(stacked(read))
        if self.places is not None:
            add_targets(table, [len(PlainTable(part)) for part in read], self.places)
        if not len(table):
            warn(NO_RESULTS, NoResultsWarning)
        config, units = columns_config((*self.fields, DISTANCE)), choice(session, "units")
        found = table_from_columns(table.columns, config=config, units=units)
        for name in TARGET_COLUMNS if self.places is not None else ():
            found[name].description = TARGET_COLUMNS[name]
        return found

    def ask_answers(self, session: Session) -> Answer | list[Answer]:
        """The answers as they came: one, or a list for several pages or places."""
        asked = at_once(partial(_pages, session, self), self.requests, _connections(session))
        answers = [page for pages in asked for page in pages]
        return answers[0] if len(answers) == 1 else answers

    def ask_count(self, session: Session) -> Any:
        """How many rows each place has: they are fetched, with one column, and counted."""
        first = (self.fields[0].name,)
        few = tuple(replace(each, columns=first, sort_by=()) for each in self.requests)
        asked = at_once(partial(_pages, session, self), few, _connections(session))
        counts = [sum(len(PlainTable(decode_rows(p.content))) for p in pages) for pages in asked]
        return counts[0] if self.places is None else np.array(counts)


def table_question(
    session: Session,
    catalog: Catalog,
    place: Criteria,
    words: Mapping[str, Any],
    pagesize: Any,
    page: Any,
    *,
    need_criterion: bool = False,
) -> TableQuestion:
    """The question about a catalogue's table that a call stands for.

    `words` are its criteria and options; with `need_criterion` a place alone is not enough.
    """
    options, criteria = _taken_apart(words)
    if need_criterion and not criteria and not (options.keys() & {"table", "data_release"}):
        raise InvalidQueryError(NO_CRITERION)
    address = table_address(catalog, options)
    fields = fields_of_table(session, address)
    request = TableRequest(
        conditions=tuple(
            each for item in criteria.items() for each in _conditions(item, fields, address)
        ),
        columns=tuple(str(name) for name in _names(options.get("columns"), fields, address)),
        sort_by=tuple(_order(options.get("sort_by"), fields, address)),
        page=None if not page else whole_number("page", page),
        pagesize=None if not pagesize else whole_number("pagesize", pagesize),
    )
    if not place.has_place:
        return TableQuestion(address, (request,), None, fields)
    targets = find_targets(session, place)
    cones = ((c.place.ra_deg, c.place.dec_deg, c.radius_deg) for c in targets.cones)
    each = tuple(replace(request, cone=cone) for cone in cones)
    return TableQuestion(address, each, targets.places, fields)


def table_address(catalog: Catalog, options: Mapping[str, Any]) -> dict[str, str]:
    """Where the table is that `options` choose: catalogue, release and table."""
    given = {word: plain_text(options.get(word) or default) for word, default in DEFAULTS.items()}
    for word, text in given.items():
        if not isinstance(text, str) or not text.strip().replace("_", "").isalnum():
            raise InvalidQueryError(f"{word} is a name such as {DEFAULTS[word]!r}, not {text!r}.")
    address = {"catalog": catalog.api, "release": given["data_release"], "table": given["table"]}
    return {word: text.strip().lower() for word, text in address.items()}


class _KnownFields(dict[tuple[str, ...], tuple[Field, ...]]):
    """The columns of the tables that one session has asked for, by server and address."""


def fields_of_table(session: Session, address: Mapping[str, str]) -> tuple[Field, ...]:
    """The columns of a table; asked for once a session."""
    cache, key = session.cache(_KnownFields), (session.servers.catalogs, *address.values())
    if key not in cache:
        url = session.servers.catalogs + CATALOG_METADATA.format(**address)
        try:
            cache[key] = decode_metadata(session.send(Request("GET", url, HEADERS)).content)
        except HTTPStatusError as problem:
            if problem.status_code not in (400, 404, 500):
                raise
            raise InvalidQueryError(
                f"{session.where} has no table {address['table']!r} of "
                f"{address['catalog']} {address['release']}. Tables are mean, stack, detection "
                "and forced_mean; data_release is 'dr1' or 'dr2'."
            ) from problem
    return cache[key]


def _taken_apart(words: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of a call and its criteria."""
    known = {word: value for word, value in words.items() if word != "verbose"}
    options = {word.lower(): value for word, value in known.items() if word.lower() in OPTIONS}
    criteria = {word: value for word, value in known.items() if word.lower() not in OPTIONS}
    return options, criteria


def _find(name: str, fields: tuple[Field, ...], address: Mapping[str, str]) -> Field:
    found = next((field for field in fields if field.name.lower() == name.lower()), None)
    if found is None:
        hint = did_you_mean(name, [*(field.name for field in fields), *OPTIONS])
        raise InvalidQueryError(
            f"Filter '{name}' does not exist for {address['catalog']} catalog {address['table']}, "
            f"{address['release']}.{hint}"
        )
    return found


Wire = tuple[str, str, tuple[Any, ...]]


def _conditions(
    item: tuple[str, Any], fields: tuple[Field, ...], address: Mapping[str, str]
) -> Iterator[Wire]:
    """The conditions of one criterion: values, ("gte", 2) and the like, or a list of these."""
    name, value = item
    column, _, operator = name.partition(".")
    field = _find(column, fields, address)
    values = [value] if _is_pair(value) else as_list(value)
    pairs = [tuple(each) for each in values if _is_pair(each)]
    yield from ((field.name, str(word).lower(), (given,)) for word, given in pairs)
    plain = [each for each in values if not _is_pair(each)]
    if operator:
        yield field.name, operator, tuple(plain)
    elif plain or not pairs:
        is_number = field.datatype not in ("char", "") and field.type != "STRING"
        condition = condition_of(name, plain, field.name, is_number=is_number, unit=field.unit)
        yield from _on_the_wire(condition)


def _is_pair(value: Any) -> bool:
    """Whether a value is an operator and what it compares with, such as ("gte", 2)."""
    return (
        isinstance(value, (tuple, list))
        and len(value) == 2
        and isinstance(value[0], str)
        and value[0].lower() in OPERATORS
    )


def _on_the_wire(condition: Condition) -> Iterator[Wire]:
    equal = tuple(t.values[0] for t in condition.tests if t.operator == "=" and not t.negated)
    others = [t for t in condition.tests if t.operator != "=" or t.negated]
    if (
        (equal and others)
        or len(others) > 1
        or any(t.negated for t in others)
        or not (equal or others)
    ):
        raise InvalidQueryError(
            f"For '{condition.column}' the service takes values, of which any will do, or one "
            "comparison or pattern; it cannot leave values out."
        )
    if equal:
        yield condition.column, "", equal
    for test in others:
        yield from _compared(condition.column, test)


def _compared(column: str, test: Test) -> Iterator[Wire]:
    if test.operator == "between":
        low, high = test.values
        yield column, "gte", (low,)
        yield column, "lte", (high,)
    else:
        yield column, BY_TEST[test.operator], test.values


def _names(value: Any, fields: tuple[Field, ...], address: Mapping[str, str]) -> Iterator[str]:
    listed = (
        value.split(",") if isinstance(value, str) else as_list(value) if value is not None else []
    )
    for name in listed:
        text = str(name).strip()
        yield DISTANCE.name if text.lower() == DISTANCE.name else _find(text, fields, address).name


def _order(
    value: Any, fields: tuple[Field, ...], address: Mapping[str, str]
) -> Iterator[tuple[str, bool]]:
    """The order of the rows: columns, "column.desc", or ("desc", column) either way round."""
    words = ("asc", "desc")
    single = isinstance(value, str) or (
        isinstance(value, tuple) and len(value) == 2 and {*value} & {*words}
    )
    for entry in [] if value is None else [value] if single else list(value):
        pair = tuple(entry.split(".")) if isinstance(entry, str) else tuple(entry)
        name = next((str(word) for word in pair if str(word).lower() not in words), "")
        directions = {str(word).lower() for word in pair if str(word) != name}
        if len(pair) > 2 or directions - {*words}:
            raise InvalidQueryError(f"sort_by is a column or ('desc', column), not {entry!r}.")
        yield next(_names([name], fields, address)), "desc" in directions


def _connections(session: Session) -> int:
    return int(session.setting("connections"))


def _pages(session: Session, question: TableQuestion, request: TableRequest) -> list[Answer]:
    """The pages of one request; one alone where the call names it, or speaks for astroquery."""
    if request.page is not None or not choice(session, "all_pages"):
        return [_ask(session, question, request)]
    size = request.pagesize or int(session.setting("pagesize"))
    pages: list[Answer] = []
    for number in count(1):
        pages.append(_ask(session, question, replace(request, page=number, pagesize=size)))
        if len(PlainTable(decode_rows(pages[-1].content))) < size or number >= MOST_PAGES:
            return pages
    raise AssertionError("count never ends")


def _ask(session: Session, question: TableQuestion, request: TableRequest) -> Answer:
    url = session.servers.catalogs + CATALOG_TABLE.format(**question.address)
    try:
        return session.send(Request("POST", url, HEADERS, encode_table_request(request)))
    except HTTPStatusError as problem:
        if problem.status_code not in (400, 500):
            raise
        raise InvalidQueryError(
            f"The catalogue could not read this query: {problem} "
            "get_metadata tells the columns and what each of them is."
        ) from problem
