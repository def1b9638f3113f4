"""The functions of ADQL, and what each is called in DuckDB; all others are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp

from topmast.errors import InvalidQueryError, did_you_mean


class Function(NamedTuple):
    """A function of ADQL: DuckDB's name for it, and how many arguments it takes."""

    sql: str
    least: int = 1
    most: int = 1


AGGREGATES = ("COUNT", "SUM", "AVG", "MIN", "MAX", "STDDEV", "VARIANCE", "MEDIAN")
FUNCTIONS: Mapping[str, Function] = {
    **{name: Function(name.lower()) for name in AGGREGATES},
    **{
        name: Function(name.lower())
        for name in (
            "ABS", "FLOOR", "EXP", "SQRT", "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "COT",
            "DEGREES", "RADIANS", "SIGN", "CBRT", "LOG10", "LOWER", "UPPER", "LENGTH", "TRIM",
        )
    },
    "CEILING": Function("ceil"),
    "CEIL": Function("ceil"),
    "LOG": Function("ln"),
    "LN": Function("ln"),
    "ATAN2": Function("atan2", 2, 2),
    "MOD": Function("mod", 2, 2),
    "POWER": Function("pow", 2, 2),
    "SQUARE": Function("sky_square"),
    "ROUND": Function("round", 1, 2),
    "TRUNCATE": Function("sky_truncate", 1, 2),
    "PI": Function("pi", 0, 0),
    "RAND": Function("random", 0, 1),
    "COALESCE": Function("coalesce", 1, 100),
    "NULLIF": Function("nullif", 2, 2),
    "SUBSTRING": Function("substring", 2, 3),
    "CONCAT": Function("concat", 1, 100),
}  # fmt: skip
MACROS = (
    "CREATE MACRO sky_square(x) AS x * x",
    "CREATE MACRO sky_truncate(x) AS trunc(x), "
    "(x, n) AS trunc(x * pow(10.0::DOUBLE, n)) / pow(10.0::DOUBLE, n)",
)
"""DuckDB's own functions for what it does not have."""
UNITS: Mapping[str, tuple[str, float]] = {
    "deg": ("angle", 1.0), "arcmin": ("angle", 1 / 60), "arcsec": ("angle", 1 / 3600),
    "mas": ("angle", 1 / 3.6e6), "rad": ("angle", 57.29577951308232),
    "m": ("length", 1.0), "cm": ("length", 1e-2), "mm": ("length", 1e-3), "um": ("length", 1e-6),
    "nm": ("length", 1e-9), "Angstrom": ("length", 1e-10), "km": ("length", 1e3),
    "s": ("time", 1.0), "min": ("time", 60.0), "h": ("time", 3600.0), "d": ("time", 86400.0),
    "yr": ("time", 31557600.0),
    "Jy": ("flux", 1.0), "mJy": ("flux", 1e-3), "uJy": ("flux", 1e-6),
}  # fmt: skip
"""For each unit what it measures, and how many of the first of its kind it is."""
UnitOf = Callable[[exp.Expression], str]


def plain_function(name: str, arguments: Sequence[exp.Expression]) -> exp.Expression:
    """A function that has the same meaning in DuckDB.

    Raises InvalidQueryError for an unknown name, with the nearest, and for too few or too many
    arguments.
    """
    found = FUNCTIONS.get(name)
    if found is None:
        raise InvalidQueryError(f"There is no function {name[:60]}.{did_you_mean(name, FUNCTIONS)}")
    if not found.least <= len(arguments) <= found.most:
        wanted = " or ".join(map(str, dict.fromkeys((found.least, found.most))))
        raise InvalidQueryError(f"{name} takes {wanted} arguments, not {len(arguments)}.")
    _check_star(name, arguments)
    if name == "RAND":
        arguments = ()
    return call(found.sql, *arguments)


def call(name: str, *arguments: exp.Expression) -> exp.Anonymous:
    """A call of a function by this very name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def in_unit(arguments: Sequence[exp.Expression], unit_of: UnitOf) -> exp.Expression:
    """IN_UNIT(column, 'unit'): a column's values in another unit."""
    if len(arguments) != 2 or not arguments[1].is_string:
        raise InvalidQueryError("IN_UNIT takes a column and a unit in quotes, as 'arcsec'.")
    column, wanted = arguments[0], str(arguments[1].this)
    given = unit_of(column)
    try:
        (kind, old), (other, new) = UNITS[given], UNITS[wanted]
    except KeyError as problem:
        raise InvalidQueryError(
            f"IN_UNIT cannot turn {given or 'a value without a unit'!r} into {wanted!r}. "
            f"It knows {', '.join(UNITS)}."
        ) from problem
    if kind != other:
        raise InvalidQueryError(f"A column in {given} cannot be given in {wanted!r}.")
    return exp.Paren(this=exp.Mul(this=column, expression=exp.Literal.number(repr(old / new))))


def _check_star(name: str, arguments: Sequence[exp.Expression]) -> None:
    for argument in arguments:
        if isinstance(argument, exp.Star) and name != "COUNT":
            raise InvalidQueryError(f"{name}(*) has no meaning; only COUNT takes a *.")
        if isinstance(argument, exp.Distinct) and name not in AGGREGATES:
            raise InvalidQueryError(f"DISTINCT stands in {', '.join(AGGREGATES)}, not in {name}.")
