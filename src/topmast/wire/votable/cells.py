"""The values of a column as a NumPy array, with True in its mask where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from topmast.errors import BadAnswerError
from topmast.tables.texts import MOST_BYTES
from topmast.wire.votable.fields import COMPLEX, Field

Cells = tuple[Any, Any]
"""The values, and the mask."""
AFTER_NUL = "(?s)\x00.*"


def arrays_of(field: Field, flat: Any, gone: Any, counts: Any) -> Cells:
    """Arrays from the values of all cells one after the other; `counts` says how many each has.

    A cell that has none is missing. Complex numbers are still in two parts.
    """
    if field.shape.varies:
        return _of_varying(field, flat, gone, counts)
    shape = tuple(reversed(field.shape.sizes))
    parts = 2 if field.datatype in COMPLEX else 1
    count = parts * field.shape.values
    if count * len(counts) * flat.itemsize > MOST_BYTES:
        raise BadAnswerError(
            f"Column {field.name!r} needs more than {MOST_BYTES >> 30} GiB of memory: "
            f"{len(counts)} rows of arraysize {field.arraysize}."
        )
    data, mask = np.zeros((len(counts), count), flat.dtype), np.ones((len(counts), count), bool)
    present = counts > 0
    data[present], mask[present] = flat.reshape(-1, count), gone.reshape(-1, count)
    data, mask = _joined_parts(field, data, mask)
    return data.reshape(-1, *shape), mask.reshape(-1, *shape)


def _joined_parts(field: Field, data: Any, mask: Any) -> Cells:
    if field.datatype not in COMPLEX:
        return data, mask
    kind = np.complex64 if data.dtype.itemsize == 4 else np.complex128
    return np.ascontiguousarray(data).view(kind), mask[..., ::2] | mask[..., 1::2]


def _of_varying(field: Field, flat: Any, gone: Any, counts: Any) -> Cells:
    shape = tuple(reversed(field.shape.sizes))
    flat, gone = _joined_parts(field, flat, gone)
    parts = 2 if field.datatype in COMPLEX else 1
    ends = np.cumsum(counts // parts).tolist()
    data = np.empty(len(counts), object)
    has_gone = bool(gone.any())
    for row, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        cell = np.ma.array(flat[start:end], mask=gone[start:end]) if has_gone else flat[start:end]
        data[row] = cell.reshape(-1, *shape)
    return data, np.asarray(counts == 0)


def mask_null(field: Field, data: Any, mask: Any) -> Cells:
    """The values with the field's null, and what is no number, masked."""
    if data.dtype.kind == "f":
        return data, mask | np.isnan(data)
    try:
        return data, mask | (data == whole_number(field.null)) if field.null else mask
    except ValueError:  # a null that is no number is none of the values
        return data, mask


def whole_number(text: str) -> int:
    """An integer as VOTable may write it: also with a plus, or in hexadecimal."""
    if "_" in text:
        raise ValueError(text)
    return int(text, 16) if text[:2].lower() == "0x" else int(text)


# ---------------------------------------------------------------- texts


def text_cells(field: Field, texts: Any, missing: Any) -> Cells:
    """Texts from an Arrow column; several in a cell where the arraysize has two directions."""
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        texts = pc.replace_substring_regex(texts, AFTER_NUL, "")
    mask = np.asarray(missing.to_numpy(zero_copy_only=False))
    sizes = field.shape.sizes
    if len(sizes) + field.shape.varies < 2:
        return unicode_array(texts), mask
    rows = [_pieces(text, sizes[0]) for text in texts.to_pylist()]
    if field.shape.varies:
        data = np.empty(len(rows), object)
        data[:] = rows
        return data, mask
    return _text_grid(field, rows, mask)


def _pieces(text: str, width: int) -> list[str]:
    return [text[at : at + width].rstrip() for at in range(0, len(text), max(1, width))]


def _text_grid(field: Field, rows: list[list[str]], mask: Any) -> Cells:
    width, *sizes = field.shape.sizes
    count = field.shape.values // max(1, width)
    if 4 * width * count * len(rows) > MOST_BYTES:
        raise BadAnswerError(f"Column {field.name!r} needs too much memory: {field.arraysize}.")
    padded = [(row + [""] * count)[:count] for row in rows]
    shape = (len(rows), *reversed(sizes))
    data = np.array(padded, f"U{max(1, width)}").reshape(shape)
    return data, np.broadcast_to(mask.reshape(-1, *[1] * len(sizes)), shape).copy()


def unicode_array(texts: Any) -> Any:
    """An Arrow column of texts as NumPy's fixed-width texts, or as objects where that is much."""
    width = max(1, pc.max(pc.utf8_length(texts)).as_py() or 0)
    if 4 * width * len(texts) > MOST_BYTES:
        return np.array(texts.to_pylist(), dtype=object)
    if pc.all(pc.string_is_ascii(texts)).as_py() is False:
        return np.array(texts.to_pylist(), f"U{width}")
    padded = pc.ascii_rpad(texts, width, padding="\0")
    content = padded.buffers()[2] if len(texts) else b""
    return np.frombuffer(content, f"S{width}", len(texts)).astype(f"U{width}")


def decoded(column: Any) -> Any:
    """Bytes as texts; what is no UTF-8 is taken as Latin 1."""
    try:
        return column.cast(pa.large_string())
    except pa.ArrowInvalid:
        return pa.array(list(map(_decoded, column.to_pylist())), pa.large_string())


def _decoded(cell: bytes) -> str:
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell.decode("latin-1")
