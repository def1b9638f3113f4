"""Which missions an archive has, and which columns the datasets of each have."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from topmast.archive.store.schema import SQL_TYPES, quoted
from topmast.errors import InvalidQueryError, did_you_mean
from topmast.tables.fields import Field
from topmast.tables.missions import ANGULAR_SEPARATION, find_mission, without_python_suffix
from topmast.wire.mission_lists import MissionColumn

SEARCH_POSITION = MissionColumn(
    "search_pos", "string", "Search Position", "The position that was searched, RA and Dec", "char"
)
SEPARATION = MissionColumn(
    ANGULAR_SEPARATION, "float", "Ang Sep (')", "Angular separation from it", "float"
)
SEARCH_KEY = MissionColumn(
    "search_key", "string", "Search Key", "The searched position and the dataset", "char"
)
COMPUTED = {column.name: column for column in (SEARCH_POSITION, SEPARATION, SEARCH_KEY)}
"""Columns that a search works out; no dataset has a value of them."""

TYPES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("string", "ustring", "substring"), ("string", "VARCHAR")),
    "datetime": ("string", "DATETIME"),
    **dict.fromkeys(("integer", "int"), ("int", "INTEGER")),
    "boolean": ("boolean", "INTEGER"),
    **dict.fromkeys(("float", "ra", "dec"), ("float", "FLOAT")),
}
"""For each kind of column the type of its values, and the word for it in an answer."""

MISSION_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
RESERVED = {"util", "docs", "api"}
"""Words that an address has in the place of a mission's name."""


@dataclass(frozen=True, slots=True)
class MissionTable:
    """One mission of an archive.

    `dataset` is the column that names a dataset, `ra` and `dec` those with its position ("" for
    none), `sort_by` those by which rows are sorted that nobody sorts otherwise.
    """

    name: str
    dataset: str
    columns: tuple[MissionColumn, ...]
    ra: str = ""
    dec: str = ""
    sort_by: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The name of the table of its datasets, quoted."""
        return quoted(f"mission_{self.name}")

    @property
    def by_name(self) -> Mapping[str, MissionColumn]:
        """The columns, those that a search works out among them."""
        return {column.name: column for column in self.listed}

    @property
    def listed(self) -> tuple[MissionColumn, ...]:
        """All columns, in the order of the column list."""
        return (SEARCH_POSITION, *self.columns, SEPARATION, SEARCH_KEY)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns as an ingest checks them."""
        return tuple(
            Field(column.name, TYPES[column.kind][0], column.label, column.description)
            for column in self.columns
        )

    def column(self, name: object) -> MissionColumn:
        """The column of exactly this name, or an error that names the nearest.

        ``pass_id`` is ``pass``: so a client writes what Python has a word for.
        """
        text = name if isinstance(name, str) else ""
        found = self.by_name.get(text) or self.by_name.get(without_python_suffix(text))
        if found is None:
            near = did_you_mean(str(name), self.by_name)
            raise InvalidQueryError(f"{self.name} has no column {str(name)[:100]!r}.{near}")
        return found


def checked_table(table: MissionTable) -> MissionTable:
    """`table`, if an archive can have it."""
    if not MISSION_NAME.fullmatch(table.name) or table.name in RESERVED:
        raise InvalidQueryError(
            f"A mission's name is of small letters, digits and _, not {table.name[:100]!r}."
        )
    seen: set[str] = set()
    for column in table.columns:
        if not COLUMN_NAME.fullmatch(column.name) or column.name in COMPUTED:
            raise InvalidQueryError(f"{column.name[:100]!r} cannot be a column of a mission.")
        if column.kind not in TYPES:
            raise InvalidQueryError(
                f"The kind of the column {column.name} is one of {', '.join(TYPES)}, "
                f"not {column.kind!r}."
            )
        if column.name.lower() in seen:
            raise InvalidQueryError(f"The column {column.name} is there twice.")
        seen.add(column.name.lower())
    for name in filter(None, (table.dataset, table.ra, table.dec, *table.sort_by)):
        table.column(name)
    if not table.dataset:
        raise InvalidQueryError(
            f"Say which column names a dataset of {table.name}: dataset='...'. "
            f"Its columns: {', '.join(column.name for column in table.columns)}."
        )
    return table


def dataset_of(name: str, columns: Sequence[str]) -> str:
    """The column that names a dataset of a known mission; "" if it is not there, or not known."""
    known = find_mission(name).dataset_keyword
    return known if known in columns else ""


@cache
def table_statements() -> tuple[str, ...]:
    """What makes the tables about missions where they are not there yet."""
    text = Path(__file__).with_name("mission_tables.sql").read_text(encoding="utf-8").rstrip()
    return tuple(text.split(";\n"))


def has_missions(connection: sqlite3.Connection) -> bool:
    """Whether the archive has any table about missions."""
    sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'missions'"
    return connection.execute(sql).fetchone() is not None


def mission_names(connection: sqlite3.Connection) -> list[str]:
    """The missions of the archive, sorted."""
    if not has_missions(connection):
        return []
    return [row[0] for row in connection.execute("SELECT name FROM missions ORDER BY name")]


def read_mission(connection: sqlite3.Connection, name: str) -> MissionTable | None:
    """One mission, or None: the archive does not have it."""
    if not has_missions(connection):
        return None
    sql = "SELECT name, dataset, ra, decl, sort_by FROM missions WHERE name = ?"
    row = connection.execute(sql, (name,)).fetchone()
    if row is None:
        return None
    about = connection.execute(
        "SELECT about FROM mission_columns WHERE mission = ? ORDER BY number", (name,)
    )
    columns = tuple(msgspec.json.decode(text, type=MissionColumn) for (text,) in about)
    return MissionTable(row[0], row[1], columns, row[2], row[3], tuple(json.loads(row[4])))


def write_mission(connection: sqlite3.Connection, table: MissionTable) -> None:
    """Put in a mission that is not there, with an empty table for its datasets."""
    connection.execute(
        "INSERT INTO missions VALUES (?, ?, ?, ?, ?)",
        (table.name, table.dataset, table.ra, table.dec, json.dumps(table.sort_by)),
    )
    connection.executemany(
        "INSERT INTO mission_columns VALUES (?, ?, ?)",
        [
            (table.name, number, msgspec.json.encode(column).decode())
            for number, column in enumerate(table.columns)
        ],
    )
    columns = ", ".join(f"{quoted(field.name)} {SQL_TYPES[field.type]}" for field in table.fields)
    connection.execute(f"CREATE TABLE {table.table} (_number INTEGER PRIMARY KEY, {columns})")
    for name in dict.fromkeys(filter(None, (table.dataset, table.dec))):
        index = quoted(f"mission_{table.name}_{name}")
        connection.execute(f"CREATE INDEX {index} ON {table.table} ({quoted(name)})")
