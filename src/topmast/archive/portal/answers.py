"""A page of rows as the bytes of an answer, in each format that the portal offers."""

from __future__ import annotations

import io
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from types import NoneType
from typing import IO, Any, NamedTuple

import msgspec

from topmast.errors import InvalidQueryError
from topmast.tables.fields import Field
from topmast.wire.answers import Paging, table_of
from topmast.wire.encoding import encode_answer, encode_extjs
from topmast.wire.portal import MashupRequest
from topmast.wire.table_files import format_of

DEFAULT_PAGESIZE = 1000
LARGEST_PAGESIZE = 100_000
PIECE = 1 << 18


class AnswerFile:
    """A large answer in a temporary file without a name, which goes when nobody has it any more."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._guard = threading.Lock()
        self.size = size
        file.seek(0)
        self.head: bytes = file.read(1)
        weakref.finalize(self, file.close)

    def pieces(self) -> Iterator[bytes]:
        """The answer from its beginning, also for several readers at once."""
        position = 0
        while position < self.size:
            with self._guard:
                self._file.seek(position)
                piece = self._file.read(PIECE)
            position += len(piece)
            yield piece


Answer = bytes | AnswerFile
Columns = Sequence[tuple[str, str]]
Rows = Sequence[Sequence[Any]]


class Page(NamedTuple):
    """Which rows are wanted: `number` counts from 1."""

    number: int
    size: int

    @property
    def part(self) -> slice:
        """Its rows among all."""
        start = (self.number - 1) * self.size
        return slice(start, start + self.size)


def encode_table(
    request: MashupRequest, fields: Sequence[Field], rows: Rows, page: Page, total: int
) -> bytes:
    """Rows of one page, in the format that `request` names; `total` counts those of all pages."""
    columns = [(field.name, field.type) for field in fields]
    if request.extra.get("removenullcolumns"):
        keep = [n for n in range(len(columns)) if any(row[n] is not None for row in rows)]
        columns = [columns[n] for n in keep]
        rows = [[row[n] for n in keep] for row in rows]
    paging = Paging(
        page=page.number,
        page_size=page.size,
        pages_filtered=max(1, -(-total // page.size)),
        rows=len(rows),
        rows_filtered=total,
        rows_total=total,
    )
    return FORMATS[request.format].encode(columns, rows, paging)


def page_of(request: MashupRequest) -> Page:
    """The page that `request` asks for; a huge page is cut to the most that we send at once."""
    check_format(request.format)
    size = min(request.pagesize or DEFAULT_PAGESIZE, LARGEST_PAGESIZE)
    return Page(request.page or 1, size)


def check_format(format: str) -> None:
    """Raise for a format that no table can be sent in."""
    if format not in FORMATS:
        raise InvalidQueryError(f"The format is one of {', '.join(FORMATS)}, not {format[:40]!r}.")


def _csv(columns: Columns, rows: Rows, paging: Paging) -> bytes:
    """Comma-separated values, put together by columns; what is missing is empty."""
    lines = [",".join([_csv_cell(name) for name, _ in columns])]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        by_column = zip(*rows[start : start + ROWS_AT_ONCE], strict=True)
        cells = list(map(_csv_cells, by_column))
        if len(columns) == 1:  # an empty line would be none
            cells = [[cell or '""' for cell in cells[0]]]
        lines.append("\n".join(map(",".join, zip(*cells, strict=True))))
    return "\n".join([*lines, ""]).encode("utf-8", "replace")


def _csv_cells(column: Sequence[Any]) -> Sequence[str]:
    kinds = set(map(type, column))
    if kinds <= NUMBERS:
        return msgspec.json.encode(column).decode()[1:-1].replace("null", "").split(",")
    if kinds == {str} and not TO_QUOTE.search("".join(column)):
        return column
    if kinds <= TEXTS or kinds <= TRUTHS:
        written = {value: _csv_cell(value) for value in set(column)}
        return [written[value] for value in column]
    return [_csv_cell(value) for value in column]


def _csv_cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if TO_QUOTE.search(text) else text


ROWS_AT_ONCE = 512
"""Few enough for the processor's cache, which halves the time."""
NUMBERS: set[type] = {int, float, NoneType}
TEXTS: set[type] = {str, NoneType}
TRUTHS: set[type] = {bool, NoneType}
TO_QUOTE = re.compile('[,"\r\n]')


def _votable(columns: Columns, rows: Rows, paging: Paging) -> bytes:
    from topmast.wire.votable.tables import encode_table

    answer = encode_answer(columns, rows, paging)
    return encode_table(table_of([answer], keep_selected=True))


def _parquet(columns: Columns, rows: Rows, paging: Paging) -> bytes:
    content = io.BytesIO()
    answer = encode_answer(columns, rows, paging)
    format_of("parquet").write(table_of([answer], keep_selected=True), content)
    return content.getvalue()


class AnswerFormat(NamedTuple):
    """How a table is written, and what HTTP calls that."""

    encode: Callable[[Columns, Rows, Paging], bytes]
    media_type: str


FORMATS = {
    "json": AnswerFormat(encode_answer, "application/json"),
    "extjs": AnswerFormat(encode_extjs, "application/json"),
    "csv": AnswerFormat(_csv, "text/csv; charset=utf-8"),
    "votable": AnswerFormat(_votable, "application/x-votable+xml"),
    "parquet": AnswerFormat(_parquet, "application/vnd.apache.parquet"),
}
