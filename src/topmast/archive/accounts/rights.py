"""Which products are not public yet, and which proposals give a right to them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from topmast.archive.accounts import clock
from topmast.archive.accounts.user import User
from topmast.archive.store.database import Store
from topmast.archive.store.products import EXCLUSIVE, HeldFile, find_files
from topmast.archive.store.query import Rows
from topmast.archive.store.schema import AMONG, account_statements
from topmast.tables.fields import Field

MAY_DOWNLOAD = Field(
    "may_download", "boolean", "May Download", "Whether this login may fetch the file"
)
"""The column that product lists end with for a user who is logged in."""

Restricted = dict[str, frozenset[str]]
"""For each URI that is not public the proposals whose members may have it."""


def note_rights(connection: sqlite3.Connection, columns: Mapping[str, list[Any]]) -> None:
    """Store which of these products are exclusive; delete those that no longer are."""
    if "dataRights" not in columns:
        return
    for statement in account_statements():
        connection.execute(statement)
    uris = columns["dataURI"]
    proposals = columns.get("proposal_id", [None] * len(uris))
    others = (columns[name] for name in ("parent_obsid", "obsID"))
    rows = list(zip(uris, *others, proposals, columns["dataRights"], strict=True))
    sql = f"SELECT uri FROM exclusive WHERE uri {AMONG}"
    known = {row[0] for row in connection.execute(sql, (json.dumps(uris),))}
    connection.executemany(
        'DELETE FROM exclusive WHERE uri = ? AND "parent_obsid" = ? AND "obsID" = ?',
        [row[:3] for row in rows if row[0] in known and _is_public(row[4])],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO exclusive VALUES (?, ?, ?, ?, ?)",
        [row for row in rows if _is_exclusive(row[4])],
    )


def _is_exclusive(rights: str | None) -> bool:
    return (rights or "").upper() in EXCLUSIVE


def _is_public(rights: str | None) -> bool:
    return bool(rights) and not _is_exclusive(rights)


@dataclass(frozen=True, slots=True)
class _ProductRights:
    """One statement that a product is exclusive, and where it comes from."""

    rights: str | None
    proposal: str | None = None
    obsids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _ObservationRights:
    """What an observation says of its data."""

    proposal: str | None
    rights: str | None
    release: float | None


def restricted(store: Store, files: Iterable[HeldFile]) -> Restricted:
    """Those of `files` that are not public now.

    A product is exclusive if a product table said so, or, where that said nothing, if its
    observation is. It is public from the release date of its observation on, unless it is
    RESTRICTED, which has no date.
    """
    files = list(files)
    with store.reading() as connection:
        stated = _stated_rights(connection, [file.uri for file in files])
        obsids = {obsid for each in stated.values() for product in each for obsid in product.obsids}
        by_obsid = _observations(connection, "obsid", obsids)
        unsure = [f for f in files if f.uri in stated or not _is_public(f.rights)]
        by_name = _observations(connection, "obs_id", {f.obs_id for f in unsure if f.obs_id})
    found: Restricted = {}
    for file in unsure:
        own = by_name.get((file.obs_id or "").lower(), [])
        for product in stated.get(file.uri) or [_ProductRights(file.rights)]:
            # The product's own observation, else the one in whose list it stands.
            about = next((by_obsid[o] for o in product.obsids if o in by_obsid), own)
            if _is_closed(product, about):
                found[file.uri] = found.get(file.uri, frozenset()) | _proposals(product, about)
    return found


def _stated_rights(
    connection: sqlite3.Connection, uris: Sequence[str]
) -> dict[str, list[_ProductRights]]:
    try:
        rows = connection.execute(
            'SELECT uri, "parent_obsid", "obsID", "proposal_id", "dataRights" FROM exclusive '
            f"WHERE uri {AMONG}",
            (json.dumps(uris),),
        ).fetchall()
    except sqlite3.OperationalError:  # an archive from before there were accounts
        return {}
    found: dict[str, list[_ProductRights]] = {}
    for uri, parent, own, proposal, rights in rows:
        found.setdefault(uri, []).append(_ProductRights(rights, proposal, (own, parent)))
    return found


def _observations(
    connection: sqlite3.Connection, column: str, values: set[Any]
) -> dict[Any, list[_ObservationRights]]:
    if not values:
        return {}
    rows = connection.execute(
        f'SELECT {column}, "proposal_id", "dataRights", "t_obs_release" FROM observations '
        f"WHERE {column} {AMONG}",
        (json.dumps(sorted(values)),),
    )
    found: dict[Any, list[_ObservationRights]] = {}
    for value, *rest in rows:
        key = value.lower() if isinstance(value, str) else value
        found.setdefault(key, []).append(_ObservationRights(*rest))
    return found


def _is_closed(product: _ProductRights, about: list[_ObservationRights]) -> bool:
    """Whether the product is not public today."""
    if product.rights is None:
        about = [each for each in about if _is_exclusive(each.rights)]
        return any(_is_closed(_ProductRights(each.rights), [each]) for each in about)
    if not _is_exclusive(product.rights):
        return False
    dates = [each.release for each in about]
    open_to_all = bool(dates) and all(date is not None and date <= clock.mjd() for date in dates)
    return not (open_to_all and product.rights.upper() == "EXCLUSIVE_ACCESS")


def _proposals(product: _ProductRights, about: list[_ObservationRights]) -> set[str]:
    own = {str(product.proposal)} if product.proposal else set()
    return own or {str(each.proposal) for each in about if each.proposal}


def mark_products(store: Store, found: Rows, user: User) -> Rows:
    """The product list for `user`.

    ``dataRights`` of what has been released reads PUBLIC. With a login it has one more column,
    `MAY_DOWNLOAD`.
    """
    places = {field.name: place for place, field in enumerate(found.fields)}
    uri_at, rights_at = places.get("dataURI"), places.get("dataRights")
    if uri_at is None:
        return found
    unsure = _uris_to_check(found.rows, uri_at, rights_at, check_unstated=user.account is not None)
    closed = restricted(store, find_files(store, unsure).values()) if unsure else {}
    rows = found.rows
    if rights_at is not None and unsure:
        rows = [_with_rights_of_today(row, uri_at, rights_at, closed) for row in rows]
    if user.account is None:
        return Rows(found.fields, rows, found.total)
    rows = [(*row, row[uri_at] not in closed or user.may_have(closed[row[uri_at]])) for row in rows]
    return Rows((*found.fields, MAY_DOWNLOAD), rows, found.total)


def _uris_to_check(
    rows: Sequence[Sequence[Any]], uri_at: int, rights_at: int | None, *, check_unstated: bool
) -> list[str]:
    """The URIs that the list calls exclusive; with `check_unstated` also those without rights."""
    if rights_at is None:
        return [row[uri_at] for row in rows] if check_unstated else []
    kinds = {row[rights_at] for row in rows}
    clear = {
        kind for kind in kinds if _is_public(kind) or not (check_unstated or _is_exclusive(kind))
    }
    return [row[uri_at] for row in rows if row[rights_at] not in clear]


def _with_rights_of_today(
    row: tuple[Any, ...], uri_at: int, rights_at: int, closed: Restricted
) -> tuple[Any, ...]:
    if row[uri_at] in closed or not _is_exclusive(row[rights_at]):
        return row
    return (*row[:rights_at], "PUBLIC", *row[rights_at + 1 :])
