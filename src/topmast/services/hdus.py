"""The HDUs of a remote FITS file: where headers and data lie, found with few requests.

The place of a header follows from the headers before it. Where the data between them are large,
the extensions after the next are guessed to be as large as the last one, as those of SCI, ERR and
DQ are, and their headers are fetched in the same request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from topmast.download.check.fits import BLOCK, CARD, KEYWORDS, Broken, Header, data_length
from topmast.errors import BadAnswerError
from topmast.net.address import shown
from topmast.net.ranged import Span

HEADER = 5 * BLOCK
"""Bytes fetched for a header whose length nobody knows."""
NEAR = 128 << 10
"""Data that are no longer than this are fetched with the headers around them."""
MOST_GUESSES = 6
MOST_HDUS = 10_000
MOST_HEADER = 64 << 20
MOST_CUTOUT = 8 << 20


class Readable(Protocol):
    """What is read in parts, as a `RangedFile` is."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    def read_at(self, position: int, count: int) -> bytes: ...
    def holds(self, position: int) -> bool: ...
    def fetch(self, spans: Sequence[Span]) -> None: ...


@dataclass(frozen=True, slots=True)
class Hdu:
    """One header and the place of its data; `row` is the length of a row of an image in bytes."""

    start: int
    header: bytes = field(repr=False)
    length: int = 0
    row: int = 0
    pixel: int = 1

    @property
    def data(self) -> int:
        """Where the data begin."""
        return self.start + len(self.header)

    @property
    def padded(self) -> int:
        """Bytes of the data with the padding after them."""
        return -(-self.length // BLOCK) * BLOCK

    @property
    def end(self) -> int:
        """Where the next header begins."""
        return self.data + self.padded


def find_hdus(file: Readable, most: int = MOST_HDUS) -> list[Hdu]:
    """The HDUs of a FITS file, the first `most` of them.

    Raises
    ------
    BadAnswerError
        A header cannot be read, or is cut.
    """
    found: list[Hdu] = []
    position, guessing = 0, True
    while len(found) < most and position < file.size:
        if found and not file.holds(position):
            guessing = guessing and not _was_guessed(found)
            file.fetch(_spans(found[-1], position, file.size, guessing))
        header = _read_header(file, position, len(found))
        if header is None:
            break
        found.append(header)
        position = header.end
    return found


def look_ahead(hdus: Sequence[Hdu], position: int, count: int) -> int:
    """Bytes to fetch where `count` are asked for: for a part of a row, as many rows as pixels.

    A cutout is read row by row, and is about as high as it is wide.
    """
    for hdu in hdus:
        if hdu.data <= position < hdu.data + hdu.length and count < hdu.row:
            rows = count // hdu.pixel
            wanted = min(count + max(0, rows - 1) * hdu.row, MOST_CUTOUT)
            return max(count, min(wanted, hdu.data + hdu.length - position))
    return 0


def _was_guessed(found: Sequence[Hdu]) -> bool:
    """Whether this place was among the guesses made before, and they missed."""
    return len(found) > 2 and all(hdu.padded > NEAR for hdu in found[-2:])


def _spans(last: Hdu, position: int, size: int, guessing: bool) -> list[Span]:
    """The header at `position`, and those that may follow it."""
    if last.padded <= NEAR:
        return [(position, position + NEAR)]
    spans = [(position, position + HEADER)]
    for number in range(1, MOST_GUESSES if guessing else 1):
        start = position + number * (last.padded + BLOCK)
        if start >= size:
            break
        spans.append((start, start + HEADER + number * BLOCK))
    return spans


def _read_header(file: Readable, position: int, number: int) -> Hdu | None:
    """The HDU at `position`; None if what is there is no header but padding."""
    cards, blocks = Header(), list[bytes]()
    while sum(map(len, blocks)) < MOST_HEADER:
        block = file.read_at(position + BLOCK * len(blocks), BLOCK)
        if not blocks and number and not block.startswith(b"XTENSION"):
            return None
        if len(block) < BLOCK:
            raise _unreadable(file, number, "it is cut")
        blocks.append(block)
        if _read_cards(block, cards):
            return _hdu(file, position, number, b"".join(blocks), cards)
    raise _unreadable(file, number, "it has no END")


def _read_cards(block: bytes, header: Header) -> bool:
    """Add the cards that say how long the data are; whether the header ends here."""
    for start in range(0, BLOCK, CARD):
        keyword = block[start : start + 8].rstrip()
        if keyword == b"END":
            return True
        if KEYWORDS.fullmatch(keyword) and block[start + 8 : start + 9] == b"=":
            header.cards.setdefault(keyword, block[start + 9 : start + CARD])
    return False


def _hdu(file: Readable, position: int, number: int, header: bytes, cards: Header) -> Hdu:
    try:
        length = data_length(cards)
        axes = cards.integer("NAXIS")
        pixel = abs(cards.integer("BITPIX")) // 8
        row = cards.integer("NAXIS1") * pixel if axes > 1 else 0
    except Broken as problem:
        raise _unreadable(file, number, str(problem)) from problem
    return Hdu(position, header, length, row, pixel)


def _unreadable(file: Readable, number: int, why: str) -> BadAnswerError:
    return BadAnswerError(
        f"The header of HDU {number} of {shown(file.name)} cannot be read: {why}. Download the "
        "file and look at it with topmast.verify."
    )
