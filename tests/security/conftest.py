"""A server with accounts to attack, and a hostile server to be attacked by."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

import topmast
from tests.archive.conftest import Caller
from tests.logins import Tokens, add_people, house
from tests.logins import cheap as cheap
from tests.logins import no_keyring as no_keyring
from tests.misbehaving import Misbehaving, Reply
from topmast.archive import Archive
from topmast.archive.server.serve import serve_in_thread
from topmast.client import Client

WELL = "/health"
TOKEN = "sesame-open-0123456789"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with house(tmp_path / "house") as archive:
        yield archive


@pytest.fixture
def tokens(archive: Archive) -> Tokens:
    return add_people(archive)


@pytest.fixture
def caller(archive: Archive, tokens: Tokens) -> Caller:
    return Caller(archive)


@dataclass
class Target:
    """A server under attack."""

    url: str
    archive: Archive
    tokens: Tokens

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)

    def well(self) -> bool:
        """Whether it still answers others."""
        with urllib3.PoolManager(retries=False, timeout=20) as pool:
            return pool.request("GET", self.url + WELL).status == 200

    def raw(self, data: bytes, *, seconds: float = 20.0) -> bytes:
        """What comes back for these bytes, until the server closes or is silent."""
        with socket.create_connection(self.address, timeout=seconds) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has closed already
            pieces = []
            try:
                while piece := connection.recv(65536):
                    pieces.append(piece)
            except OSError:
                pass
        return b"".join(pieces)


@pytest.fixture
def target(archive: Archive, tokens: Tokens) -> Iterator[Target]:
    with serve_in_thread(archive) as url:
        yield Target(url, archive, tokens)


@pytest.fixture
def hostile() -> Iterator[Misbehaving]:
    """A server that a user was made to talk to."""
    with Misbehaving() as server:
        server.on("/whoami", Reply(body=b'{"anon": false, "attrib": {}, "eppn": "alice"}'))
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Misbehaving]:
    """Another host, which is to get nothing."""
    with Misbehaving("127.0.0.2") as server:
        yield server


@contextmanager
def logged_in(server: Misbehaving, **settings: Any) -> Iterator[Client]:
    """A client with a token for `server`."""
    with topmast.connect(server.url, **settings) as client:
        client.observations.login(token=TOKEN)
        yield client


def carried(server: Misbehaving) -> list[str]:
    """What of a login the requests to `server` carried."""
    names = ("cookie", "authorization", "proxy-authorization")
    return [
        seen.headers[name] for seen in server.requests for name in names if name in seen.headers
    ]


def everything_in(folder: Path) -> bytes:
    """Names and contents of all files below `folder`."""
    return b"\n".join(
        str(path).encode() + b"\n" + (path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    )
