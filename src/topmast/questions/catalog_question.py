"""A question about a catalogue, which only the archive may know, and how it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from topmast.config.dialects import choice
from topmast.errors import InvalidQueryError, RemoteServiceError
from topmast.net.session import Session
from topmast.questions.catalog_list import CATALOGS, Catalog, nearest_catalog
from topmast.questions.portal import (
    Question,
    ask_answers,
    ask_counts,
    ask_question,
    ask_table,
    rows_found,
    warn_if_cut,
)
from topmast.questions.tap_collections import collections
from topmast.wire.answers import table_of

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.messages import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogQuestion(Question):
    """What is asked of which catalogue."""

    catalog: Catalog
    counts: bool = False

    def ask_table(self, session: Session) -> Table:
        """The rows as a Table."""
        try:
            return ask_table(session, self)
        except RemoteServiceError as problem:
            _refuse_unknown(session, self.catalog, problem)
            raise

    def ask_answers(self, session: Session) -> list[Answer]:
        """The answers as they came, one for each page and place."""
        return ask_answers(session, self)

    def ask_count(self, session: Session) -> Any:
        """How many rows each place has."""
        return ask_counts(session, self) if self.counts else _count_rows(session, self)


class AnyQuestion(Protocol):
    """A question about a catalogue, to whichever of the archive's services has it."""

    @property
    def limit(self) -> int | None: ...
    def ask_table(self, session: Session) -> Table: ...
    def ask_answers(self, session: Session) -> Answer | list[Answer]: ...
    def ask_count(self, session: Session) -> Any: ...


def ask_catalog(session: Session, question: AnyQuestion) -> Table:
    """The table that answers a question about a catalogue."""
    return question.ask_table(session)


def ask_catalog_answers(session: Session, question: AnyQuestion) -> Answer | list[Answer]:
    """The answers to such a question as they came."""
    return question.ask_answers(session)


def count_catalog(session: Session, question: AnyQuestion) -> Any:
    """How many rows such a question has, for each place."""
    return question.ask_count(session)


def _count_rows(session: Session, question: CatalogQuestion) -> Any:
    """How many rows each place has, as the paging of the smallest page tells."""
    try:
        answers = ask_question(session, replace(question, pagesize=1, page=1))
        for pages in answers:
            table_of([page.answer.content for page in pages])  # raises what went wrong
    except RemoteServiceError as problem:
        _refuse_unknown(session, question.catalog, problem)
        raise
    counts = [rows_found([page.paging for page in pages]) for pages in answers]
    warn_if_cut(question, counts)
    return counts[0] if question.places is None else np.array(counts)


def _refuse_unknown(session: Session, catalog: Catalog, problem: RemoteServiceError) -> None:
    """Raise InvalidQueryError where the archive's error means that there is no such catalogue."""
    message = str(problem).lower()
    if not catalog.listed and (catalog.cone.lower() in message or "service" in message):
        offered = collections(session) if choice(session, "collections") else []
        raise InvalidQueryError(no_such_catalog(catalog, offered)) from problem


def no_such_catalog(catalog: Catalog, collections: Iterable[str] = ()) -> str:
    """What to say of an unknown catalogue; `collections` are those that the archive has by TAP."""
    near = nearest_catalog(catalog.name, collections)
    names = ", ".join(dict.fromkeys([*(each.name for each in CATALOGS), *collections]))
    hint = f"Did you mean '{near}'?" if near else f"Catalogues are: {names}."
    return f"The archive has no catalogue '{catalog.name}'. {hint}"
