"""How the archive answers a request for a file: all, a part, or that nothing has changed.

Range, If-Range, ETag and the other conditions are those of RFC 9110. What the client makes of such
an answer is in `topmast.download`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from topmast.wire.byteranges import multipart_length, multipart_type

RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)
MOST_PARTS = 16
ETAG = re.compile(r'(?:W/)?"[^"]*"')


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file: its size, its ETag in quotes, and when it was last changed."""

    size: int
    etag: str = ""
    last_modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """How to answer: the status, the bytes from `start` up to `stop`, and the headers.

    With a `boundary`, the body is the `parts` of the file, divided by it.
    """

    status_code: int
    start: int = 0
    stop: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    parts: tuple[range, ...] = ()
    boundary: str = ""


def parse_range(header: str | None, size: int) -> range | None:
    """The bytes of a file of `size` bytes that a Range asks for.

    None stands for the whole file: without a Range, and for one with several parts (see
    `parse_ranges`) or in another unit, which a server may ignore. An empty range stands for one
    that cannot be satisfied.
    """
    match = RANGE.fullmatch(header or "")
    if not match or not (match[1] or match[2]):
        return None
    if not match[1]:
        return range(max(size - int(match[2]), 0), size)
    start, stop = int(match[1]), size
    if match[2]:
        if int(match[2]) < start:
            return None
        stop = min(int(match[2]) + 1, size)
    return range(start, stop)


def parse_ranges(header: str | None, size: int) -> tuple[range, ...]:
    """Several parts that a Range asks for, in their order; empty unless all are there and apart."""
    unit, _, spans = (header or "").partition("=")
    texts = spans.split(",")
    if unit.strip().lower() != "bytes" or not 2 <= len(texts) <= MOST_PARTS:
        return ()
    parts = [parse_range(f"bytes={text}", size) or range(0) for text in texts]
    ends = [0, *(part.stop for part in parts)]
    apart = all(part and part.start >= end for part, end in zip(parts, ends, strict=False))
    return tuple(parts) if apart else ()


def plan_file_answer(method: str, headers: Mapping[str, str], facts: FileFacts) -> FileAnswer:
    """How the archive answers a GET or HEAD of a file, by the headers of the request.

    `headers` are looked up in any case. The status is 200, 206, 304, 412 or 416.
    """
    asked = {name.lower(): value for name, value in headers.items()}
    told = _validators(facts)
    if _precondition_failed(asked, facts):
        return FileAnswer(412, headers={**told, "Content-Length": "0"})
    if _unchanged(asked, facts):
        return FileAnswer(304, headers=told)
    part = None
    if method.upper() == "GET" and _range_applies(asked, facts):
        part = parse_range(asked.get("range"), facts.size)
        several = parse_ranges(asked.get("range"), facts.size)
        if several:
            return _several_parts(several, facts, told)
    if part is None:
        return FileAnswer(200, 0, facts.size, {**told, "Content-Length": str(facts.size)})
    if not part:
        refused = {"Content-Range": f"bytes */{facts.size}", "Content-Length": "0"}
        return FileAnswer(416, headers={**told, **refused})
    partial = {
        "Content-Range": f"bytes {part.start}-{part.stop - 1}/{facts.size}",
        "Content-Length": str(len(part)),
    }
    return FileAnswer(206, part.start, part.stop, {**told, **partial})


def _several_parts(parts: tuple[range, ...], facts: FileFacts, told: dict[str, str]) -> FileAnswer:
    boundary = f"part-{re.sub(r'[^0-9A-Za-z]', '', facts.etag)[:40]}"
    length = multipart_length(boundary, parts, facts.size)
    about = {"Content-Type": multipart_type(boundary), "Content-Length": str(length)}
    return FileAnswer(206, parts=parts, boundary=boundary, headers={**told, **about})


def http_date(moment: datetime) -> str:
    """`moment` as HTTP writes it."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def parse_http_date(text: str | None) -> datetime | None:
    """The moment in a header such as Last-Modified, or None if it is unreadable."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _validators(facts: FileFacts) -> dict[str, str]:
    told = {"Accept-Ranges": "bytes"}
    if facts.etag:
        told["ETag"] = facts.etag
    if facts.last_modified is not None:
        told["Last-Modified"] = http_date(facts.last_modified)
    return told


def _precondition_failed(asked: Mapping[str, str], facts: FileFacts) -> bool:
    if "if-match" in asked:
        return not _names_etag(asked["if-match"], facts.etag, weak=False)
    since = parse_http_date(asked.get("if-unmodified-since"))
    return since is not None and _changed_after(since, facts)


def _unchanged(asked: Mapping[str, str], facts: FileFacts) -> bool:
    if "if-none-match" in asked:
        return _names_etag(asked["if-none-match"], facts.etag, weak=True)
    since = parse_http_date(asked.get("if-modified-since"))
    return (
        since is not None and facts.last_modified is not None and not _changed_after(since, facts)
    )


def _range_applies(asked: Mapping[str, str], facts: FileFacts) -> bool:
    """Whether the file is still the one of which the client holds a part (If-Range)."""
    condition = asked.get("if-range", "").strip()
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == facts.etag and not condition.startswith("W/")
    moment = parse_http_date(condition)
    return (
        moment is not None
        and facts.last_modified is not None
        and moment == facts.last_modified.astimezone(UTC).replace(microsecond=0)
    )


def _changed_after(since: datetime, facts: FileFacts) -> bool:
    if facts.last_modified is None:
        return True
    return facts.last_modified.astimezone(UTC).replace(microsecond=0) > since


def _names_etag(header: str, etag: str, *, weak: bool) -> bool:
    if header.strip() == "*":
        return True
    if not etag or (not weak and etag.startswith("W/")):
        return False
    named = ETAG.findall(header)
    if weak:
        return etag.removeprefix("W/") in [tag.removeprefix("W/") for tag in named]
    return etag in named
