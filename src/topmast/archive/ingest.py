"""Put observations, products, their files and object names into an archive, all or nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import lt
from pathlib import Path
from typing import Any

from topmast.archive.accounts.rights import note_rights
from topmast.archive.store import coverage
from topmast.archive.store.database import Store
from topmast.archive.store.locking import writer_lock
from topmast.archive.store.names import NAME_FIELDS, store_names
from topmast.archive.store.product_files import (
    FILE_COLUMNS,
    REGISTER_FILES,
    IncomingFile,
    ProductFolder,
    file_name_of,
)
from topmast.archive.store.schema import AMONG, INDEXES, put_rows, quoted
from topmast.archive.store.table_pieces import Piece, TableSource, pieces_of
from topmast.archive.store.value_counts import HISTOGRAM_COLUMNS, add_to_counts
from topmast.errors import InvalidQueryError
from topmast.sky import parse_region
from topmast.tables.fields import OBSERVATION, PRODUCT, Field

MOST_LISTED = 1000
BULK_ROWS = 1000

Progress = Callable[[str, int], None]
"""Called with what is being done ("observations", "products", ...) and how many so far."""


@dataclass(frozen=True, slots=True)
class IngestInput:
    """What is to be put in: tables or their paths, and the products' files.

    `files` is the folder where they are looked for, or the place of each by its URI.
    """

    observations: TableSource | None = None
    products: TableSource | None = None
    files: Path | Mapping[str, Path] | None = None
    names: TableSource | None = None
    ignore_unknown: bool = False


@dataclass(slots=True)
class IngestReport:
    """What was put in, and what was wrong with it.

    `missing` are URIs of products whose file was not found, and `regions` the rows whose s_region
    cannot be read (their s_ra and s_dec stand in for it); both list the first thousand.
    """

    observations: int = 0
    products: int = 0
    names: int = 0
    files: int = 0
    bytes: int = 0
    missing_count: int = 0
    missing: list[str] = field(default_factory=list)
    regions: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ingest:
    """One ingest at work: where it writes, what it was given and what it reports."""

    connection: sqlite3.Connection
    folder: ProductFolder
    given: IngestInput
    report: IngestReport
    tell: Progress

    def pieces(self, source: TableSource, fields: Sequence[Field]) -> Iterator[Piece]:
        """The rows of one of the tables; none if it was not given."""
        if source is None:
            return iter(())
        return pieces_of(source, fields, ignore_unknown=self.given.ignore_unknown)


def ingest_all(store: Store, given: IngestInput, progress: Progress | None = None) -> IngestReport:
    """Put everything in, in one transaction; then bring the footprint index up to date."""
    report = IngestReport()
    tell = progress or (lambda what, count: None)
    with writer_lock(store.layout):
        with store.writing() as connection:
            folder = ProductFolder(store.layout, connection, given.files)
            work = _Ingest(connection, folder, given, report, tell)
            try:
                _put_observations(work)
                _put_products(work)
                if given.products is None and given.files is not None:
                    _put_known_files(work)
                _correct_sizes(connection, folder.uris)
                _put_names(work)
            except BaseException:
                folder.undo()
                raise
        folder.finish()
        report.files, report.bytes = folder.count, folder.bytes
        tell("footprints", report.observations)
        _make_searchable(store)
    return report


def _make_searchable(store: Store) -> None:
    """Build what makes searches quick: the database's indexes, and that of the footprints.

    Both take long for millions of rows, and neither needs the interpreter much: they run at once.
    Until they are there answers are slow, not wrong; opening the archive makes up for a crash.
    """
    with ThreadPoolExecutor(1) as thread:
        indexes = thread.submit(store.build_indexes)
        coverage.update(store, before_writing=indexes.result)


def _put_observations(work: _Ingest) -> None:
    if work.given.observations is None:
        return
    connection, report = work.connection, work.report
    last = _largest(connection, "number")
    with_indexes = True
    for piece in work.pieces(work.given.observations, OBSERVATION):
        if not len(piece):
            continue
        if with_indexes and report.observations + len(piece) >= max(BULK_ROWS, last):
            for name in INDEXES:
                connection.execute(f"DROP INDEX IF EXISTS {quoted(name)}")
            with_indexes = False
        _put_piece(connection, piece)
        _note_lists(connection, piece)
        _note_regions(piece, report)
        report.observations += len(piece)
        work.tell("observations", report.observations)
    connection.execute(
        "INSERT OR IGNORE INTO unindexed SELECT number FROM observations WHERE number > ?", (last,)
    )


def _put_piece(connection: sqlite3.Connection, piece: Piece) -> None:
    identifiers = _object_identifiers(connection, piece.column("objID"))
    columns = piece.by_name()
    columns["objID"] = identifiers
    # Without its own product group an observation is one by itself.
    columns["obsid"] = [
        own if group is None else group
        for group, own in zip(piece.column("obsid"), identifiers, strict=True)
    ]
    all_new = _are_all_new(connection, identifiers)
    before = {} if all_new else _known_rows(connection, identifiers)
    put_rows(connection, "observations", columns, key=["objID"])
    if all_new:
        add_to_counts(connection, {name: piece.column(name) for name in HISTOGRAM_COLUMNS})
        return
    after = _known_rows(connection, identifiers)
    add_to_counts(connection, _histogram_values(before), -1)
    add_to_counts(connection, _histogram_values(after))
    moved = [(after[key][0],) for key in before if before[key][:4] != after[key][:4]]
    connection.executemany("INSERT OR IGNORE INTO unindexed VALUES (?)", moved)


def _are_all_new(connection: sqlite3.Connection, identifiers: list[int]) -> bool:
    """Whether no row can be there already, as when they come sorted and count up."""
    return identifiers[0] > _largest(connection, "objID") and all(
        map(lt, identifiers, identifiers[1:])
    )


def _known_rows(connection: sqlite3.Connection, identifiers: list[int]) -> dict[int, Any]:
    """Of each row that is there: its number, its place on the sky, and what is counted."""
    columns = ", ".join(map(quoted, ("number", "s_region", "s_ra", "s_dec", *HISTOGRAM_COLUMNS)))
    rows = connection.execute(
        f'SELECT "objID", {columns} FROM observations WHERE "objID" {AMONG} ORDER BY number',
        (json.dumps(identifiers),),
    )
    return {row[0]: row[1:] for row in rows}


def _histogram_values(rows: Mapping[int, Any]) -> dict[str, list[Any]]:
    return {
        name: [row[place] for row in rows.values()]
        for place, name in enumerate(HISTOGRAM_COLUMNS, start=4)
    }


def _object_identifiers(connection: sqlite3.Connection, given: list[Any]) -> list[int]:
    """The objID of each row; new ones count up from the largest that is known."""
    if None not in given:
        return given
    known = [value for value in given if value is not None]
    largest = max([_largest(connection, "objID"), *known])
    fresh = iter(range(largest + 1, largest + 1 + len(given)))
    return [next(fresh) if value is None else value for value in given]


def _largest(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute(f"SELECT max({quoted(name)}) FROM observations").fetchone()
    return max(0, row[0] or 0)


def _note_lists(connection: sqlite3.Connection, piece: Piece) -> None:
    """Remember which columns hold lists, so that the others can be searched by their index."""
    for column, values in zip(piece.fields, piece.columns, strict=True):
        separator = column.separator
        if separator and any(value and separator in value for value in set(values)):
            connection.execute("INSERT OR IGNORE INTO lists VALUES (?)", (column.name,))


def _note_regions(piece: Piece, report: IngestReport) -> None:
    texts = piece.column("s_region")
    doubtful = [row for row, text in enumerate(texts) if text and not _is_simple(text)]
    for row in doubtful:
        if len(report.regions) >= MOST_LISTED:
            return
        try:
            parse_region(texts[row])
        except ValueError:
            report.regions.append((piece.first_row + row + 1, texts[row]))


def _is_simple(text: str) -> bool:
    """Whether the text looks like a region at first sight, as nearly all do."""
    numbers = text[15:]
    return text[:7] in ("POLYGON", "CIRCLE ") and numbers.upper() == numbers.lower()


def _put_products(work: _Ingest) -> None:
    connection, report = work.connection, work.report
    for piece in work.pieces(work.given.products, PRODUCT):
        columns = _complete_products(piece)
        _put_files(work, columns)
        _take_sizes(connection, columns)
        note_rights(connection, columns)
        columns["number"] = _product_numbers(connection, columns)
        put_rows(connection, "products", columns, key=["parent_obsid", "number"])
        report.products += len(piece)
        work.tell("products", report.products)


def _complete_products(piece: Piece) -> dict[str, list[Any]]:
    """The columns, with what each row must have."""
    columns = piece.by_name()
    for name, other in (("parent_obsid", "obsID"), ("obsID", "parent_obsid")):
        columns[name] = [
            value if own is None else own
            for own, value in zip(piece.column(name), piece.column(other), strict=True)
        ]
    for name, wanted in (("dataURI", "dataURI"), ("parent_obsid", "obsID")):
        for row, value in enumerate(columns.get(name) or [None] * len(piece)):
            if value is None:
                raise InvalidQueryError(
                    f"Row {piece.first_row + row + 1} of the products has no {wanted}."
                )
    columns["productFilename"] = [
        name or file_name_of(uri)
        for name, uri in zip(piece.column("productFilename"), columns["dataURI"], strict=True)
    ]
    columns.setdefault("size", [None] * len(piece))
    return columns


def _put_files(work: _Ingest, columns: Mapping[str, list[Any]]) -> None:
    """The files of some products; the same one may stand in the lists of several observations."""
    uris = columns["dataURI"]
    nothing = [None] * len(uris)
    about = [columns.get(name, nothing) for name in FILE_COLUMNS]
    work.connection.executemany(REGISTER_FILES, zip(uris, *about, strict=True))
    held = _held_sizes(work.connection, uris)
    rows: dict[str, tuple[Any, ...]] = {}
    for uri, *row in zip(uris, *about, columns["size"], strict=True):
        rows.setdefault(uri, tuple(row))
    for uri, (collection, obs_id, name, _, size) in rows.items():
        _place(work, IncomingFile(uri, collection, obs_id, name), size, held)


def _put_known_files(work: _Ingest) -> None:
    """Without a table of products: the files of those that are known and not held yet."""
    rows = work.connection.execute(
        'SELECT uri, obs_collection, obs_id, "productFilename" FROM files WHERE path IS NULL '
        "ORDER BY uri"
    ).fetchall()
    for uri, collection, obs_id, name in rows:
        _place(work, IncomingFile(uri, collection, obs_id, name or file_name_of(uri)), None, {})


def _place(
    work: _Ingest, incoming: IncomingFile, size: int | None, held: Mapping[str, int]
) -> None:
    """Put one file down, or note that it is missing."""
    if work.folder.place(incoming, size):
        work.tell("files", work.folder.count)
    elif incoming.uri not in held:
        work.report.missing_count += 1
        if len(work.report.missing) < MOST_LISTED:
            work.report.missing.append(incoming.uri)


def _correct_sizes(connection: sqlite3.Connection, uris: list[str]) -> None:
    """The size of a product is that of its file, in whichever list it stands."""
    if uris:
        connection.execute(
            'UPDATE products SET size = (SELECT files.size FROM files WHERE uri = "dataURI") '
            f'WHERE "dataURI" {AMONG}',
            (json.dumps(uris),),
        )


def _held_sizes(connection: sqlite3.Connection, uris: list[str]) -> dict[str, int]:
    sql = f"SELECT uri, size FROM files WHERE path IS NOT NULL AND uri {AMONG}"
    return dict(connection.execute(sql, (json.dumps(uris),)).fetchall())


def _take_sizes(connection: sqlite3.Connection, columns: dict[str, list[Any]]) -> None:
    """Where the file is held, its size is the size of the product, whatever the table says."""
    held = _held_sizes(connection, columns["dataURI"])
    columns["size"] = [
        held.get(uri, size) for uri, size in zip(columns["dataURI"], columns["size"], strict=True)
    ]


def _product_numbers(connection: sqlite3.Connection, columns: Mapping[str, list[Any]]) -> list[int]:
    """The number of each row within its observation: the old one of a product known already."""
    parents = sorted(set(columns["parent_obsid"]))
    rows = connection.execute(
        f'SELECT parent_obsid, number, "obsID", "dataURI" FROM products WHERE parent_obsid {AMONG}',
        (json.dumps(parents),),
    )
    numbers: dict[tuple[int, int, str], int] = {}
    used: dict[int, int] = {}
    for parent, number, group, uri in rows:
        numbers[parent, group, uri] = number
        used[parent] = max(number, used.get(parent, 0))
    result = []
    names = ("parent_obsid", "obsID", "dataURI")
    for key in zip(*(columns[name] for name in names), strict=True):
        if key not in numbers:
            used[key[0]] = numbers[key] = used.get(key[0], 0) + 1
        result.append(numbers[key])
    return result


def _put_names(work: _Ingest) -> None:
    for piece in work.pieces(work.given.names, NAME_FIELDS):
        store_names(work.connection, piece)
        work.report.names += len(piece)
