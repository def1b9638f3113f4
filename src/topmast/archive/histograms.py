"""How often each value of the short columns occurs, counted once for each state of the archive."""

from __future__ import annotations

import weakref
from collections import Counter

from topmast.archive.schema import quoted
from topmast.archive.store import Store
from topmast.fields import OBSERVATION

__all__ = ["HISTOGRAM_COLUMNS", "counts_of"]

HISTOGRAM_COLUMNS = (
    "intentType",
    "dataproduct_type",
    "obs_collection",
    "instrument_name",
    "project",
    "filters",
    "wavelength_region",
    "calib_level",
)
SEPARATORS = {field.name: field.separator for field in OBSERVATION}

Counts = dict[str, dict[str, int]]
_counted: weakref.WeakKeyDictionary[Store, tuple[str | None, Counts]] = weakref.WeakKeyDictionary()


def counts_of(store: Store) -> Counts:
    """For each of the columns, how many observations have each value; "" stands for none."""
    columns = ", ".join(map(quoted, HISTOGRAM_COLUMNS))
    with store.reading() as connection:
        state = store.setting("changes", connection)
        known = _counted.get(store)
        if known is not None and known[0] == state:
            return known[1]
        # One pass over the observations; combinations of these columns are few.
        rows = connection.execute(
            f"SELECT {columns}, count(*), min(number) AS first FROM observations "
            f"GROUP BY {columns} ORDER BY first"
        ).fetchall()
    counts: Counts = {}
    for place, name in enumerate(HISTOGRAM_COLUMNS):
        counter: Counter[str] = Counter()
        for row in rows:
            for value in _elements(row[place], SEPARATORS[name]):
                counter[value] += row[-2]
        counts[name] = dict(counter)
    _counted[store] = (state, counts)
    return counts


def _elements(value: object, separator: str) -> list[str]:
    text = "" if value is None else str(value)
    if not separator or separator not in text:
        return [text]
    return list(dict.fromkeys(part.strip() for part in text.split(separator) if part.strip()))
