"""Which proxy a request goes through, if any."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass, proxy_bypass_environment  # type: ignore[attr-defined]

from topmast.errors import InvalidQueryError
from topmast.net.address import checked_url, is_url, shown
from topmast.version import install_command

SOCKS = ("socks4", "socks4a", "socks5", "socks5h")


def proxy_for(url: str, chosen: str) -> str | None:
    """The proxy for `url`: the one `chosen` in the settings, else what the environment says.

    NO_PROXY holds for both. The environment's proxy is never asked for a server on this machine.
    """
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    if chosen:
        return None if proxy_bypass_environment(place) else _checked(chosen)
    if _is_this_machine(parts.hostname or ""):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    return _checked(found) if found and not proxy_bypass(place) else None


def is_socks(proxy: str) -> bool:
    """Whether `proxy` speaks SOCKS and not HTTP."""
    return proxy.partition("://")[0].lower() in SOCKS


def _checked(proxy: str) -> str:
    url = proxy if "://" in proxy else f"http://{proxy}"
    if is_socks(url):
        return _checked_socks(url)
    if not is_url(url):
        raise InvalidQueryError(
            f"The proxy {shown(proxy)!r} cannot be used: only http://, https:// and socks5:// "
            "proxies can."
        )
    return checked_url(url)


def _checked_socks(proxy: str) -> str:
    if find_spec("socks") is None:
        raise InvalidQueryError(
            f"The proxy {shown(proxy)!r} needs PySocks. Install it with: {install_command('socks')}"
        )
    scheme, _, rest = proxy.partition("://")
    return f"{scheme.lower()}://{checked_url(f'http://{rest}').removeprefix('http://')}"


@lru_cache
def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
