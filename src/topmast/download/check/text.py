"""Whether bytes are text that people could read."""

from __future__ import annotations

import re

NO_PLAIN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def is_text(start: bytes) -> bool:
    """Whether people could read it: no control characters, and UTF-8, Latin-1 or UTF-16."""
    if start.startswith(UTF_16):
        return True
    if NO_PLAIN_TEXT.search(start):
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
