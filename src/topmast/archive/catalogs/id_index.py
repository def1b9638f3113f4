"""The id index of a catalogue: a HATS index table, sorted by the catalogue's own key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from topmast.archive.catalogs.duck import connection
from topmast.archive.catalogs.hats import (
    CELL,
    Pixel,
    table_properties,
    write_metadata,
    write_properties,
)
from topmast.archive.catalogs.row_files import RowFile
from topmast.archive.disk import write_whole
from topmast.sky.vectors import IntArray

ROWS_A_GROUP = 16_384
FILE = "index/part.0.parquet"

SORTED = """
    SELECT "{key}", {cell}, (?::UTINYINT[])[file_index::BIGINT + 1] AS Norder,
        ((?::UBIGINT[])[file_index::BIGINT + 1] // 10000 * 10000)::UBIGINT AS Dir,
        (?::UBIGINT[])[file_index::BIGINT + 1] AS Npix
    FROM read_parquet(?) WHERE "{key}" IS NOT NULL ORDER BY "{key}"
"""


def write_id_index(
    folder: Path, key: str, main: Path, pixels: Sequence[Pixel], temporary: Path
) -> None:
    """Write the index of the column `key` of the table `main`."""
    files = [str(main / "dataset" / pixel.file) for pixel in pixels]
    orders, numbers = ([pixel[place] for pixel in pixels] for place in (0, 1))
    sql = SORTED.format(key=key.replace('"', '""'), cell=CELL)
    path = folder / "dataset" / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with connection(temporary) as duck:
        reader = duck.sql(sql, params=[orders, numbers, numbers, files]).to_arrow_reader(1 << 18)
        write_whole(path, lambda file: _write(file, reader))
    footer = pq.read_metadata(path)
    write_metadata(folder / "dataset", [FILE], footer.schema.to_arrow_schema())
    about = {"hats_index_column": key, "hats_primary_table_url": main.name}
    properties = table_properties(folder.name, "index", footer.num_rows, **about)
    for name in ("properties", "hats.properties"):
        write_properties(folder / name, properties)


def _write(file: Any, reader: Any) -> None:
    with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_table(pa.Table.from_batches([batch]), row_group_size=ROWS_A_GROUP)


class IdIndex:
    """Finds the cells of rows by a key of whole numbers; safe to use from many threads."""

    def __init__(self, folder: Path, key: str) -> None:
        self._key = key
        self._file = RowFile(folder / "dataset" / FILE)

    @cached_property
    def _ends(self) -> tuple[Any, Any]:
        """The least and the greatest key of each row group."""
        groups = map(self._file.footer.row_group, range(self._file.footer.num_row_groups))
        spans = [group.column(0).statistics for group in groups]
        return np.array([span.min for span in spans]), np.array([span.max for span in spans])

    def cells(self, keys: Sequence[int]) -> IntArray:
        """The cells of all rows with one of these keys, ascending."""
        wanted = pa.array(sorted(set(keys)), pa.int64())
        least, most = self._ends
        first = np.searchsorted(most, wanted.to_numpy(), side="left")
        end = np.searchsorted(least, wanted.to_numpy(), side="right")
        groups = {g for a, b in zip(first.tolist(), end.tolist(), strict=True) for g in range(a, b)}
        if not groups:
            return np.zeros(0, np.int64)
        rows = self._file.read(sorted(groups), [self._key, CELL])
        found = rows.filter(pc.is_in(rows.column(self._key), value_set=wanted))
        return np.unique(found.column(CELL).to_numpy())
