"""An archive of two missions, small enough to reckon its answers by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from topmast.archive import Archive
from topmast.sample.asdf_file import asdf_image

RA, DEC = 10.0, 20.0

HST: list[dict[str, Any]] = [
    {
        "sci_data_set_name": f"J{number:04d}",
        "sci_targname": target,
        "sci_instrume": instrument,
        "sci_ra": ra,
        "sci_dec": dec,
        "sci_pep_id": program,
        "sci_actual_duration": seconds,
        "sci_start_time": time,
    }
    for number, (target, instrument, ra, dec, program, seconds, time) in enumerate(
        [
            ("M1", "ACS   ", 10.0, 20.0, 100, 500.0, "2001-01-01T00:00:00"),
            ("M1", "WFC3", 10.0, 20.01, 100, 700.5, "2005-06-01T12:00:00"),
            ("m2", "STIS", 10.5, 20.0, 200, None, "2010-01-01T00:00:00"),
            ("NGC_1", "ACS", 40.0, -30.0, 300, 1000.0, "2012-12-31T23:00:00"),
            ("NGC-1", "WFC3", 359.999, 0.0, None, 20.0, None),
        ]
    )
]
ROMAN: list[dict[str, Any]] = [
    {
        "fileSetName": f"r{number:03d}",
        "pass": number,
        "ra_ref": RA + number / 60,
        "dec_ref": DEC,
        "optical_element": element,
    }
    for number, element in enumerate(["F106", "F129", "F158"], start=1)
]


def fits_file(comment: str) -> bytes:
    """The shortest FITS file there is, with a comment of its own."""
    cards = ["SIMPLE  =                    T", "BITPIX  =                    8",
             "NAXIS   =                    0", f"COMMENT {comment}", "END"]  # fmt: skip
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode()


FILES = {
    "j0000_raw.fits": fits_file("raw of j0000"),
    "j0000_drz.fits": fits_file("drizzled of j0000"),
    "j0003_raw.fits": fits_file("not for everybody"),
    "r001_cal.asdf": asdf_image({"level": 2}, np.zeros((2, 2), np.float32)),
}
HST_PRODUCTS: list[dict[str, Any]] = [
    {
        "dataset": dataset,
        "filename": name,
        "access": access,
        "file_suffix": name.split("_")[1].partition(".")[0].upper(),
        "size": 1,
        "type": "science",
    }
    for dataset, name, access in [
        ("J0000", "j0000_raw.fits", "PUBLIC"),
        ("J0000", "j0000_drz.fits", "PUBLIC"),
        ("J0001", "j0000_drz.fits", "PUBLIC"),
        ("J0003", "j0003_raw.fits", "PROPRIETARY"),
        ("J0003", "j0003_gone.fits", "PUBLIC"),
    ]
]
ROMAN_PRODUCTS = [{"dataset": "r001", "filename": "r001_cal.asdf", "uri": "r001_cal.asdf"}]
NAMES = [{"name": "M1", "resolver": "NED", "canonicalName": "M 1", "ra": RA, "dec": DEC}]


def make(folder: Path) -> Archive:
    """The archive, in a new folder below `folder`."""
    files = folder / "files"
    files.mkdir(parents=True)
    for name, content in FILES.items():
        (files / name).write_bytes(content)
    archive = Archive.create(folder / "archive")
    archive.ingest(names=NAMES)
    archive.ingest_mission("hst", HST, HST_PRODUCTS, files)
    archive.ingest_mission("roman", ROMAN, ROMAN_PRODUCTS, files)
    return archive
