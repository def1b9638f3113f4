"""One observation out of the headers of a file: where, when, with what."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from topmast.archive.own_files.headers import FileHeaders, Part
from topmast.archive.own_files.mapping import HeaderMapping
from topmast.errors import InvalidQueryError
from topmast.sky import parse_region

LOOKED_FOR = ("obs_collection", "instrument_name", "filters", "target_name", "t_min", "s_ra")
"""What a user wants to know to be missing."""
TIME_COLUMNS = ("TIME", "BJD", "MJD", "JD", "TIMESTAMP")
WAVE_COLUMNS = ("WAVELENGTH", "WAVE", "LAMBDA", "LOGLAM", "FREQUENCY")
WAVE_AXES = ("WAVE", "AWAV", "FREQ", "ENER", "LAMBDA", "LINEAR")
CALIBRATIONS = ("BIAS", "DARK", "FLAT", "ARC", "LAMP", "COMP", "CAL", "WAVE", "ZERO")
MOST_REGIONS = 64
ONLY_BAND = {"TESS": "TESS", "Kepler": "KEPLER", "K2": "KEPLER"}
"""Missions that see in one band and do not note it."""
SUFFIXES = re.compile(
    r"_(raw|flt|flc|crj|crc|drz|drc|x1d|x2d|s2d|s3d|sx1|sx2|uncal|rate|rateints|cal|i2d|lc|tp|"
    r"llc|slc|lpd-targ|spd-targ|llc|c1d|c0d|c0f|c1f|c0m|c1m)$",
    re.IGNORECASE,
)
DECIMAL = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


def observation_of(headers: FileHeaders, mapping: HeaderMapping) -> dict[str, Any]:
    """The columns that the headers and the mapping fill."""
    row: dict[str, Any] = {
        name: headers.first(*keywords) for name, keywords in mapping.keywords.items()
    }
    row["obs_collection"] = _text(row["obs_collection"])
    row["filters"] = _filters(headers, row["filters"]) or ONLY_BAND.get(row["obs_collection"] or "")
    row["instrument_name"] = _instrument(headers, row["instrument_name"])
    for name in ("target_name", "obs_id", "obs_title", "proposal_id", "proposal_pi"):
        row[name] = _text(row[name])
    row["calib_level"] = row["calib_level"] if isinstance(row["calib_level"], int) else None
    row["dataproduct_type"] = _product_type(headers)
    row["intentType"] = _intent(headers)
    row["dataRights"] = "PUBLIC"
    row["mtFlag"] = str(headers.first("MTFLAG")).upper() in ("T", "TRUE")
    row |= _place(headers, row)
    row |= _times(headers, row)
    row |= dict(mapping.values)
    row["obs_id"] = row["obs_id"] or SUFFIXES.sub("", stem_of(headers.path.name))
    _check(row)
    return {name: value for name, value in row.items() if value is not None}


def stem_of(name: str) -> str:
    """A file's name without its endings."""
    return re.sub(r"(\.(fits|fit|fts|asdf))(\.(gz|fz))?$", "", name, flags=re.IGNORECASE)


def missing_in(row: dict[str, Any]) -> list[str]:
    """The columns looked for that nothing was found for; for a place its footprint is enough."""
    return [name for name in LOOKED_FOR if row.get(name) is None]


def _check(row: dict[str, Any]) -> None:
    """Refuse positions that are not on the sky."""
    for name, least, most in (("s_ra", 0.0, 360.0), ("s_dec", -90.0, 90.0)):
        value = row.get(name)
        if value is not None and not least <= float(value) <= most:
            raise InvalidQueryError(f"its position is off the sky: {name} is {value}.")
    if (row.get("s_ra") is None) != (row.get("s_dec") is None):
        row["s_ra"] = row["s_dec"] = None


def _text(value: Any) -> str | None:
    return None if value is None or isinstance(value, bool) else str(value)


def _filters(headers: FileHeaders, given: Any) -> str | None:
    if isinstance(given, str) and not given.upper().startswith(("CLEAR", "NONE")):
        return given
    both = [headers.first(name) for name in ("FILTER1", "FILTER2", "PUPIL")]
    chosen = [name for name in both if name and not str(name).upper().startswith("CLEAR")]
    return ";".join(map(str, chosen)) or _text(given)


def _instrument(headers: FileHeaders, given: Any) -> str | None:
    """As MAST has it: Hubble's instruments with their detector."""
    detector = headers.first("DETECTOR")
    if given and isinstance(detector, str) and headers.first("TELESCOP") == "HST":
        return str(given) if detector == given else f"{given}/{detector}"
    return _text(given)


def _intent(headers: FileHeaders) -> str:
    kind = str(headers.first("IMAGETYP", "OBSTYPE", "EXP_TYPE", "OBS_TYPE") or "").upper()
    return "calibration" if kind.startswith(CALIBRATIONS) else "science"


def _product_type(headers: FileHeaders) -> str | None:
    for part in headers.parts:
        columns = [name.upper() for name in part.columns]
        if any(name in TIME_COLUMNS for name in columns) and len(columns) > 1:
            return "timeseries"
        if any(name.startswith(WAVE_COLUMNS) for name in columns):
            return "spectrum"
    images = [part for part in headers.parts if part.kind == "image"]
    if any(len(part.shape) == 3 and part.shape[2] > 3 for part in images):
        return "cube"
    if any(str(part.header.get("CTYPE1", "")).upper().startswith(WAVE_AXES) for part in images):
        return "spectrum"
    if images or any(name.startswith("meta.instrument") for name in headers.values):
        return "image"
    return None


