"""A server, and no long waits between tries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.misbehaving import Misbehaving


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving() as server:
        yield server


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topmast.net.retry.FIRST_SECONDS", 0.01)
