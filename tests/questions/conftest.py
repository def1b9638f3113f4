"""The misbehaving server and quick retries of tests/net."""

from tests.net.conftest import elsewhere, quick, server

__all__ = ["elsewhere", "quick", "server"]
