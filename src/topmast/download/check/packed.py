"""Whether a packed file or an archive of files is complete: gzip, bzip2, xz, zip and tar."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib

from topmast.download.check.fits import FITS_START, judge_fits
from topmast.download.check.reading import CHUNK, GZIP_BITS, FileReader, GzipReader, buffer
from topmast.download.check.text import is_text
from topmast.download.check.verdict import Verdict, corrupt, truncated, unproven, whole
from topmast.wire.cutouts import is_zip_bomb

FITS_ENDINGS = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fts.gz")
START_BYTES = 1024
ZIP_END = b"PK\x05\x06"
LONGEST_ZIP_END = 22 + 0xFFFF
#: A tar archive ends with two blocks of zeros.
TAR_END = bytes(1024)


def judge_gzip(reader: FileReader, name: str) -> Verdict:
    """The whole stream is unpacked, and a FITS file inside is walked through."""
    unpacked = GzipReader(reader)
    start = _unpacked_start(reader)
    promised = name.endswith(FITS_ENDINGS)
    begins_like_fits = start.startswith(FITS_START) or FITS_START.startswith(start)
    holds_fits = promised and start and begins_like_fits
    try:
        verdict = judge_fits(unpacked) if holds_fits else whole()
        while unpacked.fill(buffer("file")):
            pass
    except EOFError:
        return truncated("it ends before the end of its gzip stream")
    except (zlib.error, gzip.BadGzipFile) as problem:
        return corrupt(f"its gzip stream is broken ({problem})")
    if promised and not holds_fits:
        reason = f"what is packed in it does not look like FITS, it begins with {start[:12]!r}"
        return corrupt(reason) if is_text(start) else whole(reason, doubtful=True)
    return verdict


def _unpacked_start(reader: FileReader) -> bytes:
    try:
        return zlib.decompressobj(wbits=GZIP_BITS).decompress(reader.peek(CHUNK), START_BYTES)
    except zlib.error:
        return b""


def judge_bzip2(reader: FileReader, name: str) -> Verdict:
    return _judge_streams(reader, bz2.BZ2Decompressor, b"BZh", "bzip2")


def judge_xz(reader: FileReader, name: str) -> Verdict:
    return _judge_streams(reader, lzma.LZMADecompressor, b"\xfd7zXZ", "xz")


def _judge_streams(
    reader: FileReader,
    kind: type[bz2.BZ2Decompressor | lzma.LZMADecompressor],
    start: bytes,
    what: str,
) -> Verdict:
    """One stream after the other, each unpacked to its end and held to its own checksums."""
    view = buffer("file")
    stream, ended = kind(), False
    try:
        while data := bytes(view[: reader.fill(view)]):
            while data.strip(b"\0") or not ended:
                if ended and not data.startswith(start[: len(data)]):
                    return whole(f"bytes that are no {what} follow its end", doubtful=True)
                stream = kind() if ended else stream
                stream.decompress(data, CHUNK)
                while not (stream.eof or stream.needs_input):
                    stream.decompress(b"", CHUNK)
                data, ended = stream.unused_data, stream.eof
                if not data:
                    break
    except (OSError, EOFError, ValueError, lzma.LZMAError) as problem:
        return corrupt(f"its {what} stream is broken ({problem})")
    return whole() if ended else truncated(f"it ends before the end of its {what} stream")


def judge_zip(reader: FileReader, name: str) -> Verdict:
    size = reader.end()
    tail = reader.read_at(max(0, size - LONGEST_ZIP_END), LONGEST_ZIP_END)
    end = tail.rfind(ZIP_END)
    comment = int.from_bytes(tail[end + 20 : end + 22], "little")
    if end < 0 or len(tail) < end + 22 + comment:
        return truncated("it is no complete zip archive (it has no end)")
    try:
        with zipfile.ZipFile(reader.path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            if is_zip_bomb(unpacked, size):
                return unproven(f"it would unpack to {unpacked:,} bytes", doubtful=True)
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as problem:
        return truncated(f"it is no complete zip archive ({problem})")
    return corrupt(f"{broken} inside it is broken") if broken else whole()


def judge_tar(reader: FileReader, name: str) -> Verdict:
    size = reader.end()
    try:
        with tarfile.open(reader.path, "r:") as archive:
            for _ in archive:
                pass
            end = archive.offset
    except (tarfile.TarError, EOFError, struct.error) as problem:
        return truncated(f"it is no complete tar archive ({problem})")
    if end > size:
        return truncated("its last member is cut")
    ended = reader.read_at(end, len(TAR_END)) == TAR_END
    return whole() if ended else truncated("the blocks of zeros that end a tar archive are missing")
