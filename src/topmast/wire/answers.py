"""The portal's answers: from bytes to columns and a Table, and from rows to bytes.

An answer of format ``json`` is ``{status, msg, data: [{...}], fields: [{name, type}], paging}``;
one of format ``extjs`` has ``data.Tables[0]`` with ``Fields`` and ``Rows`` instead. The types
of the values do not always match the declared ones; `topmast.tables.table` makes them match.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import msgspec

from topmast.errors import BadAnswerError, RemoteServiceError
from topmast.tables.plain import stacked
from topmast.tables.values import ColumnReader, NullFloats, Values, ignore_values_of
from topmast.wire.json import excerpt, read_json

if TYPE_CHECKING:
    from astropy.table import Table

SELECTED = "_selected_"
MOST_EXPECTED = 50_000
"""Rows for which room is made because the answer says so, before they are there."""
BYTES_AT_ONCE = 1 << 18
CELLS_AT_ONCE = 8192
"""Handled together: few enough to stay in the processor's cache, which halves the time."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page this is, of how many."""

    page: int = 1
    page_size: int = 0
    pages_filtered: int = 1
    rows: int = 0
    rows_filtered: int = 0
    rows_total: int = 0


PAGING_WORDS = {
    "page": "page",
    "page_size": "pageSize",
    "pages_filtered": "pagesFiltered",
    "rows": "rows",
    "rows_filtered": "rowsFiltered",
    "rows_total": "rowsTotal",
}


@dataclass(slots=True)
class PortalAnswer:
    """One answer, read.

    `names` and `types` list the columns in order, the first of equal names only; `columns` has
    their values. `has_table` is False for an answer that is no table, such as that of a name
    look-up.
    """

    status: str
    msg: str = ""
    percent: float | None = None
    names: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    columns: dict[str, Values] = field(default_factory=dict)
    paging: Paging | None = None
    has_table: bool = False


def table_of(
    answers: Sequence[bytes],
    *,
    columns: Mapping[str, Any] | None = None,
    null_floats: NullFloats = "masked",
    keep_selected: bool = False,
    service: str = "",
    units: bool = True,
) -> Table:
    """All pages of an answer as one masked Table.

    Parameters
    ----------
    answers : sequence of bytes
        The bodies, in the order of the pages.
    columns : mapping, optional
        The service's column configuration: values to ignore, units, descriptions.
    null_floats : {"masked", "nan"}
        Whether a missing float is masked, or NaN and not masked.
    keep_selected : bool
        Keep the column ``_selected_`` of the portal's own page.
    service, units
        See `topmast.tables.table.table_from_columns`.

    Raises
    ------
    RemoteServiceError
        If the archive reports an error in place of a result.
    BadAnswerError
        If an answer cannot be read, or is no table.
    """
    read = partial(read_page, columns=columns, null_floats=null_floats, keep_selected=keep_selected)
    return table_of_pages(list(map(read, answers)), columns=columns, service=service, units=units)


def table_of_pages(
    pages: Sequence[Mapping[str, Values]],
    *,
    columns: Mapping[str, Any] | None = None,
    service: str = "",
    units: bool = True,
) -> Table:
    """Pages that `read_page` has read as one Table; arguments as for `table_of`."""
    from topmast.tables.table import table_from_columns  # late, for it needs astropy

    whole = columns_of_pages(pages)
    return table_from_columns(whole, config=columns, service=service, units=units)


def columns_of_pages(pages: Sequence[Mapping[str, Values]]) -> dict[str, Values]:
    """The columns of all pages; BadAnswerError if there is none."""
    if not pages:
        raise BadAnswerError("The archive gave no answer at all.")
    return stacked(pages)


def read_page(
    content: bytes | OpenAnswer,
    *,
    columns: Mapping[str, Any] | None = None,
    null_floats: NullFloats = "masked",
    keep_selected: bool = False,
) -> dict[str, Values]:
    """The columns of one page, opened already or not; arguments and errors as for `table_of`."""
    answer = decode_answer(content, ignore_values_of(columns), null_floats, keep_selected)
    content = content.content if isinstance(content, OpenAnswer) else content
    if answer.status.upper() == "ERROR":
        raise RemoteServiceError(answer.msg or "The archive reported an error, but not which.")
    if not answer.has_table and answer.status.upper() == "EXECUTING":
        raise RemoteServiceError("The archive has not finished this query.")
    if not answer.has_table:
        raise BadAnswerError(f"The answer is no table, for it has no fields: {excerpt(content)}")
    return answer.columns


