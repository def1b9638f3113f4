"""FITS files byte by byte: headers, images, tables and their checksums.

The sample must have the same bytes with every version of every library, so it writes its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 2880
DATE = "2020-01-01"
MADE_BY = "made by topmast, not an observation"

Cards = Sequence[tuple[str, Any, str]]
Array = NDArray[Any]

BITPIX = {"u1": 8, "i2": 16, "i4": 32, "i8": 64, "f4": -32, "f8": -64}
LETTERS = {"u1": "B", "i2": "I", "i4": "J", "i8": "K", "f4": "E", "f8": "D", "b1": "L"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a binary table; `shape` is that of one cell, slowest axis first."""

    name: str
    data: Array
    unit: str = ""
    null: int | None = None
    extra: Cards = ()


def fits_file(*units: bytes) -> bytes:
    """A whole file from its header-data units, the primary one first."""
    return b"".join(units)


def primary(cards: Cards, data: Array | None = None, *, extensions: bool = True) -> bytes:
    """The first unit, which says who made the file."""
    start: list[tuple[str, Any, str]] = [("SIMPLE", True, "conforms to FITS standards")]
    shape = [("EXTEND", True, "file contains extensions")] if extensions else []
    end = [("DATE", DATE, "file creation date")]
    comment = [("COMMENT", MADE_BY, "")]
    return unit([*start, *axes(data), *shape, *cards, *end, *comment], raw(data))


def image(name: str, data: Array | None, cards: Cards = (), *, version: int = 1) -> bytes:
    """An image extension."""
    start = [("XTENSION", "IMAGE", "image extension")]
    counts = [("PCOUNT", 0, "group parameter count"), ("GCOUNT", 1, "group count")]
    return unit([*start, *axes(data), *counts, *named(name, version), *cards], raw(data))


def table(name: str, columns: Sequence[Column], cards: Cards = (), *, version: int = 1) -> bytes:
    """A binary table extension."""
    rows = pack(columns)
    start = [
        ("XTENSION", "BINTABLE", "binary table extension"),
        ("BITPIX", 8, "array data type"),
        ("NAXIS", 2, "number of array dimensions"),
        ("NAXIS1", rows.dtype.itemsize, "bytes a row"),
        ("NAXIS2", len(rows), "rows"),
        ("PCOUNT", 0, "group parameter count"),
        ("GCOUNT", 1, "group count"),
        ("TFIELDS", len(columns), "columns"),
    ]
    described = [card for number, column in enumerate(columns, 1) for card in about(number, column)]
    return unit([*start, *described, *named(name, version), *cards], rows.tobytes())


def named(name: str, version: int) -> Cards:
    return [("EXTNAME", name, "name of extension"), ("EXTVER", version, "extension version")]


def axes(data: Array | None) -> Cards:
    """BITPIX and the NAXIS keywords of an array."""
    if data is None:
        return [("BITPIX", 8, "array data type"), ("NAXIS", 0, "number of array dimensions")]
    sizes = [(f"NAXIS{i}", n, "") for i, n in enumerate(reversed(data.shape), 1)]
    return [
        ("BITPIX", BITPIX[data.dtype.str[1:]], "array data type"),
        ("NAXIS", data.ndim, "number of array dimensions"),
        *sizes,
    ]


def raw(data: Array | None) -> bytes:
    """The bytes of an array as FITS orders them."""
    return b"" if data is None else data.astype(data.dtype.newbyteorder(">")).tobytes()


def pack(columns: Sequence[Column]) -> Array:
    """The rows of a table, big-endian and without gaps."""
    fields = [(c.name, big_endian(c.data.dtype), c.data.shape[1:]) for c in columns]
    rows = np.empty(len(columns[0].data), dtype=fields)
    for column in columns:
        rows[column.name] = column.data
    return rows


def big_endian(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.kind == "S" else dtype.newbyteorder(">")


def about(number: int, column: Column) -> Iterable[tuple[str, Any, str]]:
    """The keywords of one column."""
    yield f"TTYPE{number}", column.name, ""
    yield f"TFORM{number}", form(column.data), ""
    if column.unit:
        yield f"TUNIT{number}", column.unit, ""
    if column.null is not None:
        yield f"TNULL{number}", column.null, ""
    if column.data.ndim > 2:
        sizes = ",".join(str(n) for n in reversed(column.data.shape[1:]))
        yield f"TDIM{number}", f"({sizes})", ""
    yield from column.extra


def form(data: Array) -> str:
    if data.dtype.kind == "S":
        return f"{data.dtype.itemsize}A"
    count = int(np.prod(data.shape[1:], dtype=int))
    return f"{count if data.ndim > 1 else ''}{LETTERS[data.dtype.str[1:]]}"


def unit(cards: Iterable[tuple[str, Any, str]], data: bytes) -> bytes:
    """Header and data, padded, with DATASUM and CHECKSUM that hold."""
    data += bytes(-len(data) % BLOCK)
    total = ones_sum(data)
    sums = [("CHECKSUM", "0" * 16, "HDU checksum"), ("DATASUM", str(total), "data checksum")]
    header = header_bytes([*cards, *sums])
    rest = ~ones_sum(header, total) & 0xFFFFFFFF
    start = header.rindex(b"CHECKSUM= '") + 11
    return header[:start] + encoded(rest) + header[start + 16 :] + data


def ones_sum(data: bytes, start: int = 0) -> int:
    """The 32-bit ones' complement sum of big-endian words."""
    total = start + int(np.frombuffer(data, ">u4").sum(dtype=np.uint64))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def encoded(value: int) -> bytes:
    """A checksum as sixteen letters and digits, none of them punctuation."""
    letters = bytearray(16)
    for i in range(4):
        byte = value >> (24 - 8 * i) & 0xFF
        quarter = [byte // 4 + 48 + byte % 4, byte // 4 + 48, byte // 4 + 48, byte // 4 + 48]
        while any(58 <= c <= 64 or 91 <= c <= 96 for c in quarter):
            for even in (0, 2):
                if any(58 <= c <= 64 or 91 <= c <= 96 for c in quarter[even : even + 2]):
                    quarter[even] += 1
                    quarter[even + 1] -= 1
        for j in range(4):
            letters[4 * j + i] = quarter[j]
    return bytes(letters[-1:] + letters[:-1])


def header_bytes(cards: Iterable[tuple[str, Any, str]]) -> bytes:
    text = "".join(card_text(*card) for card in cards) + f"{'END':80}"
    return text.ljust(-(-len(text) // BLOCK) * BLOCK).encode("ascii")


def card_text(keyword: str, value: Any, comment: str) -> str:
    """One card: eighty characters."""
    if keyword in ("COMMENT", "HISTORY"):
        return f"{keyword:8}{value}"[:80].ljust(80)
    text = f"{keyword:8}= {value_text(value)}"
    return (f"{text} / {comment}" if comment else text)[:80].ljust(80)


def value_text(value: Any) -> str:
    if value is None:
        return " " * 20
    if isinstance(value, str):
        quoted = value.replace("'", "''")
        return f"'{quoted:8}'".ljust(20)
    if isinstance(value, bool | np.bool_):
        return f"{'T' if value else 'F':>20}"
    if isinstance(value, int | np.integer):
        return f"{int(value):>20}"
    return f"{float_text(float(value)):>20}"


def float_text(value: float) -> str:
    text = repr(value).upper()
    if "." in text:
        return text
    return text.replace("E", ".0E") if "E" in text else text + ".0"
