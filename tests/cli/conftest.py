"""A very small archive, and the command line called in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from astropy.table import Table
from click.testing import CliRunner, Result

from topmast.cli import main

Run = Callable[..., Result]

OBSERVATIONS = {
    "obsid": ["7001", "7002", "7003", "7004"],
    "obs_id": ["hst-m101", "galex-m101", "iue-m8", "hst-m101-bias"],
    "obs_collection": ["HST", "GALEX", "IUE", "HST"],
    "instrument_name": ["WFC3/UVIS", "GALEX", "LWP", "WFC3/UVIS"],
    "filters": ["F469N", "NUV", "LOW DISP", "F469N"],
    "target_name": ["M101", "M101", "M8", "BIAS"],
    "proposal_pi": ["Osten, Rachel A.", "Ada", "Bode", "Nobody"],
    "dataproduct_type": ["image", "image", "spectrum", "image"],
    "intentType": ["science", "science", "science", "calibration"],
    "calib_level": [3, 2, 2, 1],
    "s_ra": [210.80, 210.85, 270.92, 210.80],
    "s_dec": [54.35, 54.40, -24.38, 54.35],
    "t_min": [55000.5, 54000.0, 45000.0, 55000.6],
    "t_exptime": [100.0, 1600.0, 30.0, 0.0],
    "s_region": [
        "POLYGON ICRS 210.75 54.30 210.85 54.30 210.85 54.40 210.75 54.40",
        "CIRCLE ICRS 210.85 54.40 0.6",
        "CIRCLE ICRS 270.92 -24.38 0.002",
        "POLYGON ICRS 210.75 54.30 210.85 54.30 210.85 54.40 210.75 54.40",
    ],
}
MRP = "Minimum Recommended Products"
PRODUCTS = [
    ("7001", "HST", "hst-m101", "u1_drz.fits", "SCIENCE", "DRZ", MRP),
    ("7001", "HST", "hst-m101", "u1_raw.fits", "SCIENCE", "RAW", ""),
    ("7001", "HST", "hst-m101", "u1.jpg", "PREVIEW", "", ""),
    ("7002", "GALEX", "galex-m101", "nuv.fits.gz", "SCIENCE", "", MRP),
    ("7003", "IUE", "iue-m8", "lwp1.mxlo.gz", "SCIENCE", "", MRP),
]
NAMES = "name,ra,dec\nM101,210.80227,54.34895\nM8,270.92194,-24.38017\n"


@pytest.fixture(scope="session")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four observations of three missions, five products with their files, two names."""
    from topmast.archive import Archive

    folder = tmp_path_factory.mktemp("small")
    files = folder / "files"
    files.mkdir()
    for number, row in enumerate(PRODUCTS):
        (files / row[3]).write_bytes(content_of(row[3], number))
    products = Table(
        rows=[(*row, f"mast:{row[1]}/{row[3]}") for row in PRODUCTS],
        names=[
            "obsID", "obs_collection", "obs_id", "productFilename", "productType",
            "productSubGroupDescription", "productGroupDescription", "dataURI",
        ],
    )  # fmt: skip
    names = folder / "names.csv"
    names.write_text(NAMES)
    with Archive.create(folder / "archive") as archive:
        archive.ingest(Table(OBSERVATIONS), products, files, names=names)
    return folder / "archive"


def content_of(name: str, number: int) -> bytes:
    """A file that is what its name says."""
    import gzip
    import io

    import numpy as np
    from astropy.io import fits

    whole = io.BytesIO()
    fits.PrimaryHDU(np.full((10, 10), number, dtype="i2")).writeto(whole)
    if name.endswith(".gz"):
        return gzip.compress(whole.getvalue(), mtime=0)
    if name.endswith(".jpg"):
        return b"\xff\xd8\xff\xe0" + bytes(100) + b"\xff\xd9"
    return whole.getvalue()


@pytest.fixture
def run(small_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call ``topmast WORDS`` in an empty folder, with the small archive for the archive."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str, stdin: str | None = None) -> Result:
        archive = ["--archive", str(small_archive)]
        return CliRunner().invoke(main, [*archive, *words], input=stdin)

    return call


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let standard output count as a terminal of 80 columns and 24 lines."""
    monkeypatch.setattr("topmast.cli.output.on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")


def table_of(result: Result) -> list[dict[str, str]]:
    """The rows of a table that went to a pipe."""
    names, *rows = [line.split("\t") for line in result.stdout.splitlines()]
    return [dict(zip(names, row, strict=True)) for row in rows]
