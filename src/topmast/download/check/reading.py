"""Read a file once, plain or gzipped, while its SHA-256 is computed."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from io import BytesIO, FileIO
from pathlib import Path
from typing import Any, Protocol

#: A file that is larger is not read into memory to be parsed; its length has to do.
PARSED_AT_MOST = 64 << 20
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
    its `body`, which is still in memory, the disk is not asked at all. Its maker closes `file`.
    """

    def __init__(self, path: Path | str, known: str = "", body: bytes | None = None) -> None:
        self.path = path
        self.file: FileIO | BytesIO = FileIO(path) if body is None else BytesIO(body)
        self._known = known
        self._digest = hashlib.sha256()
        self.position: int = 0

    def fill(self, view: memoryview) -> int:
        have = 0
        while have < len(view):
            count = self.file.readinto(view[have:])
            if not count:
                break
            have += count
        if not self._known:
            self._digest.update(view[:have])
        self.position += have
        return have

    def read(self, count: int) -> bytes:
        """As files have it, for other readers."""
        view = buffer("packed")[:count]
        return bytes(view[: self.fill(view)])

    def skip(self, count: int) -> int:
        if not self._known:
            return read_over(self, count)
        end = self.file.seek(0, os.SEEK_END)
        passed = min(count, max(0, end - self.position))
        self.position = self.file.seek(self.position + passed)
        return passed

    def peek(self, count: int) -> bytes:
        """The first bytes of the file; this does not count as reading."""
        self.file.seek(0)
        start = self.file.read(count) or b""
        self.file.seek(self.position)
        return start

    def read_all(self) -> bytes:
        """All bytes of a file that is to be parsed; OverflowError if there are too many."""
        data = BytesIO()
        view = buffer("file")
        while count := self.fill(view):
            data.write(view[:count])
            if self.position > PARSED_AT_MOST:
                raise OverflowError
        return data.getvalue()

    def end(self) -> int:
        """Read to the end; the length of the file."""
        self.read_to_end()
        return self.position

    def read_at(self, place: int, count: int) -> bytes:
        """Some of the bytes again, after `end`."""
        self.file.seek(place)
        found = self.file.read(count) or b""
        self.file.seek(self.position)
        return found

    def read_to_end(self) -> str:
        """Read to the end; the SHA-256 of the whole file, whose length is then `position`."""
        while self.skip(CHUNK):
            pass
        return self._known or self._digest.hexdigest()


class GzipReader:
    """The unpacked bytes of a gzip file: one member or several, zero padding after the last.

    Raises `EOFError` where the file ends inside a member, and `zlib.error` or
    `gzip.BadGzipFile` where its bytes, or the CRC and the length of a member, do not fit.
    """

    def __init__(self, packed: FileReader) -> None:
        file: Any = packed  # it has what GzipFile calls
        self._file = gzip.GzipFile(fileobj=file, mode="rb")

    def fill(self, view: memoryview) -> int:
        return self._file.readinto(view)

    def skip(self, count: int) -> int:
        return read_over(self, count)
