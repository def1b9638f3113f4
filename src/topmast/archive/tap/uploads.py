"""Tables that come with a query, read from their VOTables."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from topmast.archive.tap.schema import TapTable
from topmast.errors import InvalidQueryError
from topmast.wire.adql_names import REGULAR
from topmast.wire.vosi import TapColumn

MOST_UPLOADS = 10
MOST_ROWS = 200_000
MOST_COLUMNS = 500
NOTES = ("description", "unit", "ucd", "xtype")
Fetch = Callable[[str], bytes | None]
DATATYPES = {
    "bool": "boolean", "int16": "short", "int32": "int", "int64": "long", "float": "float",
    "double": "double",
}  # fmt: skip


def read_uploads(given: Iterable[tuple[str, bytes]]) -> dict[str, pa.Table]:
    """The tables by their names in small letters.

    Raises InvalidQueryError for a name that is none and for a table that cannot be read.
    """
    found: dict[str, pa.Table] = {}
    for name, content in given:
        if not REGULAR.fullmatch(name):
            raise InvalidQueryError(
                f"UPLOAD: a table's name is of letters, digits and _, not {name[:60]!r}."
            )
        if name.lower() in found:
            raise InvalidQueryError(f"UPLOAD: two tables have the name {name}.")
        found[name.lower()] = _read(name, content)
        if len(found) > MOST_UPLOADS:
            raise InvalidQueryError(f"UPLOAD: more than {MOST_UPLOADS} tables.")
    return found


def upload_tables(uploads: Mapping[str, pa.Table]) -> dict[str, TapTable]:
    """The uploaded tables as a query names them."""
    return {f"tap_upload.{name}": _described(name, table) for name, table in uploads.items()}


def _described(name: str, table: pa.Table) -> TapTable:
    columns = tuple(
        TapColumn(
            field.name,
            DATATYPES.get(str(field.type), "char"),
            _note(field, b"description"),
            _note(field, b"unit"),
            _note(field, b"ucd"),
            xtype=_note(field, b"xtype"),
        )
        for field in table.schema
    )
    return TapTable(f"TAP_UPLOAD.{name}", f"upload {name}", "Uploaded with the query", columns)


def _note(field: pa.Field, word: bytes) -> str:
    return (field.metadata or {}).get(word, b"").decode()


def _read(name: str, content: bytes) -> pa.Table:
    from astropy.io.votable import parse

    _check_markup(name, content)
    try:
        with warnings.catch_warnings():  # what a VOTable does against the standard is no matter
            warnings.simplefilter("ignore")
            table = parse(io.BytesIO(content)).get_first_table()
    except Exception as problem:  # of many kinds: of expat, of astropy, of zlib
        said = str(problem).partition("\n")[0][:200]
        raise InvalidQueryError(
            f"UPLOAD: {name} is no VOTable that can be read: {said}"
        ) from problem
    rows, columns = len(table.array), len(table.fields)
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise InvalidQueryError(
            f"UPLOAD: {name} has {rows} rows and {columns} columns; "
            f"{MOST_ROWS} and {MOST_COLUMNS} are the most."
        )
    return _arrow(name, table)


def _check_markup(name: str, content: bytes) -> None:
    """Refuse what an honest VOTable has not: entities, which can blow up, and packed files."""
    if content[:2] == b"\x1f\x8b":
        raise InvalidQueryError(f"UPLOAD: {name} is packed; send it as plain XML.")
    if b"<!DOCTYPE" in content[:4096].upper() or b"<!ENTITY" in content.upper():
        raise InvalidQueryError(f"UPLOAD: {name} declares entities, which are not read.")


def _arrow(name: str, table: Any) -> pa.Table:
    lower = [str(field.name).lower() for field in table.fields]
    if len(set(lower)) < len(lower):
        raise InvalidQueryError(f"UPLOAD: {name} has two columns of the same name.")
    arrays, fields = [], []
    for each in table.fields:
        array = _array(table.array[each.ID])
        words = {word: str(getattr(each, word) or "") for word in NOTES}
        arrays.append(array)
        fields.append(pa.field(each.name, array.type, metadata=words))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _array(column: Any) -> Any:
    kind = column.dtype.kind
    mask = np.asarray(getattr(column, "mask", np.zeros(len(column), bool)))
    if column.ndim > 1 or kind not in "fiub":
        cells = (None if value is None else _text(value) for value in column.tolist())
        return pa.array(list(cells), pa.string())
    values = np.asarray(column)
    if kind == "f":
        mask = mask | np.isnan(values)
    elif kind in "iu" and values.dtype.itemsize == 1:
        values = values.astype(np.int16)
    elif kind == "u":
        values = values.astype(np.int64)
    return pa.array(values.astype(values.dtype.newbyteorder("=")), mask=mask)


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        return " ".join(map(str, np.ravel(value)))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def uploads_of(
    listed: Iterable[str], files: Mapping[str, bytes], fetch: Fetch
) -> tuple[tuple[str, bytes], ...]:
    """The tables that a form's UPLOAD names, as ``name,param:field`` with semicolons between.

    In place of ``param:field`` may stand the address of the result of a job here, which `fetch`
    gives; it gives None for any other. Raises InvalidQueryError for such, and for a part that is
    not there.
    """
    found = []
    for each in (part.strip() for text in listed for part in text.split(";")):
        if each:
            name, comma, where = (word.strip() for word in each.partition(","))
            if not comma or not where:
                raise InvalidQueryError(f"UPLOAD is name,param:field, not {each[:60]!r}.")
            found.append((name.rpartition(".")[2], _content(name, where, files, fetch)))
    return tuple(found)


def _content(name: str, where: str, files: Mapping[str, bytes], fetch: Fetch) -> bytes:
    if where.lower().startswith("param:"):
        field = where[len("param:") :]
        if field not in files:
            raise InvalidQueryError(f"UPLOAD: the form has no file {field[:60]!r}.")
        return files[field]
    content = fetch(where)
    if content is None:
        raise InvalidQueryError(
            f"UPLOAD: this archive fetches no tables from elsewhere ({where[:100]!r}), only "
            f"results of its own jobs. Send the table with the query, as {name},param:{name}."
        )
    return content
