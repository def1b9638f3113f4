"""Check and sort the arguments of `login`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from topmast.errors import InputWarning, InvalidQueryError, LoginError, warn
from topmast.wire.auth import SESSION_WORD, TOKEN_COOKIE

if TYPE_CHECKING:
    from http.cookiejar import Cookie

PASSWORD_ARGUMENTS = ("username", "password", "session_token", "store_password", "reenter_password")
TOKEN_ARGUMENTS = ("token", "store_token", "reenter_token")
NOT_GIVEN = (None, False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a call of `login` gave; with nothing at all, it is by token."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    session_token: Any = field(default=None, repr=False)
    store_password: bool = False
    reenter_password: bool = False
    token: Any = field(default=None, repr=False)
    store_token: bool = False
    reenter_token: bool = False
    by_password: bool = False

    @classmethod
    def of(cls, given: tuple[Any, ...], named: Mapping[str, Any]) -> Credentials:
        """Sort out what was given by place and by name."""
        used = {word for word, value in named.items() if _is_given(value)}
        words = PASSWORD_ARGUMENTS if _is_password_call(given, used) else TOKEN_ARGUMENTS
        if len(given) > len(words):
            raise InvalidQueryError(f"login takes at most {len(words)} values: {', '.join(words)}.")
        placed = dict(zip(words, given, strict=False))
        twice = [word for word in placed if word in used]
        if twice:
            raise InvalidQueryError(f"login was given {twice[0]} twice.")
        used |= {word for word, value in placed.items() if _is_given(value)}
        by_password = not used.isdisjoint(PASSWORD_ARGUMENTS)
        if by_password and not used.isdisjoint(TOKEN_ARGUMENTS):
            raise InvalidQueryError("Log in with a password or with a token, not with both.")
        found = {**named, **placed}
        for word in ("username", "password"):
            value = found.get(word)
            if not (value is None or isinstance(value, str)):
                kind = type(value).__name__  # the value itself may be a secret
                raise InvalidQueryError(f"{word} is a text, and cannot be of type {kind}.")
        return cls(**found, by_password=by_password)


def _is_given(value: Any) -> bool:
    return not any(value is nothing for nothing in NOT_GIVEN)


def _is_password_call(given: tuple[Any, ...], used: set[str]) -> bool:
    """Whether values given by place are those of a password login, as `login` documents."""
    if used:
        return used.isdisjoint(TOKEN_ARGUMENTS)
    if len(given) > 1:
        return not isinstance(given[1], bool)
    return bool(given) and isinstance(given[0], str) and "@" in given[0]


def is_cookie(given: Any) -> TypeGuard[Cookie]:
    """Whether `given` is one of the standard library, which few programs load."""
    module = sys.modules.get("http.cookiejar")
    return module is not None and isinstance(given, module.Cookie)


def token_text(token: Any) -> str:
    """A token from what may stand for one; InvalidQueryError if it cannot be one."""
    if is_cookie(token) and token.name == TOKEN_COOKIE:
        token = token.value
    if not isinstance(token, str) or not token.strip() or not token.strip().isprintable():
        raise InvalidQueryError("A token is the text of an API token, as the archive gave it.")
    return token.strip()


def session_cookie(given: Any) -> tuple[str, str]:
    """Name and value of a session token in either form that it may have."""
    if isinstance(given, Mapping):
        pairs = [(str(name), str(value)) for name, value in given.items()]
        if len(pairs) > 1:
            warn("The session token has more than one entry; one of them is used.", InputWarning)
    elif is_cookie(given):
        pairs = [(given.name, str(given.value))]
    else:
        raise LoginError(
            "Session token must be given as a dictionary or http.cookiejar.Cookie object"
        )
    for name, value in pairs:
        if SESSION_WORD in name.lower() and value:
            return name, value
    raise LoginError("Invalid session token")
