"""A page of rows as the bytes of an answer, in each format that the portal offers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from topmast.errors import InvalidQueryError
from topmast.tables.fields import Field
from topmast.wire.answers import Paging, table_of
from topmast.wire.encoding import encode_answer, encode_extjs
from topmast.wire.portal import MashupRequest

DEFAULT_PAGESIZE = 1000
LARGEST_PAGESIZE = 500_000


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are wanted: `number` counts from 1."""

    number: int
    size: int

    @property
    def start(self) -> int:
        """How many rows come before it."""
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """Rows of one page, and how many there are on all."""

    fields: Sequence[Field]
    rows: Sequence[Sequence[Any]]
    page: Page
    total: int

    def encode(self, request: MashupRequest) -> bytes:
        """The answer in the format that `request` names."""
        if request.extra.get("removenullcolumns"):
            return self._without_null_columns()._encoded(request.format)
        return self._encoded(request.format)

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and type of each column."""
        return [(field.name, field.type) for field in self.fields]

    @property
    def paging(self) -> Paging:
        """Where this page stands among all."""
        return Paging(
            page=self.page.number,
            page_size=self.page.size,
            pages_filtered=max(1, -(-self.total // self.page.size)),
            rows=len(self.rows),
            rows_filtered=self.total,
            rows_total=self.total,
        )

    def _encoded(self, format: str) -> bytes:
        return FORMATS[format].encode(self)

    def _without_null_columns(self) -> TableAnswer:
        keep = [
            place
            for place in range(len(self.fields))
            if any(row[place] is not None for row in self.rows)
        ]
        return TableAnswer(
            [self.fields[place] for place in keep],
            [[row[place] for place in keep] for row in self.rows],
            self.page,
            self.total,
        )


def page_of(request: MashupRequest) -> Page:
    """The page that `request` asks for; a huge page is cut to the most that we send at once."""
    size = min(request.pagesize or DEFAULT_PAGESIZE, LARGEST_PAGESIZE)
    return Page(request.page or 1, size)


def check_format(format: str) -> None:
    """Raise for a format that no table can be sent in."""
    if format not in FORMATS:
        raise InvalidQueryError(f"The format is one of {', '.join(FORMATS)}, not {format[:40]!r}.")


def _json(answer: TableAnswer) -> bytes:
    return encode_answer(answer.columns, answer.rows, answer.paging)


def _extjs(answer: TableAnswer) -> bytes:
    return encode_extjs(answer.columns, answer.rows, answer.paging)


def _csv(answer: TableAnswer) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in answer.fields])
    writer.writerows(answer.rows)
    return text.getvalue().encode()


def _votable(answer: TableAnswer) -> bytes:
    content = io.BytesIO()
    table_of([_json(answer)], keep_selected=True).write(content, format="votable")
    return content.getvalue()


@dataclass(frozen=True, slots=True)
class Format:
    """How a table is written, and what HTTP calls that."""

    encode: Callable[[TableAnswer], bytes]
    media_type: str


FORMATS = {
    "json": Format(_json, "application/json"),
    "extjs": Format(_extjs, "application/json"),
    "csv": Format(_csv, "text/csv; charset=utf-8"),
    "votable": Format(_votable, "application/x-votable+xml"),
}
