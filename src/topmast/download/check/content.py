"""Check one file on disk in one pass: format, length, checksums and SHA-256."""

from __future__ import annotations

import gzip
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

from topmast.download.check.fits import FITS_START, judge_fits
from topmast.download.check.reading import CHUNK, GZIP_BITS, FileReader, GzipReader, buffer
from topmast.download.check.verdict import (
    NO_END,
    Verdict,
    corrupt,
    error_page,
    truncated,
    unproven,
    whole,
)
from topmast.tables.display import one_line

HTML = re.compile(
    rb"(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head)\b", re.I | re.S
)
XML_ERROR = re.compile(rb"(?:<\?xml[^>]*\?>\s*)?<(?:Error|error|ServiceException\w*)\b")
#: Keys of the JSON with which a service says no; a product has others beside them.
ERROR_KEYS = {"status", "msg", "message", "error", "errors", "detail", "code", "data", "path"}
ERROR_KEYS |= {"timestamp", "statuscode", "exception", "title", "type", "errormessage", "reason"}
ERROR_SIGNS = ("error", "errors", "msg", "message", "detail", "exception", "errormessage")
LONGEST_MESSAGE = 64 << 10
NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]")


GZIP_START = b"\x1f\x8b"
NO_PLAIN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
#: A file that is larger is not read into memory to be parsed; its length has to do.
PARSED_AT_MOST = 64 << 20
JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
FITS_ENDINGS = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fts.gz")
START_BYTES = 1024

#: Whether a file with this beginning can be of a format.
Begins = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Format:
    """A format, how its files begin, and the test whether one is complete."""

    name: str
    begins: Begins
    test: Callable[[FileReader, str], Verdict]


@dataclass(frozen=True, slots=True)
class Content:
    """What one pass over a file found."""

    verdict: Verdict
    size: int
    sha256: str


def inspect(
    path: Path | str, name: str = "", sha256: str = "", body: bytes | None = None
) -> Content:
    """The judgement on the file at `path`, whose product is called `name`.

    `sha256` and `body`: of the whole file, if they are known already.
    """
    name = (name or Path(path).name).lower()
    reader = FileReader(path, sha256, body)
    with reader.file:
        verdict = _disguise(reader, name)
        if verdict is None:
            try:
                verdict = _judge(reader, name)
            except OverflowError:
                verdict = unproven("it is too large to be parsed")
        digest = reader.read_to_end()
        return Content(verdict, reader.position, digest)


def _disguise(reader: FileReader, name: str) -> Verdict | None:
    """An error page or an empty file under the name of a product; None if it is neither."""
    start = reader.peek(64)
    if not start:
        return truncated("it is empty") if format_of(name) else None
    if start.startswith(FITS_START) or NO_TEXT.search(start):
        return None
    text = reader.peek(LONGEST_MESSAGE + 1).removeprefix(b"\xef\xbb\xbf").lstrip()
    for is_one, what in DISGUISES:
        if is_one(text, name):
            return error_page(f"it is {what}: {_first_words(text)}")
    return None


def _is_html(text: bytes, name: str) -> bool:
    return not name.endswith((".html", ".htm", ".xhtml")) and bool(HTML.match(text))


def _is_xml_error(text: bytes, name: str) -> bool:
    return bool(XML_ERROR.match(text)) and len(text) <= LONGEST_MESSAGE


def _is_json_error(text: bytes, name: str) -> bool:
    if not text.startswith(b"{") or len(text) > LONGEST_MESSAGE:
        return False
    if name.endswith(BINARY):
        return True
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    keys = {str(key).lower() for key in found}
    return bool(keys) and keys <= ERROR_KEYS and not keys.isdisjoint(ERROR_SIGNS)


def _is_plain_text(text: bytes, name: str) -> bool:
    """Text of some words where the name promises bytes."""
    if not name.endswith(BINARY) or len(text) > LONGEST_MESSAGE:
        return False
    if text.startswith((FITS_START, b"#ASDF", b"%PDF")):
        return False
    return all(32 <= byte < 127 or byte in (9, 10, 13) for byte in text[:512])


DISGUISES = (
    (_is_html, "a page of HTML"),
    (_is_xml_error, "an error message in XML"),
    (_is_json_error, "an error message in JSON"),
    (_is_plain_text, "plain text"),
)


