"""The text of TABLEDATA, split into columns of cells, and the values that the cells stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from topmast.errors import BadAnswerError
from topmast.wire.votable.cells import Cells, arrays_of, mask_null, text_cells, whole_number
from topmast.wire.votable.fields import COMPLEX, Field

LARGE = pa.large_string()
REFERENCE = re.compile(rb"&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});")
EMPTY = re.compile(rb"<TD\s*/>")
NUMBERED = re.compile("&#(x?)([0-9A-Fa-f]+);")
NAMED = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
SPACES = " \t\n\r"
TRUE, FALSE, UNKNOWN = ("t", "true", "1"), ("f", "false", "0"), ("", "?")
KINDS = {
    "unsignedByte": pa.uint8(), "short": pa.int16(), "int": pa.int32(), "long": pa.int64(),
    "float": pa.float32(), "double": pa.float64(),
}  # fmt: skip


# ---------------------------------------------------------------- from markup to cells


def split_cells(body: bytes, width: int) -> list[Any] | None:
    """The cells of each of `width` columns, None where the markup is not the usual one.

    Usual are TR and TD without attributes, white space between them, and nothing else.
    """
    if not width or body.count(b"&") != len(REFERENCE.findall(body)):
        return None
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    cells = _split(body, width)
    if cells is None and EMPTY.search(body):
        cells = _split(EMPTY.sub(b"<TD></TD>", body), width)
    return cells


def _split(body: bytes, width: int) -> list[Any] | None:
    at = np.flatnonzero(np.frombuffer(body, np.uint8) == ord("<"))
    if len(at) % (2 * width + 2):
        return None
    tags = at.reshape(-1, 2 * width + 2)
    if not len(tags):
        return None if body.strip() else [pa.array([], LARGE)] * width
    if not _are_tags(body, tags) or not _are_spaces(body, tags):
        return None
    return _columns(body, tags)


def _are_tags(body: bytes, tags: Any) -> bool:
    """Whether each row's tags are TR, and TD and its end for each column, and the end of TR."""
    padded = body + b"    "
    fours = np.ndarray(len(body) + 1, "<u4", padded, strides=(1,))
    letters = np.frombuffer(padded, np.uint8)
    starts, cells, ends = tags[:, 0], tags[:, 1:-1:2], tags[:, 2:-1:2]
    expected = ((starts, b"<TR>"), (cells, b"<TD>"), (ends, b"</TD"), (tags[:, -1], b"</TR"))
    return all(
        bool((fours[where] == int.from_bytes(tag, "little")).all()) for where, tag in expected
    ) and all(bool((letters[where + 4] == ord(">")).all()) for where in (ends, tags[:, -1]))


def _are_spaces(body: bytes, tags: Any) -> bool:
    """Whether nothing but white space stands outside the cells."""
    lengths = np.full(tags.shape[1], 5)
    lengths[0] = 4
    outside = np.r_[0, np.arange(2, tags.shape[1], 2), tags.shape[1] - 1]
    starts = np.concatenate([[0], (tags + lengths)[:, outside].ravel()])
    ends = np.concatenate([tags[:, np.r_[0, 1 : tags.shape[1] : 2]].ravel(), [len(body)]])
    found = starts < ends
    return not found.any() or all(
        not gap.as_py().strip() for gap in pc.unique(_slices(body, starts[found], ends[found]))
    )


def _columns(body: bytes, tags: Any) -> list[Any]:
    columns = []
    has_references = b"&" in body
    for first in range(1, tags.shape[1] - 1, 2):
        cells = _slices(body, tags[:, first] + 4, tags[:, first + 1])
        try:
            texts = cells.cast(LARGE)
        except pa.ArrowInvalid as problem:
            raise BadAnswerError("The VOTable has letters that are no UTF-8.") from problem
        columns.append(_without_references(texts) if has_references else texts)
    return columns


def _slices(body: bytes, starts: Any, ends: Any) -> Any:
    """The bytes between each start and end, which follow one another: every other slice."""
    offsets = np.stack([starts, ends], axis=1).ravel().astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(body)]
    slices = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    return slices.take(pa.array(np.arange(0, len(offsets), 2)))


def _without_references(texts: Any) -> Any:
    if not pc.any(pc.match_substring(texts, "&")).as_py():
        return texts
    if pc.any(pc.match_substring(texts, "&#")).as_py():
        texts = pa.array([NUMBERED.sub(_letter, text) for text in texts.to_pylist()], LARGE)
    for written, meant in NAMED:
        texts = pc.replace_substring(texts, written, meant)
    return texts


