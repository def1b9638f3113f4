"""ADQL read into a tree by sqlglot, and refused where it is anything but a query.

What is not listed here does not pass: each kind of node with the parts that it may have. All
functions are kept by their names, which functions.py knows or refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp, tokens
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.parser import Parser as AnyParser
from sqlglot.tokens import TokenType

from topmast.errors import InvalidQueryError

LONGEST_QUERY = 1 << 18
"""Letters."""
MOST_NODES = 40_000


class _Adql(Dialect):
    """How ADQL differs from other SQL, for sqlglot."""

    NULL_ORDERING = "nulls_are_last"

    class Tokenizer(tokens.Tokenizer):
        KEYWORDS = {**tokens.Tokenizer.KEYWORDS, "TOP": TokenType.TOP}

    class Parser(AnyParser):
        FUNCTIONS: dict[str, Any] = {}
        NO_PAREN_FUNCTIONS: dict[Any, Any] = {}
        FUNCTION_PARSERS = {"CAST": AnyParser.FUNCTION_PARSERS["CAST"]}
        NO_PAREN_FUNCTION_PARSERS = {"CASE": AnyParser.NO_PAREN_FUNCTION_PARSERS["CASE"]}


BINARY = "this expression"
ALLOWED: dict[type[exp.Expression], str] = {
    exp.Select: "expressions from where group having order limit offset distinct with joins",
    exp.Union: "this expression distinct order limit offset with",
    exp.Except: "this expression distinct order limit offset with",
    exp.Intersect: "this expression distinct order limit offset with",
    exp.Subquery: "this alias joins order limit offset with",
    exp.With: "expressions",
    exp.CTE: "this alias",
    exp.From: "this",
    exp.Join: "this side kind on using method",
    exp.Table: "this db alias joins",
    exp.TableAlias: "this columns",
    exp.Where: "this",
    exp.Group: "expressions",
    exp.Having: "this",
    exp.Order: "expressions",
    exp.Ordered: "this desc nulls_first",
    exp.Limit: "expression",
    exp.Offset: "expression",
    exp.Distinct: "expressions",
    exp.Alias: "this alias",
    exp.Column: "this table db",
    exp.Identifier: "this quoted",
    exp.Star: "",
    exp.Literal: "this is_string",
    exp.Null: "",
    exp.Boolean: "this",
    exp.Paren: "this",
    exp.Tuple: "expressions",
    exp.Neg: "this",
    exp.Not: "this",
    exp.Exists: "this",
    exp.Between: "this low high",
    exp.In: "this expressions query",
    exp.Is: BINARY,
    exp.Escape: BINARY,
    exp.Case: "this ifs default",
    exp.If: "this true false",
    exp.Cast: "this to",
    exp.DataType: "this expressions nested",
    exp.DataTypeParam: "this",
    exp.Anonymous: "this expressions",
    **dict.fromkeys((exp.And, exp.Or, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), BINARY),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.DPipe), f"{BINARY} typed safe"),
    **dict.fromkeys((exp.Like, exp.ILike), f"{BINARY} negate"),
}
"""The kinds of nodes that a query may have, each with its parts."""
WORDS = {
    "side": {"LEFT", "RIGHT", "FULL"},
    "kind": {"INNER", "OUTER", "CROSS"},
    "method": {"NATURAL"},
}
TYPES = {
    "CHAR", "VARCHAR", "NCHAR", "NVARCHAR", "TEXT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE",
    "DECIMAL", "TIMESTAMP", "DATE",
}  # fmt: skip
"""What CAST may turn a value into."""
NOT_ADQL = {
    TokenType.LIMIT: "ADQL has no LIMIT: write SELECT TOP n.",
    TokenType.FETCH: "ADQL has no FETCH: write SELECT TOP n.",
    TokenType.SEMICOLON: "A query is a single statement, without a semicolon.",
    TokenType.PARAMETER: "ADQL has no parameters.",
    TokenType.PLACEHOLDER: "ADQL has no parameters.",
}
FIRST = (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN)


def parse_adql(text: str) -> exp.Expression:
    """The tree of a query.

    Raises InvalidQueryError for what is no query in ADQL, with the place where it goes wrong.
    """
    if len(text) > LONGEST_QUERY:
        raise InvalidQueryError(
            f"The query has {len(text)} letters; {LONGEST_QUERY} are the most. Upload long lists "
            "as a table and join it."
        )
    try:
        tree = _parsed(text)
        for count, node in enumerate(tree.walk()):
            if count > MOST_NODES:
                raise InvalidQueryError("The query is too long. Upload long lists as a table.")
            _check(node)
        return tree
    except RecursionError as problem:
        raise InvalidQueryError("The query has too many brackets in one another.") from problem


def _parsed(text: str) -> exp.Expression:
    dialect = _Adql()
    try:
        found = dialect.tokenize(text)
        _check_tokens(found)
        trees = dialect.parser().parse(found, text)
    except SqlglotError as problem:
        raise InvalidQueryError(f"The query cannot be read: {_place_of(problem)}") from problem
    if len(trees) != 1 or trees[0] is None:
        raise InvalidQueryError("There is no query. A query begins with SELECT.")
    return trees[0]


def _check_tokens(found: list[Any]) -> None:
    if not found:
        raise InvalidQueryError("There is no query. A query begins with SELECT.")
    if found[0].token_type not in FIRST:
        raise InvalidQueryError(
            f"Only queries are answered, which begin with SELECT; not {found[0].text[:40]!r}."
        )
    last = len(found) - 1
    for number, token in enumerate(found):
        said = NOT_ADQL.get(token.token_type)
        if said and not (token.token_type is TokenType.SEMICOLON and number == last):
            raise InvalidQueryError(said)


def _place_of(problem: Any) -> str:
    """What sqlglot says of the first error, without its colours."""
    first = (getattr(problem, "errors", None) or [{}])[0]
    if not first:
        return str(problem).partition("\n")[0][:200]
    near = str(first.get("highlight") or "")[:60]
    said = str(first.get("description", "")).partition(" but got <")[0].rstrip(".")
    return f"{said} (line {first.get('line')}, column {first.get('col')}, near {near!r})."


def _check(node: exp.Expression) -> None:
    parts = ALLOWED.get(type(node))
    if parts is None:
        raise InvalidQueryError(f"ADQL has no {_called(node)}: {shown(node)}")
    for name in given_parts(node):
        if name not in parts.split():
            raise InvalidQueryError(f"ADQL has no {name.upper()} here: {shown(node)}")
    for name, words in WORDS.items():
        word = node.args.get(name)
        if isinstance(node, exp.Join) and word and str(word).upper() not in words:
            raise InvalidQueryError(f"ADQL has no {str(word).upper()} JOIN: {shown(node)}")
    for check in CHECKS.get(type(node), ()):
        check(node)


def given_parts(node: exp.Expression) -> Iterator[str]:
    """The parts that a node has, by names that are the same in all versions of sqlglot."""
    for name, value in node.args.items():
        if value not in (None, False, []) and (value is not True or name != "big_int"):
            yield name.rstrip("_")


def _check_table(node: exp.Expression) -> None:
    if not isinstance(node.this, exp.Identifier):
        raise InvalidQueryError(f"FROM takes the names of tables, not {shown(node)}.")


def _check_count(node: exp.Expression) -> None:
    number = node.expression
    if not (isinstance(number, exp.Literal) and number.this.isdigit() and not number.is_string):
        raise InvalidQueryError(f"TOP and OFFSET take a whole number, not {shown(number)}.")


def _check_type(node: exp.Expression) -> None:
    name = getattr(node.this, "value", str(node.this))
    if node.args.get("nested") or name not in TYPES:
        raise InvalidQueryError(f"CAST gives {', '.join(sorted(TYPES))}, not {shown(node)}.")


def _check_star(node: exp.Expression) -> None:
    if not isinstance(node.this, (exp.Identifier, exp.Star)):
        raise InvalidQueryError(f"ADQL has no column like {shown(node)}.")


CHECKS: dict[type, tuple[Callable[[Any], None], ...]] = {
    exp.Table: (_check_table,),
    exp.Limit: (_check_count,),
    exp.Offset: (_check_count,),
    exp.DataType: (_check_type,),
    exp.Column: (_check_star,),
}


def _called(node: exp.Expression) -> str:
    return type(node).__name__.upper()


def shown(node: Any) -> str:
    quiet = {"unsupported_level": ErrorLevel.IGNORE, "comments": False}
    text = node.sql(**quiet) if isinstance(node, exp.Expression) else str(node)
    return text if len(text) <= 80 else f"{text[:80]}..."
