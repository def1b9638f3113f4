"""What a VOTable says of a column: its FIELD, its datatype and the shape of its cells."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from topmast.errors import BadAnswerError, did_you_mean

DTYPES = {
    "boolean": "S1",
    "bit": "u1",
    "unsignedByte": "u1",
    "short": ">i2",
    "int": ">i4",
    "long": ">i8",
    "float": ">f4",
    "double": ">f8",
    "floatComplex": ">c8",
    "doubleComplex": ">c16",
    "char": "S1",
    "unicodeChar": ">u2",
}
"""The datatypes of VOTable, and what one value of each is in a binary serialization."""
ITEM_BYTES = {name: 1 if dtype == "S1" else int(dtype[-1]) for name, dtype in DTYPES.items()}
ITEM_BYTES["doubleComplex"] = 16
COMPLEX = {"floatComplex": "float", "doubleComplex": "double"}
"""The datatype of each of the two parts."""
TEXTS = ("char", "unicodeChar")
ARRAYSIZE = re.compile(r"(?:\d+x)*(?:\d+\*?|\*)")
MOST_VALUES = 1 << 31


class Info(NamedTuple):
    """An INFO of a VOTable, such as QUERY_STATUS, or a PARAM's name and value."""

    name: str
    value: str
    text: str = ""


class Shape(NamedTuple):
    """The shape of a cell: how many values in each direction, the fastest first.

    Where the cells differ in length, `sizes` lacks the last direction.
    """

    sizes: tuple[int, ...]
    varies: bool

    @property
    def values(self) -> int:
        """The number of values in a cell, or in each step of one whose length varies."""
        return math.prod(self.sizes)


@dataclass(frozen=True, slots=True)
class Field:
    """A FIELD: the attributes that VOTable gives a column, "" for those it has not.

    `null` is the integer that stands for a missing value.
    """

    name: str
    datatype: str = "char"
    arraysize: str = ""
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    xtype: str = ""
    description: str = ""
    null: str = ""
    id: str = ""

    @property
    def is_text(self) -> bool:
        return self.datatype in TEXTS

    @property
    def shape(self) -> Shape:
        return shape_of(self.arraysize)

    @property
    def item_bytes(self) -> int:
        """The bytes of one value in a binary serialization; eight bits are one."""
        return ITEM_BYTES[self.datatype]

    def bytes_of(self, count: int) -> int:
        """The bytes of so many values in a binary serialization."""
        return (count + 7) // 8 if self.datatype == "bit" else count * self.item_bytes


def shape_of(arraysize: str) -> Shape:
    """The shape that an `arraysize` stands for, as ``3``, ``*`` or ``2x*``."""
    *sizes, last = arraysize.split("x")
    fixed = tuple(map(int, sizes))
    if last.endswith("*"):
        return Shape(fixed, True)
    return Shape((*fixed, *([int(last)] if last and arraysize != "1" else [])), False)


def checked_field(field: Field) -> Field:
    """The field, if it is one that can be read; raises BadAnswerError."""
    if field.datatype not in DTYPES:
        hint = did_you_mean(field.datatype, DTYPES)
        raise BadAnswerError(f"Column {field.name!r} has no datatype of VOTable: "
                             f"{field.datatype[:40]!r}.{hint}")  # fmt: skip
    if field.arraysize and not ARRAYSIZE.fullmatch(field.arraysize):
        raise BadAnswerError(
            f"Column {field.name!r} has the arraysize {field.arraysize[:40]!r}; "
            "it is a number, *, or several with x between them."
        )
    if field.shape.values > MOST_VALUES:
        raise BadAnswerError(f"Column {field.name!r} has cells of {field.arraysize[:40]} values.")
    return field


# ---------------------------------------------------------------- as XML

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Letters that no XML can hold."""


def plain_text(text: str) -> str:
    """The text with a space for each letter that XML cannot hold."""
    return CONTROLS.sub(" ", text)


def attribute(text: str) -> str:
    """A text in quotes, as the value of an attribute."""
    return quoteattr(plain_text(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def attributes(**given: str) -> str:
    """The attributes that have a value."""
    return "".join(f" {name}={attribute(text)}" for name, text in given.items() if text)


def field_xml(field: Field, tag: str = "FIELD", **more: str) -> str:
    """A FIELD, or a PARAM of the same attributes, as XML."""
    of_column = ("name", "datatype", "arraysize", "unit", "ucd", "utype", "xtype")
    given = {"ID": field.id} | {word: getattr(field, word) for word in of_column} | more
    null = f"<VALUES null={attribute(field.null)}/>" if field.null else ""
    inside = _description(field.description) + null
    start = f"<{tag}{attributes(**given)}"
    return f"{start}>{inside}</{tag}>\n" if inside else f"{start}/>\n"


def info_xml(info: Info) -> str:
    """An INFO as XML."""
    start = f"<INFO name={attribute(info.name)} value={attribute(info.value)}"
    return f"{start}>{escape(plain_text(info.text))}</INFO>\n" if info.text else f"{start}/>\n"


def _description(text: str) -> str:
    return f"<DESCRIPTION>{escape(plain_text(text))}</DESCRIPTION>" if text else ""
