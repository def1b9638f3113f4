"""Previews: arrays of grey levels as JPEG, PNG or GIF, the same bytes on every machine."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topmast.sample.deflate import pack_bits, zlibbed

Array = NDArray[Any]

QUALITY = 12.0


def stretch(values: Array, low: float = 0.2, high: float = 99.7) -> Array:
    """Grey levels 0 to 255 of an image, bright parts compressed."""
    finite = np.nan_to_num(values, nan=0.0)
    floor, top = np.percentile(finite, [low, high])
    scaled = np.clip((finite - floor) / max(top - floor, 1e-9), 0, 1)
    return np.asarray(np.round(255 * np.sqrt(scaled))[::-1], np.uint8)


def plot(x: Array, y: Array, *, width: int = 240, height: int = 120) -> Array:
    """A black-and-white plot of points inside a frame, as grey levels."""
    picture = np.full((height, width), 255, np.uint8)
    picture[[0, -1], :] = picture[:, [0, -1]] = 0
    good = np.isfinite(x) & np.isfinite(y)
    if good.any():
        low, high = np.percentile(y[good], [0.5, 99.5])
        columns = 4 + places(x[good], x[good].min(), x[good].max(), width - 9)
        rows = height - 5 - places(y[good], low, high, height - 9)
        picture[rows, columns] = 0
    return picture


def places(values: Array, low: float, high: float, size: int) -> Array:
    fraction = np.clip((values - low) / max(high - low, 1e-12), 0, 1)
    return np.asarray(np.round(fraction * size), int)


def png(grey: Array) -> bytes:
    """A PNG of eight-bit grey, or of one bit a pixel where there is only black and white."""
    height, width = grey.shape
    two = bool(np.isin(grey, (0, 255)).all())
    rows = np.packbits(grey > 0, axis=1) if two else grey
    lines = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 1 if two else 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"tEXt", b"Comment\x00made by topmast")]
    parts += [(b"IDAT", zlibbed(lines.tobytes())), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def gif(grey: Array) -> bytes:
    """A GIF of four grey levels."""
    height, width = grey.shape
    screen = struct.pack("<HHBBB", width, height, 0x91, 0, 0)
    palette = bytes(level for level in (0, 85, 170, 255) for _ in range(3))
    place = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    data = lempel_ziv_welch((grey >> 6).ravel().tobytes())
    blocks = b"".join(
        bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255)
    )
    return b"GIF89a" + screen + palette + place + b"\x02" + blocks + b"\x00;"


def lempel_ziv_welch(pixels: bytes) -> bytes:
    """The code stream of a GIF with four colours; a string is known by its code and next pixel."""
    codes, widths = [4], [3]
    known: dict[int, int] = {}
    width, prefix = 3, pixels[0]
    for pixel in pixels[1:]:
        longer = prefix << 2 | pixel
        if longer in known:
            prefix = known[longer]
            continue
        codes.append(prefix)
        widths.append(width)
        prefix = pixel
        number = len(known) + 6
        known[longer] = number
        if number == 1 << width:
            width += 1
        if number == 4095:
            codes.append(4)
            widths.append(12)
            known, width = {}, 3
    return pack_bits(np.array([*codes, prefix, 5]), np.array([*widths, width, width]), "little")


ZIGZAG = np.array(
    sorted(range(64), key=lambda k: (k // 8 + k % 8, k // 8 if (k // 8 + k % 8) % 2 else k % 8))
)
WAVES = np.array(
    [
        [np.cos((2 * x + 1) * u * np.pi / 16) * (0.5 if u else 0.5 / np.sqrt(2)) for x in range(8)]
        for u in range(8)
    ]
)
STEPS = np.array([QUALITY + 3 * (k // 8 + k % 8) for k in range(64)])[ZIGZAG].astype(int)
# Codes of one width each: four bits for the first coefficient, eight for the others.
SYMBOLS = [0x00, 0xF0] + [run << 4 | size for run in range(16) for size in range(1, 11)]
CODE_OF_SYMBOL = np.zeros(256, int)
CODE_OF_SYMBOL[SYMBOLS] = np.arange(len(SYMBOLS))


def jpeg(grey: Array) -> bytes:
    """A baseline JPEG of grey levels."""
    height, width = grey.shape
    frame = struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)
    first = bytes([0x00, 0, 0, 0, 12] + [0] * 12) + bytes(range(12))
    others = bytes([0x10] + [0] * 7 + [len(SYMBOLS)] + [0] * 8) + bytes(SYMBOLS)
    parts = [
        (0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        (0xFE, b"made by topmast"),
        (0xDB, b"\x00" + bytes(STEPS.tolist())),
        (0xC0, frame),
        (0xC4, first),
        (0xC4, others),
        (0xDA, b"\x01\x01\x00\x00\x3f\x00"),
    ]
    scan = scan_bits(coefficients(grey)).replace(b"\xff", b"\xff\x00")
    return b"\xff\xd8" + b"".join(segment(*part) for part in parts) + scan + b"\xff\xd9"


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def coefficients(grey: Array) -> Array:
    """Quantised cosine coefficients, one row of 64 a block, in zigzag order."""
    height, width = grey.shape
    padded = np.pad(grey, ((0, -height % 8), (0, -width % 8)), mode="edge") - 128.0
    rows, columns = padded.shape[0] // 8, padded.shape[1] // 8
    blocks = padded.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3)
    waves = (WAVES @ blocks @ WAVES.T).reshape(-1, 64)[:, ZIGZAG]
    return np.asarray(np.round(np.round(waves, 6) / STEPS), int)


def scan_bits(blocks: Array) -> bytes:
    """The entropy-coded data: difference of the first coefficients, then runs and sizes."""
    count = len(blocks)
    first = np.diff(blocks[:, 0], prepend=0)
    block, place = np.nonzero(blocks[:, 1:])
    value = blocks[:, 1:][block, place]
    before = np.where(np.diff(block, prepend=-1) > 0, -1, np.roll(place, 1))
    run = place - before - 1
    long = np.repeat(np.arange(len(run)), run // 16)
    last = np.full(count, -1)
    last[block] = place
    open_ended = np.flatnonzero(last < 62)

    symbol = (run % 16) << 4 | bit_length(value)
    values = [amplitude(first, bit_length(first)), amplitude(value, CODE_OF_SYMBOL[symbol])]
    values += [np.full(len(long), CODE_OF_SYMBOL[0xF0]), np.zeros(len(open_ended), int)]
    widths = [4 + bit_length(first), 8 + bit_length(value)]
    widths += [np.full(len(long), 8), np.full(len(open_ended), 8)]
    # Sort into stream order: block, then place within the block, long runs before their value.
    keys = [np.arange(count) * 200, block * 200 + 2 * place + 3]
    keys += [block[long] * 200 + 2 * place[long] + 2, open_ended * 200 + 199]
    order = np.argsort(np.concatenate(keys), kind="stable")
    return pack_bits(np.concatenate(values)[order], np.concatenate(widths)[order], "big")


def bit_length(values: Array) -> Array:
    return np.asarray(np.ceil(np.log2(np.abs(values) + 1)), int)


def amplitude(values: Array, codes: Array) -> Array:
    """The code followed by the bits of the value; negative ones are written less one."""
    size = bit_length(values)
    bits = np.where(values < 0, values + (1 << size) - 1, values)
    return np.asarray(codes << size | bits, int)
