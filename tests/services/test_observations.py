"""Observations are found, counted, and their products listed and downloaded."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table
from astropy.time import Time

import topmast
from tests.scripted import session_with, table_answer
from tests.small_archive import OBSERVATIONS
from topmast.errors import (
    BadAnswerError,
    InputWarning,
    InvalidQueryError,
    NoResultsWarning,
    RemoteServiceError,
    ResolverError,
)
from topmast.net.messages import Request
from topmast.services.observations import ObservationsClass

M8 = SkyCoord(270.92194, -24.38017, unit="deg")
M101 = SkyCoord(210.80227, 54.34895, unit="deg")


def ids(table: Table) -> list[str]:
    return [str(text) for text in table["obs_id"]]


IUE, K2, HST, DARK, FFI = (row["obs_id"] for row in OBSERVATIONS)

# ----------------------------------------------------------------------------------- places


def test_a_region_gives_the_observations_whose_footprint_it_touches(
    observations: ObservationsClass,
) -> None:
    table = observations.query_region(M8, radius="0.02 deg")
    assert ids(table) == [IUE, K2]
    assert table["distance"][0] == 0
    assert "_selected_" not in table.colnames
    assert table["s_ra"].unit == u.deg


def test_the_default_radius_is_a_fifth_of_a_degree(observations: ObservationsClass) -> None:
    # 0.18 and 0.22 degrees from the edge of the two footprints
    assert len(observations.query_region(SkyCoord(270.92, -24.19, unit="deg"))) == 2
    with pytest.warns(NoResultsWarning):
        assert len(observations.query_region(SkyCoord(270.92, -24.1, unit="deg"))) == 0


@pytest.mark.parametrize("radius", [0.02, "0.02 deg", "1.2 arcmin", 72 * u.arcsec])
def test_a_radius_of_any_kind_means_the_same(observations: ObservationsClass, radius: Any) -> None:
    assert ids(observations.query_region(M8, radius)) == [IUE, K2]


def test_arguments_may_be_positional_as_in_the_guide(observations: ObservationsClass) -> None:
    assert ids(observations.query_region(M8, 0.02, 1, 2)) == [K2]
    assert ids(observations.query_object("M8", ".02 deg", 1, 1)) == [IUE]


def test_an_object_is_found_by_either_name_of_the_argument(
    observations: ObservationsClass,
) -> None:
    expected = ids(observations.query_region(M8, 0.02))
    assert ids(observations.query_object("M8", 0.02)) == expected
    assert ids(observations.query_object(objectname="M8", radius=0.02)) == expected
    assert ids(observations.query_object(object_name="M8", radius=0.02)) == expected


def test_a_chosen_resolver_gives_its_own_position(observations: ObservationsClass) -> None:
    assert ids(observations.query_object("M8", radius=0.001, resolver="NED")) == [IUE]
    with pytest.warns(NoResultsWarning):
        assert ids(observations.query_object("M8", radius=0.001, resolver="SIMBAD")) == []


def test_a_text_that_is_no_position_is_resolved_by_the_archive(
    observations: ObservationsClass,
) -> None:
    assert ids(observations.query_region("M8", radius=0.02)) == [IUE, K2]


def test_nothing_found_is_an_empty_table_with_the_same_columns(
    observations: ObservationsClass,
) -> None:
    full = observations.query_region(M8)
    with pytest.warns(NoResultsWarning, match="Query returned no results"):
        empty = observations.query_region(SkyCoord(0, 0, unit="deg"))
    assert len(empty) == 0
    assert empty.colnames == full.colnames
    assert [empty[name].dtype.kind for name in full.colnames] == [
        full[name].dtype.kind for name in full.colnames
    ]


def test_many_places_come_in_one_table_that_tells_which(observations: ObservationsClass) -> None:
    places = SkyCoord([0, 210.80227, 270.92194], [0, 54.34895, -24.38017], unit="deg")
    table = observations.query_region(places, radius=0.02)
    assert sorted(zip(table["target_index"].tolist(), ids(table), strict=True)) == [
        (1, HST),
        (1, DARK),
        (2, K2),
        (2, IUE),
    ]
    assert set(table["target_given"]) == {"210.80227 54.34895", "270.92194 -24.38017"}
    assert table.colnames[-2:] == ["target_index", "target_given"]
    assert table["target_index"].tolist() == sorted(table["target_index"].tolist())


def test_many_names_come_in_one_table_and_unknown_ones_are_warned_of(
    observations: ObservationsClass,
) -> None:
    with pytest.warns(InputWarning, match='Could not resolve "nowhere"'):
        table = observations.query_object(["M101", "nowhere", "M8"], radius=0.02)
    assert list(dict.fromkeys(zip(table["target_index"], table["target_given"], strict=True))) == [
        (0, "M101"),
        (2, "M8"),
    ]


def test_many_places_without_any_match_are_an_empty_table(
    observations: ObservationsClass,
) -> None:
    with pytest.warns(NoResultsWarning):
        table = observations.query_region([(0, 0), (0, 1)], radius=0.1)
    assert len(table) == 0
    assert table.colnames[-2:] == ["target_index", "target_given"]


def test_an_archive_that_miscounts_its_rows_does_not_mix_up_the_places() -> None:
    def wrong_paging(request: Request) -> bytes:
        if "columnsconfig" in request.url:
            return b"{}"
        ra = 10 if b"10" in (request.body or b"").split(b"ra%22")[1][:12] else 20
        answer = table_answer([("obs_id", "string")], [[f"at {ra}"]] * (ra // 10))
        return answer.replace(b'"rows":1', b'"rows":7').replace(b'"rows": 1', b'"rows": 7')

    session, _ = session_with(wrong_paging)
    table = ObservationsClass(session=session).query_region([(20, 0), (10, 0)])
    assert table["obs_id"].tolist() == ["at 20", "at 20", "at 10"]
    assert table["target_index"].tolist() == [0, 0, 1]


def test_a_region_takes_criteria_too(observations: ObservationsClass) -> None:
    assert ids(observations.query_region(M8, radius=0.02, obs_collection="k2")) == [K2]
    assert ids(observations.query_object("M101", 0.1, obstype="cal")) == [DARK]


def test_a_misspelt_argument_is_refused_with_the_nearest_one(
    observations: ObservationsClass,
) -> None:
    with pytest.raises(InvalidQueryError) as problem:
        observations.query_region(M8, raduis=5)
    assert str(problem.value) == "Filter 'raduis' does not exist. Did you mean 'radius'?"


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("10 95",), InvalidQueryError, "'10 95' is no position"),
        (("nowhere at all",), ResolverError, 'Could not resolve "nowhere at all"'),
        ((M8, -1), InvalidQueryError, "between 0 and 180 degrees, not -1"),
        ((M8, "5 parsecs"), InvalidQueryError, "The radius '5 parsecs' cannot be read"),
        ((M8, 1, "many"), InvalidQueryError, "pagesize is a whole number from 1 on, not 'many'"),
        ((M8, 1, 10, -1), InvalidQueryError, "page is a whole number from 1 on, not -1"),
        ((M8, 1, 1.5), InvalidQueryError, "pagesize is a whole number from 1 on, not 1.5"),
    ],
)
def test_a_region_that_cannot_be_is_refused(
    observations: ObservationsClass, arguments: tuple[Any, ...], error: Any, says: str
) -> None:
    with pytest.raises(error, match=says):
        observations.query_region(*arguments)


def test_an_object_needs_a_name(observations: ObservationsClass) -> None:
    with pytest.raises(InvalidQueryError, match="Give an object name, as object_name or"):
        observations.query_object()
    with pytest.raises(ResolverError, match='Could not resolve "nowhere" to a sky position'):
        observations.query_object("nowhere")
    with pytest.raises(InvalidQueryError, match="Only one of object_name and coordinates"):
        observations.query_object("M8", coordinates=M8)


# --------------------------------------------------------------------------------- criteria


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"obs_collection": "HST"}, [HST]),
        ({"obs_collection": "hst", "obstype": "all"}, [HST, DARK]),
        ({"obs_collection": "HST", "obstype": "cal"}, [DARK]),
        ({"obs_collection": "HST", "intentType": "calibration"}, [DARK]),
        ({"obs_collection": "HST", "intentType": ["science", "calibration"]}, [HST, DARK]),
        ({"obstype": "cal"}, [DARK]),
        ({"OBS_COLLECTION": ["IUE", "K2"]}, [IUE, K2]),
        ({"filters": "F606W", "obstype": "all"}, [HST, DARK]),
        ({"filters": ["F3*", "Kepler"], "obstype": "all"}, [K2, DARK]),
        ({"proposal_pi": "Osten*", "s_dec": [43.5, 55]}, [HST]),
        ({"calib_level": [2, "3"]}, [IUE, K2, FFI]),
        ({"t_min": Time([45999, 50000], format="mjd")}, [IUE, HST]),
        ({"em_min": [0.1, 0.45] * u.micron}, [IUE, K2]),
        ({"t_exptime": [4, 6] * u.min}, [IUE]),
        ({"mtFlag": True}, [HST]),
        ({"filters": ["*UV", "F606W"], "objectname": "M101"}, [HST]),
        ({"filters": "F606W", "coordinates": M101, "radius": "1 arcmin"}, [HST]),
        ({"filters": "F606W", "coordinates": "M101", "obstype": "all"}, [HST, DARK]),
        ({"dataproduct_type": ["image"], "t_min": [None, 50000]}, [HST]),
    ],
)
def test_criteria_find_what_meets_them_all(
    observations: ObservationsClass, criteria: dict[str, Any], found: list[str]
) -> None:
    assert sorted(ids(observations.query_criteria(**criteria))) == sorted(found)


def test_criteria_around_many_places_tell_which(observations: ObservationsClass) -> None:
    table = observations.query_criteria(objectname=["M8", "M101"], dataproduct_type="image")
    assert list(zip(table["target_given"], ids(table), strict=True)) == [("M101", HST)]


def test_todays_dialect_takes_calibrations_as_well(as_astroquery: ObservationsClass) -> None:
    assert sorted(ids(as_astroquery.query_criteria(obs_collection="HST"))) == [HST, DARK]
    assert as_astroquery.query_criteria_count() == len(OBSERVATIONS)


def test_an_archive_without_intent_is_asked_for_the_kind_as_a_parameter() -> None:
    def of_2017(request: Request) -> bytes:
        if "columnsconfig" in request.url:
            return b'{"obs_collection": {"text": "Mission", "separator": ";"}}'
        return table_answer([("obs_id", "string")], [["x"]])

    session, scripted = session_with(of_2017)
    queries = ObservationsClass(session=session)
    queries.query_criteria(obs_collection="HST")
    queries.query_criteria(obs_collection="HST", obstype="cal")
    queries.query_criteria(obs_collection="HST", obstype="all")
    assert [question.params.get("obstype") for question in scripted.mashups] == [
        "science",
        "cal",
        "all",
    ]
    assert [len(question.params["filters"]) for question in scripted.mashups] == [1, 1, 1]


@pytest.mark.parametrize(
    ("criteria", "says"),
    [
        ({}, "At least one non-positional criterion must be supplied"),
        ({"objectname": "M8"}, "At least one non-positional criterion must be supplied"),
        ({"coordinates": M8, "radius": 1}, "At least one non-positional criterion"),
        ({"obstype": "all"}, "At least one non-positional criterion"),
        ({"filterz": "F606W"}, r"^Filter 'filterz' does not exist. Did you mean 'filters'\?$"),
        ({"nonsense": "F606W"}, r"^Filter 'nonsense' does not exist\.$"),
        (
            {"objectname": "M8", "coordinates": M8, "obs_collection": "HST"},
            "Only one of objectname and coordinates may be specified",
        ),
        ({"obs_collection": "HST", "objectname": "M8", "radius": -2}, "between 0 and 180"),
        ({"obs_collection": []}, "'obs_collection' has no values"),
        ({"obstype": "sciense"}, "obstype is 'science', 'cal' or 'all', not 'sciense'"),
    ],
)
def test_criteria_that_cannot_be_are_refused(
    observations: ObservationsClass, criteria: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidQueryError, match=says):
        observations.query_criteria(**criteria)


@pytest.mark.parametrize("method", ["query_criteria", "query_criteria_count"])
def test_criteria_are_checked_before_a_name_is_resolved(
    observations: ObservationsClass, method: str
) -> None:
    with pytest.raises(InvalidQueryError, match="Filter 'filterz' does not exist"):
        getattr(observations, method)(filterz="NUV", object_name="nowhere at all")


def test_one_value_for_a_range_is_skipped_and_alone_it_is_no_criterion(
    observations: ObservationsClass,
) -> None:
    with pytest.warns(InputWarning, match="t_min is continuous.*t_min=46000 is skipped"):
        assert ids(observations.query_criteria(t_min=46000, obs_collection="IUE")) == [IUE]
    with pytest.warns(InputWarning, match="t_min is continuous"):
        with pytest.raises(InvalidQueryError, match="At least one non-positional criterion"):
            observations.query_criteria(t_min=46000)


def test_the_second_of_two_wildcards_is_left_out(observations: ObservationsClass) -> None:
    with pytest.warns(InputWarning, match=r"Only one wildcarded value .* 'K\*' is left out"):
        assert ids(observations.query_criteria(filters=["LOW*", "K*"])) == [IUE]


def test_a_warning_points_at_the_line_of_the_call(observations: ObservationsClass) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        observations.query_region("0 0", radius=0.1)
    assert {Path(warning.filename) for warning in caught} == {Path(__file__)}
    assert {warning.category for warning in caught} == {InputWarning, NoResultsWarning}


# ----------------------------------------------------------------------------------- counts


def test_counts_are_those_of_the_queries(observations: ObservationsClass) -> None:
    assert observations.query_region_count(M8, radius=0.02) == 2
    assert observations.query_object_count("M101", radius=0.1) == 2
    assert observations.query_criteria_count(obs_collection="HST") == 1
    assert observations.query_criteria_count(obs_collection="HST", obstype="all") == 2
    assert observations.query_criteria_count(filters="F606W", objectname="M101") == 1
    assert type(observations.query_region_count(M8)) is int


def test_without_criteria_everything_is_counted(observations: ObservationsClass) -> None:
    assert observations.query_criteria_count() == len(OBSERVATIONS) - 1
    assert observations.query_criteria_count(obstype="all") == len(OBSERVATIONS)


def test_many_places_have_a_count_each(observations: ObservationsClass) -> None:
    counts = observations.query_region_count([(0, 0), M8, M101], radius=0.1)
    assert counts.tolist() == [0, 2, 2]


# --------------------------------------------------------------------------- about the archive


def test_missions_are_sorted(observations: ObservationsClass) -> None:
    assert observations.list_missions() == ["HST", "IUE", "K2", "TESS"]


def test_an_answer_without_missions_is_an_error_that_says_so() -> None:
    session, _ = session_with(lambda request: b'{"status": "COMPLETE", "data": {"Tables": []}}')
    with pytest.raises(BadAnswerError, match="answered without a list of"):
        ObservationsClass(session=session).list_missions()


@pytest.mark.parametrize("query_type", ["observations", "Products"])
def test_the_columns_are_described(observations: ObservationsClass, query_type: str) -> None:
    table = observations.get_metadata(query_type)
    assert table.colnames[:3] == ["Column Name", "Column Label", "Data Type"]
    assert "obs_collection" in table["Column Name"]


def test_columns_of_something_else_are_refused(observations: ObservationsClass) -> None:
    with pytest.raises(InvalidQueryError, match=r"Unknown query type.*not 'catalogs'"):
        observations.get_metadata("catalogs")


def test_a_name_has_a_position(observations: ObservationsClass) -> None:
    assert observations.resolve_object("M8").separation(M8) < 1 * u.uas
    assert list(observations.resolve_object(objectname=["M8", "M101"])) == ["M8", "M101"]


# ----------------------------------------------------------------------------- raw answers


def test_raw_answers_read_as_json(observations: ObservationsClass) -> None:
    (answer,) = observations.query_region_async(M8, 0.02)
    assert answer.json()["status"] == "COMPLETE"
    assert answer.status_code == 200
    assert len(observations.query_object_async("M8", 0.02, pagesize=1)) == 2
    assert len(observations.query_criteria_async(obs_collection="HST")[0].json()["data"]) == 1
    assert len(observations.get_product_list_async("1001")[0].json()["data"]) == 3


# ------------------------------------------------------------------------------- instances


def test_calling_an_instance_gives_a_fresh_session_for_the_same_archive(
    observations: ObservationsClass,
) -> None:
    fresh = observations()
    assert fresh._session is not observations._session
    fresh._session.token = "abc"
    assert observations._session.token is None
    assert ids(fresh.query_region(M8, 0.02)) == [IUE, K2]


def test_methods_work_on_the_class_and_follow_the_setting(folder: Path) -> None:
    topmast.conf.server = folder
    assert ids(topmast.ObservationsClass.query_region(M8, 0.02)) == [IUE, K2]
    assert topmast.Observations.list_missions() == ["HST", "IUE", "K2", "TESS"]
    assert ids(ObservationsClass().query_region(M8, 0.02)) == [IUE, K2]


@pytest.mark.parametrize("token", ["", " ", 5, "two\nlines"])
def test_a_token_that_cannot_be_is_refused(observations: ObservationsClass, token: Any) -> None:
    with pytest.raises(InvalidQueryError, match="is the text of an API token"):
        observations(mast_token=token)


def test_an_error_of_the_archive_comes_in_its_own_words() -> None:
    session, _ = session_with(
        lambda request: b"{}" if "config" in request.url else b'{"status": "ERROR", "msg": "Oh!"}'
    )
    with pytest.raises(RemoteServiceError, match=r"^Oh!$"):
        ObservationsClass(session=session).query_region(M8)


def test_missing_floats_are_masked_or_nan_by_dialect(
    observations: ObservationsClass, as_astroquery: ObservationsClass
) -> None:
    masked = observations.query_region(M101, 0.01, obs_collection="HST", obstype="science")
    assert isinstance(masked["t_exptime"], MaskedColumn)
    assert masked["t_exptime"].mask.tolist() == [True]
    plain = as_astroquery.query_region(M101, 0.01, obs_collection="HST", obstype="science")
    assert np.isnan(plain["t_exptime"][0])
    assert plain["s_ra"].unit is None
