"""What the archive writes: rows, errors, histograms and column configurations."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

import numpy as np
import pytest

from topmast.tables.fields import CONE, config_of
from topmast.wire.answers import Paging, table_of
from topmast.wire.encoding import (
    caom_histograms,
    decode_columns_config,
    encode_answer,
    encode_columns_config,
    encode_error,
    encode_executing,
    encode_extjs,
)


def test_an_answer_has_the_parts_of_mast_s_in_their_order() -> None:
    content = encode_answer([("obsid", "string")], [[2003738726]], Paging(2, 1, 3, 1, 3, 3))

    assert list(json.loads(content).items()) == [
        ("status", "COMPLETE"),
        ("msg", ""),
        ("data", [{"obsid": 2003738726}]),
        ("fields", [{"name": "obsid", "type": "string"}]),
        ("paging", {"page": 2, "pageSize": 1, "pagesFiltered": 3, "rows": 1, "rowsFiltered": 3,
                    "rowsTotal": 3}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (np.float64("nan"), None),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (np.ma.masked, None),
        (np.array([1, 2]), [1, 2]),
        (decimal.Decimal("1.5"), 1.5),
        (datetime.date(2020, 1, 2), "2020-01-02"),
        (2**80, 2**80),
        ("é\u2028\ud800", "é\u2028?"),
    ],
)
def test_any_value_of_a_row_is_written_as_json(value: Any, written: Any) -> None:
    content = encode_answer([("x", "float"), ("y", "float")], [[value, float("nan")]])

    assert json.loads(content)["data"] == [{"x": written, "y": None}]
    assert b"NaN" not in content


def test_a_short_row_lacks_its_last_columns() -> None:
    table = table_of([encode_answer([("a", "int"), ("b", "int")], [[1], [1, 2]])])

    assert list(table["b"].mask) == [True, False]


def test_errors_and_waiting_are_said_in_so_many_words() -> None:
    assert json.loads(encode_error("no such table"))["msg"] == "no such table"
    assert json.loads(encode_executing(0.25)) == {
        "status": "EXECUTING", "msg": "", "percent complete": 0.25,
    }  # fmt: skip
    assert "percent complete" not in json.loads(encode_executing())


def test_the_missions_are_told_by_a_histogram() -> None:
    config = {field.name: config_of(field) for field in CONE}
    columns = caom_histograms(config, {"obs_collection": {"HST": 3, "TESS": 2}})

    content = encode_extjs([("obs_collection", "string")], columns=columns)

    (table,) = json.loads(content)["data"]["Tables"]
    (found,) = [each for each in table["Columns"] if each["text"] == "obs_collection"]
    histogram = found["ExtendedProperties"]["histObj"]
    assert histogram == {
        "HST": {"count": 3, "key": "HST"},
        "TESS": {"count": 2, "key": "TESS"},
        "hist": [{"count": 3, "key": "HST"}, {"count": 2, "key": "TESS"}],
    }
    assert found["ExtendedProperties"]["cc.separator"] == ";"
    assert found["ExtendedProperties"]["vot.datatype"] == "char"
    assert set(table["ExtendedProperties"]["Paging"].values()) == {0}
    assert table["Rows"] == []


def test_properties_of_an_extjs_table_stand_beside_its_paging() -> None:
    content = encode_extjs(properties={"discreteHistogram": {}}, paging=Paging(1, 5))

    properties = json.loads(content)["data"]["Tables"][0]["ExtendedProperties"]
    assert properties["discreteHistogram"] == {}
    assert properties["Paging"]["pageSize"] == 5


def test_a_column_configuration_is_read_as_it_was_written() -> None:
    config = {field.name: config_of(field) for field in CONE}

    assert decode_columns_config(encode_columns_config(config)) == config
    assert encode_columns_config({}) == b"{}"