class OpenAnswer:
    """An answer whose envelope has been read, and its rows have not.

    An answer that is empty JSON counts as an error; one without a status (a name look-up has
    none) has the status "".

    Raises
    ------
    BadAnswerError
        If the bytes are HTML, cut short, or not an answer of the portal.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.envelope: _WithData
        self.rows: Rows | None = None
        try:
            self.envelope, self.rows = _split(content)
        except NOT_AS_USUAL:
            self.envelope = self._without_rows()
        if self.envelope.status is None:
            self.parse()

    def _without_rows(self) -> _WithData:
        try:
            found = ENVELOPE.decode(self.content)
        except NOT_AS_USUAL:
            return self.parse()
        return _WithData(**{name: getattr(found, name) for name in found.__struct_fields__})

    def parse(self) -> _WithData:
        """Read all of it as JSON of any form: extjs, NaN, another encoding; or no JSON at all."""
        self.envelope = _envelope_of(read_json(self.content))
        self.rows = _parsed_rows(self.envelope.data)
        return self.envelope

    @property
    def status(self) -> str:
        return str(self.envelope.status or "")

    @property
    def msg(self) -> str:
        return _message(self.envelope)

    @property
    def paging(self) -> Paging | None:
        return _paging(self.envelope.paging)


def peek_status(content: bytes) -> tuple[str, str, Paging | None]:
    """Status, message and paging of an answer, without reading its rows; see `OpenAnswer`."""
    opened = OpenAnswer(content)
    return opened.status, opened.msg, opened.paging


def decode_answer(
    content: bytes | OpenAnswer,
    ignore_values: Mapping[str, Any] | None = None,
    null_floats: NullFloats = "masked",
    keep_selected: bool = False,
) -> PortalAnswer:
    """An answer of format json or extjs, its rows as one array a column.

    Raises
    ------
    BadAnswerError
        If the bytes are HTML, cut short, or not an answer of the portal.
    """
    opened = content if isinstance(content, OpenAnswer) else OpenAnswer(content)
    options = (ignore_values or {}, null_floats, keep_selected)
    if opened.rows is not None:
        try:
            return _answer_of(opened.envelope, opened.rows, *options)
        except NOT_AS_USUAL:
            pass
    envelope = opened.parse()
    return _answer_of(envelope, opened.rows or _parsed_rows(None), *options)


NOT_AS_USUAL = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the quick way of reading meets in an answer that is not as MAST usually sends it."""


# ---------------------------------------------------------------- the envelope around the rows


class _Envelope(msgspec.Struct):
    status: Any = None
    msg: Any = None
    percent: Any = msgspec.field(default=None, name="percent complete")
    fields: Any = None
    paging: Any = None


class _WithData(_Envelope):
    data: Any = msgspec.UNSET


Cell = str | int | float | bool | None
Cells = tuple[Any, ...]
Rows = Callable[[tuple[str, ...]], Iterator[Iterable[Cells]]]
"""For the names of the columns, gives the rows' cells, some rows at a time."""

ENVELOPE = msgspec.json.Decoder(_Envelope)
WITH_DATA = msgspec.json.Decoder(_WithData)
DATA_START = re.compile(rb'"data"\s*:\s*\[')
DATA_END = re.compile(rb"\]\s*,\s*\Z")
ROW_BREAK = re.compile(rb"\}\s*,\s*\{")


def _split(content: bytes) -> tuple[_WithData, Rows]:
    """The envelope without its rows, and the rows, not yet read.

    The rows are the text from ``"data": [`` to the bracket before ``"fields"``. A quote inside
    a JSON text has a backslash before it, so neither can be found in one; what is cut wrongly
    all the same is no JSON, and the answer is then read as a whole.
    """
    start = DATA_START.search(content)
    fields_at = content.rfind(b'"fields"')
    before = max(0, fields_at - 100)
    end = DATA_END.search(content[before : max(0, fields_at)])
    if not start or not end or start.end() > before + end.start():
        raise msgspec.DecodeError("no rows between data and fields")
    first, last = start.end(), before + end.start()
    envelope = WITH_DATA.decode(content[:first] + content[last:])
    if envelope.data != []:
        raise msgspec.DecodeError("the rows are not at the top level")
    return envelope, partial(_rows_between, content, first, last)


def _rows_between(
    content: bytes, start: int, end: int, names: tuple[str, ...]
) -> Iterator[Iterable[Cells]]:
    decode = _row_decoder(names).decode
    while start < end:
        found = ROW_BREAK.search(content, start + BYTES_AT_ONCE, end)
        stop = found.start() + 1 if found else end
        yield map(msgspec.structs.astuple, decode(b"[" + content[start:stop] + b"]"))
        start = found.end() - 1 if found else end


@lru_cache(maxsize=64)
def _row_decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[list[msgspec.Struct]]:
    keys = {f"cell{number}": name for number, name in enumerate(names)}
    try:
        row = msgspec.defstruct("Row", [(key, Cell, None) for key in keys], rename=keys, gc=False)
    except ValueError as problem:  # quotes or control characters in a column's name
        raise msgspec.DecodeError(str(problem)) from problem
    return msgspec.json.Decoder(list[row])  # type: ignore[valid-type]


