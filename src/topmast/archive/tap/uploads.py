"""Tables that come with a query, read from their VOTables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from topmast.archive.tap.schema import TapTable
from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.adql_names import REGULAR
from topmast.wire.vosi import TapColumn
from topmast.wire.votable.arrow import DATATYPES
from topmast.wire.votable.reading import Votable, read_votable

MOST_UPLOADS = 10
MOST_ROWS = 200_000
MOST_COLUMNS = 500
NOTES = ("description", "unit", "ucd", "xtype")
Fetch = Callable[[str], bytes | None]


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
    _check_markup(name, content)
    try:
        table = read_votable(content)
    except BadAnswerError as problem:
        raise InvalidQueryError(
            f"UPLOAD: {name} is no VOTable that can be read: {problem}"
        ) from problem
    if not table.has_table:
        raise InvalidQueryError(f"UPLOAD: {name} is a VOTable without a table.")
    if table.rows > MOST_ROWS or len(table.columns) > MOST_COLUMNS:
        raise InvalidQueryError(
            f"UPLOAD: {name} has {table.rows} rows and {len(table.columns)} columns; "
            f"{MOST_ROWS} and {MOST_COLUMNS} are the most."
        )
    return _arrow(name, table)


def _check_markup(name: str, content: bytes) -> None:
    """Refuse what an honest VOTable has not: entities, which can blow up, and packed files."""
    if content[:2] == b"\x1f\x8b":
        raise InvalidQueryError(f"UPLOAD: {name} is packed; send it as plain XML.")
    if b"<!DOCTYPE" in content[:4096].upper() or b"<!ENTITY" in content.upper():
        raise InvalidQueryError(f"UPLOAD: {name} declares entities, which are not read.")


def _arrow(name: str, table: Votable) -> pa.Table:
    lower = [column.field.name.lower() for column in table.columns]
    if len(set(lower)) < len(lower):
        raise InvalidQueryError(f"UPLOAD: {name} has two columns of the same name.")
    arrays = [_array(column.data, column.mask) for column in table.columns]
    fields = [
        pa.field(
            column.field.name,
            array.type,
            metadata={word: getattr(column.field, word) for word in NOTES},
        )
        for column, array in zip(table.columns, arrays, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _array(data: Any, mask: Any) -> Any:
    if data.ndim == 1 and data.dtype.kind == "u":
        data = data.astype(np.int16)  # of bytes; VOTable has no larger ones without a sign
    if data.ndim == 1 and data.dtype.kind in "fibU":
        return pa.array(data, mask=mask)
    cells = (None if np.all(gone) else _text(cell) for cell, gone in zip(data, mask, strict=True))
    return pa.array(list(cells), pa.string())


def _text(value: Any) -> str:
    if isinstance(value, (list, np.ndarray)):
        return " ".join(map(str, np.ravel(value)))
    return str(value)


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
