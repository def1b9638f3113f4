"""A query in ADQL as SQL for DuckDB, with the tables that it reads and where on the sky."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from topmast.archive.tap.conditions import all_of, exact, is_star, join_tests, tests_of
from topmast.archive.tap.functions import in_unit, plain_function
from topmast.archive.tap.geometry import (
    CLOSE,
    GEOMETRY,
    WITHIN,
    as_cone,
    as_test,
    geometry,
    shape_of,
)
from topmast.archive.tap.geometry import constant as constant_of
from topmast.archive.tap.grammar import parse_adql
from topmast.archive.tap.schema import TapTable
from topmast.errors import InvalidQueryError, did_you_mean
from topmast.sky import Footprint, Polygon, bounding_cap
from topmast.wire.adql_names import REGULAR
from topmast.wire.vosi import TapColumn

Cone = tuple[float, float, float]
"""Right ascension, declination and radius in degrees."""
BY_POSITION, BY_REGION = "position", "region"
REGION = "s_region"
COMPARISONS = (exp.LT, exp.LTE, exp.GT, exp.GTE)
OPERATIONS = (exp.Union, exp.Except, exp.Intersect)


@dataclass(frozen=True, slots=True)
class Cells:
    """A hidden column of cells, by which a table is joined with another on the sky.

    `around` are the cells of a position and around it, a row for each; else its own cell alone.
    `radius` is how near the tables are joined, or the column of `partner` that says it.
    """

    name: str
    ra: str
    dec: str
    around: bool
    radius: float | str
    radius_of: str
    partner: str
    partner_place: tuple[str, str]


@dataclass(slots=True)
class Source:
    """One table as one part of a query reads it.

    `cones` are places that hold all rows that can matter: by their positions, or by the footprints
    that the cones touch; None where the query does not say. `columns` are those that are read.
    """

    name: str
    table: TapTable
    columns: tuple[TapColumn, ...] = ()
    cones: Mapping[str, Sequence[Cone]] = field(default_factory=dict)
    cells: list[Cells] = field(default_factory=list)

    @property
    def is_upload(self) -> bool:
        """Whether the table came with the query."""
        return self.table.source.startswith("upload ")


@dataclass(frozen=True, slots=True)
class Translated:
    """A query for DuckDB: its SQL, the tables it reads, and what is known of its columns."""

    sql: str
    sources: tuple[Source, ...]
    given: tuple[TapColumn | None, ...] | None
    """The column that each column of the answer is; None where a star stands for them."""

    def described(self, number: int, name: str) -> TapColumn | None:
        """What is known of a column of the answer."""
        if self.given is not None and number < len(self.given):
            return self.given[number]
        found = (source.table.column(name) for source in self.sources)
        return next((column for column in found if column), None)


def translate(adql: str, tables: Mapping[str, TapTable]) -> Translated:
    """The query in SQL; `tables` are those that it may read, by names in small letters.

    Raises InvalidQueryError for what is no ADQL, and for tables and functions that are not there.
    """
    tree = parse_adql(adql)
    work = _Work(tree, tables)
    try:
        return work.translated()
    except RecursionError as problem:
        raise InvalidQueryError("The query has too many brackets in one another.") from problem


class _Work:
    """One query on its way."""

    def __init__(self, tree: exp.Expression, tables: Mapping[str, TapTable]) -> None:
        self._tree = tree
        self._tables = tables
        self._sources: list[Source] = []
        self._parts: dict[int, dict[str, Source]] = {}
        """For each SELECT its own tables by the names that they have there."""

    def translated(self) -> Translated:
        self._resolve_tables()
        given = tuple(self._given_columns()) if not self._has_star(self._first_select()) else None
        self._note_columns()
        self._name_columns()
        for node in reversed(list(self._tree.walk())):
            self._replace(node)
        for select in list(self._tree.find_all(exp.Select)):
            self._note_cones(select)
            self._join_by_cells(select)
            self._hide_cells(select)
        sql = self._tree.sql(
            dialect="duckdb", identify=True, comments=False, normalize_functions=False
        )
        return Translated(sql, tuple(self._sources), given)

    # ------------------------------------------------------------------ tables

    def _resolve_tables(self) -> None:
        temporary = {_name_of(cte.args["alias"].this) for cte in self._tree.find_all(exp.CTE)}
        for name in temporary:
            if not REGULAR.fullmatch(name):
                raise InvalidQueryError(f"WITH gives plain names to tables, not {name[:60]!r}.")
        for node in list(self._tree.find_all(exp.Table)):
            if node.args.get("db") or _name_of(node.this) not in temporary:
                self._resolve(node)
        for column in self._tree.find_all(exp.Column):
            column.set("db", None)

    def _resolve(self, node: exp.Table) -> None:
        table = self._find(node.db, node.name)
        source = Source(f"source_{len(self._sources) + 1}", table)
        alias = node.args.get("alias")
        if alias is None or alias.this is None:
            alias = exp.TableAlias(this=exp.to_identifier(node.name))
        if alias.args.get("columns"):
            raise InvalidQueryError(f"{node.name}: only WITH gives new names to columns.")
        node.set("this", exp.to_identifier(source.name))
        node.set("db", None)
        node.set("alias", alias)
        self._sources.append(source)
        select = node.find_ancestor(exp.Select)
        self._parts.setdefault(id(select), {})[alias.name.lower()] = source

    def _find(self, schema: str, name: str) -> TapTable:
        if schema:
            found = self._tables.get(f"{schema}.{name}".lower())
        else:
            ends = [t for full, t in self._tables.items() if full.endswith(f".{name.lower()}")]
            found = ends[0] if len(ends) == 1 else None
        if found is None:
            full = f"{schema}.{name}" if schema else name
            known = [table.name for table in self._tables.values()]
            raise InvalidQueryError(
                f"There is no table {full[:100]}.{did_you_mean(full.lower(), known)} "
                "tap_schema.tables lists those that there are."
            )
        return found

    # ------------------------------------------------------------------ columns

    def _source_of(self, column: exp.Expression) -> Source | None:
        """The table that a column belongs to, if it is one of those in its own SELECT."""
        if not isinstance(column, exp.Column):
            return None
        parts = self._parts.get(id(column.find_ancestor(exp.Select)), {})
        if column.table:
            return parts.get(column.table.lower())
        found = [each for each in parts.values() if each.table.column(column.name)]
        return found[0] if len(found) == 1 else None

    def _column_of(self, node: exp.Expression) -> TapColumn | None:
        source = self._source_of(node)
        return None if source is None else source.table.column(node.name)

    def _first_select(self) -> exp.Select:
        found = self._tree
        while not isinstance(found, exp.Select):
            found = found.this
        return found

    def _given_columns(self) -> Iterator[TapColumn | None]:
        for each in self._first_select().expressions:
            yield self._column_of(each.this if isinstance(each, exp.Alias) else each)

    def _has_star(self, select: exp.Select) -> bool:
        return any(each.find(exp.Star) and is_star(each) for each in select.expressions)

    def _name_columns(self) -> None:
        """Give each column of the answer a name: a function's own, where it has no other."""
        select = self._first_select()
        for number, each in enumerate(list(select.expressions), 1):
            if not isinstance(each, (exp.Alias, exp.Column, exp.Star)):
                name = str(each.this).lower() if isinstance(each, exp.Anonymous) else ""
                name = name if REGULAR.fullmatch(name) else f"column_{number}"
                each.replace(exp.Alias(this=each.copy(), alias=exp.to_identifier(name)))

    def _note_columns(self) -> None:
        """Note which columns are read; all where a star or a natural join may mean any."""
        every = any(map(self._has_star, self._tree.find_all(exp.Select))) or any(
            join.args.get("method") for join in self._tree.find_all(exp.Join)
        )
        names = {each.name.lower() for each in self._tree.find_all(exp.Identifier)}
        for source in self._sources:
            columns = source.table.columns
            source.columns = tuple(c for c in columns if every or c.name.lower() in names)

    # ------------------------------------------------------------------ functions

    def _replace(self, node: exp.Expression) -> None:
        new = self._replaced(node)
        if new is not None:
            node.replace(new)

    def _replaced(self, node: exp.Expression) -> exp.Expression | None:
        if isinstance(node, exp.Anonymous):
            return self._function(str(node.this).upper(), node.expressions)
        if isinstance(node, (exp.EQ, exp.NEQ)):
            return as_test(node)
        if isinstance(node, COMPARISONS):
            return as_cone(node)
        if isinstance(node, exp.Literal) and not node.is_string:
            return exact(node)
        if isinstance(node, exp.Select) and isinstance(node.parent, OPERATIONS):
            return exp.Subquery(this=node.copy()) if node.args.get("limit") else None
        return None

    def _function(self, name: str, given: Sequence[exp.Expression]) -> exp.Expression:
        if name in GEOMETRY:
            return geometry(name, given)
        if name == "IN_UNIT":
            return in_unit(given, self._unit_of)
        return plain_function(name, given)

    def _unit_of(self, node: exp.Expression) -> str:
        column = self._column_of(node)
        return "" if column is None else column.unit

    # ------------------------------------------------------------------ places

    def _note_cones(self, select: exp.Select) -> None:
        for test in tests_of(select):
            for (name, kind), cones in self._bounds(test).items():
                source = next(each for each in self._sources if each.name == name)
                known = source.cones.get(kind)
                if known is None or _size(cones) < _size(known):
                    source.cones = {**source.cones, kind: cones}

    def _bounds(self, test: exp.Expression) -> dict[tuple[str, str], list[Cone]]:
        """For each source the cones outside of which none of its rows pass the test."""
        if isinstance(test, exp.Paren):
            return self._bounds(test.this)
        if isinstance(test, exp.And):
            left, right = self._bounds(test.this), self._bounds(test.expression)
            return {
                key: min((each[key] for each in (left, right) if key in each), key=_size)
                for key in left.keys() | right.keys()
            }
        if isinstance(test, exp.Or):
            left, right = self._bounds(test.this), self._bounds(test.expression)
            return {key: left[key] + right[key] for key in left.keys() & right.keys()}
        return dict(self._bound_of_call(test)) if isinstance(test, exp.Anonymous) else {}

    def _bound_of_call(self, test: exp.Anonymous) -> Iterator[tuple[tuple[str, str], list[Cone]]]:
        given = test.expressions
        if test.this in (WITHIN, CLOSE):
            for place, rest in ((given[:2], given[2:]), (given[2:4], [*given[:2], given[4]])):
                yield from self._at_position(place, _cone_of(rest))
        if test.this == "sky_touches":
            shape = shape_of(given[3])
            values = None if shape is None else shape.constants
            if shape is not None and shape.kind == "POLYGON" and constant_of(given[2]) == 0:
                yield from self._at_position(given[:2], None if values is None else _cap(values))
            yield from self._at_region(given[3], _cone_of(given[:3]))
        if test.this in ("sky_intersects", "sky_contains"):
            for region, other in (given, given[::-1]):
                yield from self._at_region(region, _cap_of(other))

    def _at_position(
        self, place: Sequence[exp.Expression], cone: Cone | None
    ) -> Iterator[tuple[tuple[str, str], list[Cone]]]:
        source = self._source_of(place[0])
        if cone is None or source is None or source.table.position is None:
            return
        names = tuple(each.name.lower() for each in place)
        ours = tuple(name.lower() for name in source.table.position)
        if names == ours and self._source_of(place[1]) is source:
            yield (source.name, BY_POSITION), [cone]

    def _at_region(
        self, region: exp.Expression, cone: Cone | None
    ) -> Iterator[tuple[tuple[str, str], list[Cone]]]:
        source = self._source_of(region)
        if cone is not None and source is not None and region.name.lower() == REGION:
            yield (source.name, BY_REGION), [cone]

    # ------------------------------------------------------------------ joins on the sky

    def _join_by_cells(self, select: exp.Select) -> None:
        for test, joined in join_tests(select):
            for part in all_of(test):
                if isinstance(part, exp.Anonymous) and part.this == CLOSE:
                    self._join_pair(part, joined)

    def _join_pair(self, test: exp.Anonymous, joined: str) -> None:
        """Join the two tables of a test by their cells as well, as no index else could help."""
        given = test.expressions
        first, second = self._source_of(given[0]), self._source_of(given[2])
        radius = self._radius_of(given[4])
        if first is None or second is None or first is second or radius is None:
            return
        if self._source_of(given[1]) is not first or self._source_of(given[3]) is not second:
            return
        around = self._around(first, second, joined)
        number = 1 + sum(len(source.cells) for source in self._sources)
        equal = []
        for source, other, place, there in (
            (first, second, given[:2], given[2:4]),
            (second, first, given[2:4], given[:2]),
        ):
            name = f"_cell_{number}_{source.name}_"
            names = (place[0].name, place[1].name, source is around, *radius)
            source.cells.append(Cells(name, *names, other.name, (there[0].name, there[1].name)))
            equal.append(exp.column(name, place[0].table or None))
        both = exp.And(this=exp.EQ(this=equal[0], expression=equal[1]), expression=test.copy())
        test.replace(exp.Paren(this=both))

    def _around(self, first: Source, second: Source, joined: str) -> Source:
        """The table of two whose rows are looked for in all cells around them."""
        by_choice = [each for each in (first, second) if each.name == joined]
        likely = [each for each in (first, second) if each.is_upload or each.cones]
        return [*by_choice, *likely, second][0]

    def _radius_of(self, node: exp.Expression) -> tuple[float | str, str] | None:
        value = constant_of(node)
        if value is not None:
            return value, ""
        source = self._source_of(node)
        return (node.name, source.name) if source is not None and source.is_upload else None

    def _hide_cells(self, select: exp.Select) -> None:
        """Leave the hidden columns out of what a star stands for."""
        parts = self._parts.get(id(select), {})
        for each in select.expressions:
            column = each if isinstance(each, exp.Column) else None
            star = column.this if column is not None else each
            if isinstance(star, exp.Star):
                owners = [parts.get(column.table.lower())] if column is not None else parts.values()
                names = [cells.name for owner in owners if owner for cells in owner.cells]
                if names:
                    star.set(EXCEPT, [exp.to_identifier(name) for name in names])


EXCEPT = next(name for name in exp.Star.arg_types if name.startswith("except"))
"""What sqlglot calls the columns that a star leaves out."""


def _name_of(node: exp.Expression) -> str:
    return node.name.lower()


def _cone_of(numbers: Sequence[exp.Expression]) -> Cone | None:
    values = [constant_of(number) for number in numbers]
    if len(values) != 3 or None in values:
        return None
    ra, dec, radius = (value for value in values if value is not None)
    good = abs(dec) <= 90 and 0 <= radius <= 180
    return (ra, dec, radius) if good else None


def _cap_of(node: exp.Expression) -> Cone | None:
    """A cone that holds a shape of plain numbers."""
    shape = shape_of(node)
    if shape is None or shape.constants is None:
        return None
    return _cone_of(shape.numbers) if shape.kind == "CIRCLE" else _cap(shape.constants)


def _cap(values: Sequence[float]) -> Cone:
    """A cone that holds a polygon."""
    corners = Footprint((Polygon(tuple(values[0::2]), tuple(values[1::2])),))
    return bounding_cap(corners)


def _size(cones: Sequence[Cone]) -> float:
    return sum(radius**2 for _, _, radius in cones)
