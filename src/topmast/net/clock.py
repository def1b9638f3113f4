"""The time limits of one request, kept byte by byte.

A socket's own timeout starts anew with every byte, so that a server which sends one a second is
waited for without end. Here each wait is cut to what is left of the limit for the whole request.
"""

from __future__ import annotations

import builtins
import socket
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

from topmast.net.deadline import Deadline

LITTLE_SECONDS = 0.005


@dataclass
class Clock:
    """The time limits of one request, and the socket at which it waits."""

    connect_seconds: float
    read_seconds: float
    deadline: Deadline
    sock: socket.socket | None = field(default=None, repr=False)

    def next_wait(self) -> float:
        """How long the next byte may take."""
        left = self.deadline.left()
        if left <= 0:
            raise builtins.TimeoutError("timed out")
        return min(self.read_seconds, left)

    def wake(self) -> None:
        """To a thread that waits for bytes, the connection has ended."""
        sock = self.sock
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                # Not SSLSocket's own: it would let the thread read on without decrypting.
                socket.socket.shutdown(sock, socket.SHUT_RD)


CLOCK: ContextVar[Clock] = ContextVar("topmast_clock")


def set_timeout(sock: socket.socket, seconds: float) -> None:
    """Let the next byte take so long; each change is a call of the system."""
    before = sock.gettimeout()
    if before is None or not seconds <= before <= seconds + LITTLE_SECONDS:
        sock.settimeout(seconds)
