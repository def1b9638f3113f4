"""Roman datasets of the sample: invented, each with two small ASDF files."""

from __future__ import annotations

import math
from dataclasses import dataclass

from topmast.sample.asdf_file import asdf_image
from topmast.sample.high_level import INVENTED, TABLES, MissionSample
from topmast.sample.seeds import seeded
from topmast.sample.templates import fill_row

SIDE = 16
"""Pixels on each side of an image."""
HALF_FIELD_DEG = 0.0625


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


def roman() -> MissionSample:
    """All datasets of all surveys, the same each time."""
    sample = MissionSample()
    for survey in SURVEYS:
        for pass_number in range(1, survey.passes + 1):
            for visit, element in enumerate(survey.filters, start=1):
                _add(sample, survey, pass_number, visit, element)
    return sample


def _add(sample: MissionSample, survey: Survey, pass_number: int, visit: int, element: str) -> None:
    chance = seeded("roman", survey.program, pass_number, visit)
    number = len(sample.datasets) + 1
    name = f"r{survey.program:05d}01{pass_number:03d}001001{visit:03d}_0001"
    detector = f"WFI{1 + number % 18:02d}"
    ra = survey.ra_deg + float(chance.uniform(-0.03, 0.03)) / math.cos(math.radians(survey.dec_deg))
    dec = survey.dec_deg + float(chance.uniform(-0.03, 0.03))
    values = {
        "survey": survey,
        "identifier": 900_000 + number,
        "name": name,
        "pass_number": pass_number,
        "visit": visit,
        "detector": detector,
        "ra_ref": round(ra, 7),
        "dec_ref": round(dec, 7),
        "exposure_type": "WFI_SPECTRAL" if element == "GRISM" else "WFI_IMAGE",
        "element": element,
        "month": 1 + pass_number,
        "hour": number % 24,
        "region": _square(ra, dec),
        "access": "RESTRICTED" if survey.exclusive else "PUBLIC",
    }
    row = fill_row(TABLES["roman"], values)
    sample.datasets.append(row)
    for level, suffix in ((1, "uncal"), (2, "cal")):
        content = asdf_image(
            {"telescope": "ROMAN", "filename": name, "comment": INVENTED, "level": level,
             "exposure": {"type": row["exposure_type"], "exposure_time": survey.seconds},
             "instrument": {"name": "WFI", "detector": detector, "optical_element": element},
             "pointing": {"ra_ref": row["ra_ref"], "dec_ref": row["dec_ref"]}},
            chance.normal(20 * level, 3, (SIDE, SIDE)).astype("f4"),
        )  # fmt: skip
        sample.add("roman", f"{name}_{detector.lower()}_{suffix}.asdf", content, row)


def _square(ra: float, dec: float) -> str:
    wide = HALF_FIELD_DEG / math.cos(math.radians(dec))
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    places = [f"{ra + x * wide:.8f} {dec + y * HALF_FIELD_DEG:.8f}" for x, y in corners]
    return "POLYGON ICRS  " + " ".join(places)
