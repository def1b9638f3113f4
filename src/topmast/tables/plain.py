"""A table of named columns without astropy: enough to show it, and to write it as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from topmast.tables.values import Values

Masked = Any
"""A masked array of NumPy."""


class PlainTable:
    """Columns of equal length, each a masked array; in rows and columns it is taken as astropy's.

    Parameters
    ----------
    columns : mapping
        The values of each column, by its name.
    """

    def __init__(self, columns: Mapping[str, Values]) -> None:
        self.columns: dict[str, Values] = dict(columns)

    @classmethod
    def of(cls, columns: Mapping[str, Iterable[Any]]) -> PlainTable:
        """A table of lists, in which None is a missing value."""
        return cls({name: _values(list(cells)) for name, cells in columns.items()})

    @property
    def colnames(self) -> list[str]:
        return list(self.columns)

    def __len__(self) -> int:
        return next((len(values.data) for values in self.columns.values()), 0)

    def __getitem__(self, chosen: Any) -> Any:
        """A column by its name; a table of some columns, or of some rows."""
        if isinstance(chosen, str):
            values = self.columns[chosen]
            return np.ma.array(values.data, mask=values.mask, copy=False)
        if isinstance(chosen, (list, tuple)) and all(isinstance(name, str) for name in chosen):
            return PlainTable({name: self.columns[name] for name in chosen})
        return PlainTable(
            {
                name: Values(values.data[chosen], values.mask[chosen])
                for name, values in self.columns.items()
            }
        )


def _values(cells: list[Any]) -> Values:
    missing = np.array([cell is None for cell in cells], dtype=bool)
    filling = next((type(cell)() for cell in cells if cell is not None), "")
    return Values(np.array([filling if cell is None else cell for cell in cells]), missing)


def stacked(pages: Sequence[Mapping[str, Values]]) -> dict[str, Values]:
    """The columns of several pages, one below the other; masked where a page lacks one."""
    if len(pages) == 1:
        return dict(pages[0])
    lengths = [_length(page) for page in pages]
    names = dict.fromkeys(name for page in pages for name in page)
    return {name: _joined(name, pages, lengths) for name in names}


def _length(page: Mapping[str, Values]) -> int:
    return next((len(values.data) for values in page.values()), 0)


def _joined(name: str, pages: Sequence[Mapping[str, Values]], lengths: list[int]) -> Values:
    model = next(page[name].data for page in pages if name in page)
    parts = [
        page[name] if name in page else _nothing(model.dtype, length)
        for page, length in zip(pages, lengths, strict=True)
    ]
    return Values(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _nothing(dtype: np.dtype[Any], length: int) -> Values:
    return Values(np.zeros(length, dtype), np.ones(length, bool))
