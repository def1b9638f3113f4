"""The product lists of observations, and the files behind them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from topmast.archive.store.database import Store
from topmast.archive.store.limits import check_rows, time_limited
from topmast.archive.store.paths import is_inside
from topmast.archive.store.product_files import file_name_of
from topmast.archive.store.query import Rows, with_booleans
from topmast.archive.store.schema import AMONG, quoted
from topmast.tables.fields import SELECTED, Field


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A product that the archive knows; `path` is None where it does not hold the file."""

    uri: str
    path: Path | None
    size: int
    etag: str
    last_modified: str
    collection: str | None
    obs_id: str | None
    file_name: str
    rights: str | None


MOST_ROWS = (1 << 63) - 1
"""The largest number that SQLite knows."""

EXCLUSIVE = {"EXCLUSIVE_ACCESS", "RESTRICTED"}


def is_exclusive(file: HeldFile) -> bool:
    """Whether not everybody may have the file."""
    return (file.rights or "").upper() in EXCLUSIVE


def list_products(
    store: Store, obsids: Sequence[int], fields: Sequence[Field], page: int, pagesize: int
) -> Rows:
    """Products of these observations: ordered by obsid, and in each as they came in."""
    wanted = json.dumps(sorted(set(obsids)))
    where = f"parent_obsid {AMONG}"
    columns = ", ".join("NULL" if field is SELECTED else quoted(field.name) for field in fields)
    with store.reading() as connection, time_limited(connection):
        rows = connection.execute(
            f'SELECT {columns} FROM products WHERE {where} ORDER BY "parent_obsid", number '
            "LIMIT ? OFFSET ?",
            (wanted, pagesize, min((page - 1) * pagesize, MOST_ROWS)),
        ).fetchall()
        total = len(rows)
        if page > 1 or total == pagesize:
            sql = f"SELECT count(*) FROM products WHERE {where}"
            total = int(connection.execute(sql, (wanted,)).fetchone()[0])
    check_rows(len(rows))
    return Rows(tuple(fields), with_booleans(rows, fields), total)


def find_file(store: Store, uri: str) -> HeldFile | None:
    """What is known about one URI, or None: the archive has no such product."""
    return find_files(store, [uri]).get(uri)


def find_files(store: Store, uris: Sequence[str]) -> dict[str, HeldFile]:
    """What is known about each URI; those that the archive does not know are left out."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT uri, path, size, etag, last_modified, obs_collection, obs_id, "
            f'"productFilename", "dataRights" FROM files WHERE uri {AMONG}',
            (json.dumps(uris),),
        ).fetchall()
    return {row[0]: _held_file(store, row) for row in rows}


def is_whole(store: Store, file: HeldFile) -> bool:
    """Whether the file is as it was put in: of the same size, and no link to another place."""
    try:
        return (
            file.path is not None
            and file.path.stat().st_size == file.size
            and is_inside(file.path, store.layout.products)
        )
    except OSError:
        return False


def _held_file(store: Store, row: tuple[Any, ...]) -> HeldFile:
    uri, path, size, etag, last_modified, collection, obs_id, name, rights = row
    return HeldFile(
        uri=uri,
        path=None if path is None else store.layout.held(path),
        size=size or 0,
        etag=etag or "",
        last_modified=last_modified or "",
        collection=collection,
        obs_id=obs_id,
        file_name=name or file_name_of(uri),
        rights=rights,
    )
