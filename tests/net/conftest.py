"""A misbehaving server, and retries that do not keep a test waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.misbehaving import Misbehaving
from topmast.net import retry
from topmast.questions import polling


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Misbehaving]:
    """Another host."""
    with Misbehaving("127.0.0.2") as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(polling, "FIRST_WAIT", 0.005)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
