"""Which values the short columns of the observations have, as the archive's histogram tells."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from threading import Lock
from typing import Any

from topmast.errors import BadAnswerError, MastError
from topmast.net.session import Session
from topmast.questions.portal import Question, ask_answers

log: logging.Logger = logging.getLogger("topmast")

ALL = "Mast.Caom.All"
HISTOGRAM = "hist"

KnownValues = Mapping[str, Mapping[str, int]]
"""For a column in lower case, how many observations have each of its values."""


def ask_known_values(session: Session) -> KnownValues:
    """The values of all columns that have few; one request.

    Raises BadAnswerError if the archive answers without a histogram.
    """
    answer = ask_answers(session, Question(ALL, [{}], format="extjs"))[0].json()
    try:
        columns = answer["data"]["Tables"][0]["Columns"]
        found = {
            str(column["text"]).lower(): _counts(column["ExtendedProperties"]["histObj"])
            for column in columns
            if "histObj" in (column.get("ExtendedProperties") or {})
        }
    except (LookupError, TypeError, AttributeError, ValueError) as problem:
        raise BadAnswerError(f"{ALL} was answered without a list of values.") from problem
    return found


def known_values(session: Session) -> KnownValues:
    """As `ask_known_values`, remembered for the session; empty where the archive does not say."""
    memory = session.cache(_Memory)
    with memory.lock:
        if session.where not in memory.values:
            try:
                memory.values[session.where] = ask_known_values(session)
            except MastError as problem:
                log.debug("No list of known values: %s", problem)
                memory.values[session.where] = {}
        return memory.values[session.where]


def are_remembered(session: Session) -> bool:
    """Whether `known_values` needs no request any more."""
    return session.where in session.cache(_Memory).values


class _Memory:
    """The known values of each archive that a session has asked."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.values: dict[str, KnownValues] = {}


def _counts(histogram: Any) -> dict[str, int]:
    return {
        str(value): int(entry["count"]) if isinstance(entry, dict) else 0
        for value, entry in histogram.items()
        if value not in (HISTOGRAM, "")
    }
