"""Answers read by `http.client`, with its leniency about where a body ends taken away.

A length that can be read in two ways, or a chunk that is not one, could make half a file look
whole (RFC 9112, 6.3 and 7.1), so it is an error here.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
from contextlib import suppress
from math import inf
from typing import Any

from urllib3.exceptions import IncompleteRead

from topmast.net.deadline import Timeouts
from topmast.net.messages import Headers

MAX_INTERIM = 20
MAX_TRAILERS = 100
MAX_LINE = 1 << 16
MAX_HEADERS = 200
HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)", re.DOTALL)
LENGTH = re.compile(r"[0-9]{1,18}")
CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}")
LINE_ENDS = (b"\r\n", b"\n")
CLOSE_ENOUGH = 0.005
"""Seconds; changing the timeout of a socket is a call of the system."""


class _TimedReader(io.RawIOBase):
    """The bytes of a socket; each wait is cut to what `timeouts` allow."""

    def __init__(self, sock: Any, opened: Any, timeouts: Timeouts) -> None:
        self.sock = sock
        self.ended = False
        #: The body goes on until the connection ends; whether it did so without TLS's own end.
        self.to_the_end: bool = False
        self.torn: bool = False
        #: No wait is longer than this many seconds.
        self.longest: float = inf
        self._opened = opened  # as long as it is open, so is the socket
        self._timeouts = timeouts

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.ended:
            return 0
        seconds = self._timeouts.wait(self._timeouts.read_seconds)
        set_timeout(self.sock, min(seconds, self.longest))
        try:
            return self.sock.recv_into(buffer)
        except ssl.SSLEOFError:
            if not self.to_the_end:
                raise
            self.torn = True
            return 0

    def close(self) -> None:
        if not self.closed:
            self._opened.close()
        super().close()


def set_timeout(sock: Any, seconds: float) -> None:
    """Change the timeout of a socket, if it is another one."""
    before = sock.gettimeout()
    if before is None or not seconds <= before <= seconds + CLOSE_ENOUGH:
        sock.settimeout(seconds)


class StrictResponse(http.client.HTTPResponse):
    """An answer within the time limits of its request.

    `surplus`: bytes came that belong to no answer, so that the connection cannot be used again.
    """

    fp: Any
    status: int
    reason: str
    headers: Any
    msg: Any
    will_close: bool
    chunked: bool
    chunk_left: int | None
    _method: str | None
    _announced: int | None

    def __init__(self, sock: Any, timeouts: Timeouts, method: str | None) -> None:
        super().__init__(sock, method=method)
        self.reader: _TimedReader = _TimedReader(sock, self.fp.detach(), timeouts)
        self.fp = io.BufferedReader(self.reader, 1 << 16)
        self.surplus: bool = False

    def begin(self) -> None:
        """Read the headers; provisional answers before the real one are passed over."""
        for _ in range(MAX_INTERIM):
            version, self.status, reason = self._read_status()  # type: ignore[attr-defined]
            self.version = 10 if version == "HTTP/1.0" else 11
            self.reason = reason.strip()
            self.headers = self.msg = Headers(self._header_lines())
            if not 100 <= self.status < 200 or self.status == 101:
                break
        else:
            raise http.client.HTTPException("it sent one provisional answer after the other")
        self.will_close = self._check_close()  # type: ignore[attr-defined]
        self._find_end()

    def read_some(self, most: int) -> bytes:
        """The next bytes of the body, no more than `most`; empty at its end."""
        left = self._get_chunk_left() if self.chunked and self.fp else self.length
        if self.fp is None or left == 0:
            return b""
        piece: bytes = self.fp.read1(most if left is None else min(most, left))
        if left is None:
            if not piece:
                self._close_conn()
        elif not piece:
            raise (
                http.client.IncompleteRead(b"")
                if self.chunked
                else IncompleteRead((self._announced or 0) - left, left)
            )
        elif self.chunked:
            self.chunk_left = left - len(piece)
        else:
            self.length = left - len(piece)
            if not self.length:
                self._close_conn()
        return piece

    @property
    def at_end(self) -> bool:
        """Whether the whole body was read, as far as its length is known."""
        return self.length == 0

    def wake(self) -> None:
        """To a thread that waits for bytes, the connection has ended."""
        sock = getattr(self.reader.sock, "socket", self.reader.sock)  # below TLS inside TLS
        with suppress(OSError):
            # Not SSLSocket's own: it would let the thread read on without decrypting.
            socket.socket.shutdown(sock, socket.SHUT_RD)

    def _header_lines(self) -> list[tuple[str, str]]:
        """Names and values; a line that is no header is left out."""
        found: list[tuple[str, str]] = []
        for _ in range(MAX_HEADERS):
            line = self.fp.readline(MAX_LINE)
            if line in LINE_ENDS:
                return found
            if not line.endswith(b"\n"):
                raise http.client.HTTPException("it ended inside its headers")
            text = line.decode("latin-1")
            if text[0] in " \t" and found:  # the value before goes on
                found[-1] = (found[-1][0], f"{found[-1][1]} {text.strip()}")
            elif match := HEADER.match(text):
                found.append((match[1], match[2].strip()))
        raise http.client.HTTPException("it has too many headers")

    def _find_end(self) -> None:
        codings, lengths = self._listed("Transfer-Encoding"), set(self._listed("Content-Length"))
        if self.status < 200 or self.status in (204, 304) or self._method == "HEAD":
            self.chunked, self.length = False, 0
            self.will_close = self.will_close or bool(codings)
        elif codings == ["chunked"]:
            self.chunked, self.chunk_left, self.length = True, None, None
            self.headers.forget("Content-Length")
        elif codings not in ([], ["identity"]):
            raise http.client.HTTPException(f"its body comes as {', '.join(codings)[:60]!r}")
        elif len(lengths) > 1 or not all(map(LENGTH.fullmatch, lengths)):
            raise http.client.HTTPException(f"its length is said to be {sorted(lengths)!s:.60}")
        else:
            self.chunked = False
            self.length = self._announced = int(lengths.pop()) if lengths else None
            self.will_close = self.will_close or self.length is None
            self.reader.to_the_end = self.length is None

    def _listed(self, name: str) -> list[str]:
        """The elements of a header, however often it was sent."""
        values = ",".join(self.headers.get_all(name)).lower().split(",")
        return [value.strip() for value in values if value.strip()]

    def _close_conn(self) -> None:
        """Called by `http.client` at the end of the body, or when it is given up."""
        self.reader.ended = True
        self.surplus = self.surplus or bool(self.fp.peek(1))
        fp, self.fp = self.fp, None
        fp.close()

    # Chunks, where http.client takes "-5", "0_1" and what not for a size. ------------------

    def _get_chunk_left(self) -> int | None:
        """Bytes left in this chunk, or of the next one; None after the last."""
        if self.chunk_left:
            return self.chunk_left
        if self.chunk_left is not None and self.fp.readline(2) not in LINE_ENDS:
            raise http.client.IncompleteRead(b"")
        self.chunk_left = self._chunk_size()
        if self.chunk_left == 0:
            self._skip_trailers()
            self._close_conn()
            self.chunk_left = None
        return self.chunk_left

    def _chunk_size(self) -> int:
        line = self.fp.readline(MAX_LINE)
        size = line.partition(b";")[0].strip()
        if not line.endswith(b"\n") or not CHUNK_SIZE.fullmatch(size):
            raise http.client.IncompleteRead(b"")
        return int(size, 16)

    def _skip_trailers(self) -> None:
        for _ in range(MAX_TRAILERS):
            line = self.fp.readline(MAX_LINE)
            if not line or line in LINE_ENDS:
                return
        raise http.client.HTTPException("lines without end follow its body")
