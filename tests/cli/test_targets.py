"""Targets from the command line, a file or standard input; `topmast explain`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from astropy.table import Table

from tests.cli.conftest import Run, table_of

LINES = "# mine\nM101\n\n270.92194 -24.38017\nnowhere\n"


def test_targets_come_from_a_file_or_standard_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text(LINES)
    from_file = run("search", "--targets", "mine.txt", "--radius", "1 arcmin")
    piped = run("search", "--targets", "-", "--radius", "1 arcmin", stdin=LINES)

    as_target = run("search", "-", "--radius", "1 arcmin", stdin=LINES)
    assert from_file.stdout == piped.stdout == as_target.stdout
    given = {(row["target_given"], row["obsid"]) for row in table_of(from_file)}
    assert given >= {("M101", "7001"), ("270.92194 -24.38017", "7003")}
    assert 'Could not resolve "nowhere"' in from_file.stderr


@pytest.mark.parametrize("extension", ["csv", "tsv", "ecsv", "vot", "fits", "json"])
@pytest.mark.parametrize("columns", [("ra", "dec"), ("name",)])
def test_targets_come_from_a_table(
    run: Run, tmp_path: Path, extension: str, columns: tuple[str, ...]
) -> None:
    table = Table({"name": ["M101", "M8"], "ra": [210.80227, 270.92194], "dec": [54.349, -24.38]})
    path = tmp_path / f"mine.{extension}"
    kinds = {"tsv": "ascii.tab", "csv": "ascii.csv", "ecsv": "ascii.ecsv", "vot": "votable"}
    if extension == "json":
        cells = zip(*(table[name].tolist() for name in columns), strict=True)
        path.write_text(json.dumps([dict(zip(columns, row, strict=True)) for row in cells]))
    else:
        table[list(columns)].write(path, format=kinds.get(extension, extension))

    counts = run("count", "--targets", path.name, "--radius", "1 arcmin")

    assert counts.exit_code == 0, counts.stderr
    assert [line.split("\t")[1] for line in counts.stdout.splitlines()] == ["3", "1"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--targets", "none.txt"], "none.txt cannot be read: No such file"),
        (["--targets", "empty.txt"], "empty.txt has no target"),
        (["--targets", "other.ecsv"], "has neither columns ra and dec nor a column name"),
        (["--targets", "empty.txt", "M101"], "Give either TARGETs or --targets"),
    ],
)
def test_what_holds_no_targets_is_refused(
    run: Run, tmp_path: Path, words: list[str], says: str
) -> None:
    (tmp_path / "empty.txt").write_text("# nothing\n")
    Table({"a": [1]}).write(tmp_path / "other.ecsv")

    result = run("search", *words)

    assert (result.exit_code, says in result.stderr) == (2, True)


@pytest.mark.usefixtures("terminal")
def test_the_target_is_the_first_column_and_rows_are_by_distance(run: Run, tmp_path: Path) -> None:
    several = run("search", "M101", "M8", "--radius", "1 arcmin")
    assert several.stdout.split()[0] == "target_given"
    table = run("search", "M101", "--columns", "obsid,distance", "--radius", "0.5 deg").stdout
    distances = [float(line.split()[1]) for line in table.splitlines()[1:]]
    assert distances == sorted(distances)


@pytest.mark.parametrize(
    "words", [("--", "10", "-20"), ("10", "-20"), ("10 -20",), ("00:40:00", "-20:00:00")]
)
def test_a_negative_declination_is_a_position(run: Run, words: tuple[str, ...]) -> None:
    result = run("search", "--count", *words)

    assert (result.exit_code, result.stdout) == (0, "0\n"), result.stderr


def test_explain_names_the_criterion_first(run: Run) -> None:
    result = run("explain", "M101", "--obs-collection", "HTS")

    assert result.exit_code == 0, result.stderr
    rows = table_of(result)
    assert (rows[0]["criterion"], rows[0]["rows without it"]) == ("obs_collection", "2")
    assert rows[0]["hint"] == "did you mean 'HST'? (1 row)"
    assert result.stderr == "All criteria together find 0 observations.\n"


def test_the_reason_is_told_in_options(run: Run) -> None:
    result = run("search", "M101", "--obs-collection", "HTS")

    assert result.exit_code == 3
    assert "The reason is --obs-collection HTS (without it 2 rows): did you mean" in result.stderr
