"""Connections through a SOCKS proxy; needs PySocks, the extra ``socks``."""

from __future__ import annotations

from typing import Any

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection, SOCKSProxyManager

from topmast.net.address import split_login
from topmast.net.connection import PlainConnection, SecureConnection


class _PlainConnection(PlainConnection, SOCKSConnection):
    _new_conn = SOCKSConnection._new_conn


class _SecureConnection(SecureConnection, SOCKSHTTPSConnection):
    _new_conn = SOCKSConnection._new_conn


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def socks_manager(proxy: str, settings: dict[str, Any]) -> SOCKSProxyManager:
    """Pools of connections through `proxy`."""
    url, login = split_login(proxy)
    user, _, password = (login or "").partition(":")
    manager = SOCKSProxyManager(url, user or None, password or None, **settings)
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return manager
