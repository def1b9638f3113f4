"""topmast products, and what it reads from files and pipes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, table_of


def names(result: object) -> list[str]:
    return [row["productFilename"] for row in table_of(result)]  # type: ignore[arg-type]


def test_ids_are_words_with_or_without_commas(run: Run) -> None:
    assert len(names(run("products", "7001", "7003"))) == 4
    assert len(names(run("products", "7001,7003"))) == 4


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--extension", "fits"], ["u1_drz.fits", "u1_raw.fits"]),
        (["--extension", "jpg", "--extension", "raw.fits"], ["u1_raw.fits", "u1.jpg"]),
        (["--product-sub-group-description", "RAW"], ["u1_raw.fits"]),
        (["--productSubGroupDescription", "RAW"], ["u1_raw.fits"]),
        (["--product-type", "!PREVIEW"], ["u1_drz.fits", "u1_raw.fits"]),
        (["--mrp-only"], ["u1_drz.fits"]),
        (["--size", "<1000"], ["u1.jpg"]),
        (["--size", "1000..1000000", "--mrp-only"], ["u1_drz.fits"]),
    ],
)
def test_filters_are_options_named_as_the_columns(
    run: Run, words: list[str], found: list[str]
) -> None:
    assert names(run("products", "7001", *words)) == found


@pytest.mark.parametrize("form", ["m101.ecsv", "m101.csv", "m101.fits", "m101.parquet", "m101.vot"])
def test_observations_come_from_a_file_of_any_format(run: Run, form: str) -> None:
    run("search", "M101", "--output", form)

    assert len(names(run("products", form))) == 4


@pytest.mark.parametrize("format", ["tsv", "csv", "ecsv", "json", "votable"])
def test_observations_come_from_a_pipe_in_any_text_format(run: Run, format: str) -> None:
    piped = run("search", "M101", "--format", format).stdout

    assert len(names(run("products", "-", stdin=piped))) == 4


def test_a_pipe_may_hold_ids_alone(run: Run) -> None:
    assert len(names(run("products", "-", stdin="7001\n7003\n"))) == 4
    piped = run("search", "M101", "--columns", "obsid").stdout
    assert len(names(run("products", "-", stdin=piped))) == 4


def test_a_table_of_products_can_be_filtered_further(run: Run) -> None:
    run("products", "7001", "--output", "products.ecsv")

    assert names(run("products", "products.ecsv", "--mrp-only")) == ["u1_drz.fits"]


def test_a_text_file_of_ids_will_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("7001 7003\n")

    assert len(names(run("products", "ids.txt"))) == 4


def test_an_observation_without_products_is_exit_code_3(run: Run) -> None:
    result = run("products", "7004")

    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("words", "stdin", "message"),
    [
        ([], None, "Give obsids, a file with a table, or - for standard input."),
        (["missing.ecsv"], None, "There is no file missing.ecsv."),
        (["-"], "", "Standard input is empty"),
        (["7001", "--size", "big"], None, "Could not parse numeric filter"),
        (["-"], "obsid\tx\n1\n", "Standard input is not a table that can be read: A row has 1"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    run: Run, words: list[str], stdin: str | None, message: str
) -> None:
    result = run("products", *words, stdin=stdin)

    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_no_table_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.fits").write_bytes(b"not a FITS file")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")

    assert "is not a table that can be read" in run("products", "broken.fits").stderr
    assert "has no column obsid, obsID or dataURI" in run("products", "other.csv").stderr
