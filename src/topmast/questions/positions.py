"""Positions given as coordinates, numbers, angles or tables, as one SkyCoord in ICRS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import astropy.units as u
import numpy as np
from astropy.coordinates import BaseCoordinateFrame, Latitude, Longitude, SkyCoord
from astropy.table import Row, Table

from topmast.errors import InvalidQueryError

FORMS = "322.49324 12.16683, 21h29m58.3s +12d10m0.6s or an object name"

COLUMN_PAIRS = (
    ("ra", "dec"),
    ("s_ra", "s_dec"),
    ("ra_deg", "dec_deg"),
    ("raj2000", "dej2000"),
    ("ramean", "decmean"),
    ("ra_icrs", "de_icrs"),
    ("matchra", "matchdec"),
)


def sky_of(coordinates: Any) -> SkyCoord | None:
    """`coordinates` as a SkyCoord, one position or an array; None for a mixed list."""
    if isinstance(coordinates, (SkyCoord, BaseCoordinateFrame)):
        return _in_icrs(coordinates)
    if isinstance(coordinates, (Table, Row)) or hasattr(coordinates, "columns"):
        return _sky_of_table(coordinates)
    if isinstance(coordinates, (Sequence, np.ndarray)) and len(coordinates):
        return _sky_of_numbers(coordinates)
    return None


def _in_icrs(coordinates: SkyCoord | BaseCoordinateFrame) -> SkyCoord:
    try:
        return SkyCoord(coordinates).icrs
    except Exception as problem:
        raise InvalidQueryError(
            f"{coordinates!r} cannot be brought to ICRS: {problem}"
        ) from problem


def _sky_of_table(table: Any) -> SkyCoord:
    names = {str(name).lower(): name for name in getattr(table, "colnames", table.columns)}
    for name in names.values():
        if isinstance(table[name], SkyCoord):
            return _in_icrs(table[name])
    for ra, dec in COLUMN_PAIRS:
        if ra in names and dec in names:
            return _sky_of_pair(_cell(table, names[ra]), _cell(table, names[dec]), table)
    raise InvalidQueryError(
        "The table has no positions: it needs a SkyCoord column, or columns such as 'ra' and "
        f"'dec'. Its columns: {', '.join(map(str, list(names.values())[:10]))}."
    )


def _cell(table: Any, name: Any) -> Any:
    """A column, or the cell of a row, with its unit."""
    unit = table.table[name].unit if isinstance(table, Row) else None
    return table[name] if unit is None else u.Quantity(table[name], unit)


def _sky_of_numbers(coordinates: Any) -> SkyCoord | None:
    """A pair (ra, dec), of numbers, angles or arrays of these, or n such pairs."""
    try:
        values = u.Quantity(coordinates)
    except (TypeError, ValueError, u.UnitsError):
        return None
    if values.dtype.kind not in "iuf":
        return None
    if (
        isinstance(coordinates, tuple)
        and len(values) == 2
        and not isinstance(coordinates[0], tuple)
    ):
        return _sky_of_pair(values[0], values[1], coordinates)
    if values.shape == (2,) or (values.ndim == 2 and values.shape[1] == 2):
        return _sky_of_pair(values[..., 0], values[..., 1], coordinates)
    return None


def _sky_of_pair(ra: Any, dec: Any, given: Any) -> SkyCoord:
    try:
        return SkyCoord(_angle(ra), _angle(dec), frame="icrs")
    except InvalidQueryError:
        raise
    except (ValueError, TypeError, u.UnitsError) as problem:
        raise InvalidQueryError(f"{unreadable(given)} ({problem})") from problem


def _angle(values: Any) -> u.Quantity:
    """Degrees, unless the values have a unit of their own."""
    unit = getattr(values, "unit", None)
    numbers: Any = np.ma.filled(
        np.ma.asarray(getattr(values, "value", values), dtype=float), np.nan
    )
    if not np.isfinite(numbers).all():
        bad = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise InvalidQueryError(f"Position {bad} is not a number: {np.ravel(numbers)[bad]}.")
    return u.Quantity(numbers, u.deg if unit in (None, u.dimensionless_unscaled) else unit)


def degrees_of(sky: SkyCoord) -> list[tuple[float, float]]:
    """Right ascension (0 to 360) and declination of each position."""
    ra = np.atleast_1d(Longitude(sky.ra).deg).ravel()
    dec = np.atleast_1d(Latitude(sky.dec).deg).ravel()
    return list(zip(ra.tolist(), dec.tolist(), strict=True))


def unreadable(coordinates: Any) -> str:
    return (
        f"{coordinates!r} cannot be parsed as a coordinate. Give {FORMS}, "
        "a SkyCoord, or a list or table of positions."
    )
