"""How the values of a catalogue are spread: what the ``Mast.Catalogs.All`` services tell."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from topmast.archive.catalogs.parquet import CatalogTable
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
    counts: Counter[str] = Counter()
    for pair in pc.value_counts(table.column(name)).to_pylist():
        counts["" if pair["values"] is None else pair["values"]] += pair["counts"]
    if not counts or set(counts) == {""}:
        return {}
    entries = {word: {"count": count, "key": word} for word, count in counts.items()}
    return {"hist": list(entries.values()), **entries}


def _spread(table: CatalogTable, name: str) -> dict[str, Any]:
    """145 bins of equal width from the least value to the greatest; a bin is named by its start."""
    values = table.column(name).drop_null().to_numpy()
    if not len(values):
        return {}
    least, most = values.min().item(), values.max().item()
    step = (most - least) / BINS
    if step == 0:
        bins = [{"key": least, "count": len(values)}]
    else:
        places = np.minimum(((values - least) / step).astype(np.int64), BINS - 1)
        counts = np.bincount(places, minlength=BINS).tolist()
        bins = [{"key": least + step * place, "count": count} for place, count in enumerate(counts)]
    return {"hist": {"hist": bins}, "min": least, "max": most, "type": "numeric"}
