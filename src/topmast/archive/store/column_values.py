"""Columns of a table on their way into the archive: checked, and turned into what SQLite keeps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from topmast.archive.store.filters import INT64, TRUTH
from topmast.archive.store.schema import is_identifier
from topmast.errors import InvalidQueryError
from topmast.tables.dates import mjd_of
from topmast.tables.fields import Field


def column_values(column: Any, field: Field, first_row: int) -> list[Any]:
    """The values of a piece of a column, None where there is none.

    `column` is an array, masked or not, an astropy Column or a list; `first_row` is the number of
    its first row in the whole table, for error texts.
    """
    values, missing = _plain_values(column)
    cells = _cells(values, missing, field, first_row)
    if field.name in LIMITS:
        low, high = LIMITS[field.name]
        for row, cell in enumerate(cells, first_row):
            if cell is not None and not low <= cell <= high:
                raise _refusal(field, cell, row, f"from {low:g} to {high:g} degrees")
    return cells


LIMITS = {"s_ra": (-180.0, 360.0), "s_dec": (-90.0, 90.0)}
"""Where positions are, in degrees."""


def _cells(
    values: npt.NDArray[Any], missing: npt.NDArray[np.bool_], field: Field, first_row: int
) -> list[Any]:
    cells = values.tolist()
    if not _is_ready(values, cells, field):
        convert = _converter(field)
        return [
            None if gone or _is_nothing(cell) else _converted(convert, cell, field, first_row + row)
            for row, (cell, gone) in enumerate(zip(cells, missing.tolist(), strict=True))
        ]
    if field.type == "float":
        numbers = values.astype(np.float64, copy=False)
        missing = missing | np.isnan(numbers)
        for row in np.flatnonzero(np.isinf(numbers))[:1].tolist():
            raise _refusal(field, numbers[row].item(), first_row + row, "a finite number")
    elif field.type == "string" and "" in cells:
        cells = [cell or None for cell in cells]
    for row in np.flatnonzero(missing).tolist():
        cells[row] = None
    return cells


def _plain_values(column: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """The values without mask and unit, and where the mask was."""
    mask = getattr(column, "mask", None)
    column = getattr(column, "unmasked", column)
    data = column.data if isinstance(column, np.ma.MaskedArray) else column
    data = getattr(data, "value", data)
    values = np.asarray(data, dtype=object) if isinstance(data, list) else np.asarray(data)
    if values.ndim != 1:
        raise InvalidQueryError("A column must hold one value a row, not an array.")
    missing = np.zeros(len(values), bool)
    if mask is not None and np.any(mask):
        missing |= np.asarray(mask, bool)
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    return values, missing


READY: dict[str, tuple[str, set[type]]] = {
    "string": ("U", {str, type(None)}),
    "float": ("f", {float, type(None)}),
    "int": ("i", {int, type(None)}),
    "boolean": ("b", {bool, type(None)}),
}
"""The kind of array, and the types of Python objects, that need no conversion."""


def _is_ready(values: npt.NDArray[Any], cells: list[Any], field: Field) -> bool:
    """Whether SQLite can take the values as they are."""
    kind, types = READY["int" if is_identifier(field) else field.type]
    if values.dtype.kind != "O":
        return values.dtype.kind == kind
    if not set(map(type, cells)) <= types:
        return False
    return kind != "i" or all(cell is None or -INT64 <= cell < INT64 for cell in cells)


def _is_nothing(cell: Any) -> bool:
    return cell is None or cell is np.ma.masked or cell == "" or cell != cell


def _converter(field: Field) -> Callable[[Any], Any]:
    if is_identifier(field):
        return _integer
    if field.type == "float" and field.unit == "d":
        return _date
    return {"string": _text, "float": _float, "int": _integer, "boolean": _boolean}[field.type]


def _converted(convert: Callable[[Any], Any], cell: Any, field: Field, row: int) -> Any:
    try:
        return convert(cell)
    except (ValueError, TypeError, KeyError, OverflowError) as problem:
        kind = WANTED.get(convert, f"a {field.type}")
        raise _refusal(field, cell, row, kind) from problem


def _refusal(field: Field, cell: Any, row: int, wanted: str) -> InvalidQueryError:
    return InvalidQueryError(
        f"Row {row + 1}, column {field.name}: {str(cell)[:100]!r} is not {wanted}."
    )


def _text(cell: Any) -> str:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, str | bool | int | float):
        return str(cell)
    raise TypeError(cell)


def _float(cell: Any) -> float | None:
    number = float(cell)
    if math.isinf(number):
        raise ValueError(cell)
    return None if math.isnan(number) else number


def _date(cell: Any) -> float | None:
    return _float(mjd_of(cell))


def _integer(cell: Any) -> int:
    if isinstance(cell, bytes):
        cell = cell.decode()
    if isinstance(cell, str):
        text = cell.strip()
        number = int(text) if text.lstrip("+-").isdigit() else float(text)
    else:
        number = cell
    if number != int(number) or not -INT64 <= int(number) < INT64:
        raise ValueError(cell)
    return int(number)


def _boolean(cell: Any) -> int:
    return TRUTH[str(cell).strip().lower()]


WANTED: dict[Callable[[Any], Any], str] = {
    _integer: "a whole number",
    _date: "a date, nor a number of days (MJD)",
}
