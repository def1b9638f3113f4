"""Answers to queries as files: VOTable, CSV, TSV, FITS, Parquet, JSON."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc

from topmast.errors import InvalidQueryError
from topmast.wire.vosi import TapColumn

VOTABLE = "application/x-votable+xml"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
    '<RESOURCE type="results">\n'
)
END = "</RESOURCE>\n</VOTABLE>\n"
DATATYPES = {
    "bool": "boolean", "int16": "short", "int32": "int", "int64": "long", "float": "float",
    "double": "double",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """Rows as an Arrow table, with what is known of each column; `overflow`: there are more."""

    rows: pa.Table
    columns: Sequence[TapColumn | None]
    query: str
    overflow: bool = False

    def plain(self) -> pa.Table:
        """The rows with types that all formats have, each column under a name of its own."""
        names: list[str] = []
        for name in self.rows.column_names:
            number = names.count(name)
            names.append(f"{name}_{number + 1}" if number else name)
        return pa.table(list(map(_plain, self.rows.columns)), names=names)


class ResultFormat(NamedTuple):
    """A format of answers: its name, what HTTP calls it, and what writes it."""

    name: str
    media_type: str
    write: Callable[[Result], bytes]
    also: tuple[str, ...] = ()


def result_format(name: str) -> ResultFormat:
    """The format that RESPONSEFORMAT names; parameters after a semicolon choose among variants."""
    wanted = "".join(name.lower().split())
    found = _BY_NAME.get(wanted) or _BY_NAME.get(wanted.partition(";")[0])
    if found is None:
        known = ", ".join(each.name for each in FORMATS)
        raise InvalidQueryError(f"RESPONSEFORMAT is one of {known}, not {name[:60]!r}.")
    return found


def error_document(text: str) -> bytes:
    """A VOTable that says why there is no answer."""
    words = "".join(letter if letter.isprintable() else " " for letter in text)
    info = f'<INFO name="QUERY_STATUS" value="ERROR">{escape(words)}</INFO>\n'
    return f"{HEAD}{info}{END}".encode("utf-8", "replace")


def _plain(column: Any) -> Any:
    kind = column.type
    if pa.types.is_decimal(kind):
        return _from_decimal(column)
    if pa.types.is_integer(kind) and str(kind) not in DATATYPES:
        return column.cast(pa.int16() if str(kind) in ("int8", "uint8") else pa.int64())
    if str(kind) in DATATYPES or pa.types.is_string(kind):
        return column
    if pa.types.is_timestamp(kind):
        return pc.strftime(column.cast(pa.timestamp("ms")), format="%Y-%m-%dT%H:%M:%S")
    return column.cast(pa.string()) if not pa.types.is_nested(kind) else pa.nulls(len(column))


def _from_decimal(column: Any) -> Any:
    if column.type.scale == 0:
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid:
            return column.cast(pa.float64())
    return column.cast(pa.float64())


def _votable(result: Result) -> bytes:
    return b"".join(_votable_pieces(result))


def _votable_pieces(result: Result) -> Iterator[bytes]:
    table = result.plain()
    yield HEAD.encode()
    yield b'<INFO name="QUERY_STATUS" value="OK"/>\n'
    yield f'<INFO name="QUERY" value={_attribute(result.query)}/>\n<TABLE>\n'.encode()
    for field, column in zip(table.schema, result.columns, strict=True):
        yield _field(field, column).encode("utf-8", "replace")
    yield b"<DATA>\n<TABLEDATA>\n"
    for batch in table.to_batches(max_chunksize=1 << 14):
        if batch.num_rows:
            cells = [pa.scalar("<TR>"), *map(_cells, batch.columns), pa.scalar("</TR>")]
            lines = pc.binary_join_element_wise(*cells, "").to_pylist()
            yield "\n".join([*lines, ""]).encode("utf-8", "replace")
    yield b"</TABLEDATA>\n</DATA>\n</TABLE>\n"
    if result.overflow:
        yield b'<INFO name="QUERY_STATUS" value="OVERFLOW"/>\n'
    yield END.encode()


def _field(field: Any, column: TapColumn | None) -> str:
    datatype = DATATYPES.get(str(field.type), "char")
    given = {"name": field.name, "datatype": datatype}
    if datatype == "char":
        given["arraysize"] = "*"
    if column is not None:
        words = ("unit", "ucd", "utype", "xtype")
        given |= {word: getattr(column, word) for word in words if getattr(column, word)}
    attributes = " ".join(f"{name}={_attribute(value)}" for name, value in given.items())
    about = column.description if column else ""
    told = f"<DESCRIPTION>{escape(about)}</DESCRIPTION>" if about else ""
    return f"<FIELD {attributes}>{told}</FIELD>\n"


def _attribute(text: str) -> str:
    words = "".join(letter if letter.isprintable() else " " for letter in text)
    return quoteattr(words)


def _cells(column: Any) -> Any:
    texts = column.cast(pa.string())
    if pa.types.is_floating(column.type):
        for said, written in (("nan", "NaN"), ("-inf", "-Inf"), ("inf", "+Inf")):
            texts = pc.if_else(pc.equal(texts, said), written, texts)
    if pa.types.is_string(column.type):
        texts = pc.replace_substring_regex(texts, "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", " ")
        for letter, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
            texts = pc.replace_substring(texts, letter, written)
    filled = pc.fill_null(texts, "")
    return pc.binary_join_element_wise("<TD>", filled, "</TD>", "")


def _separated(separator: str) -> Callable[[Result], bytes]:
    def write(result: Result) -> bytes:
        import csv

        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=separator, lineterminator="\r\n")
        table = result.plain()
        writer.writerow(table.column_names)
        for batch in table.to_batches(max_chunksize=1 << 14):
            writer.writerows(zip(*(c.to_pylist() for c in batch.columns), strict=True))
        return stream.getvalue().encode("utf-8", "replace")

    return write


def _parquet(result: Result) -> bytes:
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(result.plain(), stream, compression="zstd")
    return stream.getvalue()


def _json(result: Result) -> bytes:
    import msgspec

    table = result.plain()
    about = [
        {"name": field.name, "datatype": DATATYPES.get(str(field.type), "char")}
        for field in table.schema
    ]
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return msgspec.json.encode({"metadata": about, "data": rows, "overflow": result.overflow})


def _fits(result: Result) -> bytes:
    from topmast.wire.table_files import format_of

    stream = io.BytesIO()
    format_of("fits").write(_astropy_table(result), stream)
    return stream.getvalue()


def _astropy_table(result: Result) -> Any:
    import numpy as np
    from astropy.table import MaskedColumn, Table

    found = Table()
    plain = result.plain()
    for name, values, about in zip(plain.column_names, plain.columns, result.columns, strict=True):
        kind = {"bool": False, "string": "", "null": ""}.get(str(values.type), 0)
        mask = np.asarray(pc.is_null(values.combine_chunks()))
        data = np.array([kind if value is None else value for value in values.to_pylist()])
        if not len(data):
            data = np.array([], values.type.to_pandas_dtype() if kind == 0 else type(kind))
        unit = about.unit if about and about.unit else None
        found[name] = MaskedColumn(data, mask=mask, unit=unit)
    return found


FORMATS = (
    ResultFormat(
        "votable", VOTABLE, _votable, ("text/xml", "application/xml", "xml", "votable/td")
    ),
    ResultFormat("csv", "text/csv;header=present", _separated(","), ("text/csv",)),
    ResultFormat("tsv", "text/tab-separated-values", _separated("\t"), ("text/tsv",)),
    ResultFormat("fits", "application/fits", _fits),
    ResultFormat("parquet", "application/vnd.apache.parquet", _parquet),
    ResultFormat("json", "application/json", _json),
)
_BY_NAME = {word: each for each in FORMATS for word in (each.name, each.media_type, *each.also)}
