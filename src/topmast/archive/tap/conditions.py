"""The conditions of a parsed query, and other questions about its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp


def join_tests(select: exp.Select) -> Iterator[tuple[exp.Expression, str]]:
    """Conditions by which tables are joined; for a left join with the table that may lack rows."""
    where = select.args.get("where")
    if where is not None:
        yield where.this, ""
    for join in select.args.get("joins") or ():
        is_table = isinstance(join.this, exp.Table)
        if join.args.get("on") and (not join.side or (join.side == "LEFT" and is_table)):
            yield join.args["on"], join.this.name if join.side else ""


def all_of(test: exp.Expression) -> list[exp.Expression]:
    """The conditions that AND joins."""
    if isinstance(test, exp.Paren):
        return all_of(test.this)
    if isinstance(test, exp.And):
        return all_of(test.this) + all_of(test.expression)
    return [test]


def is_star(node: exp.Expression) -> bool:
    """Whether a selected column is ``*`` or ``table.*``, and not COUNT(*)."""
    return isinstance(node, exp.Star) or (
        isinstance(node, exp.Column) and isinstance(node.this, exp.Star)
    )


def exact(number: exp.Literal) -> exp.Expression | None:
    """A number with a point as a double, where DuckDB would take it for a decimal."""
    text = str(number.this)
    if "." not in text or "e" in text.lower():
        return None
    return exp.Literal.number(f"{text}e0")


def tests_of(select: exp.Select) -> Iterator[exp.Expression]:
    """The conditions that every row of a SELECT meets."""
    where = select.args.get("where")
    if where is not None:
        yield where.this
    joins: Iterable[exp.Join] = select.args.get("joins") or ()
    if not any(join.side for join in joins):
        yield from (join.args["on"] for join in joins if join.args.get("on"))
