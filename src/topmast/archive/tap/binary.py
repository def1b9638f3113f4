"""Rows in the binary serialization of VOTable, BINARY2: put together by columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NOTHING: dict[str, bool | str] = {"bool": False, "string": ""}


def binary_rows(batch: pa.RecordBatch, wide: set[str]) -> bytes:
    """The rows, each with the bits of its missing values before it.

    The texts of the columns `wide` are written in two bytes a letter.
    """
    if not batch.num_rows:
        return b""
    pairs = zip(batch.schema.names, batch.columns, strict=True)
    columns = [_flags(batch), *(_cells(column, name in wide) for name, column in pairs)]
    joined = pc.binary_join_element_wise(*columns, pa.scalar(b"", pa.large_binary()))
    ends = np.frombuffer(joined.buffers()[1], np.int64)[joined.offset :]
    content = joined.buffers()[2]
    return bytes(memoryview(content)[int(ends[0]) : int(ends[batch.num_rows])])


def _flags(batch: pa.RecordBatch) -> Any:
    missing = [pc.is_null(column).to_numpy(zero_copy_only=False) for column in batch.columns]
    return _fixed(np.packbits(np.stack(missing, axis=1), axis=1))


def _cells(column: Any, is_wide: bool) -> Any:
    kind = str(column.type)
    filled = pc.fill_null(column, NOTHING.get(kind, 0))
    if kind == "string":
        content = _wide(filled) if is_wide else filled.cast(pa.large_string())
        content = content.cast(pa.large_binary())
        lengths = pc.binary_length(content).to_numpy(zero_copy_only=False) // (1 + is_wide)
        before = _fixed(_bytes_of(lengths.astype(np.int64), ">i4"))
        return pc.binary_join_element_wise(before, content, pa.scalar(b"", pa.large_binary()))
    values = filled.to_numpy(zero_copy_only=False)
    if kind == "bool":
        return _fixed(np.where(values, ord("T"), ord("F")).astype(np.uint8)[:, None])
    return _fixed(_bytes_of(values, values.dtype.newbyteorder(">")))


def _wide(texts: Any) -> Any:
    encoded = [text.encode("utf-16-be", "replace") for text in texts.to_pylist()]
    return pa.array(encoded, pa.large_binary())


def _bytes_of(values: Any, kind: Any) -> Any:
    """The bytes of each number in a row of their own."""
    swapped = np.ascontiguousarray(values.astype(kind))
    return swapped.view(np.uint8).reshape(len(swapped), -1)


def _fixed(rows: Any) -> Any:
    """Rows of bytes as an Arrow column."""
    count, width = rows.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    return pa.Array.from_buffers(pa.large_binary(), count, buffers)
