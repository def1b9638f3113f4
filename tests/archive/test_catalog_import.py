"""Files of any kind become a catalogue: the same rows, whatever file they came from."""

from __future__ import annotations

import gzip
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from topmast import Archive, connect
from topmast.archive.upkeep import check
from topmast.errors import InvalidQueryError

ROWS = 3000


def stars(seed: int = 1, rows: int = ROWS) -> Table:
    chance = np.random.default_rng(seed)
    ra = np.concatenate([chance.uniform(0, 360, rows - 200), chance.normal(0, 0.05, 200) % 360])
    dec = np.degrees(np.arcsin(chance.uniform(-1, 1, rows)))
    dec[-200:] = chance.normal(10, 0.05, 200)
    magnitude = MaskedColumn(chance.uniform(5, 20, rows), mask=chance.random(rows) < 0.1)
    kind = chance.choice(["STAR", "GALAXY", "O'Neill"], rows)
    number = np.arange(rows) + seed * 1_000_000
    return Table({"ID": number, "RA": ra, "DEC": dec, "mag": magnitude, "kind": kind})


def write(table: Table, path: Path) -> Path:
    if path.suffix == ".parquet":
        columns = {n: pa.array(table[n].tolist()) for n in table.colnames}
        pq.write_table(pa.table(columns), path, row_group_size=500)
    elif path.name.endswith(".csv.gz"):
        plain = path.with_suffix("")
        table.write(plain, format="ascii.csv", fill_values=[("--", "")])
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    else:
        form = {".csv": "ascii.csv", ".vot": "votable", ".ecsv": "ascii.ecsv", ".fits": "fits"}
        table.write(path, format=form[path.suffix])
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.create(tmp_path / "archive")


def rows_of(archive: Archive, name: str) -> dict[int, Any]:
    table = archive.catalogs.table(name)
    assert table is not None
    whole = pa.concat_tables(table.pieces(table.stored_columns)).to_pylist()
    return {row["ID"]: row for row in whole}


@pytest.mark.parametrize("name", ["s.parquet", "s.csv", "s.csv.gz", "s.fits", "s.vot", "s.ecsv"])
def test_every_kind_of_file_gives_the_same_rows(
    archive: Archive, tmp_path: Path, name: str
) -> None:
    table = stars()
    report = archive.import_catalog("mine", write(table, tmp_path / name))
    assert (report.rows, report.unplaced, report.files) == (ROWS, 0, 1)
    found = rows_of(archive, "mine")
    for row in table:
        got = found[int(row["ID"])]
        assert (got["RA"], got["DEC"]) == pytest.approx((row["RA"], row["DEC"]), abs=1e-12)
        assert got["kind"] == row["kind"]
        masked = np.ma.is_masked(row["mag"])
        assert got["mag"] is None if masked else got["mag"] == pytest.approx(row["mag"])


