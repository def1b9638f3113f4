"""What a search for observations asks of which service: calls become questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from topmast.config.dialects import choice
from topmast.errors import InvalidQueryError
from topmast.questions.columns import columns_of
from topmast.questions.criteria import (
    NO_CRITERION,
    Criteria,
    Filter,
    check_criteria,
    filters_on_the_wire,
    split_place,
    without_verbose,
)
from topmast.questions.portal import Question
from topmast.questions.targets import Cone, find_targets

if TYPE_CHECKING:
    from topmast.net.session import Session

CONE = "Mast.Caom.Cone"
FILTERED = "Mast.Caom.Filtered"
POSITION = "Mast.Caom.Filtered.Position"

COUNT = "COUNT_BIG(*)"
KIND_COLUMN = "intentType"
OLD_KIND_WORDS = {"science": "science", "calibration": "cal", "all": "all"}
ARGUMENTS = ("coordinates", "object_name", "radius", "resolver", "pagesize", "page", "obstype")
"""What an unknown criterion may have been meant to be, besides a column."""


def region_question(
    session: Session, place: Criteria, criteria: Mapping[str, Any], pagesize: Any, page: Any
) -> Question:
    """Which observations touch the cones of `place`, and meet the criteria if there are any."""
    parts = _only_columns(criteria)
    if parts.columns or parts.kind:
        return _filtered(session, parts, place, "*", pagesize, page)
    targets = find_targets(session, place)
    params = [
        {"ra": cone.place.ra_deg, "dec": cone.place.dec_deg, "radius": cone.radius_deg}
        for cone in targets.cones
    ]
    return Question(CONE, params, targets.told_apart, pagesize, page)


def criteria_question(
    session: Session, criteria: Mapping[str, Any], pagesize: Any, page: Any
) -> Question:
    """Which observations meet the criteria, a place among them or not."""
    parts = split_place(without_verbose(criteria))
    if not parts.columns and parts.kind in (None, "all"):
        raise InvalidQueryError(NO_CRITERION)
    place = parts if parts.has_place else None
    question = _filtered(session, _with_default_kind(session, parts), place, "*", pagesize, page)
    if parts.columns and not _has_filter(question, parts):
        raise InvalidQueryError(NO_CRITERION)
    return question


def count_question(session: Session, place: Criteria, criteria: Mapping[str, Any]) -> Question:
    """How many observations touch the cones of `place` and meet the criteria."""
    parts = _only_columns(criteria)
    return _filtered(session, parts, place, COUNT)


def criteria_count_question(session: Session, criteria: Mapping[str, Any]) -> Question:
    """How many observations meet the criteria, or are there at all."""
    parts = split_place(without_verbose(criteria))
    place = parts if parts.has_place else None
    return _filtered(session, _with_default_kind(session, parts), place, COUNT)


def _filtered(
    session: Session,
    parts: Criteria,
    place: Criteria | None,
    columns: str,
    pagesize: Any = None,
    page: Any = None,
) -> Question:
    """A question to the services that take filters; a name is resolved when they are right."""
    params: dict[str, Any] = {"columns": columns, "filters": []}
    if parts.columns or parts.kind:
        known = columns_of(session, CONE)
        filters = check_criteria(parts.columns, known, also=ARGUMENTS)
        if parts.kind and KIND_COLUMN not in known:
            # An archive of 2017 knows the kind of an observation as a parameter only.
            params["obstype"] = OLD_KIND_WORDS[parts.kind]
        elif parts.kind and parts.kind != "all":
            filters.append(Filter(KIND_COLUMN, (parts.kind,)))
        params["filters"] = filters_on_the_wire(filters)
    if place is None:
        return Question(FILTERED, [params], None, pagesize, page, config=CONE)
    targets = find_targets(session, place)
    each = [params | {"position": _position(cone)} for cone in targets.cones]
    return Question(POSITION, each, targets.told_apart, pagesize, page, config=CONE)


def _has_filter(question: Question, parts: Criteria) -> bool:
    """Whether any criterion is left after those that mean nothing were skipped."""
    if parts.kind in ("science", "calibration"):
        return True
    filters = question.params[0]["filters"]
    return any(
        one["paramName"] != KIND_COLUMN or _names(parts.columns, KIND_COLUMN) for one in filters
    )


def _with_default_kind(session: Session, parts: Criteria) -> Criteria:
    """`parts` with the kind of observation that the dialect means where none is named."""
    named = parts.kind or _names(parts.columns, KIND_COLUMN)
    if named or not choice(session, "science_only"):
        return parts
    return replace(parts, kind="science")


def _names(columns: Mapping[str, Any], name: str) -> bool:
    return any(column.lower() == name.lower() for column in columns)


def _only_columns(criteria: Mapping[str, Any]) -> Criteria:
    """The criteria of a call that has its place elsewhere."""
    parts = split_place(without_verbose(criteria))
    if parts.has_place:
        raise InvalidQueryError("Only one of object_name and coordinates may be specified.")
    return parts


def _position(cone: Cone) -> str:
    return f"{cone.place.ra_deg}, {cone.place.dec_deg}, {cone.radius_deg}"
