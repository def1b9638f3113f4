"""A misbehaving server, and polls that do not keep a test waiting."""

from tests.net.conftest import quick, server

__all__ = ["quick", "server"]
