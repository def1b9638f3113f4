"""A gzipped remote file, unpacked from its start as far as it is read."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from topmast.errors import BadAnswerError
from topmast.net.address import shown
from topmast.net.ranged import BLOCK, RangedFile, Span

GZIP_BITS = 16 + zlib.MAX_WBITS
MOST_UNPACKED = 512 << 20
PIECE = 1 << 20


class UnpackedFile:
    """Reads as `RangedFile` does; what was unpacked stays in memory."""

    def __init__(self, file: RangedFile) -> None:
        self.name: str = file.name
        #: Nobody knows how long it is before its end.
        self.size = MOST_UNPACKED
        self._file = file
        self._position = 0
        self._unpacked = bytearray()
        self._inflater = zlib.decompressobj(GZIP_BITS)

    def read_at(self, position: int, count: int) -> bytes:
        """`count` bytes from `position` on; fewer only at the end of the file."""
        while len(self._unpacked) < position + count and self._unpack():
            pass
        return bytes(self._unpacked[position : position + count])

    def holds(self, position: int) -> bool:
        """True: a place cannot be reached without those before it."""
        return True

    def fetch(self, spans: Sequence[Span]) -> None:
        """Nothing: see `holds`."""

    def _unpack(self) -> bool:
        """Unpack one more piece; False at the end."""
        packed = self._inflater.unconsumed_tail
        if not packed:
            packed = self._file.read_at(self._position, BLOCK)
            self._position += len(packed)
        if not packed or self._inflater.eof:
            return False
        try:
            self._unpacked += self._inflater.decompress(packed, PIECE)
        except zlib.error as problem:
            raise BadAnswerError(
                f"{shown(self.name)} is a broken gzip file: {problem}."
            ) from problem
        if len(self._unpacked) > MOST_UNPACKED:
            raise BadAnswerError(
                f"{shown(self.name)} unpacks to more than {MOST_UNPACKED:,} bytes. Download it: "
                "Observations.download_file(...)."
            )
        return True
