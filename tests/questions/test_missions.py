"""What a user says about a mission becomes requests: criteria, places, pages, batches."""

from __future__ import annotations

import json
import warnings
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astropy.time import Time

from tests.scripted import Scripted, names_answer, session_with
from topmast.errors import (
    BadAnswerError,
    InputWarning,
    InvalidQueryError,
    MaxResultsWarning,
    NoResultsWarning,
    NotAuthorizedError,
)
from topmast.net.messages import Request
from topmast.services.missions import MastMissionsClass
from topmast.wire.addresses import COLUMN_LIST, MISSION_DOCS
from topmast.wire.mission_lists import (
    MissionColumn,
    decode_datasets,
    encode_columns,
    encode_missions,
    encode_products,
)
from topmast.wire.missions import SearchRequest, decode_search, echo_of, encode_search_answer

COLUMNS = [
    MissionColumn("fileSetName", "string"),
    MissionColumn("program", "integer", description="Program"),
    MissionColumn("duration", "float", description="Exposure time in seconds"),
    MissionColumn("targ_ra", "ra"),
    MissionColumn("date_obs", "datetime"),
    MissionColumn("pass", "integer"),
    MissionColumn("odd", "float"),
]
HERE = "10.5 20.5"


class Server:
    """Says it has so many rows, and sends as many of them as it is asked for, or as it may."""

    def __init__(self, total: int = 3, most: int = 10**6, echo: bool = True) -> None:
        self.total, self.most, self.echo = total, most, echo
        self.searches: list[SearchRequest] = []

    def __call__(self, request: Request) -> bytes | tuple[int, bytes]:
        if COLUMN_LIST in request.url:
            known = request.url.endswith(("jwst", "roman", "hst", "own"))
            return encode_columns(COLUMNS) if known else (404, b'{"msg": "no such mission"}')
        if MISSION_DOCS in request.url:
            return encode_missions(["hst", "jwst"])
        if "Santa-war" in request.url:
            return names_answer(("M1", "NED", 10.5, 20.5), ("M2", "NED", 30.0, 40.0))
        if request.url.endswith("/post_list_products"):
            datasets = decode_datasets(request.body or b"")
            return encode_products(
                [{"dataset": name, "filename": f"{name}.fits"} for name in datasets]
            )
        return self.answer(decode_search(request.body or b""))

    def answer(self, asked: SearchRequest) -> bytes:
        self.searches.append(asked)
        rows = [(f"r{n}", n) for n in range(self.total)]
        info = [("fileSetName", "VARCHAR"), ("program", "INTEGER")]
        if asked.targets:
            info += [("search_pos", "VARCHAR"), ("ang_sep", "FLOAT")]
            rows = [(*row, target, row[1] / 8) for row in rows for target in asked.targets]
        total = len(rows)
        page = rows[asked.offset : asked.offset + min(asked.limit, self.most)]
        params = echo_of(asked) | {"sort_by": ["ang_sep"] if asked.targets else []}
        return encode_search_answer(info, page, params, total)


def jwst(server: Any, **settings: Any) -> MastMissionsClass:
    session, _ = session_with(server, **settings)
    return MastMissionsClass(session=session, mission="jwst")


def conditions_of(**criteria: Any) -> list[tuple[str, Any]]:
    server = Server()
    jwst(server).query_criteria(**criteria)
    return list(server.searches[0].conditions)


