"""Remove observations from an archive, with the products and files that no other has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from topmast.archive.store import coverage
from topmast.archive.store.database import Store
from topmast.archive.store.journal import PlacementJournal
from topmast.archive.store.locking import writer_lock
from topmast.archive.store.schema import AMONG, quoted
from topmast.archive.store.value_counts import HISTOGRAM_COLUMNS, add_to_counts
from topmast.errors import InvalidQueryError

ORPHANS = (
    'SELECT uri, path FROM files WHERE uri IN (SELECT "dataURI" FROM products WHERE parent_obsid '
    f'{AMONG}) AND uri NOT IN (SELECT "dataURI" FROM products WHERE parent_obsid NOT {AMONG})'
)


def remove_observations(store: Store, obsids: Sequence[Any]) -> tuple[int, int]:
    """Remove these observations, all or none; how many rows and files went."""
    wanted = json.dumps(sorted({_number(obsid) for obsid in obsids}))
    with writer_lock(store.layout):
        journal = PlacementJournal(store.layout)
        try:
            with store.writing() as connection:
                journal.clear(connection)
                _refuse_unknown(connection, wanted)
                files = connection.execute(ORPHANS, (wanted, wanted)).fetchall()
                for _, path in files:
                    if path is not None and store.layout.held(path).is_file():
                        journal.note(store.layout.held(path), path)
                rows = _forget(connection, wanted, [uri for uri, _ in files])
        except BaseException:
            journal.end()
            raise
        with store.reading() as connection:
            journal.clear(connection)
        coverage.update(store)
    return rows, sum(path is not None for _, path in files)


def remove_products(store: Store, uris: Sequence[str]) -> None:
    """Remove the observations of which nothing is left without these products."""
    if not uris:
        return
    given = json.dumps(list(uris))
    with store.reading() as connection:
        rows = connection.execute(
            f'SELECT DISTINCT parent_obsid FROM products WHERE "dataURI" {AMONG} '
            "AND parent_obsid NOT IN (SELECT parent_obsid FROM products "
            f'WHERE "productType" <> \'PREVIEW\' AND "dataURI" NOT {AMONG})',
            (given, given),
        ).fetchall()
    if rows:
        remove_observations(store, [row[0] for row in rows])


def journal_clear(store: Store) -> None:
    """Remove the files of the journal that no row names any more."""
    with store.reading() as connection:
        PlacementJournal(store.layout).clear(connection)


def _number(obsid: Any) -> int:
    with suppress(ValueError, TypeError):
        return int(obsid)
    raise InvalidQueryError(f"An obsid is a number, not {obsid!r:.40}.")


def _refuse_unknown(connection: Any, wanted: str) -> None:
    missing = connection.execute(
        'SELECT value FROM json_each(?) WHERE value NOT IN (SELECT "obsid" FROM observations)',
        (wanted,),
    ).fetchall()
    if missing:
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InvalidQueryError(
            f"The archive has no observation with obsid {missing[0][0]}{others}; "
            "nothing was removed."
        )


def _forget(connection: Any, wanted: str, uris: list[str]) -> int:
    """Delete the rows; the footprint index is written anew, as it cannot forget."""
    names = ", ".join(map(quoted, HISTOGRAM_COLUMNS))
    rows = connection.execute(
        f'SELECT {names} FROM observations WHERE "obsid" {AMONG}', (wanted,)
    ).fetchall()
    columns = dict(zip(HISTOGRAM_COLUMNS, zip(*rows, strict=True), strict=True))
    add_to_counts(connection, columns, -1)
    for table, column, among in (
        ("unindexed", "number", f'IN (SELECT number FROM observations WHERE "obsid" {AMONG})'),
        ("observations", '"obsid"', AMONG),
        ("products", "parent_obsid", AMONG),
        ("exclusive", "parent_obsid", AMONG),
    ):
        connection.execute(f"DELETE FROM {table} WHERE {column} {among}", (wanted,))
    for table in ("files", "own_files"):
        connection.execute(f"DELETE FROM {table} WHERE uri {AMONG}", (json.dumps(uris),))
    connection.execute("DELETE FROM settings WHERE name = 'footprints'")
    return len(rows)
