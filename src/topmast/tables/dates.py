"""Dates, as people write them, as Modified Julian Dates."""

from __future__ import annotations

import datetime
from typing import Any

MJD_ZERO = datetime.datetime(1858, 11, 17)
DAY = datetime.timedelta(days=1)


def mjd_of(value: Any) -> float:
    """The MJD (UTC) of a date or of a text in ISO 8601; a number is taken to be one.

    Raises
    ------
    ValueError, TypeError
        For anything else.

    Examples
    --------
    >>> mjd_of("2015-10-08T12:00:00")
    57303.5
    """
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            value = datetime.datetime.fromisoformat(value.strip())
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        return (value - MJD_ZERO) / DAY
    if isinstance(value, datetime.date):
        return float((value - MJD_ZERO.date()).days)
    return float(value)
