"""A folder of FITS and ASDF files becomes observations, products and previews."""

from __future__ import annotations

import gzip
import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from PIL import Image

from topmast import Archive, connect
from topmast.archive.own_files.headers import read_headers
from topmast.archive.own_files.mapping import make_mapping
from topmast.archive.own_files.observed import observation_of
from topmast.archive.upkeep import check
from topmast.errors import InvalidQueryError


def image(path: Path, ra_deg: float = 210.8, dec_deg: float = 54.3, **cards: Any) -> Path:
    """An image of 40 x 30 pixels of 3.6 arcsec with coordinates, and these cards."""
    wcs = WCS(naxis=2)
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [ra_deg, dec_deg], [20.5, 15.5], [-1e-3, 1e-3]
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    header = wcs.to_header()
    usual = {
        "TELESCOP": "MYSCOPE", "INSTRUME": "CAM", "FILTER": "g", "OBJECT": "M101",
        "DATE-OBS": "2020-01-05T06:00:00", "EXPTIME": 30.0,
    }  # fmt: skip
    for name, value in (usual | {name.replace("_", "-"): v for name, v in cards.items()}).items():
        if value is not None:
            header[name] = value
    data = np.arange(1200.0, dtype="f4").reshape(30, 40)
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(data, header).writeto(path, overwrite=True)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.create(tmp_path / "archive")


def test_rows_are_found_by_place_filter_date_and_instrument(folder: Path, archive: Archive) -> None:
    image(folder / "night-1" / "a.fits")
    image(folder / "night-2" / "a2.fits", 359.999, -30.0, FILTER="r", DATE_OBS="2021-03-01")
    report = archive.ingest_folder(folder)
    assert (report.observations, report.files, report.previews, report.left_out) == (2, 2, 2, [])
    with connect(archive.folder) as client:
        ask = client.observations.query_criteria
        assert list(ask(filters="g")["obs_id"]) == ["a"]
        assert list(ask(instrument_name="CAM", t_min=[59274, 59275])["obs_id"]) == ["a2"]
        near = client.observations.query_region(SkyCoord(0.001, -30, unit="deg"), 0.01)
        assert list(near["obs_id"]) == ["a2"]
        row = ask(obs_id="a")[0]
        assert (row["s_ra"], row["s_dec"]) == pytest.approx((210.8, 54.3), abs=1e-7)
        assert row["t_min"] == pytest.approx(58853.25)
        assert row["t_max"] - row["t_min"] == pytest.approx(30 / 86400, rel=1e-3)
        products = client.observations.get_product_list(row)
        assert sorted(products["productType"]) == ["PREVIEW", "SCIENCE"]


def test_the_file_that_is_served_is_the_file_that_went_in(
    folder: Path, archive: Archive, tmp_path: Path
) -> None:
    path = image(folder / "a.fits")
    archive.ingest_folder(folder)
    with connect(archive.folder) as client:
        rows = client.observations.query_criteria(obs_id="a")
        manifest = client.observations.download_products(
            client.observations.get_product_list(rows),
            download_dir=tmp_path,
            mrp_only=False,
            verbose=False,
        )
    files = {Path(name).suffix: Path(name).read_bytes() for name in manifest["Local Path"]}
    assert files[".fits"] == path.read_bytes()
    assert Image.open(io.BytesIO(files[".jpg"])).size == (40, 30)


def test_a_second_time_only_what_is_new_or_has_changed_is_read(
    folder: Path, archive: Archive
) -> None:
    image(folder / "a.fits")
    image(folder / "b.fits")
    archive.ingest_folder(folder)
    time.sleep(0.01)
    image(folder / "b.fits", FILTER="z")
    image(folder / "c.fits")
    report = archive.ingest_folder(folder)
    assert (report.files, report.unchanged) == (2, 1)
    with connect(archive.folder) as client:
        rows = client.observations.query_criteria(obs_collection="MYSCOPE")
    assert dict(zip(rows["obs_id"], rows["filters"], strict=True)) == {"a": "g", "b": "z", "c": "g"}
    assert check(archive, checksums=True) == []