def _first_words(text: bytes) -> str:
    if HTML.match(text):
        title = re.search(rb"<title[^>]*>(.*?)</title>", text, re.I | re.S)
        text = title[1] if title else re.sub(rb"<[^>]*>", b" ", text)
    return repr(one_line(text[:2000].decode("utf-8", "replace"), 80))


# Formats ---------------------------------------------------------------------------------


def format_of(name: str) -> Format | None:
    """The format that a name in small letters promises; None where nothing is known about it."""
    return next((format_ for ending, format_ in FORMATS.items() if name.endswith(ending)), None)


def _judge(reader: FileReader, name: str) -> Verdict:
    """Whole or not, by the format that the name promises.

    A server may unpack ``.fits.gz`` on its way, or pack ``.fits``: both are judged as what they
    are. Bytes that are neither text nor the format are left alone: the archive has files that
    are not what they are called.
    """
    promised = format_of(name)
    if promised is None:
        return NO_END
    start = reader.peek(START_BYTES)
    others = (FITS, GZIP) if promised in (FITS, GZIP) else ()
    for found in (promised, *others):
        if found.begins(start):
            return found.test(reader, name)
    reason = f"it does not look like {promised.name}, it begins with {start[:12]!r}"
    return corrupt(reason) if is_text(start) else unproven(reason, doubtful=True)


def _judge_gzip(reader: FileReader, name: str) -> Verdict:
    """The whole stream is unpacked, and a FITS file inside is walked through."""
    unpacked = GzipReader(reader)
    start = _unpacked_start(reader)
    promised = name.endswith(FITS_ENDINGS)
    try:
        holds_fits = promised and start and FITS.begins(start)
        verdict = judge_fits(unpacked) if holds_fits else whole()
        while unpacked.fill(buffer("file")):
            pass
    except EOFError:
        return truncated("it ends before the end of its gzip stream")
    except (zlib.error, gzip.BadGzipFile) as problem:
        return corrupt(f"its gzip stream is broken ({problem})")
    if promised and not holds_fits:
        reason = f"what is packed in it does not look like FITS, it begins with {start[:12]!r}"
        return corrupt(reason) if is_text(start) else whole(reason, doubtful=True)
    return verdict


def _unpacked_start(reader: FileReader) -> bytes:
    try:
        return zlib.decompressobj(wbits=GZIP_BITS).decompress(reader.peek(CHUNK), START_BYTES)
    except zlib.error:
        return b""


def _judge_jpeg(reader: FileReader, name: str) -> Verdict:
    data = _all(reader)
    place = 2
    while match := JPEG_MARKER.search(data, place):
        marker = data[match.start() + 1]
        if marker == 0xD9:
            return whole()
        length = int.from_bytes(data[match.end() : match.end() + 2], "big")
        place = match.end() + max(length, 2)
    return truncated("the JPEG image has no end")


def _judge_png(reader: FileReader, name: str) -> Verdict:
    data = _all(reader)
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


def _judge_gif(reader: FileReader, name: str) -> Verdict:
    data = _all(reader)
    ended = data.rstrip(b"\0").endswith(b";")
    return whole() if ended else truncated("the GIF image has no end")


def _judge_pdf(reader: FileReader, name: str) -> Verdict:
    data = _all(reader)
    return whole() if b"%%EOF" in data[-2048:] else truncated("the PDF document has no end")


def _judge_json(reader: FileReader, name: str) -> Verdict:
    try:
        json.loads(_all(reader))
    except (ValueError, RecursionError) as problem:
        return truncated(f"it is no complete JSON ({problem})")
    return whole()


def _judge_xml(reader: FileReader, name: str) -> Verdict:
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


