"""Tell for each common format whether a file of it is complete."""

from __future__ import annotations

import json
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from xml.parsers import expat

from topmast.download.fits import judge_fits, looks_like_fits
from topmast.download.reading import FileReader, GzipReader, Reader, buffer
from topmast.download.verdict import Verdict, corrupt, truncated, unproven, whole

__all__ = ["BINARY", "Format", "format_of"]

#: A file that is larger is not read into memory to be parsed; its length has to do.
PARSED_AT_MOST = 64 << 20
JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")

#: A format's test: it reads from a reader, or opens the path itself.
Format = Callable[[FileReader, Path, str], Verdict]


def format_of(name: str) -> Format | None:
    """The test for a file of this name; None where nothing is known about the format."""
    name = name.lower()
    return next((test for ending, test in FORMATS if name.endswith(ending)), None)


def judge_plain_fits(reader: FileReader, path: Path, name: str) -> Verdict:
    return judge_fits(reader)


def judge_gzip(reader: FileReader, path: Path, name: str) -> Verdict:
    """The whole stream is unpacked, and a FITS file inside is walked through."""
    unpacked = GzipReader(reader)
    holds_fits = name.lower().endswith((".fits.gz", ".fit.gz"))
    try:
        verdict = judge_fits(unpacked) if holds_fits else whole()
        _read_on(unpacked)
    except EOFError as problem:
        return truncated(str(problem))
    except zlib.error as problem:
        return corrupt(f"its gzip stream is broken ({problem})")
    return verdict


def judge_jpeg(reader: FileReader, path: Path, name: str) -> Verdict:
    data = _all(reader, path)
    if not data.startswith(b"\xff\xd8"):
        return corrupt("it does not begin like a JPEG image")
    place = 2
    while match := JPEG_MARKER.search(data, place):
        marker = data[match.start() + 1]
        if marker == 0xD9:
            return whole()
        length = int.from_bytes(data[match.end() : match.end() + 2], "big")
        place = match.end() + max(length, 2)
    return truncated("the JPEG image has no end")


def judge_png(reader: FileReader, path: Path, name: str) -> Verdict:
    data = _all(reader, path)
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return corrupt("it does not begin like a PNG image")
    place = 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind, end = data[place + 4 : place + 8], place + 8 + length
        if end + 4 > len(data):
            break
        if zlib.crc32(data[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return corrupt(f"the checksum of its {kind.decode('latin-1')} chunk does not fit")
        if kind == b"IEND":
            return whole()
        place = end + 4
    return truncated("the PNG image has no end")


def judge_gif(reader: FileReader, path: Path, name: str) -> Verdict:
    data = _all(reader, path)
    if not data.startswith((b"GIF87a", b"GIF89a")):
        return corrupt("it does not begin like a GIF image")
    ended = data.rstrip(b"\0").endswith(b";")
    return whole() if ended else truncated("the GIF image has no end")


def judge_pdf(reader: FileReader, path: Path, name: str) -> Verdict:
    data = _all(reader, path)
    if b"%PDF-" not in data[:1024]:
        return corrupt("it does not begin like a PDF document")
    return whole() if b"%%EOF" in data[-2048:] else truncated("the PDF document has no end")


def judge_json(reader: FileReader, path: Path, name: str) -> Verdict:
    try:
        json.loads(_all(reader, path))
    except (ValueError, RecursionError) as problem:
        return truncated(f"it is no complete JSON ({problem})")
    return whole()


def judge_xml(reader: FileReader, path: Path, name: str) -> Verdict:
    """Well formed or not; entities are not expanded and nothing outside is read."""
    parser = expat.ParserCreate()
    view = buffer("file")
    try:
        while count := reader.fill(view):
            parser.Parse(bytes(view[:count]), False)
        parser.Parse(b"", True)
    except expat.ExpatError as problem:
        return truncated(f"it is no complete XML ({problem})")
    return whole()


def judge_zip(reader: FileReader, path: Path, name: str) -> Verdict:
    reader.drain()
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as problem:
        return truncated(f"it is no complete zip archive ({problem})")
    return corrupt(f"{broken} inside it is broken") if broken else whole()


def judge_tar(reader: FileReader, path: Path, name: str) -> Verdict:
    reader.drain()
    size = path.stat().st_size
    try:
        with tarfile.open(path, "r:") as archive:
            ends = [member.offset_data + member.size for member in archive]
    except (tarfile.TarError, EOFError, struct.error) as problem:
        return truncated(f"it is no complete tar archive ({problem})")
    return whole() if max(ends, default=0) <= size else truncated("its last member is cut")


def starts_with(*starts: bytes) -> Format:
    """A test for formats whose beginning is known and whose end is not."""

    def judge(reader: FileReader, path: Path, name: str) -> Verdict:
        view = memoryview(bytearray(64))
        start = bytes(view[: reader.fill(view)])
        if start.startswith(starts):
            return unproven()
        return corrupt(f"it begins with {start[:12]!r}, not as its name promises")

    return judge


def judge_maybe_fits(reader: FileReader, path: Path, name: str) -> Verdict:
    """For names that say little: FITS if it begins like FITS."""
    with path.open("rb") as file:
        begins_as_fits = looks_like_fits(file.read(16))
    return judge_fits(reader) if begins_as_fits else unproven()


def _all(reader: FileReader, path: Path) -> bytes:
    if path.stat().st_size > PARSED_AT_MOST:
        raise OverflowError
    parts = BytesIO()
    view = buffer("file")
    while count := reader.fill(view):
        parts.write(view[:count])
    return parts.getvalue()


def _read_on(reader: Reader) -> None:
    view = buffer("file")
    while reader.fill(view):
        pass


#: The longest endings first.
FORMATS: list[tuple[str, Format]] = [
    (".gz", judge_gzip),
    (".tgz", judge_gzip),
    (".fits", judge_plain_fits),
    (".fit", judge_plain_fits),
    (".fts", judge_plain_fits),
    (".fits.fz", judge_plain_fits),
    (".jpg", judge_jpeg),
    (".jpeg", judge_jpeg),
    (".png", judge_png),
    (".gif", judge_gif),
    (".pdf", judge_pdf),
    (".json", judge_json),
    (".xml", judge_xml),
    (".vot", judge_xml),
    (".zip", judge_zip),
    (".tar", judge_tar),
    (".asdf", starts_with(b"#ASDF")),
    (".h5", starts_with(b"\x89HDF")),
    (".hdf5", starts_with(b"\x89HDF")),
    (".parquet", starts_with(b"PAR1")),
    (".bz2", starts_with(b"BZh")),
    (".z", starts_with(b"\x1f\x9d", b"\x1f\xa0")),
    (".tif", starts_with(b"II", b"MM")),
    (".tiff", starts_with(b"II", b"MM")),
]

#: Endings that promise bytes and never a page of text.
BINARY = tuple(ending for ending, _ in FORMATS if ending not in (".json", ".xml", ".vot"))