def _envelope_of(parsed: Any) -> _WithData:
    if not parsed:
        return _WithData(status="ERROR", msg="The archive's answer is empty.")
    if not isinstance(parsed, dict):
        start = excerpt(json.dumps(parsed).encode())
        raise BadAnswerError(f"The archive's answer is no object with a status: {start}")
    envelope = _WithData(
        status=parsed.get("status"),
        msg=parsed.get("msg"),
        percent=parsed.get("percent complete"),
        fields=parsed.get("fields"),
        paging=parsed.get("paging"),
        data=parsed.get("data", msgspec.UNSET),
    )
    if isinstance(envelope.data, dict):
        _unfold_extjs(envelope)
    return envelope


def _unfold_extjs(envelope: _WithData) -> None:
    """Put the fields, rows and paging of ``data.Tables[0]`` where format json has them."""
    tables = envelope.data.get("Tables")
    table = tables[0] if isinstance(tables, list) and tables else {}
    table = table if isinstance(table, dict) else {}
    properties = table.get("ExtendedProperties")
    envelope.fields, envelope.data = table.get("Fields"), table.get("Rows")
    if isinstance(properties, dict):
        envelope.paging = properties.get("Paging")


def _parsed_rows(rows: Any) -> Rows:
    def cells_of(names: tuple[str, ...]) -> Iterator[Iterable[Cells]]:
        if not isinstance(rows, list | None):
            raise BadAnswerError("The answer's data is no list of rows.")
        listed, size = rows or [], max(1, CELLS_AT_ONCE // len(names))
        for start in range(0, len(listed), size):
            yield [_cells(row, names) for row in listed[start : start + size]]

    return cells_of


def _cells(row: Any, names: tuple[str, ...]) -> Cells:
    if isinstance(row, dict):
        cells: Cells = tuple(map(row.get, names))
    elif isinstance(row, list):
        cells = (*row[: len(names)], *[None] * (len(names) - len(row)))
    else:
        raise BadAnswerError(f"A row of the answer is neither an object nor a list: {row!r:.60}")
    if NESTED.isdisjoint(map(type, cells)):
        return cells
    return tuple(str(cell) if type(cell) in NESTED else cell for cell in cells)


NESTED: set[type] = {list, dict}


# ---------------------------------------------------------------- rows become columns


def _answer_of(
    envelope: _WithData,
    rows: Rows,
    ignore_values: Mapping[str, Any],
    null_floats: NullFloats,
    keep_selected: bool,
) -> PortalAnswer:
    if not isinstance(envelope.status, str):
        raise BadAnswerError("The archive's answer has no status.")
    answer = PortalAnswer(
        status=envelope.status,
        msg=_message(envelope),
        percent=_number(envelope.percent),
        paging=_paging(envelope.paging),
    )
    failed = answer.status.upper() == "ERROR"
    if not failed and envelope.fields is not None and envelope.data is not msgspec.UNSET:
        fields = _fields(envelope.fields, keep_selected)
        answer.names, answer.types = list(fields), list(fields.values())
        answer.columns = _columns(fields, rows, ignore_values, null_floats, answer.paging)
        answer.has_table = True
    if keep_selected and SELECTED in answer.columns:
        answer.columns[SELECTED].mask[:] = False
    return answer


def _columns(
    fields: dict[str, str],
    rows: Rows,
    ignore_values: Mapping[str, Any],
    null_floats: NullFloats,
    paging: Paging | None,
) -> dict[str, Values]:
    expected = min(paging.rows, MOST_EXPECTED) if paging else 0
    readers = [
        ColumnReader(name, type, ignore_values.get(name), expected) for name, type in fields.items()
    ]
    for block in rows(tuple(fields)) if fields else ():
        for reader, cells in zip(readers, zip(*block, strict=True), strict=True):
            reader.read(cells)
    return {reader.name: reader.values(null_floats) for reader in readers}


def _message(envelope: _Envelope) -> str:
    return "" if envelope.msg is None else str(envelope.msg)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _paging(value: Any) -> Paging | None:
    if not isinstance(value, dict):
        return None
    numbers = {ours: _whole(value.get(theirs)) for ours, theirs in PAGING_WORDS.items()}
    return Paging(**{name: number for name, number in numbers.items() if number is not None})


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _fields(listed: Any, keep_selected: bool) -> dict[str, str]:
    """The type word of each column, in the answer's order; of equal names the first counts."""
    fields: dict[str, str] = {}
    for entry in listed if isinstance(listed, list) else [None]:
        if not isinstance(entry, dict) or not isinstance(name := entry.get("name"), str):
            raise BadAnswerError("The answer's list of fields has an entry without a name.")
        if name != SELECTED or keep_selected:
            fields.setdefault(name, str(entry.get("type") or "string"))
    return fields