# ------------------------------------------------------------------------------ conditions


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"program": 5}, ("program", 5)),
        ({"program": [5, 6]}, ("program", "5,6")),
        ({"program": ("5", "!6")}, ("program", "5,!6")),
        ({"program": np.array([5, 6])}, ("program", "5,6")),
        ({"program": np.int64(5)}, ("program", 5)),
        ({"program": True}, ("program", True)),
        ({"duration": ">5"}, ("duration", ">5")),
        ({"duration": 1 * u.hour}, ("duration", 3600.0)),
        ({"targ_ra": 30 * u.arcmin}, ("targ_ra", 0.5)),
        ({"date_obs": Time(60000, format="mjd")}, ("date_obs", "2023-02-25T00:00:00.000")),
        ({"fileSetName": b"a*"}, ("fileSetName", "a*")),
        ({"filesetname": "a"}, ("fileSetName", "a")),
        ({"pass_id": 3}, ("pass", 3)),
        ({"pass_": 3}, ("pass", 3)),
        ({"pass": 3}, ("pass", 3)),
    ],
)
def test_a_criterion_becomes_a_condition(
    criteria: dict[str, Any], expected: tuple[str, Any]
) -> None:
    assert conditions_of(**criteria) == [expected]


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"programm": 5}, "Filter 'programm' does not exist. Did you mean 'program'?"),
        ({"program": []}, "The criterion 'program' has no values"),
        ({"program": {"min": 1}}, "Give one value or a simple list"),
        ({"duration": float("nan")}, "is nan, which no row can be"),
        ({"duration": 3 * u.m}, "is in s; 3.0 m cannot be compared"),
        ({"odd": 3 * u.m}, "has no unit that the archive tells"),
        ({"sort_by": "nothing"}, "There is no column 'nothing' to sort by"),
        ({"sort_by": 5}, "There is no column 5 to sort by"),
        ({"sort_desc": "yes"}, "sort_desc is True or False, not 'yes'"),
        ({"limit": 0}, "limit is a whole number from 1 on, not 0"),
        ({"limit": "all"}, "limit is a whole number"),
        ({"offset": -1}, "offset is a whole number from 0 on, not -1"),
        ({"select_cols": 5}, "select_cols is a list of column names"),
        ({"select_cols": [5]}, "select_cols holds the names of columns, not 5"),
        ({"count_only": "yes"}, "count_only is True or False"),
        ({"mission": "hubble"}, "There is no mission 'hubble' at scripted. It has: hst, jwst."),
        ({"mission": "../x"}, "A mission is a name such as 'hst'"),
        ({"mission": 5}, "A mission is a name such as 'hst'"),
        ({"coordinates": HERE, "radius": 31}, "Must be ≤30.0 arcmin, got 31"),
        ({"coordinates": HERE, "radius": "0.6 deg"}, "Must be ≤30.0 arcmin, got 36"),
        ({"coordinates": HERE, "radius": -1}, "between 0 and 180"),
        ({"coordinates": HERE, "radius": "wide"}, "cannot be read"),
        ({"coordinates": "10 95"}, "between -90 and 90"),
        ({"coordinates": (10, float("nan"))}, "not a number"),
        ({"coordinates": []}, "No targets were provided"),
        ({"coordinates": HERE, "object_names": "M1"}, "Only one of object_names and coordinates"),
        ({"objectname": "M1", "object_name": "M2"}, "Give only one of object_names"),
        ({"object_names": 5}, "An object name is a text"),
    ],
)
@pytest.mark.filterwarnings("ignore::topmast.errors.InputWarning")
def test_what_cannot_be_asked_is_refused_with_its_value(
    criteria: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidQueryError) as problem:
        jwst(Server()).query_criteria(**criteria)
    assert message in str(problem.value)


def test_a_mission_that_is_listed_but_refused_is_not_suggested_for_itself() -> None:
    server = Server()

    def refuse(request: Request) -> bytes | tuple[int, bytes]:
        return (404, b"{}") if COLUMN_LIST in request.url else server(request)

    session, _ = session_with(refuse)
    with pytest.raises(InvalidQueryError) as problem:
        MastMissionsClass(session=session, mission="jwst").query_criteria(program=5)
    assert str(problem.value) == (
        "scripted lists the mission 'jwst', but refuses questions about it. Please try again "
        "later, or report it to those who run the archive."
    )


def test_a_criterion_of_none_is_skipped_with_a_warning() -> None:
    with pytest.warns(InputWarning, match="program=None is no criterion"):
        assert conditions_of(program=None) == []


