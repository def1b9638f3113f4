"""Write the partitions of a HATS table: as coarse as the number of their rows lets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from topmast.archive.catalogs.cones import ORDER
from topmast.archive.catalogs.hats import CELL, Pixel
from topmast.archive.catalogs.spool import STEP, Spool
from topmast.archive.disk import write_whole
from topmast.sky.vectors import IntArray

ROWS_A_GROUP = 4096
MOST_ROWS = 1 << 19
"""Of one partition: its footer is then read in a few milliseconds."""
FINEST = 12
"""No partition is finer; the margin needs cells below it."""
BYTES_AT_ONCE = 320 << 20
"""Of rows that are sorted in memory at once."""
WHOLE_SKY = tuple(Pixel(0, number) for number in range(12))


def partitions_of(
    spool: Spool, roots: Sequence[Pixel] = WHOLE_SKY
) -> Iterator[tuple[Pixel, pa.Table]]:
    """The partitions and their rows, sorted by cell, in the order of the sky."""
    for pixel in cut(spool.count, spool.order, roots):
        if spool.count(pixel) > MOST_ROWS and pixel.order < FINEST and not _fits(spool, pixel):
            yield from _from_finer_buckets(spool, pixel)
            continue
        table = sort_by_cell(pa.concat_tables(spool.pieces(pixel)))
        cells = table.column(CELL).to_numpy()
        for part in cut(_counter(cells), FINEST, [pixel]):
            low, high = np.searchsorted(cells, part.range(ORDER)).tolist()
            yield part, table.slice(low, high - low)


def cut(
    count: Callable[[Pixel], int], finest: int, roots: Sequence[Pixel] = WHOLE_SKY
) -> Iterator[Pixel]:
    """Cells with rows, each with at most so many as a partition holds, or of the finest order."""
    stack = list(reversed(roots))
    while stack:
        pixel = stack.pop()
        rows = count(pixel)
        if rows > MOST_ROWS and pixel.order < finest:
            first = pixel.number << 2
            stack += [Pixel(pixel.order + 1, first + child) for child in (3, 2, 1, 0)]
        elif rows:
            yield pixel


def sort_by_cell(table: pa.Table) -> pa.Table:
    """The rows by cell, those of one cell in the order in which they came."""
    order = np.argsort(table.column(CELL).to_numpy(), kind="stable")
    return table.take(pa.array(order)).combine_chunks()


def write_rows(path: Path, table: pa.Table) -> None:
    """Write a Parquet file in one step, in small row groups."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda file: _write(file, table))


def _fits(spool: Spool, pixel: Pixel) -> bool:
    first = next(spool.pieces(pixel))
    return first.nbytes / first.num_rows * spool.count(pixel) <= BYTES_AT_ONCE


def _from_finer_buckets(spool: Spool, pixel: Pixel) -> Iterator[tuple[Pixel, pa.Table]]:
    finer = Spool(spool.folder / str(pixel.number), min(spool.order + STEP, FINEST))
    for piece in spool.pieces(pixel):
        finer.add(piece)
    yield from partitions_of(finer, [pixel])
    finer.remove()


def _counter(cells: IntArray) -> Callable[[Pixel], int]:
    def count(pixel: Pixel) -> int:
        low, high = np.searchsorted(cells, pixel.range(ORDER))
        return int(high - low)

    return count


def _write(file: IO[bytes], table: pa.Table) -> None:
    encodings = {name: code for name in table.column_names if (code := _encoding(table, name))}
    pq.write_table(
        table,
        file,
        row_group_size=ROWS_A_GROUP,
        compression="zstd",
        use_dictionary=[name for name in table.column_names if name not in encodings],
        column_encoding=encodings,
    )


ENCODINGS = {
    pa.int64(): "DELTA_BINARY_PACKED",
    pa.float64(): "BYTE_STREAM_SPLIT",
    pa.float32(): "BYTE_STREAM_SPLIT",
    pa.string(): "DELTA_BYTE_ARRAY",
}
NEARLY_ALL = 0.8
"""Where so many of the values differ, a dictionary of them would not save room."""


def _encoding(table: pa.Table, name: str) -> str:
    """How the values of a column take the least room; "" for a dictionary."""
    column = table.column(name).slice(0, 4 * ROWS_A_GROUP)
    if pc.count_distinct(column).as_py() <= NEARLY_ALL * len(column):
        return ""
    return ENCODINGS.get(column.type, "")
