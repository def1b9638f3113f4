"""The host and the address that a request names."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from topmast.archive.server.app import CheckedAddresses


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("http://mastresolver.stsci.edu/Santa-war/query", "/Santa-war/query"),
        ("HTTP://127.0.0.1:80", "/"),
        ("/Santa-war/query", "/Santa-war/query"),
        ("/file/http://other/", "/file/http://other/"),
    ],
)
def test_a_whole_address_means_its_path(target: str, path: str) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["path"], scope["raw_path"]))

    scope = scope_of(target, [(b"host", b"h")])
    asyncio.run(CheckedAddresses(app)(scope, None, None))  # type: ignore[arg-type]

    assert seen == [(path, path.encode())]


@pytest.mark.parametrize(
    ("version", "hosts", "status"),
    [("1.1", 0, 400), ("1.1", 1, 200), ("1.1", 2, 400), ("1.0", 0, 200), ("1.0", 2, 400)],
)
def test_a_request_names_its_host_once(version: str, hosts: int, status: int) -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of("/", [(b"host", b"h")] * hosts) | {"http_version": version}
    asyncio.run(CheckedAddresses(app)(scope, None, send))  # type: ignore[arg-type]

    assert sent[0]["status"] == status


def scope_of(target: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "path": target,
        "raw_path": target.encode(),
        "headers": headers,
    }