# ------------------------------------------------------------------------------------ the place


def _place(headers: FileHeaders, row: dict[str, Any]) -> dict[str, Any]:
    """The footprint, and its middle or else the position that a keyword names."""
    region = _checked_region(row.get("s_region"))
    footprints = [] if region else list(_footprints(headers))
    if footprints:
        region = " ".join(text for text, _ in footprints)
        ra, dec = _middle([corner for _, corners in footprints for corner in corners])
        return {"s_region": region, "s_ra": ra, "s_dec": dec}
    named = {"s_ra": _angle(row.get("s_ra"), 15.0), "s_dec": _angle(row.get("s_dec"), 1.0)}
    return {"s_region": region, **named}


def _checked_region(text: Any) -> str | None:
    with suppress(ValueError):
        if isinstance(text, str):
            parse_region(text)
            return text
    return None


def _footprints(headers: FileHeaders) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Of each image with celestial coordinates: its polygon, and the corners of it."""
    images = [part for part in headers.parts if part.kind == "image" and part.shape[0] > 1]
    science = [part for part in images if part.name == "SCI"] or images
    for part in science[:MOST_REGIONS]:
        corners = _corners(part)
        if corners:
            numbers = " ".join(f"{ra:.8f} {dec:.8f}" for ra, dec in corners)
            text = f"POLYGON ICRS {numbers}"
            if _checked_region(text):
                yield text, corners


def _corners(part: Part) -> list[tuple[float, float]]:
    from astropy.io import fits
    from astropy.wcs import WCS

    header = fits.Header()
    for name, value in part.header.items():
        if name not in ("COMMENT", "HISTORY", "") and isinstance(value, str | int | float):
            with suppress(ValueError):
                header[name] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wcs = WCS(header, naxis=2)
            if not wcs.has_celestial:
                return []
            points = wcs.calc_footprint(axes=part.shape[:2])
        except Exception:  # wcslib and its wrapper raise a dozen kinds for a header that lies
            return []
    corners = [(float(ra) % 360.0, float(dec)) for ra, dec in points]
    return corners if all(ra == ra and abs(dec) <= 90 for ra, dec in corners) else []


def _middle(corners: list[tuple[float, float]]) -> tuple[float, float]:
    """The middle of some points, right across RA 0 and at the poles."""
    import numpy as np

    ra, dec = np.radians(np.array(corners)).T
    x, y, z = (np.cos(dec) * np.cos(ra)).sum(), (np.cos(dec) * np.sin(ra)).sum(), np.sin(dec).sum()
    middle_ra = float(np.degrees(np.arctan2(y, x))) % 360.0
    return round(middle_ra, 8), round(float(np.degrees(np.arctan2(z, np.hypot(x, y)))), 8)


def _angle(value: Any, scale: float) -> float | None:
    """Degrees: a number as it is, h:m:s or d:m:s by `scale`; anything else is refused."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if DECIMAL.fullmatch(text):
        return float(text)
    words = re.split(r"[:\shdms]+", text.strip())
    with suppress(ValueError):
        numbers = [float(word) for word in words if word]
        if 2 <= len(numbers) <= 3:
            size = sum(abs(number) / 60**power for power, number in enumerate(numbers))
            return (-size if text.startswith("-") else size) * scale
    raise InvalidQueryError(f"its position {text!r:.40} is neither degrees nor h:m:s.")


# ------------------------------------------------------------------------------------- the time


def _times(headers: FileHeaders, row: dict[str, Any]) -> dict[str, Any]:
    """Begin and end as MJD; the exposure in seconds."""
    start, end = _relative_days(headers)
    start = _mjd(row.get("t_min"), headers) if start is None else start
    end = _mjd(row.get("t_max"), headers) if end is None else end
    seconds = row.get("t_exptime")
    seconds = float(seconds) if isinstance(seconds, int | float) else _exposure(headers)
    if start is not None and (end is None or end < start):
        end = start + (seconds or 0.0) / 86400.0
    return {"t_min": start, "t_max": end, "t_exptime": seconds}


def _relative_days(headers: FileHeaders) -> tuple[float | None, float | None]:
    """Kepler and TESS: days since a barycentric Julian date."""
    zero = headers.first("BJDREFI")
    start, end = headers.first("TSTART"), headers.first("TSTOP")
    if not all(isinstance(value, int | float) for value in (zero, start, end)):
        return None, None
    first = float(zero) + float(headers.first("BJDREFF") or 0.0) - 2400000.5
    return first + float(start), first + float(end)


def _exposure(headers: FileHeaders) -> float | None:
    """Kepler and TESS note days of exposure."""
    days = headers.first("EXPOSURE")
    if isinstance(days, int | float):
        return float(days) * (86400.0 if headers.first("BJDREFI") is not None else 1.0)
    return None


def _mjd(value: Any, headers: FileHeaders) -> float | None:
    """A date as a Modified Julian Date; a date alone is joined with TIME-OBS."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) - (2400000.5 if value > 2400000 else 0.0)
    if DECIMAL.fullmatch(str(value)):
        return _mjd(float(value), headers)
    from astropy.time import Time

    text = str(value).strip()
    if old := re.fullmatch(r"(\d\d)/(\d\d)/(\d\d)", text):
        text = f"19{old[3]}-{old[2]}-{old[1]}"
    clock = headers.first("TIME-OBS", "UTSTART", "UT", "TIME-BEG")
    if len(text) == 10 and isinstance(clock, str) and re.match(r"\d\d?:\d\d", clock):
        text = f"{text}T{clock}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(Time(text, scale="utc").mjd)
        except ValueError:
            return None
