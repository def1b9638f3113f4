"""Arguments as users give them: one value or a list of any kind, whole numbers, truth values."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from topmast.errors import InvalidQueryError

Item = TypeVar("Item")


def is_astropy(value: Any, *classes: str) -> bool:
    """Whether `value` is of a class of astropy, such as ``"table.Table"``, without loading it."""
    for name in classes:
        module, _, kind = name.rpartition(".")
        loaded = sys.modules.get(f"astropy.{module}")
        if loaded is not None and isinstance(value, getattr(loaded, kind)):
            return True
    return False


def is_one(value: Any) -> bool:
    """Whether `value` is a single value and not a list of some kind."""
    if isinstance(value, (str, bytes)) or np.isscalar(value) or not isinstance(value, Iterable):
        return True
    return bool(getattr(value, "isscalar", False)) or (
        not isinstance(value, (Iterator, Mapping, set, frozenset))
        and getattr(value, "ndim", 1) == 0
    )


def as_list(value: Any) -> list[Any]:
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


def whole_number(name: str, value: Any) -> int:
    """`value` as a whole number from 1 on; `name` is for the error text."""
    try:
        number = int(value)
        if isinstance(value, (bool, np.bool_)) or number != float(value) or number < 1:
            raise ValueError("not a positive whole number")
    except (TypeError, ValueError, OverflowError) as problem:
        raise InvalidQueryError(f"{name} is a whole number from 1 on, not {value!r}.") from problem
    return number


def truth_value(name: str, value: Any) -> bool:
    """`value` as True or False; a text such as "no" would count as True."""
    if isinstance(value, (bool, np.bool_)) or (
        isinstance(value, (int, np.integer)) and value in (0, 1)
    ):
        return bool(value)
    raise InvalidQueryError(f"{name} is True or False, not {value!r}.")


def object_names(value: str | Iterable[str]) -> list[str]:
    """One object name or many, as a list of texts."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, Iterable):
        raise InvalidQueryError(f"An object name is a text such as 'M101', not {names!r}.")
    listed = list(names)
    for name in listed:
        if not isinstance(name, str):
            raise InvalidQueryError(f"All object names must be strings, not {name!r}.")
    return listed


def in_batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """`items` in pieces of `size`, the last one shorter."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def first_few(texts: Iterable[str]) -> str:
    """The first three texts, and how many more there are."""
    shown = list(texts)
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
