"""VOTables read by columns: TABLEDATA, BINARY and BINARY2, plain or gzipped."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from topmast.errors import BadAnswerError
from topmast.wire.votable.fields import Field, Info

if TYPE_CHECKING:
    from astropy.table import Table

GZIP = b"\x1f\x8b"
MOST_BYTES = 2 << 30
"""What a gzipped VOTable may unpack to."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that was read: its values, and True in the mask where there is none."""

    field: Field
    data: Any
    mask: Any


@dataclass(frozen=True, slots=True)
class Votable:
    """The first table of a VOTable, and what the document says beside it."""

    columns: Sequence[Column]
    infos: Sequence[Info] = ()
    params: Sequence[Info] = ()
    description: str = ""
    has_table: bool = True
    rows: int = field(default=0)

    def statuses(self) -> list[Info]:
        """What each QUERY_STATUS says, in capitals."""
        said = (info for info in self.infos if info.name == "QUERY_STATUS")
        return [info._replace(value=info.value.upper()) for info in said]

    def to_table(self) -> Table:
        """An astropy table, masked, with units and descriptions."""
        from topmast.wire.votable.tables import table_of_columns

        return table_of_columns(self.columns, self.description)


def read_votable(content: bytes, *, most_bytes: int = MOST_BYTES) -> Votable:
    """The first table of a VOTable.

    Raises BadAnswerError, which names what is wrong and where, if it is none, breaks off, holds
    values that its fields do not allow, or would unpack to more than `most_bytes`.
    """
    from topmast.wire.votable.markup import read_markup
    from topmast.wire.votable.table_data import split_cells

    document = read_markup(unpacked(content, most_bytes), split_cells)
    fields = document.fields
    cells = _cells(document)
    columns = [Column(field, *each) for field, each in zip(fields, cells, strict=True)]
    rows = len(columns[0].data) if columns else 0
    return Votable(
        columns, document.infos, document.params, document.description, bool(fields), rows
    )


def unpacked(content: bytes, most_bytes: int = MOST_BYTES) -> bytes:
    """The bytes, unpacked if they are gzipped."""
    if content[:2] != GZIP:
        return content
    unpacker = zlib.decompressobj(31)
    try:
        plain = unpacker.decompress(content, most_bytes)
    except zlib.error as problem:
        raise BadAnswerError(f"The gzipped VOTable is damaged: {problem}.") from problem
    if not unpacker.eof:
        more = unpacker.unconsumed_tail or len(plain) >= most_bytes
        raise BadAnswerError(
            f"The gzipped VOTable unpacks to more than {most_bytes:,} bytes."
            if more
            else "The gzipped VOTable breaks off."
        )
    return plain


def _cells(document: Any) -> list[Any]:
    import pyarrow as pa

    from topmast.wire.votable.streams import read_stream
    from topmast.wire.votable.table_data import read_cells

    fields, kind = document.fields, document.serialization
    if kind in ("BINARY", "BINARY2"):
        return read_stream(fields, document.stream, has_flags=kind == "BINARY2")
    texts = document.cells
    if texts is None:
        listed = zip(*document.rows, strict=True) if document.rows else ([] for _ in fields)
        texts = [pa.array(list(column), pa.large_string()) for column in listed]
    return [read_cells(field, column) for field, column in zip(fields, texts, strict=True)]
