"""A client that takes the server for its proxy asks for whole addresses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from topmast.archive.server.app import WholeAddresses


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

    scope = {"type": "http", "path": target, "raw_path": target.encode()}
    asyncio.run(WholeAddresses(app)(scope, None, None))  # type: ignore[arg-type]

    assert seen == [(path, path.encode())]
