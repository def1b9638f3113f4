"""topmast catalog, and topmast columns for a catalogue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from astropy.table import Table
from click.testing import CliRunner, Result

from tests.catalog_archive import make
from tests.cli.conftest import table_of
from topmast.cli import main

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = make(tmp_path_factory.mktemp("catalogues") / "archive")
    archive.close()
    return archive.folder


@pytest.fixture
def run(folder: Path) -> Run:
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--archive", str(folder), *words])

    return run


def test_the_guides_search_is_one_line(run: Run) -> None:
    result = run("catalog", "M10", "--catalog", "TIC", "--radius", "0.02")

    assert result.exit_code == 0, result.stderr
    rows = table_of(result)
    distances = [float(row["dstArcSec"]) for row in rows]
    assert len(rows) == 21
    assert distances == sorted(distances)
    assert distances[-1] < 72


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["M10", "--radius", "0.1"], "94"),
        (["M10", "--radius", "0.1", "--version", "2"], "101"),
        (["M10", "--radius", "6 arcmin", "--catalog", "gaia", "--version", "2"], "80"),
        (["M10", "--radius", "0.1", "--ni", "5"], "80"),
        (["--catalog", "TIC", "--criterion", "Tmag=6..7"], "28"),
        (["--catalog", "tic", "--criterion", "tmag=..7", "--criterion", "objType=STAR"], "26"),
        (["M10", "--radius", "0.1", "--catalog", "TIC", "--criterion", "Tmag=6..9"], "27"),
        (["--catalog", "DiskDetective", "--criterion", "state=complete"], "56"),
        (["--catalog", "DiskDetective", "--criterion", "state=complete",
          "--criterion", "state=inactive"], "56"),
        (["--catalog", "DiskDetective", "--criterion", "state=comp*"], "56"),
    ],
)  # fmt: skip
def test_sources_are_counted_as_they_are_found(run: Run, words: list[str], count: str) -> None:
    counted = run("catalog", *words, "--count")
    found = run("catalog", *words)

    assert counted.exit_code == found.exit_code == 0, counted.stderr + found.stderr
    assert counted.stdout.strip() == count
    assert len(table_of(found)) == int(count)


def test_several_places_are_searched_in_one_call(run: Run) -> None:
    places = ["M10", "254.3 -4.1"]
    counted = run("catalog", *places, "--catalog", "TIC", "--radius", "0.02", "--count")
    found = table_of(run("catalog", *places, "--catalog", "TIC", "--radius", "0.02"))

    counts = dict(line.split("\t") for line in counted.stdout.splitlines())
    assert list(counts) == places
    for number, place in enumerate(places):
        assert len([r for r in found if r["target_index"] == str(number)]) == int(counts[place])


def test_a_reached_limit_is_told(run: Run) -> None:
    result = run("catalog", "M10", "--nr", "5")

    assert len(table_of(result)) == 5
    assert "Warning: Maximum catalog results returned" in result.stderr


def test_a_table_goes_to_a_file_with_its_units(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stars.ecsv"
    result = run("catalog", "M10", "--catalog", "Gaia", "--radius", "0.1", "--output", str(path))

    assert result.exit_code == 0, result.stderr
    assert str(Table.read(path)["parallax"].unit) == "mas"


def test_nothing_found_is_exit_code_3(run: Run) -> None:
    assert run("catalog", "1 2", "--catalog", "TIC").exit_code == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Give a TARGET, or a criterion such as --criterion Tmag=10..12."),
        (["M10", "--catalog", "Gaya"], "no catalogue 'Gaya'. Did you mean 'Gaia'?"),
        (["M10", "--catalog", "Gaia", "--nr", "5"], "Filter 'nr' does not exist for catalog Gaia."),
        (["--catalog", "Gaia", "--criterion", "ra=1..2"],
         "Criteria query not available for Gaia. It is for TIC, CTL, DiskDetective, PanSTARRS."),
        (["--catalog", "TIC", "--criterion", "Tmagg=1..2"], "Did you mean 'Tmag'?"),
        (["--catalog", "TIC", "--criterion", "Tmag=7"], "Tmag takes a range, MIN..MAX"),
        (["--catalog", "TIC", "--criterion", "Tmag"], "--criterion takes NAME=VALUE"),
        (["--catalog", "TIC", "--criterion", "Tmag=1..2", "--version", "8"],
         "--version goes with a search by place alone."),
        (["--catalog", "TIC", "--radius", "1", "--criterion", "Tmag=1..2"],
         "--radius needs a TARGET to be around."),
        (["M10", "--magtype", "3"], "magtype is 1 (MagAper2) or 2 (MagAuto), not 3."),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_says_why_with_exit_code_2(
    run: Run, words: list[str], message: str
) -> None:
    result = run("catalog", *words)

    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_the_columns_of_a_catalogue_are_listed_with_units_and_ucds(run: Run) -> None:
    rows = {row["Column Name"]: row for row in table_of(run("columns", "Gaia", "--version", "2"))}

    assert rows["pmra"]["Units"] == "mas/yr"
    assert rows["parallax"]["UCD"] == "pos.parallax.trig"
