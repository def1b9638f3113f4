"""The tables of catalogs.mast.stsci.edu, such as Pan-STARRS: requests and answers, both directions.

A question is a POST of JSON, or a GET, to ``/api/v0.1/<catalog>/<release>/<table>.json``. A
condition is ``column`` or ``column.<operator>`` with a value or a list of values, of which any
will do. ``columns`` of a single column is a text and not a list, as astroquery sends it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.tables.fields import Field
from topmast.tables.values import Values
from topmast.wire.json import excerpt, has_nuls, read_json
from topmast.wire.missions import column_of_cells, json_object, named_type

OPERATORS = ("min", "gte", "gt", "max", "lte", "lt", "like", "contains")
"""What may follow a column's name; `min` is `gte`, `max` is `lte`, both ends included."""
OTHER_KEYS = (
    "ra", "dec", "radius", "page", "pagesize", "columns", "sort_by", "format",
    "raw", "flatten_response", "include_info",
)  # fmt: skip
DATABASE_TYPES = {
    "char": "STRING", "long": "BIGINT", "int": "INTEGER", "short": "SMALLINT",
    "unsignedByte": "TINYINT", "double": "DOUBLE", "float": "REAL", "boolean": "BOOLEAN",
}  # fmt: skip
"""For each datatype what the service calls it in ``db_type``."""


@dataclass(frozen=True, slots=True)
class TableRequest:
    """One question to one table.

    `cone` is right ascension, declination and radius in degrees. `conditions` are (column,
    operator, values), with "" for equality; `sort_by` pairs a column with whether it descends.
    """

    cone: tuple[float, float, float] | None = None
    conditions: tuple[tuple[str, str, tuple[Any, ...]], ...] = ()
    columns: tuple[str, ...] = ()
    sort_by: tuple[tuple[str, bool], ...] = ()
    page: int | None = None
    pagesize: int | None = None


def encode_table_request(request: TableRequest) -> bytes:
    """The body of the POST."""
    body: dict[str, Any] = {"page": request.page, "pagesize": request.pagesize}
    body |= dict(zip(("ra", "dec", "radius"), request.cone or (), strict=False))
    for column, operator, values in request.conditions:
        name = f"{column}.{operator}" if operator else column
        body[name] = values[0] if len(values) == 1 else list(values)
    columns = request.columns
    body["columns"] = (columns[0] if len(columns) == 1 else list(columns)) or None
    order = [f"{name}.desc" if down else name for name, down in request.sort_by]
    body["sort_by"] = order or None
    try:
        return msgspec.json.encode({key: value for key, value in body.items() if value is not None})
    except UnicodeEncodeError as problem:
        raise InvalidQueryError(f"{problem.object!r} is no text in UTF-8.") from problem


def decode_table_request(text: bytes) -> TableRequest:
    """The question in a body of JSON or in a query string.

    Raises InvalidQueryError for a value of the wrong kind, with its name.
    """
    given = json_object(text) if text.lstrip().startswith(b"{") else _of_query(text)
    place = [given.get(name) for name in ("ra", "dec", "radius")]
    if None in place and place != [None] * 3:
        raise InvalidQueryError("A place is given by all of ra, dec and radius, in degrees.")
    cone = None if None in place else _checked_cone(*map(_number, ("ra", "dec", "radius"), place))
    return TableRequest(
        cone=cone,
        conditions=tuple(
            _condition(key, value) for key, value in given.items() if key not in OTHER_KEYS
        ),
        columns=tuple(_texts("columns", given.get("columns"))),
        sort_by=tuple(map(_order, _texts("sort_by", given.get("sort_by")))),
        page=_whole("page", given.get("page")),
        pagesize=_whole("pagesize", given.get("pagesize")),
    )


def _of_query(text: bytes) -> dict[str, Any]:
    given: dict[str, Any] = {}
    try:
        pairs = parse_qsl(text.decode(), max_num_fields=2000)
    except (ValueError, UnicodeDecodeError) as problem:
        raise InvalidQueryError(f"The query cannot be read: {problem}.") from problem
    for key, value in pairs:
        key = key.removesuffix("[]")  # columns=[a,b] and columns[]=a are both in use
        parts = value[1:-1].split(",") if value[:1] == "[" and value[-1:] == "]" else [value]
        given.setdefault(key, []).extend(parts)
    return {key: values[0] if len(values) == 1 else values for key, values in given.items()}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(name: str, value: Any) -> list[str]:
    texts = _listed(value)
    if not all(isinstance(text, str) for text in texts):
        raise InvalidQueryError(f"{name} is a list of texts, not {value!r:.100}.")
    return texts


def _order(text: str) -> tuple[str, bool]:
    column, _, direction = text.partition(".")
    if direction.lower() not in ("", "asc", "desc"):
        raise InvalidQueryError(f"sort_by is a column, with .asc or .desc, not {text[:100]!r}.")
    return column, direction.lower() == "desc"


