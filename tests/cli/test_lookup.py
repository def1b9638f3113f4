"""topmast resolve, missions and columns."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run, table_of


def test_resolve_gives_positions_in_degrees(run: Run) -> None:
    result = run("resolve", "M101")

    assert result.exit_code == 0
    assert table_of(result) == [{"name": "M101", "ra": "210.80227", "dec": "54.34895"}]


def test_several_names_are_looked_up_together(run: Run) -> None:
    assert [row["name"] for row in table_of(run("resolve", "M101", "M8"))] == ["M101", "M8"]


def test_an_unknown_name_among_known_ones_is_said_and_exit_code_1(run: Run) -> None:
    result = run("resolve", "M101", "Nowhere")

    assert result.exit_code == 1
    assert [row["name"] for row in table_of(result)] == ["M101"]
    assert 'Could not resolve "Nowhere"' in result.stderr


def test_an_unknown_name_alone_is_exit_code_2(run: Run) -> None:
    result = run("resolve", "Nowhere")

    assert result.exit_code == 2
    assert result.stderr.startswith('Error: Could not resolve "Nowhere"')


def test_all_resolvers_have_a_row_each(run: Run) -> None:
    rows = table_of(run("resolve", "M8", "--all"))

    assert {row["name"] for row in rows} == {"M8"}
    assert all(row["resolver"] for row in rows)


def test_missions_are_one_a_line(run: Run) -> None:
    assert run("missions").stdout.splitlines() == ["GALEX", "HST", "IUE"]


@pytest.mark.parametrize(
    ("words", "column"), [([], "obsid"), (["observations"], "obsid"), (["products"], "dataURI")]
)
def test_columns_lists_what_can_be_asked_for(run: Run, words: list[str], column: str) -> None:
    rows = table_of(run("columns", *words))

    assert column in {row["Column Name"] for row in rows}


def test_columns_of_something_else_are_refused(run: Run) -> None:
    result = run("columns", "planets")

    assert result.exit_code == 2
    assert "no catalogue 'planets'." in result.stderr
    assert "HSC, GALEX, Gaia, TGAS, TIC" in result.stderr or "Did you mean" in result.stderr
