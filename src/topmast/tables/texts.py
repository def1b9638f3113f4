"""The texts of one column, put into one fixed-width array as they come.

A column of text is NumPy's ``<U``, as wide as its longest text. Each piece goes into a small
array that stays in the processor's cache and from there to its place: memory is written once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MOST_BYTES_AT_ONCE = 64 << 20
MOST_BYTES = 4 << 30
"""A text column that would need more than this is kept as Python objects, not fixed-width."""
FIRST_ROWS = 1024
CHARACTER = np.dtype(np.uint32)


class Texts:
    """A column of texts that grows.

    Parameters
    ----------
    expected : int
        How many rows there will be, as far as anybody knows: room is made for so many at first.
    """

    def __init__(self, expected: int = 0) -> None:
        self._expected = expected
        self._rows = 0
        self._codes = np.zeros((0, 1), CHARACTER)
        self._piece = np.zeros((0, 2), CHARACTER)
        self._objects: list[str] | None = None

    def __len__(self) -> int:
        return self._rows if self._objects is None else len(self._objects)

    def keep(self, count: int) -> None:
        """Take back all but the first texts; the room that the others needed stays."""
        if self._objects is None:
            self._rows = count
        else:
            del self._objects[count:]

    def add(self, texts: Sequence[str]) -> None:
        """Append these texts; raises TypeError if one of them is none."""
        self._add(texts, max(map(len, texts), default=0))

    def repeat(self, text: str, count: int) -> None:
        """Append one text `count` times."""
        if self._objects is None and self._make_room(count, len(text)):
            self._texts(self._codes[self._rows : self._rows + count])[:] = text
            self._rows += count
        else:
            self._add_objects([text] * count)

    def array(self) -> Array:
        """All texts: fixed-width, or Python objects where that would take too much memory."""
        if self._objects is not None:
            return self._array_of_objects(self._objects)
        codes = self._codes[: self._rows]
        if 2 * self._rows < len(self._codes):
            codes = codes.copy()
        return self._texts(codes)

    @property
    def _width(self) -> int:
        return self._codes.shape[1]

    def _texts(self, codes: NDArray[np.uint32]) -> Array:
        """The same memory, seen as texts."""
        return codes.view(f"U{self._width}")[:, 0]

    def _add(self, texts: Sequence[str], longest: int) -> None:
        count = len(texts)
        if self._objects is not None or not self._make_room(count, longest):
            self._add_objects(texts)
            return
        if self._piece.shape[0] < count or self._piece.shape[1] != self._width:
            self._piece = np.zeros((count, self._width), CHARACTER)
        piece = self._piece[:count]
        self._texts(piece)[:] = texts
        self._codes[self._rows : self._rows + count] = piece
        self._rows += count

    def _make_room(self, count: int, longest: int) -> bool:
        """Have room for so many more texts, if that is not too much memory."""
        rows, width = self._rows + count, max(longest, self._width)
        if rows * width * 4 > MOST_BYTES or count * width * 4 > MOST_BYTES_AT_ONCE:
            return False
        if rows > len(self._codes) or width > self._width:
            capacity = len(self._codes) if rows <= len(self._codes) else self._capacity(rows)
            if capacity * width * 4 > MOST_BYTES:
                capacity = rows
            # Memory that is not written to costs nothing: too much room does no harm.
            larger = np.empty((capacity, width), CHARACTER)
            larger[: self._rows, : self._width] = self._codes[: self._rows]
            larger[: self._rows, self._width :] = 0
            self._codes = larger
        return True

    def _capacity(self, rows: int) -> int:
        return max(rows if rows <= self._expected else rows + rows // 2, self._expected, FIRST_ROWS)

    def _add_objects(self, texts: Sequence[str]) -> None:
        if self._objects is None:
            self._objects = self.array().tolist()
            self._codes = np.zeros((0, 1), CHARACTER)
        self._objects.extend(texts)

    def _array_of_objects(self, texts: list[str]) -> Array:
        longest = max(map(len, texts), default=0)
        if 4 * longest * len(texts) > MOST_BYTES:
            return np.array(texts, dtype=object)
        return np.array(texts, dtype=np.str_)
