"""topmast init, ingest and demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from astropy.table import Table
from click.testing import CliRunner

from tests.cli.conftest import OBSERVATIONS
from topmast import sample
from topmast.archive import Archive
from topmast.cli import main
from topmast.cli.archive import make_sample


def call(*words: str) -> Any:
    return CliRunner().invoke(main, list(words))


def test_an_empty_archive_is_made_and_filled_and_asked(tmp_path: Path) -> None:
    folder = str(tmp_path / "archive")
    Table(OBSERVATIONS).write(tmp_path / "observations.ecsv")

    made = call("init", folder)
    filled = call("ingest", folder, "--observations", str(tmp_path / "observations.ecsv"))

    assert (made.exit_code, filled.exit_code) == (0, 0)
    assert "Put in: 4 observations" in filled.stderr
    assert call("missions", "--archive", folder).stdout.split() == ["GALEX", "HST", "IUE"]


def test_the_columns_of_2017_can_be_had(tmp_path: Path) -> None:
    folder = str(tmp_path / "archive")
    Table(OBSERVATIONS).write(tmp_path / "observations.ecsv")
    call("init", folder, "--profile", "2017")
    call("ingest", folder, "--observations", str(tmp_path / "observations.ecsv"))

    names = call("search", "270.92 -24.38", "--archive", folder).stdout.splitlines()[0].split("\t")

    assert names[:3] == ["dataproduct_type", "obs_collection", "instrument_name"]


def test_an_archive_is_not_made_over_another(tmp_path: Path) -> None:
    folder = str(tmp_path / "archive")
    call("init", folder)

    result = call("init", folder)

    assert result.exit_code == 1
    assert "is an archive already" in result.stderr


def test_the_sample_does_not_go_into_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    result = call("init", str(tmp_path), "--sample")

    assert result.exit_code == 2
    assert "is there already and not empty" in result.stderr


def test_the_sample_is_counted_on_a_terminal_while_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(folder: Path, *, profile: str, progress: Any) -> Archive:
        progress("files", 1200)
        return Archive.create(folder, profile=profile)

    monkeypatch.setattr("topmast.sample.build_sample", build)
    for name, value in {"TERM": "xterm", "TTY_COMPATIBLE": "1", "FORCE_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)

    result = call("init", str(tmp_path / "archive"), "--sample")
    quiet = call("--quiet", "init", str(tmp_path / "other"), "--sample")

    assert "1,200 files" in result.stderr
    assert "files" not in quiet.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "--names, --catalog, --cube or --image."),
        (["--observations", "missing.ecsv"], 2, "does not exist"),
        (["--observations", "odd.csv"], 2, "The archive has no column 'filterz'"),
    ],
)
def test_what_cannot_be_put_in_is_one_line(
    words: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.csv").write_text("obsid,filterz\n1,NUV\n")
    call("init", "archive")

    result = call("ingest", "archive", *words)

    assert result.exit_code == code
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_rows_of_a_catalogue_are_put_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stars.csv").write_text("ID,ra,dec,Tmag\n5,1.0,2.0,9.5\n")
    call("init", "archive")

    result = call("ingest", "archive", "--catalog", "tic", "--table", "stars.csv")
    alone = call("ingest", "archive", "--catalog", "tic")

    assert "Put in: 1 rows of tic." in result.stderr
    assert alone.exit_code == 2
    assert "--catalog and --table go together" in alone.stderr


def test_a_product_without_its_file_and_an_odd_footprint_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "o.csv").write_text("obsid,obs_collection,s_ra,s_dec,s_region\n1,X,1,2,BLOB 1\n")
    (tmp_path / "p.csv").write_text("obsID,obs_collection,obs_id,dataURI\n1,X,x,mast:X/gone.fits\n")
    (tmp_path / "files").mkdir()
    call("init", "archive")

    words = ["--observations", "o.csv", "--products", "p.csv", "--files", "files"]
    result = call("ingest", "archive", *words)

    assert result.exit_code == 0
    assert "Warning: not among the files: mast:X/gone.fits." in result.stderr
    assert "Warning: row 1: no footprint can be read in 'BLOB 1'" in result.stderr


def test_a_folder_that_is_no_archive_cannot_be_filled_or_served(tmp_path: Path) -> None:
    for words in (["serve", str(tmp_path)], ["ingest", str(tmp_path), "--files", str(tmp_path)]):
        result = call(*words)

        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")


def test_the_demo_does_the_whole_job_and_twice(
    sample_archive: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / "archive").symlink_to(sample_archive.folder)

    first, second = call("demo", "show"), call("demo", "show")

    assert first.exit_code == 0, first.output
    assert ">>> products = client.observations.get_product_list(observations)" in first.stdout
    assert (tmp_path / "show/footprints.png").read_bytes().startswith(b"\x89PNG")
    files = [path for path in (tmp_path / "show/mastDownload").rglob("*.fits*") if path.is_file()]
    assert len(files) >= 10
    with fits.open(files[0]) as file:
        assert file[0].header["SIMPLE"]
    assert second.exit_code == 0
    assert "disk" in second.stdout


def test_the_sample_is_made_beside_what_is_there_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(folder: Path, profile: str, progress: Any) -> Archive:
        (folder / "inside").write_text(profile)
        raise OSError("disk full")

    monkeypatch.setattr(sample, "build_sample", build)
    (tmp_path / "archive.part").mkdir()
    (tmp_path / "archive.part/mine").write_text("kept")

    with pytest.raises(OSError, match="disk full"):
        make_sample(tmp_path / "archive")

    kept = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")]
    assert sorted(kept) == ["archive.part", "archive.part/mine"]
