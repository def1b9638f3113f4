"""Every way a server can fail: the right bytes or an ERROR row, and the rest of the list done."""

from __future__ import annotations

import base64
import gzip
import hashlib
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.download.products import (
    files_below,
    fits_bytes,
    good,
    gz_bytes,
    products,
    serve,
    session_of,
    target,
)
from tests.misbehaving import Misbehaving, Reply, Seen
from topmast.download import fetch, plan_download
from topmast.download.check.content import Content

pytestmark = pytest.mark.timeout(60)

BODY = fits_bytes(1)
OTHER = fits_bytes(2)
GZ = gz_bytes(1)
TEXT = b"".join(b"%5d %5d\n" % (row, row**2 % 997) for row in range(600))
TEXT_2 = TEXT[::-1]
SIZE = len(BODY)
NEIGHBOURS = {"first.fits": fits_bytes(11), "last.fits": fits_bytes(12)}
PAGE = b"<!DOCTYPE html><html><head><title>Down for maintenance</title></head></html>"


Replies = tuple[Reply | Callable[[Seen], Reply], ...]


@dataclass(frozen=True)
class Case:
    """What the server does with the file, and what must come of it."""

    name: str
    replies: Replies
    arrives: bool
    file: str = "victim.fits"
    body: bytes = BODY
    message: str = ""


def in_turn(name: str, *faults: dict[str, Any], arrives: bool = True, **case: Any) -> Case:
    """Each fault once, and then the file as it should be."""
    body = case.get("body", BODY)
    return Case(name, (*(good(body, **fault) for fault in faults), good(body)), arrives, **case)


def always(name: str, message: str = "", *, arrives: bool = False, **fault: Any) -> Case:
    """The same fault again and again."""
    return Case(name, (good(BODY, **fault),), arrives, message=message)


