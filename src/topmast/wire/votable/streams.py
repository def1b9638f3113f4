"""The bytes of BINARY and BINARY2 as columns of values."""

from __future__ import annotations

import binascii
import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from topmast.errors import BadAnswerError
from topmast.wire.votable.cells import Cells, arrays_of, decoded, mask_null, text_cells
from topmast.wire.votable.fields import COMPLEX, DTYPES, Field

COUNT = struct.Struct(">i")
LARGE = pa.large_binary()


def read_stream(fields: Sequence[Field], text: bytes, *, has_flags: bool) -> list[Cells]:
    """The columns of a stream in base64; `has_flags` says that it is BINARY2.

    Raises BadAnswerError if it is no base64, or ends within a row.
    """
    try:
        data = binascii.a2b_base64(text)
    except binascii.Error as problem:
        raise BadAnswerError(f"The rows of the VOTable are no base64: {problem}.") from problem
    flag_bytes = (len(fields) + 7) // 8 if has_flags else 0
    runs = list(_runs(fields, flag_bytes))
    rows = _Rows(data, runs)
    gone = _flags(rows, len(fields)) if has_flags else None
    return [
        _column(field, rows, number, gone[:, number] if gone is not None else None)
        for number, field in enumerate(fields)
    ]


@dataclass(slots=True)
class _Run:
    """Columns of fixed length that follow one another, and the one of varying length after them."""

    places: dict[int, int]
    """Where each column begins, by its number."""
    width: int
    varying: int = -1
    step: int = 0
    """The bytes of one step of the varying column; of bits, 0."""


def _runs(fields: Sequence[Field], flag_bytes: int) -> Iterator[_Run]:
    run = _Run({-1: 0}, flag_bytes)
    for number, field in enumerate(fields):
        if field.shape.varies:
            run.varying = number
            run.step = 0 if field.datatype == "bit" else field.bytes_of(field.shape.values)
            yield run
            run = _Run({}, 0)
        else:
            run.places[number] = run.width
            run.width += field.bytes_of(field.shape.values)
    yield run


