"""Tables: units and descriptions on the columns, printed as MAST's users know them."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable, Row, Table, join, vstack

from topmast.tables.fields import POSITION, PRODUCT
from topmast.tables.plain import stacked
from topmast.tables.table import MastTable, table_from_columns
from topmast.tables.values import Values


def values(*cells: Any, hidden: tuple[bool, ...] = ()) -> Values:
    return Values(np.array(cells), np.array(hidden or (False,) * len(cells), dtype=bool))


@pytest.fixture
def table() -> Table:
    columns = {
        "obs_id": values("a", "b"),
        "s_ra": values(1.5, 2.5),
        "t_min": values(53000.0, np.nan, hidden=(False, True)),
        "size": values(10, 20),
    }
    config = {
        "s_ra": {"vot.unit": "deg", "vot.description": "Right ascension"},
        "t_min": {"unit": "MJD"},
        "size": {"unit": "bytes"},
        "obs_id": {"unit": "m"},
    }
    return table_from_columns(columns, config=config)


PRINTED = [
    "obs_id s_ra  t_min  size",
    "------ ---- ------- ----",
    "     a  1.5 53000.0   10",
    "     b  2.5      --   20",
]


def test_the_configuration_gives_units_and_descriptions(table: Table) -> None:
    assert [table[name].unit for name in table.colnames] == [None, u.deg, u.d, u.byte]
    assert table["s_ra"].description == "Right ascension"
    assert table["t_min"].description is None


def test_a_printed_table_has_no_row_of_units(table: Table) -> None:
    assert str(table).splitlines() == PRINTED
    assert str(table[:1]).splitlines() == PRINTED[:3]
    assert table.pformat() == PRINTED
    assert str(table[0]).splitlines() == PRINTED[:3]
    assert "deg" not in repr(table)
    assert "deg" not in table._repr_html_()
    assert repr(table).startswith("<Table masked=True length=2>")
    assert repr(table[0]).startswith("<Row index=0 masked=True>")


def test_units_are_shown_when_asked_for(table: Table, capsys: Any) -> None:
    table.pprint(show_unit=True)

    assert capsys.readouterr().out.splitlines()[1].split() == ["deg", "d", "byte"]


@pytest.mark.parametrize(
    "changed",
    [
        lambda t: t[:],
        lambda t: t[np.array([True, True])],
        lambda t: t.copy(),
        copy.deepcopy,
        lambda t: pickle.loads(pickle.dumps(t)),
        lambda t: vstack([t]),
        lambda t: vstack([t[:1], t[1:]]),
        lambda t: join(t, t["obs_id",], keys="obs_id"),
        lambda t: t[t.colnames],
    ],
)
def test_a_table_made_from_one_is_like_it(table: Table, changed: Any) -> None:
    new = changed(table)

    assert isinstance(new, MastTable)
    assert str(new).splitlines() == PRINTED
    assert new["s_ra"].unit == u.deg
    assert list(new["t_min"].mask) == [False, True]


def test_it_is_a_table_with_rows_and_compares_as_one(table: Table) -> None:
    assert isinstance(table, Table)
    assert isinstance(table[0], Row)
    assert (table["obs_id", "s_ra"] == table.copy()["obs_id", "s_ra"]).all()
    assert QTable(table)["s_ra"].unit == u.deg
    assert list(table["s_ra"] > 2) == [False, True]


@pytest.mark.parametrize(
    ("name", "how"), [("t.fits", "fits"), ("t.vot", "votable"), ("t.ecsv", "ascii.ecsv")]
)
def test_a_table_survives_the_way_through_a_file(
    table: Table, tmp_path: Path, name: str, how: str
) -> None:
    table.write(tmp_path / name, format=how)

    read = Table.read(tmp_path / name, format=how)

    assert list(read["obs_id"].astype(str)) == ["a", "b"]
    assert [read[name].unit for name in ("s_ra", "t_min", "size")] == [u.deg, u.d, u.byte]
    assert read["t_min"][0] == 53000


def test_the_columns_of_mast_are_known_without_a_configuration() -> None:
    columns = {"em_min": values(1.0), "distance": values(0.5), "dataURI": values("x"),
               "size": values(5)}  # fmt: skip

    observations = table_from_columns(columns, service="Mast.Caom.Filtered.Position")
    products = table_from_columns(columns, service="mast.caom.products")
    gaia = table_from_columns(columns, service="Mast.Catalogs.GaiaDR3.Cone")

    assert [observations[n].unit for n in ("em_min", "distance", "size")] == [u.nm, u.arcsec, None]
    assert products["size"].unit == u.byte
    assert gaia["distance"].unit == u.arcmin
    assert gaia["distance"].meta["ucd"] == "pos.angDistance"
    assert table_from_columns(columns, service="Mast.Other")["distance"].unit is None
    assert observations["em_min"].description


def test_every_unit_of_the_field_table_is_one() -> None:
    for fields, service in ((POSITION, "Mast.Caom.Cone"), (PRODUCT, "Mast.Caom.Products")):
        numbers = {field.name: values(1.0) for field in fields}
        table = table_from_columns(numbers, service=service)
        for field in fields:
            assert (table[field.name].unit is not None) == bool(field.unit), field.name


@pytest.mark.parametrize("word", ["ICRS Shape", "no unit at all", "", "  ", 7, None, ["deg"]])
def test_what_is_no_unit_is_left_off(word: Any) -> None:
    table = table_from_columns({"x": values(1.0)}, config={"x": {"unit": word}})

    assert table["x"].unit is None


def test_units_can_be_left_off() -> None:
    table = table_from_columns({"s_ra": values(1.0)}, service="Mast.Caom.Cone", units=False)

    assert table["s_ra"].unit is None
    assert table["s_ra"].description is None


def test_columns_of_different_kinds_are_stacked_as_text() -> None:
    got = stacked([{"x": values(1.5)}, {"x": values("a")}])

    assert list(got["x"].data) == ["1.5", "a"]


def test_a_table_without_columns_is_empty() -> None:
    assert len(table_from_columns({})) == 0
    assert stacked([{}, {}]) == {}
