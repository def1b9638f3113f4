"""Put the datasets of a mission and their products into an archive, all or nothing."""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from topmast.archive.missions.definitions import (
    MissionTable,
    checked_table,
    dataset_of,
    read_mission,
    table_statements,
    write_mission,
)
from topmast.archive.store.column_values import column_values
from topmast.archive.store.database import Store
from topmast.archive.store.locking import writer_lock
from topmast.archive.store.product_files import IncomingFile, ProductFolder, file_name_of
from topmast.archive.store.schema import AMONG, quoted
from topmast.archive.store.table_pieces import TableSource, known_columns, whole_table
from topmast.errors import InvalidQueryError
from topmast.wire.mission_lists import MissionColumn

ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")
POSITIONS = (("ra", "dec"), ("targ_ra", "targ_dec"), ("ra_ref", "dec_ref"), ("sci_ra", "sci_dec"),
             ("s_ra", "s_dec"))  # fmt: skip
"""Names of columns that hold a position, where their kinds do not say so."""
PUT_FILE = (
    'INSERT INTO files (uri, obs_collection, obs_id, "productFilename", "dataRights") '
    'VALUES (?, ?, ?, ?, ?) ON CONFLICT (uri) DO UPDATE SET "dataRights" = '
    """excluded."dataRights" WHERE excluded."dataRights" <> 'PUBLIC'"""
)
"""A product list never makes a file public that another list calls exclusive."""


@dataclass(frozen=True, slots=True)
class MissionInput:
    """What is to be put in; see `Archive.ingest_mission`."""

    name: str
    datasets: TableSource | None = None
    products: TableSource | None = None
    files: Path | None = None
    columns: Sequence[MissionColumn] = ()
    dataset: str = ""
    sort_by: Sequence[str] = ()


@dataclass(slots=True)
class MissionReport:
    """What was put in; `missing` are the URIs of products whose file was not found."""

    datasets: int = 0
    products: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)


def ingest_mission(store: Store, given: MissionInput) -> MissionReport:
    """Put everything in, in one transaction."""
    report = MissionReport()
    with writer_lock(store.layout):
        with store.writing() as connection:
            folder = ProductFolder(store.layout, connection, given.files)
            try:
                for statement in table_statements():
                    connection.execute(statement)
                _put_datasets(connection, given, report)
                _put_products(connection, given, folder, report)
            except BaseException:
                folder.undo()
                raise
        folder.finish()
        report.files = folder.count
    return report


def _put_datasets(
    connection: sqlite3.Connection, given: MissionInput, report: MissionReport
) -> None:
    known = read_mission(connection, given.name)
    if given.datasets is None:
        if known is None:
            raise InvalidQueryError(f"The archive has no mission {given.name!r}: give datasets.")
        return
    source = whole_table(given.datasets)
    if known is None:
        known = _new_mission(given, source)
        write_mission(connection, known)
    fields = known_columns(source.colnames, known.fields, ignore_unknown=False)
    columns = {each.name: column_values(source[name], each, 0) for name, each in fields.items()}
    names = columns.get(known.dataset, [None])
    if None in names:
        raise InvalidQueryError(
            f"Row {names.index(None) + 1} of the datasets has no {known.dataset}, which names it."
        )
    _check_positions(known, columns)
    connection.execute(
        f"DELETE FROM {known.table} WHERE {quoted(known.dataset)} {AMONG}", (json.dumps(names),)
    )
    marks = ", ".join("?" * len(columns))
    connection.executemany(
        f"INSERT INTO {known.table} ({', '.join(map(quoted, columns))}) VALUES ({marks})",
        zip(*columns.values(), strict=True),
    )
    report.datasets = len(names)


def _new_mission(given: MissionInput, source: Any) -> MissionTable:
    columns = tuple(given.columns) or tuple(_described(source[n]) for n in source.colnames)
    names = [column.name for column in columns]
    dataset = given.dataset or dataset_of(given.name, names)
    ra, dec = _position(columns)
    columns = tuple(
        replace(column, kind=kind) if (kind := {ra: "ra", dec: "dec"}.get(column.name)) else column
        for column in columns
    )
    columns = tuple(replace(each, is_dataset=each.name == dataset) for each in columns)
    sort_by = tuple(given.sort_by) or ((dataset,) if dataset else ())
    return checked_table(MissionTable(given.name, dataset, columns, ra, dec, sort_by))


