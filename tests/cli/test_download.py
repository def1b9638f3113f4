"""topmast download and topmast verify."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run, table_of
from topmast.archive import Archive
from topmast.archive.serve import running


def files_in(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".topmast")
    }


def test_of_an_observation_the_recommended_files_come(run: Run, tmp_path: Path) -> None:
    result = run("download", "7001")

    assert result.exit_code == 0, result.stderr
    assert files_in(tmp_path) == {"mastDownload/HST/hst-m101/u1_drz.fits"}
    assert [row["Status"] for row in table_of(result)] == ["COMPLETE"]
    assert "mrp_only=False takes them too" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("1 of 1 files are there (")


def test_all_of_them_come_if_asked(run: Run, tmp_path: Path) -> None:
    assert run("download", "7001", "--all").exit_code == 0
    assert len(files_in(tmp_path)) == 3


def test_a_filter_decides_instead(run: Run, tmp_path: Path) -> None:
    assert run("download", "7001", "--extension", "raw.fits").exit_code == 0
    assert files_in(tmp_path) == {"mastDownload/HST/hst-m101/u1_raw.fits"}


def test_a_table_of_products_is_taken_as_it_is(run: Run, tmp_path: Path) -> None:
    run("products", "7001", "--output", "products.ecsv")

    assert run("download", "products.ecsv", "--download-dir", "data").exit_code == 0
    assert len(files_in(tmp_path / "data")) == 3


def test_a_table_of_products_comes_through_a_pipe(run: Run, tmp_path: Path) -> None:
    found = run("search", "M101").stdout
    products = run("products", "-", "--product-type", "SCIENCE", stdin=found).stdout

    result = run("download", "-", "--download_dir", "data", stdin=products)

    assert result.exit_code == 0, result.stderr
    assert files_in(tmp_path / "data" / "mastDownload") == {
        "HST/hst-m101/u1_drz.fits",
        "HST/hst-m101/u1_raw.fits",
        "GALEX/galex-m101/nuv.fits.gz",
    }


def test_flat_and_layout_say_where_files_go(run: Run, tmp_path: Path) -> None:
    assert run("download", "7003", "--flat", "--download-dir", "one").exit_code == 0
    template = "{obs_collection}/{productFilename}"
    assert run("download", "7003", "--layout", template, "--download-dir", "two").exit_code == 0

    assert files_in(tmp_path / "one") == {"lwp1.mxlo.gz"}
    assert any(path.endswith("IUE/lwp1.mxlo.gz") for path in files_in(tmp_path / "two"))


def test_a_dry_run_says_what_would_come_and_fetches_nothing(run: Run, tmp_path: Path) -> None:
    result = run("download", "7001", "--all", "--dry-run")

    assert result.exit_code == 0
    assert result.stdout.startswith("3 files, ")
    assert files_in(tmp_path) == set()


def test_a_second_download_fetches_nothing_anew(run: Run) -> None:
    run("download", "7003")

    result = run("download", "7003")

    assert table_of(result)[0]["Source"] == "disk"


def test_a_curl_script_is_written_in_place_of_files(
    run: Run, small_archive: Path, tmp_path: Path
) -> None:
    with Archive(small_archive) as archive, running(archive) as url:
        result = run("--archive", url, "download", "7001", "--curl")

    assert result.exit_code == 0, result.stderr
    (script,) = files_in(tmp_path)
    assert script.endswith(".sh")
    assert subprocess.run(["bash", "-n", script], cwd=tmp_path, check=False).returncode == 0


def test_a_curl_script_of_a_folder_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("download", "7001", "--curl")

    assert result.exit_code == 2
    assert "Serve it first: topmast serve " in result.stderr
    assert files_in(tmp_path) == set()


def test_a_file_that_fails_is_a_row_and_exit_code_1_and_can_be_retried(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "products.csv").write_text(
        "obsID,obs_collection,obs_id,productFilename,dataURI\n"
        "7003,IUE,iue-m8,lwp1.mxlo.gz,mast:IUE/lwp1.mxlo.gz\n"
        "7003,IUE,iue-m8,gone.fits,mast:IUE/gone.fits\n"
    )

    result = run("download", "products.csv", "--output", "manifest.ecsv")

    assert result.exit_code == 1
    assert "1 of 2 files are there" in result.stderr
    assert "Failed: ./mastDownload/IUE/iue-m8/gone.fits: " in result.stderr
    again = run("download", "--retry", "manifest.ecsv")
    assert again.exit_code == 1
    assert [row["Status"] for row in table_of(again)] == ["COMPLETE", "ERROR"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Give obsids, a file with a table, or - for standard input."),
        (["7001", "--all", "--mrp-only"], "Give only one of --all and --mrp-only."),
        (["7001", "--retry", "products.csv"], "--retry"),
        (["7001", "--layout", "{nonsense}"], "nonsense"),
        (["7001", "--bandwidth", "fast"], "fast"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(run: Run, words: list[str], message: str) -> None:
    result = run("download", *words)

    assert result.exit_code == 2
    assert message in result.stderr.splitlines()[-1]
    assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_nothing_left_by_the_filters_is_exit_code_3(run: Run) -> None:
    result = run("download", "7001", "--extension", "pdf")

    assert result.exit_code == 3
    assert "Warning: No products to download." in result.stderr


def test_an_interrupted_download_says_how_to_go_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("topmast.download.Plan.run", interrupt)

    result = run("download", "7003")

    assert result.exit_code == 130
    assert "the same command again fetches the rest" in result.stderr


def test_verify_finds_a_broken_file_and_repairs_it(run: Run, tmp_path: Path) -> None:
    run("download", "7001")
    path = tmp_path / "mastDownload/HST/hst-m101/u1_drz.fits"
    whole = path.read_bytes()
    assert run("verify", "mastDownload").exit_code == 0
    path.write_bytes(whole[:100])

    broken = run("verify", "mastDownload")
    repaired = run("verify", "mastDownload", "--repair")

    assert broken.exit_code == 1
    assert "0 of 1 files are in order." in broken.stderr
    assert repaired.exit_code == 0
    assert path.read_bytes() == whole


def test_verify_of_a_folder_that_is_not_there_is_exit_code_2(run: Run) -> None:
    assert run("verify", "nowhere").exit_code == 2
