"""Object names and their positions, both ways: the resolver's questions, and its JSON and XML.

The portal (service Mast.Name.Lookup, one name) and the resolver (``/Santa-war/query``, up to 30
names) give the same answer: one list, in which `searchString`, the name in lower case, tells which
entry belongs to which name. The status is the empty text, and a name nobody knows is missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.json import excerpt, is_markup, read_json

NAMES_AT_ONCE = 30
"""More names than this the resolver does not take in one request."""
MOST_NAMES = 1000
"""Where our own end of it stops."""


@dataclass(frozen=True, slots=True)
class ResolvedName:
    """One entry of an answer: what one resolver knows about one name; angles in degrees."""

    search_string: str
    resolver: str
    canonical_name: str
    ra_deg: float
    dec_deg: float
    search_radius_deg: float = -1.0
    radius_deg: float | None = None
    major_axis_deg: float | None = None
    minor_axis_deg: float | None = None
    position_angle_deg: float | None = None
    object_type: str | None = None
    cached: bool = True
    resolver_milliseconds: int = 0
    cache_date: str | None = None


WORDS = {
    "search_string": "searchString",
    "resolver": "resolver",
    "cached": "cached",
    "resolver_milliseconds": "resolverTime",
    "cache_date": "cacheDate",
    "search_radius_deg": "searchRadius",
    "canonical_name": "canonicalName",
    "ra_deg": "ra",
    "dec_deg": "decl",
    "radius_deg": "radius",
    "major_axis_deg": "majorAxis",
    "minor_axis_deg": "minorAxis",
    "position_angle_deg": "positionAngle",
    "object_type": "objectType",
}
"""Our names and the resolver's, in the order in which it sends them."""


@dataclass(frozen=True, slots=True)
class ResolverQuery:
    """A question to the resolver: names, and which catalogues of names to ask."""

    names: tuple[str, ...]
    resolvers: tuple[str, ...] = ()
    resolve_all: bool = False
    format: str = "json"


def encode_resolver_query(query: ResolverQuery) -> str:
    """The query string of a GET.

    Raises InvalidQueryError if there is no name, or are more than the resolver takes at once.
    """
    if not 1 <= len(query.names) <= NAMES_AT_ONCE:
        raise InvalidQueryError(
            f"From 1 to {NAMES_AT_ONCE} names can be resolved in one request, "
            f"not {len(query.names)}."
        )
    pairs = [("name", name) for name in query.names]
    pairs += [("outputFormat", query.format), ("resolveAll", str(query.resolve_all))]
    if not query.resolve_all:
        pairs += [("resolver", resolver) for resolver in query.resolvers]
    return urlencode(pairs)


def decode_resolver_query(text: str | bytes) -> ResolverQuery:
    """The question in a query string; parameters we do not know are passed over."""
    raw = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=4 * MOST_NAMES)
    except ValueError as problem:
        raise InvalidQueryError(f"The resolver query cannot be read: {problem}") from problem
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name.lower(), []).append(value.strip())
    names = tuple(name for name in given.get("name", ()) if name)
    if not 1 <= len(names) <= MOST_NAMES:
        raise InvalidQueryError(f"From 1 to {MOST_NAMES} names are needed, as name=...")
    return ResolverQuery(
        names=names,
        resolvers=tuple(name.upper() for name in given.get("resolver", ()) if name),
        resolve_all=given.get("resolveall", [""])[-1].lower() == "true",
        format=checked_format(given.get("outputformat", ["xml"])[-1]),
    )


def checked_format(word: Any) -> str:
    """``json`` or ``xml``; xml is what the resolver sends to whoever names none."""
    format = str(word or "xml").lower()
    if format not in ENCODERS:
        raise InvalidQueryError(f"Names are answered as json or xml, not {str(word)[:40]!r}.")
    return format


def encode_names(found: Sequence[ResolvedName], format: str = "json") -> bytes:
    """An answer that lists `found`, as ``json`` or ``xml``."""
    return ENCODERS[checked_format(format)]([_entry_of(each) for each in found])


def decode_names(content: bytes) -> list[ResolvedName]:
    """The entries of an answer in JSON or XML; those without a position are left out.

    Raises BadAnswerError if the bytes are no such answer.
    """
    entries = _entries_of_xml(content) if is_markup(content) else _entries_of_json(content)
    return [name for name in map(_name_of, entries) if name is not None]


def _entry_of(name: ResolvedName) -> dict[str, Any]:
    entry = {word: getattr(name, ours) for ours, word in WORDS.items()}
    return {word: value for word, value in entry.items() if value is not None}


def _as_json(entries: list[dict[str, Any]]) -> bytes:
    return json.dumps({"resolvedCoordinate": entries, "status": ""}).encode()


def _as_xml(entries: list[dict[str, Any]]) -> bytes:
    root = ElementTree.Element("resolvedItems")
    for entry in entries:
        element = ElementTree.SubElement(root, "resolvedCoordinate")
        for word, value in entry.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            ElementTree.SubElement(element, word).text = "".join(filter(_is_xml, text))
    ElementTree.SubElement(root, "status")
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _is_xml(letter: str) -> bool:
    """Whether XML can hold the character at all."""
    return letter >= " " and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff"


ENCODERS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {"json": _as_json, "xml": _as_xml}


def _entries_of_json(content: bytes) -> list[Mapping[str, Any]]:
    answer = read_json(content)
    if not isinstance(answer, dict):
        raise BadAnswerError(f"The resolver's answer is no object: {excerpt(content)}")
    entries = answer.get("resolvedCoordinate") or []
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list):
        raise BadAnswerError(f"The resolver's answer holds no list: {excerpt(content)}")
    return [entry for entry in entries if isinstance(entry, dict)]


def _entries_of_xml(content: bytes) -> list[Mapping[str, Any]]:
    if b"<!DOCTYPE" in content[:2000] or b"<!ENTITY" in content:
        raise BadAnswerError(f"The resolver's answer is a web page: {excerpt(content)}")
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as problem:
        raise BadAnswerError(
            f"The resolver's answer cannot be read: {excerpt(content)}"
        ) from problem
    if _local(root.tag).lower() in ("html", "body"):
        raise BadAnswerError(f"The resolver's answer is a web page: {excerpt(content)}")
    return [
        {_local(child.tag): (child.text or "").strip() for child in element}
        for element in root.iter()
        if _local(element.tag) == "resolvedCoordinate"
    ]


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _name_of(entry: Mapping[str, Any]) -> ResolvedName | None:
    values = {ours: READERS[ours](entry.get(word)) for ours, word in WORDS.items()}
    if values["ra_deg"] is None or values["dec_deg"] is None:
        return None
    return ResolvedName(**{ours: value for ours, value in values.items() if value is not None})


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _whole_number(value: Any) -> int:
    return int(_number(value) or 0)


def _needed_text(value: Any) -> str:
    return "" if value is None else str(value)


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


READERS: dict[str, Callable[[Any], Any]] = dict.fromkeys(WORDS, _number) | {
    "search_string": _needed_text,
    "resolver": _needed_text,
    "canonical_name": _needed_text,
    "object_type": _text,
    "cache_date": _text,
    "cached": _truth,
    "resolver_milliseconds": _whole_number,
}
