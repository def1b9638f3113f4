"""The rows inside an answer: found without reading the rest, and put into columns as they come.

Whichever of the two formats an answer has, and in whatever order its keys come, its text is cut
in two: the envelope, which is small and read at once, and the rows, which are read some at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import msgspec

from topmast.errors import BadAnswerError
from topmast.tables.values import ColumnReader, NullFloats, Values
from topmast.wire.json import read_json

SELECTED = "_selected_"
Cell = str | int | float | bool | None
Cells = Sequence[Any]
BYTES_AT_ONCE = 1 << 18
CELLS_AT_ONCE = 8192
"""Handled together: few enough to stay in the processor's cache, which halves the time."""
LONGEST_TAIL = 1 << 16
"""Bytes behind the rows; where there are more, the answer is read as a whole."""
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Names:
    """The columns that are wanted, and where each stands in a row that is a list."""

    names: tuple[str, ...]
    places: tuple[int, ...]
    width: int


Columns = Iterable[Cells]
Rows = Callable[[Names], Iterator[Columns]]
"""For the names of the columns, gives their cells, some rows at a time, column after column."""


class Envelope(msgspec.Struct):
    """What an answer says beside its rows; `data` is unset where it has none at all."""

    status: Any = None
    msg: Any = None
    percent: Any = msgspec.field(default=None, name="percent complete")
    fields: Any = None
    paging: Any = None


class WithData(Envelope):
    """An envelope with the rows, or the empty list that is left when they are cut out."""

    data: Any = msgspec.UNSET


ENVELOPE = msgspec.json.Decoder(Envelope)
WITH_DATA = msgspec.json.Decoder(WithData)
OBJECT = msgspec.json.Decoder(dict[str, Any])
OBJECTS_START = re.compile(rb'"data"\s*:\s*\[')
LISTS_START = re.compile(rb'"Rows"\s*:\s*\[')
END = re.compile(rb'\]\s*(?:,\s*"|\})')
OBJECT_BREAK = re.compile(rb"\}\s*,\s*\{")
LIST_BREAK = re.compile(rb"\]\s*,\s*\[")


def split(content: bytes) -> tuple[WithData, Rows]:
    """The envelope without its rows, and the rows, not yet read; raises one of `UNREADABLE`.

    A quote inside a JSON text has a backslash before it, so that no text looks like the beginning
    or the end of the rows. What is cut in a wrong place all the same is no JSON.
    """
    start = OBJECTS_START.search(content)
    objects = start is not None
    start = start or LISTS_START.search(content)
    end = start and END.search(content, max(start.end(), len(content) - LONGEST_TAIL))
    if not start or not end:
        raise msgspec.DecodeError("no rows are found")
    first, last = start.end(), end.start()
    around = content[:first] + content[last:]
    envelope = WITH_DATA.decode(around) if objects else unfolded(OBJECT.decode(around))
    if envelope.data != []:
        raise msgspec.DecodeError("the rows are not where they should be")
    return envelope, partial(_rows_between, memoryview(content), first, last, objects)


def _rows_between(
    content: memoryview, start: int, end: int, objects: bool, names: Names
) -> Iterator[Columns]:
    """The rows a piece at a time; after a piece that is no JSON, all that is left together."""
    read = _objects_reader(names.names) if objects else partial(_read_lists, names)
    row_break = OBJECT_BREAK if objects else LIST_BREAK
    while start < end:
        found = row_break.search(content, start + BYTES_AT_ONCE, end)
        stop = found.start() + 1 if found else end
        try:
            yield read(_array_of(content[start:stop]))
        except UNREADABLE:  # NaN, a list in a cell, or a piece that ends inside a text
            listed = _listed(content[start:stop])
            if listed is None:
                break
            yield from rows_of(listed)(names)
        start = found.end() - 1 if found else end
    if start < end:
        listed = _listed(content[start:end])
        if listed is None:
            raise msgspec.DecodeError("the rows are no JSON")
        yield from rows_of(listed)(names)


def _array_of(rows: memoryview) -> bytes:
    return b"".join((b"[", rows, b"]"))


def _listed(rows: memoryview) -> Any:
    """The rows as Python objects; None if that is no JSON."""
    try:
        return read_json(_array_of(rows))
    except BadAnswerError:
        return None


@lru_cache(maxsize=64)
def _objects_reader(names: tuple[str, ...]) -> Callable[[bytes], Columns]:
    keys = {f"cell{number}": name for number, name in enumerate(names)}
    try:
        row = msgspec.defstruct("Row", [(key, Cell, None) for key in keys], rename=keys, gc=False)
    except ValueError as problem:  # quotes or control characters in a column's name
        raise msgspec.DecodeError(str(problem)) from problem
    decode = msgspec.json.Decoder(list[row]).decode  # type: ignore[valid-type]
    cells = msgspec.structs.astuple
    return lambda content: zip(*map(cells, decode(content)), strict=True)


