"""What the mission search of the sample finds: HST and JWST from its observations, and others.

The tables of HST and JWST are made from the observations and products that the archive has
already, under the names that the mission search has for their columns; their files are those of
the products. The others are invented, see roman.py and high_level.py.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.sample.high_level import MissionSample, classy, hubble, ullyses, webb
from topmast.sample.roman import roman_datasets
from topmast.wire.mission_lists import MissionColumn

if TYPE_CHECKING:
    from topmast.archive import Archive

Row = Mapping[str, Any]
Progress = Callable[[str, int], None]

EXPOSURE = re.compile(r"(jw\d{11}_\d{5}_\d{5})_\w+")
JWST_OBSERVATION = re.compile(r"jw\d{5}(?:-o|)(\d{3})(\d{3})?")
DATATYPES = {"integer": "long", "boolean": "long", "float": "float", "ra": "double",
             "dec": "double"}  # fmt: skip
MJD_ZERO = datetime(1858, 11, 17)
MODIFIED = 1577836800
"""All files are as of 2020-01-01, as the others of the sample."""
IDENTIFIERS = ("sci_data_set_name", "fileSetName", "Target", "observation_id")
TARGETS = ("sci_targname", "targprop", "target_name_ullyses")


def build_missions(archive: Archive, progress: Progress | None = None) -> None:
    """Put the missions of the mission search into `archive`, which has its observations."""
    for name, collection, make in (("hst", "HST", hst_row), ("jwst", "JWST", jwst_row)):
        observations = _rows_of(archive, "observations", collection)
        products = _rows_of(archive, "products", collection)
        _put(archive, name, *_tables(observations, products, make))
        if progress:
            progress("missions", len(observations))
    for name, make_sample in WITH_FILES:
        _put_with_files(archive, name, make_sample())


def _put(
    archive: Archive,
    name: str,
    datasets: list[dict[str, Any]],
    products: list[dict[str, Any]],
    files: Path | None = None,
) -> None:
    columns = mission_columns(name)
    archive.ingest_mission(
        name,
        datasets_table(datasets, columns),
        products,
        files,
        columns=columns,
        sort_by=[each.name for each in columns if each.name in (*TARGETS, *IDENTIFIERS)],
    )


def datasets_table(rows: list[dict[str, Any]], columns: Iterable[MissionColumn]) -> dict[str, Any]:
    """The rows as columns, each None masked."""
    from astropy.table import MaskedColumn

    nothing = {"integer": 0, "boolean": 0, "float": 0.0, "ra": 0.0, "dec": 0.0}
    table = {}
    for column in columns:
        values = [row.get(column.name) for row in rows]
        fill = nothing.get(column.kind, "")
        filled = [fill if value is None else value for value in values]
        table[column.name] = MaskedColumn(filled, mask=[value is None for value in values])
    return table


@cache
def mission_columns(mission: str) -> tuple[MissionColumn, ...]:
    """The columns that mission_columns.csv lists for a mission."""
    path = Path(__file__).with_name("mission_columns.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["mission"] == mission]
    return tuple(
        MissionColumn(
            row["name"],
            row["kind"],
            row["label"],
            row["description"],
            DATATYPES.get(row["kind"], "char"),
            in_default=row["default"] == "yes",
            indexed=row["name"] in IDENTIFIERS,
        )
        for row in rows
    )


# ------------------------------------------------------------------ from the observations


def _rows_of(archive: Archive, table: str, collection: str) -> list[dict[str, Any]]:
    order = {"observations": "number", "products": "parent_obsid, number"}[table]
    with archive.store.reading() as connection:
        found = connection.execute(
            f"SELECT * FROM {table} WHERE obs_collection = ? ORDER BY {order}", (collection,)
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]


def _tables(
    observations: list[dict[str, Any]],
    products: list[dict[str, Any]],
    make: Callable[[Row], dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Datasets and products; observations of one dataset become one row."""
    datasets: dict[str, dict[str, Any]] = {}
    dataset_of: dict[int, str] = {}
    instruments: dict[str, str] = {}
    for observation in observations:
        name = dataset_name(observation)
        dataset_of.setdefault(observation["obsid"], name)
        datasets.setdefault(name, make(observation))
        instruments.setdefault(name, _instrument(observation))
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for product in products:
        dataset = dataset_of.get(product["parent_obsid"])
        if dataset is not None:
            row = product_row(product, dataset, instruments[dataset])
            rows.setdefault((dataset, row["filename"]), row)
    return list(datasets.values()), list(rows.values())


def dataset_name(observation: Row) -> str:
    """The dataset that an observation is of: one exposure of all detectors together, for JWST."""
    obs_id = str(observation["obs_id"])
    if observation["obs_collection"] == "HST":
        return obs_id.upper()
    exposure = EXPOSURE.fullmatch(obs_id)
    return exposure[1] if exposure else obs_id