def test_cones_are_those_of_a_search_by_hand(archive: Archive, tmp_path: Path) -> None:
    table = stars()
    half = write(table[: ROWS // 2], tmp_path / "a.parquet")
    archive.import_catalog("mine", half, write(table[ROWS // 2 :], tmp_path / "b.csv"))
    places = SkyCoord(table["RA"], table["DEC"], unit="deg")
    held = archive.catalogs.table("mine")
    assert held is not None
    for ra, dec, radius in [
        (0.0, 10.0, 0.1),
        (359.99, 10.0, 0.2),
        (40.0, 90.0, 5.0),
        (10, -89.9, 9),
    ]:
        numbers, _ = held.near(ra, dec, radius)
        got = sorted(held.read(numbers, ["ID"]).column("ID").to_pylist())
        apart = places.separation(SkyCoord(ra, dec, unit="deg")).deg
        assert got == sorted(table["ID"][apart <= radius].tolist())


def test_a_tree_is_one_that_others_read_and_import_takes(archive: Archive, tmp_path: Path) -> None:
    hats = pytest.importorskip("hats")
    from hats.io.validation import is_valid_catalog

    archive.import_catalog("mine", write(stars(), tmp_path / "a.parquet"))
    held = archive.catalogs.table("mine")
    assert held is not None
    tree = held.folder / "mine"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert is_valid_catalog(tree, strict=True, verbose=False)
        assert hats.read_hats(tree).catalog_info.total_rows == ROWS
    archive.import_catalog("again", archive.folder / "catalogs" / "mine")
    assert rows_of(archive, "again") == rows_of(archive, "mine")


def test_the_catalogue_is_served_like_any_other(archive: Archive, tmp_path: Path) -> None:
    archive.import_catalog("mine", write(stars(), tmp_path / "a.parquet"))
    with connect(archive.folder) as client:
        found = client.catalogs.query_region(
            SkyCoord(0, 10, unit="deg"), radius=0.05, catalog="mine"
        )
    assert len(found) > 10
    assert check(archive) == []


def test_rows_without_a_position_are_kept_and_counted(archive: Archive, tmp_path: Path) -> None:
    table = stars()
    table["RA"][:7] = np.nan
    report = archive.import_catalog("mine", write(table, tmp_path / "a.parquet"))
    assert (report.rows, report.unplaced) == (ROWS, 7)


def test_columns_that_only_some_files_have_are_null_elsewhere(
    archive: Archive, tmp_path: Path
) -> None:
    one, other = stars(1), stars(2)
    other.remove_column("kind")
    other["ID"] = other["ID"].astype("i4")
    report = archive.import_catalog(
        "mine", write(one, tmp_path / "a.parquet"), write(other, tmp_path / "b.fits")
    )
    assert report.partly == ["kind"]
    found = rows_of(archive, "mine")
    assert len(found) == 2 * ROWS
    assert found[2_000_000]["kind"] is None


def changed(**columns: Any) -> Table:
    table = stars()
    for name, values in columns.items():
        table[name] = values
    return table


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (stars()["ID", "mag"], {}, "None of the columns looks like a position.*--ra.*ID, mag"),
        (changed(DEC=np.full(ROWS, 95.0)), {}, "DEC is 95 in one of its rows.*off the sky"),
        (stars(), {"ra": "rax"}, "The files have no column 'rax'. Did you mean 'RA'"),
        (stars(), {"ra": "kind"}, "The column kind is no number"),
        (stars(), {"without": ("nothing",)}, "no column 'nothing'"),
    ],
)
def test_what_cannot_be_a_catalogue_is_refused(
    archive: Archive, tmp_path: Path, table: Table, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidQueryError, match=said):
        archive.import_catalog("mine", write(table, tmp_path / "a.parquet"), **options)
    assert archive.catalogs.names() == []


def test_files_that_are_broken_or_no_tables_are_named(archive: Archive, tmp_path: Path) -> None:
    whole = write(stars(), tmp_path / "a.parquet").read_bytes()
    broken = {
        "cut.parquet": whole[: len(whole) // 2],
        "page.csv": b"<html>\nnot,found\n1,2,3\n",
        "cut.fits": write(stars(), tmp_path / "a.fits").read_bytes()[:5000],
        "bad.csv.gz": b"\x1f\x8b nonsense",
        "x.txt": b"1 2 3",
        "bomb.vot": b"<?xml version='1.0'?><VOTABLE><RESOURCE/></VOTABLE>",
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidQueryError, match=name):
            archive.import_catalog("mine", tmp_path / "a.parquet", tmp_path / name)
    with pytest.raises(InvalidQueryError, match="no file or folder"):
        archive.import_catalog("mine", tmp_path / "nothing.parquet")
    pq.write_table(pa.table({"ra": [1.0], "dec": [2.0], "list": [[1, 2]]}), tmp_path / "l.parquet")
    with pytest.raises(InvalidQueryError, match="--without list"):
        archive.import_catalog("mine", tmp_path / "l.parquet")
    pq.write_table(pa.table({"ra": [1.0], "dec": [2.0], "ID": ["a"]}), tmp_path / "t.parquet")
    with pytest.raises(InvalidQueryError, match=r"ID is int in .*a\.parquet and string in"):
        archive.import_catalog("mine", tmp_path / "a.parquet", tmp_path / "t.parquet")
    assert archive.catalogs.names() == []


def test_one_that_is_there_is_replaced_only_when_asked(archive: Archive, tmp_path: Path) -> None:
    first = write(stars(1), tmp_path / "a.parquet")
    second = write(stars(2), tmp_path / "b.parquet")
    archive.import_catalog("mine", first)
    with pytest.raises(InvalidQueryError, match="mine is there already; --replace"):
        archive.import_catalog("mine", second)
    archive.import_catalog("mine", second, replace=True)
    assert min(rows_of(archive, "mine")) == 2_000_000
    archive.catalogs.remove("mine")
    assert archive.catalogs.names() == []


def test_an_import_that_is_killed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    files = [write(stars(seed), tmp_path / f"{seed}.parquet") for seed in range(1, 13)]
    expected = sorted(int(n) for seed in range(1, 13) for n in stars(seed)["ID"])
    Archive.create(tmp_path / "archive").close()
    code = (
        "import sys; from topmast import Archive\n"
        "print('ready', flush=True)\n"
        "report = Archive(sys.argv[1]).import_catalog('mine', *sys.argv[2:])\n"
        "print('done', report.resumed, flush=True)"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "archive"), *map(str, files)]
    chance, resumed = random.Random(3), 0
    for _ in range(int(os.environ.get("KILLS", "6"))):
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.05, 0.9))
            process.send_signal(signal.SIGKILL)
            if "done" in process.stdout.read():
                break
        with Archive(tmp_path / "archive") as archive:
            assert archive.catalogs.names() == []
            assert check(archive) == []
    with Archive(tmp_path / "archive") as archive:
        if not archive.catalogs.names():
            resumed = archive.import_catalog("mine", *files).resumed
        assert sorted(rows_of(archive, "mine")) == expected
        assert 0 <= resumed <= len(files)


def test_a_changed_file_is_not_taken_for_the_one_that_was_read(tmp_path: Path) -> None:
    from topmast.archive.catalogs import importing

    files = [write(stars(seed), tmp_path / f"{seed}.parquet") for seed in (1, 2, 3)]
    archive = Archive.create(tmp_path / "archive")
    real = importing.pieces_of_file

    def stop(source: Any) -> Any:
        if source.path == files[2]:
            raise KeyboardInterrupt
        return real(source)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importing, "pieces_of_file", stop)
        with pytest.raises(KeyboardInterrupt):
            archive.import_catalog("mine", *files)
    assert archive.catalogs.names() == []
    write(stars(9), files[1])
    report = archive.import_catalog("mine", *files)
    assert report.resumed == 0
    assert 9_000_000 in rows_of(archive, "mine")
