"""Rows as BINARY2: the bytes of each column, put together row by row at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from topmast.wire.votable.fields import COMPLEX, DTYPES, Field
from topmast.wire.votable.text_cells import joined_bytes

LARGE = pa.large_binary()
Cells = tuple[Any, Any]
"""The fixed bytes of each row, and the Arrow column of what follows them, None if nothing does."""


def binary_rows(fields: Sequence[Field], batch: pa.RecordBatch) -> bytes:
    """The rows, each with the bits of its missing values before it."""
    if not batch.num_rows:
        return b""
    columns = [_cells(field, column) for field, column in zip(fields, batch.columns, strict=True)]
    pieces = list(_pieces(_null_bits(batch), columns))
    if len(pieces) == 1:
        return bytes(np.ascontiguousarray(pieces[0]))
    arrays = [_as_arrow(piece) if isinstance(piece, np.ndarray) else piece for piece in pieces]
    return joined_bytes(pc.binary_join_element_wise(*arrays, pa.scalar(b"", LARGE)))


def _null_bits(batch: pa.RecordBatch) -> Any:
    missing = [pc.is_null(column).to_numpy(zero_copy_only=False) for column in batch.columns]
    return np.packbits(np.stack(missing, axis=1), axis=1)


def _pieces(flags: Any, columns: Sequence[Cells]) -> Iterator[Any]:
    """The fixed bytes between two contents of varying length as one array, and the contents."""
    waiting = [flags]
    for fixed, content in columns:
        waiting.append(fixed)
        if content is not None:
            yield np.hstack(waiting)
            yield content
            waiting = []
    if waiting:
        yield np.hstack(waiting)


def _as_arrow(rows: Any) -> Any:
    count, width = rows.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    return pa.Array.from_buffers(LARGE, count, [None, pa.py_buffer(offsets), pa.py_buffer(rows)])


def _cells(field: Field, column: Any) -> Cells:
    if field.is_text:
        return _text_cells(field, column)
    if pa.types.is_nested(column.type):
        return _list_cells(field, column)
    return _bytes_of(field, column), None


def _bytes_of(field: Field, column: Any) -> Any:
    """The bytes of each number in a row of their own."""
    if field.datatype == "boolean":
        codes = pc.if_else(column, ord("T"), ord("F"))
        return pc.fill_null(codes, ord("?")).to_numpy(zero_copy_only=False).astype("u1")[:, None]
    dtype = np.dtype(DTYPES[COMPLEX.get(field.datatype, field.datatype)])
    missing = np.nan if dtype.kind == "f" else int(field.null or 0)
    values = pc.fill_null(column, pa.scalar(missing).cast(column.type))
    array = np.ascontiguousarray(values.to_numpy(zero_copy_only=False).astype(dtype))
    return array.view("u1").reshape(len(array), dtype.itemsize)


def _list_cells(field: Field, column: Any) -> Cells:
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    rows = _bytes_of(field, pc.list_flatten(column))
    parts = field.shape.values * (2 if field.datatype in COMPLEX else 1)
    if not field.shape.varies:
        whole = np.zeros((len(column), parts * rows.shape[1]), "u1")
        whole[lengths > 0] = rows.reshape(-1, whole.shape[1])
        return whole, None
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]) * rows.shape[1]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    return _counts(lengths // parts), pa.Array.from_buffers(LARGE, len(column), buffers)


def _text_cells(field: Field, column: Any) -> Cells:
    shape, is_wide = field.shape, field.datatype == "unicodeChar"
    filled = pc.fill_null(column.cast(pa.large_string()), "")
    content = _in_two_bytes(filled) if is_wide else filled.cast(LARGE)
    lengths = pc.binary_length(content).to_numpy(zero_copy_only=False).astype(np.int64)
    if shape.varies:
        return _counts(lengths // (field.item_bytes * shape.values)), content
    width = shape.values * field.item_bytes
    cells = [cell[:width].ljust(width, b"\0") for cell in content.to_pylist()]
    return np.frombuffer(b"".join(cells), "u1").reshape(len(cells), width), None


def _in_two_bytes(texts: Any) -> Any:
    return pa.array([text.encode("utf-16-be") for text in texts.to_pylist()], LARGE)


def _counts(lengths: Any) -> Any:
    return np.ascontiguousarray(lengths.astype(">i4")).view("u1").reshape(len(lengths), 4)
