"""topmast search and topmast count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from astropy.table import Table

from tests.cli.conftest import Run, table_of
from topmast.cli.words import criterion_of


def test_a_search_around_an_object_gives_what_its_circle_touches(run: Run) -> None:
    result = run("search", "M101", "--radius", "1 arcmin")

    assert result.exit_code == 0
    assert [row["obsid"] for row in table_of(result)] == ["7001", "7002", "7004"]


def test_a_position_is_a_target_too(run: Run) -> None:
    result = run("search", "210.80 54.35", "--radius", "0.01")

    assert result.exit_code == 0
    assert len(table_of(result)) == 3
    assert result.stderr == ""


@pytest.mark.parametrize("words", [("210.80", "54.35"), ("14h03m12s", "+54d21m00s")])
def test_two_coordinates_without_quotes_are_one_position(run: Run, words: tuple[str, str]) -> None:
    assert len(table_of(run("search", *words, "--radius", "0.01"))) == 3
    assert run("count", *words, "--radius", "0.01").stdout == "3\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--obs-collection", "HST"], ["7001"]),
        (["--obs_collection", "HST", "--obs-collection", "IUE"], ["7001", "7003"]),
        (["--filters", "*UV", "--filters", "F469N"], ["7001", "7002"]),
        (["--proposal-pi", "Osten*"], ["7001"]),
        (["--t-min", "54000..56000"], ["7001", "7002"]),
        (["--t-min", "..50000"], ["7003"]),
        (["--t-min", "54500.."], ["7001"]),
        (["--t_min", "2005-01-01..2006-12-31"], ["7002"]),
        (["--t-min", "2005..2006"], ["7002"]),
        (["--t-min", "<50000"], ["7003"]),
        (["--t-min", ">=54500"], ["7001"]),
        (["--pi", "Osten*"], ["7001"]),
        (["--t-exptime", "20..50", "--t-exptime", "1000..2000"], ["7002", "7003"]),
        (["--t-exptime", "1 min..1 h"], ["7001", "7002"]),
        (["--calib-level", "2..3"], ["7001", "7002", "7003"]),
        (["--criterion", "t_min=54000..56000", "--criterion", "filters=NUV"], ["7002"]),
        (["--intentType", "calibration"], ["7004"]),
        (["--intent-type", "calibration"], ["7004"]),
        (["--criterion", "obstype=all", "--obs-collection", "HST"], ["7001", "7004"]),
    ],
)
def test_criteria_are_options_named_as_the_columns(
    run: Run, words: list[str], found: list[str]
) -> None:
    result = run("search", *words)

    assert result.exit_code == 0, result.stderr
    assert sorted(row["obsid"] for row in table_of(result)) == found


def test_a_place_and_criteria_go_together(run: Run) -> None:
    result = run("search", "M101", "--radius", "5 arcmin", "--obs-collection", "GALEX")

    assert [row["obsid"] for row in table_of(result)] == ["7002"]


def test_several_targets_are_one_call_and_say_which_was_matched(run: Run) -> None:
    rows = table_of(run("search", "M101", "M8", "--radius", "1 arcmin"))

    assert {(row["target_given"], row["obsid"]) for row in rows} >= {
        ("M101", "7001"),
        ("M8", "7003"),
    }


def test_nothing_found_is_exit_code_3_and_a_line(run: Run) -> None:
    result = run("search", "10 10")

    assert result.exit_code == 3
    assert result.stderr == (
        "Warning: Query returned no results. Nothing touches 10 10 within 0.2 deg: check the "
        "position, its units (degrees) and sign.\n"
    )
    quiet = run("search", "10 10", "--quiet")
    assert (quiet.exit_code, quiet.stderr) == (3, "")
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Error: Give a TARGET, or a criterion such as --obs-collection HST."),
        (["--radius", "1d", "--filters", "NUV"], "Error: --radius needs a TARGET to be around."),
        (["M101", "--radius", "wide"], "Error: The radius 'wide' cannot be read."),
        (["M101", "--radius", "-1"], "Error: The radius must be between 0 and 180 degrees"),
        (["Nowhere"], 'Error: Could not resolve "Nowhere" to a sky position.'),
        (["--t-min", "55000"], "Error: t_min takes a range, MIN..MAX (or MIN.. or ..MAX), not"),
        (["--t-min", ".."], "Error: t_min takes a range"),
        (["--t-min", "soon..later"], "Error: The criterion 't_min' takes numbers (MJD) or times"),
        (["--criterion", "filterz=NUV"], "Error: Filter 'filterz' does not exist. Did you mean"),
        (["--criterion", "filters"], "Error: --criterion takes NAME=VALUE, not 'filters'."),
        (["--filterz", "NUV"], "Error: No such option"),
        (["--calib-level", "1..2000"], "Error: 1..2000 is no range of at most 1000"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(run: Run, words: list[str], message: str) -> None:
    result = run("search", *words)

    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_count_prints_a_number(run: Run) -> None:
    assert run("count", "M101", "--radius", "1 arcmin").stdout == "3\n"
    assert run("search", "M101", "--radius", "1 arcmin", "--count").stdout == "3\n"
    assert run("count", "--obs-collection", "HST").stdout == "1\n"
    assert run("count", "--obs-collection", "NONE").stdout == "0\n"


def test_count_without_any_word_counts_the_archive(run: Run) -> None:
    assert run("count", "--criterion", "obstype=all").stdout == "4\n"


def test_count_of_several_targets_is_a_line_for_each(run: Run) -> None:
    result = run("count", "M101", "M8", "--radius", "1 arcmin")

    assert result.stdout == "M101\t3\nM8\t1\n"


def test_a_file_is_written_by_its_extension(run: Run, tmp_path: Path) -> None:
    result = run("search", "M101", "--output", "m101.ecsv")

    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == "3 rows written to m101.ecsv\n"
    table = Table.read(tmp_path / "m101.ecsv")
    assert str(table["t_min"].unit) == "d"


def test_an_unknown_extension_is_told_before_anything_is_asked(run: Run) -> None:
    result = run("search", "Nowhere", "--output", "m101.txt")

    assert result.exit_code == 2
    assert "Cannot tell the format of 'm101.txt'" in result.stderr


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing/m101.ecsv", "There is no folder missing"),
        (".", "is a folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_before(run: Run, path: str, message: str) -> None:
    result = run("search", "Nowhere", "--output", path)

    assert result.exit_code == 2
    assert message in result.stderr


def test_columns_are_chosen_in_any_letter_case(run: Run) -> None:
    result = run("search", "M8", "--columns", "objid,OBSID,s_dec")

    assert result.exit_code == 2
    assert "The answer has no column 'objid'. Did you mean 'obsid'?" in result.stderr
    assert run("search", "M8", "--columns", "OBSID, s_dec").stdout == "obsid\ts_dec\n7003\t-24.38\n"


def test_standard_output_takes_any_format(run: Run) -> None:
    rows = json.loads(run("search", "M8", "--format", "json").stdout)

    assert rows[0]["obsid"] == "7003"
    assert rows[0]["em_min"] is None
    assert run("search", "M8", "--output", "-", "--format", "csv").stdout.startswith("intentType,")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_what_fits_and_says_what_does_not(run: Run) -> None:
    result = run("search", "M101", "--rows", "2")

    lines = result.stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].split()[:3] == ["obsid", "obs_collection", "instrument_name"]
    assert all(len(line) <= 80 for line in lines)
    assert result.stderr.startswith("… 1 more row (--all-rows or --output FILE), ")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_everything_if_asked(run: Run) -> None:
    result = run("search", "M101", "--all-rows", "--all-columns")

    assert len(result.stdout.splitlines()) == 4
    assert "POLYGON ICRS 210.75 54.30 210.85 54.30" in result.stdout
    assert result.stderr == ""


def test_a_text_alone_is_one_value_and_numbers_are_spelled_out() -> None:
    assert criterion_of("filters", ["NUV"]) == "NUV"
    assert criterion_of("calib_level", ["2..4", "0"]) == ["2", "3", "4", "0"]
    assert criterion_of("T_MIN", ["1..2"]) == [[1.0, 2.0]]
    assert criterion_of("something_else", ["1..2"]) == "1..2"


@pytest.mark.parametrize("words", [("10.5", "-7.30962"), ("--radius", "0.1", "10.5", "-7.30962")])
def test_a_southern_declination_needs_no_quotes(run: Run, words: tuple[str, ...]) -> None:
    result = run("count", *words)

    assert result.exit_code == 0
    assert result.stdout == "0\n"


def test_a_negative_value_of_an_option_stays_its_value(run: Run) -> None:
    result = run("count", "M101", "--radius", "-1")

    assert result.exit_code == 2
    assert "not '-1'" in result.stderr or "not -1" in result.stderr


@pytest.mark.parametrize(
    ("order", "obsids"),
    [("t_min", ["7003", "7002", "7001"]), ("-T_MIN", ["7001", "7002", "7003"])],
)
def test_rows_are_sorted_by_a_column(run: Run, order: str, obsids: list[str]) -> None:
    result = run("search", "--criterion", "intentType=science", "--sort", order)

    assert [row["obsid"] for row in table_of(result)] == obsids


def test_sorting_by_an_unknown_column_names_the_nearest(run: Run) -> None:
    result = run("search", "M101", "--sort", "t_mim")

    assert result.exit_code == 2
    assert "The answer has no column 't_mim'. Did you mean 't_min'?" in result.stderr


@pytest.mark.parametrize("years", ["2005-2010", "2005 - 2010", "2005..2010"])
def test_years_are_a_range(run: Run, years: str) -> None:
    result = run("search", "M101", "--year", years)

    assert {row["obsid"] for row in table_of(result)} == {"7001", "7002"}


def test_what_is_no_year_is_refused(run: Run) -> None:
    result = run("count", "--year", "soon")

    assert result.exit_code == 2
    assert "--year takes a year or a range, 2015 or 2015..2017, not 'soon'." in result.stderr


def test_a_day_that_is_none_is_refused(run: Run) -> None:
    result = run("count", "--year", "2015-02-30")

    assert result.exit_code == 2
    assert result.stderr.startswith("Error: 2015-02-30 is no date: day is out of range")
