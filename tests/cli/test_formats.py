"""Tables to files and back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from topmast.cli.formats import read_table, save_table, write_table
from topmast.wire.table_files import FORMATS, Format, format_of

WHOLE = [kind for kind in FORMATS if kind.name not in ("csv", "tsv", "json")]


@pytest.fixture
def table() -> Table:
    """One column of each kind that answers have, each with a missing value."""
    return Table(
        {
            "obsid": MaskedColumn(["2003839997", "60000000001", "7"], mask=[0, 0, 0]),
            "target_name": MaskedColumn(["M 101", "", 'Ångström, \t"x"'], mask=[0, 1, 0]),
            "calib_level": MaskedColumn([3, 0, -1], mask=[0, 1, 0]),
            "t_min": MaskedColumn([53000.25, np.nan, 0.1], mask=[0, 1, 0], unit="d"),
            "mtFlag": MaskedColumn([True, False, False], mask=[0, 1, 0]),
            "proposal_pi": MaskedColumn(["Osten", None, "Ada"], dtype=object, mask=[0, 0, 1]),
        },
        meta={"note": "kept or not"},
    )


def values(table: Table) -> list[list[object]]:
    """The rows with None for what is missing, whichever way it is missing."""
    rows = zip(*(table[name].tolist() for name in table.colnames), strict=True)
    return [
        [None if value in ("", -99) or value != value else value for value in row] for row in rows
    ]


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_a_table_comes_back_as_it_was(kind: Format, table: Table, tmp_path: Path) -> None:
    if kind.name == "fits":
        table["target_name"][2] = "FITS is ASCII"
    if kind.name == "tsv":
        table["target_name"][2] = 'Ångström, "x"'
    path = tmp_path / f"table{kind.extensions[0]}"

    save_table(table, path, kind)
    back = read_table(path)

    assert back.colnames == table.colnames
    if kind.name == "fits":
        assert back["mtFlag"].tolist() == [1, None, 0]
        back["mtFlag"] = table["mtFlag"]
    assert values(back) == values(table)


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.name)
def test_units_travel_with_a_table_that_can_hold_them(
    kind: Format, table: Table, tmp_path: Path
) -> None:
    path = tmp_path / f"table{kind.extensions[0]}"

    save_table(table, path, kind)

    if kind.name != "parquet":
        assert str(read_table(path)["t_min"].unit) == "d"


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_a_table_without_rows_keeps_its_columns(kind: Format, table: Table, tmp_path: Path) -> None:
    path = tmp_path / f"empty{kind.extensions[-1]}"

    save_table(table[:0], path, kind)
    back = read_table(path)

    assert len(back) == 0
    if kind.name != "json":
        assert back.colnames == table.colnames


def test_tsv_has_one_line_a_row_whatever_the_texts_hold(table: Table) -> None:
    table["target_name"][0] = "2\nlines\ta tab"
    stream = io.BytesIO()

    write_table(table, stream, format_of("tsv"))

    lines = stream.getvalue().decode().splitlines()
    assert len(lines) == 4
    assert {line.count("\t") for line in lines} == {5}
    assert lines[1].split("\t")[1] == "2 lines a tab"
    assert lines[2].split("\t")[1:] == ["", "", "", "", ""]


def test_an_object_column_is_written_to_fits_as_text(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "table.fits"

    save_table(table, path, format_of(path.name))

    assert [text or "" for text in Table.read(path)["proposal_pi"].tolist()] == ["Osten", "", ""]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "table.ecsv"
    path.write_text("the old content")

    def break_off(table: Table, stream: object) -> None:
        stream.write(b"half")  # type: ignore[attr-defined]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        save_table(table, path, Format("broken", (".ecsv",), break_off, lambda stream: table))

    assert path.read_text() == "the old content"
    assert [file.name for file in tmp_path.iterdir()] == ["table.ecsv"]


def test_an_unknown_extension_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"Cannot tell the format of 'm101\.txt'.*\.parquet"):
        format_of("m101.txt")


def test_the_extension_may_be_in_capitals() -> None:
    assert format_of("M101.FITS").name == "fits"


def test_a_csv_row_of_the_wrong_length_is_told() -> None:
    with pytest.raises(ValueError, match="A row has 1 values for 2 columns"):
        format_of("csv").read(io.BytesIO(b"obsid,size\n3\n"))


def test_json_that_is_no_table_is_told() -> None:
    with pytest.raises(ValueError, match="a list of objects"):
        format_of("json").read(io.BytesIO(b'{"obsid": 3}'))


def test_ids_in_a_csv_file_stay_texts_and_sizes_become_numbers() -> None:
    table = format_of("csv").read(io.BytesIO(b"obsID,obs_id,size\n0042,007,12\n"))

    assert table["obsID"].tolist() == ["0042"]
    assert table["obs_id"].tolist() == ["007"]
    assert table["size"].tolist() == [12]


ODD = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "-5", "'=x", "plain", "\x1b[2Jgone", "\x9b2J", "a\x07b"]


@pytest.mark.parametrize("name", ["csv", "tsv", "json"])
def test_no_text_obeys_a_spreadsheet_or_commands_a_terminal(name: str) -> None:
    kind = format_of(name)
    stream = io.BytesIO()
    kind.write(Table({"x": ODD}), stream)
    text = stream.getvalue().decode()
    assert all(letter.isprintable() or letter in "\n\t" for letter in text)
    if name == "csv":
        cells = text.splitlines()[1:]
        assert cells[:7] == ["'=1+1", "'+cmd", "'-2+3", "'@SUM(A1)", "-5", "''=x", "plain"]
        stream.seek(0)
        assert kind.read(stream)["x"].tolist()[:4] == ODD[:4]
