"""Forms as browsers and programs send them: in the address, as a body, and in several parts."""

from __future__ import annotations

import email.parser
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from topmast.errors import InvalidQueryError

MOST_FIELDS = 1000


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


def _parts(content_type: str, body: bytes) -> list[tuple[str, str, bytes | None]]:
    """Each part with its name, its text and, for a file, its content."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = email.parser.BytesParser().parsebytes(head + body)
    if not message.is_multipart():
        raise InvalidQueryError("The form is in several parts, but none can be read.")
    found: list[tuple[str, str, bytes | None]] = []
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if part.is_multipart() or not isinstance(name, str):
            continue
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        is_file = part.get_filename() is not None
        text = "" if is_file else content.decode("utf-8", "replace")
        found.append((name, text, content if is_file else None))
    return found