def test_columns_are_selected_with_the_dataset_among_them() -> None:
    server = Server()
    missions = jwst(server)
    for select in (["program"], "program", " program , fileSetName", "all", "*", None):
        missions.query_criteria(select_cols=select)
    with pytest.warns(InputWarning, match="Column 'programm' not found. Did you mean 'program'"):
        missions.query_criteria(select_cols=["programm"])

    chosen = [search.select_cols for search in server.searches]
    assert chosen[:3] == [("program", "fileSetName")] * 3
    assert chosen[3] == chosen[4] == tuple(column.name for column in COLUMNS)
    assert chosen[5:] == [None, ("fileSetName",)]


def test_the_columns_of_ullyses_are_asked_for_by_name() -> None:
    server = Server()
    session, _ = session_with(
        lambda request: encode_columns(COLUMNS) if COLUMN_LIST in request.url else server(request)
    )
    MastMissionsClass(session=session, mission="ULLYSES").query_criteria()

    assert "observation_id" in (server.searches[0].select_cols or ())


# ---------------------------------------------------------------------------------- places


def test_a_bare_radius_is_in_arcminutes() -> None:
    server = Server()
    for radius in (3, "3", "3 arcmin", 180 * u.arcsec):
        jwst(server).query_region((10.5, 20.5), radius=radius)

    assert {(s.radius, s.radius_units) for s in server.searches} == {(180.0, "arcseconds")}
    assert {s.targets for s in server.searches} == {("10.5 20.5",)}


@pytest.mark.parametrize(
    "places",
    [
        ["10.5 20.5", "30 40"],
        "10.5 20.5, 30 40",
        SkyCoord([10.5, 30], [20.5, 40], unit="deg"),
        Table({"ra": [10.5, 30], "dec": [20.5, 40]}),
        np.array([[10.5, 20.5], [30, 40]]),
    ],
)
@pytest.mark.filterwarnings("ignore::topmast.errors.InputWarning")
def test_many_targets_travel_in_one_request_and_each_row_tells_its_own(places: Any) -> None:
    server = Server(total=2)

    table = jwst(server).query_region(places)

    assert len(server.searches) == 1
    assert table["target_index"].tolist() == [0, 1, 0, 1]
    assert [text.split()[0] for text in table["target_given"]] == ["10.5", "30", "10.5", "30"]


def test_many_names_are_looked_up_and_searched_together() -> None:
    server = Server(total=1)

    table = jwst(server).query_object("M1, M2")

    assert table["target_given"].tolist() == ["M1", "M2"]
    assert jwst(server).query_object(object_name="M1").colnames[-1] == "ang_sep"


@pytest.mark.filterwarnings("ignore::topmast.errors.InputWarning")
def test_a_pair_with_a_comma_is_one_target() -> None:
    table = jwst(Server()).query_region("10.5, 20.5")

    assert "target_index" not in table.colnames


def test_more_than_a_hundred_targets_are_asked_for_in_batches() -> None:
    server = Server(total=2)
    places = SkyCoord(np.linspace(0, 350, 250), np.zeros(250), unit="deg")

    table = jwst(server).query_region(places, limit=None)

    assert sorted(len(search.targets) for search in server.searches) == [50, 100, 100]
    assert sorted(table["target_index"].tolist()) == sorted([*range(250), *range(250)])
    assert table["ang_sep"].tolist() == [0.0] * 250 + [0.125] * 250
    assert table.meta["totalResults"] == 500


def test_the_rows_of_batches_are_cut_as_those_of_one_request() -> None:
    server = Server(total=2)
    places = SkyCoord(np.linspace(0, 350, 150), np.zeros(150), unit="deg")

    with pytest.warns(MaxResultsWarning, match="10 of 300 rows; limit=None gives all"):
        table = jwst(server).query_region(places, limit=10, offset=145)

    assert table["ang_sep"].tolist() == [0.0] * 5 + [0.125] * 5
    assert {search.offset for search in server.searches} == {0}


