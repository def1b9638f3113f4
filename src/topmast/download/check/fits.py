"""Walk through a FITS file from HDU to HDU and tell whether it is complete.

Only lengths and checksums are checked: a header gives the length of its
data unit (FITS standard 4.0, sections 4.4.1 and 6.1), and the next header must begin there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod

import numpy as np

from topmast.download.check.reading import CHUNK, Reader, buffer
from topmast.download.check.verdict import Verdict, corrupt, truncated, whole

BLOCK = 2880
CARD = 80
KEYWORDS = re.compile(rb"NEXTEND|BITPIX|NAXIS[0-9]{0,3}|PCOUNT|GCOUNT|GROUPS|CHECKSUM|DATASUM")
PRINTABLE = re.compile(rb"(?:[ -~]{8}.{72}){36}", re.DOTALL)
ALL_ONES = 0xFFFFFFFF
FITS_START = b"SIMPLE  ="


class Cut(Exception):
    """The file ended inside an HDU."""


class Broken(Exception):
    """The file breaks the standard."""


def judge_fits(reader: Reader, name: str = "") -> Verdict:
    """Whole, truncated or corrupt, after reading to the end of the last HDU."""
    walk = _Walk(reader, buffer("fits"))
    try:
        block = walk.block("primary header")
        if not block.startswith(FITS_START):
            raise Broken("it does not begin with SIMPLE")
        walk.rest_of_hdu(block)
        while walk.extension():
            pass
    except Cut as problem:
        return truncated(str(problem))
    except Broken as problem:
        return corrupt(str(problem))
    missing = walk.missing_extensions()
    reason = walk.doubt or missing or walk.remark
    return whole(reason, doubtful=bool(walk.doubt), maybe_cut=bool(missing))


@dataclass(slots=True)
class Header:
    """The few keywords that say how long the data are."""

    cards: dict[bytes, bytes] = field(default_factory=dict)

    def integer(self, keyword: str, default: int | None = None) -> int:
        text = self.cards.get(keyword.encode(), b"").split(b"/")[0].strip()
        if not text and default is not None:
            return default
        try:
            return int(text)
        except ValueError:
            raise Broken(f"{keyword} is {text.decode('latin-1')!r}, not a number") from None

    def text(self, keyword: str) -> str:
        value = self.cards.get(keyword.encode(), b"").strip()
        if not value.startswith(b"'"):
            return ""
        return value[1:].split(b"'")[0].decode("latin-1").strip()

    def true(self, keyword: str) -> bool:
        return self.cards.get(keyword.encode(), b"").split(b"/")[0].strip() == b"T"


def data_length(header: Header) -> int:
    """Bytes of the data unit, without the padding to whole blocks."""
    axes = [header.integer(f"NAXIS{i + 1}") for i in range(header.integer("NAXIS"))]
    if not axes:
        return 0
    if axes[0] == 0 and header.true("GROUPS"):  # random groups: the first axis is no axis
        axes = axes[1:]
    values = header.integer("GCOUNT", 1) * (header.integer("PCOUNT", 0) + prod(axes))
    bits = abs(header.integer("BITPIX"))
    if bits not in (8, 16, 32, 64) or values < 0:
        raise Broken(f"BITPIX = {header.integer('BITPIX')} with {values} values is no FITS array")
    return bits // 8 * values


@dataclass(slots=True)
class _Walk:
    """The place in the file, and the running sum of the HDU that is being read."""

    reader: Reader
    buffer: memoryview
    hdu: int = 0
    remark: str = ""
    doubt: str = ""
    sum: int = 0
    promised: bytes = b""
    trailing: bool = False

    def extension(self) -> bool:
        """Read one more HDU; False at the end of the file."""
        have = self.reader.fill(self.buffer[:BLOCK])
        if not have:
            return False
        block = bytes(self.buffer[:have])
        self.hdu += 1
        if not block.startswith(b"XTENSION"):
            self._only_padding(block)
            return False
        if have < BLOCK:
            raise Cut(f"it ends {have} bytes into the header of HDU {self.hdu}")
        self.rest_of_hdu(block)
        return True

    def _only_padding(self, block: bytes) -> None:
        """Bytes after the last HDU are harmless only when they say nothing, or are few."""
        count, self.trailing = 0, True
        while block:
            if block.strip(b"\0 "):
                if count == 0 and b"XTENSION".startswith(block):
                    raise Cut(f"it ends {len(block)} bytes into the header of HDU {self.hdu}")
                reason = f"after HDU {self.hdu - 1} follow bytes that are no extension"
                if count + len(block) >= BLOCK:
                    raise Broken(reason)
                self._doubt(reason)  # every reader opens it
                return
            count += len(block)
            block = bytes(self.buffer[: self.reader.fill(self.buffer)])
        self.remark = f"{count} bytes of padding after the last HDU"

    def rest_of_hdu(self, block: bytes) -> None:
        self.sum = 0
        header = self._header(block)
        length = data_length(header)
        if self.hdu == 0:
            self.promised = header.cards.get(b"NEXTEND", b"").split(b"/")[0].strip()
        summed = bool(header.text("CHECKSUM") or header.text("DATASUM"))
        header_sum = self.sum
        self.sum = 0
        self._data(length, summed)
        if summed:
            self._compare(header, header_sum)

    def _header(self, block: bytes) -> Header:
        header = Header()
        while True:
            if not PRINTABLE.fullmatch(block):
                raise Broken(f"the header of HDU {self.hdu} holds bytes that are not text")
            self.sum += _sum_of(block)
            for start in range(0, BLOCK, CARD):
                keyword = block[start : start + 8].rstrip()
                if keyword == b"END":
                    return header
                if KEYWORDS.fullmatch(keyword) and block[start + 8 : start + 9] == b"=":
                    header.cards.setdefault(keyword, block[start + 9 : start + CARD])
            block = self.block(f"header of HDU {self.hdu}")

    def block(self, where: str) -> bytes:
        have = self.reader.fill(self.buffer[:BLOCK])
        if have < BLOCK:
            raise Cut(f"it ends inside the {where}")
        return bytes(self.buffer[:BLOCK])

    def _data(self, length: int, summed: bool) -> None:
        left = -(-length // BLOCK) * BLOCK
        padding = left - length
        if not summed:
            left -= self.reader.skip(left)
        while summed and left:
            view = self.buffer[: min(left, CHUNK)]
            have = self.reader.fill(view)
            self.sum += _sum_of(view[: have // 4 * 4])
            left -= have
            if have < len(view):
                break
        if left > padding:
            raise Cut(
                f"it ends {left - padding} bytes before the end of the data of HDU {self.hdu}"
            )
        if left:  # every reader opens it
            self._doubt(f"the last {left} bytes of padding of HDU {self.hdu} are missing")

    def missing_extensions(self) -> str:
        """Whether there are fewer extensions than NEXTEND says, in words; empty if not."""
        there = self.hdu - 1 if self.trailing else self.hdu
        promised = int(self.promised) if self.promised.isdigit() else 0
        return f"NEXTEND is {promised}, not {there}" if promised > there else ""

    def _compare(self, header: Header, header_sum: int) -> None:
        promised = header.text("DATASUM")
        data_sum = _folded(self.sum)
        if promised.isdecimal() and int(promised) != data_sum:
            self._doubt(f"DATASUM of HDU {self.hdu} is {promised}, its data add up to {data_sum}")
        checksum = header.text("CHECKSUM")
        # A CHECKSUM of zeros means "not computed" (FITS standard 4.0, section 4.4.2.7).
        if len(checksum) != 16 or checksum == "0" * 16:
            return
        if _folded(header_sum + self.sum) not in (0, ALL_ONES):
            self._doubt(f"CHECKSUM of HDU {self.hdu} does not fit its bytes")

    def _doubt(self, reason: str) -> None:
        self.doubt = self.doubt or reason


def _sum_of(words: bytes | memoryview) -> int:
    """The bytes as big-endian 32-bit words, added up."""
    return int(np.frombuffer(words, ">u4").sum(dtype=np.uint64))


def _folded(total: int) -> int:
    """The ones'-complement 32-bit sum of a plain sum."""
    while total > ALL_ONES:
        total = (total & ALL_ONES) + (total >> 32)
    return total
