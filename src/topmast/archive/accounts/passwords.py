"""Password hashes: scrypt, each with a salt of its own and its cost beside it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from topmast.errors import InvalidQueryError

LONGEST = 1024
SHORTEST = 6
FORMAT = re.compile(
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


def hash_password(password: str) -> str:
    """The salted hash of `password`, at today's cost."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidQueryError(f"A password has {SHORTEST} to {LONGEST} characters.")
    salt = secrets.token_bytes(16)
    return _encode(COST, salt, derive(password, salt, COST))


def check_password(password: str, stored: str | None) -> bool:
    """Whether `password` matches the stored hash.

    The same work is done where none is stored, so that the time tells nobody who has an account.
    """
    match = FORMAT.fullmatch(stored or "") or FORMAT.fullmatch(_encode(COST, bytes(16), bytes(32)))
    assert match is not None
    cost = Cost(*map(int, match.groups()[:3]))
    salt, wanted = (base64.b64decode(part) for part in match.groups()[3:])
    found = derive(password[:LONGEST], salt, cost)
    return hmac.compare_digest(found, wanted) and bool(stored) and len(password) <= LONGEST


def is_outdated(stored: str) -> bool:
    """Whether `stored` has another cost than today's, and should be replaced."""
    return stored.split("$")[1] != _encode(COST, b"", b"").split("$")[1]


def derive(password: str, salt: bytes, cost: Cost) -> bytes:
    """The hash itself: slow on purpose."""
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=256 * cost.n * cost.r + (1 << 20),
        dklen=32,
    )


def _encode(cost: Cost, salt: bytes, hashed: bytes) -> str:
    parts = (base64.b64encode(part).decode() for part in (salt, hashed))
    return "$".join(["scrypt", f"n={cost.n},r={cost.r},p={cost.p}", *parts])
