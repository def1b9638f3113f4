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
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.sample.high_level import TABLES, MissionSample, high_level, hubble, webb
from topmast.sample.roman import roman
from topmast.sample.templates import fill_row
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
    is_spectrum = observation["dataproduct_type"] == "spectrum"
    values = _values(observation) | {
        "target": _upper(observation["target_name"]),
        "is_advanced": int(str(observation["obs_id"]).startswith("hst_")),
        "is_spectrum": int(is_spectrum),
        "detector": str(observation["instrument_name"]).rpartition("/")[2],
        "family_name": _upper(observation["proposal_pi"]).partition(",")[0],
        "category": (observation["target_classification"] or "").partition(";")[0],
        "references": observation["obsid"] % 7,
        "shortest": None if low is None else low * 10,
        "longest": None if high is None else high * 10,
        "central": None if low is None or high is None else (low + high) * 5,
        "mtflag": "T" if observation["mtFlag"] else "F",
        "stop": _time(observation["t_max"]),
        "aec": "S" if observation["intentType"] == "science" else "C",
        "obs_type": "SPECTRUM" if is_spectrum else "IMAGE",
        "status": "PUBLIC" if observation["dataRights"] == "PUBLIC" else "PROPRIETARY",
    }
    return fill_row(TABLES["hst"], values)


def jwst_row(observation: Row) -> dict[str, Any]:
    """An observation under the columns of JWST's mission search."""
    values = _values(observation)
    instrument, program = values["instrument"], values["program"]
    numbers = JWST_OBSERVATION.match(str(observation["obs_id"]))
    values |= {
        "product_level": "3" if observation["calib_level"] == 3 else "1b, 2a, 2b",
        "prefix": TABLES["prefixes"].get(instrument, instrument),
        "kind": TABLES["kinds"].get(str(observation["dataproduct_type"]), "OTHER"),
        "observation": int(numbers[1]) if numbers else None,
        "visit": int(numbers[2]) if numbers and numbers[2] else None,
        "cycle": None if program is None else max(1, program // 2000),
        "target_type": "MOVING" if observation["mtFlag"] else "FIXED",
    }
    return fill_row(TABLES["jwst"], values)


def product_row(product: Row, dataset: str, instrument: str) -> dict[str, Any]:
    """A product as the mission search lists it."""
    calibrated = "CALIBRATED" if (product["calib_level"] or 0) > 1 else "UNCALIBRATED"
    science = product["productType"] == "SCIENCE"
    values = {
        **product,
        "dataset": dataset,
        "instrument": instrument,
        "optics": product["filters"] or "",
        "access": "PUBLIC" if product["dataRights"] == "PUBLIC" else "EXCLUSIVE_ACCESS",
        "suffix": (product["productSubGroupDescription"] or "").upper(),
        "category": calibrated if science else "AUX",
        "type": "science" if science else "other",
    }
    return fill_row(TABLES["products"]["observation"], values)


def _values(observation: Row) -> dict[str, Any]:
    """The columns of an observation, and what both missions tell of it besides."""
    number = observation["proposal_id"]
    return {
        **observation,
        "dataset": dataset_name(observation),
        "instrument": _instrument(observation),
        "program": int(number) if number and number.isdigit() else None,
        "start": _time(observation["t_min"]),
        "release": _time(observation["t_obs_release"]),
    }


def _instrument(observation: Row) -> str:
    return str(observation["instrument_name"]).partition("/")[0]


def _upper(text: str | None) -> str:
    return (text or "").upper()


def _time(mjd: float | None) -> str | None:
    if mjd is None:
        return None
    return (MJD_ZERO + timedelta(days=mjd)).isoformat(timespec="milliseconds")


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


WITH_FILES: tuple[tuple[str, Callable[[], MissionSample]], ...] = (
    ("hst", hubble),
    ("jwst", webb),
    ("classy", partial(high_level, "classy")),
    ("ullyses", partial(high_level, "ullyses")),
    ("roman", roman),
)
"""Missions, in the order in which they are put in, and what makes their datasets and files."""
