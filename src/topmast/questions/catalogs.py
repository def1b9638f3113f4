"""What a search of a catalogue asks of which service: calls become questions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.config.dialects import choice
from topmast.errors import InvalidQueryError, MaxResultsWarning, RemoteServiceError, warn
from topmast.questions.catalog_list import CATALOGS, Catalog, find_catalog, nearest_catalog
from topmast.questions.columns import Columns, columns_of, metadata_table
from topmast.questions.criteria import (
    NO_CRITERION,
    Criteria,
    check_criteria,
    filters_on_the_wire,
    split_place,
    without_verbose,
)
from topmast.questions.paging import ask_all_pages
from topmast.questions.portal import Question, only_value
from topmast.questions.targets import Targets, find_targets
from topmast.tables.catalogs import fields_of_service
from topmast.tables.fields import columns_config
from topmast.wire.answers import peek_status, table_of
from topmast.wire.portal import MashupRequest

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.messages import Answer
    from topmast.net.session import Session

COUNT = "COUNT_BIG(*)"
ARGUMENTS = ("coordinates", "object_name", "radius", "resolver", "pagesize", "page")
"""What an unknown criterion may have been meant to be, besides a column."""
TOO_MANY = "Maximum catalog results returned, may not include all sources within radius."
MAGTYPES = (1, 2)


@dataclass(frozen=True, slots=True)
class CatalogQuestion:
    """What is asked of which catalogue."""

    catalog: Catalog
    question: Question

    @property
    def limit(self) -> int | None:
        """The most rows that the archive gives for one place; None if there is no limit."""
        params = self.question.params[0] if self.catalog.limit else {}
        return params.get(self.catalog.limit)


def chosen_catalog(session: Session, name: str, version: int | None = None) -> Catalog:
    """The catalogue that a call names, by the rules of the session's dialect."""
    return find_catalog(name, version, newest={"Gaia": choice(session, "gaia_version")})


# ------------------------------------------------------------------------------ near a place


def cone_question(
    session: Session,
    catalog: Catalog,
    place: Criteria,
    words: Mapping[str, Any],
    pagesize: Any = None,
    page: Any = None,
) -> CatalogQuestion:
    """Which sources of the catalogue lie in the cones of `place`."""
    parameters = _parameters(catalog, without_verbose(words))
    targets = find_targets(session, place)
    params = [each | parameters for each in _cones(targets)]
    question = Question(catalog.cone, params, targets.told_apart, pagesize, page)
    return CatalogQuestion(catalog, question)


def cone_count_question(
    session: Session, catalog: Catalog, place: Criteria, words: Mapping[str, Any]
) -> CatalogQuestion:
    """How many sources lie there: the smallest page, which tells the number of all rows."""
    return cone_question(session, catalog, place, words, pagesize=1, page=1)


def _cones(targets: Targets) -> list[dict[str, Any]]:
    return [
        {"ra": cone.place.ra_deg, "dec": cone.place.dec_deg, "radius": cone.radius_deg}
        for cone in targets.cones
    ]


def _parameters(catalog: Catalog, words: Mapping[str, Any]) -> dict[str, int]:
    """The catalogue's own parameters: its defaults, and what the call says instead."""
    chosen = dict(catalog.parameters)
    for word, value in words.items():
        name = word.lower()
        if name not in chosen:
            raise InvalidQueryError(_no_such_word(word, catalog))
        if value is not None:
            chosen[name] = _checked(name, value)
    return chosen


def _no_such_word(word: str, catalog: Catalog) -> str:
    known = [*catalog.parameters, "version", *ARGUMENTS]
    close = difflib.get_close_matches(word.lower(), known, n=1)
    message = f"Filter '{word}' does not exist for catalog {catalog.name}."
    if close:
        return f"{message} Did you mean '{close[0]}'?"
    if catalog.criteria is not None:
        return f"{message} Conditions on columns are for query_criteria."
    return message


def _checked(name: str, value: Any) -> int:
    """A parameter of a catalogue: a whole number from 1 on, and `magtype` 1 or 2."""
    try:
        number = int(value)
        if isinstance(value, (bool, np.bool_)) or number != float(value) or number < 1:
            raise ValueError("not a positive whole number")
    except (TypeError, ValueError, OverflowError) as problem:
        raise InvalidQueryError(f"{name} is a whole number from 1 on, not {value!r}.") from problem
    if name == "magtype" and number not in MAGTYPES:
        raise InvalidQueryError(f"magtype is 1 (MagAper2) or 2 (MagAuto), not {value!r}.")
    return number


# -------------------------------------------------------------------------------- by criteria


def criteria_question(
    session: Session, name: str, criteria: Mapping[str, Any], pagesize: Any, page: Any
) -> CatalogQuestion:
    """Which sources meet the criteria, a place among them or not."""
    catalog, parts = _with_criteria(session, name, criteria)
    assert catalog.criteria is not None
    params = {"columns": "*"} if catalog.criteria.selects else {}
    params |= _filters(session, catalog, parts)
    if not params["filters"]:
        raise InvalidQueryError(NO_CRITERION)
    services = (catalog.criteria.rows, catalog.criteria.rows_near)
    asked = _asked(session, catalog, parts, params, services)
    return replace(asked, question=replace(asked.question, pagesize=pagesize, page=page))


def criteria_count_question(
    session: Session, name: str, criteria: Mapping[str, Any]
) -> CatalogQuestion:
    """How many sources meet the criteria, or are there at all."""
    catalog, parts = _with_criteria(session, name, criteria)
    assert catalog.criteria is not None
    params = {"columns": COUNT} if catalog.criteria.selects else {}
    params |= _filters(session, catalog, parts)
    services = (catalog.criteria.count, catalog.criteria.count_near)
    return _asked(session, catalog, parts, params, services)


