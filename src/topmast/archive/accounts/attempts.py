"""Login attempts, counted in the database for all processes of a server."""

from __future__ import annotations

import ipaddress
import math

from topmast.archive.accounts import clock
from topmast.archive.store.database import Store
from topmast.errors import LoginError

SPAN_SECONDS = 900.0
LIMITS = {"both": 10, "account": 100, "address": 100}
"""Failed logins in that span: for one account from one address, for one account from anywhere
(so that no stranger can lock its owner out quickly), and from one address for anyone."""

Attempt = tuple[float, tuple[str, ...]]


class TooManyAttempts(LoginError):
    """Too many logins have failed; `seconds` is how long to wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds: int = math.ceil(seconds)
        super().__init__(f"Too many logins have failed. Try again in {self.seconds} seconds.")


def add_attempt(store: Store, name: str, address: str) -> Attempt:
    """Count one more attempt, before the password is checked."""
    now = clock.now()
    whom = _keys(name, address)
    with store.short_write() as connection:
        connection.execute("DELETE FROM login_attempts WHERE at < ?", (now - SPAN_SECONDS,))
        for who, most in zip(whom, LIMITS.values(), strict=True):
            # The latest `most` attempts; when the first of them is old enough, there is room.
            row = connection.execute(
                "SELECT at FROM login_attempts WHERE who = ? ORDER BY at DESC LIMIT 1 OFFSET ?",
                (who, most - 1),
            ).fetchone()
            if row is not None:
                raise TooManyAttempts(max(1.0, row[0] + SPAN_SECONDS - now))
        connection.executemany(
            "INSERT INTO login_attempts VALUES (?, ?)", [(who, now) for who in whom]
        )
    return now, whom


def remove_attempt(store: Store, attempt: Attempt) -> None:
    """Do not count an attempt that succeeded."""
    at, whom = attempt
    with store.short_write() as connection:
        connection.executemany(
            "DELETE FROM login_attempts WHERE rowid = "
            "(SELECT rowid FROM login_attempts WHERE who = ? AND at = ? LIMIT 1)",
            [(who, at) for who in whom],
        )


def _keys(name: str, address: str) -> tuple[str, ...]:
    account, place = name.lower()[:200], _network(address)
    return f"both {account} {place}", f"account {account}", f"address {place}"


def _network(address: str) -> str:
    """The address; of IPv6 the /64 that one customer has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if found.version == 6:
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found)
