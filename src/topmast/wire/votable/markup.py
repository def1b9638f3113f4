"""The markup of a VOTable: its fields, what it says beside, and where the rows of a table are.

expat reads all but the rows: their text is cut out and read by columns. Rows that are written in
an unusual way (comments, attributes, prefixes) are read by expat too, cell by cell. Entities that
a document declares are refused, and nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from xml.parsers import expat

from topmast.errors import BadAnswerError
from topmast.wire.votable.fields import Field, Info, checked_field

BODY = re.compile(rb"<(?:[\w.-]+:)?(TABLEDATA|STREAM)(?=[\s>])[^>]*>")
DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
UTF8 = ("utf-8", "utf8", "us-ascii", "ascii")
MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
OF_FIELD = ("name", "datatype", "arraysize", "unit", "ucd", "utype", "xtype")
SERIALIZATIONS = ("TABLEDATA", "BINARY", "BINARY2")
Split = Callable[[bytes, int], "list[Any] | None"]
"""Splits the text of TABLEDATA into that many columns of cells; None if it is unusual."""


@dataclass(slots=True)
class Document:
    """What a VOTable holds: the first table, and the INFOs and PARAMs of the whole document.

    `cells` are the columns of a TABLEDATA, `rows` its rows where expat had to read them, and
    `stream` is the text of a BINARY or BINARY2.
    """

    fields: list[Field] = field(default_factory=list)
    infos: list[Info] = field(default_factory=list)
    params: list[Info] = field(default_factory=list)
    description: str = ""
    serialization: str = ""
    cells: list[Any] | None = None
    rows: list[list[str]] = field(default_factory=list)
    stream: bytes = b""


def read_markup(content: bytes, split: Split) -> Document:
    """The document; raises BadAnswerError for what is no VOTable or breaks off."""
    return _Reader(_as_utf8(content), split).read()


def _as_utf8(content: bytes) -> bytes:
    declared = DECLARED.match(content)
    named = declared[1].decode().lower() if declared else "utf-8"
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), named)
    if encoding in UTF8:
        return content
    try:
        return content.decode(encoding).encode()
    except (LookupError, ValueError) as problem:
        raise BadAnswerError(f"The VOTable cannot be read as {encoding}: {problem}") from problem


class _Reader:
    def __init__(self, content: bytes, split: Split) -> None:
        self.content, self.split = content, split
        self.document = Document()
        self.stack: list[str] = []
        self.table = ""
        """ "": none yet; "open": the first is being read; "done": it has been read."""
        self.encoding = ""
        self.text: list[str] = []
        self.row: list[str] = []
        self.parser = _parser(self)

    def read(self) -> Document:
        position, found = 0, BODY.search(self.content)
        while found is not None:
            self.feed(position, found.end())
            position = found.end()
            if self.stack and self.stack[-1] == found[1].decode():  # else within a comment
                position = self.skip_body(position)
            found = BODY.search(self.content, position)
        self.feed(position, len(self.content))
        self.run(b"", len(self.content), True)
        if not self.table:
            self.check_status()
        return self.document

    def feed(self, start: int, end: int) -> None:
        self.run(self.content[start:end], start, False)

    def run(self, content: bytes, start: int, is_last: bool) -> None:
        before = self.parser.CurrentByteIndex
        try:
            self.parser.Parse(content, is_last)
        except expat.ExpatError as problem:
            at = start + max(0, self.parser.ErrorByteIndex - max(0, before))
            said = expat.ErrorString(problem.code)
            near = self.content[max(0, at - 20) : at + 40].decode("utf-8", "replace")
            raise BadAnswerError(f"The VOTable is broken near {near!r}: {said}.") from problem

    def skip_body(self, start: int) -> int:
        """Read the rows that begin here, if they can be read by columns; where to go on."""
        tag = self.stack[-1]
        stop = self.content.find(b"<" if tag == "STREAM" else b"</TABLEDATA", start)
        if stop < 0 or self.content[stop : stop + 2] != b"</":
            return start
        if tag == "TABLEDATA":
            return stop if self.split_rows(start, stop) else start
        if self.table == "open":
            self.document.stream = self.content[start:stop]
        return stop

    def split_rows(self, start: int, stop: int) -> bool:
        """Whether the rows between could be split into cells, or are not wanted."""
        body = self.content[start:stop]
        if self.table != "open":
            return b"<!" not in body and b"<?" not in body
        self.document.cells = self.split(body, len(self.document.fields))
        return self.document.cells is not None

    def check_status(self) -> None:
        """Without a table there is at least a status, or it is no answer."""
        if not any(info.name == "QUERY_STATUS" for info in self.document.infos):
            raise BadAnswerError("The VOTable has no table.")

    # ------------------------------------------------------------ what expat finds

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        name = _local(tag)
        if not self.stack and name != "VOTABLE":
            raise BadAnswerError(f"The document is no VOTable: it begins with {name[:40]!r}.")
        self.stack.append(name)
        self.text.clear()
        act = _STARTS.get(name)
        if act is not None:
            act(self, {_local(key): value for key, value in given.items()})

    def end(self, tag: str) -> None:
        name = self.stack.pop()
        act = _ENDS.get(name)
        if act is not None:
            act(self)
        if name not in ("TR", "TD"):
            self.text.clear()

    def open_table(self, given: Mapping[str, str]) -> None:
        self.table = "done" if self.table else "open"

    def close_table(self) -> None:
        self.table = "done"

    def add_field(self, given: Mapping[str, str]) -> None:
        if self.table == "open":
            self.document.fields.append(_field(given, len(self.document.fields)))

    def add_null(self, given: Mapping[str, str]) -> None:
        if self.table == "open" and self.stack[-2:-1] == ["FIELD"] and given.get("null"):
            self.change_field(null=given["null"])

    def change_field(self, **changes: str) -> None:
        self.document.fields[-1] = replace(self.document.fields[-1], **changes)

    def add_info(self, given: Mapping[str, str]) -> None:
        self.document.infos.append(Info(given.get("name", ""), given.get("value", "")))

    def end_info(self) -> None:
        self.document.infos[-1] = self.document.infos[-1]._replace(text=self.words())

    def add_param(self, given: Mapping[str, str]) -> None:
        self.document.params.append(Info(given.get("name", ""), given.get("value", "")))

    def end_description(self) -> None:
        inside = self.stack[-1:]
        if inside == ["FIELD"] and self.table == "open":
            self.change_field(description=self.words())
        elif inside == ["TABLE"] and self.table == "open":
            self.document.description = self.words()

    def open_data(self, given: Mapping[str, str]) -> None:
        if self.table == "open":
            self.document.serialization = self.stack[-1]

    def open_stream(self, given: Mapping[str, str]) -> None:
        if self.table != "open":
            return
        if "href" in given:
            raise BadAnswerError(f"The rows are elsewhere, at {given['href'][:100]!r}; "
                                 "only rows within a VOTable are read.")  # fmt: skip
        if given.get("encoding", "") != "base64":
            raise BadAnswerError(
                f"The rows are coded as {given.get('encoding', '')[:40]!r}; only base64 is read."
            )

    def end_stream(self) -> None:
        if self.table == "open" and self.text:
            self.document.stream += "".join(self.text).encode()

    def open_row(self, given: Mapping[str, str]) -> None:
        self.row = []

    def open_cell(self, given: Mapping[str, str]) -> None:
        if given.get("encoding"):
            raise BadAnswerError("Cells coded in base64 are not read.")

    def end_cell(self) -> None:
        self.row.append("".join(self.text))
        self.text.clear()

    def end_row(self) -> None:
        if self.table != "open":
            return
        count, expected = len(self.row), len(self.document.fields)
        if count != expected:
            row = len(self.document.rows) + 1
            raise BadAnswerError(f"Row {row} has {count} cells for {expected} columns.")
        self.document.rows.append(self.row)

    def refuse(self, given: Mapping[str, str]) -> None:
        if self.table == "open":
            raise BadAnswerError(f"Rows as {self.stack[-1]} within a VOTable are not read.")

    def words(self) -> str:
        return " ".join("".join(self.text).split())


def _refuse_entity(name: str, *_: Any) -> None:
    raise BadAnswerError(f"The VOTable declares the entity {name[:40]!r}; entities are not read.")


def _parser(reader: _Reader) -> Any:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text.append
    parser.EntityDeclHandler = _refuse_entity
    return parser


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _field(given: Mapping[str, str], number: int) -> Field:
    words = {word: given[word].strip() for word in OF_FIELD if word in given}
    words["name"] = words.get("name") or given.get("ID", "") or f"col{number + 1}"
    return checked_field(Field(**words, id=given.get("ID", "")))


_STARTS: dict[str, Callable[[_Reader, Mapping[str, str]], None]] = {
    "TABLE": _Reader.open_table,
    "FIELD": _Reader.add_field,
    "VALUES": _Reader.add_null,
    "INFO": _Reader.add_info,
    "PARAM": _Reader.add_param,
    "STREAM": _Reader.open_stream,
    "TR": _Reader.open_row,
    "TD": _Reader.open_cell,
    "FITS": _Reader.refuse,
    "PARQUET": _Reader.refuse,
    **dict.fromkeys(SERIALIZATIONS, _Reader.open_data),
}
_ENDS: dict[str, Callable[[_Reader], None]] = {
    "TABLE": _Reader.close_table,
    "INFO": _Reader.end_info,
    "DESCRIPTION": _Reader.end_description,
    "STREAM": _Reader.end_stream,
    "TD": _Reader.end_cell,
    "TR": _Reader.end_row,
}
