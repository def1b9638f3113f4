"""Arguments as users give them: one value or a list of any kind, whole numbers, truth values."""

from __future__ import annotations

import math
import os
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
    """Whether `value` stands for no value: None, a masked entry, or NA of pandas."""
    return value is None or is_masked(value)


def is_masked(value: Any) -> bool:
    """Whether `value` is a masked entry of NumPy or astropy, or NA or NaT of pandas."""
    if value is np.ma.masked or type(value).__name__ in ("NAType", "NaTType"):
        return True
    try:
        mask = getattr(value, "mask", None)
    except ValueError:  # a frame of coordinates without any
        return False
    return isinstance(mask, (bool, np.bool_, np.ndarray)) and np.ndim(mask) == 0 and bool(mask)


def is_nan(value: Any) -> bool:
    """Whether `value` is a single number, and not one."""
    return isinstance(value, (float, np.floating)) and math.isnan(value)


def check_none_missing(values: Iterable[Any], what: str) -> None:
    """Refuse a list with an entry that is masked, None or NaN; `what` is what an entry is."""
    for number, value in enumerate(values):
        if is_missing(value) or is_nan(value):
            shown = "masked" if is_masked(value) else repr(value)
            raise InvalidQueryError(
                f"Entry {number} of the list is {shown} and no {what}; take it out of the list."
            )


def plain_text(value: Any) -> Any:
    """Bytes as text, and a text of NumPy as one of Python; anything else as it is.

    Raises InvalidQueryError for what no UTF-8 can hold.
    """
    try:
        if isinstance(value, bytes):
            return value.decode()
        if isinstance(value, str):
            value.encode()
            return str(value)
    except UnicodeError as problem:
        raise InvalidQueryError(f"{value!r} is no text in UTF-8.") from problem
    return value


def plain_argument(value: Any) -> Any:
    """A list of any kind as one that has a length: iterators, sets, views and columns of pandas.

    Bytes become texts, arrays without a dimension their value. A table stays as it is.

    Raises InvalidQueryError for a single value that is masked.
    """
    if is_masked(value):
        raise InvalidQueryError("A masked value was given, which stands for nothing.")
    if isinstance(value, (str, bytes)) or np.isscalar(value):
        return plain_text(value)
    if type(value).__module__.partition(".")[0] not in ("builtins", "numpy"):
        is_column = hasattr(value, "to_numpy") and not hasattr(value, "columns")
        if not is_column and not isinstance(value, Iterator):
            return _texts_of_array(value) if isinstance(value, np.ndarray) else value
    if isinstance(value, np.ndarray):
        return plain_argument(value.item()) if value.ndim == 0 else _texts_of_array(value)
    if isinstance(value, (list, tuple)):
        has_bytes = any(isinstance(item, (bytes, np.str_)) for item in value)
        return type(value)(map(plain_text, value)) if has_bytes else value
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return [plain_text(item) for item in as_list(value)]
    return value


def _texts_of_array(values: Any) -> Any:
    """An array or column of bytes as one of texts; another one as it is."""
    if getattr(values, "dtype", None) is None or values.dtype.kind not in "SO":
        return values
    if getattr(values, "ndim", 1) != 1:
        return values
    return [plain_text(item) for item in values]


def shown(value: Any) -> str:
    """A value as an error names it: on one line, and not much longer than 80 letters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def path_text(name: str, value: Any) -> str | None:
    """A path as text, also one that is bytes; None for None. `name` is for the error text."""
    if value is None:
        return None
    try:
        text = os.fsdecode(value)
        if b"\0" in os.fsencode(text):
            raise ValueError("a null character")
        return text
    except (TypeError, ValueError) as problem:
        raise InvalidQueryError(f"{name} is a path, not {value!r}.") from problem


def whole_number(name: str, value: Any) -> int:
    """`value` as a whole number from 1 on; `name` is for the error text."""
    try:
        if is_missing(value):
            raise ValueError("no value")
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
    plain = plain_argument(value)
    names = [plain] if isinstance(plain, str) else plain
    if is_one(names) or hasattr(names, "columns") or isinstance(names, Mapping):
        raise InvalidQueryError(f"An object name is a text such as 'M101', not {value!r}.")
    listed = [plain_text(name) for name in names]
    check_none_missing(listed, "object name")
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
