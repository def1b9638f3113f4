"""Search a collection of catalogues by TAP: by place, region and criteria, at once or as a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.errors import (
    InputWarning,
    InvalidQueryError,
    MaxResultsWarning,
    NoResultsWarning,
    did_you_mean,
    warn,
)
from topmast.net.parallel import at_once
from topmast.questions.adql import (
    Select,
    Shape,
    condition_text,
    find_region,
    region_condition,
)
from topmast.questions.arguments import (
    as_list,
    in_batches,
    plain_argument,
    truth_value,
    whole_number,
)
from topmast.questions.conditions import condition_of
from topmast.questions.criteria import Criteria, no_such_filter
from topmast.questions.places import Place
from topmast.questions.portal import (
    NO_RESULTS,
    TARGET_COLUMNS,
    TARGET_GIVEN,
    TARGET_INDEX,
    TOO_MANY,
)
from topmast.questions.tap_collections import (
    columns_of_table,
    find_collection,
    find_table,
    position_columns,
    run_query,
    takes_uploads,
)
from topmast.questions.targets import Cone, find_targets
from topmast.sky import Circle
from topmast.tables.fields import Field
from topmast.wire.adql_names import quoted, table_name
from topmast.wire.tap import MOST_ROWS, UPLOAD, encode_upload

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.messages import Answer
    from topmast.net.session import Session

DEFAULT_LIMIT = 5000
TARGETS_AT_ONCE = 1000
"""Positions that are uploaded with one query."""
OPTIONS = (
    "collection", "region", "limit", "offset", "count_only", "select_cols", "sort_by", "sort_desc",
    "filters",
)  # fmt: skip
"""Words of a search by TAP that are no columns."""


@dataclass(frozen=True, slots=True)
class TapQuestion:
    """What is asked of one table of a collection, around each of `cones` if there are any.

    `places` is None for a question about one place or none. `position` are the columns of right
    ascension and declination. `limit` of None asks for all rows.
    """

    collection: str
    select: Select
    position: tuple[str, str] | None
    limit: int | None = DEFAULT_LIMIT
    count_only: bool = False
    cones: tuple[Cone, ...] = ()
    places: tuple[Place, ...] | None = None

    def ask_table(self, session: Session) -> Any:
        """The rows as a Table, or their number where the call asks for that."""
        if self.count_only:
            return self.ask_count(session)
        if self.places is None:
            table = _all_rows(session, self, self.selects()[0])
        else:
            table = _around_places(session, self)
        return _told(self, table)

    def ask_answers(self, session: Session) -> list[Answer]:
        raise InvalidQueryError(
            "A search by TAP has no _async twin: submit_query makes a job of it."
        )

    def ask_count(self, session: Session) -> Any:
        """How many rows there are, for each place."""
        ask = partial(_count, session, self.collection)
        counts = at_once(ask, self.selects(), int(session.setting("connections")))
        return counts[0] if self.places is None else np.array(counts)

    def selects(self) -> list[Select]:
        """The query, or one for each place."""
        return [self._around([_circle(cone)]) for cone in self.cones] or [self.select]

    def _around(self, shapes: Sequence[Shape]) -> Select:
        assert self.position is not None
        ra, dec = map(quoted, self.position)
        where = region_condition(ra, dec, shapes)
        return replace(self.select, where=(where, *self.select.where))


def tap_question(
    session: Session, place: Criteria, catalog: Any, words: Mapping[str, Any]
) -> TapQuestion:
    """The question that a call stands for; `words` are its options and criteria.

    Raises InvalidQueryError for a collection, catalogue or column that is not there, with the
    nearest name, for a region that cannot be read, and for a region together with a place.
    """
    options = {name: words[name] for name in OPTIONS if words.get(name) is not None}
    collection = find_collection(session, options["collection"])
    table = find_table(session, collection, catalog)
    columns = columns_of_table(session, collection, table)
    criteria = {name: value for name, value in words.items() if name not in (*OPTIONS, "verbose")}
    criteria |= dict(options.get("filters", {}))
    limit = words.get("limit", DEFAULT_LIMIT)
    limit = None if limit is None else whole_number("limit", limit)
    question = TapQuestion(
        collection,
        Select(
            table,
            _columns(options.get("select_cols"), columns),
            tuple(_condition(name, value, columns) for name, value in criteria.items()),
            _order(options.get("sort_by"), options.get("sort_desc"), columns),
            limit,
            int(options.get("offset") or 0),
        ),
        position_columns(columns.values()),
        limit,
        truth_value("count_only", options.get("count_only", False)),
    )
    return _placed(session, question, place, options.get("region"))


def _placed(session: Session, question: TapQuestion, place: Criteria, region: Any) -> TapQuestion:
    """The question around the places of a call, or within its region."""
    if region is not None and place.has_place:
        raise InvalidQueryError("Give a region, or coordinates or an object name, not both.")
    if not place.has_place and region is None:
        return question
    if question.position is None:
        raise InvalidQueryError(
            f"{question.select.table} of {question.collection} has no columns of a position, and "
            "cannot be searched by place. supports_spatial_queries tells which can."
        )
    if region is not None:
        return replace(question, select=question._around(find_region(region)))
    targets = find_targets(session, place)
    return replace(question, cones=targets.cones, places=targets.places)


def _find(name: str, columns: Mapping[str, Field]) -> Field | None:
    return columns.get(name) or next(
        (field for field in columns.values() if field.name.lower() == name.lower()), None
    )


def _columns(given: Any, columns: Mapping[str, Field]) -> tuple[str, ...]:
    """The columns to ask for; none for all of them, unknown ones are warned of and left out."""
    given = plain_argument(given)
    if given is None or (isinstance(given, str) and given.strip().lower() in ("all", "*")):
        return ()
    listed = given.split(",") if isinstance(given, str) else as_list(given)
    found = {name.strip(): _find(name.strip(), columns) for name in map(str, listed)}
    for name in (name for name, field in found.items() if field is None):
        warn(f"Column '{name}' not found.{did_you_mean(name, columns)}", InputWarning)
    known = tuple(dict.fromkeys(field.name for field in found.values() if field))
    if not known:
        raise InvalidQueryError(f"select_cols={given!r} names no column of the catalogue.")
    return known


def _condition(name: str, value: Any, columns: Mapping[str, Field]) -> str:
    field = _find(name, columns)
    if field is None:
        raise InvalidQueryError(no_such_filter(name, [*columns, *OPTIONS]))
    is_number = field.type == "float"
    return condition_text(
        condition_of(name, value, field.name, is_number=is_number, unit=field.unit)
    )


def _order(given: Any, down: Any, columns: Mapping[str, Field]) -> tuple[tuple[str, bool], ...]:
    names = [] if given is None else [str(name).strip() for name in as_list(plain_argument(given))]
    found = {name: _find(name, columns) for name in names}
    for name in (name for name, field in found.items() if field is None):
        raise InvalidQueryError(
            f"There is no column {name!r} to sort by.{did_you_mean(name, columns)}"
        )
    ways = [truth_value("sort_desc", way) for way in as_list(down)] if down is not None else [False]
    ways = ways * len(names) if len(ways) == 1 else ways
    if len(ways) != len(names):
        raise InvalidQueryError(f"sort_desc has {len(ways)} entries for {len(names)} sort keys.")
    return tuple((found[name].name, way) for name, way in zip(names, ways, strict=True))  # type: ignore[union-attr]


def _circle(cone: Cone) -> Circle:
    return Circle(cone.place.ra_deg, cone.place.dec_deg, cone.radius_deg)


def _count(session: Session, collection: str, select: Select) -> int:
    return int(run_query(session, collection, select.counting)[0][0])


def _all_rows(session: Session, question: TapQuestion, select: Select) -> Table:
    """The rows up to the limit; without one, page after page in a settled order."""
    from astropy.table import vstack

    if question.limit is not None and question.limit <= MOST_ROWS:
        return run_query(session, question.collection, select.adql, question.limit)
    wanted = _count(session, question.collection, select) - select.offset
    wanted = wanted if question.limit is None else min(wanted, question.limit)
    if not select.order and wanted > MOST_ROWS:
        columns = select.columns or tuple(
            columns_of_table(session, question.collection, select.table)
        )
        select = replace(select, order=tuple((name, False) for name in columns[:3]))
    pages = [
        replace(select, limit=min(MOST_ROWS, wanted - start), offset=select.offset + start)
        for start in range(0, max(wanted, 1), MOST_ROWS)
    ]
    ask = partial(run_query, session, question.collection)
    parts = at_once(lambda page: ask(page.adql), pages, int(session.setting("connections")))
    return vstack(parts, metadata_conflicts="silent") if len(parts) > 1 else parts[0]


def _around_places(session: Session, question: TapQuestion) -> Table:
    """The rows around each place, with the place; uploaded together where the service joins."""
    from astropy.table import MaskedColumn, vstack

    connections = int(session.setting("connections"))
    if takes_uploads(session, question.collection):
        batches = in_batches(question.cones, TARGETS_AT_ONCE)
        parts = at_once(partial(_joined, session, question), batches, connections)
    else:
        ask = partial(_all_rows, session, question)
        parts = at_once(ask, question.selects(), connections)
        for cone, part in zip(question.cones, parts, strict=True):
            part[TARGET_INDEX] = np.full(len(part), cone.place.index)
    table = vstack(parts, metadata_conflicts="silent")
    given = {cone.place.index: cone.place.given for cone in question.cones}
    table = table[np.argsort(table[TARGET_INDEX], kind="stable")][: question.limit]
    index = np.asarray(table[TARGET_INDEX], np.int64)
    table.remove_column(TARGET_INDEX)
    for name, values in ((TARGET_INDEX, index), (TARGET_GIVEN, [given[k] for k in index.tolist()])):
        data = np.array(values, dtype=None if len(index) else str if name == TARGET_GIVEN else int)
        table[name] = MaskedColumn(data, description=TARGET_COLUMNS[name])
    return table


def _joined(session: Session, question: TapQuestion, cones: Sequence[Cone]) -> Table:
    """The rows around some places, which travel with the query as a table of their own."""
    from astropy.table import Table

    assert question.position is not None
    ra, dec = (f"t.{quoted(name)}" for name in question.position)
    columns = ", ".join(f"t.{quoted(name)}" for name in question.select.columns) or "t.*"
    top = "" if question.limit is None else f"TOP {question.limit} "
    where = " AND ".join(question.select.where)
    adql = (
        f"SELECT {top}{columns}, u.target_index FROM TAP_UPLOAD.{UPLOAD} AS u "
        f"JOIN {table_name(question.select.table)} AS t "
        f"ON 1 = CONTAINS(POINT('ICRS', {ra}, {dec}), "
        "CIRCLE('ICRS', u.target_ra, u.target_dec, u.target_radius))"
        + (f" WHERE {where}" if where else "")
    )
    given = [(c.place.index, c.place.ra_deg, c.place.dec_deg, c.radius_deg) for c in cones]
    names = (TARGET_INDEX, "target_ra", "target_dec", "target_radius")
    uploads = {UPLOAD: encode_upload(Table(rows=given, names=names))}
    return run_query(session, question.collection, adql, question.limit or MOST_ROWS, uploads)


def _told(question: TapQuestion, table: Table) -> Table:
    """The table with what it is about, and a warning where it is empty or may lack rows."""
    from topmast.tables.table import MastTable

    overflow = table.meta.get("overflow", False)
    table = MastTable(table, copy=False)
    table.meta.clear()
    table.meta |= {"collection": question.collection, "catalog": question.select.table}
    if not len(table):
        warn(NO_RESULTS, NoResultsWarning)
    elif overflow or (question.limit is not None and len(table) >= question.limit):
        warn(f"{TOO_MANY} limit=None gives all.", MaxResultsWarning)
    return table
