"""Positions given as coordinates, numbers, angles or tables, as one SkyCoord in ICRS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import astropy.units as u
import numpy as np
from astropy.coordinates import (
    BaseCoordinateFrame,
    Latitude,
    Longitude,
    SkyCoord,
    UnitSphericalRepresentation,
)
from astropy.table import Row, Table

from topmast.errors import InvalidQueryError
from topmast.questions.arguments import check_none_missing, is_one, plain_text, shown
from topmast.questions.sexagesimal import read_degrees, read_sexagesimal

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
    if isinstance(coordinates, (Table, Row, Mapping)) or hasattr(coordinates, "columns"):
        return _sky_of_table(coordinates)
    if isinstance(coordinates, (Sequence, np.ndarray)) and not is_one(coordinates):
        return _sky_of_numbers(coordinates)
    return None


def _in_icrs(coordinates: SkyCoord | BaseCoordinateFrame) -> SkyCoord:
    try:
        place = SkyCoord(coordinates).icrs.represent_as(UnitSphericalRepresentation)
    except Exception as problem:
        raise InvalidQueryError(
            f"{coordinates!r} cannot be brought to ICRS: {problem}"
        ) from problem
    return SkyCoord(_finite(place.lon), _finite(place.lat), frame="icrs")


def _sky_of_table(table: Any) -> SkyCoord:
    listed = list(table) if isinstance(table, Mapping) else getattr(table, "colnames", None)
    names = {str(name).lower(): name for name in (table.columns if listed is None else listed)}
    for name in names.values():
        if isinstance(table[name], SkyCoord):
            return _in_icrs(table[name])
    for ra, dec in COLUMN_PAIRS:
        if ra in names and dec in names:
            pair = _cell(table, names[ra]), _cell(table, names[dec])
            return _sky_of_texts(*pair) if _has_texts(pair[0]) else _sky_of_pair(*pair, table)
    raise InvalidQueryError(
        "The table has no positions: it needs a SkyCoord column, or columns such as 'ra' and "
        f"'dec'. Its columns: {', '.join(map(str, list(names.values())[:10]))}."
    )


def _has_texts(values: Any) -> bool:
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    if kind == "O" and not isinstance(values, (str, bytes)):
        return any(isinstance(each, (str, bytes)) for each in np.ravel(values)[:1].tolist())
    return kind in "USTO"


def _sky_of_texts(ra: Any, dec: Any) -> SkyCoord:
    """The positions of two columns of texts, or of two cells: degrees, or hours and degrees."""
    pairs = list(zip(*(np.ravel(np.ma.asarray(each)).tolist() for each in (ra, dec)), strict=True))
    found = []
    for number, pair in enumerate(pairs):
        check_none_missing(pair, f"position (row {number})")
        text = " ".join(str(plain_text(each)).strip() for each in pair)
        position = read_degrees(text) or read_sexagesimal(text)
        if position is None:
            raise InvalidQueryError(unreadable(text))
        found.append(position)
    columns = np.array(found, dtype=float).reshape(-1, 2).T
    one = np.ndim(ra) == 0
    return SkyCoord(*(each[0] if one else each for each in columns), unit="deg", frame="icrs")


def _cell(table: Any, name: Any) -> Any:
    """A column, or the cell of a row, with its unit."""
    unit = table.table[name].unit if isinstance(table, Row) else None
    if unit is None or isinstance(table[name], (str, bytes)):
        return table[name]
    return u.Quantity(table[name], unit)


def _sky_of_numbers(coordinates: Any) -> SkyCoord | None:
    """A pair (ra, dec), of numbers, angles or arrays of these, or n such pairs."""
    if not len(coordinates):
        return None
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
    values = _finite(values)
    numbers: Any = np.ma.asarray(getattr(values, "value", values), dtype=float).filled(np.nan)
    return u.Quantity(numbers, u.deg if unit in (None, u.dimensionless_unscaled) else unit)


def _finite(values: Any) -> Any:
    """`values` as they are; InvalidQueryError where one is masked or not a number."""
    values = values.to_numpy() if hasattr(values, "to_numpy") else values
    masked = np.ravel(np.broadcast_to(_mask_of(values), np.shape(values)))
    bare = getattr(values, "unmasked", values)
    numbers: Any = np.ma.asarray(getattr(bare, "value", bare), dtype=float)
    numbers = np.ravel(np.ma.getdata(numbers))
    bad = np.flatnonzero(masked | ~np.isfinite(numbers))
    if len(bad):
        first = int(bad[0])
        what = "masked" if masked[first] else f"not a number: {numbers[first]}"
        raise InvalidQueryError(f"Position {first} is {what}. Take it out of the list.")
    return bare


def _mask_of(values: Any) -> Any:
    mask = getattr(values, "mask", False)
    return mask if mask is not None else False


def degrees_of(sky: SkyCoord) -> list[tuple[float, float]]:
    """Right ascension (0 to 360) and declination of each position."""
    ra = np.atleast_1d(Longitude(sky.ra).deg).ravel()
    dec = np.atleast_1d(Latitude(sky.dec).deg).ravel()
    return list(zip(ra.tolist(), dec.tolist(), strict=True))


def unreadable(coordinates: Any) -> str:
    return (
        f"{shown(coordinates)} cannot be parsed as a coordinate. Give {FORMS}, "
        "a SkyCoord, or a list or table of positions."
    )
