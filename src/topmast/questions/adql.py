"""Criteria and regions written as ADQL: the text that a TAP service is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from topmast.errors import InvalidQueryError
from topmast.questions.arguments import is_one, shown
from topmast.questions.conditions import Condition, Test
from topmast.sky import Circle, Polygon, parse_region
from topmast.wire.adql_names import quoted, table_name


@dataclass(frozen=True, slots=True)
class Select:
    """One query of one table; empty `columns` are all, `limit` of None has no TOP."""

    table: str
    columns: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    offset: int = 0

    @property
    def adql(self) -> str:
        """The rows that the query asks for."""
        top = "" if self.limit is None else f"TOP {self.limit} "
        columns = ", ".join(map(quoted, self.columns)) or "*"
        order = ", ".join(f"{quoted(name)}{' DESC' if down else ''}" for name, down in self.order)
        return (
            f"SELECT {top}{columns} {self._rest}"
            + (f" ORDER BY {order}" if order else "")
            + (f" OFFSET {self.offset}" if self.offset else "")
        )

    @property
    def counting(self) -> str:
        """How many rows there are."""
        return f"SELECT COUNT(*) AS rows_found {self._rest}"

    @property
    def _rest(self) -> str:
        where = " AND ".join(self.where)
        return f"FROM {table_name(self.table)}" + (f" WHERE {where}" if where else "")


def literal(value: Any) -> str:
    """A number or a text as ADQL writes it."""
    return (
        repr(value)
        if isinstance(value, (int, float))
        else "'" + str(value).replace("'", "''") + "'"
    )


def condition_text(condition: Condition) -> str:
    """A condition: what is wanted joined by OR, what is left out by AND; no test, no match."""
    column = quoted(condition.column)
    wanted = [_test(column, test) for test in condition.tests if not test.negated]
    # As in the mission search, a row without a value is none of those that are left out.
    parts = [
        f"({column} IS NULL OR NOT {_test(column, test)})"
        for test in condition.tests
        if test.negated
    ]
    if wanted:
        parts.insert(0, f"({' OR '.join(wanted)})" if len(wanted) > 1 else wanted[0])
    return " AND ".join(parts) or "1 = 0"


def _test(column: str, test: Test) -> str:
    if test.operator == "between":
        low, high = map(literal, test.values)
        return f"({column} BETWEEN {low} AND {high})"
    operator = {"like": "LIKE"}.get(test.operator, test.operator)
    return f"{column} {operator} {literal(test.values[0])}"


Shape = Circle | Polygon


def region_condition(ra: str, dec: str, shapes: Iterable[Shape]) -> str:
    """That a position is in at least one of the shapes."""
    point = f"POINT('ICRS', {ra}, {dec})"
    tests = [f"1 = CONTAINS({point}, {_shape(shape)})" for shape in shapes]
    return f"({' OR '.join(tests)})" if len(tests) > 1 else tests[0]


def _shape(shape: Shape) -> str:
    if isinstance(shape, Circle):
        return f"CIRCLE('ICRS', {shape.ra_deg!r}, {shape.dec_deg!r}, {shape.radius_deg!r})"
    pairs = zip(shape.ra_deg, shape.dec_deg, strict=True)
    return f"POLYGON('ICRS', {', '.join(f'{ra!r}, {dec!r}' for ra, dec in pairs)})"


def find_region(region: Any) -> tuple[Shape, ...]:
    """The shapes that a region stands for.

    It is STC-S text such as ``"CIRCLE ICRS 10 20 0.1"``, pairs of coordinates (the corners of a
    polygon), a SkyCoord of these, or a CircleSkyRegion or PolygonSkyRegion of `regions`.

    Raises InvalidQueryError for anything else, with the value.
    """
    try:
        shapes = _shapes(region)
    except (ValueError, TypeError, AttributeError) as problem:
        raise InvalidQueryError(
            f"The region {shown(region)} cannot be read ({problem}). Give 'CIRCLE ICRS ra dec "
            "radius' or 'POLYGON ICRS ra dec ra dec ra dec' in degrees, or pairs of coordinates."
        ) from problem
    if not shapes:
        raise InvalidQueryError(f"The region {shown(region)} is empty.")
    return shapes


def _shapes(region: Any) -> tuple[Shape, ...]:
    if isinstance(region, str):
        return parse_region(region).regions
    if hasattr(region, "center") and hasattr(region, "radius"):
        center = region.center.icrs
        return (
            Circle(
                float(center.ra.deg), float(center.dec.deg), float(region.radius.to_value("deg"))
            ),
        )
    corners = getattr(region, "vertices", region)
    if hasattr(corners, "icrs"):
        pairs = list(zip(corners.icrs.ra.deg.tolist(), corners.icrs.dec.deg.tolist(), strict=True))
    else:
        if is_one(corners):
            raise TypeError("it is a single value")
        pairs = [(float(ra), float(dec)) for ra, dec in corners]
    return (_polygon(pairs),)


def _polygon(pairs: Sequence[tuple[float, float]]) -> Polygon:
    if len(pairs) < 3:
        raise ValueError(f"{len(pairs)} corners")
    if any(abs(dec) > 90 for _, dec in pairs):
        raise ValueError("a corner is off the sky")
    ra, dec = zip(*pairs, strict=True)
    return Polygon(ra, dec)
