"""Undo the packing of a body on its way: a Content-Encoding that is not the product's own."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from topmast.download.check.content import GZIP_START
from topmast.download.check.reading import GZIP_BITS, FileReader, GzipReader, buffer
from topmast.download.folder.part import Part
from topmast.download.folder.system import read_at
from topmast.download.product import Product
from topmast.download.transfer.backoff import Failed
from topmast.net.body import MAX_EXPANSION, UNSUSPICIOUS_BYTES


def unpack(part: Part, encoding: str, product: Product) -> None:
    """Undo a Content-Encoding, unless the server only described the product's own gzip with it."""
    if encoding == "identity":
        return
    if encoding not in ("gzip", "x-gzip"):
        raise Failed(f"the archive sent the file packed as {encoding!r}, which nobody asked for")
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


def _unpack_in_place(part: Part, promised: int) -> None:
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
            reader = GzipReader(source)
            while count := reader.fill(view):
                part.write(view[:count], place)
                place += count
                if place > most:
                    raise Failed(f"the archive sent bytes that unpack to more than {most:,}")
    finally:
        packed.unlink(missing_ok=True)
