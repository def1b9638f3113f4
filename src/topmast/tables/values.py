"""The cells of a column become one NumPy array and its mask.

The type words are those of MAST's answers. What a null becomes depends on the type: text and
integers are masked, floats are masked or NaN as the caller wishes, and a column whose
configuration names an `ignoreValue` is masked wherever that value stands.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import NoneType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topmast.errors import BlankResponseWarning
from topmast.tables.texts import Texts

Array = NDArray[Any]
NullFloats = Literal["masked", "nan"]


class Values(NamedTuple):
    """One column: its values, and True where there is none."""

    data: Array
    mask: NDArray[np.bool_]


# ---------------------------------------------------------------- reading the cells of a column

Unreadable = list[Any]
"""Collects the cells that do not fit the declared type."""
Read = Callable[[Sequence[Any], Any, Unreadable, Any], None]
"""Puts cells where those of the column are gathered."""


def _read_text(cells: Sequence[Any], null: Any, _: Unreadable, texts: Texts) -> None:
    if _all_the_same(cells):
        texts.repeat(null if cells[0] is None else cells[0], len(cells))
        return
    try:
        texts.add(cells)
    except TypeError:  # nulls or numbers among them, which have no length
        if NoneType in set(map(type, cells)):
            cells = [null if cell is None else cell for cell in cells]
        texts.add(list(map(str, cells)))


def _all_the_same(cells: Sequence[Any]) -> bool:
    """Whether one text, or null, fills all cells: so common that it is worth a look."""
    if len(cells) < 2 or not isinstance(cells[0], str | NoneType) or cells[0] != cells[-1]:
        return False
    return cells.count(cells[0]) == len(cells)


def _floats(cells: Sequence[Any], null: Any, unreadable: Unreadable) -> Array:
    try:
        data = np.array(cells, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        data = None
    if data is not None and data.ndim == 1:
        return data
    return np.array([_checked(float, cell, np.nan, unreadable) for cell in cells], np.float64)


def _integers(cells: Sequence[Any], null: Any, unreadable: Unreadable) -> Array:
    if None in cells:
        cells = [null if cell is None else cell for cell in cells]
    try:
        data = np.array(cells, dtype=np.int64)
    except (TypeError, ValueError, OverflowError):
        data = None
    if data is not None and data.ndim == 1 and float not in set(map(type, cells)):
        return data  # NumPy would cut the fraction off a float without a word
    return np.array([_checked(_integer, cell, null, unreadable) for cell in cells], np.int64)


def _bytes(cells: Sequence[Any], null: Any, unreadable: Unreadable) -> Array:
    return np.array([_checked(_byte, cell, null, unreadable) for cell in cells], np.int64)


def _booleans(cells: Sequence[Any], null: Any, unreadable: Unreadable) -> Array:
    if set(map(type, cells)) <= {bool, NoneType}:
        return np.array([null if cell is None else cell for cell in cells], np.int64)
    return np.array([_checked(_truth, cell, null, unreadable) for cell in cells], np.int64)


class Numbers:
    """A column of numbers that grows; `expected` is how many there will be."""

    def __init__(self, dtype: Any, expected: int = 0) -> None:
        self._numbers: Array = np.empty(expected, dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, numbers: Array) -> None:
        """Append these numbers."""
        count = self._count + len(numbers)
        if count > len(self._numbers):
            grown = np.empty(count if not self._count else count + count // 2, self._numbers.dtype)
            grown[: self._count] = self._numbers[: self._count]
            self._numbers = grown
        self._numbers[self._count : count] = numbers
        self._count = count

    def keep(self, count: int) -> None:
        """Take back all but the first numbers."""
        self._count = count

    def array(self) -> Array:
        """All numbers."""
        numbers = self._numbers[: self._count]
        return numbers.copy() if 2 * self._count < len(self._numbers) else numbers


Convert = Callable[[Sequence[Any], Any, Unreadable], Array]


def _read_with(convert: Convert) -> Read:
    def read(cells: Sequence[Any], null: Any, unreadable: Unreadable, into: Numbers) -> None:
        into.add(convert(cells, null, unreadable))

    return read


def _checked(convert: Callable[[Any], Any], cell: Any, null: Any, unreadable: Unreadable) -> Any:
    if cell is None or cell == "":
        return null
    try:
        return convert(cell)
    except (TypeError, ValueError, OverflowError):
        unreadable.append(cell)
        return null


def _within(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise OverflowError(number)
    return number


def _integer(cell: Any) -> int:
    if isinstance(cell, float) and not cell.is_integer():
        raise ValueError(cell)
    return _within(int(cell), -(1 << 63), (1 << 63) - 1)


def _byte(cell: Any) -> int:
    return _within(int(cell), 0, 255)


TRUTH_WORDS = dict.fromkeys(("true", "t", "yes", "y", "1"), 1)
TRUTH_WORDS |= dict.fromkeys(("false", "f", "no", "n", "0"), 0)


def _truth(cell: Any) -> int:
    if isinstance(cell, str):
        return _word(cell)
    return int(bool(cell))


def _word(cell: str) -> int:
    try:
        return TRUTH_WORDS[cell.strip().lower()]
    except KeyError:
        raise ValueError(cell) from None


# ---------------------------------------------------------------- which value means "nothing"


def _text_done(data: Array, null: Any, given: bool, null_floats: NullFloats) -> Values:
    return Values(data, data == null)


def _floats_done(data: Array, null: Any, given: bool, null_floats: NullFloats) -> Values:
    mask = np.isnan(data)
    if given:
        data[mask] = null
        return Values(data, data == null)
    return Values(data, mask if null_floats == "masked" else np.zeros(len(data), bool))


def _integers_done(data: Array, null: Any, given: bool, null_floats: NullFloats) -> Values:
    return Values(data, data == null)


def _bytes_done(data: Array, null: Any, given: bool, null_floats: NullFloats) -> Values:
    mask = data == null
    return Values(np.where(mask, null % 256, data).astype(np.uint8), mask)


def _booleans_done(data: Array, null: Any, given: bool, null_floats: NullFloats) -> Values:
    mask = data == null
    return Values(data == 1, mask)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a type word of an answer means: `word` is what the metadata tables call it."""

    word: str
    null: Any
    gather: Callable[[int], Any]
    read: Read
    done: Callable[[Array, Any, bool, NullFloats], Values]
    number: Callable[[Any], Any]


