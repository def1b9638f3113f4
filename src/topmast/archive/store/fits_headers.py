"""Look at the headers of a FITS file before it is read: what they announce must be in the file."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from topmast.errors import InvalidQueryError

BLOCK = 2880
CARD = 80
MOST_BLOCKS = 4096
"""Of the header of one HDU: 11 MB."""
MOST_HDUS = 1000
MOST_COLUMNS = 999
"""As the FITS standard has it for TFIELDS, and for NAXIS."""
MOST_PACKED = 1100
"""No gzip file grows by more."""
GZIP = b"\x1f\x8b"
VALUE = re.compile(rb"(?:NAXIS\d{0,3}|TFIELDS|BITPIX|PCOUNT|GCOUNT) *= +([+-]?\d{1,19})\b")


def is_fits(path: Path) -> bool:
    """Whether the file begins as FITS does, packed or not."""
    try:
        with path.open("rb") as file:
            start = file.read(6)
        if start[:2] == GZIP:
            with gzip.open(path, "rb") as packed:
                start = packed.read(6)
    except (OSError, EOFError, zlib.error):
        return False
    return start == b"SIMPLE"


def check_fits(path: Path) -> None:
    """Raise InvalidQueryError if the headers promise more than the file can hold.

    Reading a table whose header announces 10^9 columns would take hours and all memory.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    opened: Callable[[Path, str], Any] = gzip.open if packed else open
    with opened(path, "rb") as file:
        try:
            _check(file, size * MOST_PACKED if packed else size)
        except (OSError, EOFError, zlib.error, InvalidQueryError) as problem:
            raise InvalidQueryError(f"The table {path} cannot be read: {problem}") from problem


def end_of_hdus(path: Path) -> int:
    """Where the last whole HDU of a file that is not packed ends; `check_fits` has passed it."""
    with path.open("rb") as file:
        return _check(file, path.stat().st_size)


def _check(file: IO[bytes], size: int) -> int:
    position = 0
    for _ in range(MOST_HDUS):
        file.seek(position)
        header = _read_header(file)
        if not header:
            return position
        values = _values(header)
        for name in (b"TFIELDS", b"NAXIS"):
            if not 0 <= values.get(name, 0) <= MOST_COLUMNS:
                raise InvalidQueryError(
                    f"its header has {name.decode()} = {values[name]}; "
                    f"FITS allows up to {MOST_COLUMNS}."
                )
        position += len(header)
        length = _data_bytes(values)
        if position + length > size:
            raise InvalidQueryError(
                f"its header announces {length} bytes of data; the file has at most "
                f"{max(0, size - position)}."
            )
        position += -(-length // BLOCK) * BLOCK
    raise InvalidQueryError(f"it has more than {MOST_HDUS} parts (HDUs).")


def _read_header(file: IO[bytes]) -> bytes:
    """The blocks of a header to the one with END; nothing at the end of the file."""
    blocks: list[bytes] = []
    while len(block := file.read(BLOCK)) == BLOCK:
        blocks.append(block)
        if any(block[at : at + 8] == b"END     " for at in range(0, BLOCK, CARD)):
            return b"".join(blocks)
        if len(blocks) >= MOST_BLOCKS:
            raise InvalidQueryError(f"a header has no end within {MOST_BLOCKS * BLOCK} bytes.")
    return b""  # what is left is no HDU; whoever reads the file says what is wrong with it


def _values(header: bytes) -> dict[bytes, int]:
    cards = (header[at : at + CARD] for at in range(0, len(header), CARD))
    found = {}
    for card in cards:
        if match := VALUE.match(card):
            found[card[:8].rstrip()] = int(match[1])
    return found


def _data_bytes(values: dict[bytes, int]) -> int:
    """Bytes of data as the standard counts them (FITS 4.0, 4.4.1.1)."""
    count = values.get(b"NAXIS", 0)
    if not count:
        return 0
    elements = 1
    for axis in range(1, count + 1):
        length = values.get(b"NAXIS%d" % axis, 0)
        if length < 0:
            raise InvalidQueryError(f"its header has NAXIS{axis} = {length}.")
        elements *= length
    bytes_each = abs(values.get(b"BITPIX", 8)) // 8 * max(0, values.get(b"GCOUNT", 1))
    return bytes_each * (max(0, values.get(b"PCOUNT", 0)) + elements)
