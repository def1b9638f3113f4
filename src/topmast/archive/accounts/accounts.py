"""The accounts of an archive: who may log in, and to whose exclusive data they have a right."""

from __future__ import annotations

import json
import re
import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from topmast.archive.accounts import clock
from topmast.archive.accounts.attempts import add_attempt, remove_attempt
from topmast.archive.accounts.passwords import check_password, hash_password, is_outdated
from topmast.archive.store.database import Store
from topmast.config.output import one_line
from topmast.errors import InvalidQueryError, LoginError

NAME = re.compile(r"[^\s:/\\<>\"'&,;%?#]{1,200}")


@dataclass(frozen=True, slots=True)
class Account:
    """One person; `proposals` are those whose exclusive data they may have, None: all."""

    name: str
    uuid: str
    first_name: str
    last_name: str
    proposals: frozenset[str] | None
    created: float


COLUMNS = "name, uuid, first_name, last_name, proposals, created"


def add_account(
    store: Store,
    name: str,
    password: str | None,
    *,
    first_name: str = "",
    last_name: str = "",
    proposals: Iterable[str] | None = (),
    replace: bool = False,
) -> Account:
    """Make an account, or change one with `replace`, which ends its sessions.

    Parameters
    ----------
    password : str or None
        None makes an account that logs in with tokens only; with `replace` it keeps the old one.
    proposals : iterable of str or None
        Proposals whose exclusive data the account may have; None means all.
    """
    if not NAME.fullmatch(name) or not name.isprintable():
        raise InvalidQueryError(
            f"{name!r} cannot be the name of an account: e-mail addresses and words can, without "
            "spaces, colons, slashes and quotes."
        )
    stored = None if password is None else hash_password(password)
    values = [stored, one_line(first_name), one_line(last_name), encode_proposals(proposals)]
    with store.short_write() as connection:
        known = find_account(connection, name)
        if known is None:
            connection.execute(
                "INSERT INTO accounts (name, uuid, created, password, first_name, last_name, "
                "proposals) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [name, str(uuid.uuid4()), clock.now(), *values],
            )
        elif replace:
            connection.execute(
                "UPDATE accounts SET password = coalesce(?, password), first_name = ?, "
                "last_name = ?, proposals = ? WHERE name = ?",
                [*values, name],
            )
            connection.execute("DELETE FROM sessions WHERE account = ?", (name,))
        else:
            raise InvalidQueryError(
                f"There is an account {known.name} already; --replace changes it."
            )
        account = find_account(connection, name)
    assert account is not None
    return account


def remove_account(store: Store, name: str) -> None:
    """Take an account away, with its sessions and tokens."""
    with store.short_write() as connection:
        if find_account(connection, name) is None:
            raise InvalidQueryError(f"There is no account {name!r}.")
        connection.execute("DELETE FROM accounts WHERE name = ?", (name,))
        for table in ("sessions", "tokens"):
            connection.execute(f"DELETE FROM {table} WHERE account = ?", (name,))


def all_accounts(store: Store) -> list[Account]:
    """Every account, by name."""
    with store.reading() as connection:
        if not has_accounts(connection):
            return []
        rows = connection.execute(f"SELECT {COLUMNS} FROM accounts ORDER BY name").fetchall()
    return [_account(row) for row in rows]


def find_account(connection: sqlite3.Connection, name: str) -> Account | None:
    """The account called `name`, in any letter case."""
    row = connection.execute(f"SELECT {COLUMNS} FROM accounts WHERE name = ?", (name,)).fetchone()
    return None if row is None else _account(row)


def authenticate(store: Store, name: str, password: str, address: str) -> Account:
    """The account with this name and password; a LoginError does not tell which was wrong."""
    attempt = add_attempt(store, name, address)
    with store.reading() as connection:
        found = find_account(connection, name)
        row = connection.execute("SELECT password FROM accounts WHERE name = ?", (name,)).fetchone()
    stored = None if row is None else row[0]
    if not check_password(password, stored) or found is None or stored is None:
        raise LoginError("Authentication failed!")
    remove_attempt(store, attempt)
    if is_outdated(stored):  # the hash is stored at today's cost
        with store.short_write() as connection:
            connection.execute(
                "UPDATE accounts SET password = ? WHERE name = ? AND password = ?",
                (hash_password(password), found.name, stored),
            )
    return found


def has_accounts(connection: sqlite3.Connection) -> bool:
    """Whether the database has the tables of accounts; old ones get them with the first write."""
    sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'accounts'"
    return bool(connection.execute(sql).fetchone()[0])


def encode_proposals(proposals: Iterable[str] | None) -> str | None:
    """Proposals as the database has them."""
    if proposals is None:
        return None
    return json.dumps(sorted({text for each in proposals if (text := one_line(str(each)))}))


def decode_proposals(stored: str | None) -> frozenset[str] | None:
    """Proposals from the database; None means all."""
    return None if stored is None else frozenset(map(str, json.loads(stored)))


def _account(row: tuple[Any, ...]) -> Account:
    name, identifier, first_name, last_name, proposals, created = row
    return Account(name, identifier, first_name, last_name, decode_proposals(proposals), created)
