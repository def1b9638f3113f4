"""Which columns of a wide table people see first, and how cells are written for them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable
from typing import Any

from topmast.config.output import one_line, readable_size
from topmast.tables.dates import MJD_ZERO

FIRST = (
    "target_given", "Status", "State", "Local Path", "Path", "Message", "Reason",
    "obsid", "obsID", "obs_collection", "instrument_name", "filters", "productFilename", "size",
    "productSubGroupDescription", "target_name", "dataproduct_type", "distance", "obs_id",
    "productType", "description", "t_min", "t_exptime", "calib_level", "s_ra", "s_dec",
    "proposal_pi", "dataRights",
    "ID", "MatchID", "source_id", "designation", "ra", "dec", "MatchRA", "MatchDec",
    "dstArcSec", "Distance", "distance_arcmin",
    "Tmag", "phot_g_mean_mag", "parallax", "nuv_mag", "fuv_mag", "w1mpro",
)  # fmt: skip
"""The columns that are shown first."""

DATES = ("t_min", "t_max", "t_obs_release")
"""Columns of Modified Julian Dates; the date is shown too."""

SIZES = ("size", "Size", "Bytes")
"""Columns of bytes."""


def by_importance(names: Iterable[str]) -> list[str]:
    """The names of columns, those that people look for first before the others."""
    return sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))


def cell_text(name: str, value: Any) -> str:
    """A cell of the column `name` on one line; "" where the value is missing."""
    if value is None:
        return ""
    if name in SIZES and isinstance(value, (int, float)):
        return readable_size(value)
    return one_line(_dated(value) if name in DATES else _plain(value))


def shortened(text: str, widest: int | None) -> str:
    """`text` with its middle left out, where it is longer than `widest`."""
    if widest is None or len(text) <= widest:
        return text
    half = widest // 2
    return f"{text[:half]}…{text[len(text) - half + 1 :]}"


def _dated(mjd: Any) -> str:
    """A Modified Julian Date with its date: ``57303.83 2015-10-08``."""
    try:
        date = MJD_ZERO + datetime.timedelta(days=math.floor(mjd))
    except (OverflowError, ValueError, TypeError):
        return _plain(mjd)
    return f"{mjd:.2f} {date:%Y-%m-%d}"


def _plain(value: Any) -> str:
    return f"{value:.8g}" if isinstance(value, float) else str(value)
