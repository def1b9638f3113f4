"""lightkurve, unmodified, finds and downloads cutouts of an archive, by astroquery and by topmast.

It runs where lightkurve can be imported, or with the interpreter that TOPMAST_LIGHTKURVE_PYTHON
names.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from astropy.table import Table

from tests.conftest import PROJECT, copy_of, served
from tests.cutout_archive import *  # noqa: F403
from topmast.archive import Archive

from .test_lightkurve import PYTHON

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("peer"),
    pytest.mark.skipif(not PYTHON, reason="lightkurve is not installed"),
]


def put_full_frames(archive: Archive) -> None:
    """The observations by which lightkurve finds sectors, one for each cube."""
    rows = [
        {
            "objID": 5000 + number,
            "obsid": 5000 + number,
            "obs_collection": "TESS",
            "project": "TESS",
            "provenance_name": "SPOC",
            "target_name": "TESS FFI",
            "obs_id": cube.name.name,
            "dataproduct_type": "image",
            "intentType": "science",
            "calib_level": 3,
            "t_min": 58000.0 + cube.sector,
            "t_exptime": 1425.6,
            "sequence_number": cube.sector,
            "s_region": cube.region,
            "dataRights": "PUBLIC",
        }
        for number, cube in enumerate(archive.cutouts.held.cubes)
    ]
    archive.ingest(Table(rows))


@pytest.mark.parametrize("package", ["astroquery", "topmast"])
def test_cutouts_of_every_sector_come(package: str, cutout_folder: Path, tmp_path: Path) -> None:
    folder = copy_of(cutout_folder, tmp_path)
    with Archive(folder) as archive:
        put_full_frames(archive)
    script = Path(__file__).with_name("lightkurve_cutouts.py")
    source = os.environ | {"PYTHONPATH": str(PROJECT / "src")} if package == "topmast" else None
    with served(folder) as server:
        done = subprocess.run(
            [PYTHON, str(script), server, package],
            check=True,
            capture_output=True,
            text=True,
            timeout=250,
            env=source,
        )
    found = json.loads(done.stdout.splitlines()[-1])

    assert found["sectors"] == [2, 5, 8]
    assert found["shape"] == [8, 3, 5]
    assert found["name"] == "tess-s0005-4-3_124.531756_-68.313000_5x3_astrocut.fits"
    assert found["shapes"] == [[8, 4, 4]] * 3
    assert 8000 < found["brightest"] < 12000
