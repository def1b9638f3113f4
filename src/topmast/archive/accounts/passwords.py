"""Passwords as they are kept: hashed with scrypt, each with its own salt and its cost beside it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass

from topmast.errors import InvalidQueryError

LONGEST = 1024
SHORTEST = 6
KEPT = re.compile(
    r"scrypt\$n=(\d{1,8}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/=]{1,100})\$([\w+/=]{1,200})"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs: memory grows with n * r, time with n * r * p."""

    n: int = 1 << 15
    r: int = 8
    p: int = 3


COST = Cost()
"""32 MiB and about a quarter of a second, the least that OWASP recommends for scrypt."""

_few_at_once = threading.BoundedSemaphore(2)
"""Logins wait for each other, so that a flood of them takes no more than 64 MiB."""


def scramble(password: str) -> str:
    """What is kept of `password`, at today's cost.

    Raises
    ------
    InvalidQueryError
        If it is shorter than 6 or longer than 1024 characters.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidQueryError(f"A password has {SHORTEST} to {LONGEST} characters.")
    salt = secrets.token_bytes(16)
    return _kept(COST, salt, derive(password, salt, COST))


def check_password(password: str, kept: str | None) -> bool:
    """Whether `password` is the one that was kept.

    The same work is done where none was kept, so that the time tells nobody who has an account.
    """
    match = KEPT.fullmatch(kept or "") or KEPT.fullmatch(_kept(COST, bytes(16), bytes(32)))
    assert match is not None
    cost = Cost(*map(int, match.groups()[:3]))
    salt, wanted = (base64.b64decode(part) for part in match.groups()[3:])
    found = derive(password[:LONGEST], salt, cost)
    return hmac.compare_digest(found, wanted) and bool(kept) and len(password) <= LONGEST


def is_outdated(kept: str) -> bool:
    """Whether `kept` was made with another cost than today's, and should be made again."""
    return kept.split("$")[1] != _kept(COST, b"", b"").split("$")[1]


def derive(password: str, salt: bytes, cost: Cost) -> bytes:
    """The hash itself: slow on purpose."""
    with _few_at_once:
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=salt,
            n=cost.n,
            r=cost.r,
            p=cost.p,
            maxmem=256 * cost.n * cost.r + (1 << 20),
            dklen=32,
        )


def _kept(cost: Cost, salt: bytes, hashed: bytes) -> str:
    parts = (base64.b64encode(part).decode() for part in (salt, hashed))
    return "$".join(["scrypt", f"n={cost.n},r={cost.r},p={cost.p}", *parts])
