"""Filters mean in the archive what they mean at MAST."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.archive.conftest import Caller
from topmast.archive.store.filters import SEARCHABLE, Filter, condition_of, parse_filters
from topmast.errors import InvalidQueryError

ALL = [f"obs{number}" for number in range(6)]


def has(name: str, *values: Any, **rest: Any) -> dict[str, Any]:
    return {"paramName": name, "values": list(values), **rest}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], ALL),
        ([has("obs_collection", "HST")], ["obs0", "obs1"]),
        ([has("OBS_Collection", "hst", "Jwst")], ["obs0", "obs1", "obs4", "obs5"]),
        ([has("obs_collection", "HST"), has("calib_level", "2")], ["obs0"]),
        ([has("calib_level", "2", "3")], ["obs0", "obs2", "obs3"]),
        ([has("calib_level", 2, "3.0")], ["obs0", "obs2", "obs3"]),
        ([has("calib_level", {"min": 2, "max": 3})], ["obs0", "obs2", "obs3"]),
        ([has("obsid", "903")], ["obs3", "obs4"]),
        ([has("obsid", "not a number")], []),
        ([has("obsid", "99999999999999999999999")], []),
        ([has("objID1", 11)], ["obs1"]),
        ([has("target_name", "M101")], ["obs0", "obs3"]),
        ([has("proposal_id", "0042")], ["obs1"]),
        ([has("proposal_id", 1180)], ["obs4", "obs5"]),
        ([has("mtFlag", "true")], ["obs3", "obs5"]),
        ([has("mtFlag", "1")], ["obs3", "obs5"]),
        ([has("mtFlag", False)], ["obs0", "obs1", "obs4"]),
        ([has("mtFlag", None)], ["obs2"]),
        ([has("t_exptime", {"min": 42, "max": 1500.5})], ["obs0", "obs2", "obs5"]),
        ([has("t_exptime", {"min": "42", "max": "100"})], ["obs0", "obs5"]),
        ([has("t_exptime", {"MIN": 1500})], ["obs2", "obs4"]),
        ([has("t_exptime", {"min": 9, "max": 1})], []),
        ([has("t_exptime", {"min": "-inf", "max": 1})], ["obs1"]),
        ([has("t_exptime", 42)], ["obs5"]),
        ([has("t_exptime", None)], ["obs3"]),
        ([has("intentType", "null")], ["obs4"]),
        ([has("obs_title", "")], ["obs2"]),
        ([has("obs_title", "l'été")], ["obs4"]),
        ([has("obs_title", "Robert'); DROP TABLE observations;--")], ["obs5"]),
        ([has("obs_collection")], []),
        ([has("target_name", {"min": "M", "max": "M101_"})], ["obs0", "obs3"]),
    ],
)
def test_values_and_ranges_select_rows(
    caller: Caller, filters: list[dict[str, Any]], expected: list[str]
) -> None:
    assert caller.matching(*filters) == expected


@pytest.mark.parametrize(
    ("values", "rest", "expected"),
    [
        (["F606W"], {}, ["obs0", "obs1", "obs5"]),
        (["F606W"], {"separator": ";"}, ["obs0", "obs1", "obs5"]),
        (["F814W", "NUV"], {"separator": ";"}, ["obs0", "obs2"]),
        (["F606W;F814W"], {"separator": ";"}, ["obs0"]),
        (["F60"], {}, []),
        ([], {"freeText": "%UV"}, ["obs2", "obs3"]),
        (["CLEAR"], {"freeText": "%UV", "separator": ";"}, ["obs2", "obs3", "obs4"]),
        ([], {"freeText": "F8%"}, ["obs0"]),
        ([], {"freeText": "f606_"}, []),
        ([], {"freeText": "%"}, ALL),
    ],
)
def test_any_element_of_a_list_may_match(
    caller: Caller, values: list[str], rest: dict[str, Any], expected: list[str]
) -> None:
    assert caller.matching(has("filters", *values, **rest)) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("One_two", ["obs0"]),
        ("one%two", ["obs0", "obs3"]),
        ("%100%%dark", ["obs1"]),
        ("\\%", []),
        ("%'%", ["obs4", "obs5"]),
    ],
)
def test_the_percent_sign_is_the_only_wildcard(
    caller: Caller, pattern: str, expected: list[str]
) -> None:
    assert caller.matching(has("obs_title", freeText=pattern)) == expected


def test_wildcards_work_on_numbers_as_texts(caller: Caller) -> None:
    assert caller.matching(has("obsid", freeText="90%")) == ALL[:5]
    assert caller.matching(has("calib_level", freeText="%")) == ALL


def test_many_values_are_as_good_as_few(caller: Caller) -> None:
    many = [f"F{number}" for number in range(3000)]
    assert caller.matching(has("filters", *many, "NUV")) == ["obs2"]
    assert caller.matching(has("obsid", *map(str, range(5000)))) == ALL


def test_among_many_values_one_may_be_out_of_range(caller: Caller) -> None:
    assert caller.matching(has("obsid", *map(str, range(5000, 5300)), "903", 10**30)) == [
        "obs3",
        "obs4",
    ]


def test_a_negated_filter_keeps_rows_without_a_value() -> None:
    not_hla = Filter(SEARCHABLE["obs_collection"], values=("HLA",), negated=True)
    condition = condition_of(not_hla, frozenset())

    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute('CREATE TABLE observations (obs_id TEXT, "obs_collection" TEXT)')
        rows = [("a", "HLA"), ("b", "HST"), ("c", None)]
        connection.executemany("INSERT INTO observations VALUES (?, ?)", rows)
        sql = f"SELECT obs_id FROM observations WHERE {condition.sql} ORDER BY 1"
        found = [name for (name,) in connection.execute(sql, condition.values)]

    assert found == ["b", "c"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("science", ["obs0", "obs2", "obs3", "obs4", "obs5"]),
        ("cal", ["obs1"]),
        ("ALL", ALL),
        (None, ALL),
    ],
)
def test_obstype_chooses_science_or_calibration(
    caller: Caller, kind: str | None, expected: list[str]
) -> None:
    assert caller.matching(obstype=kind) == expected


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("x", "filters must be a list"),
        ([3], "A filter must be an object, not 3"),
        ([{}], "needs a paramName"),
        ([has("filterz", "a")], "Invalid column name 'filterz'. Did you mean 'filters'"),
        ([has('x" OR 1=1 --', "a")], "Invalid column name"),
        ([has("t_exptime", "long")], "t_exptime is a number, and 'long' is not"),
        ([has("t_exptime", float("nan"))], "is a number"),
        ([has("t_exptime", {"min": "nan"})], "is a number"),
        ([has("t_exptime", {"from": 3})], "needs min and max"),
        ([has("calib_level", "two")], "calib_level is a number"),
        ([has("mtFlag", "maybe")], "true or false"),
        ([has("target_name", {"min": 3, "max": 4})], "holds texts"),
        ([has("target_name", ["a"])], "is no value"),
        ([has("target_name", freeText="x" * 5000)], "at most 1000 characters"),
        ([has("target_name", "a", separator=";" * 99)], "short text"),
        ([has("target_name", "a")] * 300, "more than the 200"),
    ],
)
def test_a_wrong_filter_is_named(raw: Any, said: str) -> None:
    with pytest.raises(InvalidQueryError, match=None) as caught:
        parse_filters(raw)
    assert said in str(caught.value)
