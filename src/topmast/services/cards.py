"""The values in a FITS header, read quickly where its cards are of the usual form."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import Any

CARD = 80
USUAL = re.compile(
    r"(?P<keyword>[A-Z0-9_-]{1,8}) *= *"
    r"(?:'(?P<text>(?:[^']|'')*)'|(?P<truth>[TF])|(?P<number>[+-]?[0-9]+)|"
    r"(?P<real>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[ED][+-]?[0-9]+)?))?"
    r" *(?:/.*)?"
)
"""A value in the free format of the FITS standard 4.0, section 4.2: no complex number."""
COMMENTARY = ("COMMENT ", "HISTORY ", "        ")

READERS: dict[str | None, Callable[[str], Any]] = {
    "text": lambda text: text.replace("''", "'").rstrip(),
    "truth": lambda text: text == "T",
    "number": int,
    "real": lambda text: float(text.replace("D", "E")),
}


def values_of(header: bytes, keywords: Container[str] | None = None) -> dict[str, Any]:
    """Keyword and value of each card, or of those in `keywords`; of one that comes twice the first.

    Comments are left out; a keyword without a value has None.
    """
    text = header.decode("latin-1")
    values: dict[str, Any] = {}
    for start in range(0, len(text), CARD):
        card = text[start : start + CARD]
        if card.startswith(COMMENTARY):
            continue
        match = USUAL.fullmatch(card)
        if match is None:
            if card.rstrip() == "END":
                break
            return _by_astropy(header, keywords)
        keyword, kind = match["keyword"], match.lastgroup
        if keywords is None or keyword in keywords:
            value = READERS[kind](match[kind]) if kind and kind != "keyword" else None
            values.setdefault(keyword, value)
    return values


def _by_astropy(header: bytes, keywords: Container[str] | None) -> dict[str, Any]:
    """The same for long texts, hierarchical keywords and cards that break the standard."""
    from astropy.io import fits

    values: dict[str, Any] = {}
    for card in fits.Header.fromstring(header).cards:
        wanted = keywords is None or card.keyword in keywords
        if wanted and card.keyword not in ("COMMENT", "HISTORY", ""):
            value = card.value
            undefined = isinstance(value, fits.card.Undefined)
            values.setdefault(card.keyword, None if undefined else value)
    return values
