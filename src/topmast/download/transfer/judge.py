"""The segments of a file, and what an answer of the server means for one of them.

`judge` is a pure function; what follows from its decision is done by `Transfer`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from functools import lru_cache
from http import HTTPStatus

from topmast.download.product import Held, Version
from topmast.download.tables.products_table import UNKNOWN_DATE
from topmast.download.transfer.digests import DIGEST_HEADERS, digests_of
from topmast.net.retry import seconds_asked

RANGE = re.compile(r"\s*bytes\s+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)\s*")
UNSATISFIED = re.compile(r"\s*bytes\s+\*/([0-9]{1,18})\s*")
LENGTH = re.compile(r"[0-9]{1,18}")
SENDABLE = re.compile(r"[\x20-\x7e\x80-\xff]*")
NO_VERSION = Version()

#: Statuses that may pass.
TEMPORARY = frozenset({202, 408, 425, 429, 500, 502, 503, 504})
REASONS = {
    202: "202 Accepted: the archive is still preparing the file; try again later.",
    301: "301 Moved Permanently, without saying where to; in S3 this means that the bucket is in "
    "another region (conf.s3_server).",
    400: "400 Bad Request: the archive cannot read this URI.",
    401: "401 Unauthorized: {exclusive}log in with a token (Observations.login, MAST_API_TOKEN).",
    403: "403 Forbidden: {exclusive}your account has no right to it.",
    404: "404 Not Found: the archive does not have this file; search again for its new name.",
    410: "410 Gone: it was withdrawn; search for a newer version.",
    429: "429 Too Many Requests: the archive asks for fewer requests; lower conf.connections.",
    500: "500 Internal Server Error: the archive failed to send it; try again later.",
    503: "503 Service Unavailable: the archive is overloaded or down; try again later.",
}
CHANGED = "the file changed in the archive while it was fetched"
OTHER_PART = "the archive sent another part than was asked for"
PART_AS_WHOLE = "the archive sent a part of the file and called it the whole"
NOT_A_PART = "the archive sent the whole file where a part was asked for"
OTHER_VERSION = "what was fetched before is no part of the archive's version"


@dataclass(slots=True, eq=False)
class Segment:
    """Bytes from `position` to `end` that are missing; `end` is None while nobody knows it."""

    position: int
    end: int | None
    taken: bool = False

    @property
    def done(self) -> bool:
        return self.end is not None and self.position >= self.end

    @property
    def length(self) -> int:
        return 0 if self.end is None else max(0, self.end - self.position)


class Segments(list[Segment]):
    """The segments of one file; those who share it hold a lock."""

    @property
    def length(self) -> int:
        """Bytes that are missing, as far as the end is known."""
        return sum(segment.length for segment in self)

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """From and to of each segment that is not done."""
        return [(s.position, s.end or s.position) for s in self if not s.done]

    def take(self) -> Segment | None:
        """One that nobody works at, now taken."""
        found = next((one for one in self if not one.taken and not one.done), None)
        if found is not None:
            found.taken = True
        return found

    def longest_for_helper(self, least: int) -> int:
        """Bytes that one more worker would find: a free segment, or half of a long one."""
        free = max((s.length for s in self if not s.taken), default=0)
        longest = max((s.length for s in self), default=0)
        return free or (longest if longest >= 2 * least else 0)

    def halve(self, least: int) -> Segment | None:
        """Cut the second half off the longest; its worker will stop before it."""
        longest = max(self, key=lambda segment: segment.length)
        if longest.end is None or longest.length < 2 * least:
            return None
        half = Segment(longest.position + longest.length // 2, longest.end)
        longest.end = half.position
        self.append(half)
        return half


class Action(Enum):
    """What to do after an answer."""

    CONTINUE = auto()
    """The body is the segment."""
    WHOLE = auto()
    """The body is the whole file, from its first byte."""
    COMPLETE = auto()
    """Nothing follows what is here."""
    UNCHANGED = auto()
    """The version held on disk is current."""
    RESTART = auto()
    """What was received is useless: begin again."""
    RETRY = auto()
    """The same request may succeed later."""
    FAIL = auto()
    """It will not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer without its body, and what was asked for.

    `part`: a range was asked for. `current`: the version that is held whole and was named in the
    request. `about_login`: what became of the login that the request carried, if it was refused.
    `asked_end`: where the range that was asked for ends.
    """

    status: int
    headers: Mapping[str, str]
    reason: str = ""
    part: bool = False
    current: Version = NO_VERSION
    exclusive_until: str = ""
    about_login: str = ""
    asked_end: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The action, and what it needs.

    `held`: the version that follows or is now known. `length_known`: a body that is cut will be
    noticed. `can_split`: other connections may fetch parts of it. `ranges`: False if the server
    ignores ranges. `end`: of the part that follows. `digests`: of the whole file, by the names of
    `hashlib`. `status`: the code and words of an HTTP error. `wait_seconds`: as the server asks.
    """

    action: Action
    reason: str = ""
    held: Held | None = None
    length_known: bool = False
    can_split: bool = False
    ranges: bool = True
    end: int | None = None
    digests: dict[str, bytes] = field(default_factory=dict)
    status: str = ""
    wait_seconds: float | None = None


def judge(answer: Answer, segment: Segment, origin: Held) -> Decision:
    """What `answer` means for `segment` of a file of which `origin` is known so far."""
    if answer.status == 200:
        return _judge_whole(answer, origin)
    if answer.status == 206 and answer.part:
        return _judge_part(answer.headers, segment, origin, answer.asked_end)
    if answer.status == 304 and answer.current.known:
        return Decision(Action.UNCHANGED)
    if answer.status == 416:
        return _judge_end(answer.headers, segment, origin)
    return _judge_refusal(answer)