def test_a_target_that_is_given_twice_has_its_rows_twice() -> None:
    server = Server(total=1)

    table = jwst(server).query_region(SkyCoord([1, 2, 1], [3, 4, 3], unit="deg"))

    assert len(server.searches[0].targets) == 2
    assert sorted(table["target_index"].tolist()) == [0, 1, 2]


def test_a_row_of_a_position_that_nobody_asked_for_is_an_error() -> None:
    def answer(request: Request) -> bytes:
        if COLUMN_LIST in request.url:
            return encode_columns(COLUMNS)
        rows = [("a", "77 88")]
        info = [("fileSetName", "VARCHAR"), ("search_pos", "VARCHAR")]
        return encode_search_answer(info, rows, {}, 1)

    with pytest.raises(BadAnswerError, match="'77 88', which was not asked for"):
        jwst(answer).query_region(SkyCoord([1, 2], [3, 4], unit="deg"))


# ----------------------------------------------------------------------------------- pages


def test_without_a_limit_all_pages_are_fetched_in_order() -> None:
    server = Server(total=25)

    table = jwst(server, pagesize=4).query_criteria(limit=None)

    assert table["program"].tolist() == list(range(25))
    assert sorted(search.offset for search in server.searches) == list(range(0, 25, 4))
    assert table.meta["totalResults"] == 25


def test_a_server_that_sends_fewer_rows_than_asked_for_is_asked_again() -> None:
    server = Server(total=25, most=7)

    table = jwst(server).query_criteria(limit=None)

    assert table["program"].tolist() == list(range(25))
    assert len(server.searches) == 4


def test_a_limit_and_an_offset_hold_over_several_pages() -> None:
    server = Server(total=25)

    with pytest.warns(MaxResultsWarning, match="10 of 25 rows"):
        table = jwst(server, pagesize=4).query_criteria(limit=10, offset=3)

    assert table["program"].tolist() == list(range(3, 13))


def test_a_limit_that_just_takes_all_is_no_reason_for_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(jwst(Server(total=3)).query_criteria(limit=3)) == 3


def test_no_rows_are_warned_of() -> None:
    with pytest.warns(NoResultsWarning):
        table = jwst(Server(total=0)).query_criteria(limit=None)
    assert len(table) == 0


def test_a_result_that_changes_between_two_pages_is_an_error() -> None:
    class Growing(Server):
        def answer(self, asked: SearchRequest) -> bytes:
            self.total += 1
            return super().answer(asked)

    with pytest.raises(BadAnswerError, match="the result changed on the way"):
        jwst(Growing(total=9), pagesize=4, connections=1).query_criteria(limit=None)


def test_all_pages_cannot_be_had_without_a_count() -> None:
    with pytest.raises(InvalidQueryError, match="leave out skip_count"):
        jwst(Server()).query_criteria(limit=None, skip_count=True)


def test_a_count_is_a_number_also_of_a_server_that_sends_rows_all_the_same() -> None:
    server = Server(total=25)

    assert jwst(server).query_criteria(count_only=True) == 25
    assert (server.searches[0].limit, server.searches[0].count_only) == (1, True)
    places = SkyCoord(np.linspace(0, 350, 150), np.zeros(150), unit="deg")
    assert jwst(server).query_region(places, count_only=True) == 150 * 25


def test_the_raw_answers_are_one_for_each_page() -> None:
    server = Server(total=9)

    answers = jwst(server, pagesize=4).query_criteria_async(limit=None)

    assert [len(answer.json()["results"]) for answer in answers] == [4, 4, 1]


@pytest.mark.parametrize("status", [400, 422])
def test_a_query_that_the_server_cannot_read_is_an_invalid_one(status: int) -> None:
    def answer(request: Request) -> bytes | tuple[int, bytes]:
        if COLUMN_LIST in request.url:
            return encode_columns(COLUMNS)
        return status, b'{"msg": "program is a number"}'

    with pytest.raises(InvalidQueryError, match=r"program is a number.*get_column_list"):
        jwst(answer).query_criteria(program="x")


