"""Tell for each common format whether a file of it is complete."""

from __future__ import annotations

import json
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from xml.parsers import expat

from topmast.download.check.fits import judge_fits
from topmast.download.check.reading import CHUNK, FileReader, GzipReader, Reader, buffer
from topmast.download.check.reading import GZIP as GZIP_BITS
from topmast.download.check.signatures import (
    FITS_START,
    GZIP_START,
    Begins,
    begins_like_pdf,
    begins_like_tar,
    is_text,
    starting,
)
from topmast.download.check.verdict import Verdict, corrupt, truncated, unproven, whole

#: A file that is larger is not read into memory to be parsed; its length has to do.
PARSED_AT_MOST = 64 << 20
JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")

FITS_ENDINGS = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fts.gz")
SEEN = 1024

#: A format's test: it reads from a reader, or opens the path itself.
Test = Callable[[FileReader, Path, str], Verdict]


@dataclass(frozen=True, slots=True)
class Format:
    """A format, how its files begin, and the test whether one is complete."""

    name: str
    begins: Begins
    test: Test


def format_of(name: str) -> Format | None:
    """The format that a name promises; None where nothing is known about it."""
    name = name.lower()
    return next((format_ for ending, format_ in FORMATS if name.endswith(ending)), None)


def judge(reader: FileReader, path: Path, name: str) -> Verdict:
    """Whole or not, by the format that the name promises.

    A server may unpack ``.fits.gz`` on its way, or pack ``.fits``: both are judged as what they
    are. Bytes that are neither text nor the format are left alone: the archive has files that
    are not what they are called.
    """
    promised = format_of(name)
    if promised is None:
        return unproven()
    start = reader.peek(SEEN)
    if promised.begins(start):
        return promised.test(reader, path, name)
    for other in (FITS, GZIP) if promised in (FITS, GZIP) else ():
        if other.begins(start):
            return other.test(reader, path, name)
    reason = f"it does not look like {promised.name}, it begins with {start[:12]!r}"
    return corrupt(reason) if is_text(start) else unproven(reason, doubtful=True)


def judge_plain_fits(reader: FileReader, path: Path, name: str) -> Verdict:
    return judge_fits(reader)


def judge_gzip(reader: FileReader, path: Path, name: str) -> Verdict:
    """The whole stream is unpacked, and a FITS file inside is walked through."""
    unpacked = GzipReader(reader)
    start = _unpacked_start(reader)
    promised = name.lower().endswith(FITS_ENDINGS)
    try:
        holds_fits = promised and start and FITS.begins(start)
        verdict = judge_fits(unpacked) if holds_fits else whole()
        _read_on(unpacked)
    except EOFError as problem:
        return truncated(str(problem))
    except zlib.error as problem:
        return corrupt(f"its gzip stream is broken ({problem})")
    if promised and not holds_fits:
        reason = f"what is packed in it does not look like FITS, it begins with {start[:12]!r}"
        return corrupt(reason) if is_text(start) else whole(reason, doubtful=True)
    return verdict


def _unpacked_start(reader: FileReader) -> bytes:
    try:
        return zlib.decompressobj(wbits=GZIP_BITS).decompress(reader.peek(CHUNK), SEEN)
    except zlib.error:
        return b""


def judge_jpeg(reader: FileReader, path: Path, name: str) -> Verdict:
    data = _all(reader, path)
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
    ended = data.rstrip(b"\0").endswith(b";")
    return whole() if ended else truncated("the GIF image has no end")


def judge_pdf(reader: FileReader, path: Path, name: str) -> Verdict:
    data = _all(reader, path)
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


def judge_start(reader: FileReader, path: Path, name: str) -> Verdict:
    """For formats whose beginning is known and whose end is not."""
    return unproven()


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


FITS = Format("FITS", starting(FITS_START), judge_plain_fits)
GZIP = Format("gzip", starting(GZIP_START), judge_gzip)
JPEG = Format("a JPEG image", starting(b"\xff\xd8"), judge_jpeg)
PNG = Format("a PNG image", starting(b"\x89PNG\r\n\x1a\n"), judge_png)
GIF = Format("a GIF image", starting(b"GIF87a", b"GIF89a"), judge_gif)
PDF = Format("a PDF document", begins_like_pdf, judge_pdf)
JSON = Format("JSON", is_text, judge_json)
XML = Format("XML", is_text, judge_xml)
ZIP = Format("a zip archive", starting(b"PK\x03\x04", b"PK\x05\x06"), judge_zip)
TAR = Format("a tar archive", begins_like_tar, judge_tar)
ASDF = Format("ASDF", starting(b"#ASDF"), judge_start)
HDF = Format("HDF5", starting(b"\x89HDF"), judge_start)
PARQUET = Format("Parquet", starting(b"PAR1"), judge_start)
BZIP2 = Format("bzip2", starting(b"BZh"), judge_start)
COMPRESS = Format("compress", starting(b"\x1f\x9d", b"\x1f\xa0"), judge_start)
TIFF = Format("a TIFF image", starting(b"II", b"MM"), judge_start)

#: The longest endings first.
FORMATS: list[tuple[str, Format]] = [
    (".gz", GZIP),
    (".tgz", GZIP),
    (".fits", FITS),
    (".fit", FITS),
    (".fts", FITS),
    (".fits.fz", FITS),
    (".jpg", JPEG),
    (".jpeg", JPEG),
    (".png", PNG),
    (".gif", GIF),
    (".pdf", PDF),
    (".json", JSON),
    (".xml", XML),
    (".vot", XML),
    (".zip", ZIP),
    (".tar", TAR),
    (".asdf", ASDF),
    (".h5", HDF),
    (".hdf5", HDF),
    (".parquet", PARQUET),
    (".bz2", BZIP2),
    (".z", COMPRESS),
    (".tif", TIFF),
    (".tiff", TIFF),
]

#: Endings that promise bytes and never a page of text.
BINARY = tuple(ending for ending, format_ in FORMATS if format_ not in (JSON, XML))
