"""What the first bytes of a file say: whether it begins as its name promises, and if it is text."""

from __future__ import annotations

import re
from collections.abc import Callable

FITS_START = b"SIMPLE  ="
GZIP_START = b"\x1f\x8b"
NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")

#: Whether a file with this beginning can be of a format.
Begins = Callable[[bytes], bool]


def starting(*starts: bytes) -> Begins:
    """Begins with one of these; a file of fewer bytes may have been cut inside them."""

    def begins(start: bytes) -> bool:
        return start.startswith(starts) or any(known.startswith(start) for known in starts)

    return begins


def begins_like_tar(start: bytes) -> bool:
    """The checksum of the first member's header is written in octal digits."""
    return bool(re.match(rb".{148}[0-7 \0]{8}", start, re.DOTALL)) or len(start) < 156


def begins_like_pdf(start: bytes) -> bool:
    return b"%PDF-" in start or b"%PDF-".startswith(start)


def is_text(start: bytes) -> bool:
    """Whether people could read it: no control characters, and UTF-8, Latin-1 or UTF-16."""
    if start.startswith(UTF_16):
        return True
    if NO_TEXT.search(start):
        return False
    plain = sum(byte < 128 for byte in start)
    return plain >= 0.7 * len(start) or _is_utf_8(start)


def _is_utf_8(start: bytes) -> bool:
    """UTF-8, where the last character may be cut."""
    try:
        start.decode()
    except UnicodeDecodeError as problem:
        return problem.start >= len(start) - 3
    return True
