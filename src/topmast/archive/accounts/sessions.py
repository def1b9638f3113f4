"""Login sessions, made by password logins; only the SHA-256 of their secret is stored."""

from __future__ import annotations

import secrets

from topmast.archive.accounts import clock
from topmast.archive.accounts.accounts import Account, find_account, has_accounts
from topmast.archive.accounts.tokens import LONGEST_SECRET, SCOPES, hash_secret
from topmast.archive.accounts.user import User
from topmast.archive.store.database import Store

SESSION_SECONDS = 600 * 60


def create_session(store: Store, account: Account) -> tuple[User, str]:
    """A new session and its secret."""
    secret, now = secrets.token_hex(32), clock.now()
    expires = now + SESSION_SECONDS
    with store.short_write() as connection:
        connection.execute("DELETE FROM sessions WHERE expires < ?", (now,))
        connection.execute(
            "INSERT INTO sessions (sha256, kind, account, created, expires) VALUES (?, ?, ?, ?, ?)",
            (hash_secret(secret), "session", account.name, now, expires),
        )
    return _user(account, expires, secret), secret


def end_session(store: Store, secret: str) -> None:
    """End a session at once."""
    with store.short_write() as connection:
        connection.execute("DELETE FROM sessions WHERE sha256 = ?", (hash_secret(secret),))


def user_of_session(store: Store, secret: str) -> User | None:
    """Whose session it is; None if it is nobody's, or has ended."""
    if not 0 < len(secret) <= LONGEST_SECRET:
        return None
    with store.reading() as connection:
        if not has_accounts(connection):
            return None
        row = connection.execute(
            "SELECT account, expires FROM sessions "
            "WHERE sha256 = ? AND kind = 'session' AND expires > ?",
            (hash_secret(secret), clock.now()),
        ).fetchone()
        account = None if row is None else find_account(connection, row[0])
    return None if account is None else _user(account, row[1], secret)


def _user(account: Account, expires: float, secret: str) -> User:
    mark = hash_secret(secret)[:8]
    return User(account, SCOPES, account.proposals, expires=expires, session=mark)
