"""Files are served whole, in parts, and under every address that clients have used."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.archive.conftest import FILES, Caller
from topmast.archive import Archive
from topmast.archive.server.routes.files import PiecesResponse

A = "mast:HST/product/a.fits"
CONTENT = FILES[A]
ADDRESS = f"/api/v0.1/Download/file?uri={A}"


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS,
        f"/api/v0.1/Download/file?uri={quote(A, safe='')}",
        f"/api/v0.1/Download/file?bundle_name=MAST_x.sh&uri={A}",
        f"/api/v0/Download/file?uri={A}",
        f"/api/v0/download/file?uri={A}",
        "/api/v0/download/file/HST/product/a.fits",
    ],
)
def test_every_address_of_a_file_gives_it(caller: Caller, address: str) -> None:
    reply = caller.get(address)
    assert reply.status == 200
    assert reply.content == CONTENT
    assert reply.headers["content-length"] == str(len(CONTENT))
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["etag"] == f'"{hashlib.sha256(CONTENT).hexdigest()[:32]}"'
    assert reply.headers["last-modified"].endswith("GMT")
    assert reply.headers["content-disposition"] == 'attachment; filename="a.fits"'


@pytest.mark.parametrize("uri", [uri for uri in FILES if "JWST" not in uri])
def test_uris_of_all_kinds_are_found(caller: Caller, uri: str) -> None:
    reply = caller.get(f"/api/v0.1/Download/file?uri={quote(uri, safe=':/')}")
    assert (reply.status, reply.content) == (200, FILES[uri])


def test_head_tells_the_size_and_reads_no_file(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **rest: object) -> None:
        raise AssertionError("HEAD read the file")

    monkeypatch.setattr(Path, "open", refuse)
    reply = caller.send("HEAD", ADDRESS)
    assert reply.status == 200
    assert reply.content == b""
    assert reply.headers["content-length"] == str(len(CONTENT))
    assert reply.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, len(CONTENT)),
        ("bytes=-7", len(CONTENT) - 7, len(CONTENT)),
        (f"bytes=5-{10**12}", 5, len(CONTENT)),
    ],
)
def test_a_range_gives_a_part(caller: Caller, wanted: str, start: int, stop: int) -> None:
    reply = caller.get(ADDRESS, Range=wanted)
    assert reply.status == 206
    assert reply.content == CONTENT[start:stop]
    assert reply.headers["content-length"] == str(stop - start)
    assert reply.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"


def test_a_range_beyond_the_end_is_refused(caller: Caller) -> None:
    reply = caller.get(ADDRESS, Range=f"bytes={len(CONTENT)}-")
    assert reply.status == 416
    assert reply.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert reply.content == b""


@pytest.mark.parametrize("wanted", ["bytes=9-2", "bytes=a-b", "pages=1-2", "bytes=5-6,0-1", ""])
def test_a_range_that_means_nothing_is_ignored(caller: Caller, wanted: str) -> None:
    assert caller.get(ADDRESS, Range=wanted).status == 200


def test_a_part_of_an_older_file_is_not_continued(caller: Caller) -> None:
    etag = caller.send("HEAD", ADDRESS).headers["etag"]
    assert caller.get(ADDRESS, Range="bytes=9-", If_Range=etag).status == 206
    assert caller.get(ADDRESS, Range="bytes=9-", If_Range='"older"').content == CONTENT


def test_an_unchanged_file_is_not_sent_again(caller: Caller) -> None:
    head = caller.send("HEAD", ADDRESS).headers
    for condition in (
        {"If_None_Match": head["etag"]},
        {"If_Modified_Since": head["last-modified"]},
    ):
        reply = caller.get(ADDRESS, **condition)
        assert (reply.status, reply.content) == (304, b"")
        assert reply.headers["etag"] == head["etag"]


def test_a_product_that_is_not_held_says_so(caller: Caller) -> None:
    reply = caller.get("/api/v0.1/Download/file?uri=mast:GALEX/url/missing.fits")
    assert reply.status == 404
    assert "does not hold the file" in reply.json["msg"]


def test_an_unknown_product_says_so(caller: Caller) -> None:
    for method in ("GET", "HEAD"):
        reply = caller.send(method, "/api/v0.1/Download/file?uri=mast:HST/product/none.fits")
        assert reply.status == 404
    reply = caller.get("/api/v0.1/Download/file?uri=mast:HST/product/none.fits")
    assert "knows no product mast:HST/product/none.fits" in reply.json["msg"]


def test_an_exclusive_product_stays_closed(caller: Caller) -> None:
    reply = caller.get("/api/v0.1/Download/file?uri=mast:JWST/product/secret.fits")
    assert reply.status == 401
    assert "exclusive" in reply.json["msg"]
    assert FILES["mast:JWST/product/secret.fits"] not in reply.content
    head = caller.send("HEAD", "/api/v0.1/Download/file?uri=mast:JWST/product/secret.fits")
    assert head.status == 401


def test_a_request_without_a_uri_is_refused(caller: Caller) -> None:
    reply = caller.get("/api/v0.1/Download/file")
    assert reply.status == 400
    assert "uri is missing" in reply.json["msg"]


def test_a_file_that_was_changed_behind_our_back_is_not_served(
    empty: Archive, tmp_path: Path
) -> None:
    (tmp_path / "f.fits").write_bytes(b"12345")
    uri = "mast:X/product/f.fits"
    empty.ingest(products=[{"obsID": 1, "dataURI": uri}], files=tmp_path)
    held = next(path for path in empty.store.layout.products.rglob("f.fits"))
    held.write_bytes(b"123")
    reply = Caller(empty).get(f"/api/v0.1/Download/file?uri={uri}")
    assert reply.status == 404
    assert "is not as it was put into the archive" in reply.json["msg"]


def test_a_large_file_is_streamed_in_pieces(empty: Archive, tmp_path: Path) -> None:
    content = hashlib.sha256(b"seed").digest() * 100_000
    (tmp_path / "big.fits").write_bytes(content)
    empty.ingest(products=[{"obsID": 1, "dataURI": "mast:X/big.fits"}], files=tmp_path)
    caller = Caller(empty)
    assert caller.get("/api/v0.1/Download/file?uri=mast:X/big.fits").content == content
    reply = caller.get("/api/v0.1/Download/file?uri=mast:X/big.fits", Range="bytes=600000-1700000")
    assert reply.content == content[600000:1700001]


def test_the_path_form_takes_escapes(caller: Caller) -> None:
    reply = caller.get("/api/v0/download/file/HST/product/b+c%20d.txt")
    assert reply.content == FILES["mast:HST/product/b+c d.txt"]
    assert reply.headers["content-disposition"] == 'attachment; filename="b+c d.txt"'


def test_nothing_is_read_for_a_client_that_has_gone() -> None:
    sent: list[Any] = []

    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield b"more"
            await asyncio.sleep(0)

    async def receive() -> dict[str, str]:
        while len(sent) < 5:
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    response = PiecesResponse(pieces(), 200, {})
    asyncio.run(asyncio.wait_for(response({"type": "http"}, receive, send), 20))
    assert 5 <= len(sent) < 50