def _judge_whole(answer: Answer, origin: Held) -> Decision:
    """The whole file follows; where a part was asked for, it changed, or there are no parts."""
    headers = answer.headers
    version = version_of(headers)
    if answer.current.is_same(version):
        return Decision(Action.UNCHANGED)
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    length = headers.get("Content-Length", "").strip()
    size = int(length) if LENGTH.fullmatch(length) and not chunked else None
    encoding = encoding_of(headers)
    if headers.get("Content-Range") and not _is_of_whole(headers, size):
        return Decision(Action.RESTART, PART_AS_WHOLE, ranges=False)
    accepts_ranges = headers.get("Accept-Ranges", "").strip().lower() == "bytes"
    return Decision(
        Action.WHOLE,
        NOT_A_PART if answer.part else "",
        Held(
            uri=origin.uri,
            etag=version.etag,
            modified=version.modified,
            size=size,
            encoding=encoding,
        ),
        length_known=size is not None or chunked,
        can_split=accepts_ranges and version.has_strong_etag and not encoding,
        ranges=not (answer.part and origin.is_same(version)),
        digests=digests_of(headers) if any(map(headers.get, DIGEST_HEADERS)) else {},
    )


def _is_of_whole(headers: Mapping[str, str], size: int | None) -> bool:
    """Whether the Content-Range of a 200 is that of the whole file."""
    first, end, total = content_range(headers) or (-1, 0, 0)
    return (first, end, size or end) == (0, total, total)


def _judge_part(
    headers: Mapping[str, str], segment: Segment, origin: Held, asked_end: int | None
) -> Decision:
    """A 206 has to be the segment that was asked for, of the version that was begun."""
    if not origin.is_same(version_of(headers)):
        return Decision(Action.RESTART, CHANGED)
    given = content_range(headers)
    multipart = headers.get("Content-Type", "").strip().lower().startswith("multipart/")
    if given is None or multipart or encoding_of(headers) != origin.encoding:
        return Decision(Action.RESTART, OTHER_PART, ranges=False)
    first, end, total = given
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    length = "" if chunked else headers.get("Content-Length", "").strip()
    too_far = asked_end is not None and end > asked_end
    if first != segment.position or total not in (None, origin.size) or too_far:
        return Decision(Action.RESTART, OTHER_PART, ranges=False)
    if length and length != str(end - first):
        return Decision(Action.RESTART, OTHER_PART, ranges=False)
    return Decision(Action.CONTINUE, end=end)


def _judge_end(headers: Mapping[str, str], segment: Segment, origin: Held) -> Decision:
    """Nothing follows: either all is here, or what is here is not of this version."""
    length = unsatisfied_length(headers)
    if length == segment.position and origin.size in (None, length):
        return Decision(Action.COMPLETE, OTHER_VERSION, origin.resized(segment.position))
    return Decision(Action.RESTART, OTHER_VERSION)


def _judge_refusal(answer: Answer) -> Decision:
    """What a status of an error means."""
    code, words = answer.status, answer.reason
    status = f"{code} {words}"
    until = "" if answer.exclusive_until == UNKNOWN_DATE else f" until {answer.exclusive_until}"
    exclusive = f"exclusive{until}; " if answer.exclusive_until else ""
    if answer.about_login:
        text = f"{code} {words or HTTPStatus(code).phrase}: {exclusive}{answer.about_login}"
        return Decision(Action.FAIL, text, status=status)
    text = REASONS.get(code, f"{status.strip()}.").format(exclusive=exclusive)
    if code not in TEMPORARY:
        return Decision(Action.FAIL, text, status=status)
    wait = seconds_asked(answer.headers.get("Retry-After"), datetime.now(UTC))
    return Decision(Action.RETRY, text, status=status, wait_seconds=wait)


def version_of(headers: Mapping[str, str]) -> Version:
    """ETag and Last-Modified, as far as they can be sent back.

    Dates count seconds: one that is too fresh to tell two versions apart is left out, since a
    file written within the second may change unseen (RFC 9110, 8.8.2).
    """
    etag, modified = headers.get("ETag", "").strip(), headers.get("Last-Modified", "").strip()
    if modified:
        try:
            if _date(headers.get("Date", "")) - _date(modified) < timedelta(seconds=1):
                modified = ""
        except (TypeError, ValueError):
            pass  # no date to compare with
    etag, modified = (text if SENDABLE.fullmatch(text) else "" for text in (etag, modified))
    return Version(etag=etag, modified=modified)


_date = lru_cache(64)(parsedate_to_datetime)
"""Many answers have the same one."""


def encoding_of(headers: Mapping[str, str]) -> str:
    """How the body is packed on its way; empty if it is not."""
    return headers.get("Content-Encoding", "").strip().lower().removeprefix("identity")


def unsatisfied_length(headers: Mapping[str, str]) -> int | None:
    """How long the file is, as a 416 says; None if it does not."""
    match = UNSATISFIED.fullmatch(headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def content_range(headers: Mapping[str, str]) -> tuple[int, int, int | None] | None:
    """First byte, end (exclusive) and total of a 206; None if it is not given, or nonsense."""
    match = RANGE.fullmatch(headers.get("Content-Range", ""))
    if not match:
        return None
    first, last = int(match[1]), int(match[2])
    total = None if match[3] == "*" else int(match[3])
    return (first, last + 1, total) if first <= last else None
