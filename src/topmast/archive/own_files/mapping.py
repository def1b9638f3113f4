"""Which header keywords fill which column of an observation, and what the user wants otherwise."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from topmast.archive.store.column_values import column_values
from topmast.errors import InvalidQueryError, did_you_mean
from topmast.tables.fields import OBSERVATION

KEYWORDS: dict[str, tuple[str, ...]] = {
    "obs_collection": ("MISSION", "TELESCOP", "OBSERVAT", "meta.telescope"),
    "instrument_name": ("INSTRUME", "CAMERA", "meta.instrument.name"),
    "filters": ("FILTER", "FILTNAM1", "FILTERS", "BAND", "meta.instrument.optical_element"),
    "target_name": ("TARGNAME", "TARGPROP", "OBJECT", "meta.target.catalog_name"),
    "obs_id": ("ROOTNAME", "OBS_ID"),
    "obs_title": ("TITLE", "meta.program.title"),
    "proposal_id": ("PROPOSID", "PROGRAM", "PROPID", "PROG_ID", "meta.observation.program"),
    "proposal_pi": ("PI_NAME", "PR_INV_L", "PINAME", "meta.program.investigator_name"),
    "s_ra": ("RA_TARG", "RA_OBJ", "TARG_RA", "OBJRA", "OBJCTRA", "RA", "meta.wcsinfo.ra_ref",
             "meta.pointing.ra_v1"),
    "s_dec": ("DEC_TARG", "DEC_OBJ", "TARG_DEC", "OBJDEC", "OBJCTDEC", "DEC",
              "meta.wcsinfo.dec_ref", "meta.pointing.dec_v1"),
    "s_region": ("S_REGION", "meta.wcsinfo.s_region"),
    "t_min": ("EXPSTART", "MJD-BEG", "MJD-OBS", "MJD_OBS", "DATE-BEG", "DATE-OBS", "DATE_OBS",
              "MJD", "JD-OBS", "JD", "JD_UTC",
              "meta.exposure.start_time"),
    "t_max": ("EXPEND", "MJD-END", "MJD_END", "DATE-END", "DATE_END", "meta.exposure.end_time"),
    "t_exptime": ("EXPTIME", "TEXPTIME", "EFFEXPTM", "XPOSURE", "meta.exposure.exposure_time"),
    "provenance_name": ("PROVNAME", "HLSPNAME", "HLSPID"),
    "calib_level": ("CALLEVEL",),
}  # fmt: skip
"""Of each column the keywords in the order in which they are believed."""

COLUMNS = {field.name for field in OBSERVATION} - {"objID", "obsid", "dataURL", "jpegURL"}


@dataclass(frozen=True, slots=True)
class HeaderMapping:
    """Keywords by column, and values that hold for every file."""

    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: KEYWORDS)
    values: Mapping[str, Any] = field(default_factory=dict)


def make_mapping(
    source: str | Path | Mapping[str, Any] | None = None, values: Mapping[str, Any] | None = None
) -> HeaderMapping:
    """The usual mapping with what the user wants otherwise.

    Parameters
    ----------
    source : path or dict, optional
        A TOML file, or its content: ``target_name = "OBJNAME"`` names the keyword that fills a
        column, ``filters = ["FILT", "FILTER"]`` several in their order.
    values : dict, optional
        Values by column, for every file.

    Raises
    ------
    InvalidQueryError
        For a column that observations do not have, or a file that is no TOML.
    """
    given = _read(Path(source).expanduser()) if isinstance(source, str | Path) else source or {}
    keywords = dict(KEYWORDS)
    for name, wanted in given.items():
        listed = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise InvalidQueryError(
                f"The mapping names a keyword or a list of them for {name}, not {wanted!r:.60}."
            )
        keywords[_column(name)] = (*listed, *KEYWORDS.get(name, ()))
    return HeaderMapping(keywords, {name: _value(name, v) for name, v in (values or {}).items()})


def _value(name: str, value: Any) -> Any:
    """A value for every file, as its column has it."""
    _column(name)
    field = next(field for field in OBSERVATION if field.name == name)
    try:
        (checked,) = column_values([value], field, 0)
    except InvalidQueryError as problem:
        raise InvalidQueryError(str(problem).removeprefix("Row 1, ")) from problem
    if checked is None:
        raise InvalidQueryError(f"{name} needs a value; it has {value!r:.40}.")
    return checked


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InvalidQueryError(f"The mapping {path} cannot be read: {problem}") from problem


def _column(name: str) -> str:
    if name not in COLUMNS:
        raise InvalidQueryError(
            f"Observations have no column {name!r} that could be set.{did_you_mean(name, COLUMNS)}"
        )
    return name
