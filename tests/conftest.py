"""What every test stands on: no network but loopback, and the recorded answers where they are."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parent.parent
RECORDED = PROJECT.parent / "shared" / "real"


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith("TOPMAST_")]:
        del os.environ[name]
    os.environ.pop("MAST_API_TOKEN", None)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and not (
            host.startswith("127.") or host in ("::1", "localhost")
        ):
            raise AssertionError(f"A test tried to reach {address}.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty HOME, so that no file of the user changes what a test sees."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "ASTROPY_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    """Settings changed by a test are forgotten after it."""
    from topmast.config import conf

    conf.reload()
    yield
    conf.reset()
    conf.reload()


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of answers and files recorded from the real archive."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers of the real archive are not here")
    return RECORDED
