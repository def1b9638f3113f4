"""Where a token comes from, how a request carries it, and to which hosts it may go."""

from __future__ import annotations

from urllib.parse import urlsplit

from topmast.config import Servers

__all__ = ["may_receive_credential", "origin"]

MAST_DOMAIN = ".stsci.edu"


def may_receive_credential(url: str, servers: Servers) -> bool:
    """Whether a request to `url` may carry the login made for `servers`.

    The portal, the catalogue and the login server of the session may, each under its own scheme
    and port. Where the portal is MAST, so may every other host of stsci.edu, over https only.
    """
    scheme, host, _ = origin(url)
    if _is_mast(host):
        return scheme == "https" and _is_mast(origin(servers.portal)[1])
    own = {origin(server) for server in (servers.portal, servers.catalogs, servers.auth)}
    return origin(url) in own


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what a credential is meant for."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").rstrip("."), port


def _is_mast(host: str) -> bool:
    return host.endswith(MAST_DOMAIN)
