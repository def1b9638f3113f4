"""How often each value of the short columns occurs; kept up with every row that comes in."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping

from topmast.archive.store.database import Store
from topmast.tables.fields import OBSERVATION

HISTOGRAM_COLUMNS = tuple(
    "intentType dataproduct_type obs_collection instrument_name "
    "project filters wavelength_region calib_level".split()
)
SEPARATORS = {field.name: field.separator for field in OBSERVATION}


def counts_of(store: Store) -> dict[str, dict[str, int]]:
    """For each of the columns, how many observations have each value; "" stands for none."""
    counts: dict[str, dict[str, int]] = {name: {} for name in HISTOGRAM_COLUMNS}
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT name, value, count FROM counts WHERE count > 0 ORDER BY number"
        )
        for name, value, count in rows:
            counts[name][value] = count
    return counts


def add_to_counts(
    connection: sqlite3.Connection, columns: Mapping[str, Iterable[object]], sign: int = 1
) -> None:
    """Count the values of these columns in, or out again with `sign` -1."""
    for name, values in columns.items():
        counter: Counter[str] = Counter()
        for value, count in Counter(values).items():
            for element in elements_of(value, SEPARATORS[name]):
                counter[element] += sign * count
        connection.executemany(
            "INSERT INTO counts (name, value, count) VALUES (?, ?, ?) "
            "ON CONFLICT (name, value) DO UPDATE SET count = count + excluded.count",
            [(name, element, count) for element, count in counter.items()],
        )


def elements_of(value: object, separator: str) -> list[str]:
    """The parts of a list such as ``F606W;F814W``, each once; of other values the value itself."""
    text = "" if value is None else str(value)
    if not separator or separator not in text:
        return [text]
    return list(dict.fromkeys(part.strip() for part in text.split(separator) if part.strip()))
