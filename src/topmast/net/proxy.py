"""Which proxy a request goes through, if any."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from topmast.errors import InvalidQueryError
from topmast.net.address import checked_url, is_url, shown


def proxy_for(url: str, chosen: str) -> str | None:
    """The proxy for `url`: the one `chosen` in the settings, else what the environment says.

    The environment's proxy is never asked for a server on this machine.
    """
    if chosen:
        return _checked(chosen)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_this_machine(host):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return _checked(found)


def _checked(proxy: str) -> str:
    url = proxy if "://" in proxy else f"http://{proxy}"
    if not is_url(url):
        raise InvalidQueryError(
            f"The proxy {shown(proxy)!r} cannot be used: only http:// and https:// proxies can."
        )
    return checked_url(url)


@lru_cache
def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
