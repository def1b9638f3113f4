"""Names of columns and tables as ADQL writes them: in quotes where they are no plain words."""

from __future__ import annotations

import re

REGULAR = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED = {
    "all", "and", "any", "area", "as", "asc", "at", "avg", "between", "both", "box", "by", "case",
    "cast", "circle", "column", "contains", "coord1", "coord2", "count", "cross", "date", "day",
    "desc", "distance", "distinct", "else", "end", "except", "exists", "false", "floor", "for",
    "from", "full", "group", "having", "hour", "in", "inner", "intersect", "intersects", "is",
    "join", "left", "like", "log", "max", "min", "minute", "mod", "month", "natural", "not", "null",
    "offset", "on", "or", "order", "outer", "pi", "point", "polygon", "position", "power", "rand",
    "region", "right", "round", "second", "section", "select", "set", "sign", "size", "some", "sum",
    "table", "then", "time", "timestamp", "to", "top", "true", "truncate", "union", "unique",
    "user", "using", "value", "values", "view", "when", "where", "with", "year", "zone",
}  # fmt: skip
"""Words of ADQL; a column that is called like one is written in quotes."""


def quoted(name: str) -> str:
    """A column's name, in quotes where it is no regular identifier."""
    if REGULAR.fullmatch(name) and name.lower() not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def table_name(name: str) -> str:
    """A table's name, each part in quotes where that is needed."""
    return ".".join(map(quoted, name.split(".")))
