"""Roman datasets of the sample: invented, each with two small ASDF files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from topmast.sample.asdf_file import asdf_image
from topmast.sample.seeds import seeded

SIDE = 16
"""Pixels on each side of an image."""
HALF_FIELD_DEG = 0.0625
INVENTED = "made by topmast, not an observation"


@dataclass(frozen=True, slots=True)
class Survey:
    """A program of the sample: where it looks, through which filters, and how often."""

    program: int
    name: str
    investigator: str
    ra_deg: float
    dec_deg: float
    filters: tuple[str, ...]
    seconds: float
    passes: int
    exclusive: bool = False


SURVEYS = (
    Survey(1, "High Latitude Time Domain Survey", "Moana", 9.95, -43.95,
           ("F062", "F087", "F106", "F129", "F158", "F184"), 300.1, 3),
    Survey(2, "Galactic Bulge Time Domain Survey", "Okafor", 268.49, -29.2,
           ("F087", "F146"), 66.9, 8),
    Survey(3, "High Latitude Wide Area Survey", "Lindqvist", 210.80227, 54.34895,
           ("F106", "F129", "F158"), 107.3, 4),
    Survey(104, "General Astrophysics Survey", "Tanaka", 322.49324, 12.16683,
           ("F129", "GRISM"), 901.2, 2, exclusive=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RomanDataset:
    """A row of the mission table, its products, and the content of each by file name."""

    row: dict[str, Any]
    products: list[dict[str, Any]]
    files: dict[str, bytes]


def roman_datasets() -> Iterator[RomanDataset]:
    """All datasets of all surveys, the same each time."""
    number = 0
    for survey in SURVEYS:
        for pass_number in range(1, survey.passes + 1):
            for visit, element in enumerate(survey.filters, start=1):
                number += 1
                yield _dataset(survey, number, pass_number, visit, element)


def _dataset(
    survey: Survey, number: int, pass_number: int, visit: int, element: str
) -> RomanDataset:
    chance = seeded("roman", survey.program, pass_number, visit)
    name = f"r{survey.program:05d}01{pass_number:03d}001001{visit:03d}_0001"
    detector = f"WFI{1 + number % 18:02d}"
    ra = survey.ra_deg + float(chance.uniform(-0.03, 0.03)) / math.cos(math.radians(survey.dec_deg))
    dec = survey.dec_deg + float(chance.uniform(-0.03, 0.03))
    access = "RESTRICTED" if survey.exclusive else "PUBLIC"
    row = {
        "ArchiveFileID": 900_000 + number,
        "fileSetName": name,
        "productLevel": "1, 2",
        "program": survey.program,
        "pass": pass_number,
        "segment": 1,
        "visit": visit,
        "detector": detector,
        "ra_ref": round(ra, 7),
        "dec_ref": round(dec, 7),
        "exposure_type": "WFI_SPECTRAL" if element == "GRISM" else "WFI_IMAGE",
        "instrument_name": "WFI",
        "optical_element": element,
        "exposure_time": survey.seconds,
        "visit_start_time": f"2027-{1 + pass_number:02d}-{visit:02d}T{number % 24:02d}:15:00",
        "program_subcategory": survey.name,
        "investigator_name": survey.investigator,
        "s_region": _square(ra, dec),
        "access": access,
    }
    files = {
        f"{name}_{detector.lower()}_{suffix}.asdf": asdf_image(
            {"telescope": "ROMAN", "filename": name, "comment": INVENTED, "level": level,
             "exposure": {"type": row["exposure_type"], "exposure_time": survey.seconds},
             "instrument": {"name": "WFI", "detector": detector, "optical_element": element},
             "pointing": {"ra_ref": row["ra_ref"], "dec_ref": row["dec_ref"]}},
            chance.normal(20 * level, 3, (SIDE, SIDE)).astype("f4"),
        )
        for level, suffix in ((1, "uncal"), (2, "cal"))
    }  # fmt: skip
    return RomanDataset(row, [_product(name, file, row) for file in files], files)


def _product(dataset: str, file_name: str, row: dict[str, Any]) -> dict[str, Any]:
    suffix = file_name.removesuffix(".asdf").rpartition("_")[2]
    return {
        "product_key": f"{dataset}_{file_name}",
        "access": row["access"],
        "dataset": dataset,
        "instrument_name": "WFI",
        "filters": row["optical_element"],
        "filename": file_name,
        "uri": file_name,
        "file_suffix": f"_{suffix}",
        "category": {"uncal": "UNCALIBRATED", "cal": "CALIBRATED"}[suffix],
        "type": "science",
    }


def _square(ra: float, dec: float) -> str:
    wide = HALF_FIELD_DEG / math.cos(math.radians(dec))
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    places = [f"{ra + x * wide:.8f} {dec + y * HALF_FIELD_DEG:.8f}" for x, y in corners]
    return "POLYGON ICRS  " + " ".join(places)
