"""Values of every kind that a user may pass, and a small likeness of what pandas passes."""

from __future__ import annotations

import datetime
import decimal
import fractions
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
from astropy.coordinates import Angle, Galactic, SkyCoord
from astropy.table import Column, MaskedColumn, Table
from astropy.time import Time
from astropy.utils.masked import Masked

HIDDEN = 123.456789
"""What stands under each mask; it must never reach a request."""
M101 = (210.80225, 54.34894)


class Series:
    """A column as pandas has it: labels that need not be 0, 1, 2, and NaN for what is missing."""

    ndim = 1

    def __init__(self, values: list[Any], first_label: int = 10) -> None:
        self._values = values
        self._first = first_label

    def to_numpy(self) -> Any:
        return np.array(self._values)

    tolist = property(lambda self: lambda: list(self._values))
    values = property(to_numpy)
    dtype = property(lambda self: self.to_numpy().dtype)
    shape = property(lambda self: (len(self._values),))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self._values, dtype=dtype)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, label: int) -> Any:
        if not self._first <= label < self._first + len(self):
            raise KeyError(label)
        return self._values[label - self._first]


class DataFrame:
    """A table as pandas has it: iterating gives the titles."""

    ndim = 2

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self._columns = columns
        self.columns = list(columns)

    def to_numpy(self) -> Any:
        return np.array(list(zip(*self._columns.values(), strict=True)), dtype=object)

    shape = property(lambda self: (len(self), len(self.columns)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __getitem__(self, name: str) -> Series:
        return Series(self._columns[name])


class NAType:
    """As NA of pandas: no truth value, and equal to nothing."""

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


def _masked_sky() -> Any:
    ra = Masked([M101[0], HIDDEN] * u.deg, mask=[False, True])
    dec = Masked([M101[1], 45.0] * u.deg, mask=[False, True])
    return SkyCoord(ra, dec)


def _cartesian() -> Any:
    place = SkyCoord(*M101, unit="deg")
    return SkyCoord(place.cartesian, representation_type="cartesian", frame="icrs")


def _hms_table() -> Any:
    return Table(
        {
            "RA": Column(["14 03 12.54"], unit='"h:m:s"'),
            "DEC": Column(["+54 20 56.2"], unit='"d:m:s"'),
        }
    )


def _masked_table() -> Any:
    return Table(
        {
            "ra": MaskedColumn([M101[0], HIDDEN], mask=[False, True]),
            "dec": MaskedColumn([M101[1], 45.0], mask=[False, True]),
            "obsid": MaskedColumn(["3000007760", str(HIDDEN)], mask=[False, True]),
        }
    )


KINDS: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "int": lambda: 5,
    "whole float": lambda: 3.0,
    "broken float": lambda: 3.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "numpy nan": lambda: np.float64("nan"),
    "numpy int": lambda: np.int64(5),
    "numpy text": lambda: np.str_("M101"),
    "bytes": lambda: b"M101",
    "bytes that are no text": lambda: b"\xff\xfe",
    "empty text": lambda: "",
    "blank text": lambda: "   ",
    "name": lambda: "M101",
    "position": lambda: "210.80225 54.34894",
    "all digits": lambda: "00035031001",
    "masked": lambda: np.ma.masked,
    "NA": NAType,
    "masked sky": _masked_sky,
    "masked sky, one": lambda: _masked_sky()[1],
    "cartesian sky": _cartesian,
    "nan sky": lambda: SkyCoord(np.nan, 5, unit="deg"),
    "frame without data": Galactic,
    "0-d text": lambda: np.array("210.80225 54.34894"),
    "0-d number": lambda: np.array(5.0),
    "0-d None": lambda: np.array(None),
    "set": lambda: {"M101", "M8"},
    "frozenset": lambda: frozenset((1, 2)),
    "generator of texts": lambda: (text for text in ("M101", "M8")),
    "generator of numbers": lambda: iter([210.8, 54.3]),
    "empty list": list,
    "empty array": lambda: np.array([]),
    "list with None": lambda: ["M101", None],
    "list with masked": lambda: ["M101", np.ma.masked],
    "list with nan": lambda: ["M101", float("nan")],
    "list of bytes": lambda: [b"M101", b"M8"],
    "array of bytes": lambda: np.array([b"M101", b"M8"]),
    "tuple": lambda: M101,
    "nested list": lambda: [[(1, 2), (3, 4)], (5, 6)],
    "dict": lambda: {"ra": [M101[0]], "dec": [M101[1]]},
    "other dict": lambda: {"a": 1},
    "masked texts": lambda: MaskedColumn(["M101", str(HIDDEN)], mask=[False, True]),
    "masked numbers": lambda: MaskedColumn([M101[0], HIDDEN], mask=[False, True]),
    "masked array": lambda: np.ma.array([M101[0], HIDDEN], mask=[False, True]),
    "h:m:s table": _hms_table,
    "h:m:s row": lambda: _hms_table()[0],
    "masked table": _masked_table,
    "masked row": lambda: _masked_table()[1],
    "quantity": lambda: 5 * u.arcmin,
    "wrong quantity": lambda: 5 * u.kg,
    "masked quantity": lambda: Masked(HIDDEN * u.deg, mask=True),
    "angle": lambda: Angle("5d"),
    "time": lambda: Time(57000, format="mjd"),
    "date": lambda: datetime.date(2015, 3, 14),
    "path": lambda: Path("nowhere"),
    "Series of texts": lambda: Series(["M101", "M8"]),
    "Series of numbers": lambda: Series([210.8, 54.3]),
    "Series with nan": lambda: Series(["M101", float("nan")]),
    "DataFrame": lambda: DataFrame({"ra": [M101[0]], "dec": [M101[1]], "obsid": ["3000007760"]}),
    "DataFrame with nan": lambda: DataFrame({"ra": [1.0, float("nan")], "dec": [1.0, 2.0]}),
    "object": object,
    "function": lambda: len,
    "range": lambda: range(2),
    "Decimal": lambda: decimal.Decimal("5.5"),
    "Fraction": lambda: fractions.Fraction(1, 2),
    "complex": lambda: 1 + 2j,
    "surrogates": lambda: "\ud800",
}
