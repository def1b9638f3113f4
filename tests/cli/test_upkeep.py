"""`topmast ingest` of a folder, and `topmast archive info`, `check`, `compact`, `remove`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.archive.test_own_files import broken_files, image
from tests.cli.conftest import Run as PlainRun
from topmast import Archive

Run = Callable[..., Result]


@pytest.fixture
def run(run: PlainRun) -> Run:
    """The same, with paths among the words."""
    return lambda *words: run(*map(str, words))


@pytest.fixture
def archive(small_archive: Path, tmp_path: Path) -> Path:
    shutil.copytree(small_archive, tmp_path / "archive")
    return tmp_path / "archive"


def test_ingest_tells_what_became_of_a_folder(run: Run, archive: Path, tmp_path: Path) -> None:
    broken_files(tmp_path / "run")
    done = run("ingest", archive, tmp_path / "run", "--set", "obs_collection=MINE")
    assert done.exit_code == 1
    assert "Put in: 1 observations, 1 files, 1 previews" in done.stderr
    assert "cut.fits: its header announces" in done.stderr


def test_what_cannot_be_meant_is_a_usage_error(run: Run, archive: Path, tmp_path: Path) -> None:
    image(tmp_path / "run" / "a.fits")
    done = run("ingest", archive, tmp_path / "run", "--set", "MINE")
    assert (done.exit_code, "COLUMN=VALUE" in done.stderr) == (2, True)
    assert run("ingest", archive, "--set", "a=b").exit_code == 2


def test_info_counts_what_is_there(run: Run, archive: Path) -> None:
    done = run("archive", "info", archive)
    assert done.exit_code == 0
    assert "observations    4" in done.stdout
    assert "2 HST" in done.stdout
    assert "files           5" in done.stdout


def test_check_names_what_is_wrong(run: Run, archive: Path) -> None:
    assert run("archive", "check", archive, "--checksums").exit_code == 0
    files = sorted(path for path in (archive / "products").rglob("*") if path.is_file())
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes() + b"x")
    content = files[2].read_bytes()
    files[2].write_bytes(bytes([content[0] ^ 1]) + content[1:])
    done = run("archive", "check", archive, "--checksums")
    assert done.exit_code == 1
    assert f"{files[0].name} is missing" in done.stdout
    assert f"{files[1].name} has " in done.stdout
    assert f"{files[2].name} has changed" in done.stdout
    assert "3 problems found" in done.stderr


def test_remove_takes_rows_and_files_and_nothing_else(run: Run, archive: Path) -> None:
    kept = set((archive / "products").rglob("*.gz"))
    assert run("archive", "remove", archive, "7001").exit_code == 0
    assert {path for path in (archive / "products").rglob("*") if path.is_file()} == kept
    assert run("archive", "check", archive, "--checksums").exit_code == 0
    assert run("count", "M101", "--archive", archive, "--mission=HST").exit_code != 0
    done = run("search", "210.80 54.35", "--archive", archive, "--format", "csv")
    assert "hst-m101," not in done.stdout
    assert "galex-m101" in done.stdout


def test_an_unknown_obsid_removes_nothing(run: Run, archive: Path) -> None:
    done = run("archive", "remove", archive, "7001", "99")
    assert done.exit_code != 0
    assert "no observation with obsid 99; nothing was removed" in done.stderr
    assert "observations    4" in run("archive", "info", archive).stdout


def test_compact_gives_space_back(run: Run, archive: Path) -> None:
    with Archive(archive) as opened:
        with opened.store.writing() as connection:
            connection.execute("CREATE TABLE filler AS SELECT zeroblob(3000000) AS empty")
        with opened.store.writing() as connection:
            connection.execute("DROP TABLE filler")
    size = (archive / "archive.sqlite").stat().st_size
    assert run("archive", "compact", archive).exit_code == 0
    assert (archive / "archive.sqlite").stat().st_size < size - 2_000_000
    assert run("archive", "check", archive).exit_code == 0


def test_an_archive_of_format_1_is_read_and_brought_to_format_2(archive: Path) -> None:
    with Archive(archive) as opened, opened.store.writing() as connection:
        connection.execute("DROP TABLE own_files")
        connection.execute("UPDATE settings SET value = '1' WHERE name = 'format_version'")
    with Archive(archive) as opened, opened.store.reading() as connection:
        assert opened.store.setting("format_version", connection) == "2"
        assert connection.execute("SELECT count(*) FROM own_files").fetchone() == (0,)


def test_a_catalogue_is_imported_searched_and_removed(
    run: Run, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "vars.csv").write_text("alpha,delta,name\n10.0,20.0,a\n10.01,20.0,b\n,,c\n")
    words = ("archive", "import", archive, "mine", tmp_path / "vars.csv")
    refused = run(*words)
    assert (refused.exit_code != 0, "--ra" in refused.stderr) == (True, True)
    done = run(*words, "--ra", "alpha", "--dec", "delta")
    assert "The catalogue mine has 3 rows of 1 files" in done.stderr
    assert "1 rows have no position" in done.stderr
    found = run("catalog", "10.0 20.0", "--radius", "1 arcsec", "--catalog", "mine",
                "--archive", archive, "--format", "csv")  # fmt: skip
    assert "a" in found.stdout.splitlines()[1]
    assert run("archive", "remove-catalog", archive, "mine").exit_code == 0
    assert run("archive", "remove-catalog", archive, "mine").exit_code != 0
