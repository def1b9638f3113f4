"""What the headers of an answer say about the file: version, length, the stretch that follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

RANGE = re.compile(r"\s*bytes\s+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)\s*")
UNSATISFIED = re.compile(r"\s*bytes\s+\*/([0-9]{1,18})\s*")
LENGTH = re.compile(r"[0-9]{1,18}")
SENDABLE = re.compile(r"[\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class Version:
    """What tells one version of a file from another."""

    etag: str = ""
    modified: str = ""

    def differs(self, other: Version) -> bool:
        """Whether the two cannot be the same version: something told by both is different."""
        pairs = ((self.etag, other.etag), (self.modified, other.modified))
        return any(mine and yours and mine != yours for mine, yours in pairs)

    def same(self, other: Version) -> bool:
        """Whether the two are known to be the same version."""
        if self.differs(other):
            return False
        return bool((self.etag and other.etag) or (self.modified and other.modified))


def version_of(headers: Mapping[str, str]) -> Version:
    """ETag and Last-Modified; a date too fresh to tell two versions apart is left out."""
    etag = _sendable(headers.get("ETag", "").strip())
    modified = _sendable(headers.get("Last-Modified", "").strip())
    return Version(etag, modified if _old_enough(modified, headers.get("Date", "")) else "")


def _sendable(validator: str) -> str:
    """A validator that can be sent back; empty if it cannot."""
    return validator if SENDABLE.fullmatch(validator) else ""


def content_length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("Content-Length", "").strip()
    return int(text) if LENGTH.fullmatch(text) else None


def content_range(headers: Mapping[str, str]) -> tuple[int, int, int | None] | None:
    """First byte, end (exclusive) and total of a 206; None if it is not said, or nonsense."""
    match = RANGE.fullmatch(headers.get("Content-Range", ""))
    if not match:
        return None
    first, last = int(match[1]), int(match[2])
    total = None if match[3] == "*" else int(match[3])
    return (first, last + 1, total) if first <= last else None


def is_chunked(headers: Mapping[str, str]) -> bool:
    """Whether the body tells its own end."""
    return "chunked" in headers.get("Transfer-Encoding", "").lower()


def accepts_ranges(headers: Mapping[str, str]) -> bool:
    """Whether the server says that it gives parts."""
    return headers.get("Accept-Ranges", "").strip().lower() == "bytes"


def unsatisfied_size(headers: Mapping[str, str]) -> int | None:
    """The true size that a 416 tells."""
    match = UNSATISFIED.fullmatch(headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _old_enough(modified: str, date: str) -> bool:
    """Dates count seconds: a file written within the second may change unseen (RFC 9110, 8.8.2)."""
    if not modified:
        return False
    try:
        changed, now = parsedate_to_datetime(modified), parsedate_to_datetime(date)
        return now - changed >= timedelta(seconds=1)
    except (TypeError, ValueError):
        return True