def hst_row(observation: Row) -> dict[str, Any]:
    """An observation under the columns of HST's mission search."""
    low, high = observation["em_min"], observation["em_max"]
    detector = str(observation["instrument_name"]).rpartition("/")[2]
    spectrum = observation["dataproduct_type"] == "spectrum"
    return {
        "sci_data_set_name": dataset_name(observation),
        "sci_targname": _upper(observation["target_name"]),
        "sci_hapnum": int(str(observation["obs_id"]).startswith("hst_")),
        "sci_haspnum": int(spectrum),
        "sci_instrume": _instrument(observation),
        "sci_aper_1234": detector,
        "sci_spec_1234": observation["filters"],
        "sci_actual_duration": observation["t_exptime"],
        "sci_start_time": _time(observation["t_min"]),
        "sci_pep_id": _number(observation["proposal_id"]),
        "sci_pi_last_name": _upper(observation["proposal_pi"]).partition(",")[0],
        "sci_ra": observation["s_ra"],
        "sci_dec": observation["s_dec"],
        "sci_target_descrip": observation["target_classification"],
        "sci_broad_category": (observation["target_classification"] or "").partition(";")[0],
        "sci_refnum": observation["obsid"] % 7,
        "sci_instrument_config": observation["instrument_name"],
        "sci_spectrum_start": None if low is None else low * 10,
        "sci_spectrum_end": None if high is None else high * 10,
        "sci_central_wavelength": None if low is None or high is None else (low + high) * 5,
        "sci_mtflag": "T" if observation["mtFlag"] else "F",
        "sci_release_date": _time(observation["t_obs_release"]),
        "sci_stop_time": _time(observation["t_max"]),
        "sci_aec": "S" if observation["intentType"] == "science" else "C",
        "sci_preview_name": dataset_name(observation),
        "sci_obs_type": "SPECTRUM" if spectrum else "IMAGE",
        "sci_status": "PUBLIC" if observation["dataRights"] == "PUBLIC" else "PROPRIETARY",
    }


KINDS = {"image": "IMAGE", "spectrum": "FIXEDSLIT", "cube": "IFU"}
PREFIXES = {"NIRCAM": "NRC", "NIRSPEC": "NRS", "MIRI": "MIR", "NIRISS": "NIS", "FGS": "FGS"}


def jwst_row(observation: Row) -> dict[str, Any]:
    """An observation under the columns of JWST's mission search."""
    instrument = _instrument(observation)
    numbers = JWST_OBSERVATION.match(str(observation["obs_id"]))
    kind = KINDS.get(str(observation["dataproduct_type"]), "OTHER")
    cycle = _number(observation["proposal_id"])
    return {
        "ArchiveFileID": observation["objID"],
        "fileSetName": dataset_name(observation),
        "productLevel": "3" if observation["calib_level"] == 3 else "1b, 2a, 2b",
        "targprop": observation["target_name"],
        "targ_ra": observation["s_ra"],
        "targ_dec": observation["s_dec"],
        "instrume": instrument,
        "exp_type": f"{PREFIXES.get(instrument, instrument)}_{kind}",
        "opticalElements": observation["filters"],
        "date_obs": _time(observation["t_min"]),
        "duration": observation["t_exptime"],
        "program": _number(observation["proposal_id"]),
        "observtn": int(numbers[1]) if numbers else None,
        "visit": int(numbers[2]) if numbers and numbers[2] else None,
        "publicReleaseDate": _time(observation["t_obs_release"]),
        "pi_name": observation["proposal_pi"],
        "proposal_type": observation["proposal_type"],
        "proposal_cycle": None if cycle is None else max(1, cycle // 2000),
        "targtype": "MOVING" if observation["mtFlag"] else "FIXED",
        "title": observation["obs_title"],
        "s_region": observation["s_region"],
        "access": observation["dataRights"],
    }


def product_row(product: Row, dataset: str, instrument: str) -> dict[str, Any]:
    """A product as the mission search lists it."""
    name = product["productFilename"]
    suffix = (product["productSubGroupDescription"] or "").upper()
    access = "PUBLIC" if product["dataRights"] == "PUBLIC" else "EXCLUSIVE_ACCESS"
    level = product["calib_level"] or 0
    calibrated = "CALIBRATED" if level > 1 else "UNCALIBRATED"
    science = product["productType"] == "SCIENCE"
    return {
        "product_key": f"{dataset}_{name}",
        "access": access,
        "dataset": dataset,
        "instrument_name": instrument,
        "filters": product["filters"] or "",
        "filename": name,
        "uri": f"{dataset}/{name}",
        "authz_primary_identifier": dataset,
        "authz_secondary_identifier": suffix,
        "file_suffix": suffix,
        "category": calibrated if science else "AUX",
        "size": product["size"],
        "type": "science" if science else "other",
        "dataURI": product["dataURI"],
    }


def _instrument(observation: Row) -> str:
    return str(observation["instrument_name"]).partition("/")[0]


def _upper(text: str | None) -> str:
    return (text or "").upper()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _time(mjd: float | None) -> str | None:
    if mjd is None:
        return None
    return (MJD_ZERO + timedelta(days=mjd)).isoformat(timespec="milliseconds")


# -------------------------------------------------------------------- with files of their own


def _put_with_files(archive: Archive, name: str, sample: MissionSample) -> None:
    """Put in a mission whose files are made here, by way of a folder beside the archive's own."""
    folder = archive.folder / "mission-files"
    folder.mkdir()
    try:
        for file_name, content in sample.files.items():
            (folder / file_name).write_bytes(content)
            os.utime(folder / file_name, (MODIFIED, MODIFIED))
        _put(archive, name, sample.datasets, sample.products, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def roman() -> MissionSample:
    """All datasets of Roman."""
    datasets = list(roman_datasets())
    return MissionSample(
        [dataset.row for dataset in datasets],
        [product for dataset in datasets for product in dataset.products],
        {name: content for each in datasets for name, content in each.files.items()},
    )


WITH_FILES: tuple[tuple[str, Callable[[], MissionSample]], ...] = (
    ("hst", hubble),
    ("jwst", webb),
    ("classy", classy),
    ("ullyses", ullyses),
    ("roman", roman),
)
"""Missions, in the order in which they are put in, and what makes their datasets and files."""
