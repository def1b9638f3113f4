"""The Hubble Source Catalog: one row a source, with three columns for every filter.

MAST sends the columns of those filters alone in which some source of the answer was seen.
"""

# ruff: noqa: E501  (one column a line)

from __future__ import annotations

from topmast.tables.catalogs.reading import read_fields
from topmast.tables.fields import Field

BASE = read_fields("""
MatchID          | long   |        | meta.id;meta.main           | Identifier of the source
Distance         | float  | arcmin | pos.angDistance             | Distance from the searched position
MatchRA          | float  | deg    | pos.eq.ra;meta.main         | Right ascension, mean of all detections
MatchDec         | float  | deg    | pos.eq.dec;meta.main        | Declination, mean of all detections
DSigma           | float  | mas    | stat.stdev;pos              | Scatter of the detections around the mean position
AbsCorr          | string |        | meta.code                   | Y where the astrometry was put on an outer reference
NumFilters       | int    |        | meta.number                 | Filters in which the source was seen
NumVisits        | int    |        | meta.number                 | Visits in which the source was seen
NumImages        | int    |        | meta.number                 | Images on which the source was seen
StartTime        | string |        | time.start                  | Start of the first exposure, milliseconds since 1970
StopTime         | string |        | time.end                    | End of the last exposure, milliseconds since 1970
StartMJD         | float  | d      | time.start                  | Start of the first exposure, MJD
StopMJD          | float  | d      | time.end                    | End of the last exposure, MJD
TargetName       | string |        | meta.id                     | Target of an image that shows the source
CI               | float  | mag    | phys.angSize                | Concentration: magnitude within 1 pixel minus within 3
CI_Sigma         | float  | mag    | stat.stdev;phys.angSize     | Scatter of the concentration
KronRadius       | float  | arcsec | phys.angSize                | Kron radius
KronRadius_Sigma | float  | arcsec | stat.stdev;phys.angSize     | Scatter of the Kron radius
Extinction       | float  | mag    | phot.color.excess           | Galactic colour excess E(B-V) in this direction
SpectrumFlag     | string |        | meta.code                   | Y where there is a spectrum
""")
DISTANCE = BASE[1]

CAMERAS = {
    "A": ("ACS/WFC", "F435W F475W F502N F550M F555W F606W F625W F658N F660N F775W F814W F850LP"),
    "W2": (
        "WFPC2",
        "F170W F185W F218W F255W F300W F336W F380W F410M F439W F450W F467M F502N F547M F555W F569W "
        "F588N F606W F622W F631N F656N F658N F673N F675W F702W F785LP F791W F814W F850LP F1042M",
    ),
    "W3": (
        "WFC3",
        "F218W F225W F275W F336W F390W F438W F467M F475W F475X F487N F502N F547M F555W F600LP F606W "
        "F625W F656N F657N F658N F673N F689M F763M F775W F814W F845M F850LP F953N F098M F105W F110W "
        "F125W F126N F127M F128N F130N F132N F139M F140W F153M F160W F164N F167N",
    ),
}
LONGEST_INFRARED = 200


def nanometres(camera: str, filter_name: str) -> int:
    """The wavelength in a filter's name; WFC3's infrared channel counts in tens."""
    number = int("".join(letter for letter in filter_name if letter.isdigit()))
    return 10 * number if camera == "W3" and number < LONGEST_INFRARED else number


FILTERS: tuple[str, ...] = tuple(
    f"{camera}_{name}"
    for _, camera, name in sorted(
        (nanometres(camera, name), camera, name)
        for camera, (_, names) in CAMERAS.items()
        for name in names.split()
    )
)
"""All of them by wavelength, those of ACS before those of WFPC2 and WFC3."""


def _band(nm: int) -> str:
    bands = (
        (300, "em.UV"),
        (400, "em.opt.U"),
        (500, "em.opt.B"),
        (600, "em.opt.V"),
        (750, "em.opt.R"),
        (1000, "em.opt.I"),
    )
    return next((word for longest, word in bands if nm < longest), "em.IR.NIR")


def columns_of_filter(name: str) -> tuple[Field, Field, Field]:
    """Magnitude, scatter and number of detections in one filter, such as ``W3_F160W``."""
    camera, _, filter_name = name.partition("_")
    where = f"in {CAMERAS[camera][0]} {filter_name}"
    band = _band(nanometres(camera, filter_name))
    magnitude, scatter, number = read_fields(f"""
{name}     | float | mag | phot.mag;{band}            | Magnitude (AB) {where}
{name}_MAD | float | mag | stat.stdev;phot.mag;{band} | Median absolute deviation of the magnitudes {where}
{name}_N   | int   |     | meta.number                | Detections {where}
""")
    return magnitude, scatter, number


SUMMARY = (*BASE, *(field for name in FILTERS for field in columns_of_filter(name)))


def _auto(field: Field) -> Field:
    name, mad, _ = field.name.partition("_MAD")
    return Field(
        f"{name}_Auto{mad}",
        field.type,
        field.name,
        f"{field.description}, in the elliptical aperture",
        unit=field.unit,
        wire_unit=field.wire_unit,
        datatype=field.datatype,
        ucd=field.ucd,
    )


AUTO = {
    field.name: _auto(field)
    for name in FILTERS
    for field in columns_of_filter(name)
    if not field.name.endswith("_N")
}
"""For each magnitude (MagAper2) and its scatter the column that holds MagAuto in its place."""

STORED = (*SUMMARY, *AUTO.values())
