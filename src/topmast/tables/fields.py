"""The columns of observations and of products: names, types, units and meaning.

One row a column, in the order in which MAST sends them today. The archive serves its answers
and its column configuration from these rows; the client falls back on them for units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a MAST service.

    `type` is the type word of the wire (string, int, float, boolean); `unit` is in astropy's
    spelling; `separator` splits the stored text into elements that each match a filter;
    `label`, `description` and `example` are what `get_metadata` shows.
    """

    name: str
    type: str
    label: str
    description: str
    unit: str = ""
    example: str = ""
    separator: str = ""
    wire_unit: str = ""
    datatype: str = ""
    ucd: str = ""

    @property
    def continuous(self) -> bool:
        """Whether criteria on this column are ranges."""
        return self.type == "float"


S, I, F, B = "string", "int", "float", "boolean"  # noqa: E741
MJD = "Shown as a date in the portal, searched as MJD"

OBSERVATION: tuple[Field, ...] = (
    Field(
        "intentType",
        S,
        "Observation Type",
        "Science or calibration",
        example="Valid values: science, calibration",
    ),
    Field(
        "obs_collection",
        S,
        "Mission",
        "Collection the observation belongs to",
        example="E.g. SWIFT, PS1, HST, IUE",
        separator=";",
        ucd="meta.id",
    ),
    Field(
        "provenance_name",
        S,
        "Provenance Name",
        "Pipeline or project that made the data",
        example="E.g. TASOC, CALSTIS, PS1",
    ),
    Field(
        "instrument_name",
        S,
        "Instrument",
        "Instrument, with its mode or detector",
        example="E.g. WFPC2/WFC, UVOT, STIS/CCD",
        ucd="instr",
    ),
    Field(
        "project",
        S,
        "Project",
        "Processing project",
        example="E.g. HST, HLA, EUVE, hlsp_legus",
        separator=";",
        ucd="meta.title",
    ),
    Field(
        "filters",
        S,
        "Filters",
        "Instrument filters",
        example="F469N, NUV, FUV, LOW DISP, MIRROR",
        separator=";",
        ucd="instr.filter",
    ),
    Field(
        "wavelength_region",
        S,
        "Waveband",
        "Energy band",
        example="EUV, XRAY, OPTICAL",
        separator=";",
        ucd="em",
    ),
    Field(
        "target_name", S, "Target Name", "Name of the target", example="E.g. M101", ucd="meta.id"
    ),
    Field(
        "target_classification",
        S,
        "Target Classification",
        "Kind of target",
        example="E.g. GALAXY;SPIRAL",
        separator=";",
        ucd="src.class",
    ),
    Field(
        "obs_id",
        S,
        "Observation ID",
        "Identifier given by the mission",
        example="U24Z0101T, N4QF18030",
        ucd="meta.id",
    ),
    Field(
        "s_ra",
        F,
        "RA",
        "Right ascension",
        unit="deg",
        wire_unit="deg",
        datatype="double",
        example="Searched in decimal degrees",
        ucd="pos.eq.ra",
    ),
    Field(
        "s_dec",
        F,
        "Dec",
        "Declination",
        unit="deg",
        wire_unit="deg",
        datatype="double",
        example="Searched in decimal degrees",
        ucd="pos.eq.dec",
    ),
    Field(
        "dataproduct_type",
        S,
        "Product Type",
        "Kind of data",
        example="Valid values: image, spectrum, sed, timeseries, visibility, eventlist, cube, "
        "catalog, engineering, null",
        ucd="meta.id",
    ),
    Field(
        "proposal_pi",
        S,
        "Principal Investigator",
        "Principal investigator, last name first",
        example="E.g. Osten, Rachel A.",
        ucd="meta.id.PI",
    ),
    Field(
        "calib_level",
        I,
        "Calibration Level",
        "How far the data are calibrated",
        example="0 = raw, 1 = uncalibrated, 2 = calibrated, 3 = science product, "
        "4 = contributed science product",
        ucd="meta.code",
    ),
    Field(
        "t_min",
        F,
        "Start Time",
        "Start of the observation",
        unit="d",
        wire_unit="MJD",
        datatype="double",
        example=MJD,
        ucd="time.start",
    ),
    Field(
        "t_max",
        F,
        "End Time",
        "End of the observation",
        unit="d",
        wire_unit="MJD",
        datatype="double",
        example=MJD,
        ucd="time.end",
    ),
    Field(
        "t_exptime",
        F,
        "Exposure Length",
        "Exposure time",
        unit="s",
        wire_unit="sec",
        datatype="double",
        ucd="time.duration;obs.exposure",
    ),
    Field(
        "em_min",
        F,
        "Min. Wavelength",
        "Shortest wavelength",
        unit="nm",
        wire_unit="nm",
        datatype="double",
        ucd="em.wl;stat.min",
    ),
    Field(
        "em_max",
        F,
        "Max. Wavelength",
        "Longest wavelength",
        unit="nm",
        wire_unit="nm",
        datatype="double",
        ucd="em.wl;stat.max",
    ),
    Field("obs_title", S, "Observation Title", "Title of the proposal", ucd="meta.title"),
    Field(
        "t_obs_release",
        F,
        "Release Date",
        "Date on which the data become public",
        unit="d",
        wire_unit="MJD",
        datatype="double",
        example=MJD,
        ucd="time.release",
    ),
    Field("proposal_id", S, "Proposal ID", "Proposal number", ucd="meta.id"),
    Field("proposal_type", S, "Proposal Type", "Kind of proposal", example="E.g. 3PI, GO, GO/DD"),
    Field("sequence_number", I, "Sequence Number", "Kepler quarter, K2 campaign or TESS sector"),
    Field(
        "s_region",
        S,
        "s_region",
        "Footprint on the sky, as STC-S text",
        wire_unit="ICRS Shape",
        example="E.g. CIRCLE ICRS 17.7 -58.4 0.625",
        ucd="phys.outline;obs.field",
    ),
    Field("jpegURL", S, "jpegURL", "Address of a preview image", ucd="meta.ref.url"),
    Field("dataURL", S, "Data URL", "Address of the main data file", ucd="meta.ref.url"),
    Field(
        "dataRights",
        S,
        "Data Rights",
        "Who may fetch the data",
        example="Valid values: PUBLIC, EXCLUSIVE_ACCESS, RESTRICTED",
    ),
    Field(
        "mtFlag",
        B,
        "Moving Target",
        "Whether the target moves",
        example="If true, the target moves",
    ),
    Field(
        "srcDen",
        F,
        "Number of Catalog Objects",
        "Catalogued objects in the field",
        datatype="double",
    ),
    Field(
        "obsid",
        S,
        "Product Group ID",
        "Database key that product lists are asked for by",
        example="Long integer, e.g. 2007590987",
        datatype="long",
        ucd="meta.id",
    ),
    Field(
        "objID",
        S,
        "Object ID",
        "Key of the observation at this calibration level",
        example="Long integer, e.g. 2012969445",
        datatype="long",
        ucd="meta.id",
    ),
)

