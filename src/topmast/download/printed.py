"""How a manifest is printed: the four columns of the guide, though it has more, and all of them."""

from __future__ import annotations

from typing import Any

from astropy.table import Table
from astropy.table.pprint import TableFormatter

from topmast.download.tables.manifest import GUIDE_COLUMNS


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
