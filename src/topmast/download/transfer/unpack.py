"""Undo the packing of a body on its way: a Content-Encoding that is not the product's own."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from topmast.download.check.formats import GZIP_START
from topmast.download.check.reading import CHUNK, GZIP_BITS, FileReader, GzipReader, buffer
from topmast.download.folder.part import Part
from topmast.download.folder.system import read_at
from topmast.download.product import Product
from topmast.download.transfer.backoff import Failed
from topmast.errors import BadAnswerError, UnreachableError
from topmast.net.body import MAX_EXPANSION, UNSUSPICIOUS_BYTES, decoded


def unpack(part: Part, encoding: str, product: Product) -> None:
    """Undo a Content-Encoding, unless the server only described the product's own gzip with it."""
    if encoding == "identity":
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Failed(
            f"the archive sent the file packed as {encoding!r}, which the request did not ask for"
        )
    if encoding == "deflate":
        try:
            _unpack_in_place(part, product.size or 0, DeflateReader)
        except (BadAnswerError, UnreachableError) as problem:
            raise Failed(f"the archive sent a broken deflate stream ({problem})") from problem
        return
    if product.path.lower().endswith((".gz", ".tgz")) and not _is_packed_twice(part):
        return
    try:
        _unpack_in_place(part, product.size or 0)
    except (zlib.error, EOFError, gzip.BadGzipFile) as problem:
        raise Failed(f"the archive sent a broken gzip stream ({problem})") from problem


def _is_packed_twice(part: Part) -> bool:
    start = read_at(part.file, 4096, 0)
    try:
        return zlib.decompressobj(wbits=GZIP_BITS).decompress(start, 16).startswith(GZIP_START)
    except zlib.error:
        return False


class DeflateReader:
    """The unpacked bytes of HTTP's deflate."""

    def __init__(self, packed: FileReader) -> None:
        pieces = iter(lambda: packed.read(CHUNK), b"")
        self._chunks = decoded(pieces, "deflate", CHUNK, "the archive")

    def fill(self, view: memoryview) -> int:
        """Bytes put into `view`, which holds a chunk; 0 at the end."""
        chunk = next(self._chunks, b"")
        view[: len(chunk)] = chunk
        return len(chunk)


def _unpack_in_place(
    part: Part, promised: int, unpacked: type[GzipReader | DeflateReader] = GzipReader
) -> None:
    """Through a second file, since unpacked bytes outgrow the packed ones.

    What grows beyond reason, and beyond the size that was `promised`, is no file of an archive.
    """
    packed = Path(f"{part.path}.packed")
    packed.unlink(missing_ok=True)  # of a run that was killed, or a trap
    view = buffer("file")
    place = 0
    most = max(UNSUSPICIOUS_BYTES, MAX_EXPANSION * part.size, promised)
    try:
        source = FileReader(part.path)
        with source.file, packed.open("xb") as copy:
            while count := source.fill(view):
                copy.write(view[:count])
        part.empty()
        source = FileReader(packed)
        with source.file:
            reader = unpacked(source)
            while count := reader.fill(view):
                end = place + count
                while place < end:
                    place += part.write(view[count - (end - place) : count], place)
                if place > most:
                    raise Failed(f"the archive sent bytes that unpack to more than {most:,}")
    finally:
        packed.unlink(missing_ok=True)