def _condition(key: str, value: Any) -> tuple[str, str, tuple[Any, ...]]:
    column, _, operator = key.partition(".")
    if operator not in ("", *OPERATORS):
        raise InvalidQueryError(
            f"{key[:100]!r}: after a column come {', '.join(OPERATORS)}, not {operator[:50]!r}."
        )
    values = tuple(_listed(value))
    if any(isinstance(one, (list, dict)) for one in values):
        raise InvalidQueryError(f"{key[:100]} takes a value or a list, not {value!r:.100}.")
    return column, operator, values


def _checked_cone(ra: float, dec: float, radius: float) -> tuple[float, float, float]:
    if abs(dec) > 90 or not 0 <= radius <= 180:
        raise InvalidQueryError(f"ra={ra}, dec={dec}, radius={radius} is no place on the sky.")
    return ra, dec, radius


def _number(name: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidQueryError(f"{name} is a number, not {value!r:.100}.")
    return number


def _whole(name: str, value: Any) -> int | None:
    if value is None:
        return None
    number = _number(name, value)
    if number != int(number) or number < 1:
        raise InvalidQueryError(f"{name} is a whole number from 1 on, not {value!r:.100}.")
    return int(number)


def encode_rows(fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as the service sends them."""
    data = list(rows)
    info = [_column(number, field, data) for number, field in enumerate(fields)]
    return msgspec.json.encode({"info": info, "data": data})


def _column(number: int, field: Field, rows: Sequence[Sequence[Any]]) -> dict[str, str]:
    """What ``info`` says of a column; one of bytes that lacks values is one of short numbers.

    astroquery has no number for "nothing" in a byte, and cannot read the table.
    """
    datatype = field.datatype
    if datatype == "unsignedByte" and any(row[number] is None for row in rows):
        datatype = "short"
    return {
        "name": field.name,
        "type": datatype,
        "db_type": DATABASE_TYPES.get(datatype, "STRING"),
        "description": field.description,
    }


def decode_rows(content: bytes) -> dict[str, Values]:
    """The columns of an answer, in the order of its ``info``; a name that comes twice once.

    Raises BadAnswerError if the bytes are a web page, cut short, or have no info and data.
    """
    answer = read_json(content)
    info, rows = (
        (answer.get(key) for key in ("info", "data")) if _is_object(answer) else (None,) * 2
    )
    if not isinstance(info, list) or not isinstance(rows, list):
        raise BadAnswerError(
            f"The answer of the catalogue has no info and data: {excerpt(content)}"
        )
    words = list(map(named_type, info))
    cells = _cells(rows, [name for name, _ in words], content)
    found = reversed(list(zip(words, cells, strict=True)))
    nuls = has_nuls(content)
    columns = {name: column_of_cells(name, word, column, nuls) for (name, word), column in found}
    return {name: columns[name] for name, _ in words}


def _is_object(answer: Any) -> bool:
    return isinstance(answer, dict)


def _cells(rows: list[Any], names: list[str], content: bytes) -> list[Sequence[Any]]:
    """The cells of each column; rows are lists, or objects by the names of the columns."""
    if not rows:
        return [()] * len(names)
    if _is_object(rows[0]):
        rows = [[row.get(name) for name in names] for row in rows]
    if any(not isinstance(row, list) or len(row) != len(names) for row in rows):
        raise BadAnswerError(f"A row of the catalogue has other columns: {excerpt(content)}")
    return list(zip(*rows, strict=True))


def encode_metadata(fields: Iterable[Field]) -> bytes:
    """The columns of a table, as the service lists them."""
    return msgspec.json.encode([_described(number, field) for number, field in enumerate(fields)])


def _described(number: int, field: Field) -> dict[str, str]:
    return {
        "name": field.name,
        "column_name": field.name,
        "db_type": DATABASE_TYPES.get(field.datatype, "STRING"),
        "type": field.datatype,
        "datatype": field.datatype,
        "description": field.description,
        "unit": field.unit or "NULL",
        "ucd": field.ucd or "NULL",
        "column_index": str(number + 1),
    }


def decode_metadata(content: bytes) -> tuple[Field, ...]:
    """The columns of a table; entries without a name or a type are left out, as astroquery does.

    Raises BadAnswerError if there is no list of columns.
    """
    listed = read_json(content)
    if not isinstance(listed, list):
        raise BadAnswerError(f"The columns of the catalogue are no list: {excerpt(content)}")
    return tuple(_field(each) for each in listed if _is_object(each) and _is_named(each))


def _is_named(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("column_name") and entry.get("db_type"))


def _field(entry: Mapping[str, Any]) -> Field:
    unit, ucd = (
        "" if (text := str(entry.get(key) or "")) == "NULL" else text for key in ("unit", "ucd")
    )
    return Field(
        str(entry["column_name"]),
        str(entry["db_type"]),
        str(entry["column_name"]),
        str(entry.get("description") or ""),
        unit=unit,
        datatype=str(entry.get("type") or ""),
        ucd=ucd,
    )
