"""Rows in buckets by their place on the sky: in memory while they are few, then on disk."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from topmast.archive.catalogs.cones import ORDER
from topmast.archive.catalogs.hats import CELL, Pixel
from topmast.sky.vectors import IntArray

FIRST_ORDER, STEP = 3, 3
"""Of the buckets: 768 on the sky; those of one that is too large are finer by so much."""
BYTES_IN_MEMORY = 192 << 20


class Spool:
    """Buckets of rows, each of one HEALPix cell of `order`."""

    def __init__(self, folder: Path, order: int = FIRST_ORDER) -> None:
        self.folder: Path = folder
        self.order: int = order
        self.counts: dict[int, int] = defaultdict(int)
        self._kept: dict[int, list[pa.Table]] = defaultdict(list)
        self._bytes = 0

    def add(self, rows: pa.Table, cells: IntArray | None = None) -> None:
        """Put each row into the bucket of its cell, or of the cell (of order 29) given for it."""
        cells = rows.column(CELL).to_numpy() if cells is None else cells
        buckets = cells >> (2 * (ORDER - self.order))
        order = np.argsort(buckets, kind="stable")
        rows, buckets = rows.take(pa.array(order)), buckets[order]
        numbers, starts = np.unique(buckets, return_index=True)
        ends = np.append(starts[1:], len(buckets))
        for bucket, start, end in zip(numbers.tolist(), starts, ends, strict=True):
            self.counts[bucket] += int(end - start)
            self._kept[bucket].append(rows.slice(start, end - start))
        self._bytes += rows.nbytes
        if self._bytes > BYTES_IN_MEMORY:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory behind what is on disk."""
        self.folder.mkdir(parents=True, exist_ok=True)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        for bucket, parts in self._kept.items():
            table = pa.concat_tables(parts)
            with self._path(bucket).open("ab") as file:
                with pa.ipc.new_stream(file, table.schema, options=options) as stream:
                    stream.write_table(table)
        self._kept.clear()
        self._bytes = 0

    def saved(self) -> dict[str, Any]:
        """All on disk, to the last byte: the rows and the length of each bucket's file."""
        self.flush()
        lengths = {}
        for bucket in self.counts:
            with self._path(bucket).open("rb+") as file:
                os.fsync(file.fileno())
                lengths[str(bucket)] = os.fstat(file.fileno()).st_size
        return {"lengths": lengths, "counts": {str(k): v for k, v in self.counts.items()}}

    def restore(self, saved: Mapping[str, Any]) -> bool:
        """Go back to what `saved` told, whatever was written since; False if that is not there."""
        lengths = {self._path(int(bucket)): size for bucket, size in saved["lengths"].items()}
        if not all(path.is_file() and path.stat().st_size >= n for path, n in lengths.items()):
            return False
        for path in self.folder.glob("*.arrows"):
            if path not in lengths:
                path.unlink()
        for path, size in lengths.items():
            os.truncate(path, size)
        self.counts.update({int(bucket): count for bucket, count in saved["counts"].items()})
        return True

    def count(self, pixel: Pixel) -> int:
        """How many rows a cell holds that is as large as a bucket, or larger."""
        low, high = pixel.range(self.order)
        return sum(self.counts.get(bucket, 0) for bucket in self._among(low, high))

    def pieces(self, pixel: Pixel) -> Iterator[pa.Table]:
        """The rows of the cell, a part at a time, in the order in which they came."""
        for bucket in self._among(*pixel.range(self.order)):
            path = self._path(bucket)
            if path.is_file():
                with pa.memory_map(str(path)) as file:
                    while file.tell() < file.size():
                        yield pa.ipc.open_stream(file).read_all()
            yield from self._kept.get(bucket, ())

    def remove(self) -> None:
        """Remove what is on disk."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _among(self, low: int, high: int) -> list[int]:
        if high - low < len(self.counts):
            return [bucket for bucket in range(low, high) if bucket in self.counts]
        return sorted(bucket for bucket in self.counts if low <= bucket < high)

    def _path(self, bucket: int) -> Path:
        return self.folder / f"{bucket}.arrows"
