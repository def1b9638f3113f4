"""JSON that may be something else: a web page, a text cut short, another encoding, NaN."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from topmast.config.output import one_line
from topmast.errors import BadAnswerError

LONGEST = 200
CONSTANTS: dict[str, float | None] = {
    "NaN": None,
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}

TITLE = re.compile(r"<(title|h1)[^>]*>(.*?)</\1", re.IGNORECASE | re.DOTALL)
HIDDEN = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)|<[^>]*>", re.IGNORECASE | re.DOTALL)
SECRET = re.compile(
    r"((?:token|password|passwd|secret|session|authorization|cookie|api_?key)[\w-]*"
    r"[\"']?\s*[=:]\s*(?:(?:bearer|token|basic)\s+)?[\"']?)[^\s\"'&;,<>]+",
    re.IGNORECASE,
)
LONG_HEX = re.compile(r"\b[0-9a-fA-F]{32,}\b")


def read_json(content: bytes) -> Any:
    """Any JSON text as Python objects; NaN, which is not JSON, is read as null.

    Raises
    ------
    BadAnswerError
        With the beginning of what came in place of JSON.
    """
    if not content.strip():
        raise BadAnswerError("The archive's answer is empty.")
    try:
        return json.loads(_text(content), parse_constant=CONSTANTS.get)
    except (ValueError, RecursionError) as problem:
        what = "is a web page" if is_markup(content) else "cannot be read"
        raise BadAnswerError(f"The archive's answer {what}: {excerpt(content)}") from problem


def excerpt(content: bytes) -> str:
    """The first words of an answer, for an error text: one line, no markup, no credentials."""
    text = _text(content[:20000])
    if is_markup(content):
        title = TITLE.search(text)
        text = html.unescape(HIDDEN.sub(" ", title[2] if title else text))
    return one_line(LONG_HEX.sub("***", SECRET.sub(r"\1***", one_line(text))), LONGEST)


def _text(content: bytes) -> str:
    try:
        return content.decode(json.detect_encoding(content), "surrogatepass")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def has_nuls(content: bytes) -> bool:
    """Whether its texts may have NUL characters; one look is enough for nearly all answers."""
    return b"\0" in content or (b"\\" in content and b"\\u0000" in content)


def is_markup(content: bytes) -> bool:
    """Whether it begins as XML and web pages do."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
