"""The body of an answer on its way in: decoded, bounded, and held to its time limit."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO

from topmast.errors import BadAnswerError, TimeoutError, UnreachableError
from topmast.net.address import shown
from topmast.net.deadline import Deadline
from topmast.net.messages import Answer, Headers, Stream

MAX_ANSWER_BYTES = 2 << 30
"""The largest answer that is taken into memory; files are streamed and have no limit."""
MAX_EXPANSION = 200
"""A compressed answer that grows by more than this, and past the size below, is no real one."""
UNSUSPICIOUS_BYTES = 64 << 20
CHUNK = 1 << 18
GZIP_FIRST_BYTE = b"\x1f"
GZIP_BITS = 16 + zlib.MAX_WBITS


class ReceivedStream:
    """A `Stream` whose body is decoded as its Content-Encoding says."""

    def __init__(self, stream: Stream, deadline: Deadline, *, has_body: bool = True) -> None:
        self._stream = stream
        self._deadline = deadline
        self._received = 0
        self.status_code: int = stream.status_code
        given = stream.headers
        self.headers: Headers = given if isinstance(given, Headers) else Headers(given)
        self.url: str = stream.url
        #: Whether it came on a connection that an earlier request had used.
        self.kept: bool = bool(getattr(stream, "kept", False))
        self.reason: str = str(getattr(stream, "reason", ""))
        self._has_body = has_body and stream.status_code not in (204, 304)

    def __enter__(self) -> ReceivedStream:
        return self

    def close(self, *problem: object) -> None:
        """Let go of the connection."""
        self._stream.close()

    __exit__ = close

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The body, in pieces of at most `size` bytes.

        Raises
        ------
        UnreachableError
            The connection was cut before the body was whole.
        TimeoutError
            The next byte, or the last, did not come in time.
        """
        chunks = self.raw_chunks(size)
        encoding = self.headers.get("Content-Encoding", "") if self._has_body else ""
        return decoded(chunks, encoding, size, shown(self.url)) if encoding else chunks

    def raw_chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The body as it was sent, whatever its Content-Encoding; raises as `chunks` does."""
        with deadline_errors(self._deadline, self.url):
            for chunk in self._stream.chunks(size):
                self._received += len(chunk)
                yield chunk

    def end_within(self, seconds: float, read_seconds: float) -> None:
        """Give the body, and its next byte, so long, whatever the limits were for its headers."""
        self._deadline = Deadline.after(seconds)
        end_by = getattr(self._stream, "end_by", None)
        if end_by is not None:
            end_by(self._deadline, read_seconds)

    def abort(self) -> None:
        """Wake a thread that waits for bytes of this answer, from another thread."""
        abort = getattr(self._stream, "abort", None)
        if abort is not None:
            abort()

    def answer(self, hidden: Iterable[str] = (), most_bytes: int | None = None) -> Answer:
        """The whole answer, read into memory as long as its size can be that of a real one.

        With `most_bytes`, what follows after so many is left out.
        """
        body = BytesIO()  # gives its bytes away without a copy, which join does not
        try:
            self._read_into(body, most_bytes)
        except UnreachableError:
            if self.status_code < 400:
                raise
            # The status is the answer, and what explains it may well be cut off.
        content = body.getvalue()
        if getattr(self._stream, "to_the_end", False) and self.status_code < 400:
            self._check_end(content, getattr(self._stream, "torn", False))
        return Answer(
            self.status_code, self.headers, content, self.url, reason=self.reason, hidden=hidden
        )

    def _read_into(self, body: BytesIO, most_bytes: int | None) -> None:
        so_far = 0
        for chunk in self.chunks():
            so_far += body.write(chunk)
            if most_bytes is not None and so_far >= most_bytes:
                body.truncate(most_bytes)
                break
            if so_far > MAX_ANSWER_BYTES:
                raise BadAnswerError(
                    f"{shown(self.url)} answered with more than {MAX_ANSWER_BYTES:,} bytes, "
                    "which is more than memory should hold. Ask for less at once."
                )
            if so_far > UNSUSPICIOUS_BYTES and so_far > MAX_EXPANSION * self._received:
                raise BadAnswerError(
                    f"{shown(self.url)} sent {self._received:,} bytes that unpack to more than "
                    f"{so_far:,}: no archive answers like that, so it was not read on."
                )

    def _check_end(self, content: bytes, torn: bool) -> None:
        """Raise UnreachableError for a body that may be cut, and does not prove that it is not.

        Where only the end of the connection ends a body, one that can be parsed is whole.
        """
        if "Content-Encoding" in self.headers:
            return  # which has an end of its own
        if content[:64].lstrip()[:1] in (b"{", b"["):
            try:
                json.loads(content)
            except (ValueError, RecursionError):
                torn = True
            else:
                return
        if torn:
            raise UnreachableError(
                f"The answer of {shown(self.url)} was cut off: its connection ended after "
                f"{len(content):,} bytes, and no length was announced. Try again."
            )


@contextmanager
def deadline_errors(deadline: Deadline, url: str) -> Iterator[None]:
    """Say which limit passed, when it was the one for the whole."""
    try:
        yield
    except (TimeoutError, UnreachableError) as problem:
        if deadline.seconds is None or not deadline.passed:
            raise
        raise TimeoutError(
            f"{shown(url)} was not answered whole within {round(deadline.seconds, 1):g} s. "
            "Ask for less at once, or raise the limit: conf.timeout."
        ) from problem


def decoded(chunks: Iterator[bytes], encoding: str, size: int, url: str) -> Iterator[bytes]:
    """`chunks` as their Content-Encoding says, in pieces of at most `size` bytes.

    urllib3's own decoders take a compressed body that ends in the middle for a whole one.
    """
    names = {name for name in encoding.lower().replace(" ", "").split(",") if name} - {"identity"}
    if not names:
        return chunks
    if names in ({"gzip"}, {"x-gzip"}, {"deflate"}):
        return _inflated(chunks, names == {"deflate"}, size, url)
    raise BadAnswerError(
        f"{url} sent its answer in the encoding {encoding!r}, which was not asked for."
    )


def _inflated(chunks: Iterable[bytes], deflate: bool, size: int, url: str) -> Iterator[bytes]:
    inflater = None
    for chunk in chunks:
        while chunk and (inflater is None or not inflater.eof or _is_next_member(chunk, deflate)):
            if inflater is None or inflater.eof:
                inflater = zlib.decompressobj(_deflate_bits(chunk) if deflate else GZIP_BITS)
            try:
                piece = inflater.decompress(chunk, size)
            except zlib.error as problem:
                raise BadAnswerError(
                    f"The answer of {url} is not the compressed data it says it is ({problem})."
                ) from problem
            chunk = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if piece:
                yield piece
    if inflater is not None and not inflater.eof:
        raise UnreachableError(f"The compressed answer of {url} ends in the middle.")


def _is_next_member(chunk: bytes, deflate: bool) -> bool:
    """Whether another member of gzip follows; what else follows the end is padding."""
    return not deflate and chunk.startswith(GZIP_FIRST_BYTE)


def _deflate_bits(head: bytes) -> int:
    """HTTP's deflate is zlib's format; some servers send it without zlib's header."""
    with_header = len(head) > 1 and head[0] & 15 == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if with_header else -zlib.MAX_WBITS
