"""Check one file on disk in one pass: format, length, checksums and SHA-256."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from topmast.config.output import one_line
from topmast.download.check.fits import FITS_START
from topmast.download.check.formats import BINARY, FITS, GZIP, format_of
from topmast.download.check.reading import FileReader
from topmast.download.check.text import is_text
from topmast.download.check.verdict import (
    NO_END,
    Verdict,
    corrupt,
    error_page,
    truncated,
    unproven,
)

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


START_BYTES = 1024


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
