"""Whether an image is complete: JPEG, PNG, GIF and TIFF, by where each says that it ends."""

from __future__ import annotations

import re
import struct
import zlib

from topmast.download.check.reading import FileReader
from topmast.download.check.verdict import Verdict, corrupt, truncated, whole

JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
GIF_EXTENSION, GIF_IMAGE, GIF_END = 0x21, 0x2C, 0x3B
#: Bytes of a value of each TIFF type.
TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
#: Tags of the offsets of strips and tiles, and of their lengths.
TIFF_PARTS = ((273, 279), (324, 325))


def judge_jpeg(reader: FileReader, name: str) -> Verdict:
    data = reader.read_all()
    place = 2
    while match := JPEG_MARKER.search(data, place):
        marker = data[match.start() + 1]
        if marker == 0xD9:
            return whole()
        length = int.from_bytes(data[match.end() : match.end() + 2], "big")
        place = match.end() + max(length, 2)
    return truncated("the JPEG image has no end")


def judge_png(reader: FileReader, name: str) -> Verdict:
    data = reader.read_all()
    place = 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind, end = data[place + 4 : place + 8], place + 8 + length
        if end + 4 > len(data):
            break
        if zlib.crc32(data[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return corrupt(f"the checksum of its {kind.decode('latin-1')} chunk does not fit")
        if kind == b"IEND":
            return whole()
        place = end + 4
    return truncated("the PNG image has no end")


def judge_gif(reader: FileReader, name: str) -> Verdict:
    """From block to block: the byte that ends the file may stand in the middle of one."""
    data = reader.read_all()
    try:
        place = 13 + _gif_colors(data[10])
        while (kind := data[place]) != GIF_END:
            place += 1
            if kind == GIF_EXTENSION:
                place = _after_gif_blocks(data, place + 1)
            elif kind == GIF_IMAGE:
                place = _after_gif_blocks(data, place + 10 + _gif_colors(data[place + 8]))
            elif kind:  # zeros between two blocks do no harm
                return corrupt(f"the GIF image has no block at byte {place - 1}")
    except IndexError:
        return truncated("the GIF image has no end")
    return whole()


def _gif_colors(flags: int) -> int:
    """Bytes of a color table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_gif_blocks(data: bytes, place: int) -> int:
    while length := data[place]:
        place += length + 1
    return place + 1


def judge_tiff(reader: FileReader, name: str) -> Verdict:
    """Every directory, and every strip or tile that one names, lies inside the file."""
    data = reader.read_all()
    order = "<" if data.startswith(b"II") else ">"
    try:
        place, seen, end = struct.unpack_from(f"{order}I", data, 4)[0], set[int](), 8
        while place and place not in seen:
            seen.add(place)
            place, last = _tiff_directory(data, place, order)
            end = max(end, last)
    except struct.error:
        return truncated("the TIFF image has no end")
    return whole() if end <= len(data) else truncated("the TIFF image has no end")


def _tiff_directory(data: bytes, place: int, order: str) -> tuple[int, int]:
    """Where the next directory begins (0: nowhere), and where what this one names ends."""
    (count,) = struct.unpack_from(f"{order}H", data, place)
    values: dict[int, tuple[int, ...]] = {}
    end = place + 6 + 12 * count
    for entry in range(place + 2, place + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from(f"{order}HHI", data, entry)
        size = TIFF_SIZES.get(kind, 0) * number
        at = entry + 8 if size <= 4 else struct.unpack_from(f"{order}I", data, entry + 8)[0]
        end = max(end, at + size)
        if kind in (3, 4) and any(tag in pair for pair in TIFF_PARTS):
            values[tag] = struct.unpack_from(f"{order}{number}{'HI'[kind - 3]}", data, at)
    for offsets, lengths in TIFF_PARTS:
        ends = map(sum, zip(values.get(offsets, ()), values.get(lengths, ()), strict=False))
        end = max(end, *ends, 0)
    return struct.unpack_from(f"{order}I", data, place + 2 + 12 * count)[0], end
