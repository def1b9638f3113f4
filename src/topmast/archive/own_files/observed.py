"""One observation out of the headers of a file: where, when, with what."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from topmast.archive.own_files.footprints import footprints_of, middle_of
from topmast.archive.own_files.headers import FileHeaders
from topmast.archive.own_files.mapping import HeaderMapping
from topmast.archive.store.column_values import column_values
from topmast.errors import InvalidQueryError
from topmast.sky import parse_region
from topmast.tables.dates import mjd_of
from topmast.tables.fields import OBSERVATION

LOOKED_FOR = ("obs_collection", "instrument_name", "filters", "target_name", "t_min", "s_ra")
"""What a user wants to know to be missing."""
FIELDS = {field.name: field for field in OBSERVATION}
TIME_COLUMNS = ("TIME", "BJD", "MJD", "JD", "TIMESTAMP")
WAVE_COLUMNS = ("WAVELENGTH", "WAVE", "LAMBDA", "LOGLAM", "FREQUENCY")
WAVE_AXES = ("WAVE", "AWAV", "FREQ", "ENER", "LAMBDA", "LINEAR")
CALIBRATIONS = ("BIAS", "DARK", "FLAT", "ARC", "LAMP", "COMP", "CAL", "WAVE", "ZERO")
ONLY_BAND = {"TESS": "TESS", "Kepler": "KEPLER", "K2": "KEPLER"}
"""Missions that see in one band and do not note it."""
SUFFIXES = re.compile(
    r"_(raw|flt|flc|crj|crc|drz|drc|x1d|x2d|s2d|s3d|sx1|sx2|uncal|rate|rateints|cal|i2d|lc|tp|"
    r"llc|slc|lpd-targ|spd-targ|llc|c1d|c0d|c0f|c1f|c0m|c1m)$",
    re.IGNORECASE,
)
DURATION = re.compile(
    r"(\d+\.?\d*(?:[eE][+-]?\d+)?)\s*(|s|secs?|seconds?|mins?|minutes?|hr?s?|hours?)", re.I
)
UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "hr": 3600.0, "hrs": 3600.0,
         "hs": 3600.0, "hou": 3600.0}  # fmt: skip
LAST_DAY = 200_000.0
"""An MJD of the year 2406."""
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
    row |= _times(headers, mapping)
    row |= dict(mapping.values)
    row["obs_id"] = row["obs_id"] or SUFFIXES.sub("", stem_of(headers.path.name))
    _check(row)
    return {name: value for name, value in row.items() if value is not None}


def checked_row(row: dict[str, Any]) -> None:
    """Refuse a value that does not fit its column, before any other file is put in with it."""
    for name, value in row.items():
        try:
            column_values([value], FIELDS[name], 0)
        except InvalidQueryError as problem:
            raise InvalidQueryError(str(problem).removeprefix("Row 1, ")) from problem


def stem_of(name: str) -> str:
    """A file's name without its endings."""
    return re.sub(r"(\.(fits|fit|fts|asdf))(\.(gz|fz))?$", "", name, flags=re.IGNORECASE)


def missing_in(row: dict[str, Any]) -> list[str]:
    """The columns looked for that nothing was found for; for a place its footprint is enough."""
    return [name for name in LOOKED_FOR if row.get(name) is None]


def _check(row: dict[str, Any]) -> None:
    """Refuse positions that are not on the sky."""
    for name, least, most in (("s_ra", -180.0, 360.0), ("s_dec", -90.0, 90.0)):
        value = row.get(name)
        if isinstance(value, str) and not DECIMAL.fullmatch(value):
            raise InvalidQueryError(f"{name} is a number of degrees, not {value!r:.40}.")
        if value is not None and not least <= float(value) <= most:
            raise InvalidQueryError(f"its position is off the sky: {name} is {value}.")
    if row.get("s_ra") is not None:
        row["s_ra"] = float(row["s_ra"]) % 360.0
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
    footprints = [] if region else list(footprints_of(headers))
    if footprints:
        region = " ".join(text for text, _ in footprints)
        middle = middle_of([direction for _, direction in footprints])
        return {"s_region": region, "s_ra": middle[0], "s_dec": middle[1]}
    ra, dec = _in_icrs(headers, _angle(row.get("s_ra"), 15.0), _angle(row.get("s_dec"), 1.0))
    return {"s_region": region, "s_ra": ra, "s_dec": dec}