def date_in(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def raw(*lines: str | bytes) -> bytes:
    """An answer with these headers; the last may be its body."""
    body = lines[-1] if isinstance(lines[-1], bytes) else BODY
    head = "".join(f"{line}\r\n" for line in lines if isinstance(line, str))
    return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body


def with_a_hint(seen: Seen) -> Reply:
    return Reply(raw=b"HTTP/1.1 103 Early Hints\r\n\r\n" + raw(f"Content-Length: {SIZE}"))


def part_of(body: bytes, *, early: int = 0, **validators: Any) -> Replies:
    """A text cut off, its rest from `body` (`early` bytes too early), and then the whole text."""

    def rest(seen: Seen) -> Reply:
        if "range" not in seen.headers:
            return good(TEXT)
        start = int(seen.headers["range"][6:].split("-")[0]) - early
        told = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return Reply(206, body[start:], {"Content-Range": told}, **validators)

    return good(TEXT, last_modified=OLD, reset_at=3000), rest, good(TEXT, last_modified=OLD)


def odd_part(**changes: Any) -> Replies:
    """A text cut off, its rest sent with these `changes`, and then the whole text."""

    def rest(seen: Seen) -> Reply:
        if "range" not in seen.headers:
            return good(TEXT)
        start = int(seen.headers["range"][6:].split("-")[0])
        told = {"Content-Range": f"bytes {start}-{len(TEXT) - 1}/{len(TEXT)}"}
        given = {"status": 206, "headers": told, "body": TEXT[start:], "etag": good(TEXT).etag}
        given["headers"] |= changes.get("headers", {})
        change = changes.get("body")
        given["body"] = change(TEXT[start:]) if change else TEXT[start:]
        return Reply(**(given | {k: v for k, v in changes.items() if k not in ("headers", "body")}))

    return good(TEXT, reset_at=3000), rest, good(TEXT)


def digest(name: str, content: bytes) -> str:
    return base64.b64encode(hashlib.new(name, content).digest()).decode()


def unseen(name: str, replies: Replies) -> Case:
    """A fault in a text, whose format cannot tell that parts of two files were joined."""
    return Case(name, replies, True, file="victim.txt", body=TEXT)


OLD = date_in(-9999)
#: Bytes of the first HDU.
PRIMARY = 2880
TOO_SHORT: dict[str, Any] = {"length": len(TEXT) - 500, "close": True}
CASES = [
    in_turn("reset before the first byte", {"reset_at": 0}),
    in_turn("reset after one byte", {"reset_at": 1}),
    in_turn("reset at half", {"reset_at": SIZE // 2}),
    in_turn("reset before the last byte", {"reset_at": SIZE - 1}),
    in_turn("reset three times", {"reset_at": 9000}, {"reset_at": 3000}, {"reset_at": 3000}),
    always("reset always at once", "cut off", reset_at=0),
    in_turn("connection closed without an answer", {"hang_up": True}),
    always("connection closed always", "victim.fits", hang_up=True),
    in_turn("closed early", {"end_at": SIZE // 2}),
    in_turn("closed early without a validator", {"end_at": SIZE // 2, "etag": None}),
    always("closed early always without ranges", "cut off", end_at=100, ranges="ignored"),
    always("Content-Length too long", length=SIZE + 1000, end_at=SIZE, ranges="ignored"),
    always("Content-Length too short", "no whole file", length=SIZE - 3000, close=True),
    Case(
        "Content-Length too short for a text",
        (lambda seen: good(TEXT, **{} if "range" in seen.headers else TOO_SHORT),),
        True,
        file="victim.txt",
        body=TEXT,
    ),
    Case("Content-Length absent", (good(BODY, length=None),), True),
    Case("Content-Length absent and cut", (good(BODY, length=None, end_at=SIZE // 2),), False),
    Case(
        "Content-Length absent and a text cut",
        (good(TEXT, length=None, end_at=1000),),
        True,
        file="victim.txt",
        body=TEXT,
    ),
    Case(
        "Content-Length absent and a text cut without ranges",
        (good(TEXT, length=None, end_at=1000, ranges="ignored"),),
        False,
        file="victim.txt",
        body=TEXT,
    ),
    Case("chunked", (good(BODY, chunked=True),), True),
    in_turn("chunked and cut", {"chunked": True, "end_at": SIZE // 2}),
    always("chunked and cut always", chunked=True, reset_at=SIZE // 2, ranges="ignored"),
    in_turn("silent at first", {"silent": True}),
    in_turn("stall before the first byte", {"stall_at": 0}),
    in_turn("stall in the middle", {"stall_at": SIZE // 2}),
    always("stall always", "sent nothing for", stall_at=0),
    always("one byte now and then", "bytes came in", drip_seconds=0.1),
    in_turn("503 with seconds to wait", {"status": 503, "headers": {"Retry-After": "1"}}),
    in_turn("503 with a date to wait for", {"status": 503, "headers": {"Retry-After": date_in(1)}}),
    in_turn("429", {"status": 429, "headers": {"Retry-After": "0"}}),
    in_turn("500 and then fine", {"status": 500}, {"status": 500}),
    always("500 always", "500 Internal Server Error", status=500),
    always("503 with a day to wait", "asks to wait", status=503, headers={"Retry-After": "86400"}),
    always("404", "404 Not Found", status=404),
    always("401", "log in", status=401),
    always("403", "403 Forbidden", status=403),
    Case(
        "server ignores ranges",
        (good(BODY, reset_at=9000, ranges="ignored"), good(BODY, ranges="ignored")),
        True,
    ),
    Case("206 with the wrong range", (good(BODY, reset_at=9000), good(BODY, ranges="wrong")), True),
    unseen("206 of another version", part_of(TEXT_2, etag='"other"')),
    unseen("206 of another date", part_of(TEXT_2, last_modified=date_in(-5000))),
    unseen("206 without a validator", part_of(TEXT_2)),
    unseen("206 from another place", part_of(TEXT, early=1000, etag=good(TEXT).etag)),
    Case("changed between part and resume", (good(OTHER, reset_at=9000), good(BODY)), True),
    Case(
        "shrank between part and resume",
        (good(BODY + bytes(28800), reset_at=SIZE + 9000), good(BODY)),
        True,
    ),
    in_turn("weak ETag", {"etag": 'W/"weak"', "reset_at": 9000}),
    in_turn(
        "Last-Modified only", {"etag": None, "last_modified": date_in(-9999), "reset_at": 9000}
    ),
    always("gzip-encoded transfer", arrives=True, gzipped=True),
    in_turn("gzip-encoded transfer cut", {"gzipped": True, "reset_at": 3000}),
    Case(
        "own gzip described as a transfer encoding",
        (good(GZ, headers={"Content-Encoding": "gzip"}),),
        True,
        file="victim.fits.gz",
        body=GZ,
    ),
    Case("gzip twice", (good(GZ, gzipped=True),), True, file="victim.fits.gz", body=GZ),
    always("packed as nobody asked", "did not ask for", headers={"Content-Encoding": "br"}),
    in_turn("a page of HTML at first", {"body": PAGE}),
    always("a page of HTML with status 200", "Down for maintenance", body=PAGE),
    always("an error in JSON with status 200", "JSON", body=b'{"status": "ERROR", "msg": "no"}'),
    always("plain text with status 200", "plain text", body=b"File not found.\n"),
    always("an empty body", "empty", body=b""),
    always("a truncated file in the archive", "no whole file", body=BODY[:-2880]),
    Case(
        "HTML for a text",
        (good(PAGE),),
        False,
        file="victim.txt",
        body=TEXT,
        message="HTML",
    ),
    Case(
        "a gzip file that ends early",
        (good(GZ[:-100]),),
        False,
        file="victim.fits.gz",
        body=GZ,
        message="gzip",
    ),
    Case(
        "a gzip file with a wrong byte",
        (good(GZ[:500] + b"\0\0\0" + GZ[503:]),),
        False,
        file="victim.fits.gz",
        body=GZ,
    ),
    Case("a flipped byte once", (good(BODY[:9000] + b"?" + BODY[9001:]), good(BODY)), True),
    always(
        "two lengths", "length is said to be", raw=raw("Content-Length: 99", "Content-Length: 9")
    ),
    always("a length of 5,000 digits", "length is said", raw=raw(f"Content-Length: {'9' * 5000}")),
    always(
        "a coding nobody asked for", "body comes as", raw=raw("Transfer-Encoding: gzip, chunked")
    ),
    always(
        "a chunk of size -5", "inside a chunk", raw=raw("Transfer-Encoding: chunked", b"-5\r\n")
    ),
    always(
        "trailers without end", raw=raw("Transfer-Encoding: chunked", b"0\r\n" + b"a: b\r\n" * 999)
    ),
    Case("an early hint before the answer", (with_a_hint,), True),
    always("a redirect to no host", "", status=302, headers={"Location": "http://a..b/"}),
    always("garbage in place of HTTP", raw=b"\x00\x01\x02 what is this\r\n\r\n"),
    always("a redirect that goes round", status=302, headers={"Location": target("victim.fits")}),
    always("a partial answer to a whole question", status=206),
    always("no content", status=204),
    # A part is what was asked for, or it is not used.
    unseen("206 that says it is packed", odd_part(headers={"Content-Encoding": "gzip"})),
    unseen(
        "206 that is packed",
        odd_part(headers={"Content-Encoding": "gzip"}, body=gzip.compress),
    ),
    unseen(
        "206 of several parts",
        odd_part(headers={"Content-Type": "multipart/byteranges; boundary=x"}, body=b"--x".__add__),
    ),
    unseen("206 with a longer body", odd_part(body=lambda rest: TEXT)),
    unseen("206 with a longer body in chunks", odd_part(body=lambda rest: TEXT, chunked=True)),
    unseen("206 with a longer body to the end", odd_part(body=lambda rest: TEXT, length=None)),
    unseen("206 with a shorter body", odd_part(body=lambda rest: rest[100:])),
    unseen("206 with a shorter body in chunks", odd_part(body=lambda rest: rest[9:], chunked=True)),
    unseen("200 with a Content-Range", odd_part(status=200)),
    unseen(
        "416 with another length",
        odd_part(status=416, headers={"Content-Range": "bytes */3000"}, body=lambda rest: b""),
    ),
    Case(
        "200 with the Content-Range of the whole",
        (good(BODY, headers={"Content-Range": f"bytes 0-{SIZE - 1}/{SIZE}"}),),
        True,
    ),
    in_turn("another digest once", {"headers": {"Digest": f"SHA-256={digest('sha256', b'')}"}}),
    always(
        "another digest",
        "sha256 that it announced",
        headers={"Repr-Digest": f"sha-256=:{digest('sha256', OTHER)}:"},
    ),
    always("another MD5", "md5 that it announced", headers={"Content-MD5": digest("md5", OTHER)}),
    always(
        "the right digests",
        arrives=True,
        headers={
            "Digest": f"md5={digest('md5', BODY)}, sha-512={digest('sha512', BODY)}",
            "Repr-Digest": f"sha-256=:{digest('sha256', BODY)}:",
            "Content-MD5": digest("md5", BODY),
        },
    ),
    always(
        "two digests that contradict",
        "md5 that it announced",
        headers={"Digest": f"md5={digest('md5', OTHER)}, sha-256={digest('sha256', BODY)}"},
    ),
    # Wait, and it is right.
    in_turn("202 at first", {"status": 202, "body": b"", "headers": {"Retry-After": "0"}}),
    in_turn("202 without a word", {"status": 202, "body": b"soon"}),
    in_turn("503 three times", *({"status": 503},) * 3),
    always("202 always", "202 Accepted: the archive is still preparing", status=202),
    Case(
        "deflated on its way",
        (good(zlib.compress(BODY), headers={"Content-Encoding": "deflate"}),),
        True,
    ),
    Case(
        "deflated without a header",
        (good(zlib.compress(BODY)[2:-4], headers={"Content-Encoding": "deflate"}),),
        True,
    ),
    Case(
        "deflated badly",
        (good(zlib.compress(BODY)[:-400], headers={"Content-Encoding": "deflate"}),),
        False,
    ),
    # What only the table, or NEXTEND, can tell.
    in_turn("cut between two HDUs", {"body": BODY[:PRIMARY], "ranges": "ignored"}),
    in_turn(
        "cut between two HDUs, to the end",
        {"body": BODY[:PRIMARY], "length": None, "ranges": "ignored"},
    ),
    in_turn("an empty body without a length", {"body": b"", "length": None}),
    Case(
        "an empty text",
        (good(b"", length=None, ranges="ignored"),),
        False,
        file="victim.txt",
        body=TEXT,
        message="sent no bytes",
    ),
    Case(
        "an empty text with a length",
        (good(b""),),
        False,
        file="victim.txt",
        body=TEXT,
        message="sent no bytes",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_right_bytes_or_an_error_row(case: Case, server: Misbehaving, tmp_path: Path) -> None:
    serve(server, NEIGHBOURS)
    server.on(target(case.file), *case.replies)
    first, last = NEIGHBOURS
    files = {first: NEIGHBOURS[first], case.file: case.body, last: NEIGHBOURS[last]}
    session = session_of(server, read_timeout=0.5, timeout=5.0)
    began = time.monotonic()

    manifest = plan_download(session, products(files), download_dir=tmp_path, flat=True).run(
        verbose=False
    )

    arrived = dict(zip(files, manifest["Status"], strict=True))
    here = files_below(tmp_path)
    for name in NEIGHBOURS:
        assert (arrived[name], here[name]) == ("COMPLETE", files[name])
    message = manifest["Message"][1]
    if case.arrives:
        assert (arrived[case.file], here[case.file]) == ("COMPLETE", case.body), message
        assert len(here) == 3
    else:
        assert arrived[case.file] == "ERROR"
        assert case.file not in here
        assert case.message in f"{message} {manifest['URL'][1]}"
    assert time.monotonic() - began < 30


def test_the_matrix_has_more_than_25_cases() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 25


def test_a_fault_of_ours_is_an_error_row_too(
    server: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = fetch.inspect

    def breaks(path: Path, name: str, *known: Any) -> Content:
        if name == "first.fits":
            raise ZeroDivisionError("never thought of")
        return look(path, name, *known)

    serve(server, NEIGHBOURS)
    monkeypatch.setattr(fetch, "inspect", breaks)
    plan = plan_download(session_of(server), products(NEIGHBOURS), download_dir=tmp_path, flat=True)
    manifest = plan.run(verbose=False)

    assert manifest["Status"].tolist() == ["ERROR", "COMPLETE"]
    assert manifest["Message"][0] == "Unexpected ZeroDivisionError: never thought of"
    assert not (tmp_path / "first.fits").exists()


def test_gzip_is_unpacked_to_what_was_packed() -> None:
    assert gzip.decompress(GZ) == BODY
