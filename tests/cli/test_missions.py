"""topmast missions, and the commands below it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.mission_archive import FILES, make
from topmast.cli import main

Call = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = make(tmp_path_factory.mktemp("missions"))
    archive.close()
    return archive.folder


@pytest.fixture
def call(folder: Path) -> Call:
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["missions", *words, "--archive", str(folder)])

    return run


def datasets(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    first, *lines = result.stdout.splitlines()
    place = first.split("\t").index("sci_data_set_name")
    return [line.split("\t")[place] for line in lines]


def test_a_mission_is_searched_by_place_and_by_its_columns(call: Call) -> None:
    assert datasets(call("search", "hst", "M1", "--radius", "1")) == ["J0000", "J0001"]
    assert datasets(call("search", "hst", "--criterion", "sci_instrume=WF*")) == ["J0001", "J0004"]
    words = ("--sort-by", "sci_data_set_name", "--descending", "--limit", "2", "--offset", "1")
    assert datasets(call("search", "hst", *words)) == ["J0003", "J0002"]


def test_a_criterion_given_twice_means_either_value(call: Call) -> None:
    words = ("--criterion", "sci_pep_id=100", "--criterion", "sci_pep_id=300")

    assert datasets(call("search", "hst", *words)) == ["J0000", "J0001", "J0003"]


def test_rows_are_counted_without_fetching_them(call: Call) -> None:
    result = call("search", "roman", "--criterion", "pass=>1", "--count")

    assert (result.exit_code, result.stdout) == (0, "2\n")


def test_only_the_columns_asked_for_are_shown(call: Call) -> None:
    result = call("search", "roman", "--select", "pass,optical_element", "--limit", "1")

    assert result.stdout.splitlines()[0].split("\t") == ["pass", "optical_element", "fileSetName"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("search", "hubble"), 2, "There is no mission 'hubble'"),
        (("search", "hst", "--criterion", "sci_instrum=ACS"), 2, "Did you mean 'sci_instrume'"),
        (("search", "hst", "M1", "--radius", "31"), 2, "Must be ≤30.0 arcmin, got 31"),
        (("search", "hst", "--criterion", "sci_instrume=none"), 3, "no results"),
        (("products", "hst", "nothing"), 3, "have no products"),
        (("columns", "hubble"), 2, "There is no mission 'hubble'"),
        (("serch", "hst"), 2, "No such command 'serch'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    call: Call, words: tuple[str, ...], code: int, said: str
) -> None:
    result = call(*words)

    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_columns_and_products_are_listed(call: Call) -> None:
    assert "optical_element\tstring" in call("columns", "roman").stdout
    assert "j0000_raw.fits" in call("products", "hst", "J0000", "--extension", "raw.fits").stdout


def test_files_are_downloaded_of_datasets_and_of_a_subscription(call: Call, tmp_path: Path) -> None:
    result = call("download", "hst", "J0000", "--download-dir", str(tmp_path), "--quiet")

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Local Path\t")
    path = tmp_path / "mastDownload/hst/J0000/j0000_raw.fits"
    assert path.read_bytes() == FILES["j0000_raw.fits"]
    rows = [{"mission": "roman", "fileset": "r001", "filename": "r001_cal.asdf"}]
    (tmp_path / "s.json").write_text(json.dumps(rows))
    result = call("download", "hst", str(tmp_path / "s.json"), "--download-dir", str(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "mastDownload/roman/r001/r001_cal.asdf").is_file()
