"""The manifest: what became of every file, as a Table that prints as in the guide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from astropy.table import Table
from astropy.table.pprint import TableFormatter

from topmast.download.product import GUIDE_COLUMNS
from topmast.tables.html import table_html

#: How each column is held. Message and URL are None where all is well, as the guide prints them.
KINDS: dict[str, Any] = {
    "Message": object,
    "URL": object,
    "Bytes": np.int64,
    "Attempts": np.int64,
    "Seconds": np.float64,
}


class _FourColumns(TableFormatter):
    """Prints the guide's columns alone, unless a width is given.

    All four, on a narrow screen too: long paths would take the place of what became of the files.
    """

    def _pformat_table(
        self, table: Table, max_lines: int | None = -1, max_width: int | None = -1, **options: Any
    ) -> Any:
        if max_width is None and set(GUIDE_COLUMNS) < set(table.colnames):
            table, max_width = table[list(GUIDE_COLUMNS)], -1
        return super()._pformat_table(table, max_lines=max_lines, max_width=max_width, **options)


class ManifestTable(Table):
    """A Table that prints Local Path, Status, Message and URL of its columns.

    In all else it is an `~astropy.table.Table`; ``pprint_all()`` shows all columns.
    """

    TableFormatter = _FourColumns

    def _base_repr_(self, html: bool = False, descr_vals: Any = None, **options: Any) -> Any:
        described = descr_vals or ["Table", f"length={len(self)}"]
        return super()._base_repr_(html=html, descr_vals=described, **options)

    def _repr_html_(self) -> str:
        return table_html(self, "Manifest")


def table_of_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    """A Table of these rows, with the types of a manifest also when there are none.

    Printed are the guide's four columns; ``pprint_all()`` shows all.

    Columns
    -------
    Local Path, Status, Message, URL
        As in the guide: the URL is named only for files that failed.
    Bytes, SHA-256
        Of the file on disk; 0 and empty where there is none.
    Attempts, Seconds
        Requests sent for it and time taken; 0 for a file that was held.
    Source
        The host that sent it, or "disk" for a file that was held.
    """
    table = ManifestTable()
    for name in columns:
        values = [row.get(name) for row in rows]
        table[name] = np.array(values, dtype=KINDS.get(name, str))
    return table
