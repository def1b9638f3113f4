"""How the values of a catalogue are spread: what the ``Mast.Catalogs.All`` services tell."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from topmast.archive.catalogs.duck import FILES, query
from topmast.archive.catalogs.parquet import CatalogTable
from topmast.archive.catalogs.sql_filters import quoted
from topmast.tables.fields import Field

BINS = 145
CHOICES: Mapping[str, tuple[str, ...]] = {
    "tic": (
        "lumclass", "objType", "PARflag", "PMflag", "POSflag", "SPFlag", "TESSflag", "typeSrc",
        "EBVflag", "distflag", "TeffFlag", "VmagFlag", "BmagFlag", "splists", "disposition",
    ),
    "disk_detective": ("flags", "state", "T_PMflag", "T_PARflag"),
}  # fmt: skip
"""Columns of few words, by catalogue; those of numbers have ranges."""


class Histograms:
    """The histograms of catalogues, each worked out once for each of its states."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, dict[str, Any]]] = {}
        self._guard = threading.Lock()

    def of(self, table: CatalogTable) -> dict[str, Any]:
        """``discreteHistogram`` and ``continuousHistogram`` of the catalogue."""
        with self._guard:
            state, known = self._known.get(table.catalog.name, ("", {}))
            if state == table.state:
                return known
        found = _histograms(table)
        with self._guard:
            self._known[table.catalog.name] = (table.state, found)
        return found


def _histograms(table: CatalogTable) -> dict[str, Any]:
    ranges = [field for field in table.catalog.stored if _is_range(field)]
    choices = CHOICES.get(table.catalog.name, ())
    found = {
        "discreteHistogram": {name: _counts(table, name) for name in choices},
        "continuousHistogram": {field.name: _spread(table, field.name) for field in ranges},
    }
    # A column without a single value has no histogram: its configuration says what it is.
    return {word: {n: h for n, h in by_name.items() if h} for word, by_name in found.items()}


def _is_range(field: Field) -> bool:
    return field.type == "float" or (
        field.type == "int"
        and field.datatype == "int"
        and not field.ucd.startswith(("meta.id", "meta.record"))
    )


def _counts(table: CatalogTable, name: str) -> dict[str, Any]:
    if name not in table.columns:
        return {}
    column = f"coalesce({quoted(name)}, '')"
    sql = f"SELECT {column} AS word, count(*) AS count FROM {FILES} GROUP BY word ORDER BY word"
    counts = {row["word"]: row["count"] for row in _asked(table, sql)}
    if not counts or set(counts) == {""}:
        return {}
    entries = {word: {"count": count, "key": word} for word, count in counts.items()}
    return {"hist": list(entries.values()), **entries}


def _spread(table: CatalogTable, name: str) -> dict[str, Any]:
    """145 bins of equal width from the least value to the greatest; a bin is named by its start."""
    if name not in table.columns:
        return {}
    column = quoted(name)
    sql = f"SELECT min({column}) AS least, max({column}) AS most, count({column}) AS n FROM {FILES}"
    least, most, number = _asked(table, sql)[0].values()
    if not number:
        return {}
    step = (most - least) / BINS
    if step == 0:
        bins = [{"key": least, "count": number}]
    else:
        sql = (
            f"SELECT least(trunc(({column} - ?::DOUBLE) / ?::DOUBLE)::BIGINT, {BINS - 1}) AS bin, "
            f"count(*) AS count FROM {FILES} WHERE {column} IS NOT NULL GROUP BY bin"
        )
        counts = {row["bin"]: row["count"] for row in _asked(table, sql, least, step)}
        bins = [{"key": least + step * n, "count": counts.get(n, 0)} for n in range(BINS)]
    return {"hist": {"hist": bins}, "min": least, "max": most, "type": "numeric"}


def _asked(table: CatalogTable, sql: str, *values: float) -> list[dict[str, Any]]:
    if not table.rows:
        return []
    rows: list[dict[str, Any]] = query(sql, [*values, table.parquet_paths()]).to_pylist()
    return rows
