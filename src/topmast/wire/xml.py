"""XML from somebody else, read without obeying it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any, NoReturn
from xml.parsers import expat

MOST_BYTES = 1 << 20
MOST_LEVELS = 100


def parse_xml(content: bytes) -> ElementTree.Element:
    """The root of a small document.

    Raises
    ------
    ValueError
        If it is no XML, too large or too deep, or if it declares a document type: entities,
        with which a few lines grow to gigabytes or fetch files, can only be declared there.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(f"the XML has {len(content)} bytes, more than the {MOST_BYTES} allowed")
    try:
        _look(content)
        return ElementTree.fromstring(content)
    except (expat.ExpatError, ElementTree.ParseError, LookupError) as problem:
        raise ValueError(f"it is no XML ({problem})") from problem


def _look(content: bytes) -> None:
    """Pass over the document with a parser that builds nothing and stops at what is refused."""
    depth = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_LEVELS:
            raise ValueError(f"the XML is nested more than {MOST_LEVELS} levels deep")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.Parse(content, True)


def _refuse(*declared: Any) -> NoReturn:
    raise ValueError("the XML declares a document type, which is not accepted")