def _described(column: Any) -> MissionColumn:
    """What a column of a table tells of itself."""
    kind, datatype = _kind_of(column)
    unit = f", in {column.unit}" if getattr(column, "unit", None) else ""
    description = (getattr(column, "description", None) or column.name) + unit
    return MissionColumn(column.name, kind, column.name, description, datatype, in_default=True)


def _kind_of(column: Any) -> tuple[str, str]:
    values = [value for value in column.tolist() if value is not None and value != ""]
    types = set(map(type, values))
    for known, kind in KINDS:
        if types and types <= known:
            return kind
    texts = [str(value) for value in values]
    if texts and all(map(ISO_TIME.fullmatch, texts)):
        return "datetime", "char"
    return "string", "char"


KINDS: tuple[tuple[set[type], tuple[str, str]], ...] = (
    ({bool}, ("boolean", "long")),
    ({int}, ("integer", "long")),
    ({int, float}, ("float", "double")),
)
"""The types of all values of a column, and what they make it."""


def _position(columns: Sequence[MissionColumn]) -> tuple[str, str]:
    """The columns with the position: the first of the kinds ra and dec, or by their names."""
    by_kind = {column.kind: column.name for column in reversed(columns)}
    if "ra" in by_kind and "dec" in by_kind:
        return by_kind["ra"], by_kind["dec"]
    names = {column.name.lower(): column.name for column in columns}
    for ra, dec in POSITIONS:
        if ra in names and dec in names:
            return names[ra], names[dec]
    return "", ""


def _check_positions(table: MissionTable, columns: Mapping[str, list[Any]]) -> None:
    for name, low, high in ((table.ra, -360, 360), (table.dec, -90, 90)):
        for row, value in enumerate(columns.get(name, ())):
            if value is not None and not low <= value <= high:
                raise InvalidQueryError(
                    f"Row {row + 1} of the datasets is off the sky: {name} is {value}."
                )


def _put_products(
    connection: sqlite3.Connection,
    given: MissionInput,
    folder: ProductFolder,
    report: MissionReport,
) -> None:
    if given.products is None:
        return
    products = [_product(row, n, given.name) for n, row in enumerate(_rows(given.products))]
    connection.execute(
        f"DELETE FROM mission_products WHERE mission = ? AND dataset {AMONG}",
        (given.name, json.dumps(list({about["dataset"] for about, _ in products}))),
    )
    for number, (about, file) in enumerate(products):
        arrival = IncomingFile(file, given.name.upper(), about["dataset"], about["filename"])
        is_public = str(about["access"]).upper() == "PUBLIC"
        rights = "PUBLIC" if is_public else "EXCLUSIVE_ACCESS"
        connection.execute(
            PUT_FILE, (file, arrival.collection, arrival.obs_id, arrival.file_name, rights)
        )
        folder.place(arrival, about.get("size"))
        sql = "SELECT size FROM files WHERE uri = ? AND path IS NOT NULL"
        held = connection.execute(sql, (file,)).fetchone()
        if held is not None:
            about["size"] = held[0]
        else:
            report.missing.append(file)
        connection.execute(
            "INSERT INTO mission_products VALUES (?, ?, ?, ?, ?, ?, ?)",
            (given.name, about["dataset"], number, about["uri"], about["filename"], file,
             json.dumps(about)),
        )  # fmt: skip
    report.products = len(products)


def _product(row: dict[str, Any], number: int, mission: str) -> tuple[dict[str, Any], str]:
    """A product as it is sent, with what each must have, and the URI of its file."""
    about = dict(row)
    file = about.pop("dataURI", None)
    for name in ("dataset", "filename"):
        if not isinstance(about.get(name), str) or not about[name].strip():
            raise InvalidQueryError(f"Row {number + 1} of the products has no {name}.")
    dataset, name = about["dataset"], about["filename"]
    about.setdefault("product_key", f"{dataset}_{name}")
    about["access"] = about.get("access") or "PUBLIC"
    about["uri"] = uri = about.get("uri") or f"{dataset}/{name}"
    if not file:
        file = uri if ":" in uri else f"mast:{mission.upper()}/product/{file_name_of(name)}"
    return about, str(file)


def _rows(source: TableSource) -> list[dict[str, Any]]:
    """The rows of a table, as plain values that JSON has; what is masked is left null."""
    if isinstance(source, list) and all(isinstance(row, dict) for row in source):
        rows: list[dict[str, Any]] = source
    else:
        table = whole_table(source)
        columns = {name: table[name].tolist() for name in table.colnames}
        rows = [
            dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)
        ]
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise InvalidQueryError(f"A product has texts and numbers, not {value!r:.100}.")
