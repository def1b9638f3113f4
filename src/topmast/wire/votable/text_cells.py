"""Rows as TABLEDATA: each column becomes texts, and all are joined at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from topmast.wire.votable.fields import Field

LARGE = pa.large_string()
SPECIAL = (("nan", "NaN"), ("-inf", "-Inf"), ("inf", "+Inf"))
CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))


def text_rows(fields: Sequence[Field], batch: pa.RecordBatch) -> bytes:
    """The rows of a batch, each a TR with its TDs; what is missing is empty."""
    pairs = zip(fields, batch.columns, strict=True)
    cells = [pc.fill_null(_texts(field, column), "") for field, column in pairs]
    between = [pa.scalar("</TD><TD>", LARGE)] * (2 * len(cells) - 1)
    between[::2] = cells
    start, end = pa.scalar("<TR><TD>", LARGE), pa.scalar("</TD></TR>\n", LARGE)
    return joined_bytes(pc.binary_join_element_wise(start, *between, end, pa.scalar("", LARGE)))


def joined_bytes(column: Any) -> bytes:
    """All texts of a large Arrow column, one after the other."""
    if not len(column):
        return b""
    _, offsets, content = column.buffers()
    ends = memoryview(offsets).cast("q")
    first, last = ends[column.offset], ends[column.offset + len(column)]
    return bytes(memoryview(content)[first:last])


def _texts(field: Field, column: Any) -> Any:
    if field.is_text:
        return _escaped(column.cast(LARGE))
    if pa.types.is_nested(column.type):
        return _lists(field, column)
    return _scalars(column)


def _scalars(column: Any) -> Any:
    texts = column.cast(LARGE)
    if pa.types.is_floating(column.type) and pc.all(pc.is_finite(column)).as_py() is False:
        for said, written in SPECIAL:
            texts = pc.if_else(pc.equal(texts, said), written, texts)
    return texts


def _escaped(texts: Any) -> Any:
    if pc.any(pc.match_substring_regex(texts, CONTROLS)).as_py():
        texts = pc.replace_substring_regex(texts, CONTROLS, " ")
    for letter, written in ESCAPES:
        if pc.any(pc.match_substring(texts, letter)).as_py():
            texts = pc.replace_substring(texts, letter, written)
    return texts


def _lists(field: Field, column: Any) -> Any:
    """The values of each list with spaces between them; of what is missing, one NaN or null."""
    values = _scalars(pc.list_flatten(column))
    missing = "NaN" if pa.types.is_floating(column.type.value_type) else field.null or "0"
    values = pc.fill_null(values, missing)
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    offsets = lengths.astype("i8").cumsum()
    starts = pa.array([0, *offsets], pa.int64())
    lists = pa.LargeListArray.from_arrays(starts, values)
    texts = pc.binary_join(lists, pa.scalar(" ", LARGE))
    return pc.if_else(pc.is_valid(column), texts, pa.scalar(None, LARGE))
