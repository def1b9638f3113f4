"""The formats that are known: how their files are called, how they begin, when they are whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from topmast.download.check.documents import (
    PARQUET_ENDS,
    judge_asdf,
    judge_hdf5,
    judge_json,
    judge_parquet,
    judge_pdf,
    judge_xml,
)
from topmast.download.check.fits import FITS_START, judge_fits
from topmast.download.check.images import judge_gif, judge_jpeg, judge_png, judge_tiff
from topmast.download.check.packed import judge_bzip2, judge_gzip, judge_tar, judge_xz, judge_zip
from topmast.download.check.reading import FileReader
from topmast.download.check.text import is_text
from topmast.download.check.verdict import NO_END, Verdict

GZIP_START = b"\x1f\x8b"
#: Whether a file with this beginning can be of a format.
Begins = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Format:
    """A format, how its files begin, and the test whether one is complete."""

    name: str
    begins: Begins
    test: Callable[[FileReader, str], Verdict]


def format_of(name: str) -> Format | None:
    """The format that a name in small letters promises; None where nothing is known about it."""
    return next((format_ for ending, format_ in FORMATS.items() if name.endswith(ending)), None)


def starting(*starts: bytes) -> Begins:
    """Begins with one of these; a file of fewer bytes may have been cut inside them."""

    def begins(start: bytes) -> bool:
        return start.startswith(starts) or any(known.startswith(start) for known in starts)

    return begins


def begins_like_tar(start: bytes) -> bool:
    """The checksum of the first member's header is written in octal digits."""
    return bool(re.match(rb".{148}[0-7 \0]{8}", start, re.DOTALL)) or len(start) < 156


def begins_like_pdf(start: bytes) -> bool:
    return b"%PDF-" in start or b"%PDF-".startswith(start)


def _judge_start(reader: FileReader, name: str) -> Verdict:
    """For formats whose beginning is known and whose end is not."""
    return NO_END


FITS = Format("FITS", starting(FITS_START), judge_fits)
GZIP = Format("gzip", starting(GZIP_START), judge_gzip)
JPEG = Format("a JPEG image", starting(b"\xff\xd8"), judge_jpeg)
PNG = Format("a PNG image", starting(b"\x89PNG\r\n\x1a\n"), judge_png)
GIF = Format("a GIF image", starting(b"GIF87a", b"GIF89a"), judge_gif)
PDF = Format("a PDF document", begins_like_pdf, judge_pdf)
JSON = Format("JSON", is_text, judge_json)
XML = Format("XML", is_text, judge_xml)
ZIP = Format("a zip archive", starting(b"PK\x03\x04", b"PK\x05\x06"), judge_zip)
TAR = Format("a tar archive", begins_like_tar, judge_tar)
ASDF = Format("ASDF", starting(b"#ASDF"), judge_asdf)
HDF = Format("HDF5", starting(b"\x89HDF"), judge_hdf5)
PARQUET = Format("Parquet", starting(*PARQUET_ENDS), judge_parquet)
BZIP2 = Format("bzip2", starting(b"BZh"), judge_bzip2)
XZ = Format("xz", starting(b"\xfd7zXZ"), judge_xz)
COMPRESS = Format("compress", starting(b"\x1f\x9d", b"\x1f\xa0"), _judge_start)
TIFF = Format("a TIFF image", starting(b"II*\0", b"MM\0*"), judge_tiff)

#: The longest endings first.
FORMATS = {
    **dict.fromkeys((".gz", ".tgz"), GZIP),
    **dict.fromkeys((".fits", ".fit", ".fts", ".fits.fz"), FITS),
    **dict.fromkeys((".jpg", ".jpeg"), JPEG),
    ".png": PNG,
    ".gif": GIF,
    ".pdf": PDF,
    ".json": JSON,
    **dict.fromkeys((".xml", ".vot", ".svg"), XML),
    **dict.fromkeys((".zip", ".npz"), ZIP),
    ".tar": TAR,
    ".asdf": ASDF,
    **dict.fromkeys((".h5", ".hdf5", ".he5"), HDF),
    ".parquet": PARQUET,
    **dict.fromkeys((".bz2", ".tbz2"), BZIP2),
    **dict.fromkeys((".xz", ".txz"), XZ),
    ".z": COMPRESS,
    **dict.fromkeys((".tif", ".tiff"), TIFF),
}
#: Endings that promise bytes and never a page of text.
BINARY = tuple(ending for ending, format_ in FORMATS.items() if format_ not in (JSON, XML))
