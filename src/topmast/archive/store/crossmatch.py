"""Match an uploaded list of positions with the footprints of all observations."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from topmast.archive.footprints.segment import Hits
from topmast.archive.store.limits import LONGEST_SECONDS, check_rows, time_limited
from topmast.archive.store.query import Found, Rows, Searcher, numbers_seen, read_observations
from topmast.errors import InvalidQueryError, TimeoutError
from topmast.tables.fields import Field

MOST_POSITIONS = 100_000
MOST_MATCHES = 500_000
POSITIONS_AT_ONCE = 256
EVERYTHING = slice(None)
ROW = Field("_searched_id_", "int", "", "Row of the uploaded table, counted from 0")
RA = Field("_searched_ra_", "float", "", "Right ascension of that row")
DEC = Field("_searched_dec_", "float", "", "Declination of that row")


def crossmatch(
    searcher: Searcher,
    data: Any,
    *,
    fields: Sequence[Field],
    ra_column: str,
    dec_column: str,
    radius_deg: float,
    page: slice = EVERYTHING,
) -> Rows:
    """Observations near each uploaded position, in the order of the upload.

    Three columns come before those of the observations: the row of the upload, counted from 0,
    and its position. `page` says which of the rows are read.
    """
    if not 0 <= radius_deg <= 180:
        raise InvalidQueryError(f"radius must be from 0 to 180 degrees, not {radius_deg!r}.")
    ra, dec = uploaded_positions(data, ra_column, dec_column)
    with searcher.store.reading() as connection, time_limited(connection):
        every = _matches(searcher, connection, ra, dec, radius_deg)
        hits = every.take(page)
        check_rows(len(hits.ids))
        numbers = np.unique(hits.ids)
        observations = read_observations(connection, fields, Found(numbers, None))
        if len(observations) < len(numbers):  # the footprints are newer than what we see
            numbers = numbers_seen(connection, numbers)
            hits = hits.take(np.isin(hits.ids, numbers))
    place = np.searchsorted(numbers, hits.ids).tolist()
    distance_at = [field.name for field in fields].index("distance")
    rows = []
    cones, distances = hits.cones.tolist(), hits.distances.tolist()
    for cone, where, distance in zip(cones, place, distances, strict=True):
        row = observations[where]
        found = (*row[:distance_at], distance, *row[distance_at + 1 :])
        rows.append((cone, float(ra[cone]), float(dec[cone]), *found))
    return Rows((ROW, RA, DEC, *fields), rows, len(every.ids))


def _matches(
    searcher: Searcher, connection: sqlite3.Connection, ra: Any, dec: Any, radius_deg: float
) -> Hits:
    """All matches; refused as soon as there are too many, before the rest is looked for."""
    parts: list[Hits] = []
    total = start = 0
    end = time.monotonic() + LONGEST_SECONDS
    size = 1
    while start < len(ra):
        part = slice(start, start + size)
        hits = searcher.coverage.touching(ra[part], dec[part], radius_deg, connection)
        parts.append(Hits(hits.cones + start, hits.ids, hits.distances))
        total += len(hits.ids)
        start += size
        if total > MOST_MATCHES:
            raise InvalidQueryError(
                f"The first {min(start, len(ra))} of {len(ra)} positions have {total} matches, "
                f"more than the {MOST_MATCHES} allowed. "
                "Upload fewer positions or use a smaller radius."
            )
        if time.monotonic() > end:
            raise TimeoutError(f"The crossmatch took longer than {LONGEST_SECONDS:.0f} seconds.")
        # Where matches are many, few positions at once, so that memory stays bounded.
        expected = max(1, total // start)
        size = min(4 * size, POSITIONS_AT_ONCE, max(1, MOST_MATCHES // expected))
    return Hits.joined(parts)


def uploaded_positions(data: Any, ra_column: str, dec_column: str) -> tuple[Any, Any]:
    """Right ascensions and declinations of an uploaded table; nan where a cell is empty."""
    rows = data.get("data") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise InvalidQueryError(
            "A crossmatch needs the property data: a table as {fields: [...], data: [{...}]}."
        )
    if len(rows) > MOST_POSITIONS:
        raise InvalidQueryError(
            f"{len(rows)} positions are more than the {MOST_POSITIONS} allowed at once."
        )
    columns = [_column(rows, name) for name in (ra_column, dec_column)]
    for name, values, limit in zip(("ra", "dec"), columns, (720.0, 90.0), strict=True):
        if np.any(np.abs(values[np.isfinite(values)]) > limit):
            raise InvalidQueryError(f"The uploaded {name} must be in degrees.")
    return columns[0], columns[1]


def _column(rows: list[Any], name: str) -> Any:
    values = np.full(len(rows), math.nan)
    for number, row in enumerate(rows):
        value = _cell(row, name)
        try:
            values[number] = math.nan if value is None else float(value)
        except (TypeError, ValueError, OverflowError) as problem:
            raise InvalidQueryError(
                f"Row {number + 1} of the uploaded table: {name} is {str(value)[:40]!r}, "
                "which is no number."
            ) from problem
    if len(rows) and not np.any(np.isfinite(values)):
        raise InvalidQueryError(
            f"The uploaded table has no numbers in a column {name!r}. Name its columns with "
            "raColumn and decColumn."
        )
    return values


def _cell(row: Any, name: str) -> Any:
    if not isinstance(row, dict):
        raise InvalidQueryError("Each row of the uploaded table must be an object.")
    if name in row:
        return row[name]
    return next((row[key] for key in row if str(key).lower() == name.lower()), None)