def _in_icrs(
    headers: FileHeaders, ra: float | None, dec: float | None
) -> tuple[float | None, float | None]:
    """A position of the equinox 2000; the header tells if it is of another."""
    equinox = headers.first("EQUINOX", "EPOCH")
    system = str(headers.first("RADESYS", "RADECSYS") or "")
    if isinstance(equinox, str):
        equinox = float(equinox.lstrip("BJ")) if DECIMAL.fullmatch(equinox.lstrip("BJ")) else None
    year = equinox if isinstance(equinox, int | float) else 1950 if system == "FK4" else 2000
    if ra is None or dec is None or year == 2000 or not 1800 < year < 2200 or system == "ICRS":
        return ra, dec
    if not (-180 <= ra <= 360 and -90 <= dec <= 90):
        return ra, dec
    from astropy.coordinates import FK4, FK5, SkyCoord

    frame = FK4(equinox=f"B{year}") if year < 1984 else FK5(equinox=f"J{year}")
    place = SkyCoord(ra, dec, unit="deg", frame=frame).icrs
    return round(float(place.ra.deg), 8), round(float(place.dec.deg), 8)


def _checked_region(text: Any) -> str | None:
    with suppress(ValueError):
        if isinstance(text, str):
            parse_region(text)
            return text
    return None


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


def _times(headers: FileHeaders, mapping: HeaderMapping) -> dict[str, Any]:
    """Begin and end as MJD; the exposure in seconds."""
    start, end = _relative_days(headers)
    if start is None:
        start = _mjd(headers, mapping.keywords["t_min"])
    if end is None:
        end = _mjd(headers, mapping.keywords["t_max"])
    seconds = headers.first(*mapping.keywords["t_exptime"], reading=_seconds)
    seconds = _exposure(headers) if seconds is None else seconds
    if start is not None and (end is None or end < start):
        end = start + (seconds or 0.0) / 86400.0
    return {"t_min": start, "t_max": end, "t_exptime": seconds}


def _seconds(value: Any) -> float | None:
    """A duration: a number of seconds, or a text with its unit."""
    if isinstance(value, str):
        words = DURATION.fullmatch(value.strip())
        return float(words[1]) * UNITS[words[2].lower()[:3]] if words else None
    return None if isinstance(value, bool) or value < 0 else float(value)


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


def _mjd(headers: FileHeaders, keywords: tuple[str, ...]) -> float | None:
    """The first date as a Modified Julian Date; a date alone is joined with TIME-OBS."""
    clock = headers.first("TIME-OBS", "UTSTART", "UTC-OBS", "UT", "TIME-BEG")

    def read(value: Any) -> float | None:
        if isinstance(value, str) and not DECIMAL.fullmatch(value):
            return _mjd_of_text(value.strip(), clock)
        days = 0.0 if isinstance(value, bool) else float(value)
        days -= 2400000.5 if days > 2400000 else 0.0
        return days if 0 < days < LAST_DAY else None  # 0 stands for no date

    return headers.first(*keywords, reading=read)


def _mjd_of_text(text: str, clock: Any) -> float | None:
    if old := re.fullmatch(r"(\d\d)/(\d\d)/(\d\d)", text):  # of before 2000
        text = f"19{old[3]}-{old[2]}-{old[1]}"
    if re.match(r"\d{4}/\d\d/\d\d", text):
        text = text.replace("/", "-")
    if len(text) == 10 and isinstance(clock, str) and re.match(r"\d\d:\d\d", clock):
        text = f"{text}T{clock}"
    with suppress(ValueError):
        return mjd_of(text)
    return None
