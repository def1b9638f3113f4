"""What of a table a screen shows."""

from __future__ import annotations

import pytest
from astropy.table import Table

from topmast.cli.output import show_table

PATH = "./mastDownload/HST/" + 30 * "x" + "/file.fits"


def shown(table: Table, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    show_table(table, limit=10, width=120, hints=False)
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_columns_that_say_nothing_take_no_room(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table({"obsid": [1], "filters": [""], "target_name": ["M 31"]})

    assert shown(table, capsys)[0] == ["obsid", "target_name"]


def test_a_table_without_rows_shows_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(Table({"obsid": [1]})[:0], capsys) == [["obsid"]]


def test_a_path_is_shown_whole_and_other_long_texts_are_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = Table({"Local Path": [PATH], "description": [100 * "y"]})

    path, description = shown(table, capsys)[1]

    assert path == PATH
    assert description == 20 * "y" + "…" + 19 * "y"


def test_a_date_is_shown_beside_its_mjd(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(Table({"t_min": [57303.8321]}), capsys)[1] == ["57303.83", "2015-10-08"]
