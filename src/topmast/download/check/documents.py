"""Whether a document or a file of data is complete: PDF, JSON, XML, ASDF, HDF5 and Parquet."""

from __future__ import annotations

import json
import re
from xml.parsers import expat

from topmast.download.check.reading import FileReader, buffer
from topmast.download.check.verdict import NO_END, Verdict, corrupt, truncated, whole

PDF_END = re.compile(rb"startxref\s+(\d{1,15})\s+%%EOF")
PDF_LENGTH = re.compile(rb"/Linearized\b.{0,200}?/L\s+(\d{1,15})", re.S)
PDF_XREF = re.compile(rb"\s*(?:xref|\d+\s+\d+\s+obj)\b")
TAIL = 2048

ASDF_TREE_END = re.compile(rb"(?:^|\n)\.\.\.(?:\r?\n|\Z)")
ASDF_BLOCK = b"\xd3BLK"
ASDF_INDEX = b"#ASDF BLOCK INDEX"
ASDF_INDEX_END = re.compile(rb"\.\.\.\s*\Z|\]\s*\Z")
#: The number of the block that holds an array.
ASDF_SOURCE = re.compile(rb"core/ndarray-[\d.]+>?\s*\{?\s*source:\s*(\d{1,9})\b")
LONGEST_TREE = 64 << 20

HDF5_START = b"\x89HDF\r\n\x1a\n"
#: By the version of the superblock: where the size of addresses stands, and where these begin.
HDF5_ADDRESSES = {0: (13, 24), 1: (13, 28), 2: (9, 12), 3: (9, 12)}

PARQUET_ENDS = (b"PAR1", b"PARE")


def judge_pdf(reader: FileReader, name: str) -> Verdict:
    """It ends with %%EOF, after the place of its table of objects."""
    size = reader.end()
    tail = reader.read_at(max(0, size - TAIL), TAIL)
    _, found, after = tail.rpartition(b"%%EOF")
    length = PDF_LENGTH.search(reader.read_at(0, 1024))
    if not found or (length and int(length[1]) > size):
        return truncated("the PDF document has no end")
    ends = PDF_END.findall(tail)
    if not ends or not PDF_XREF.match(reader.read_at(int(ends[-1]), 64)):
        return whole("the PDF document does not say where its objects are", doubtful=True)
    if after.strip(b"\0 \t\r\n"):
        return whole("bytes follow the end of the PDF document", doubtful=True)
    return whole()


def judge_json(reader: FileReader, name: str) -> Verdict:
    try:
        json.loads(reader.read_all())
    except (ValueError, RecursionError) as problem:
        return truncated(f"it is no complete JSON ({problem})")
    return whole()


def judge_xml(reader: FileReader, name: str) -> Verdict:
    """Well formed or not; entities are not expanded and nothing outside is read."""
    parser = expat.ParserCreate()
    view = buffer("file")
    try:
        while count := reader.fill(view):
            parser.Parse(bytes(view[:count]), False)
        parser.Parse(b"", True)
    except expat.ExpatError as problem:
        return truncated(f"it is no complete XML ({problem})")
    return whole()


def judge_asdf(reader: FileReader, name: str) -> Verdict:
    """The tree ends, the blocks that it names are there, and their index ends, if there is one."""
    size = reader.end()
    head = reader.read_at(0, min(size, LONGEST_TREE))
    tree_end = ASDF_TREE_END.search(head)
    place = tree_end.end() if tree_end else head.find(ASDF_BLOCK)
    if place < 0:
        return truncated("the tree of the ASDF file has no end")
    sources = [int(number) for number in ASDF_SOURCE.findall(head[:place])]
    place += len(head[place : place + 65536]) - len(head[place : place + 65536].lstrip(b"\0 \r\n"))
    blocks = 0
    while (start := reader.read_at(place, 54)).startswith(ASDF_BLOCK):
        length = int.from_bytes(start[4:6], "big")
        if len(start) < 6 + 48:
            return truncated(f"it ends in the header of block {blocks}")
        if start[9] & 1:  # a streamed block has no end
            return NO_END
        place += 6 + length + int.from_bytes(start[14:22], "big")
        blocks += 1
        if place > size:
            return truncated(f"it ends {place - size} bytes before the end of block {blocks - 1}")
    return _asdf_end(reader.read_at(place, size - place), blocks, max(sources, default=-1))


def _asdf_end(rest: bytes, blocks: int, last_source: int) -> Verdict:
    """What follows the last block is nothing, or the whole index."""
    if ASDF_BLOCK.startswith(rest[:4]) and rest:
        return truncated(f"it ends in the header of block {blocks}")
    if last_source >= blocks:
        return truncated(f"it names block {last_source} and has {blocks}")
    if not rest.strip(b"\0 \r\n"):
        return whole()
    if rest.startswith(ASDF_INDEX[: len(rest)]):
        ended = ASDF_INDEX_END.search(rest)
        return whole() if ended else truncated("it ends in the index of its blocks")
    return corrupt("after the last block follow bytes that are no index")


def judge_hdf5(reader: FileReader, name: str) -> Verdict:
    """The superblock says at which address the file ends."""
    size = reader.end()
    start = reader.read_at(0, 128)
    if len(start) < 64:
        return truncated("it ends in its superblock")
    if not start.startswith(HDF5_START) or start[8] not in HDF5_ADDRESSES:
        return NO_END
    where, place = HDF5_ADDRESSES[start[8]]
    width = start[where]
    if width not in (2, 4, 8):
        return corrupt(f"its addresses have {width} bytes")
    base, _, end = (
        int.from_bytes(start[place + number * width :][:width], "little") for number in range(3)
    )
    if end > size:
        return truncated(f"it has {size} bytes of the {end} that its superblock says")
    return NO_END if base else whole()


def judge_parquet(reader: FileReader, name: str) -> Verdict:
    """It ends with the length of its footer and four letters."""
    size = reader.end()
    tail = reader.read_at(max(0, size - 8), 8)
    footer = int.from_bytes(tail[:4], "little")
    if size < 12 or tail[4:] not in PARQUET_ENDS:
        return truncated("the Parquet file has no footer")
    return whole() if 0 < footer <= size - 12 else corrupt("the length of its footer is impossible")
