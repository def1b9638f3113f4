"""Columns of NumPy, astropy and Arrow in the types that a VOTable has, each with its FIELD."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from topmast.wire.votable.fields import Field

if TYPE_CHECKING:
    from astropy.table import Table

DATATYPES = {
    "bool": "boolean", "uint8": "unsignedByte", "int16": "short", "int32": "int", "int64": "long",
    "float": "float", "double": "double",
}  # fmt: skip
WIDER = {"int8": pa.int16(), "uint16": pa.int32(), "uint32": pa.int64(), "halffloat": pa.float32()}
TEXTS = ("string", "large_string")
PARTS: dict[str, tuple[str, Any]] = {
    "complex64": ("floatComplex", np.float32),
    "complex128": ("doubleComplex", np.float64),
}
TIME = "%Y-%m-%dT%H:%M:%S"


def arrow_table(table: Table) -> tuple[list[Field], pa.Table]:
    """The fields and the rows of an astropy table; a mask becomes nulls."""
    plain = _without_mixins(table)
    made = [_of_column(plain[name]) for name in plain.colnames]
    arrays = [array for _, array in made]
    return [field for field, _ in made], pa.Table.from_arrays(arrays, list(plain.colnames))


def field_of(name: str, column: Any, **about: str) -> Field:
    """The FIELD of an Arrow column of one of the types that `plain_column` gives."""
    kind, arraysize = column.type, ""
    if pa.types.is_fixed_size_list(kind):
        arraysize, kind = str(kind.list_size), kind.value_type
    elif pa.types.is_nested(kind):
        arraysize, kind = "*", kind.value_type
    datatype = DATATYPES.get(str(kind))
    if datatype is None:
        return Field(name, _letters_of(column), "*", **about)
    return Field(name, datatype, arraysize, **about)


def plain_column(column: Any) -> Any:
    """An Arrow column in a type that VOTable has: numbers it lacks are widened, dates are texts."""
    kind = column.type
    if str(kind) in DATATYPES or str(kind) in TEXTS or _is_list_of_numbers(kind):
        return column
    for fits, convert in CONVERSIONS:
        if fits(kind):
            return convert(column)
    return column.cast(pa.large_string())


def _is_list_of_numbers(kind: Any) -> bool:
    return pa.types.is_nested(kind) and str(getattr(kind, "value_type", "")) in DATATYPES


def _from_time(column: Any) -> Any:
    return pc.strftime(column.cast(pa.timestamp("ms")), format=TIME)


def _from_decimal(column: Any) -> Any:
    return _first_cast(column, pa.int64() if column.type.scale == 0 else pa.float64(), pa.float64())


def _from_bytes(column: Any) -> Any:
    try:
        return column.cast(pa.large_string())
    except pa.ArrowInvalid:
        texts = [cell and cell.decode("utf-8", "replace") for cell in column.to_pylist()]
        return pa.array(texts, pa.large_string())


def _first_cast(column: Any, *kinds: Any) -> Any:
    for kind in kinds[:-1]:
        try:
            return column.cast(kind)
        except pa.ArrowInvalid:
            continue
    return column.cast(kinds[-1])


CONVERSIONS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...] = (
    (lambda kind: str(kind) in WIDER, lambda column: column.cast(WIDER[str(column.type)])),
    (pa.types.is_uint64, lambda column: _first_cast(column, pa.int64(), pa.large_string())),
    (pa.types.is_decimal, _from_decimal),
    (pa.types.is_timestamp, _from_time),
    (pa.types.is_binary, _from_bytes),
    (pa.types.is_large_binary, _from_bytes),
    (pa.types.is_nested, lambda column: pa.nulls(len(column), pa.large_string())),
)


def _letters_of(column: Any) -> str:
    """``char``, or ``unicodeChar`` where there are letters that it does not have."""
    if pa.types.is_null(column.type) or pc.all(pc.string_is_ascii(column)).as_py() is not False:
        return "char"
    return "unicodeChar"


# ---------------------------------------------------------------- columns of astropy


def _without_mixins(table: Any) -> Any:
    from astropy.table import Column
    from astropy.table.serialize import represent_mixins_as_columns

    if all(isinstance(column, Column) for column in table.columns.values()):
        return table
    return represent_mixins_as_columns(table)


def _of_column(column: Any) -> tuple[Field, Any]:
    data = np.asarray(column)
    missing = np.broadcast_to(np.asarray(getattr(column, "mask", False)), data.shape)
    field, array = _of_values(str(column.name), data, missing)
    meta = column.meta or {}
    words = {word: str(meta[word]) for word in ("ucd", "utype", "xtype") if meta.get(word)}
    about = {"unit": unit_text(column.unit), "description": column.description or ""} | words
    given = {word: getattr(field, word) for word in ("name", "datatype", "arraysize")}
    return Field(**given, **about), array


def unit_text(unit: Any) -> str:
    """A unit as VOTable writes it."""
    if unit is None:
        return ""
    try:
        return str(unit.to_string("vounit"))
    except (AttributeError, TypeError, ValueError):  # a text, or a unit that VOUnit has not
        return str(unit)


def _of_values(name: str, data: Any, missing: Any) -> tuple[Field, Any]:
    if data.dtype.kind == "O":
        return _of_objects(name, data, missing)
    if data.dtype.kind == "c":
        return _of_complex(name, data, missing)
    if data.ndim > 1:
        return _of_arrays(name, data, missing)
    array = plain_column(_native(data, np.ascontiguousarray(missing) if missing.any() else None))
    return field_of(name, array), array


def _native(data: Any, mask: Any) -> Any:
    native = np.ascontiguousarray(data.astype(data.dtype.newbyteorder("="), copy=False))
    try:
        return pa.array(native, mask=mask)
    except UnicodeError:  # half a letter, which no text of XML has
        whole = [text.encode("utf-8", "replace").decode() for text in native.tolist()]
        return pa.array(whole, pa.string(), mask=mask)


def _of_complex(name: str, data: Any, missing: Any) -> tuple[Field, Any]:
    datatype, dtype = PARTS.get(data.dtype.name, PARTS["complex128"])
    values = np.ascontiguousarray(data, np.dtype(f"c{2 * np.dtype(dtype).itemsize}"))
    pairs = values.view(dtype).reshape(*data.shape, 2)
    _, array = _of_arrays(name, pairs, np.stack([missing, missing], axis=-1))
    return Field(name, datatype, _arraysize(data.shape[1:])), array


def _of_arrays(name: str, data: Any, missing: Any) -> tuple[Field, Any]:
    """A column whose cells are arrays of one shape; a cell is missing if all in it is."""
    if data.dtype.kind in "US":
        return _of_text_arrays(name, data, missing)
    count = int(np.prod(data.shape[1:]))
    flags = missing.reshape(len(data), count)
    _, flat = _of_values(name, data.reshape(-1), flags.reshape(-1))
    whole = pa.array(flags.all(axis=1) & (count > 0))
    lists = pa.FixedSizeListArray.from_arrays(flat, count, mask=whole)
    return Field(name, DATATYPES[str(flat.type)], _arraysize(data.shape[1:])), lists


def _of_text_arrays(name: str, data: Any, missing: Any) -> tuple[Field, Any]:
    """Texts of one length one after the other, which is how VOTable has several in a cell."""
    filled = np.where(missing, "", data.astype(np.str_))
    width = max(1, filled.dtype.itemsize // 4)
    rows = ["".join(text.ljust(width) for text in row.ravel()) for row in filled]
    texts = pa.array(rows, pa.large_string())
    return Field(name, _letters_of(texts), f"{width}x{_arraysize(data.shape[1:])}"), texts


def _arraysize(shape: Sequence[int]) -> str:
    return "x".join(map(str, reversed(shape)))


def _of_objects(name: str, data: Any, missing: Any) -> tuple[Field, Any]:
    """A column of Python objects: arrays of differing lengths, or else texts."""
    cells = [None if gone else cell for cell, gone in zip(data.tolist(), missing, strict=True)]
    arrays = [None if cell is None else np.ma.asarray(cell) for cell in cells]
    kinds = {array.dtype.kind for array in arrays if array is not None}
    if not kinds or not kinds <= set("iufb") or any(a is not None and not a.ndim for a in arrays):
        texts = pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())
        return field_of(name, texts), texts
    return _of_lists(name, arrays)


def _text(cell: Any) -> str:
    text = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
    return text.encode("utf-8", "replace").decode()


def _of_lists(name: str, arrays: Sequence[Any]) -> tuple[Field, Any]:
    present = [array for array in arrays if array is not None]
    flattened = [array.reshape(-1) for array in present]
    values = np.concatenate([np.asarray(array) for array in flattened])
    missing = np.concatenate([np.ma.getmaskarray(array) for array in flattened])
    _, flat = _of_values(name, values, missing)
    lengths = [0 if array is None else array.size for array in arrays]
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))
    gone = pa.array([array is None for array in arrays])
    lists = pa.LargeListArray.from_arrays(offsets, flat, mask=gone)
    steps = {array.shape[1:] for array in present}
    step = steps.pop() if len(steps) == 1 else ()
    arraysize = f"{_arraysize(step)}x*" if step else "*"
    return Field(name, DATATYPES[str(flat.type)], arraysize), lists
