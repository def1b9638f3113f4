"""Files of the kinds that the archive has, made by the libraries that others read them with."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

NUMBERS = np.random.default_rng(1).random(300)


def fits_of(*hdus: Any) -> bytes:
    file = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(file)
    return file.getvalue()


def image_hdu() -> Any:
    return fits.ImageHDU(np.arange(900, dtype="i4").reshape(30, 30))


def several() -> bytes:
    primary = fits.PrimaryHDU()
    primary.header["NEXTEND"] = 3
    file = io.BytesIO()
    fits.HDUList([primary, image_hdu(), image_hdu(), image_hdu()]).writeto(file)
    return file.getvalue()


def picture(kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    pixels = (NUMBERS[:256].reshape(16, 16) * 255).astype("u1")
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def moving() -> bytes:
    others = [Image.new("P", (16, 16), color) for color in (1, 2, 3)]
    file = io.BytesIO()
    Image.new("P", (16, 16)).save(file, "GIF", save_all=True, append_images=others)
    return file.getvalue()


def archive(kind: str) -> bytes:
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as pack:
            pack.writestr("a.txt", "some text " * 100)
            pack.writestr("b.txt", NUMBERS.tobytes())
        return file.getvalue()
    with tarfile.open(fileobj=file, mode=kind) as pack:  # type: ignore[call-overload]
        for name in ("a.dat", "b.dat"):
            info = tarfile.TarInfo(name)
            info.size = NUMBERS.nbytes
            pack.addfile(info, io.BytesIO(NUMBERS.tobytes()))
    return file.getvalue()


def arrays() -> bytes:
    file = io.BytesIO()
    np.savez(file, a=NUMBERS)
    return file.getvalue()


def table(kind: str) -> bytes:
    file = io.StringIO() if kind != "votable" else io.BytesIO()
    Table({"a": NUMBERS[:50], "b": NUMBERS[50:100]}).write(file, format=kind)
    written = file.getvalue()
    return written.encode() if isinstance(written, str) else written


def asdf_of(**tree: Any) -> bytes:
    asdf = pytest.importorskip("asdf")
    file = io.BytesIO()
    asdf.AsdfFile(tree).write_to(file)
    return bytes(file.getvalue())


def parquet() -> bytes:
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    file = io.BytesIO()
    parquet.write_table(arrow.table({"a": NUMBERS}), file)
    return file.getvalue()


def hdf5(version: int) -> bytes:
    """A superblock as the specification of HDF5 has it, and a body of the length that it says."""
    size = 2048
    start = b"\x89HDF\r\n\x1a\n" + bytes([version])
    none = b"\xff" * 8
    if version == 0:
        head = start + bytes([0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
        head += bytes(8) + none + struct.pack("<Q", size) + none
    else:
        head = start + bytes([8, 8, 0]) + bytes(8) + none + struct.pack("<QQ", size, 48)
    return (head + NUMBERS.tobytes())[:size].ljust(size, b"\1")


KINDS: dict[str, Callable[[], bytes]] = {
    "image.fits": lambda: fits_of(image_hdu()),
    "table.fits": lambda: fits_of(fits.BinTableHDU(Table({"a": NUMBERS}))),
    "several.fits": several,
    "empty.fits": lambda: fits_of(),
    "image.fits.fz": lambda: fits_of(fits.CompImageHDU(np.eye(100, dtype="i4"))),
    "image.fits.gz": lambda: gzip.compress(fits_of(image_hdu()), mtime=0),
    "table.csv.gz": lambda: gzip.compress(table("csv"), mtime=0),
    "members.gz": lambda: gzip.compress(b"first " * 50, mtime=0) + gzip.compress(b"next " * 50),
    "image.jpg": lambda: picture("JPEG"),
    "image.png": lambda: picture("PNG"),
    "image.gif": lambda: picture("GIF"),
    "moving.gif": moving,
    "image.tif": lambda: picture("TIFF"),
    "paper.pdf": lambda: picture("PDF"),
    "asn.json": lambda: json.dumps({"products": NUMBERS.tolist()}).encode(),
    "table.vot": lambda: table("votable"),
    "table.xml": lambda: b"<?xml version='1.0'?>\n<a>" + b"<b>1</b>" * 200 + b"</a>",
    "plot.svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'>" + b"<g></g>" * 200 + b"</svg>",
    "pack.zip": lambda: archive("zip"),
    "arrays.npz": arrays,
    "pack.tar": lambda: archive("w"),
    "pack.tar.gz": lambda: archive("w:gz"),
    "pack.tbz2": lambda: archive("w:bz2"),
    "text.bz2": lambda: bz2.compress(b"first" * 99) + bz2.compress(b"next" * 99),
    "text.xz": lambda: lzma.compress(NUMBERS.tobytes()),
    "tree.asdf": lambda: asdf_of(a=1, b="text " * 200),
    "blocks.asdf": lambda: asdf_of(a=NUMBERS, b=NUMBERS + 1),
    "old.h5": lambda: hdf5(0),
    "new.hdf5": lambda: hdf5(2),
    "table.parquet": parquet,
    "notes.txt": lambda: b"%5.3f\n" * 300,
    "table.csv": lambda: table("csv"),
    "table.ecsv": lambda: table("ascii.ecsv"),
}  # fmt: skip
#: Those whose format does not tell where it ends.
OPEN = ("notes.txt", "table.csv", "table.ecsv")


def boundaries(name: str, content: bytes) -> set[int]:
    """Where one part of a file ends and the next begins."""
    found: set[int] = set()
    if name.endswith((".fits", ".fz")):
        with fits.open(io.BytesIO(content), disable_image_compression=True) as file:
            for hdu in file:
                found |= {hdu._data_offset, hdu._data_offset + hdu._data_size}
    if name.endswith(".tar"):
        found |= set(range(512, len(content), 512))
    marks = (b"PK", b"\x1f\x8b", b"\xd3BLK", b"#ASDF BLOCK", b"...\n", b"BZh", b"%%EOF", b"PAR1")
    for mark in (*marks, b"IEND", b"endobj", b"startxref", b"</", b"\x21\xf9", b"\xff\xd9"):
        at = content.find(mark)
        while at >= 0:
            found |= {at, at + len(mark)}
            at = content.find(mark, at + 1)
    return {place for place in found if 0 < place < len(content)}


def cuts(name: str, content: bytes) -> list[int]:
    """Ten places over the whole length, the very ends, and up to forty boundaries."""
    size = len(content)
    spread = {1 + size * tenth // 10 for tenth in range(10)} | {1, size - 1, size - 2}
    inner = sorted(boundaries(name, content))
    chosen = inner[:: max(1, len(inner) // 40)]
    return sorted({*spread, *chosen} & set(range(1, size)))
