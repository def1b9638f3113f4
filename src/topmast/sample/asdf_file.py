"""ASDF files, as far as a small image needs: a tree of texts and numbers, and one block of pixels.

The format is written by hand, so that the sample needs no library for it; `asdf` reads them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = b"""#ASDF 1.0.0
#ASDF_STANDARD 1.5.0
%YAML 1.1
%TAG ! tag:stsci.edu:asdf/
--- !core/asdf-1.1.0
"""
BLOCK = b"\xd3BLK"


def asdf_image(meta: Mapping[str, Any], pixels: NDArray[np.float32]) -> bytes:
    """A file with ``roman.meta`` and ``roman.data``, the pixels as little-endian floats."""
    data = pixels.astype("<f4").tobytes()
    lines = ["roman:", *_lines({"meta": dict(meta)}, 2), "  data: !core/ndarray-1.0.0"]
    lines += [
        "    source: 0",
        "    datatype: float32",
        "    byteorder: little",
        f"    shape: [{', '.join(map(str, pixels.shape))}]",
        "...",
    ]
    return HEADER + "\n".join(lines).encode() + b"\n" + _block(data)


def _lines(tree: Mapping[str, Any], depth: int) -> list[str]:
    """A tree as YAML; texts are quoted, so that none is taken for something else."""
    lines = []
    for name, value in tree.items():
        if isinstance(value, Mapping):
            lines += [f"{' ' * depth}{name}:", *_lines(value, depth + 2)]
        else:
            shown = f"'{value}'" if isinstance(value, str) else repr(value)
            lines.append(f"{' ' * depth}{name}: {shown}")
    return lines


def _block(data: bytes) -> bytes:
    """An uncompressed block: flags and compression, three sizes and the MD5 of the data."""
    checksum = hashlib.md5(data, usedforsecurity=False).digest()
    header = struct.pack(">I4sQQQ16s", 0, b"\0" * 4, len(data), len(data), len(data), checksum)
    return BLOCK + struct.pack(">H", len(header)) + header + data
