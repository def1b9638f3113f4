"""Criteria become filters, and what cannot mean anything is refused in words."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Column, MaskedColumn
from astropy.time import Time

from topmast.errors import InputWarning, InvalidQueryError
from topmast.questions.criteria import check_criteria, filters_on_the_wire, split_place


@dataclass
class FakeColumn:
    name: str
    continuous: bool = False
    unit: str = ""
    separator: str = ""


class FakeColumns(dict[str, FakeColumn]):
    def find(self, name: str) -> FakeColumn | None:
        return {key.lower(): column for key, column in self.items()}.get(name.lower())


COLUMNS = FakeColumns(
    {
        column.name: column
        for column in [
            FakeColumn("filters", separator=";"),
            FakeColumn("obs_collection"),
            FakeColumn("calib_level"),
            FakeColumn("mtFlag"),
            FakeColumn("t_min", True, "MJD"),
            FakeColumn("t_max", True, "d"),
            FakeColumn("t_exptime", True, "sec"),
            FakeColumn("em_min", True, "nm"),
            FakeColumn("s_dec", True, "deg"),
            FakeColumn("srcDen", True),
        ]
    }
)


def wire(**criteria: Any) -> list[dict[str, Any]]:
    return filters_on_the_wire(check_criteria(criteria, COLUMNS))


def refused(**criteria: Any) -> str:
    with pytest.raises(InvalidQueryError) as problem:
        wire(**criteria)
    return str(problem.value)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("HST", ["HST"]),
        (["HST", "IUE"], ["HST", "IUE"]),
        (("HST", "IUE"), ["HST", "IUE"]),
        ({"IUE", "HST"}, ["HST", "IUE"]),
        (np.array(["HST", "IUE"]), ["HST", "IUE"]),
        (np.str_("HST"), ["HST"]),
        (np.array("HST"), ["HST"]),
        (Column(["HST"]), ["HST"]),
        (MaskedColumn(["HST", "IUE"], mask=[False, True]), ["HST"]),
        ((name for name in ["HST", "IUE"]), ["HST", "IUE"]),
        ({"HST": 1}.keys(), ["HST"]),
        (b"HST", ["HST"]),
        (8880, ["8880"]),
        (np.int64(3), ["3"]),
        ([2, "3", np.float64(1.5)], ["2", "3", "1.5"]),
        (True, ["True"]),
        (np.bool_(False), ["False"]),
        (["HST", None], ["HST"]),
        ("", [""]),
    ],
)
def test_values_of_every_kind_are_sent_as_a_list_of_texts(given: Any, sent: list[str]) -> None:
    assert wire(obs_collection=given) == [{"paramName": "obs_collection", "values": sent}]


def test_a_column_with_a_separator_sends_it_between_name_and_values() -> None:
    (sent,) = wire(filters="NUV")
    assert list(sent.items()) == [
        ("paramName", "filters"),
        ("separator", ";"),
        ("values", ["NUV"]),
    ]


def test_a_wildcard_is_sent_apart_from_the_exact_values() -> None:
    assert wire(obs_collection=["*UV", "Kepler"]) == [
        {"paramName": "obs_collection", "values": ["Kepler"], "freeText": "%UV"}
    ]


def test_a_column_is_found_in_any_letter_case() -> None:
    assert wire(OBS_Collection="HST")[0]["paramName"] == "obs_collection"


@pytest.mark.parametrize(
    "given",
    [["A*", "B%", "F1"], ["F1", "A*", "B%"], ["A*", "F1", "B%"]],
)
def test_a_second_wildcard_is_left_out_with_a_warning(given: list[str]) -> None:
    with pytest.warns(InputWarning, match=r"Only one wildcarded value .*'B%' is left out"):
        sent = wire(obs_collection=given)
    assert sent == [{"paramName": "obs_collection", "values": ["F1"], "freeText": "A%"}]


@pytest.mark.parametrize(
    ("given", "low", "high"),
    [
        ([1, 2], 1, 2),
        ((1.5, 2), 1.5, 2),
        (np.array([1, 2]), 1, 2),
        ({9, 10}, 9, 10),
        ({"min": 3, "max": 4}, 3, 4),
        (["1.5", "2"], 1.5, 2.0),
        ("1..2.5", 1.0, 2.5),
        ([1, None], 1, 1e30),
        ([-np.inf, 2], -1e30, 2),
        ((number for number in (1, 2)), 1, 2),
    ],
)
def test_a_column_of_floats_is_searched_from_low_to_high(given: Any, low: Any, high: Any) -> None:
    assert wire(srcDen=given) == [{"paramName": "srcDen", "values": [{"min": low, "max": high}]}]


def test_several_ranges_are_any_of_them() -> None:
    (sent,) = wire(srcDen=[[1, 2], (5, 6), {"min": 8, "max": 9}])
    assert [(one["min"], one["max"]) for one in sent["values"]] == [(1, 2), (5, 6), (8, 9)]


def test_whole_numbers_stay_whole() -> None:
    (sent,) = wire(srcDen=np.array([1, 2]))
    assert type(sent["values"][0]["min"]) is int


@pytest.mark.parametrize("column", ["t_min", "t_max"])
@pytest.mark.parametrize(
    "given",
    [
        [59000.5, 59001.5],
        Time([59000.5, 59001.5], format="mjd"),
        Time([59000.5, 59001.5], format="mjd").tt,
        [Time("2020-05-31 12:00"), Time("2020-06-01 12:00")],
        ["2020-05-31T12:00:00", "2020-06-01 12:00:00"],
        np.array(["2020-05-31T12", "2020-06-01T12"], dtype="datetime64[h]"),
        [59000.5, Time("2020-06-01 12:00")],
        [59000.5, 59001.5] * u.day,
    ],
)
def test_times_of_every_kind_become_mjd_in_utc(column: str, given: Any) -> None:
    (sent,) = wire(**{column: given})
    assert sent["values"][0] == {
        "min": pytest.approx(59000.5, abs=1e-9),
        "max": pytest.approx(59001.5, abs=1e-9),
    }


@pytest.mark.parametrize(
    ("column", "given", "low", "high"),
    [
        ("t_exptime", [1, 2] * u.hour, 3600, 7200),
        ("t_exptime", [1 * u.min, 90], 60, 90),
        ("em_min", [0.1, 0.2] * u.micron, 100, 200),
        ("em_min", [2, 1] * u.eV, 619.92, 1239.84),
        ("em_min", [1, 2] * u.eV, 619.92, 1239.84),
        ("s_dec", [30, 60] * u.arcmin, 0.5, 1),
    ],
)
def test_quantities_are_converted_to_the_unit_of_the_column(
    column: str, given: Any, low: float, high: float
) -> None:
    if column == "em_min" and given[0].unit == u.eV and given[0] > given[1]:
        low, high = 619.92, 1239.84
    (sent,) = wire(**{column: given})
    assert sent["values"][0]["min"] == pytest.approx(low, rel=1e-5)
    assert sent["values"][0]["max"] == pytest.approx(high, rel=1e-5)


def test_a_single_value_for_a_range_is_skipped_with_a_warning() -> None:
    with pytest.warns(InputWarning, match=r"t_min is continuous.*Not enough values"):
        assert wire(t_min=52000, obs_collection="IUE") == wire(obs_collection="IUE")


def test_of_more_than_two_values_for_a_range_the_first_two_are_taken() -> None:
    with pytest.warns(InputWarning, match=r"t_min is continuous.*Too many values"):
        assert wire(t_min=[1, 2, 3])[0]["values"] == [{"min": 1, "max": 2}]


def test_a_range_the_wrong_way_round_is_sent_with_a_warning() -> None:
    with pytest.warns(InputWarning, match="the minimum 5 is larger than the maximum 1"):
        assert wire(srcDen=[5, 1])[0]["values"] == [{"min": 5, "max": 1}]


def test_none_is_no_criterion() -> None:
    with pytest.warns(InputWarning, match="obs_collection=None is no criterion"):
        assert wire(obs_collection=None) == []


def test_an_unknown_criterion_is_refused_with_the_nearest_name() -> None:
    assert refused(filterz="x") == "Filter 'filterz' does not exist. Did you mean 'filters'?"
    assert refused(qqqq="x") == "Filter 'qqqq' does not exist."


@pytest.mark.parametrize(
    ("criteria", "says"),
    [
        ({"obs_collection": []}, r"'obs_collection' has no values: \[\]"),
        ({"obs_collection": [None]}, "'obs_collection' has no values"),
        ({"obs_collection": {"min": 1}}, "Give one value or a simple list, not"),
        ({"obs_collection": np.zeros((2, 2))}, "Give one value or a simple list, not"),
        ({"obs_collection": 5 * u.m}, "'obs_collection' takes texts or plain numbers, not"),
        ({"obs_collection": Time("2020-01-01")}, "takes texts or plain numbers, not"),
        ({"srcDen": [1, 2] * u.m}, "'srcDen' has no unit; give a plain number"),
        ({"t_exptime": [1, 2] * u.m}, "'t_exptime' is in s; .* cannot be converted"),
        ({"srcDen": ["a", "b"]}, "'srcDen' takes numbers, not 'a'"),
        ({"t_min": ["soon", "later"]}, r"'t_min' takes numbers \(MJD\) or times, not 'soon'"),
        ({"srcDen": [np.nan, 1]}, "'srcDen' cannot be nan"),
        ({"srcDen": {"low": 1, "high": 2}}, r"A range is \{'min': ..., 'max': ...\}, not"),
        ({"srcDen": [True, False]}, "'srcDen' takes numbers, not True"),
    ],
)
def test_what_cannot_be_a_value_is_refused(criteria: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQueryError, match=says):
        wire(**criteria)


def test_the_place_is_taken_apart_in_either_spelling() -> None:
    for word in ("object_name", "objectname"):
        parts = split_place({word: "M101", "radius": 1, "resolver": "NED", "filters": "NUV"})
        assert (parts.object_name, parts.radius, parts.resolver) == ("M101", 1, "NED")
        assert dict(parts.columns) == {"filters": "NUV"}
        assert parts.has_place


def test_coordinates_and_a_name_together_are_refused() -> None:
    for word in ("object_name", "objectname"):
        with pytest.raises(InvalidQueryError, match=f"Only one of {word} and coordinates"):
            split_place({word: "M101", "coordinates": "1 2"})
    with pytest.raises(InvalidQueryError, match="only one of object_name and objectname"):
        split_place({"object_name": "M101", "objectname": "M31"})


def test_a_resolver_without_a_name_is_ignored_with_a_warning() -> None:
    with pytest.warns(InputWarning, match="only used when resolving object names"):
        split_place({"coordinates": "1 2", "resolver": "NED"})


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("science", "science"),
        ("cal", "calibration"),
        ("CAL", "calibration"),
        ("all", "all"),
        (["science", "cal"], "all"),
        (None, None),
    ],
)
def test_obstype_is_read_as_the_kind_of_observation(given: Any, kind: str | None) -> None:
    parts = split_place({"obstype": given, "filters": "NUV"})
    assert parts.kind == kind
    assert "obstype" not in parts.columns


def test_an_unknown_or_doubled_obstype_is_refused() -> None:
    with pytest.raises(InvalidQueryError, match="obstype is 'science', 'cal' or 'all', not 'x'"):
        split_place({"obstype": "x"})
    with pytest.raises(InvalidQueryError, match="only one of obstype and intentType"):
        split_place({"obstype": "cal", "intentType": "science"})


def test_a_warning_points_at_the_line_of_the_caller() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        wire(t_min=5)
    assert caught[0].filename == __file__