def _letter(found: re.Match[str]) -> str:
    code = int(found[2], 16 if found[1] else 10)
    if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:
        raise BadAnswerError(f"The VOTable has a letter that there is not: {found[0]}")
    return "&amp;" if code == ord("&") else chr(code)


# ---------------------------------------------------------------- from cells to values


def read_cells(field: Field, texts: Any) -> Cells:
    """The values of a column from the texts of its cells; an empty one is missing.

    Raises BadAnswerError with the value and the row for one that is none.
    """
    if field.is_text:
        return text_cells(field, texts, pc.equal(pc.binary_length(texts), 0))
    parts = 2 if field.datatype in COMPLEX else 1
    if field.arraysize in ("", "1") and parts == 1:
        return _scalars(field, texts)
    return _arrays(field, texts, parts)


def _scalars(field: Field, texts: Any) -> Cells:
    if field.datatype == "boolean":
        return _truths(field, texts)
    if field.datatype == "bit":
        data, mask = _scalars(Field(field.name, "unsignedByte"), texts)
        return data.astype(bool), mask
    kind = KINDS[field.datatype]
    present = pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, LARGE), texts)
    try:
        values = present.cast(kind)
    except pa.ArrowInvalid:
        values = _one_by_one(field, present, kind)
    missing = np.nan if pa.types.is_floating(kind) else 0
    mask = pc.is_null(values).to_numpy(zero_copy_only=False)
    data = pc.fill_null(values, pa.scalar(missing, kind)).to_numpy(zero_copy_only=False)
    return mask_null(field, data, mask)


def _one_by_one(field: Field, texts: Any, kind: Any) -> Any:
    """Numbers in other ways of writing them, such as with spaces, a plus or in hexadecimal."""
    read: Callable[[str], Any] = _real if pa.types.is_floating(kind) else whole_number
    values: list[Any] = []
    for row, text in enumerate(texts.to_pylist(), 1):
        stripped = text.strip(SPACES) if text else ""
        try:
            values.append(pa.scalar(read(stripped), kind).as_py() if stripped else None)
        except (ValueError, OverflowError, pa.ArrowInvalid) as problem:
            raise _wrong(field, row, text) from problem
    return pa.array(values, kind)


def _real(text: str) -> float:
    if "_" in text:
        raise ValueError(text)
    return float(text)


def _wrong(field: Field, row: int, text: Any) -> BadAnswerError:
    return BadAnswerError(
        f"Column {field.name!r} has the value {str(text)[:40]!r} in row {row}, "
        f"which is no {field.datatype}{f' of arraysize {field.arraysize}' * bool(field.arraysize)}."
    )


def _truths(field: Field, texts: Any) -> Cells:
    words = pc.ascii_lower(pc.ascii_trim(texts, SPACES))
    true, false, unknown = (
        pc.is_in(words, pa.array(known, LARGE)).to_numpy(zero_copy_only=False)
        for known in (TRUE, FALSE, UNKNOWN)
    )
    wrong = ~(true | false | unknown)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _wrong(field, row + 1, texts[row].as_py())
    return true, unknown


def _arrays(field: Field, texts: Any, parts: int) -> Cells:
    """Arrays: values with spaces, or commas, between them; bits also without."""
    trimmed = pc.ascii_trim(pc.replace_substring(texts, ",", " "), SPACES)
    if field.datatype == "bit":
        joined = pc.replace_substring_regex(trimmed, r"\s", "")
        trimmed = pc.ascii_trim(pc.replace_substring_regex(joined, "(.)", r"\1 "), SPACES)
    lists = pc.ascii_split_whitespace(trimmed)
    empty = pc.equal(pc.binary_length(trimmed), 0).to_numpy(zero_copy_only=False)
    counts = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    counts[empty] = 0
    values = pc.list_flatten(lists.filter(pa.array(~empty)))
    scalar = Field(field.name, COMPLEX.get(field.datatype, field.datatype), null=field.null)
    flat, gone = _scalars(scalar, values)
    step = field.shape.values * parts
    wrong = counts % step if field.shape.varies else (counts != step) & ~empty
    if wrong.any():
        row = int(np.argmax(wrong != 0))
        raise _wrong(field, row + 1, texts[row].as_py())
    return arrays_of(field, flat, gone, counts)
