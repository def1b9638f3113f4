"""Where in the cloud products are, both ways: the questions to path_lookup, and its answers.

A question names up to 40 URIs. The answer is one object, with the status and the path of each URI;
a product that is not in the cloud has the status 404 and no path.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.json import excerpt, read_json
from topmast.wire.s3 import is_key

URIS_AT_ONCE = 40
"""MAST takes a URL of some thousand characters; astroquery asks for so many URIs, too."""
MOST_URIS = 1000
"""Where our own end of it stops."""


def encode_lookup(uris: Sequence[str]) -> str:
    """The query string that asks for the paths of `uris` in the cloud."""
    return urlencode([*(("uri", uri) for uri in uris), ("use_cloud_path", "True")])


def decode_lookup(query: str) -> list[str]:
    """The URIs that a query string asks for.

    Raises InvalidQueryError if there is none, or there are too many.
    """
    try:
        pairs = parse_qsl(query, max_num_fields=MOST_URIS + 10)
    except ValueError as problem:
        raise InvalidQueryError(f"The query cannot be read: {problem}") from problem
    uris = [value for name, value in pairs if name == "uri" and value]
    if not 1 <= len(uris) <= MOST_URIS:
        raise InvalidQueryError(f"From 1 to {MOST_URIS} URIs are needed, as uri=...")
    return uris


def encode_paths(keys: Mapping[str, str | None]) -> bytes:
    """An answer: for each URI the key of its object, or None if it has none."""
    return json.dumps(
        {
            uri: {
                "status_code": 404 if key is None else 200,
                "path": None if key is None else f"/{key}",
            }
            for uri, key in keys.items()
        }
    ).encode()


def decode_paths(content: bytes) -> dict[str, str]:
    """The key of each URI of an answer that is in the cloud; what is no key is left out.

    Raises BadAnswerError if the bytes are no such answer.
    """
    answer = read_json(content)
    if not isinstance(answer, dict):
        raise BadAnswerError(f"The answer of path_lookup is no object: {excerpt(content)}")
    keys: dict[str, str] = {}
    for uri, entry in answer.items():
        path = entry.get("path") if isinstance(entry, dict) else None
        key = path.removeprefix("/") if isinstance(path, str) else ""
        if is_key(key):
            keys[uri] = key
    return keys
