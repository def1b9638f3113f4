"""Why a search finds nothing: each criterion is left out in turn, and the rest is counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.errors import MastError
from topmast.net.parallel import at_once
from topmast.questions.arguments import as_list
from topmast.questions.hints import (
    NO_HINT,
    Hint,
    KnownValues,
    WireFilter,
    hints_of,
    nearest,
    texts_of,
)
from topmast.questions.known_values import are_remembered, known_values
from topmast.questions.portal import Question, ask_counts
from topmast.questions.product_filters import filter_products

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.session import Session

log: logging.Logger = logging.getLogger("topmast")

FILTERED = "Mast.Caom.Filtered"
POSITION = "Mast.Caom.Filtered.Position"
CONFIG = "Mast.Caom.Cone"
COUNT = "COUNT_BIG(*)"
PLACE = "coordinates"

MOST_REQUESTS = 3
"""For the line after an empty result."""
MOST_PLACES = 20
"""Of a list of places, so many are counted."""
MOST_TRIED = 3
"""Proposals whose rows are counted, for each criterion."""
WIDER_DEG = 1.0


@dataclass(frozen=True, slots=True)
class Position:
    """A cone, as a search has it."""

    ra: float
    dec: float
    radius: float

    def on_the_wire(self) -> str:
        """As a service that takes filters has it."""
        return f"{self.ra}, {self.dec}, {self.radius}"

    def __str__(self) -> str:
        return f"{self.ra:.6g} {self.dec:.6g} within {self.radius:.3g} deg"


@dataclass(frozen=True, slots=True)
class Search:
    """A search taken apart: its filters, and its places if it has any."""

    filters: tuple[WireFilter, ...]
    places: tuple[Position, ...] = ()

    @classmethod
    def of(cls, question: Question) -> Search:
        """What `question` searches for."""
        params = question.params[0]
        filters = tuple(params.get("filters", ()))
        if "position" not in params and "ra" not in params:
            return cls(filters)
        return cls(filters, tuple(map(_position, question.params[:MOST_PLACES])))

    def criteria(self) -> list[str]:
        """The names of its criteria; the place is the last."""
        names = [str(one["paramName"]) for one in self.filters]
        return [*names, PLACE] if self.places else names

    def without(self, numbers: Sequence[int]) -> Search:
        """The search that leaves out the criteria with these numbers."""
        kept = [one for number, one in enumerate(self.filters) if number not in numbers]
        return Search(tuple(kept), () if len(self.filters) in numbers else self.places)

    def with_filter(self, number: int, one: WireFilter) -> Search:
        """The search with another filter in the place of one."""
        filters = [one if each == number else old for each, old in enumerate(self.filters)]
        return replace(self, filters=tuple(filters))

    def count(self, session: Session) -> int:
        """How many observations it finds, at all its places together."""
        params: dict[str, Any] = {"columns": COUNT, "filters": list(self.filters)}
        if not self.places:
            question = Question(FILTERED, [params], config=CONFIG)
        else:
            each = [params | {"position": place.on_the_wire()} for place in self.places]
            question = Question(POSITION, each, config=CONFIG)
        return sum(ask_counts(session, replace(question, params=[one])) for one in question.params)


@dataclass(frozen=True, slots=True)
class Reason:
    """One criterion, how many rows there are without it, and what may be wrong with it."""

    criterion: str
    value: str
    without: int | None
    hint: Hint = NO_HINT

    @property
    def guilt(self) -> tuple[bool, float, int]:
        """What makes it likelier than another to be the reason."""
        return bool(self.without), self.hint.weight, self.without or 0


def explain_search(session: Session, question: Question) -> tuple[list[Reason], int]:
    """The criteria of a search, that which most likely empties it first, and its rows."""
    search = Search.of(question)
    known = known_values(session)
    numbers = range(len(search.criteria()))
    counts: list[int] = at_once(
        lambda one: one.count(session),
        [search, *(search.without([number]) for number in numbers)],
        int(session.setting("connections")),
    )
    found = counts[0]
    reasons = [
        Reason(name, _value(search, number), counts[number + 1])
        for number, name in enumerate(search.criteria())
    ]
    if not found:
        hints = (_hint(session, search, number, known, reasons[number]) for number in numbers)
        reasons = [replace(one, hint=hint) for one, hint in zip(reasons, hints, strict=True)]
        reasons.sort(key=lambda reason: reason.guilt, reverse=True)
    return reasons, found


def columns_of_reasons(reasons: Sequence[Reason]) -> dict[str, list[Any]]:
    """The reasons as columns: criterion, value, rows without it, hint."""
    return {
        "criterion": [each.criterion for each in reasons],
        "value": [each.value for each in reasons],
        "rows without it": [each.without or 0 for each in reasons],
        "hint": [each.hint.text for each in reasons],
    }


def table_of_reasons(reasons: Sequence[Reason], found: int) -> Table:
    """The reasons as a table, with the rows that all criteria find in its meta."""
    from astropy.table import Table

    kinds = (str, str, int, str)
    return Table(columns_of_reasons(reasons), dtype=kinds, meta={"rows": found})


# ------------------------------------------------------------------ one line, by itself


def why_empty(session: Session, question: Question) -> str:
    """One line that names the criterion for which nothing was found; at most three requests.

    Empty where nothing can be said, and after `MOST_LINES` of them in a session.
    """
    memory = session.cache(_Told)
    if memory.lines >= MOST_LINES:
        return ""
    memory.lines += 1
    try:
        return _why_empty(session, Search.of(question))
    except (MastError, LookupError, TypeError, ValueError) as problem:
        log.debug("No reason was found for an empty result: %s", problem)
        return ""


MOST_LINES = 20


class _Told:
    """How many empty results of a session have been explained."""

    def __init__(self) -> None:
        self.lines = 0


def _why_empty(session: Session, search: Search) -> str:
    names = search.criteria()
    if not search.filters:
        return _why_no_place(session, search, MOST_REQUESTS)
    left = MOST_REQUESTS - (not are_remembered(session))
    known = known_values(session)
    suspects = sorted(range(len(names)), key=lambda one: -_suspicion(search, one, known))
    without: int | None = None
    while left and (len(suspects) > 1 or without is None):
        strong = _suspicion(search, suspects[0], known) >= 2
        group = suspects[: 1 if strong else max(1, len(suspects) // 2)]
        count = search.without(group).count(session)
        left -= 1
        if count and len(group) == 1:
            suspects, without = group, count
            break
        suspects = group if count else [one for one in suspects if one not in group]
        if not suspects:
            return "No single criterion is the reason: two or more of them match nothing together."
    if len(suspects) > 1:
        listed = ", ".join(names[one] for one in suspects)
        return f"The reason is one of {listed}; explain() counts the rows without each."
    return _line(session, search, suspects[0], known, without, left)


def _line(
    session: Session,
    search: Search,
    number: int,
    known: KnownValues,
    without: int | None,
    left: int,
) -> str:
    name = search.criteria()[number]
    rows = "" if without is None else f" (without it {_rows(without)})"
    if name == PLACE:
        there = _why_no_place(session, search, left)
        return f"The reason is the place{rows}. {there}".strip()
    value = _value(search, number)
    hint = next(iter(hints_of(search.filters[number], known)), NO_HINT)
    return f"The reason is {name}={value!r}{rows}{': ' if hint.text else ''}{hint.text}".strip()


def _suspicion(search: Search, number: int, known: KnownValues) -> float:
    """How much is to be said against a criterion before anything is counted."""
    if number == len(search.filters):
        return 0.85
    one = search.filters[number]
    hints = hints_of(one, known)
    weight = hints[0].weight if hints else 0.0
    if str(one["paramName"]).lower() in known:
        return max(weight, 0.1)
    return max(weight, 0.7)


# ---------------------------------------------------------------------------- the place


def _why_no_place(session: Session, search: Search, left: int) -> str:
    """What may be wrong with a place, with at most `left` counts."""
    place = search.places[0]
    what = "Nothing that meets the other criteria" if search.filters else "Nothing"
    for text, other in _other_places(place)[:left]:
        count = replace(search, places=(other,)).count(session)
        if count:
            return text.format(what=what, rows=_rows(count), there=_there(count), place=other)
    return f"{what} touches {place}: check the position, its units (degrees) and sign."


def _other_places(place: Position) -> list[tuple[str, Position]]:
    wider = min(180.0, max(WIDER_DEG, 5 * place.radius))
    found = [
        (
            "{what} touches this place; {rows} within " + f"{wider:g} deg: a larger radius?",
            replace(place, radius=wider),
        )
    ]
    if 0 <= place.ra < 24:
        found.append(
            (
                "With the right ascension in hours {there}: {place}",
                replace(place, ra=place.ra * 15),
            )
        )
    if place.dec:
        found.append(
            ("With the other sign of the declination {there}: {place}",
             replace(place, dec=-place.dec))
        )  # fmt: skip
    if abs(place.ra) <= 90:
        found.append(
            (
                "With declination and right ascension exchanged {there}: {place}",
                replace(place, ra=place.dec % 360, dec=place.ra),
            )
        )
    return found


# ------------------------------------------------------------------------------- helpers


def _hint(
    session: Session, search: Search, number: int, known: KnownValues, reason: Reason
) -> Hint:
    """The best hint about one criterion; of a guilty one, what is proposed is counted."""
    if reason.criterion == PLACE:
        text = _why_no_place(session, search, MOST_TRIED + 1) if reason.without else ""
        return Hint(text, 0.85 if text else 0)
    hints = hints_of(search.filters[number], known)
    if reason.without:
        for hint in [each for each in hints if each.instead is not None][:MOST_TRIED]:
            rows = search.with_filter(number, hint.instead or {}).count(session)
            if rows:
                return replace(hint, text=f"{hint.text} ({_rows(rows)})", weight=hint.weight + 1)
    return hints[0] if hints else NO_HINT


def _position(params: Mapping[str, Any]) -> Position:
    if "position" in params:
        ra, dec, radius = (float(part) for part in str(params["position"]).split(","))
        return Position(ra, dec, radius)
    return Position(float(params["ra"]), float(params["dec"]), float(params["radius"]))


def _value(search: Search, number: int) -> str:
    if number == len(search.filters):
        first, more = search.places[0], len(search.places) - 1
        return f"{first}" + (f" and {more} more" if more else "")
    return ", ".join(texts_of(search.filters[number]))


def _there(count: int) -> str:
    return f"there {'is' if count == 1 else 'are'} {_rows(count)}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


# -------------------------------------------------------- products, and a great many rows


def explain_filters(products: Any, filters: Mapping[str, Any]) -> tuple[list[Reason], int]:
    """The filters of products, that which most likely leaves nothing first; no request."""
    found = len(filter_products(products, **filters))
    reasons = []
    for name, value in filters.items():
        others = {other: wanted for other, wanted in filters.items() if other != name}
        without = len(filter_products(products, **others))
        hint = Hint(_product_hint(products, name, value), 2) if without and not found else NO_HINT
        reasons.append(Reason(name, ", ".join(map(str, as_list(value))), without, hint))
    reasons.sort(key=lambda reason: reason.guilt, reverse=not found)
    return reasons, found


def why_no_products(products: Any, filters: Mapping[str, Any]) -> str:
    """One line that names the filter for which no product is left; "" if nothing is to be said."""
    given = {name: value for name, value in filters.items() if value is not None}
    if not len(products) or not given:
        return ""
    first = explain_filters(products, given)[0][0]
    if not first.without:
        return "No single filter is the reason: two or more match nothing together."
    rows = f"(without it {_rows(first.without)})"
    return f"The reason is {first.criterion}={first.value!r} {rows}: {first.hint.text}".strip(": ")


def _product_hint(products: Any, name: str, value: Any) -> str:
    """What to filter for instead."""
    if name == "mrp_only":
        return "none of them is recommended; mrp_only=False takes all"
    if name == "extension":
        endings = {str(text).rpartition(".")[2] for text in products["productFilename"].tolist()}
        return f"the files end in {', '.join(sorted(endings)[:8])}"
    column = products[name]
    if column.dtype.kind in "iuf":
        return f"the values are from {column.min()} to {column.max()}"
    known = Counter(str(text) for text in column.tolist() if text is not None)
    for text in map(str, as_list(value)):
        if near := nearest(text, list(known)):
            return f"did you mean {near[0]!r}?"
    return f"the values are {', '.join(text for text, _ in known.most_common(8))}"


TELLING = ("obs_collection", "dataproduct_type", "instrument_name", "project", "calib_level")


def why_many(table: Any) -> str:
    """One line that says of what so many rows are, and what to limit."""
    shares = []
    for name in [name for name in TELLING if name in table.colnames]:
        values, counts = np.unique(np.ma.compressed(table[name]), return_counts=True)
        if len(values) > 1:
            most = int(counts.argmax())
            shares.append(f"{int(counts[most]):,} have {name}={str(values[most])!r}")
    of_these = f": {'; '.join(shares[:3])}" if shares else ""
    return f"{len(table):,} rows{of_these}. A criterion on such a column makes them fewer."