def test_a_login_that_is_missing_is_said_to_be_missing() -> None:
    with pytest.raises(NotAuthorizedError):
        jwst(lambda request: (401, b"")).query_criteria()


# --------------------------------------------------------------------- columns, missions


def test_columns_are_asked_for_once_a_session_and_mission() -> None:
    session, scripted = session_with(Server())
    missions = MastMissionsClass(session=session, mission="jwst")
    missions.query_criteria()
    missions.query_criteria()
    missions.get_column_list(mission="roman")

    lists = [r for r in scripted.requests if COLUMN_LIST in r.url]
    assert [r.url.rpartition("=")[2] for r in lists] == ["jwst", "roman"]


def test_the_column_list_tells_types_units_and_meanings() -> None:
    table = jwst(Server()).get_column_list()

    assert table.colnames == ["name", "data_type", "unit", "description"]
    assert table["unit"].tolist() == ["", "", "s", "deg", "", "", ""]
    plain = jwst(Server(), dialect="astroquery").get_column_list()
    assert plain.colnames == ["name", "data_type", "description"]


def test_a_server_without_a_list_of_missions_has_those_that_are_known() -> None:
    known = jwst(lambda request: (404, b"")).get_available_missions()

    assert {"hst", "jwst", "classy", "ullyses", "iue", "roman", "roman_cgi"} <= set(known)


def test_the_dataset_of_each_mission_is_known_or_asked_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    missions = jwst(Server())

    assert missions.get_dataset_kwd() == "fileSetName"
    assert missions.get_dataset_kwd(mission="hst") == "sci_data_set_name"
    assert missions.get_dataset_kwd(mission="nothing") is None
    assert 'The mission "nothing" does not have a known dataset ID keyword.' in caplog.text


# -------------------------------------------------------------------------------- products


def product_requests(scripted: Scripted) -> list[list[str]]:
    posts = [r for r in scripted.requests if r.url.endswith("post_list_products")]
    return [json.loads(r.body or b"")["dataset_ids"] for r in posts]


@pytest.mark.parametrize(
    "datasets",
    [
        "a",
        ["a", "", " a "],
        np.array(["a"]),
        Table({"fileSetName": ["a"]}),
        Table({"fileSetName": ["a"]})[0],
        Table({"fileSetName": ["a"]})["fileSetName"],
    ],
)
def test_products_are_asked_for_by_dataset(datasets: Any) -> None:
    session, scripted = session_with(Server())

    products = MastMissionsClass(session=session, mission="jwst").get_product_list(datasets)

    assert products["filename"].tolist() == ["a.fits"]
    assert product_requests(scripted) == [["a"]]


def test_products_of_many_datasets_are_asked_for_in_batches() -> None:
    session, scripted = session_with(Server())
    missions = MastMissionsClass(session=session, mission="jwst")

    products = missions.get_product_list([f"d{n}" for n in range(25)], batch_size=10)

    assert products["dataset"].tolist() == [f"d{n}" for n in range(25)]
    assert sorted(map(len, product_requests(scripted))) == [5, 10, 10]


@pytest.mark.parametrize(
    ("datasets", "message"),
    [
        ([], "Dataset list is empty"),
        ("  ", "Dataset list is empty"),
        (5, "Unsupported data type for `datasets`: 5"),
        ([5], "5 is no name of a dataset"),
        ({"a": 1}, "Unsupported data type"),
        (Table({"x": ["a"]}), "no column 'fileSetName', which names a dataset of jwst"),
    ],
)
def test_what_names_no_dataset_is_refused(datasets: Any, message: str) -> None:
    with pytest.raises(InvalidQueryError, match=message):
        jwst(Server()).get_product_list(datasets)