def test_what_is_named_otherwise_is_mapped_and_the_rest_is_set(
    folder: Path, archive: Archive, tmp_path: Path
) -> None:
    image(folder / "a.fits", TELESCOP=None, OBJECT=None, MYNAME="NGC 5457", FILT="H")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('target_name = "MYNAME"\nfilters = ["FILT"]\n')
    values = {"obs_collection": "MINE", "proposal_pi": "Doe, J."}
    archive.ingest_folder(folder, mapping=mapping, values=values)
    with connect(archive.folder) as client:
        (row,) = client.observations.query_criteria(obs_collection="MINE")
    assert (row["target_name"], row["filters"], row["proposal_pi"]) == ("NGC 5457", "H", "Doe, J.")


@pytest.mark.parametrize(
    ("mapping", "values", "said"),
    [
        ({"target_nam": "X"}, {}, "no column 'target_nam'.*Did you mean 'target_name'"),
        ({"filters": 3}, {}, "names a keyword or a list of them for filters, not 3"),
        ({}, {"colour": "blue"}, "no column 'colour'"),
        ({}, {"objID": 3}, "no column 'objID'"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(
    folder: Path, archive: Archive, mapping: Any, values: Any, said: str
) -> None:
    image(folder / "a.fits")
    with pytest.raises(InvalidQueryError, match=said):
        archive.ingest_folder(folder, mapping=mapping, values=values)


def broken_files(folder: Path) -> None:
    whole = image(folder / "whole.fits").read_bytes()
    packed = gzip.compress(whole)
    (folder / "empty.fits").write_bytes(b"")
    (folder / "page.fits").write_bytes(b"<html>not found</html>")
    (folder / "cut.fits").write_bytes(whole[:4000])
    (folder / "header.fits").write_bytes(whole[:1000])
    (folder / "packed.fits.gz").write_bytes(packed[:-20])
    (folder / "tree.asdf").write_bytes(b"#ASDF 1.0.0\n")
    image(folder / "off.fits", ra_deg=10)
    with fits.open(folder / "off.fits", mode="update") as hdus:
        del hdus[0].header["CTYPE1"], hdus[0].header["CTYPE2"]
        hdus[0].header["RA"], hdus[0].header["DEC"] = 12.0, 95.0


def test_broken_files_are_named_with_the_reason_and_left_out(
    folder: Path, archive: Archive
) -> None:
    broken_files(folder)
    report = archive.ingest_folder(folder)
    assert report.files == 1
    reasons = {path.name: reason for path, reason in report.left_out}
    assert set(reasons) == {
        "empty.fits", "page.fits", "cut.fits", "header.fits", "packed.fits.gz", "tree.asdf",
        "off.fits",
    }  # fmt: skip
    assert "does not begin as a FITS file" in reasons["page.fits"]
    assert "announces" in reasons["cut.fits"]
    assert "off the sky: s_dec is 95.0" in reasons["off.fits"]
    assert check(archive) == []


def test_links_and_hidden_files_are_passed_over(
    folder: Path, archive: Archive, tmp_path: Path
) -> None:
    outside = image(tmp_path / "secret.fits")
    image(folder / ".hidden.fits")
    image(folder / ".folder" / "a.fits")
    (folder / "link.fits").symlink_to(outside)
    assert archive.ingest_folder(folder).files == 0


def test_an_archive_is_not_put_into_itself(archive: Archive) -> None:
    with pytest.raises(InvalidQueryError, match="overlap"):
        archive.ingest_folder(archive.folder / "products")


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ({"DATE-OBS": "05/01/99"}, {"t_min": 51183.0}),
        ({"DATE-OBS": "2020-01-05", "TIME-OBS": "12:00:00"}, {"t_min": 58853.5}),
        ({"MJD-OBS": 58000.25}, {"t_min": 58000.25}),
        ({"MJD-OBS": 2458000.5}, {"t_min": 58000.0}),
        ({"DATE-OBS": "yesterday"}, {"t_min": None}),
        ({"RA": "14:03:12.6", "DEC": "-54:20:57"}, {"s_ra": 210.8025, "s_dec": -54.349166667}),
        ({"RA": 210.8, "DEC": "54.5"}, {"s_ra": 210.8, "s_dec": 54.5}),
        ({"RA": 210.8}, {"s_ra": None}),
        ({"FILTER1": "CLEAR1L", "FILTER2": "F814W"}, {"filters": "F814W"}),
        ({"IMAGETYP": "dark frame"}, {"intentType": "calibration"}),
        ({"OBJECT": "   "}, {"target_name": None}),
        ({"TELESCOP": "HST", "INSTRUME": "ACS", "DETECTOR": "WFC"}, {"instrument_name": "ACS/WFC"}),
    ],
)
def test_headers_are_read_as_they_are_meant(
    tmp_path: Path, cards: dict[str, Any], expected: dict[str, Any]
) -> None:
    header = fits.Header(list(cards.items()))
    path = tmp_path / "x.fits"
    fits.PrimaryHDU(header=header).writeto(path)
    row = observation_of(read_headers(path), make_mapping())
    for name, value in expected.items():
        assert row.get(name) == (pytest.approx(value) if isinstance(value, float) else value)


def test_tables_are_light_curves_or_spectra(tmp_path: Path) -> None:
    for columns, kind in ((["TIME", "FLUX"], "timeseries"), (["WAVELENGTH", "FLUX"], "spectrum")):
        path = tmp_path / f"{kind}.fits"
        fits.HDUList(
            [fits.PrimaryHDU(), fits.BinTableHDU(Table({name: [1.0] for name in columns}))]
        ).writeto(path)
        row = observation_of(read_headers(path), make_mapping())
        assert row["dataproduct_type"] == kind


def test_an_asdf_file_is_read_by_its_tree(tmp_path: Path) -> None:
    asdf = pytest.importorskip("asdf")
    meta = {
        "telescope": "ROMAN",
        "instrument": {"name": "WFI", "optical_element": "F158"},
        "exposure": {"start_time": "2027-01-05T00:00:00", "exposure_time": 60.0},
        "wcsinfo": {"ra_ref": 10.0, "dec_ref": 20.0, "s_region": "POLYGON ICRS 9 19 11 19 10 21"},
    }
    path = tmp_path / "r0001_cal.asdf"
    asdf.AsdfFile({"roman": {"meta": meta}}).write_to(path)
    row = observation_of(read_headers(path), make_mapping())
    assert (row["obs_collection"], row["instrument_name"], row["filters"]) == (
        "ROMAN",
        "WFI",
        "F158",
    )
    assert (row["t_min"], row["t_exptime"], row["s_ra"]) == (61410.0, 60.0, 10.0)
    assert (row["s_region"], row["obs_id"]) == ("POLYGON ICRS 9 19 11 19 10 21", "r0001")


def test_recorded_files_go_in_and_damaged_ones_do_not(recorded: Path, archive: Archive) -> None:
    counts = {}
    for name in ("hst", "kepler", "tess", "corrupt"):
        report = archive.ingest_folder(recorded / "fits" / name, previews=False)
        counts[name] = (report.files, len(report.left_out))
    assert counts == {"hst": (5, 0), "kepler": (5, 0), "tess": (10, 0), "corrupt": (0, 6)}
    with connect(archive.folder) as client:
        ask = client.observations.query_criteria
        assert set(ask(obs_collection="TESS")["filters"]) == {"TESS"}
        assert len(ask(instrument_name="ACS/WFC")) >= 1


def test_ingests_that_are_killed_leave_a_whole_archive(folder: Path, tmp_path: Path) -> None:
    for number in range(60):
        image(folder / f"f{number}.fits", ra_deg=number)
    Archive.create(tmp_path / "archive").close()
    code = (
        "import sys; from topmast.archive.own_files import folder as f; f.FILES_AT_ONCE = 10\n"
        "from topmast import Archive\n"
        "def show(what, count): print(count, flush=True)\n"
        "Archive(sys.argv[1]).ingest_folder(sys.argv[2], progress=show)"
    )
    chance, said = random.Random(5), 0
    for _ in range(int(os.environ.get("KILLS", "6"))):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "archive"), str(folder)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        time.sleep(chance.uniform(0.4, 1.0))
        process.send_signal(signal.SIGKILL)
        lines = process.stdout.read().split()
        process.wait()
        process.stdout.close()
        said += int(lines[-1]) if lines else 0
        with Archive(tmp_path / "archive") as archive:
            assert check(archive, checksums=True) == []
            with connect(archive.folder) as client:
                assert client.observations.query_criteria_count(obs_collection="MYSCOPE") >= said
    with Archive(tmp_path / "archive") as archive:
        report = archive.ingest_folder(folder)
        assert report.files + report.unchanged == 60
