"""The portal's answers: from bytes to columns and a Table, and from rows to bytes.

An answer of format ``json`` is ``{status, msg, data: [{...}], fields: [{name, type}], paging}``;
one of format ``extjs`` has ``data.Tables[0]`` with ``Fields`` and ``Rows`` instead. The types
of the values do not always match the declared ones; `topmast.tables.table` makes them match.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from topmast.errors import BadAnswerError, RemoteServiceError
from topmast.tables.plain import stacked
from topmast.tables.values import NullFloats, Values, ignore_values_of
from topmast.wire.json import excerpt, has_nuls, read_json
from topmast.wire.rows import (
    ENVELOPE,
    UNREADABLE,
    Envelope,
    Fields,
    Rows,
    Section,
    WithData,
    fields_of,
    rows_of,
    split,
    unfolded,
)

if TYPE_CHECKING:
    from astropy.table import Table

MOST_EXPECTED = 1_000_000
"""Rows for which room is made because the answer says so, before they are there."""
MOST_PAGES_EXPECTED = 64
SHORTEST_CELL = 4
"""Bytes of a cell; an answer that says it has more rows than fit into it is not believed."""


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
    reader = AnswerReader(columns, null_floats, keep_selected)
    for content in answers:
        reader.read(content)
    return reader.table(service=service, units=units)


class AnswerReader:
    """Reads answers one after the other, and puts their rows below one another as they come.

    Parameters
    ----------
    columns : mapping, optional
        The service's column configuration: values to ignore, units, descriptions.
    null_floats, keep_selected
        As for `table_of`.
    answers : int
        How many questions there will be answers to, as far as anybody knows; each has so many
        rows as the first one says it has on all its pages.
    """

    def __init__(
        self,
        columns: Mapping[str, Any] | None = None,
        null_floats: NullFloats = "masked",
        keep_selected: bool = False,
        answers: int = 1,
    ) -> None:
        self._config = columns
        self._null_floats = null_floats
        self._keep_selected = keep_selected
        self._answers = answers
        self._sections: list[Section] = []
        self.rows: int = 0
        """Rows read so far."""

    def read(self, content: bytes | OpenAnswer) -> PortalAnswer:
        """Take one answer, which must be a table; what is given back has no columns.

        Raises
        ------
        RemoteServiceError
            If the archive reports an error in place of a result.
        BadAnswerError
            If it cannot be read, or is no table.
        """
        answer = self.read_any(content)
        content = content.content if isinstance(content, OpenAnswer) else content
        if answer.status.upper() == "ERROR":
            raise RemoteServiceError(answer.msg or "The archive reported an error, but not which.")
        if not answer.has_table and answer.status.upper() == "EXECUTING":
            raise RemoteServiceError("The archive has not finished this query.")
        if not answer.has_table:
            raise BadAnswerError(
                f"The answer is no table, for it has no fields: {excerpt(content)}"
            )
        return answer

    def read_any(self, content: bytes | OpenAnswer) -> PortalAnswer:
        """As `read`, but an answer that is an error or no table is given back as it is."""
        opened = content if isinstance(content, OpenAnswer) else OpenAnswer(content)
        if opened.rows is not None:
            try:
                return self._read(opened.envelope, opened.rows, opened.content)
            except UNREADABLE:
                pass  # not as MAST usually sends it
        envelope = opened.parse()
        return self._read(envelope, rows_of(envelope.data), opened.content)

    def columns(self) -> dict[str, Values]:
        """All rows read so far, as columns, masked where an answer lacks one.

        BadAnswerError if there was no answer.
        """
        return columns_of_pages([each.values(self._null_floats) for each in self._sections])

    def table(self, *, service: str = "", units: bool = True) -> Table:
        """All rows read so far as one masked Table; arguments as for `table_of`."""
        from topmast.tables.table import table_from_columns  # late, for it needs astropy

        columns = self.columns()
        return table_from_columns(columns, config=self._config, service=service, units=units)

    def _read(self, envelope: WithData, rows: Rows, content: bytes) -> PortalAnswer:
        answer = _answer_of(envelope)
        failed = answer.status.upper() == "ERROR"
        if failed or envelope.fields is None or envelope.data is msgspec.UNSET:
            return answer
        fields = fields_of(envelope.fields, self._keep_selected)
        answer.names, answer.types = list(fields.types), list(fields.types.values())
        answer.has_table = True
        if not self._sections or self._sections[-1].fields != fields:
            self._start_section(fields, answer.paging, len(content))
        self.rows += self._sections[-1].read(rows, has_nuls(content))
        return answer

    def _start_section(self, fields: Fields, paging: Paging | None, size: int) -> None:
        ignored = ignore_values_of(self._config)
        expected = self._answers * _rows_expected(paging, size, len(fields.types))
        expected = min(expected, MOST_EXPECTED)
        self._sections.append(Section(fields, ignored, expected))


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
    reader = AnswerReader(columns, null_floats, keep_selected)
    reader.read(content)
    return reader.columns()


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
        self.envelope: WithData
        self.rows: Rows | None = None
        try:
            self.envelope, self.rows = split(content)
        except UNREADABLE:
            self.envelope = self._without_rows()
        if self.envelope.status is None:
            self.parse()

    def _without_rows(self) -> WithData:
        try:
            found = ENVELOPE.decode(self.content)
        except UNREADABLE:
            return self.parse()
        return WithData(**{name: getattr(found, name) for name in found.__struct_fields__})

    def parse(self) -> WithData:
        """Read all of it as JSON of any form: extjs, NaN, another encoding; or no JSON at all."""
        self.envelope = _envelope_of(read_json(self.content))
        self.rows = rows_of(self.envelope.data)
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
    null_floats: NullFloats = "masked",
    keep_selected: bool = False,
) -> PortalAnswer:
    """An answer of format json or extjs, its rows as one array a column.

    Raises
    ------
    BadAnswerError
        If the bytes are HTML, cut short, or not an answer of the portal.
    """
    reader = AnswerReader(None, null_floats, keep_selected)
    answer = reader.read_any(content)
    if answer.has_table:
        answer.columns = reader.columns()
    return answer


# ---------------------------------------------------------------- the envelope


def _envelope_of(parsed: Any) -> WithData:
    if not parsed:
        return WithData(status="ERROR", msg="The archive's answer is empty.")
    if not isinstance(parsed, dict):
        start = excerpt(json.dumps(parsed).encode())
        raise BadAnswerError(f"The archive's answer is no object with a status: {start}")
    return unfolded(parsed)


def _answer_of(envelope: Envelope) -> PortalAnswer:
    if not isinstance(envelope.status, str):
        raise BadAnswerError("The archive's answer has no status.")
    return PortalAnswer(
        status=envelope.status,
        msg=_message(envelope),
        percent=_number(envelope.percent),
        paging=_paging(envelope.paging),
    )


def _message(envelope: Envelope) -> str:
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


def _rows_expected(paging: Paging | None, size: int, columns: int) -> int:
    """How many rows there will be on all pages, as far as an answer of that size can be right."""
    if paging is None:
        return 0
    fitting = size // (SHORTEST_CELL * max(1, columns))
    pages = min(max(1, paging.pages_filtered), MOST_PAGES_EXPECTED)
    rows = paging.rows if pages == 1 else max(paging.rows, paging.rows_filtered)
    return max(0, min(rows, fitting * pages))
