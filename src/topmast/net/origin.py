"""The login that requests carry, and the origins that may receive it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from topmast.config import Servers

MAST_DOMAIN = ".stsci.edu"


@dataclass(slots=True)
class Login:
    """One login, by password or by token; its secrets are never shown.

    `expires` is in seconds since 1970, None where it is not known. `revoked`: the archive does
    not accept it any more. `explain_refusal` says what a 401 or 403 has to do with this login; by
    default it is `str`, which says nothing.
    """

    user: str
    token: str | None = field(default=None, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires: float | None = None
    revoked: bool = False
    checked_at: float = 0.0
    explain_refusal: Callable[[], str] = field(default=str, repr=False)

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and time.time() >= self.expires

    @property
    def ended(self) -> bool:
        """Whether it has expired or was revoked, as far as known."""
        return self.revoked or self.expired


def may_receive_credential(url: str, servers: Servers) -> bool:
    """Whether a request to `url` may carry the login made for `servers`.

    The portal, the catalogue and the login server of the session may, each under its own scheme
    and port. Where the portal is MAST, so may every other host of stsci.edu, over https only.
    """
    if is_mast(url):
        return origin(url)[0] == "https" and is_mast(servers.portal)
    own = {origin(server) for server in (servers.portal, servers.catalogs, servers.auth)}
    return origin(url) in own


def is_mast(url: str) -> bool:
    """Whether `url` is at the institute that keeps MAST."""
    return origin(url)[1].endswith(MAST_DOMAIN)


@lru_cache(1024)
def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what a credential is meant for."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").rstrip("."), port
