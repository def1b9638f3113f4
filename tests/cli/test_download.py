"""topmast download and topmast verify."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run, table_of
from topmast.archive import Archive
from topmast.archive.server.serve import serve_in_thread
from topmast.cli.formats import read_table


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
    assert "are left out; --all takes them too." in result.stderr
    assert "mrp_only" not in result.stderr
    last = result.stderr.splitlines()[-1]
    assert last == "1 of 1 file is there, in mastDownload (5.76 kB)."


def test_a_file_is_downloaded_by_its_uri(run: Run, tmp_path: Path) -> None:
    result = run("download", "mast:HST/u1_raw.fits", "mast:IUE/lwp1.mxlo.gz", "--download-dir", ".")

    assert result.exit_code == 0, result.stderr
    assert files_in(tmp_path) == {"u1_raw.fits", "lwp1.mxlo.gz"}
    mixed = run("download", "mast:HST/u1_raw.fits", "7001")
    assert (mixed.exit_code, "7001 is no URI" in mixed.stderr) == (2, True)


@pytest.mark.usefixtures("terminal")
def test_a_file_that_fails_is_told_of_once(run: Run, tmp_path: Path) -> None:
    result = run("download", "mast:HST/u1_raw.fits", "mast:IUE/gone.fits", "--flat")

    assert result.exit_code == 1
    assert (result.stdout + result.stderr).count("gone.fits") == 1


@pytest.mark.parametrize("extension", ["ecsv", "vot", "fits", "csv", "tsv", "json", "parquet"])
def test_the_manifest_is_written_in_every_format(run: Run, tmp_path: Path, extension: str) -> None:
    result = run("download", "7001", "--output", f"manifest.{extension}")

    assert result.exit_code == 0, result.stderr
    table = read_table(tmp_path / f"manifest.{extension}")
    assert table["Status"].tolist() == ["COMPLETE"]
    again = run("download", "--retry", f"manifest.{extension}")
    assert again.exit_code == 0, again.stderr


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
    with Archive(small_archive) as archive, serve_in_thread(archive) as url:
        result = run("--archive", url, "download", "7001", "--curl")

    assert result.exit_code == 0, result.stderr
    (script,) = files_in(tmp_path)
    assert script.endswith(".sh")
    assert subprocess.run(["bash", "-n", script], cwd=tmp_path, check=False).returncode == 0


@pytest.mark.parametrize("where", [["--flat"], ["--layout", "x/{productFilename}"]])
def test_a_curl_script_puts_files_where_a_download_would(
    run: Run, tmp_path: Path, where: list[str]
) -> None:
    assert run("download", "7001", "--curl", *where).exit_code == 0
    (script,) = files_in(tmp_path)
    asked = [line.split()[2] for line in (tmp_path / script).read_text().splitlines()
             if line.startswith("fetch ")]  # fmt: skip

    assert run("download", "7001", *where).exit_code == 0
    assert set(asked) == {f"./{name}" for name in files_in(tmp_path) - {script}}


def test_a_curl_script_of_a_folder_says_that_it_has_to_be_served(run: Run, tmp_path: Path) -> None:
    result = run("download", "7001", "--curl")

    assert result.exit_code == 0
    (script,) = files_in(tmp_path)
    assert "Serve the archive first: topmast serve" in (tmp_path / script).read_text()


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
    assert "1 of 2 files are there, in mastDownload (" in result.stderr
    summary, again_hint, retry_hint = result.stderr.splitlines()[-3:]
    assert summary.startswith(
        "FAILED: 1 of 2 files did not arrive. ./mastDownload/IUE/iue-m8/gone.fits: "
    )
    assert again_hint.startswith("Run the same command again")
    assert retry_hint == "Or: topmast download --retry manifest.ecsv"
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
    assert "Run the same command again: only the missing files" in result.stderr


@pytest.fixture
def failing(tmp_path: Path) -> str:
    """A table of products of which the first of six is there."""
    rows = ["7003,IUE,iue-m8,lwp1.mxlo.gz,mast:IUE/lwp1.mxlo.gz"]
    rows += [f"7003,IUE,iue-m8,gone{n}.fits,mast:IUE/gone{n}.fits" for n in range(5)]
    names = "obsID,obs_collection,obs_id,productFilename,dataURI"
    (tmp_path / "products.csv").write_text("\n".join([names, *rows]) + "\n")
    return "products.csv"


def test_the_summary_counts_what_failed_and_names_the_journal(
    run: Run, failing: str, tmp_path: Path
) -> None:
    result = run("download", failing)

    summary, _, hint = result.stderr.splitlines()[-3:]
    assert summary.startswith("FAILED: 5 of 6 files did not arrive. ./mastDownload/")
    assert summary.endswith(" (and 4 more)")
    (journal,) = (tmp_path / "mastDownload").glob(".topmast-run-*")
    assert hint == f"Or: topmast download --retry {journal.relative_to(tmp_path)}"
    assert len(table_of(run("download", "--retry", str(journal)))) == 5


def test_quiet_says_what_failed_and_nothing_else(run: Run, failing: str) -> None:
    result = run("download", failing, "--quiet", "--output", "m.ecsv")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("FAILED: 5 of 6 files did not arrive.")
    assert result.stderr.endswith("Or: topmast download --retry m.ecsv\n")


def test_quiet_says_nothing_if_all_is_well(run: Run) -> None:
    assert run("download", "7003", "--quiet", "--output", "m.ecsv").output == ""


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_what_failed_and_why(run: Run, failing: str) -> None:
    lines = run("download", failing).stdout.splitlines()

    assert lines[0].split() == ["Local", "Path", "Message"]
    assert len(lines) == 6
    assert "gone0.fits" in lines[1]
    assert "404" in lines[1]
    assert max(map(len, lines)) <= 80


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_no_table_if_all_is_well(run: Run) -> None:
    assert run("download", "7003").stdout == ""
    assert "COMPLETE" in run("download", "7003", "--all-rows").stdout


@pytest.mark.parametrize("extension", ["ecsv", "vot", "fits", "csv", "tsv", "json", "parquet"])
def test_what_output_writes_retry_reads(run: Run, failing: str, extension: str) -> None:
    run("download", failing, "--output", f"m.{extension}")

    again = run("download", "--retry", f"m.{extension}")

    assert [row["Status"] for row in table_of(again)] == ["COMPLETE"] + ["ERROR"] * 5
    assert f"Or: topmast download --retry m.{extension}" in again.stderr


def test_a_dry_run_of_a_retry_fetches_nothing(
    run: Run, failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("download", failing, "--output", "m.ecsv")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr("topmast.download.run.Run.to_the_end", None)

    result = run("download", "--retry", "m.ecsv", "--dry-run")

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("5 files, ")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dry_run_of_a_retry_with_nothing_to_do_says_so(run: Run) -> None:
    run("download", "7003", "--output", "m.ecsv")

    result = run("download", "--retry", "m.ecsv", "--dry-run")

    assert result.stdout == "0 files: all of m.ecsv have arrived.\n"


def test_a_retry_takes_the_folder_of_the_manifest_and_no_other(run: Run, failing: str) -> None:
    run("download", failing, "--output", "m.ecsv", "--download-dir", "data")

    same = run("download", "--retry", "m.ecsv", "--download-dir", "data", "--connections", "1")
    other = run("download", "--retry", "m.ecsv", "--download-dir", "other")

    assert "FAILED: 5 of 6" in same.stderr
    assert other.exit_code == 2
    assert "--retry" in other.stderr
    assert "--download-dir other" in other.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--retry m.ecsv", "--curl"),
        ("--retry m.ecsv", "--flat"),
        ("--retry m.ecsv", "--layout {productFilename}"),
        ("--retry m.ecsv", "--no-cache"),
        ("--retry m.ecsv", "--current"),
        ("--retry m.ecsv", "--all"),
        ("--retry m.ecsv", "--mrp-only"),
        ("--retry m.ecsv", "--extension fits"),
        ("--retry m.ecsv", "--product-type SCIENCE"),
        ("7001 --curl", "--dry-run"),
        ("7001 --curl", "--bandwidth 1MB/s"),
        ("7001 --curl", "--connections 2"),
        ("7001 --curl", "--no-cache"),
        ("7001 --curl", "--current"),
        ("7001 --no-cache", "--current"),
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense_together_are_refused(
    run: Run, words: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "m.ecsv").write_text("not looked at")

    result = run("download", *" ".join(words).split())

    assert result.exit_code == 2
    named = [word for word in " ".join(words).split() if word.startswith("--")]
    assert all(word in result.stderr.splitlines()[-1] for word in named)
    assert files_in(tmp_path) == {"m.ecsv"}


@pytest.mark.parametrize("option", ["--current", "--check"])
def test_the_archive_is_asked_whether_what_is_here_is_current(
    run: Run, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def plan(*_: object, cache: object, **__: object) -> None:
        asked.append(cache)

    monkeypatch.setattr("topmast.download.plan_download", plan)

    run("download", "7003", option)

    assert asked == ["check"]


def test_the_help_has_the_new_name_alone(run: Run) -> None:
    text = run("download", "--help").stdout

    assert "--current " in text
    assert "--check" not in text