def _judge_zip(reader: FileReader, name: str) -> Verdict:
    reader.read_to_end()
    try:
        with zipfile.ZipFile(reader.path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as problem:
        return truncated(f"it is no complete zip archive ({problem})")
    return corrupt(f"{broken} inside it is broken") if broken else whole()


def _judge_tar(reader: FileReader, name: str) -> Verdict:
    reader.read_to_end()
    size = reader.position
    try:
        with tarfile.open(reader.path, "r:") as archive:
            ends = [member.offset_data + member.size for member in archive]
    except (tarfile.TarError, EOFError, struct.error) as problem:
        return truncated(f"it is no complete tar archive ({problem})")
    return whole() if max(ends, default=0) <= size else truncated("its last member is cut")


def _all(reader: FileReader) -> bytes:
    """All bytes of a file that is to be parsed."""
    data = BytesIO()
    view = buffer("file")
    while count := reader.fill(view):
        data.write(view[:count])
        if reader.position > PARSED_AT_MOST:
            raise OverflowError
    return data.getvalue()


def _judge_start(reader: FileReader, name: str) -> Verdict:
    """For formats whose beginning is known and whose end is not."""
    return NO_END


def starting(*starts: bytes) -> Begins:
    """Begins with one of these; a file of fewer bytes may have been cut inside them."""

    def begins(start: bytes) -> bool:
        return start.startswith(starts) or any(known.startswith(start) for known in starts)

    return begins


def begins_like_tar(start: bytes) -> bool:
    """The checksum of the first member's header is written in octal digits."""
    return bool(re.match(rb".{148}[0-7 \0]{8}", start, re.DOTALL)) or len(start) < 156


def begins_like_pdf(start: bytes) -> bool:
    return b"%PDF-" in start or b"%PDF-".startswith(start)


def is_text(start: bytes) -> bool:
    """Whether people could read it: no control characters, and UTF-8, Latin-1 or UTF-16."""
    if start.startswith(UTF_16):
        return True
    if NO_PLAIN_TEXT.search(start):
        return False
    plain = sum(byte < 128 for byte in start)
    return plain >= 0.7 * len(start) or _is_utf_8(start)


def _is_utf_8(start: bytes) -> bool:
    """UTF-8, where the last character may be cut."""
    try:
        start.decode()
    except UnicodeDecodeError as problem:
        return problem.start >= len(start) - 3
    return True


FITS = Format("FITS", starting(FITS_START), judge_fits)
GZIP = Format("gzip", starting(GZIP_START), _judge_gzip)
JPEG = Format("a JPEG image", starting(b"\xff\xd8"), _judge_jpeg)
PNG = Format("a PNG image", starting(b"\x89PNG\r\n\x1a\n"), _judge_png)
GIF = Format("a GIF image", starting(b"GIF87a", b"GIF89a"), _judge_gif)
PDF = Format("a PDF document", begins_like_pdf, _judge_pdf)
JSON = Format("JSON", is_text, _judge_json)
XML = Format("XML", is_text, _judge_xml)
ZIP = Format("a zip archive", starting(b"PK\x03\x04", b"PK\x05\x06"), _judge_zip)
TAR = Format("a tar archive", begins_like_tar, _judge_tar)
ASDF = Format("ASDF", starting(b"#ASDF"), _judge_start)
HDF = Format("HDF5", starting(b"\x89HDF"), _judge_start)
PARQUET = Format("Parquet", starting(b"PAR1"), _judge_start)
BZIP2 = Format("bzip2", starting(b"BZh"), _judge_start)
COMPRESS = Format("compress", starting(b"\x1f\x9d", b"\x1f\xa0"), _judge_start)
TIFF = Format("a TIFF image", starting(b"II", b"MM"), _judge_start)

#: The longest endings first.
FORMATS = {
    **dict.fromkeys((".gz", ".tgz"), GZIP),
    **dict.fromkeys((".fits", ".fit", ".fts", ".fits.fz"), FITS),
    **dict.fromkeys((".jpg", ".jpeg"), JPEG),
    ".png": PNG,
    ".gif": GIF,
    ".pdf": PDF,
    ".json": JSON,
    **dict.fromkeys((".xml", ".vot"), XML),
    ".zip": ZIP,
    ".tar": TAR,
    ".asdf": ASDF,
    **dict.fromkeys((".h5", ".hdf5"), HDF),
    ".parquet": PARQUET,
    ".bz2": BZIP2,
    ".z": COMPRESS,
    **dict.fromkeys((".tif", ".tiff"), TIFF),
}
#: Endings that promise bytes and never a page of text.
BINARY = tuple(ending for ending, format_ in FORMATS.items() if format_ not in (JSON, XML))
