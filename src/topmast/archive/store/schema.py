"""The tables of archive.sqlite: the SQL files beside this one, and the columns that MAST sends."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from topmast.tables.fields import OBSERVATION, PRODUCT, Field

SQL_TYPES = {
    "string": "TEXT COLLATE NOCASE",
    "int": "INTEGER",
    "float": "REAL",
    "boolean": "INTEGER",
}


def is_identifier(field: Field) -> bool:
    """Whether MAST declares it a string and yet sends numbers."""
    return field.type == "string" and field.datatype == "long"


def quoted(name: str) -> str:
    """A column name as SQL takes it; it comes from the lists in fields.py, never from a request."""
    return f'"{name}"'


RIGHTS_TODAY = """
CASE WHEN "dataRights" = 'EXCLUSIVE_ACCESS' AND "t_obs_release" <= julianday('now') - 2400000.5
THEN 'PUBLIC' ELSE "dataRights" END COLLATE NOCASE
"""


def observation_value(name: str) -> str:
    """A column of the observations as it is today: what has been released is public."""
    return f"({RIGHTS_TODAY.strip()})" if name == "dataRights" else quoted(name)


def _column(field: Field) -> str:
    kind = "INTEGER" if is_identifier(field) else SQL_TYPES[field.type]
    return f"{quoted(field.name)} {kind}"


def _columns(fields: tuple[Field, ...], *, without: tuple[str, ...]) -> str:
    return ",\n  ".join(_column(field) for field in fields if field.name not in without)


@cache
def table_statements() -> tuple[str, ...]:
    """What makes the tables of an empty archive, one statement each."""
    text = _statements("tables.sql")
    columns = _columns(OBSERVATION, without=("objID",))
    text = text.replace("@OBSERVATION_COLUMNS@", columns)
    text = text.replace("@PRODUCT_COLUMNS@", _columns(PRODUCT, without=("parent_obsid",)))
    return (*text.split(";\n"), *account_statements(), *own_file_statements())


@cache
def account_statements() -> tuple[str, ...]:
    """What makes the tables of logins and rights where they are not there yet."""
    return tuple(_statements("account_tables.sql").split(";\n"))


def own_file_statements() -> tuple[str, ...]:
    """What makes the table of the user's own files where it is not there yet (format 2)."""
    return tuple(_statements("own_file_tables.sql").split(";\n"))


def _statements(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").rstrip()


INDEXED = (("obsid",), ("obs_id",), ("obs_collection", "t_min"), ("target_name",), ("proposal_id",))
INDEXES = {
    f"observations_{'_'.join(names)}": f'CREATE INDEX "observations_{"_".join(names)}" '
    f"ON observations ({', '.join(map(quoted, names))})"
    for names in INDEXED
}
"""Chosen from what people ask for; a large ingest drops them and builds them again at its end."""


AMONG = "IN (SELECT value FROM json_each(?))"
"""One of many values, given as JSON."""


def put_rows(
    connection: sqlite3.Connection,
    table: str,
    columns: Mapping[str, Sequence[Any]],
    *,
    key: Sequence[str],
    update: Sequence[str] | None = None,
) -> None:
    """Put rows into a table, or bring those with the same key up to date; `update`: all but it."""
    names = [name for name in columns if name not in key] if update is None else update
    sql = upsert(table, list(columns), key=key, update=names)
    connection.executemany(sql, zip(*columns.values(), strict=True))


def upsert(table: str, names: Sequence[str], *, key: Sequence[str], update: Sequence[str]) -> str:
    """The SQL that puts in a row, or brings the one with the same key up to date."""
    columns = ", ".join(map(quoted, names))
    marks = ", ".join("?" * len(names))
    changes = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in update)
    action = f"UPDATE SET {changes}" if changes else "NOTHING"
    keys = ", ".join(map(quoted, key))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({keys}) DO {action}"