LISTS = msgspec.json.Decoder(list[list[Cell]])


def _read_lists(names: Names, content: bytes) -> Columns:
    rows = LISTS.decode(content)
    if set(map(len, rows)) != {names.width}:
        raise msgspec.DecodeError("rows of different lengths")
    if len(names.places) == names.width:
        return zip(*rows, strict=True)
    columns = list(zip(*rows, strict=True))
    return [columns[place] for place in names.places]


# ---------------------------------------------------------------- what is read as a whole


def unfolded(parsed: dict[str, Any]) -> WithData:
    """The envelope of an answer that has been read as a whole, of either format."""
    envelope = WithData(
        status=parsed.get("status"),
        msg=parsed.get("msg"),
        percent=parsed.get("percent complete"),
        fields=parsed.get("fields"),
        paging=parsed.get("paging"),
        data=parsed.get("data", msgspec.UNSET),
    )
    if isinstance(envelope.data, dict):
        _unfold_extjs(envelope, envelope.data)
    return envelope


def _unfold_extjs(envelope: WithData, data: dict[str, Any]) -> None:
    """Put the fields, rows and paging of ``data.Tables[0]`` where format json has them."""
    tables = data.get("Tables")
    table = tables[0] if isinstance(tables, list) and tables else {}
    table = table if isinstance(table, dict) else {}
    properties = table.get("ExtendedProperties")
    envelope.fields, envelope.data = table.get("Fields"), table.get("Rows")
    if isinstance(properties, dict):
        envelope.paging = properties.get("Paging")


def rows_of(parsed: Any) -> Rows:
    """The rows of an answer that has been read as a whole; a cell that is a list becomes text."""

    def columns_of(names: Names) -> Iterator[Columns]:
        if not isinstance(parsed, list | None):
            raise BadAnswerError("The answer's data is no list of rows.")
        listed, size = parsed or [], max(1, CELLS_AT_ONCE // len(names.names))
        for start in range(0, len(listed), size):
            rows = [_cells(row, names) for row in listed[start : start + size]]
            yield zip(*rows, strict=True)

    return columns_of


def _cells(row: Any, names: Names) -> Cells:
    if isinstance(row, dict):
        cells: Cells = tuple(map(row.get, names.names))
    elif isinstance(row, list):
        padded = [*row, *[None] * (names.width - len(row))]
        cells = tuple(padded[place] for place in names.places)
    else:
        raise BadAnswerError(f"A row of the answer is neither an object nor a list: {row!r:.60}")
    if NESTED.isdisjoint(map(type, cells)):
        return cells
    return tuple(str(cell) if type(cell) in NESTED else cell for cell in cells)


NESTED: set[type] = {list, dict}


# ---------------------------------------------------------------- rows become columns


@dataclass(frozen=True, slots=True)
class Fields:
    """The type word of each column, in the answer's order, and where the rows have them."""

    types: dict[str, str]
    names: Names


def fields_of(listed: Any, keep_selected: bool) -> Fields:
    """The columns that a list of fields names; of equal names the first counts."""
    types: dict[str, str] = {}
    places: list[int] = []
    entries = listed if isinstance(listed, list) else [None]
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(name := entry.get("name"), str):
            raise BadAnswerError("The answer's list of fields has an entry without a name.")
        if name not in types and (name != SELECTED or keep_selected):
            types[name] = str(entry.get("type") or "string")
            places.append(place)
    return Fields(types, Names(tuple(types), tuple(places), len(entries)))


class Section:
    """Rows of answers that have the same fields."""

    def __init__(self, fields: Fields, ignored: Mapping[str, Any], expected: int) -> None:
        self.fields = fields
        self._readers = [
            ColumnReader(name, type_word, ignored.get(name), expected)
            for name, type_word in fields.types.items()
        ]

    def read(self, rows: Rows, nuls: bool) -> int:
        """Take rows, all of them or none; gives their number. For `nuls` see `ColumnReader`."""
        marks = [reader.mark() for reader in self._readers]
        try:
            for columns in rows(self.fields.names) if self._readers else ():
                # Without rows there are no columns; taken to their end, they free the rows.
                for cells, reader in zip(columns, self._readers, strict=False):
                    reader.read(cells, nuls)
        except BaseException:
            for reader, mark in zip(self._readers, marks, strict=True):
                reader.forget(mark)
            raise
        return len(self._readers[0]) - marks[0][0] if self._readers else 0

    def values(self, null_floats: NullFloats) -> dict[str, Values]:
        """The columns, with which the section ends."""
        columns = {reader.name: reader.values(null_floats) for reader in self._readers}
        if SELECTED in columns:
            columns[SELECTED].mask[:] = False
        return columns
