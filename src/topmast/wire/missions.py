"""The mission search: its requests and its answers, both directions.

A search is a POST of JSON to ``/search/<mission>/api/v0.1/search``. Its answer lists the columns
in ``info``, not always in the order in which the rows have them, and echoes the request in
``search_params``; the client of today reads ``count_only`` there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.tables.values import ColumnReader, Values, kind_of
from topmast.wire.json import excerpt, has_nuls, read_json

MOST_TARGETS = 100
"""Positions that one request may have."""
LARGEST_RADIUS_ARCMIN = 30.0
DEFAULT_LIMIT = 5000
IGNORED_NUMBER = -999
"""Stands for no number, beside null."""

ARCMIN_IN = {"arcminutes": 1.0, "arcseconds": 1 / 60, "degrees": 60.0}
"""The words for ``radius_units``, and how many arcminutes each is."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One question to the mission search.

    `targets` are texts "ra dec" in degrees; `conditions` are pairs of a column and what its value
    must be; `select_cols` of None are the mission's default columns.
    """

    targets: tuple[str, ...] = ()
    radius: float = 3.0
    radius_units: str = "arcminutes"
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    select_cols: tuple[str, ...] | None = None
    conditions: tuple[tuple[str, Any], ...] = ()
    sort_by: tuple[str, ...] = ()
    sort_desc: tuple[bool, ...] = ()
    count_only: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def radius_arcmin(self) -> float:
        """The radius in arcminutes."""
        return self.radius * ARCMIN_IN[self.radius_units]


def encode_search(request: SearchRequest) -> bytes:
    """The body of a search, with only the keys that say something."""
    body: dict[str, Any] = {
        "limit": request.limit,
        "offset": request.offset,
        "select_cols": None if request.select_cols is None else list(request.select_cols),
        "conditions": [{name: value} for name, value in request.conditions],
    }
    if request.targets:
        body["target"] = list(request.targets)
        body |= {"radius": request.radius, "radius_units": request.radius_units}
    if request.sort_by:
        body["sort_by"] = list(request.sort_by)
    if request.sort_desc:
        body["sort_desc"] = list(request.sort_desc)
    if request.count_only:
        body["count_only"] = True
    try:
        return msgspec.json.encode(body | dict(request.extra))
    except UnicodeEncodeError as problem:
        raise InvalidQueryError(f"{problem.object!r} is no text in UTF-8.") from problem


def decode_search(body: bytes) -> SearchRequest:
    """The search that a body asks for.

    Raises
    ------
    InvalidQueryError
        For a body that is no search, or a value of the wrong kind, with its name.
    """
    given = json_object(body)
    radius = _number(given, "radius", 3.0)
    units = str(given.get("radius_units") or "arcminutes").lower()
    if units not in ARCMIN_IN:
        raise InvalidQueryError(f"radius_units is one of {', '.join(ARCMIN_IN)}, not {units!r}.")
    selected = given.get("select_cols")
    return SearchRequest(
        targets=tuple(texts_of(given, "target")),
        radius=radius,
        radius_units=units,
        limit=_whole(given, "limit", DEFAULT_LIMIT),
        offset=_whole(given, "offset", 0),
        select_cols=None if selected is None else tuple(texts_of(given, "select_cols")),
        conditions=tuple(_conditions(given.get("conditions") or [])),
        sort_by=tuple(texts_of(given, "sort_by")),
        sort_desc=tuple(bool(value) for value in _list(given, "sort_desc")),
        count_only=given.get("count_only") is True,
        extra={name: given[name] for name in ECHOED if name in given},
    )


ECHOED = ("skip_count", "search_key", "user_fields")


def echo_of(request: SearchRequest) -> dict[str, Any]:
    """The ``search_params`` of an answer: the request, with what it left open filled in."""
    return {
        "target": list(request.targets),
        "radius": request.radius,
        "radius_units": request.radius_units,
        "offset": request.offset,
        "limit": request.limit,
        "sort_by": list(request.sort_by),
        "sort_desc": list(request.sort_desc),
        "skip_count": bool(request.extra.get("skip_count", False)),
        "count_only": request.count_only,
        "select_cols": list(request.select_cols or ()),
        "search_key": request.extra.get("search_key") or [],
        "user_fields": request.extra.get("user_fields") or [],
        "conditions": [{name: value} for name, value in request.conditions],
    }


@dataclass(slots=True)
class SearchAnswer:
    """One page of rows.

    `total` is how many rows there are in all, None where the server did not count. `positions`
    has for each row the target that it matched, "" where the answer does not tell.
    """

    columns: dict[str, Values]
    length: int
    total: int | None
    params: dict[str, Any]
    messages: list[str]
    positions: list[str]


def encode_search_answer(
    info: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[Any]],
    params: Mapping[str, Any],
    total: int | None,
) -> bytes:
    """Rows as the mission search sends them; `info` pairs each column with its SQL type."""
    names = [name for name, _ in info]
    return msgspec.json.encode(
        {
            "messages": [],
            "info": [{"name": name, "type": word} for name, word in info],
            "search_params": params,
            "totalResults": total,
            "results": [dict(zip(names, row, strict=True)) for row in rows],
        }
    )


def decode_search_answer(content: bytes) -> SearchAnswer:
    """One answer, its rows as one array a column, in the order of ``info``.

    A column that some row lacks is left out, as astroquery does.

    Raises
    ------
    BadAnswerError
        If the bytes are HTML, cut short, or no answer of the mission search.
    """
    envelope = _envelope(content)
    total = envelope.total
    words: dict[str, str] = {}
    for name, word in map(named_type, envelope.info):
        words.setdefault(name, word)
    names = tuple(words | dict.fromkeys(POSITIONS))
    length, cells = _cells(envelope, names)
    nuls = has_nuls(content)
    columns = {
        name: column_of_cells(name, word, cells[name], nuls)
        for name, word in words.items()
        if msgspec.UNSET not in cells[name]
    }
    return SearchAnswer(
        columns=columns,
        length=length,
        total=total if isinstance(total, int) and total >= 0 else None,
        params=envelope.search_params if isinstance(envelope.search_params, dict) else {},
        messages=[str(text) for text in envelope.messages or []],
        positions=_positions(cells, length),
    )


POSITIONS = ("search_pos", "search_key")
"""Columns that tell which target a row has matched, also where ``info`` does not list them."""


def _positions(cells: Mapping[str, Sequence[Any]], length: int) -> list[str]:
    for name in POSITIONS:
        if length and msgspec.UNSET not in cells[name]:
            return [str(cell or "") for cell in cells[name]]
    return [""] * length


class _Envelope(msgspec.Struct):
    info: Any = None
    results: msgspec.Raw = msgspec.Raw(b"null")
    search_params: Any = None
    total: Any = msgspec.field(default=None, name="totalResults")
    messages: Any = None


def _envelope(content: bytes) -> _Envelope:
    try:
        found = msgspec.json.decode(content, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        parsed = read_json(content)
        if not isinstance(parsed, dict):
            raise BadAnswerError(_no_answer(content)) from None
        found = msgspec.json.decode(msgspec.json.encode(parsed), type=_Envelope)
    if not isinstance(found.info, list) or not bytes(found.results).lstrip().startswith(b"["):
        raise BadAnswerError(_no_answer(content))
    return found


def _no_answer(content: bytes) -> str:
    return f"The answer of the mission search has no info and results: {excerpt(content)}"


Cell = str | int | float | bool | None | msgspec.UnsetType
Cells = Mapping[str, Sequence[Any]]


@lru_cache(maxsize=64)
def _row_decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[list[msgspec.Struct]]:
    """What reads rows that are objects of single values; what a row lacks is UNSET."""
    keys = {f"cell{number}": name for number, name in enumerate(names)}
    fields = [(key, Cell, msgspec.UNSET) for key in keys]
    row = msgspec.defstruct("Row", fields, rename=keys, gc=False)
    return msgspec.json.Decoder(list[row])  # type: ignore[valid-type]


def _cells(envelope: _Envelope, names: tuple[str, ...]) -> tuple[int, Cells]:
    """How many rows there are, and the cells of each column."""
    try:
        rows: list[Any] = list(
            map(msgspec.structs.astuple, _row_decoder(names).decode(envelope.results))
        )
    except (msgspec.DecodeError, ValueError):  # nested values, rows that are lists, odd names
        rows = [_row(row, envelope, names) for row in msgspec.json.decode(envelope.results)]
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return len(rows), dict(zip(names, columns, strict=True))


def _row(row: Any, envelope: _Envelope, names: tuple[str, ...]) -> tuple[Any, ...]:
    """One row of any other form; the columns of one that is a list are those of ``info``."""
    if isinstance(row, list):
        row = dict(zip([named_type(entry)[0] for entry in envelope.info], row, strict=False))
    if not isinstance(row, dict):
        raise BadAnswerError(f"A row of the answer is no object: {row!r:.60}")
    cells = (row.get(name, msgspec.UNSET) for name in names)
    return tuple(str(cell) if isinstance(cell, (list, dict)) else cell for cell in cells)


def named_type(entry: Any) -> tuple[str, str]:
    """The name and the type word of a column in ``info``; BadAnswerError if it has no name."""
    if not isinstance(entry, dict) or not isinstance(
        name := entry.get("column_name") or entry.get("name"), str
    ):
        raise BadAnswerError("The answer's list of columns has an entry without a name.")
    return name, str(entry.get("type") or entry.get("db_type") or "string")


SIZED = re.compile(r"\s*\(.*\)$")


def column_of_cells(name: str, word: str, cells: Sequence[Any], nuls: bool = False) -> Values:
    """The cells of a column with this type word, as values; -999 stands for no number.

    For `nuls` see `ColumnReader.read`.
    """
    word = SIZED.sub("", word).lower()  # VARCHAR(20)
    word = "string" if word == "null" else word
    kind = kind_of(word)
    ignored = IGNORED_NUMBER if kind and kind.word in ("float", "integer") else None
    reader = ColumnReader(name, word, ignored, len(cells))
    reader.read(cells, nuls)
    return reader.values()


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON object; InvalidQueryError for any other body."""
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidQueryError(f"The body is no JSON: {problem}.") from problem
    if not isinstance(given, dict):
        raise InvalidQueryError("The body must be a JSON object.")
    return given


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    value = given.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def texts_of(given: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts; nulls in it are passed over, as astroquery 0.4.11 may send one."""
    found = [value for value in _list(given, name) if value is not None]
    if not all(isinstance(value, str) for value in found):
        raise InvalidQueryError(f"{name} is a list of texts, not {given[name]!r:.100}.")
    return found


def _number(given: Mapping[str, Any], name: str, default: float) -> float:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidQueryError(f"{name} is a number, not {value!r:.100}.")
    return float(value)


def _whole(given: Mapping[str, Any], name: str, default: int) -> int:
    number = _number(given, name, default)
    if number < 0 or number != int(number):
        raise InvalidQueryError(f"{name} is a whole number from 0 on, not {number}.")
    return int(number)


def _conditions(listed: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for condition in listed if isinstance(listed, list) else [listed]:
        if not isinstance(condition, dict):
            raise InvalidQueryError(f"A condition is a {{column: value}}, not {condition!r:.100}.")
        found += condition.items()
    return found
