"""VOTables written from Arrow columns, a piece at a time: TABLEDATA or BINARY2."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from topmast.wire.votable.fields import Field, Info, attributes, field_xml, info_xml, plain_text

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA_TYPE = "application/x-votable+xml"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
    '<RESOURCE type="results">\n'
)
END = "</RESOURCE>\n{more}</VOTABLE>\n"
OK = Info("QUERY_STATUS", "OK")
OVERFLOW = Info("QUERY_STATUS", "OVERFLOW")
ROWS_AT_ONCE = 1 << 13
Rows = Callable[[Sequence[Field], "pa.RecordBatch"], Any]


def write_votable(
    fields: Sequence[Field],
    rows: pa.Table | Iterable[pa.RecordBatch],
    *,
    binary: bool = False,
    infos: Iterable[Info] = (OK,),
    infos_after: Iterable[Info] = (),
    params: Iterable[tuple[Field, str]] = (),
    name: str = "",
    more: str = "",
) -> Iterator[bytes]:
    """A VOTable of these rows, piece by piece, written as the rows come.

    Parameters
    ----------
    fields
        What is said of each column, in the order of the columns; the datatype decides how its
        values are written. `arrow_table` gives fields and rows of an astropy table, `field_of` a
        field for an Arrow column about which nothing is known.
    rows
        An Arrow table, or its batches: numbers, truth values and texts; lists (of fixed size
        for a fixed arraysize) for arrays, the two parts of complex numbers one after the other.
    binary
        Write BINARY2 in place of TABLEDATA.
    infos, infos_after
        What stands before and after the table; those after are asked for when all rows are
        written, so that an OVERFLOW can be known late.
    params
        The PARAMs of the resource, with their values.
    more
        XML to stand behind the resource, such as a service descriptor.
    """
    yield _head(infos, params).encode()
    yield f"<TABLE{attributes(name=name)}>\n".encode()
    yield "".join(map(field_xml, fields)).encode()
    yield from _binary_data(fields, rows) if binary else _table_data(fields, rows)
    yield b"</TABLE>\n"
    yield "".join([*map(info_xml, infos_after), END.format(more=more)]).encode()


def error_votable(text: str) -> bytes:
    """A VOTable that says why there is no answer."""
    return (_head([Info("QUERY_STATUS", "ERROR", text)], ()) + END.format(more="")).encode()


def _head(infos: Iterable[Info], params: Iterable[tuple[Field, str]]) -> str:
    said = map(info_xml, infos)
    given = (field_xml(field, "PARAM", value=value or " ") for field, value in params)
    return "".join([HEAD, *said, *given])


def _batches(rows: Any) -> Iterator[Any]:
    listed = rows.to_batches(max_chunksize=ROWS_AT_ONCE) if hasattr(rows, "to_batches") else rows
    for batch in listed:
        for start in range(0, batch.num_rows, ROWS_AT_ONCE):
            yield batch.slice(start, ROWS_AT_ONCE)


def _table_data(fields: Sequence[Field], rows: Any) -> Iterator[bytes]:
    from topmast.wire.votable.text_cells import text_rows

    yield b"<DATA>\n<TABLEDATA>\n"
    for batch in _batches(rows):
        yield text_rows(fields, batch)
    yield b"</TABLEDATA>\n</DATA>\n"


def _binary_data(fields: Sequence[Field], rows: Any) -> Iterator[bytes]:
    from topmast.wire.votable.binary_cells import binary_rows

    yield b'<DATA>\n<BINARY2>\n<STREAM encoding="base64">\n'
    left = b""
    for batch in _batches(rows):
        left += binary_rows(fields, batch)
        whole = len(left) // 3 * 3  # three bytes are four letters; what is left waits
        yield base64.b64encode(memoryview(left)[:whole])
        left = left[whole:]
    yield base64.b64encode(left)
    yield b"\n</STREAM>\n</BINARY2>\n</DATA>\n"


__all__ = ["MEDIA_TYPE", "OK", "OVERFLOW", "error_votable", "plain_text", "write_votable"]
