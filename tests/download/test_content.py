"""Formats other than FITS, and pages in disguise."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.download.products import fits_bytes, gz_bytes
from topmast.download.check.content import inspect
from topmast.download.check.verdict import GOOD, State


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + check

    head = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    body = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


def jpeg() -> bytes:
    thumbnail = b"\xff\xe1\x00\x0cExif\xff\xd8\xff\xd9.."
    scan = b"\xff\xda\x00\x04\x00\x00" + b"\x12\xff\x00\x34\xff\xd0\x56" * 50
    return b"\xff\xd8" + thumbnail + scan + b"\xff\xd9"


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "some text " * 100)
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("a.txt")
        info.size = 20_000
        archive.addfile(info, io.BytesIO(bytes(20_000)))
    return file.getvalue()


FILES = {
    "image.png": png(),
    "image.jpg": jpeg(),
    "image.gif": b"GIF89a" + bytes(20) + b";",
    "paper.pdf": b"%PDF-1.4\n" + bytes(3000) + b"\n%%EOF\n",
    "x_asn.json": b'{"asn_type": "image3", "products": [1, 2, 3]}',
    "table.xml": b"<?xml version='1.0'?>\n<VOTABLE><RESOURCE></RESOURCE></VOTABLE>\n",
    "bundle.zip": zipped(),
    "bundle.tar": tarred(),
}


@pytest.mark.parametrize("name", FILES)
def test_a_complete_file_is_whole_and_a_cut_one_is_not(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    complete = inspect(path)
    path.write_bytes(FILES[name][: len(FILES[name]) // 2])
    cut = inspect(path)

    assert complete.verdict.state is State.WHOLE
    assert complete.sha256 == hashlib.sha256(FILES[name]).hexdigest()
    assert complete.size == len(FILES[name])
    assert cut.verdict.state is State.TRUNCATED


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(("png", "zip"))])
def test_a_changed_byte_is_found_by_the_formats_own_checksum(name: str, tmp_path: Path) -> None:
    content = bytearray(FILES[name])
    content[50] ^= 0xFF
    path = tmp_path / name
    path.write_bytes(content)

    assert inspect(path).verdict.state not in GOOD


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "noextension", "a.md"])
def test_a_format_without_an_end_is_unknown(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"1,2,3\n")

    assert inspect(path).verdict.state is State.UNKNOWN


PAGES = {
    "html": b"\xef\xbb\xbf\n<!-- x --><!DOCTYPE html><html><title>502 Bad Gateway</title></html>",
    "xhtml": b"<?xml version='1.0'?>\n<html xmlns='x'><head/></html>",
    "s3": b"<?xml version='1.0'?>\n<Error><Code>NoSuchKey</Code></Error>",
    "json": b'{"status": "ERROR", "msg": "no such file"}',
    "detail": b'{"detail": "Not authenticated"}',
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz", "a.jpg", "a.csv", "a.json", "a.xml", "a"])
def test_an_error_page_is_known_under_every_name(page: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(PAGES[page])

    assert inspect(path).verdict.state is State.ERROR_PAGE


def test_the_words_of_an_error_page_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(PAGES["html"])

    assert inspect(path).verdict.reason == "it is a page of HTML: '502 Bad Gateway'"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<html><body>documentation</body></html>"),
        ("a_asn.json", b'{"status": "ok", "products": []}'),
        ("a.txt", b"{not json}"),
        ("a.xml", b"<?xml version='1.0'?><Report><Error>0.1</Error></Report>"),
        ("a.asdf", b"#ASDF 1.0.0\n%YAML 1.1\n---\n..."),
    ],
)
def test_a_product_that_looks_like_a_message_is_none(
    name: str, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    assert inspect(path).verdict.state in GOOD


def test_plain_text_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(b"File not found.\n")

    assert inspect(path).verdict.reason == "it is plain text: 'File not found.'"


OPAQUE = bytes(range(256)) * 20


@pytest.mark.parametrize(
    "name", ["a.fits", "a.fits.gz", "a.csv.gz", "a.jpg", "a.png", "a.pdf", "a.zip", "a.tar"]
)
def test_bytes_that_are_not_what_the_name_promises_are_unknown(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(OPAQUE)
    verdict = inspect(path).verdict

    assert (verdict.state, verdict.doubtful) == (State.UNKNOWN, True)
    assert "it does not look like" in verdict.reason


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz", "a.jpg", "a.h5"])
@pytest.mark.parametrize("text", ["Not found, sorry. ", "Étoile ★ 星 ", "x\n"])
def test_text_however_long_is_no_binary_product(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    for content in (text.encode(), text.encode() * 20_000, text.encode("utf-16")):
        path.write_bytes(content)

        assert inspect(path).verdict.state not in GOOD


def test_fits_that_a_server_has_unpacked_or_packed_is_judged_as_fits(tmp_path: Path) -> None:
    unpacked, packed = tmp_path / "a.fits.gz", tmp_path / "b.fits"
    unpacked.write_bytes(fits_bytes(1))
    packed.write_bytes(gz_bytes(1))
    assert inspect(unpacked).verdict.state is State.WHOLE
    assert inspect(packed).verdict.state is State.WHOLE

    unpacked.write_bytes(fits_bytes(1)[:-2880])
    packed.write_bytes(gz_bytes(1)[:-20])
    assert inspect(unpacked).verdict.state is State.TRUNCATED
    assert inspect(packed).verdict.state is State.TRUNCATED


def test_packed_bytes_that_are_not_fits_are_whole_but_odd(tmp_path: Path) -> None:
    path = tmp_path / "a.fits.gz"
    path.write_bytes(gzip.compress(OPAQUE))
    verdict = inspect(path).verdict
    path.write_bytes(gzip.compress(b"Not found, sorry."))

    assert (verdict.state, verdict.doubtful) == (State.WHOLE, True)
    assert inspect(path).verdict.state is State.CORRUPT


@pytest.mark.parametrize("start", [b"S", b"SIMPLE", b"SIMPLE  ="])
def test_a_beginning_of_a_few_bytes_is_not_the_file(start: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(start)

    assert inspect(path).verdict.state not in GOOD
