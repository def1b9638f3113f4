"""Read a file once, plain or gzipped, while its SHA-256 is computed."""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from io import BytesIO, FileIO
from pathlib import Path
from typing import Protocol

#: Bytes read at once: a multiple of the 2880 of a FITS block, near the size of the L2 cache.
CHUNK = 2880 * 91

GZIP_BITS = 31  # what zlib calls a window of 32 kB with a gzip header


_buffers = threading.local()


def buffer(name: str) -> memoryview:
    """A chunk of memory for one purpose; each thread has its own, and keeps it."""
    found: memoryview | None = getattr(_buffers, name, None)
    if found is None:
        found = memoryview(bytearray(CHUNK))
        setattr(_buffers, name, found)
    return found


class Reader(Protocol):
    """Gives bytes in order."""

    def fill(self, view: memoryview) -> int:
        """Bytes put into `view`; fewer than its length only at the end."""
        ...

    def skip(self, count: int) -> int:
        """Pass over `count` bytes; fewer only at the end."""
        ...


def read_over(reader: Reader, count: int) -> int:
    """Read `count` bytes and use none of them."""
    left = count
    while left:
        view = buffer("over")[: min(left, CHUNK)]
        have = reader.fill(view)
        left -= have
        if have < len(view):
            break
    return count - left


class FileReader:
    """The bytes of one file, and the SHA-256 of all that was read.

    With the `known` SHA-256 of the whole file, bytes that no test needs are not read. With
    its `body`, which is still in memory, the disk is not asked at all.
    """

    def __init__(self, path: Path | str, known: str = "", body: bytes | None = None) -> None:
        self.path = path
        self._file = FileIO(path) if body is None else BytesIO(body)
        self._known = known
        self._digest = hashlib.sha256()
        self.position = 0

    def fill(self, view: memoryview) -> int:
        have = 0
        while have < len(view):
            count = self._file.readinto(view[have:])
            if not count:
                break
            have += count
        if not self._known:
            self._digest.update(view[:have])
        self.position += have
        return have

    def skip(self, count: int) -> int:
        if not self._known:
            return read_over(self, count)
        end = self._file.seek(0, os.SEEK_END)
        passed = min(count, max(0, end - self.position))
        self.position = self._file.seek(self.position + passed)
        return passed

    def peek(self, count: int) -> bytes:
        """The first bytes of the file; this does not count as reading."""
        self._file.seek(0)
        start = self._file.read(count) or b""
        self._file.seek(self.position)
        return start

    def read_to_end(self) -> str:
        """Read to the end; the SHA-256 of the whole file, whose length is then `position`."""
        while self.skip(CHUNK):
            pass
        return self._known or self._digest.hexdigest()

    def close(self) -> None:
        self._file.close()


class GzipReader:
    """The unpacked bytes of a gzip file: one member or several, zero padding after the last.

    zlib compares the CRC and the length at the end of every member and raises `zlib.error`;
    a file that ends inside a member raises `EOFError`.
    """

    def __init__(self, packed: Reader) -> None:
        self._packed = packed
        self._buffer = buffer("packed")
        self._waiting = b""
        self._member: zlib._Decompress | None = zlib.decompressobj(wbits=GZIP_BITS)
        self._ended = False

    def fill(self, view: memoryview) -> int:
        have = 0
        while have < len(view) and not self._ended:
            piece = self._unpack(len(view) - have)
            view[have : have + len(piece)] = piece
            have += len(piece)
        return have

    def skip(self, count: int) -> int:
        return read_over(self, count)

    def _unpack(self, most: int) -> bytes:
        if self._member is None and not self._next_member():
            return b""
        assert self._member is not None
        data = self._waiting or self._more()
        if not data:
            raise EOFError("it ends before the end of its gzip stream")
        piece = self._member.decompress(data, most)
        self._waiting = self._member.unconsumed_tail
        if self._member.eof:
            self._waiting = self._member.unused_data
            self._member = None
        return piece

    def _next_member(self) -> bool:
        self._waiting = self._waiting.lstrip(b"\0")
        while not self._waiting:
            more = self._more()
            if not more:
                self._ended = True
                return False
            self._waiting = more.lstrip(b"\0")
        self._member = zlib.decompressobj(wbits=GZIP_BITS)
        return True

    def _more(self) -> bytes:
        return bytes(self._buffer[: self._packed.fill(self._buffer)])
