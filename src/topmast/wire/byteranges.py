"""Several parts of a file in one answer, both ways: multipart/byteranges (RFC 9110, 14.6)."""

from __future__ import annotations

import re
from collections.abc import Sequence

BOUNDARY = re.compile(r"multipart/byteranges;.*boundary=\"?([^\";]+)", re.IGNORECASE)
RANGE = re.compile(r"\s*bytes\s+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})\s*")


def multipart_type(boundary: str) -> str:
    """The Content-Type of an answer whose parts are divided by `boundary`."""
    return f"multipart/byteranges; boundary={boundary}"


def is_multipart(content_type: str) -> bool:
    """Whether an answer of this Content-Type has several parts."""
    return BOUNDARY.match(content_type) is not None


def part_head(boundary: str, part: range, size: int) -> bytes:
    """What comes before the bytes of one part of a file of `size` bytes."""
    place = f"Content-Range: bytes {part.start}-{part.stop - 1}/{size}"
    return f"\r\n--{boundary}\r\n{place}\r\n\r\n".encode()


def parts_end(boundary: str) -> bytes:
    """What comes after the last part."""
    return f"\r\n--{boundary}--\r\n".encode()


def multipart_length(boundary: str, parts: Sequence[range], size: int) -> int:
    """Bytes of the whole body."""
    heads = sum(len(part_head(boundary, part, size)) for part in parts)
    return heads + sum(map(len, parts)) + len(parts_end(boundary))


def decode_parts(content: bytes) -> dict[int, bytes]:
    """Where each part of a body begins in the file, by its own Content-Range, and its bytes."""
    found: dict[int, bytes] = {}
    position = 0
    while (end := content.find(b"\r\n\r\n", position)) >= 0:
        head = content[position:end].decode("latin-1")
        lines = [line.partition(":") for line in head.split("\r\n")]
        values = {name.strip().lower(): value for name, _, value in lines}
        given = RANGE.fullmatch(values.get("content-range", ""))
        if given is None:
            break
        first, last = int(given[1]), int(given[2])
        start = end + 4
        position = start + last + 1 - first
        found[first] = content[start:position]
    return found