class _Rows:
    """The rows of a stream: where each of their parts is.

    `starts` has for each run where it begins in each row, and `lengths` the bytes of the column of
    varying length after it.
    """

    def __init__(self, data: bytes, runs: Sequence[_Run]) -> None:
        self.data, self.runs = data, runs
        self.starts: list[Any] = []
        self.lengths: list[Any] = []
        self.gathered: dict[int, Any] = {}
        *varying, last = runs
        if varying:
            self._find_varying(varying, last.width)
        else:
            self._find_fixed(last.width)

    def _find_fixed(self, width: int) -> None:
        if len(self.data) % width if width else self.data:
            raise _cut_short(len(self.data) // max(1, width) + 1)
        self.starts = [np.arange(0, len(self.data), width or 1, dtype=np.int64)]

    def _find_varying(self, varying: Sequence[_Run], tail: int) -> None:
        places = [array("q") for _ in varying]
        plan = [
            (run.width, run.step, found.append) for run, found in zip(varying, places, strict=True)
        ]
        _walk(self.data, plan, tail)
        found = [np.frombuffer(each, np.int64) for each in places]
        self.starts = [found[0] - varying[0].width]
        for run, at in zip(varying, found, strict=True):
            lengths = _counts_at(self.data, at)
            lengths = lengths * run.step if run.step else (lengths + 7) // 8
            self.lengths.append(lengths)
            self.starts.append(at + 4 + lengths)

    def fixed(self, number: int) -> tuple[_Run, Any]:
        """The run of a column of fixed length, and its bytes in each row."""
        place = next(n for n, run in enumerate(self.runs) if number in run.places)
        if place not in self.gathered:
            width = self.runs[place].width
            self.gathered[place] = _gathered(self.data, self.starts[place], width)
        return self.runs[place], self.gathered[place]

    def varying(self, number: int) -> tuple[Any, Any]:
        """The bytes of a column of varying length as an Arrow column, and its counts."""
        place = next(n for n, run in enumerate(self.runs) if run.varying == number)
        ends = self.starts[place + 1]
        starts = ends - self.lengths[place]
        return _slices(self.data, starts, ends), _counts_at(self.data, starts - 4)


def _walk(data: bytes, plan: Sequence[tuple[int, int, Any]], tail: int) -> None:
    """Find the count of each column of varying length, row after row."""
    position, end, count_at, rows = 0, len(data), COUNT.unpack_from, 0
    try:
        while position < end:
            for width, step, note in plan:
                position += width
                (count,) = count_at(data, position)
                if count < 0:
                    raise _cut_short(rows + 1)
                note(position)
                position += 4 + (count * step if step else (count + 7) // 8)
            position += tail
            rows += 1
    except struct.error as problem:
        raise _cut_short(rows + 1) from problem
    if position > end:
        raise _cut_short(rows)


def _cut_short(row: int) -> BadAnswerError:
    return BadAnswerError(f"The binary rows of the VOTable end within row {row}, or are damaged.")


def _gathered(data: bytes, starts: Any, width: int) -> Any:
    """So many bytes from each start, as rows."""
    if not width or not len(starts):
        return np.zeros((len(starts), width), np.uint8)
    at_each = np.ndarray(len(data) - width + 1, f"V{width}", data, strides=(1,))
    return at_each[starts].view(np.uint8).reshape(len(starts), width)


def _counts_at(data: bytes, places: Any) -> Any:
    return _gathered(data, places, 4).view(">i4")[:, 0].astype(np.int64)


def _slices(data: bytes, starts: Any, ends: Any) -> Any:
    if not len(starts):
        return pa.array([], LARGE)
    offsets = np.stack([starts, ends], axis=1).ravel().astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    slices = pa.Array.from_buffers(LARGE, len(offsets) - 1, buffers)
    return slices.take(pa.array(np.arange(0, len(offsets), 2)))


def _flags(rows: _Rows, count: int) -> Any:
    _, content = rows.fixed(-1)
    return np.unpackbits(content[:, : (count + 7) // 8], axis=1)[:, :count].astype(bool)


# ---------------------------------------------------------------- from bytes to values


def _column(field: Field, rows: _Rows, number: int, gone: Any) -> Cells:
    """The values of a column; `gone` are the flags of BINARY2, None in BINARY."""
    if field.shape.varies:
        content, counts = rows.varying(number)
        data, mask = _varying(field, content, counts)
    else:
        run, whole = rows.fixed(number)
        start = run.places[number]
        cells = whole[:, start : start + field.bytes_of(field.shape.values)]
        data, mask = _fixed(field, np.ascontiguousarray(cells))
    if gone is None:
        return data, mask
    if field.is_text or field.shape.varies:
        mask = np.zeros(mask.shape, bool)
    return data, mask | gone.reshape(-1, *[1] * (mask.ndim - 1))


def _fixed(field: Field, cells: Any) -> Cells:
    if field.is_text:
        return _texts(field, _of_rows(cells))
    flat, mask = _values(field, cells)
    if field.arraysize in ("", "1") and field.datatype not in COMPLEX:
        return flat, mask
    parts = 2 if field.datatype in COMPLEX else 1
    return arrays_of(field, flat, mask, np.full(len(cells), field.shape.values * parts))


def _of_rows(cells: Any) -> Any:
    count, width = cells.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    return pa.Array.from_buffers(LARGE, count, [None, pa.py_buffer(offsets), pa.py_buffer(cells)])


def _varying(field: Field, content: Any, counts: Any) -> Cells:
    if field.is_text:
        return _texts(field, content)
    joined = np.frombuffer(content.buffers()[2] or b"", np.uint8) if len(content) else b""
    parts = 2 if field.datatype in COMPLEX else 1
    if field.datatype == "bit":
        return _varying_bits(field, content, counts)
    flat, mask = _values(field, np.frombuffer(joined, np.uint8).reshape(-1, field.item_bytes))
    return arrays_of(field, flat, mask, counts * field.shape.values * parts)


def _varying_bits(field: Field, content: Any, counts: Any) -> Cells:
    cells = [
        np.unpackbits(np.frombuffer(cell, np.uint8))[:count]
        for cell, count in zip(content.to_pylist(), counts.tolist(), strict=True)
    ]
    flat = np.concatenate([np.zeros(0, np.uint8), *cells]).astype(bool)
    return arrays_of(field, flat, np.zeros(len(flat), bool), counts)


def _values(field: Field, cells: Any) -> Cells:
    """All values of the rows of bytes, one after the other; complex numbers in two parts."""
    if field.datatype == "bit" and field.shape.values == 1:
        flat = cells.ravel() != 0  # the first bit by the standard, the fifth by astropy
        return flat, np.zeros(len(flat), bool)
    if field.datatype == "bit":
        flat = np.unpackbits(cells, axis=1)[:, : field.shape.values].ravel().astype(bool)
        return flat, np.zeros(len(flat), bool)
    if field.datatype == "boolean":
        letters = cells.ravel()
        true, false = (np.isin(letters, list(known)) for known in (b"Tt1", b"Ff0"))
        return true, ~(true | false)
    swapped = cells.ravel().view(DTYPES[COMPLEX.get(field.datatype, field.datatype)])
    flat = swapped.astype(swapped.dtype.newbyteorder("="))
    return mask_null(field, flat, np.zeros(len(flat), bool))


def _texts(field: Field, content: Any) -> Cells:
    texts = _from_two_bytes(content) if field.datatype == "unicodeChar" else decoded(content)
    return text_cells(field, texts, pc.equal(pc.binary_length(texts), 0))


def _from_two_bytes(content: Any) -> Any:
    texts = [cell.decode("utf-16-be", "replace") for cell in content.to_pylist()]
    return pa.array(texts, pa.large_string())
