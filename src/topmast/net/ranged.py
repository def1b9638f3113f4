"""A remote file that is read in parts: only the bytes that are asked for travel."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from topmast.errors import BadAnswerError, InvalidQueryError, MastError
from topmast.net.address import shown
from topmast.net.messages import Answer, Headers, Request
from topmast.net.origin import origin
from topmast.net.parallel import at_once
from topmast.net.session import Session
from topmast.wire.byteranges import RANGE, decode_parts, is_multipart

FIRST = 17 * 2880
"""Bytes of the first request: enough for the first headers of most files."""
BLOCK = 16 << 10
MOST_AHEAD = 4 << 20
"""Reading on from the end of what is here doubles the part that is asked for, up to this."""
MOST_WHOLE = 64 << 20
"""A file from a server without parts is read whole if it is no larger."""
MOST_KEPT = 64 << 20

Span = tuple[int, int]
"""First byte and end (exclusive)."""


@dataclass
class Several:
    """The origins that do not answer a request for several parts with these; of one session."""

    refused: set[tuple[str, str, int]] = field(default_factory=set)


class RangedFile(io.RawIOBase):
    """A file at a URL, open for reading; it can be sought in, and reads what it needs.

    Parameters
    ----------
    session : Session
        What carries the requests.
    url : str
        Where the file is.
    refusal : callable, optional
        The error for an answer that is none of 200 and 206; default: by its status.
    several : bool
        Whether the server may be asked for several parts in one request.

    Attributes
    ----------
    size : int
        Bytes of the file.
    look_ahead : callable or None
        For a position and a number of bytes that are asked for and not here: how many to fetch.
    requests, received : int
        Requests sent, and bytes of their answers, so far.

    Raises
    ------
    HTTPStatusError, UnreachableError, TimeoutError
        The file cannot be had.
    BadAnswerError
        The server gives no parts of files, and the file is too large to read it whole.
    """

    def __init__(
        self,
        session: Session,
        url: str,
        *,
        refusal: Callable[[Answer], MastError] = Answer.status_error,
        several: bool = True,
        first: int = FIRST,
    ) -> None:
        super().__init__()
        self.name = url
        self.size: int = 0
        self.look_ahead: Callable[[int, int], int] | None = None
        self.requests: int = 0
        self.received: int = 0
        self._session, self._original, self._refusal = session, url, refusal
        self._url, self._several, self._lock = url, several, RLock()
        self._position = self._fetched_to = 0
        self._ahead = BLOCK
        self._version: tuple[str, str] = "", ""
        self._starts: list[int] = []
        self._pieces: list[bytes] = []
        self._open(first)

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to another place; nothing travels."""
        bases = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}
        if whence not in bases or bases[whence] + offset < 0:
            raise InvalidQueryError(f"seek({offset}, {whence}) leads before the file's first byte.")
        self._position = bases[whence] + offset
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes, or all that are left; fewer only at the end of the file."""
        if self.closed:
            raise ValueError("The file is closed.")
        left = max(0, self.size - self._position)
        count = left if size is None or size < 0 else min(size, left)
        data = self.read_at(self._position, count)
        self._position += len(data)
        return data

    def readall(self) -> bytes:
        """All that is left."""
        return self.read()

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer`; how many bytes that were."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Forget what was read."""
        self._starts, self._pieces = [], []
        super().close()

    def __repr__(self) -> str:
        return f"<RangedFile {shown(self.name)}, {self.size} bytes>"

    def read_at(self, position: int, count: int) -> bytes:
        """`count` bytes from `position` on; fewer only at the end of the file."""
        end = min(position + count, self.size)
        with self._lock:
            found: list[bytes] = []
            while position < end:
                piece = self._held(position, end) or self._fetch_from(position, end)
                found.append(piece)
                position += len(piece)
        return found[0] if len(found) == 1 else b"".join(found)

    def holds(self, position: int) -> bool:
        """Whether the byte at `position` is here."""
        return bool(self._held(position, position + 1))

    def fetch(self, spans: Sequence[Span]) -> None:
        """Bring several parts here, with one request if the server can, else at the same time."""
        wanted = [(first, min(end, self.size)) for first, end in spans if first < self.size]
        with self._lock:
            if len(wanted) > 1 and self._several and origin(self._url) not in self._refused:
                if self._fetch_several(wanted):
                    return
                self._refused.add(origin(self._url))
            connections = int(self._session.setting("connections"))
            for (first, _), data in zip(
                wanted, at_once(self._part, wanted, connections), strict=True
            ):
                self._keep(first, data)

    def _held(self, position: int, end: int) -> bytes:
        number = bisect_right(self._starts, position) - 1
        if number < 0:
            return b""
        offset = position - self._starts[number]
        return self._pieces[number][offset : end - self._starts[number]]

    def _fetch_from(self, position: int, end: int) -> bytes:
        """What is missing from `position` on, and perhaps what will be asked for next."""
        count = end - position
        self._ahead = min(2 * self._ahead, MOST_AHEAD) if position == self._fetched_to else BLOCK
        wanted = self.look_ahead(position, count) if self.look_ahead is not None else 0
        to = min(position + max(count, wanted or self._ahead), self.size)
        following = bisect_right(self._starts, position)
        if following < len(self._starts):  # what is here already need not come again
            to = max(min(to, self._starts[following]), position + 1)
        self._fetched_to = to
        data = self._part((position, to))
        if len(data) <= MOST_AHEAD:
            self._keep(position, data)
        return data[:count]

    def _keep(self, first: int, data: bytes) -> None:
        while self._pieces and sum(map(len, self._pieces)) + len(data) > MOST_KEPT:
            del self._pieces[-1], self._starts[-1]
        number = bisect_right(self._starts, first)
        self._starts.insert(number, first)
        self._pieces.insert(number, data)

    def _open(self, first: int) -> None:
        answer = self._ask(f"bytes=0-{first - 1}", first)
        if answer.status_code == 416:  # not even a first byte
            return
        if answer.status_code == 206:
            given = RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            if given is None or given[1] != "0":
                raise BadAnswerError(f"{self._shown} sent another part than it was asked for.")
            self.size = int(given[3])
            self._keep(0, answer.content)
        elif answer.status_code == 200:
            self._keep(0, self._whole(answer, first))
            self.size = len(self._pieces[0])
        else:
            raise self._refusal(answer)
        self._version = _version_of(answer.headers)
        self._url = answer.url or self._url
        self._fetched_to = len(self._pieces[0])

    def _whole(self, answer: Answer, first: int) -> bytes:
        """All bytes of a file from a server that gives no parts."""
        length = answer.headers.get("Content-Length", "")
        size = int(length) if length.isascii() and length.isdigit() else None
        if len(answer.content) < first and size in (None, len(answer.content)):
            return answer.content
        if size is None or size <= MOST_WHOLE:
            answer = self._ask("", MOST_WHOLE + 1)
            if answer.status_code == 200 and len(answer.content) <= MOST_WHOLE:
                return answer.content
        what = "a file of unknown length" if size is None else f"a file of {size:,} bytes"
        raise BadAnswerError(
            f"{self._shown} gives no parts of files, and {what} is too large to read it whole. "
            "Download it: Observations.download_file(...)."
        )

    def _part(self, span: Span) -> bytes:
        first, end = span
        answer = self._ask(f"bytes={first}-{end - 1}", end - first)
        if answer.status_code in (401, 403) and self._url != self._original:
            self._url = self._original  # a signed address that it was sent to has expired
            answer = self._ask(f"bytes={first}-{end - 1}", end - first)
            self._url = answer.url or self._url
        if answer.status_code not in (200, 206):
            raise self._refusal(answer)
        given = RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        whole = given is not None and (int(given[1]), int(given[2]) + 1) == span
        self._check_version(answer.headers)
        if not whole or len(answer.content) != end - first:
            raise BadAnswerError(
                f"{self._shown} sent another part than bytes {first} to {end - 1}. Try again, or "
                "download the file: Observations.download_file(...)."
            )
        return answer.content

    @property
    def _refused(self) -> set[tuple[str, str, int]]:
        return self._session.cache(Several).refused

    def _fetch_several(self, spans: Sequence[Span]) -> bool:
        """Several parts with one request; False if the server does not give them so."""
        header = ", ".join(f"{first}-{end - 1}" for first, end in spans)
        length = sum(end - first for first, end in spans)
        answer = self._ask(f"bytes={header}", length + 1024 * len(spans))
        several = is_multipart(answer.headers.get("Content-Type", ""))
        if answer.status_code != 206 or not several:
            return False
        self._check_version(answer.headers)
        parts = decode_parts(answer.content)
        if any(len(parts.get(first, b"")) != end - first for first, end in spans):
            return False
        for first, _ in spans:
            self._keep(first, parts[first])
        return True

    def _ask(self, part: str, most_bytes: int) -> Answer:
        headers = {"Accept-Encoding": "identity"} | ({"Range": part} if part else {})
        request = Request("GET", self._url, headers)
        self.requests += 1
        answer = self._session.send(request, check=False, most_bytes=most_bytes)
        self.received += len(answer.content)
        return answer

    def _check_version(self, headers: Headers) -> None:
        now = _version_of(headers)
        if any(old and new and old != new for old, new in zip(self._version, now, strict=True)):
            raise BadAnswerError(f"{self._shown} changed while it was read. Open it again.")

    @property
    def _shown(self) -> str:
        return shown(self._url)


def _version_of(headers: Headers) -> tuple[str, str]:
    return headers.get("ETag", ""), headers.get("Last-Modified", "")
