"""Forms as browsers and programs send them: in the address, as a body, and in several parts."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from topmast.errors import InvalidQueryError

MOST_FIELDS = 1000
BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)


class Form(NamedTuple):
    """The words of a form by their names in capitals, the last of each; and the files by name.

    `every` has all words in their order.
    """

    words: Mapping[str, str]
    files: Mapping[str, bytes]
    every: tuple[tuple[str, str], ...]


def decode_form(query: bytes, content_type: str, body: bytes) -> Form:
    """The form in an address and in a body.

    Raises InvalidQueryError for one that cannot be read.
    """
    pairs, files = list(_pairs(query)), dict[str, bytes]()
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        for name, text, content in _parts(content_type, body):
            if content is None:
                pairs.append((name.upper(), text))
            else:
                files[name] = content
    elif body:
        pairs += _pairs(body)
    if len(pairs) + len(files) > MOST_FIELDS:
        raise InvalidQueryError(f"The form has more than {MOST_FIELDS} fields.")
    return Form(dict(pairs), files, tuple(pairs))


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        found = parse_qsl(
            text.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError as problem:
        raise InvalidQueryError(f"The form cannot be read: {problem}.") from problem
    return [(name.upper(), value) for name, value in found]


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, str, bytes | None]]:
    """Each part with its name, its text and, for a file, its content."""
    found = BOUNDARY.search(content_type)
    mark = (found[1] or found[2]).encode("latin-1", "replace") if found else b""
    pieces = (b"\r\n" + body).split(b"\r\n--" + mark)
    if not mark or len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise InvalidQueryError("The form is in several parts, but they cannot be told apart.")
    for piece in pieces[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        about = email.message_from_bytes(head.lstrip() + b"\r\n\r\n")
        name = about.get_param("name", header="content-disposition")
        if isinstance(name, str):
            is_file = about.get_filename() is not None
            text = "" if is_file else content.decode("utf-8", "replace")
            yield name, text, content if is_file else None