NO_TRUTH = 2
TEXT = Kind("string", "", Texts, _read_text, _text_done, str)
FLOAT = Kind(
    "float", np.nan, partial(Numbers, np.float64), _read_with(_floats), _floats_done, float
)
INTEGER = Kind(
    "integer", -999, partial(Numbers, np.int64), _read_with(_integers), _integers_done, _integer
)
BOOLEAN = Kind(
    "boolean", NO_TRUTH, partial(Numbers, np.int64), _read_with(_booleans), _booleans_done, _truth
)
BYTE = Kind("byte", -999, partial(Numbers, np.int64), _read_with(_bytes), _bytes_done, _integer)

KINDS: dict[str, Kind] = {
    **dict.fromkeys(("string", "char", "date", "datetime"), TEXT),
    **dict.fromkeys(("float", "double", "decimal"), FLOAT),
    **dict.fromkeys(("int", "short", "long", "number"), INTEGER),
    **dict.fromkeys(("boolean", "binary"), BOOLEAN),
    "unsignedbyte": BYTE,
}
"""The type words of MAST."""

OTHER_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("unicodechar", "varchar", "nvarchar", "text", "uniqueidentifier"), TEXT),
    **dict.fromkeys(("float32", "float64", "real", "single", "numeric"), FLOAT),
    **dict.fromkeys(("integer", "int16", "int32", "int64", "bigint", "smallint"), INTEGER),
    **dict.fromkeys(("bool", "bit"), BOOLEAN),
    **dict.fromkeys(("uint8", "tinyint", "byte"), BYTE),
}
"""Words that are not in MAST's list, and whose meaning is plain all the same."""


def kind_of(type_word: str) -> Kind | None:
    """What a type word in any case means; None if nobody knows."""
    word = type_word.strip().lower()
    return KINDS.get(word) or OTHER_KINDS.get(word)


class ColumnReader:
    """Takes the cells of one column, some rows at a time, and gives its values at the end.

    Parameters
    ----------
    name, type_word : str
        As the answer's list of fields has them.
    ignore_value
        The value that stands for "nothing" in this column, when its configuration names one.
    expected : int, optional
        How many rows there will be, as far as anybody knows.
    """

    def __init__(
        self, name: str, type_word: str, ignore_value: Any = None, expected: int = 0
    ) -> None:
        kind = kind_of(type_word)
        if kind is None:
            _warn(f"Column {name!r} has the unknown type {type_word!r}; it is kept as text.")
            kind = TEXT
        self.name = name
        self.kind = kind
        self.null: Any
        self.given: bool
        self.null, self.given = _null_value(kind, ignore_value)
        self._gathered = kind.gather(expected)
        self._unreadable: Unreadable = []
        self._no_nulls: list[int] = []

    def __len__(self) -> int:
        return len(self._gathered)

    def read(self, cells: Sequence[Any], nuls: bool = False) -> None:
        """Take the cells of the next rows: texts, numbers, truth values and None.

        `nuls` says that NUL characters may be among them. NumPy drops those at the end of a text,
        which may then look like the value for "nothing" and is not masked.
        """
        if nuls and self.kind is TEXT:
            rows = enumerate(cells, len(self))
            self._no_nulls += [
                row for row, cell in rows if cell != self.null and str(cell)[-1:] == "\0"
            ]
        self.kind.read(cells, self.null, self._unreadable, self._gathered)

    def mark(self) -> tuple[int, int]:
        """What `forget` takes to go back to here."""
        return len(self._gathered), len(self._unreadable)

    def forget(self, mark: tuple[int, int]) -> None:
        """Take back all cells read since the mark."""
        self._gathered.keep(mark[0])
        del self._unreadable[mark[1] :]
        self._no_nulls = [row for row in self._no_nulls if row < mark[0]]

    def values(self, null_floats: NullFloats = "masked") -> Values:
        """All cells read so far, as one array and its mask."""
        if self._unreadable:
            first, count = str(self._unreadable[0])[:40], len(self._unreadable)
            kind = self.kind.word
            _warn(f"Column {self.name!r}: {count} values are no {kind} and masked, as {first!r}.")
        data = self._gathered.array()
        self._gathered = self.kind.gather(0)
        values = self.kind.done(data, self.null, self.given, null_floats)
        values.mask[self._no_nulls] = False
        return values


def _null_value(kind: Kind, ignore_value: Any) -> tuple[Any, bool]:
    if ignore_value is None:
        return kind.null, False
    try:
        return kind.number(ignore_value), True
    except (TypeError, ValueError, OverflowError):
        return kind.null, False


def _warn(message: str) -> None:
    warnings.warn(message, BlankResponseWarning, stacklevel=2)


def ignore_values_of(config: Mapping[str, Any] | None) -> dict[str, Any]:
    """The `ignoreValue` of each column that has one, from a service's column configuration."""
    entries = (config or {}).items()
    found = {
        name: entry.get("ignoreValue") for name, entry in entries if isinstance(entry, Mapping)
    }
    return {name: value for name, value in found.items() if value is not None}
