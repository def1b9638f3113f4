"""Which values of a column pass a filter: the rules of filters.py on Arrow columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from topmast.archive.store.filters import Filter, Range, ascii_lower, is_text, like_pattern

Mask = npt.NDArray[np.bool_]


def passing(column: pa.Array, item: Filter) -> Mask:
    """True for each value that is one of the values, in a range, or like the pattern."""
    test = _passing_texts if is_text(item.field) else _passing_numbers
    mask = test(column, item)
    if item.or_null:
        mask |= _nulls(column)
    return ~mask if item.negated else mask


def passing_distances(distances: npt.NDArray[np.float64], item: Filter) -> Mask:
    """The same for the distance from the searched position, which is no column of the file."""
    return _passing_numbers(pa.array(distances), item)


def _passing_numbers(column: pa.Array, item: Filter) -> Mask:
    missing = _nulls(column)
    values = _filled(column)
    mask = _one_of(values, item.values)
    for bounds in item.ranges:
        mask |= _in_range(values, bounds)
    mask &= ~missing
    if item.pattern:
        mask |= _like(_as_text(column), item.pattern)
    return mask


def _filled(column: pa.Array) -> npt.NDArray[Any]:
    """Values as NumPy has them; whatever stands for null is masked later."""
    if pa.types.is_boolean(column.type):
        return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), np.int64)
    return np.asarray(pc.fill_null(column, 0).to_numpy(zero_copy_only=False))


def _one_of(values: npt.NDArray[Any], wanted: Sequence[Any]) -> Mask:
    """Whole numbers are compared as such, all 64 bits of them."""
    whole = [value for value in wanted if isinstance(value, int)]
    others = [value for value in wanted if isinstance(value, float)]
    if values.dtype.kind == "f":
        return np.isin(values, np.array([*map(float, whole), *others], np.float64))
    return np.isin(values, np.array(whole, np.int64))


def _in_range(values: npt.NDArray[Any], bounds: Range) -> Mask:
    low = -math.inf if bounds.low is None else bounds.low
    high = math.inf if bounds.high is None else bounds.high
    return np.asarray((values >= low) & (values <= high), bool)


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_floating(column.type):
        return pa.array([None if v is None else repr(v) for v in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def _passing_texts(column: pa.Array, item: Filter) -> Mask:
    mask = np.zeros(len(column), bool)
    if not len(column):
        return mask
    # Texts repeat: each is looked at once.
    coded = pc.dictionary_encode(column)
    words = coded.dictionary
    good = np.zeros(len(words) + 1, bool)
    for test, wanted in TEXT_TESTS:
        for value in wanted(item):
            good[:-1] |= test(words, value)
    if item.separator:
        good[:-1] |= _elements(words, item)
    codes = pc.fill_null(coded.indices, len(words)).to_numpy(zero_copy_only=False)
    return np.asarray(good[codes], bool)


def _equal(words: pa.Array, values: Sequence[str]) -> Mask:
    wanted = pa.array([ascii_lower(value) for value in values], pa.string())
    return _mask(pc.is_in(pc.ascii_lower(words), value_set=wanted))


def _between(words: pa.Array, bounds: Range) -> Mask:
    lower = pc.ascii_lower(words)
    mask = np.ones(len(words), bool)
    for compare, bound in ((pc.greater_equal, bounds.low), (pc.less_equal, bounds.high)):
        if bound is not None:
            mask &= _mask(compare(lower, ascii_lower(str(bound))))
    return mask


def _like(words: pa.Array, pattern: str) -> Mask:
    """SQL's LIKE, whatever the case of the letters."""
    return _mask(pc.match_like(words, like_pattern(pattern), ignore_case=True))


def _elements(words: pa.Array, item: Filter) -> Mask:
    """Any element of a stored list is one of the values, or like the pattern."""
    lists = pc.split_pattern(words, item.separator)
    elements = pc.utf8_trim_whitespace(lists.flatten())
    found = _equal(elements, [str(value) for value in item.values])
    if item.pattern:
        found |= _like(elements, item.pattern)
    owners = pc.list_parent_indices(lists).to_numpy()
    mask = np.zeros(len(words), bool)
    mask[owners[found]] = True
    return mask


TEXT_TESTS: tuple[
    tuple[Callable[[pa.Array, Any], Mask], Callable[[Filter], Sequence[Any]]], ...
] = (
    (_equal, lambda item: [[str(value) for value in item.values]]),
    (_between, lambda item: item.ranges),
    (_like, lambda item: [item.pattern] if item.pattern else []),
)


def _nulls(column: pa.Array) -> Mask:
    return _mask(pc.is_null(column))


def _mask(answers: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(answers, False).to_numpy(zero_copy_only=False), bool)
