"""topmast tap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cli.conftest import table_of
from topmast.cli import main

Run = Callable[..., Result]
COUNT = "SELECT obs_collection, COUNT(*) AS n FROM caom.observations GROUP BY obs_collection "


@pytest.fixture
def ask(small_archive: Path) -> Run:
    def ask(*words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, ["--archive", str(small_archive), "tap", *words], typed)

    return ask


def test_a_query_is_one_line(ask: Run) -> None:
    result = ask(COUNT + "ORDER BY n DESC, obs_collection")

    assert result.exit_code == 0, result.stderr
    assert [tuple(row.values()) for row in table_of(result)] == [
        ("HST", "2"), ("GALEX", "1"), ("IUE", "1"),
    ]  # fmt: skip


def test_a_query_comes_from_a_file_or_standard_input(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "count.adql"
    path.write_text(COUNT)

    assert len(table_of(ask(str(path)))) == 3
    assert len(table_of(ask("-", typed=COUNT))) == 3
    assert ask(str(tmp_path / "nothing.adql")).exit_code == 2


def test_a_file_goes_along_with_its_numbers_as_numbers(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("what,ra,dec,n\nhere,210.8,54.35,1\nthere,0,,2\n")

    result = ask(
        "SELECT m.what, COUNT(*) AS c, MAX(m.n + 1) AS n FROM TAP_UPLOAD.mine AS m "
        "JOIN caom.observations AS o ON 1 = CONTAINS(POINT(m.ra, m.dec), o.s_region) "
        "GROUP BY m.what",
        "--upload", f"mine={path}",
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    assert [tuple(row.values()) for row in table_of(result)] == [("here", "3", "2")]


def test_nothing_found_is_exit_code_3(ask: Run) -> None:
    assert ask("SELECT obs_id FROM caom.observations WHERE obs_id = 'none'").exit_code == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["SELECT nothing FROM caom.observations"], '"nothing" not found'),
        (["SELECT * FROM caom.observation"], "Did you mean"),
        (["DROP TABLE caom.observations"], "begin with SELECT"),
        (["SELECT 1", "--upload", "mine"], "NAME=FILE"),
        (["SELECT 1", "--upload", "mine=/no/such/file"], "no file /no/such/file"),
        (["SELECT 1", "--collection", "nothing"], "no collection 'nothing'"),
        ([" "], "A query is a text"),
    ],
)
def test_a_query_that_cannot_be_says_why(ask: Run, words: list[str], said: str) -> None:
    result = ask(*words)

    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_a_limit_cuts_off_with_a_word(ask: Run) -> None:
    result = ask("SELECT obs_id FROM caom.observations", "--limit", "2")

    assert len(table_of(result)) == 2
    assert "cut off at 2 rows" in result.stderr