OBJ_ID1 = Field("objID1", S, "Object ID1", "The same key once more", datatype="long")
DISTANCE = Field(
    "distance",
    F,
    "Distance (arcsec)",
    "From the searched position to the nearest point of the footprint, 0 inside it",
    unit="arcsec",
    wire_unit="arcsec",
    datatype="float",
    ucd="pos.angDistance",
)
SELECTED = Field("_selected_", B, "selected", "Used by the portal's own page")

CONE: tuple[Field, ...] = (*(f for f in OBSERVATION if f.name != "objID"), DISTANCE)
"""What Mast.Caom.Cone answers."""
FILTERED: tuple[Field, ...] = OBSERVATION
"""What Mast.Caom.Filtered answers."""
POSITION: tuple[Field, ...] = (*OBSERVATION, OBJ_ID1, DISTANCE)
"""What Mast.Caom.Filtered.Position answers."""

PRODUCT: tuple[Field, ...] = (
    Field(
        "obsID",
        S,
        "Product Group ID",
        "Product group that the file belongs to",
        example="Long integer, e.g. 2007590987",
        datatype="long",
    ),
    Field("obs_collection", S, "Mission", "Collection", example="E.g. HST, HLA, IUE"),
    Field("dataproduct_type", S, "Product Type", "Kind of data", example="E.g. image, spectrum"),
    Field("obs_id", S, "Observation ID", "Identifier given by the mission; names the folder"),
    Field("description", S, "Description", "What the file holds"),
    Field("type", S, "Type", "Simple or composite observation", example="S or C"),
    Field(
        "dataURI",
        S,
        "Data URI",
        "Identifier by which the file is fetched",
        example="mast:HST/product/u24r0102t/u24r0102t_c1f.fits",
    ),
    Field(
        "productType",
        S,
        "Product Type",
        "Role of the file",
        example="Valid values: SCIENCE, CALIBRATION, BIAS, DARK, FLAT, WAVECAL, NOISE, WEIGHT, "
        "AUXILIARY, INFO, CATALOG, LIGHTCURVE, TARGETPIXELS, CUTOUTS, PREVIEW, THUMBNAIL",
    ),
    Field(
        "productGroupDescription",
        S,
        "Product Group",
        "Group of the file",
        example="Minimum Recommended Products",
    ),
    Field(
        "productSubGroupDescription",
        S,
        "Product Subgroup",
        "Suffix of the file",
        example="E.g. FLT, RAW, DRZ",
    ),
    Field("productDocumentationURL", S, "Documentation", "Where the product is described"),
    Field("project", S, "Project", "Processing project", example="E.g. CALWFC3, HAP-SVM"),
    Field("prvversion", S, "Version", "Version of the pipeline"),
    Field("proposal_id", S, "Proposal ID", "Proposal number"),
    Field("productFilename", S, "Filename", "Name of the file"),
    Field("size", I, "Size", "Size of the file", unit="byte", wire_unit="bytes", datatype="long"),
    Field(
        "parent_obsid",
        S,
        "Parent Product Group ID",
        "The obsid that was asked for",
        datatype="long",
    ),
    Field(
        "dataRights",
        S,
        "Data Rights",
        "Who may fetch the file",
        example="Valid values: PUBLIC, EXCLUSIVE_ACCESS, RESTRICTED",
    ),
    Field(
        "calib_level",
        I,
        "Calibration Level",
        "How far the data are calibrated",
        example="0 = raw, 1 = uncalibrated, 2 = calibrated, 3 = science product, "
        "4 = contributed science product",
    ),
    Field("filters", S, "Filters", "Instrument filters", example="F469N, NUV, FUV, LOW DISP"),
)


def config_of(field: Field) -> dict[str, Any]:
    """The column configuration entry that MAST serves for `field`."""
    datatypes = {S: "char", I: "int", F: "double", B: "boolean"}
    entry: dict[str, Any] = {"text": field.label}
    if field.wire_unit:
        entry["unit"] = field.wire_unit
    if field.separator:
        entry["separator"] = field.separator
    entry["vot.datatype"] = field.datatype or datatypes[field.type]
    if field.unit and field.unit != field.wire_unit:
        entry["vot.unit"] = field.unit
    if field.ucd:
        entry["vot.ucd"] = field.ucd
    entry["vot.ID"] = entry["vot.name"] = field.name
    entry["vot.description"] = field.description
    if field.example:
        entry["example"] = field.example
    return entry


def columns_config(fields: tuple[Field, ...]) -> dict[str, dict[str, Any]]:
    """The answer to ``columnsconfig`` for a service with these columns."""
    selected = {"text": "selected", "add": True, "type": "boolean", "hidden": True, "remove": True}
    return {SELECTED.name: selected} | {field.name: config_of(field) for field in fields}
