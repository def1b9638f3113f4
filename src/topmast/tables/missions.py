"""The missions that MAST's mission search knows, one row each, and the units of their columns."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mission:
    """One mission of the mission search.

    `dataset_keyword` is the column that names a dataset, "" where nobody has told it.
    `has_own_files` is true where the mission's own address serves its products, by names; the
    products of the others are fetched by their URI. `default_columns` are asked for by name,
    because the server's own choice lacks the dataset.
    """

    name: str
    dataset_keyword: str = ""
    has_own_files: bool = False
    default_columns: tuple[str, ...] = ()


ULLYSES_COLUMNS = (
    "target_name_ullyses", "target_classification", "targ_ra", "targ_dec", "host_galaxy_name",
    "spectral_type", "bmv0_mag", "u_mag", "b_mag", "v_mag", "gaia_g_mean_mag", "star_mass",
    "instrument", "grating", "filter", "observation_id",
)  # fmt: skip

MISSIONS: dict[str, Mission] = {
    mission.name: mission
    for mission in (
        Mission("hst", "sci_data_set_name", True),
        Mission("jwst", "fileSetName", True),
        Mission("classy", "Target"),
        Mission("ullyses", "observation_id", default_columns=ULLYSES_COLUMNS),
        Mission("iue", "iue_data_id"),
        Mission("roman", "fileSetName", True),
        Mission("roman_spectra", "fileSetName", True),
        Mission("roman_cgi", "fileSetName", True),
    )
}
"""What is known beforehand; any other mission that a server lists works as well."""


def find_mission(name: str) -> Mission:
    """What is known of a mission, in any letter case; little of one that is not in the table."""
    return MISSIONS.get(name.lower()) or Mission(name.lower())


def without_python_suffix(name: str) -> str:
    """``pass`` for ``pass_id`` and ``pass_``: a word of Python cannot name an argument."""
    plain = name.removesuffix("_id").removesuffix("_")
    return plain if keyword.iskeyword(plain) else name


UNITS_OF_TYPES = {"ra": "deg", "dec": "deg"}
UNIT_WORDS = (
    (r"angstroms?/pixel", "Angstrom / pix"),
    (r"\(arcsec/pixel\)", "arcsec / pix"),
    (r"in angstroms?\b", "Angstrom"),
    (r"in (units of )?sec(onds)?\b|\(seconds\)", "s"),
    (r"in units of microsec\b", "us"),
    (r"in degrees|units of degrees", "deg"),
    (r"\(arcsec(onds)?\)", "arcsec"),
    (r"\(arcmin(utes)?\)", "arcmin"),
    (r"modified julian date|as mjd", "d"),
)
"""Words of a column's description, and the unit that they say; the first that is there counts."""

ANGULAR_SEPARATION = "ang_sep"


def unit_of(name: str, kind: str, description: str) -> str:
    """The unit of a column of numbers, as its type or its description tells it; "" if none does."""
    if name == ANGULAR_SEPARATION:
        return "arcmin"
    if kind in UNITS_OF_TYPES:
        return UNITS_OF_TYPES[kind]
    if kind != "float":
        return ""
    text = description.lower()
    return next((unit for words, unit in UNIT_WORDS if re.search(words, text)), "")
