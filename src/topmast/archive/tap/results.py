"""Answers to queries as files: VOTable, CSV, TSV, FITS, Parquet, JSON."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from topmast.errors import InvalidQueryError
from topmast.wire.vosi import TapColumn
from topmast.wire.votable.arrow import DATATYPES, field_of, plain_column
from topmast.wire.votable.fields import Field, Info
from topmast.wire.votable.writing import MEDIA_TYPE as VOTABLE
from topmast.wire.votable.writing import OK, OVERFLOW, write_votable

BINARY = f"{VOTABLE};serialization=binary2"


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


def _plain(column: Any) -> Any:
    if pa.types.is_nested(column.type):
        return pa.nulls(len(column))
    return plain_column(column)


def _votable(binary: bool) -> Callable[[Result], bytes]:
    def write(result: Result) -> bytes:
        table = result.plain()
        described = zip(table.schema, table.columns, result.columns, strict=True)
        fields = [_field(field.name, values, about, binary) for field, values, about in described]
        return b"".join(
            write_votable(
                fields,
                table,
                binary=binary,
                infos=(OK, Info("QUERY", result.query)),
                infos_after=(OVERFLOW,) if result.overflow else (),
            )
        )

    return write


def _field(name: str, values: Any, about: TapColumn | None, binary: bool) -> Field:
    words = ("unit", "ucd", "utype", "xtype", "description")
    field = field_of(name, values, **{word: getattr(about, word) for word in words if about})
    return field if binary or not field.is_text else replace(field, datatype="char")


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
        kind = EMPTY.get(str(values.type), 0)
        mask = np.asarray(pc.is_null(values.combine_chunks()))
        data = np.array([kind if value is None else value for value in values.to_pylist()])
        if not len(data):
            data = np.array([], values.type.to_pandas_dtype() if kind == 0 else type(kind))
        unit = about.unit if about and about.unit else None
        found[name] = MaskedColumn(data, mask=mask, unit=unit)
    return found


EMPTY: dict[str, bool | str] = {"bool": False, "string": "", "large_string": "", "null": ""}
FORMATS = (
    ResultFormat(
        "votable", VOTABLE, _votable(False), ("text/xml", "application/xml", "xml", "votable/td")
    ),
    ResultFormat("votable/b2", BINARY, _votable(True), ("votable-b2",)),
    ResultFormat("csv", "text/csv;header=present", _separated(","), ("text/csv",)),
    ResultFormat("tsv", "text/tab-separated-values", _separated("\t"), ("text/tsv",)),
    ResultFormat("fits", "application/fits", _fits),
    ResultFormat("parquet", "application/vnd.apache.parquet", _parquet),
    ResultFormat("json", "application/json", _json),
)
_BY_NAME = {word: each for each in FORMATS for word in (each.name, each.media_type, *each.also)}
