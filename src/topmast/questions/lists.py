"""One value or many: whatever a user gives as an argument, as a plain list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from topmast.errors import InvalidQueryError


def is_one(value: Any) -> bool:
    """Whether `value` is a single value and not a list of some kind."""
    if isinstance(value, (str, bytes)) or np.isscalar(value) or not isinstance(value, Iterable):
        return True
    return bool(getattr(value, "isscalar", False)) or (
        not isinstance(value, (Iterator, Mapping, set, frozenset))
        and getattr(value, "ndim", 1) == 0
    )


def listed(value: Any) -> list[Any]:
    """One value or a list of any kind, as a list; sets in order, so that requests repeat."""
    if is_one(value):
        return [value.item() if type(value) is np.ndarray else value]
    if isinstance(value, (set, frozenset)):
        try:
            return sorted(value)
        except TypeError:
            return sorted(value, key=str)
    if isinstance(value, Mapping) or getattr(value, "ndim", 1) > 1:
        raise InvalidQueryError(f"Give one value or a simple list, not {value!r}.")
    return list(value)


def size(value: Any) -> int:
    """How many values a list of some kind has; 1 for a single value."""
    return 1 if is_one(value) or not hasattr(value, "__len__") else len(value)


def is_missing(value: Any) -> bool:
    """Whether `value` stands for no value."""
    return value is None or value is np.ma.masked
