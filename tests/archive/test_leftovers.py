"""What killed processes leave is cleared, and nothing that somebody else made is ever removed."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from tests.archive.conftest import FILES, PRODUCTS, fill, put_files
from topmast.archive import Archive
from topmast.archive.store.fits_headers import check_fits
from topmast.archive.store.unfinished import MARK, SAYS, unfinished_folder, working_folder
from topmast.errors import InvalidQueryError

KILLED = """
import os, sys
from topmast.archive import Archive
from topmast.archive.store import product_files
from tests.archive.conftest import PRODUCTS
place = product_files.ProductFolder.place
def killed(self, arrival, size):
    placed = place(self, arrival, size)
    if self.count == 2:
        os.kill(os.getpid(), 9)
    return placed
product_files.ProductFolder.place = killed
Archive(sys.argv[1]).ingest(products=PRODUCTS, files=sys.argv[2])
"""


def files_in(archive: Archive) -> set[str]:
    products = archive.store.layout.products
    return {str(path.relative_to(products)) for path in products.rglob("*") if path.is_file()}


def test_a_killed_ingest_is_cleared_after_by_the_next(empty: Archive, tmp_path: Path) -> None:
    source = put_files(tmp_path / "files")
    own = empty.store.layout.products / "notes.txt"
    own.write_text("mine")
    command = [sys.executable, "-c", KILLED, str(empty.folder), str(source)]
    assert subprocess.run(command, check=False, cwd=os.getcwd()).returncode == -9
    (empty.store.layout.products / f".{'0' * 32}.part").write_bytes(b"half a file")
    (empty.store.layout.products / ".mine.part").write_bytes(b"not made by an ingest")
    assert len(files_in(empty)) == 5

    empty.ingest(names=[{"name": "M1", "resolver": "NED", "ra": 83.6, "dec": 22.0}])

    assert files_in(empty) == {"notes.txt", ".mine.part"}
    assert not empty.store.layout.journal.exists()
    report = empty.ingest(products=PRODUCTS, files=source)
    assert report.files == len(FILES)
    assert not any("~" in name for name in files_in(empty))


def test_a_file_that_took_the_place_of_an_orphan_stays(empty: Archive, tmp_path: Path) -> None:
    source = put_files(tmp_path / "files")
    command = [sys.executable, "-c", KILLED, str(empty.folder), str(source)]
    subprocess.run(command, check=False, cwd=os.getcwd())
    orphan = sorted(files_in(empty))[0]
    place = empty.store.layout.products / orphan
    place.unlink()
    place.write_bytes(b"somebody put this here")
    empty.ingest(names=[{"name": "M1", "resolver": "NED", "ra": 83.6, "dec": 22.0}])
    assert files_in(empty) == {orphan}


def test_a_file_of_somebody_else_is_not_written_over(empty: Archive, tmp_path: Path) -> None:
    own = empty.store.layout.products / "HST" / "obs0" / "a.fits"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"mine")
    fill(empty, tmp_path / "files")
    assert own.read_bytes() == b"mine"
    kept = [name for name in files_in(empty) if name.startswith("HST/obs0/a~")]
    assert len(kept) == 1


# ------------------------------------------------------------------------ unfinished folders


def test_only_abandoned_folders_of_our_own_are_cleared(tmp_path: Path) -> None:
    target = tmp_path / "sample"
    abandoned, strange, other = (
        tmp_path / name
        for name in (".sample.0123abcd.part", ".sample.fedc4321.part", ".samples.0123abcd.part")
    )
    for folder in (abandoned, strange, other):
        folder.mkdir()
        (folder / "data").write_text("data")
    for folder in (abandoned, other):
        (folder / MARK).write_text(SAYS)
    with unfinished_folder(target) as part:
        (part / "file").write_text("whole")
        assert not abandoned.exists()
        with pytest.raises(ZeroDivisionError), unfinished_folder(target):
            raise ZeroDivisionError
        assert part.exists(), "its maker lives"
    assert sorted(path.name for path in tmp_path.iterdir()) == [strange.name, other.name, "sample"]
    assert [path.name for path in target.iterdir()] == ["file"]


def test_working_folders_of_killed_servers_are_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    abandoned, other = tmp_path / "stage-a", tmp_path / "stage-b"
    for folder in (abandoned, other):
        folder.mkdir()
    (abandoned / MARK).write_text(SAYS)
    with working_folder("stage-") as first, working_folder("stage-") as second:
        assert {path.name for path in tmp_path.iterdir()} == {first.name, second.name, "stage-b"}
    assert list(tmp_path.iterdir()) == [other]


# ---------------------------------------------------------------------------- FITS headers


def table_file(path: Path) -> bytes:
    Table({"s_ra": np.arange(3.0), "s_dec": np.arange(3.0), "obs_id": ["a", "b", "c"]}).write(path)
    return path.read_bytes()


def test_a_fits_table_is_read_packed_or_not(empty: Archive, tmp_path: Path) -> None:
    content = table_file(tmp_path / "plain.fits")
    (tmp_path / "packed.fits.gz").write_bytes(gzip.compress(content))
    (tmp_path / "padded.fits").write_bytes(content[:-1000])  # the last padding is missing
    for name in ("plain.fits", "packed.fits.gz", "padded.fits"):
        check_fits(tmp_path / name)
    assert empty.ingest(tmp_path / "plain.fits").observations == 3
    assert empty.ingest(tmp_path / "packed.fits.gz").observations == 3


@pytest.mark.parametrize(
    ("name", "value", "new", "said"),
    [
        ("TFIELDS", 3, 10**9, "TFIELDS = 1000000000"),
        ("NAXIS", 2, 10**9, "NAXIS = 1000000000"),
        ("NAXIS2", 3, 3 * 10**13, "bytes of data"),
        ("NAXIS2", 3, -3, "NAXIS2 = -3"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_headers_that_promise_too_much_are_refused(
    empty: Archive, tmp_path: Path, name: str, value: int, new: int, said: str, packed: bool
) -> None:
    content = table_file(tmp_path / "a.fits")
    card, changed = (f"{name:8}={each:21}".encode() for each in (value, new))
    assert card in content
    content = content.replace(card, changed)
    path = tmp_path / ("bad.fits.gz" if packed else "bad.fits")
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(InvalidQueryError, match=said):
        empty.ingest(path)


def test_a_header_without_end_is_refused(empty: Archive, tmp_path: Path) -> None:
    endless = tmp_path / "endless.fits"
    start = fits.PrimaryHDU().header.tostring(endcard=False, padding=False).encode()
    endless.write_bytes((start + b"COMMENT ".ljust(80) * 400_000).ljust(12_000_000))
    with pytest.raises(InvalidQueryError, match="has no end within"):
        empty.ingest(endless)
