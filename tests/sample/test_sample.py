"""The sample archive: what is in it, and that every file of it is what it says."""

from __future__ import annotations

import gzip
import io
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from topmast.archive import Archive, Cone, Query
from topmast.sample.places import places
from topmast.sky import parse_region
from topmast.tables.fields import CONE

FUTURE = 64000


@pytest.fixture(scope="module")
def database(sample_folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{sample_folder}/archive.sqlite?mode=ro", uri=True)
    yield connection
    connection.close()


def column(database: sqlite3.Connection, sql: str) -> list[Any]:
    return [row[0] for row in database.execute(sql)]


def one_of_each(sample_folder: Path, ending: str) -> list[Path]:
    """Of each mission and kind of name, the first file that ends so."""
    found: dict[tuple[str, str], Path] = {}
    for path in sorted((sample_folder / "products").rglob(f"*{ending}")):
        mission = path.relative_to(sample_folder / "products").parts[0]
        found.setdefault((mission, path.name.split("_")[-1].split("-")[-1][-12:]), path)
    assert found, f"no file of the sample ends in {ending}"
    return list(found.values())


def test_it_is_as_large_as_it_promises(database: sqlite3.Connection) -> None:
    assert column(database, "SELECT count(*) FROM observations")[0] >= 2000
    assert column(database, "SELECT count(*) FROM files")[0] >= 8000
    assert len(column(database, "SELECT DISTINCT obs_collection FROM observations")) >= 12


def test_it_stays_below_170_megabytes_on_the_disk(sample_folder: Path) -> None:
    paths = [sample_folder, *sample_folder.rglob("*")]
    assert (
        sum(room_of(path) for path in paths) < 170 * 2**20
    )  # of which 17 are margins, id indexes and positions of the catalogues


def room_of(path: Path, block: int = 4096) -> int:
    """Bytes in whole blocks, as most disks keep files and folders, whatever this one does."""
    return max(-(-path.stat().st_size // block), path.is_dir()) * block


def test_every_product_has_its_file(database: sqlite3.Connection, sample_folder: Path) -> None:
    sizes = dict(database.execute("SELECT path, size FROM files"))
    assert None not in sizes
    assert all((sample_folder / path).stat().st_size == size for path, size in sizes.items())
    lost = 'SELECT count(*) FROM products WHERE "dataURI" NOT IN (SELECT uri FROM files)'
    assert column(database, lost) == [0]
    lie = (
        "SELECT count(*) FROM products JOIN files "
        'ON "dataURI" = uri WHERE products.size <> files.size'
    )
    assert column(database, lie) == [0]


def test_no_file_is_left_that_no_product_names(
    database: sqlite3.Connection, sample_folder: Path
) -> None:
    known = set(column(database, "SELECT path FROM files"))
    kept = {
        path.relative_to(sample_folder).as_posix()
        for path in (sample_folder / "products").rglob("*")
        if path.is_file()
    }
    assert kept == known


def test_identifiers_belong_to_one_mission_each(database: sqlite3.Connection) -> None:
    rows = set(database.execute("SELECT obsid, obs_collection FROM observations"))
    assert len(rows) == len({obsid for obsid, _ in rows})


def test_all_footprints_can_be_read_and_hold_their_middle(database: sqlite3.Connection) -> None:
    texts = column(database, "SELECT s_region FROM observations")
    assert all(parse_region(text).regions for text in texts)
    words = Counter(text.split()[1] if text[8] not in "0123456789-" else "" for text in texts)
    assert {"ICRS", "J2000", "GSC1"} <= words.keys()
    assert any(text.count("POLYGON") > 1 for text in texts)
    assert any("  " in text for text in texts)


@pytest.mark.parametrize(("ra", "dec"), [(0.0, 10.0), (0.0, -35.0), (120.0, 90.0), (300.0, -90.0)])
def test_there_is_something_at_the_poles_and_at_the_seam(
    sample_archive: Archive, ra: float, dec: float
) -> None:
    assert around(sample_archive, ra, dec, 0.01) > 0


def around(archive: Archive, ra: float, dec: float, radius: float) -> int:
    return archive.searcher.count(Query(CONE, cone=Cone(ra, dec, radius)))


def test_something_is_found_around_every_object(sample_archive: Archive) -> None:
    empty = [item.name for item in places() if not around(sample_archive, item.ra, item.dec, 0.2)]
    assert empty == []


def test_some_data_are_exclusive_until_a_day_to_come(database: sqlite3.Connection) -> None:
    sql = (
        "SELECT t_obs_release FROM observations "
        "WHERE \"dataRights\" = 'EXCLUSIVE_ACCESS' AND obs_collection IN ('HST', 'JWST')"
    )
    releases = column(database, sql)
    assert len(releases) >= 20
    assert min(releases) > FUTURE
    rights = column(database, 'SELECT DISTINCT "dataRights" FROM files')
    assert set(rights) == {"PUBLIC", "EXCLUSIVE_ACCESS"}


def test_there_are_calibrations_and_moving_targets(database: sqlite3.Connection) -> None:
    kinds = column(database, 'SELECT DISTINCT "intentType" FROM observations')
    assert set(kinds) == {"science", "calibration"}
    assert column(database, 'SELECT count(*) FROM observations WHERE "mtFlag"')[0] > 5


def test_files_are_shared_and_names_are_used_twice(database: sqlite3.Connection) -> None:
    shared = 'SELECT "dataURI" FROM products GROUP BY 1 HAVING count(DISTINCT "parent_obsid") > 1'
    assert len(column(database, shared)) > 100
    twice = 'SELECT "productFilename" FROM products GROUP BY 1 HAVING count(DISTINCT "dataURI") > 1'
    assert len(column(database, twice)) > 10


@pytest.mark.parametrize(
    "start",
    [
        "mast:HST/product/",
        "mast:JWST/product/",
        "mast:TESS/product/",
        "mast:PS1/product/",
        "mast:IUE/url/pub/iue/data/",
        "mast:HLA/url/cgi-bin/getdata.cgi?",
        "mast:HLSP/",
        "http://archive.stsci.edu/pub/iue/",
        "http://irsa.ipac.caltech.edu/",
    ],
)
def test_all_forms_of_uris_occur(database: sqlite3.Connection, start: str) -> None:
    assert column(database, f"SELECT count(*) FROM files WHERE uri LIKE '{start}%'")[0] > 0


def test_fits_files_are_valid_and_say_who_made_them(sample_folder: Path) -> None:
    paths = one_of_each(sample_folder, ".fits") + one_of_each(sample_folder, ".fit")
    assert len(paths) > 30
    for path in paths:
        check_fits(path.read_bytes())


def test_packed_fits_files_are_valid(sample_folder: Path) -> None:
    paths = one_of_each(sample_folder, ".gz")
    assert len(paths) > 15
    for path in paths:
        check_fits(gzip.decompress(path.read_bytes()))


def check_fits(content: bytes) -> None:
    with fits.open(io.BytesIO(content), checksum=True) as units:
        units.verify("exception")
        assert "made by topmast, not an observation" in str(units[0].header["COMMENT"])
        for unit in units:
            assert (unit.verify_checksum(), unit.verify_datasum()) == (1, 1)
            assert unit.data is None or unit.data.size


def test_pictures_open(sample_folder: Path) -> None:
    kinds = {".jpg": "JPEG", ".png": "PNG", ".gif": "GIF"}
    for ending, kind in kinds.items():
        for path in one_of_each(sample_folder, ending):
            with Image.open(path) as picture:
                picture.load()
                assert picture.format == kind
                assert len(set(np.asarray(picture).ravel().tolist())) > 1


def test_documents_open(sample_folder: Path) -> None:
    for path in one_of_each(sample_folder, ".xml"):
        assert ElementTree.parse(path).getroot().get("ticId")
    for path in one_of_each(sample_folder, ".ecsv"):
        assert Table.read(path, format="ascii.ecsv")["ra"].unit == "deg"
    for path in one_of_each(sample_folder, ".pdf"):
        content = path.read_bytes()
        start = int(content.split(b"startxref\n")[1].split()[0])
        assert content.startswith(b"%PDF-")
        assert content[start:].startswith(b"xref")
