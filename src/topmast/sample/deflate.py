"""Compressed bytes that are the same with every zlib: runs and Huffman codes, nothing else."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LITERALS = 286
LONGEST = 258
SHORTEST = 3
DEEPEST = 15
END = 256
# The code of each match length, how many extra bits follow, and the length they count from.
EXTRA_BITS = [0] * 8 + [bits for bits in range(1, 6) for _ in range(4)] + [0]
BASES = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31]
BASES += [35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
CODE_OF_LENGTH = np.array(
    [max(i for i, base in enumerate(BASES) if base <= max(n, 3)) for n in range(LONGEST + 1)]
)

REVERSED = np.zeros(1 << DEEPEST, int)
"""Numbers of fifteen bits read backwards."""
for bit in range(DEEPEST):
    REVERSED |= (np.arange(1 << DEEPEST) >> bit & 1) << (DEEPEST - 1 - bit)


def gzipped(data: bytes) -> bytes:
    """A gzip file without a name and without a time."""
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return header + deflated(data) + tail


def zlibbed(data: bytes) -> bytes:
    """A zlib stream, as PNG wants it."""
    return b"\x78\x01" + deflated(data) + zlib.adler32(data).to_bytes(4, "big")


def deflated(data: bytes) -> bytes:
    """One dynamic block: every run of four or more equal bytes is a match at distance one."""
    symbols, extra, extra_bits = tokens(np.frombuffer(data, np.uint8))
    depths = code_lengths(np.bincount(symbols, minlength=LITERALS))
    codes = reversed_codes(depths)
    lengths = depths[symbols]
    values = codes[symbols] | extra << lengths
    # A match ends with the one-bit code of its distance, a zero.
    widths = lengths + extra_bits + (symbols > END)
    head_values, head_widths = block_header(depths)
    return pack_bits(
        np.concatenate([head_values, values]), np.concatenate([head_widths, widths]), "little"
    )


def tokens(data: Array) -> tuple[Array, Array, Array]:
    """Symbols of the literal alphabet, with their extra bits, the end mark last."""
    if not len(data):
        return np.array([END]), np.zeros(1, int), np.zeros(1, int)
    starts = np.flatnonzero(np.concatenate([[True], data[1:] != data[:-1]]))
    more = np.diff(np.append(starts, len(data))) - 1
    full = np.where(more >= SHORTEST, more // LONGEST, 0)
    rest = more - full * LONGEST
    matched = rest >= SHORTEST
    counts = 1 + full + np.where(matched, 1, rest)
    run = np.repeat(np.arange(len(starts)), counts)
    place = np.arange(len(run)) - np.repeat(np.cumsum(counts) - counts, counts)
    length = np.where(place <= full[run], LONGEST, np.where(matched[run], rest[run], 0))
    length = np.where(place == 0, 0, length)
    code = CODE_OF_LENGTH[length]
    symbols = np.where(length > 0, 257 + code, data[starts][run])
    extra = np.where(length > 0, length - np.array(BASES)[code], 0)
    bits = np.where(length > 0, np.array(EXTRA_BITS)[code], 0)
    return np.append(symbols, END), np.append(extra, 0), np.append(bits, 0)


def code_lengths(counts: Array) -> Array:
    """How long the code of each symbol is; at most fifteen bits."""
    while True:
        depths = huffman_depths(counts)
        if depths.max() <= DEEPEST:
            return depths
        counts = np.where(counts > 0, counts // 2 + 1, 0)


def huffman_depths(counts: Array) -> Array:
    """Depths of Huffman's tree; leaves and joined nodes each come in rising order of count."""
    leaves = np.flatnonzero(counts)
    leaves = leaves[np.argsort(counts[leaves], kind="stable")].tolist()
    weights = counts[leaves].tolist()
    size = len(leaves)
    parents = [0] * max(2 * size - 1, 1)
    leaf, inner = 0, size
    for node in range(size, 2 * size - 1):
        total = 0
        for _ in range(2):
            if inner >= node or (leaf < size and weights[leaf] <= weights[inner]):
                parents[leaf] = node
                total += weights[leaf]
                leaf += 1
            else:
                parents[inner] = node
                total += weights[inner]
                inner += 1
        weights.append(total)
    levels = [0] * len(parents)
    for node in range(2 * size - 3, -1, -1):
        levels[node] = levels[parents[node]] + 1
    depths = np.zeros(len(counts), int)
    depths[leaves] = np.maximum(levels[:size], 1)
    return depths


def reversed_codes(depths: Array) -> Array:
    """Canonical codes, their first bit lowest as the stream wants them."""
    codes = np.zeros(len(depths), int)
    code = 0
    for depth in range(1, DEEPEST + 1):
        symbols = np.flatnonzero(depths == depth)
        codes[symbols] = code + np.arange(len(symbols))
        code = (code + len(symbols)) << 1
    return REVERSED[codes] >> (DEEPEST - depths)


def block_header(depths: Array) -> tuple[Array, Array]:
    """The final block, dynamic: depths as four-bit numbers, a distance code of one bit."""
    start = [(1, 1), (2, 2), (LITERALS - 257, 5), (0, 5), (15, 4)]
    start += [(0, 3)] * 3 + [(4, 3)] * 16
    values, widths = np.array(start).T
    four_bits = REVERSED[np.append(depths, 1)] >> (DEEPEST - 4)
    return np.append(values, four_bits), np.append(widths, np.full(len(four_bits), 4))


def pack_bits(values: Array, widths: Array, order: str) -> bytes:
    """Numbers of different widths one after the other; spare bits are 0 (little) or 1 (big)."""
    index = np.repeat(np.arange(len(values)), widths)
    place = np.arange(len(index)) - np.repeat(np.cumsum(widths) - widths, widths)
    if order == "little":
        return np.packbits(
            (values[index] >> place & 1).astype(np.uint8), bitorder="little"
        ).tobytes()
    bits = (values[index] >> (widths[index] - 1 - place) & 1).astype(np.uint8)
    return np.packbits(np.append(bits, np.ones(-len(bits) % 8, np.uint8))).tobytes()
