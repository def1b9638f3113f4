"""Unpack a compressed body piece by piece, never holding more than a piece."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from topmast.errors import BadAnswerError, UnreachableError

GZIP_MAGIC = b"\x1f\x8b"
GZIP_BITS = 16 + zlib.MAX_WBITS


def decoded(chunks: Iterable[bytes], encoding: str, size: int, url: str) -> Iterator[bytes]:
    """`chunks` as their Content-Encoding says, in pieces of at most `size` bytes."""
    names = [name for name in encoding.lower().replace(" ", "").split(",") if name]
    names = [name for name in names if name != "identity"]
    if not names:
        return iter(chunks)
    if len(names) > 1 or names[0] not in ("gzip", "x-gzip", "deflate"):
        raise BadAnswerError(
            f"{url} sent its answer in the encoding {encoding!r}, which was not asked for."
        )
    return _inflated(chunks, names[0] == "deflate", size, url)


def _inflated(chunks: Iterable[bytes], deflate: bool, size: int, url: str) -> Iterator[bytes]:
    inflater = None
    started = finished = False
    for chunk in chunks:
        started = started or bool(chunk)
        while chunk and not (finished and not chunk.startswith(GZIP_MAGIC[:1])):
            if inflater is None or finished:
                inflater = zlib.decompressobj(_deflate_bits(chunk) if deflate else GZIP_BITS)
                finished = False
            try:
                piece = inflater.decompress(chunk, size)
            except zlib.error as problem:
                raise BadAnswerError(
                    f"The answer of {url} is not the compressed data it says it is ({problem})."
                ) from problem
            finished = inflater.eof
            chunk = inflater.unused_data if finished else inflater.unconsumed_tail
            if piece:
                yield piece
            if finished and deflate:
                return
    if started and not finished:
        raise UnreachableError(f"The compressed answer of {url} ends in the middle.")


def _deflate_bits(head: bytes) -> int:
    """HTTP's deflate is zlib's format; some servers send it without zlib's header."""
    with_header = len(head) > 1 and head[0] & 15 == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if with_header else -zlib.MAX_WBITS