def criteria_columns(session: Session, catalog: Catalog) -> Columns:
    """The columns that criteria can name, with the units that are known of them."""
    if catalog.criteria is None:
        raise InvalidQueryError(_no_criteria(catalog))
    columns = columns_of(session, catalog.criteria.config)
    fields = fields_of_service(catalog.cone)
    if not set(columns) - {"_selected_"}:
        return Columns(columns_config(fields), service=catalog.criteria.config)
    return columns.described_by(fields)


def _with_criteria(
    session: Session, name: str, criteria: Mapping[str, Any]
) -> tuple[Catalog, Criteria]:
    catalog = chosen_catalog(session, name)
    if catalog.criteria is None:
        raise InvalidQueryError(_no_criteria(catalog))
    return catalog, split_place(without_verbose(criteria), of_observations=False)


def _no_criteria(catalog: Catalog) -> str:
    searchable = [each.name for each in CATALOGS if each.criteria is not None]
    message = f"Criteria query not available for {catalog.name}."
    near = None if catalog.listed else nearest_catalog(catalog.name)
    if near in searchable:
        return f"{message} Did you mean '{near}'?"
    return f"{message} It is for {', '.join(searchable)}."


def _filters(session: Session, catalog: Catalog, parts: Criteria) -> dict[str, Any]:
    if not parts.columns:
        return {"filters": []}
    known = criteria_columns(session, catalog)
    return {"filters": filters_on_the_wire(check_criteria(parts.columns, known, also=ARGUMENTS))}


def _asked(
    session: Session,
    catalog: Catalog,
    parts: Criteria,
    params: Mapping[str, Any],
    services: tuple[str, str],
) -> CatalogQuestion:
    """A question to the service without a place, or to the one with a place."""
    assert catalog.criteria is not None
    everywhere, near = services
    config = catalog.criteria.config
    catalog = replace(catalog, limit="")  # these services have none
    if not parts.has_place:
        return CatalogQuestion(catalog, Question(everywhere, [dict(params)], config=config))
    targets = find_targets(session, parts)
    each = [cone | dict(params) for cone in _cones(targets)]
    return CatalogQuestion(catalog, Question(near, each, targets.told_apart, config=config))


# --------------------------------------------------------------------------------- answers


class CountingAsk:
    """Asks for all pages, and remembers how many rows the archive found for each place."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], int] = {}

    def __call__(self, session: Session, request: MashupRequest) -> list[Answer]:
        answers = ask_all_pages(session, request)
        self._found[_place_of(request.params)] = rows_found(answers)
        return answers

    def rows_of(self, question: Question) -> list[int]:
        """The number of rows found for each place of `question`, in order."""
        return [self._found[_place_of(params)] for params in question.params]


def _place_of(params: Mapping[str, Any]) -> tuple[Any, ...]:
    return params.get("ra"), params.get("dec"), params.get("radius")


def rows_found(pages: Sequence[Answer]) -> int:
    """How many rows the archive found for one place, on all pages, asked for or not."""
    tellings = [paging for answer in pages if (paging := peek_status(answer.content)[2])]
    told = max((paging.rows_filtered for paging in tellings), default=0)
    return max(told, sum(paging.rows for paging in tellings))


def counted(pages: Sequence[Answer]) -> int:
    """The number in the answer of a service that counts."""
    return only_value(table_of([answer.content for answer in pages]).columns[0])


def warn_if_cut(asked: CatalogQuestion, found: Sequence[int]) -> None:
    """Say that there may be more sources, if the archive gave as many as it may."""
    limit, places = asked.limit, asked.question.places
    if limit is None or max(found, default=0) < limit:
        return
    if places is None:
        warn(TOO_MANY, MaxResultsWarning)
        return
    cut = [place.given for place, rows in zip(places, found, strict=True) if rows >= limit]
    shown = ", ".join(cut[:3]) + (f" and {len(cut) - 3} more" if len(cut) > 3 else "")
    warn(f"{TOO_MANY} The {limit} were reached for: {shown}.", MaxResultsWarning)


@contextmanager
def knowing(catalog: Catalog) -> Iterator[None]:
    """Raise InvalidQueryError where the archive's error means that there is no such catalogue."""
    try:
        yield
    except RemoteServiceError as problem:
        said = str(problem).lower()
        if catalog.listed or (catalog.cone.lower() not in said and "service" not in said):
            raise
        raise InvalidQueryError(_no_such_catalog(catalog)) from problem


def _no_such_catalog(catalog: Catalog) -> str:
    near = nearest_catalog(catalog.name)
    names = ", ".join(dict.fromkeys(each.name for each in CATALOGS))
    hint = f"Did you mean '{near}'?" if near else f"Catalogues are: {names}."
    return f"The archive has no catalogue '{catalog.name}'. {hint}"


# -------------------------------------------------------------------------------- metadata


def catalog_metadata(session: Session, catalog: Catalog) -> Table:
    """The columns of a catalogue: what is known of them, and what the archive says instead."""
    said = columns_of(session, catalog.cone)
    known = columns_config(fields_of_service(catalog.cone))
    config = {name: known.get(name, {}) | said.config.get(name, {}) for name in known | said.config}
    shown = {name: entry for name, entry in config.items() if entry}
    if not set(shown) - {"_selected_"}:
        raise InvalidQueryError(_no_such_catalog(catalog))
    return metadata_table(Columns(shown, service=catalog.cone), with_ucd=True)
