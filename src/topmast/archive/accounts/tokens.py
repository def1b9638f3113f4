"""API tokens: random secrets, of which the archive keeps only the SHA-256."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from topmast.archive.accounts import clock
from topmast.archive.accounts.accounts import (
    decode_proposals,
    encode_proposals,
    find_account,
    has_accounts,
)
from topmast.archive.accounts.user import EXCLUSIVE_ACCESS, User
from topmast.archive.store.database import Store
from topmast.config.output import one_line
from topmast.errors import ArchiveError, InvalidQueryError

DAY = 86400.0
IDLE_DAYS = 10.0
LIFE_DAYS = 60.0
USED_EVERY_SECONDS = 3600.0
"""How exactly the last use of a token is known."""
SCOPES = ("mast:user:info", EXCLUSIVE_ACCESS)
"""What a token may do: tell whose it is, and open exclusive data."""
LONGEST_SECRET = 200


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its list shows it; the secret is not in it."""

    id: str
    account: str
    name: str
    scopes: tuple[str, ...]
    proposals: frozenset[str] | None
    created: float
    last_used: float
    idle_seconds: float
    expires: float

    @property
    def until(self) -> float:
        """When it ends if it is not used before."""
        return min(self.expires, self.last_used + self.idle_seconds)


COLUMNS = "id, account, name, scopes, proposals, created, last_used, idle_seconds, expires"


def create_token(
    store: Store,
    account: str,
    *,
    name: str = "",
    scopes: Iterable[str] = SCOPES,
    proposals: Iterable[str] | None = None,
    days: float = LIFE_DAYS,
    idle_days: float = IDLE_DAYS,
) -> tuple[Token, str]:
    """A new token and its secret, which cannot be shown again.

    Parameters
    ----------
    proposals : iterable of str, optional
        Only for these proposals; default: all that the account has a right to.
    days, idle_days : float
        It ends so long after now, or earlier when it was not used for so long.
    """
    chosen = tuple(dict.fromkeys(scopes))
    for scope in chosen:
        if scope not in SCOPES:
            raise InvalidQueryError(f"Unknown scope {scope!r}. Scopes: {', '.join(SCOPES)}.")
    if not (0 < days <= 36500 and 0 < idle_days <= 36500):
        raise InvalidQueryError("A token lasts for more than 0 and at most 36500 days.")
    secret, now = secrets.token_hex(32), clock.now()
    with store.short_write() as connection:
        owner = find_account(connection, account)
        if owner is None:
            raise InvalidQueryError(f"There is no account {account!r}.")
        row = (
            secrets.token_hex(4),
            owner.name,
            one_line(name)[:100],
            json.dumps(chosen),
            encode_proposals(proposals),
            *(now, now, idle_days * DAY, now + days * DAY),
        )
        connection.execute(
            f"INSERT INTO tokens ({COLUMNS}, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, hash_secret(secret)),
        )
    return _token(row), secret


def all_tokens(store: Store, account: str | None = None) -> list[Token]:
    """The tokens of one account or of all, those that have ended too."""
    with store.reading() as connection:
        if not has_accounts(connection):
            return []
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM tokens WHERE ? IS NULL OR account = ? ORDER BY created",
            (account, account),
        ).fetchall()
    return [_token(row) for row in rows]


def revoke_token(store: Store, identifier: str) -> None:
    """End a token at once, by its id."""
    with store.short_write() as connection:
        gone = connection.execute("DELETE FROM tokens WHERE id = ?", (identifier,)).rowcount
    if not gone:
        raise InvalidQueryError(f"There is no token {identifier!r}; `topmast token list` has them.")


def user_of_token(store: Store, secret: str) -> User | None:
    """Whose token it is; None if it is nobody's, or has ended."""
    if not 0 < len(secret) <= LONGEST_SECRET:
        return None
    with store.reading() as connection:
        if not has_accounts(connection):
            return None
        row = connection.execute(
            f"SELECT {COLUMNS} FROM tokens WHERE sha256 = ?", (hash_secret(secret),)
        ).fetchone()
        token = None if row is None else _token(row)
        account = None if token is None else find_account(connection, token.account)
    now = clock.now()
    if token is None or account is None or now >= token.until:
        return None
    if now - token.last_used > min(USED_EVERY_SECONDS, token.idle_seconds / 2):
        # Not where the folder is read-only or being written to.
        with suppress(ArchiveError), store.short_write(wait_seconds=0.1) as connection:
            sql = "UPDATE tokens SET last_used = ? WHERE id = ?"
            connection.execute(sql, (now, token.id))
    proposals = _common_proposals(account.proposals, token.proposals)
    return User(account, token.scopes, proposals, token.until, token=token.id)


def _common_proposals(
    first: frozenset[str] | None, second: frozenset[str] | None
) -> frozenset[str] | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second


def _token(row: tuple[Any, ...]) -> Token:
    identifier, account, name, scopes, proposals, *times = row
    known = (tuple(json.loads(scopes)), decode_proposals(proposals))
    return Token(identifier, account, name, *known, *times)


def hash_secret(secret: str) -> str:
    """The SHA-256 of a token or session, which 256 random bits make impossible to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
