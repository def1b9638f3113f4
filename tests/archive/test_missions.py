"""The archive's mission search: conditions, places, order, pages, products and files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

from tests.mission_archive import DEC, FILES, HST, HST_PRODUCTS, RA, make
from topmast.archive import Archive
from topmast.errors import InvalidQueryError
from topmast.wire.mission_lists import MissionColumn

from .conftest import Caller


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with make(tmp_path_factory.mktemp("missions")) as archive:
        yield archive


@pytest.fixture
def caller(archive: Archive) -> Caller:
    return Caller(archive)


def search(caller: Caller, mission: str = "hst", **body: Any) -> Any:
    path = f"/search/{mission}/api/v0.1/search"
    reply = caller.send("POST", path, json.dumps(body).encode())
    return reply.json if reply.status == 200 else (reply.status, reply.json["msg"])


def found(caller: Caller, name: str, value: Any) -> list[str]:
    """The numbers of the datasets that meet one condition."""
    answer = search(caller, conditions=[{name: value}])
    return [row["sci_data_set_name"][-1] for row in answer["results"]]


# ------------------------------------------------------------------------------ conditions


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("sci_instrume", "ACS", "03"),
        ("sci_instrume", "acs,stis", "023"),
        ("sci_instrume", "!ACS", "124"),
        ("sci_instrume", "!ACS,!STIS", "14"),
        ("sci_instrume", "WF*", "14"),
        ("sci_instrume", ["ACS", "WFC3"], "0134"),
        ("sci_targname", "M*", "012"),
        ("sci_targname", "NGC_1", "3"),
        ("sci_targname", "NGC_*", "3"),
        ("sci_targname", "M*,!M1", "2"),
        ("sci_targname", "", "01234"),
        ("sci_targname", None, "01234"),
        ("sci_pep_id", 100, "01"),
        ("sci_pep_id", "100,300", "013"),
        ("sci_pep_id", ">100", "23"),
        ("sci_pep_id", ">=100", "0123"),
        ("sci_pep_id", "!100", "234"),
        ("sci_pep_id", "100..200", "012"),
        ("sci_actual_duration", "<700.5", "04"),
        ("sci_actual_duration", "<=700.5", "014"),
        ("sci_actual_duration", "-5..20", "4"),
        ("sci_start_time", ">2005-06-01", "123"),
        ("sci_start_time", "2001-01-01..2010-01-01", "012"),
        ("sci_start_time", "2005-06-01", "1"),
        ("sci_start_time", "2012", "3"),
    ],
)
def test_a_condition_finds_what_it_says(
    caller: Caller, name: str, value: Any, expected: str
) -> None:
    assert found(caller, name, value) == list(expected)


def test_several_conditions_must_all_hold(caller: Caller) -> None:
    conditions = [{"sci_instrume": "ACS"}, {"sci_pep_id": ">100"}]

    assert search(caller, conditions=conditions)["totalResults"] == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"conditions": [{"sci_instrum": "x"}]}, "no column 'sci_instrum'. Did you mean 'sci_in"),
        ({"conditions": [{"sci_pep_id": "many"}]}, "is a integer, and cannot be compared with"),
        ({"conditions": [{"sci_start_time": "soon"}]}, "is a time such as"),
        ({"conditions": [{"ang_sep": "<3"}]}, "worked out by the search"),
        ({"conditions": [{"sci_targname": {"a": 1}}]}, "give a text"),
        ({"sort_by": ["nothing"]}, "no column 'nothing'"),
        ({"target": ["10 20"], "radius": 31}, "between 0 and 30 arcminutes, not 31"),
        ({"target": ["10 95"]}, "off the sky: dec is 95"),
        ({"target": ["here"]}, "'ra dec' in degrees, not 'here'"),
        ({"target": ["10 20"] * 101}, "101 targets are more than the 100"),
        ({"limit": -3}, "limit is a whole number"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_its_value(
    caller: Caller, body: dict[str, Any], message: str
) -> None:
    status, said = search(caller, **body)

    assert status == 400
    assert message in said


# ---------------------------------------------------------------------------------- places


def test_a_cone_finds_what_is_in_it_the_nearest_first(caller: Caller) -> None:
    answer = search(caller, target=[f"{RA} {DEC}"], radius=0.7)

    assert [row["sci_data_set_name"] for row in answer["results"]] == ["J0000", "J0001"]
    assert [row["ang_sep"] for row in answer["results"]] == pytest.approx([0, 0.6])
    assert answer["results"][0]["search_key"] == "10.0 20.0J0000"
    assert answer["search_params"]["sort_by"] == ["ang_sep", "sci_data_set_name"]


def test_a_cone_reaches_over_the_zero_of_right_ascension(caller: Caller) -> None:
    answer = search(caller, target=["0.001 0"], radius=10, radius_units="arcseconds")

    assert [row["sci_data_set_name"] for row in answer["results"]] == ["J0004"]


def test_each_of_many_targets_has_its_rows(caller: Caller) -> None:
    answer = search(caller, target=["40 -30", "10.5 20", "10 20"], radius=1)

    assert {(row["search_pos"], row["sci_data_set_name"]) for row in answer["results"]} == {
        ("40 -30", "J0003"), ("10.5 20", "J0002"), ("10 20", "J0000"), ("10 20", "J0001"),
    }  # fmt: skip


# ------------------------------------------------------------------------- order and pages


def test_rows_are_sorted_by_several_columns(caller: Caller) -> None:
    answer = search(caller, sort_by=["sci_instrume", "sci_pep_id"], sort_desc=[True, False])

    assert [row["sci_data_set_name"][-1] for row in answer["results"]] == list("41203")


def test_pages_join_without_gap_or_overlap(caller: Caller) -> None:
    pages = [search(caller, limit=2, offset=start)["results"] for start in (0, 2, 4, 6)]

    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [row["sci_data_set_name"] for page in pages for row in page] == [
        row["sci_data_set_name"] for row in HST
    ]


def test_a_count_sends_no_rows_and_says_that_it_is_one(caller: Caller) -> None:
    answer = search(caller, count_only=True, conditions=[{"sci_instrume": "ACS"}])

    assert answer["totalResults"] == 2
    assert answer["results"] == answer["info"] == []
    assert answer["search_params"]["count_only"] is True


def test_only_the_columns_asked_for_come_and_always_the_dataset(caller: Caller) -> None:
    answer = search(caller, select_cols=["sci_pep_id", "no such"], limit=1)

    assert answer["info"] == [
        {"name": "sci_pep_id", "type": "INTEGER"},
        {"name": "sci_data_set_name", "type": "VARCHAR"},
    ]
    assert answer["results"] == [{"sci_pep_id": 100, "sci_data_set_name": "J0000"}]


def test_a_column_named_by_a_word_of_python_has_both_names(caller: Caller) -> None:
    for name in ("pass", "pass_id"):
        assert search(caller, "roman", conditions=[{name: ">1"}])["totalResults"] == 2


# ------------------------------------------------------------------ columns and missions


def test_the_column_list_describes_each_column(caller: Caller) -> None:
    columns = caller.get("/search/util/api/v0.1/column_list?mission=HST").json

    by_name = {column["column_name"]: column for column in columns}
    assert list(by_name)[:2] == ["search_pos", "sci_data_set_name"]
    assert by_name["sci_ra"]["qual_type"] == "ra"
    assert by_name["sci_start_time"]["qual_type"] == "datetime"
    assert by_name["sci_data_set_name"]["dataset_id"] == "yes"


@pytest.mark.parametrize(
    "path",
    [
        "/search/util/api/v0.1/column_list?mission=hubble",
        "/search/util/api/v0.1/column_list",
        "/search/hubble/api/v0.1/list_products?dataset_ids=a",
    ],
)
def test_a_mission_that_is_not_there_is_said_so(caller: Caller, path: str) -> None:
    reply = caller.get(path)

    assert reply.status == 404
    assert "It has: hst, roman." in reply.json["msg"]


def test_an_archive_without_missions_says_that_it_has_none(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "empty") as empty:
        assert search(Caller(empty)) == (
            404, "The archive has no mission 'hst'. It has: none."
        )  # fmt: skip
        assert Caller(empty).get("/search/docs").status == 200
        assert (
            Caller(empty).get("/search/hst/api/v0.1/retrieve_product?product_name=a").status == 404
        )


# ----------------------------------------------------------------------- products, files


def names_of(caller: Caller, *datasets: str) -> list[str]:
    body = json.dumps({"dataset_ids": datasets}).encode()
    reply = caller.send("POST", "/search/hst/api/v0.1/post_list_products", body)
    return [row["filename"] for row in reply.json["products"]]


def test_products_are_listed_by_dataset_in_any_letter_case(caller: Caller) -> None:
    assert names_of(caller, "j0001", "J0000") == [
        "j0000_raw.fits", "j0000_drz.fits", "j0000_drz.fits",
    ]  # fmt: skip
    assert names_of(caller, "nothing") == []
    reply = caller.get("/search/hst/api/v0.1/list_products?dataset_ids=J0000,J0001")
    assert len(reply.json["products"]) == 3


def test_a_product_has_the_size_of_its_file_and_names_it(caller: Caller) -> None:
    reply = caller.get("/search/hst/api/v0.1/list_products?dataset_ids=J0000")

    first = reply.json["products"][0]
    assert first["size"] == len(FILES["j0000_raw.fits"])
    assert first["uri"] == "J0000/j0000_raw.fits"
    assert first["product_key"] == "J0000_j0000_raw.fits"
    assert "dataURI" not in first


@pytest.mark.parametrize(
    "name", ["J0000%2Fj0000_raw.fits", "J0000/j0000_raw.fits", "j0000_raw.fits"]
)
def test_a_file_is_retrieved_by_its_uri_or_its_name(caller: Caller, name: str) -> None:
    reply = caller.get(f"/search/hst/api/v0.1/retrieve_product?product_name={name}")

    assert (reply.status, reply.content) == (200, FILES["j0000_raw.fits"])
    assert reply.headers["Accept-Ranges"] == "bytes"
    part = caller.get(
        f"/search/hst/api/v0.1/retrieve_product?product_name={name}", Range="bytes=0-2"
    )
    assert (part.status, part.content) == (206, b"SIM")


@pytest.mark.parametrize(
    ("name", "status"),
    [("j0003_raw.fits", 401), ("j0003_gone.fits", 404), ("../archive.sqlite", 404), ("", 404)],
)
def test_a_file_that_is_not_public_or_not_here_is_not_sent(
    caller: Caller, name: str, status: int
) -> None:
    reply = caller.get(f"/search/hst/api/v0.1/retrieve_product?product_name={name}")

    assert reply.status == status


# ----------------------------------------------------------------------------- putting in


def test_rows_that_come_again_take_the_place_of_the_older_ones(tmp_path: Path) -> None:
    with make(tmp_path) as archive:
        report = archive.ingest_mission(
            "hst",
            [{"sci_data_set_name": "J0000", "sci_pep_id": 7}],
            [{"dataset": "J0000", "filename": "new.fits"}],
        )

        caller = Caller(archive)
        assert (report.datasets, report.products) == (1, 1)
        assert report.missing == ["mast:HST/product/new.fits"]
        answer = search(caller, conditions=[{"sci_pep_id": 7}])
        assert answer["results"][0]["sci_targname"] is None
        assert search(caller)["totalResults"] == len(HST)
        assert names_of(caller, "J0000") == ["new.fits"]


def test_a_mission_of_ones_own_is_found_by_a_client(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "own") as archive:
        archive.ingest_mission(
            "balloon",
            Table({"flight": ["a", "b"], "ra": [1.0, 2.0], "dec": [3.0, 4.0], "ok": [True, False]}),
            dataset="flight",
            sort_by=["ra"],
        )
        answer = search(Caller(archive), "balloon", conditions=[{"ok": "true"}])

        assert answer["results"] == [{"flight": "a", "ra": 1.0, "dec": 3.0, "ok": 1}]
        assert Caller(archive).get("/search/docs").content.count(b"balloon") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Hst!", HST), "A mission's name is of small letters"),
        (("util", HST), "A mission's name is of small letters"),
        (("own", HST), "Say which column names a dataset of own"),
        (("hst", None, HST_PRODUCTS), "has no mission 'hst': give datasets"),
        (("hst", [{"sci_data_set_name": "a", "a b": 1}]), "'a b' cannot be a column"),
        (("hst", [{"sci_data_set_name": "a", "ang_sep": 1}]), "'ang_sep' cannot be a column"),
        (("hst", [{"sci_data_set_name": "a", "x": 1, "X": 2}]), "The column X is there twice"),
        (("hst", [{"sci_data_set_name": "", "x": "y"}]), "Row 1 of the datasets has no sci_data"),
        (("hst", [{"sci_data_set_name": "a", "ra": 1.0, "dec": 91.0}]), "off the sky: dec is 91"),
        (("hst", HST, [{"dataset": "J0000"}]), "Row 1 of the products has no filename"),
        (("hst", HST, None, "nowhere"), "There is no folder nowhere"),
    ],
)
def test_what_cannot_be_put_in_is_refused_and_nothing_of_it_stays(
    tmp_path: Path, arguments: tuple[Any, ...], message: str
) -> None:
    with Archive.create(tmp_path / "new") as archive:
        with pytest.raises(InvalidQueryError, match=message):
            archive.ingest_mission(*arguments)

        assert archive.missions.names() == []


def test_a_new_column_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with make(tmp_path) as archive:
        with pytest.raises(InvalidQueryError, match="Did you mean 'sci_targname'"):
            archive.ingest_mission("hst", [{"sci_data_set_name": "x", "sci_targnam": "y"}])


def test_columns_can_be_described(tmp_path: Path) -> None:
    columns = [MissionColumn("fileSetName", in_default=True), MissionColumn("n", "integer")]
    with Archive.create(tmp_path / "new") as archive:
        archive.ingest_mission("jwst", [{"fileSetName": "a", "n": "5"}], columns=columns)

        assert search(Caller(archive), "jwst")["results"] == [{"fileSetName": "a"}]


def test_a_product_list_does_not_make_an_exclusive_file_public(tmp_path: Path) -> None:
    with make(tmp_path) as archive:
        public = [{"dataset": "J0003", "filename": "j0003_raw.fits", "access": "PUBLIC"}]
        archive.ingest_mission("hst", products=public)

        path = "/search/hst/api/v0.1/retrieve_product?product_name=j0003_raw.fits"
        assert Caller(archive).get(path).status == 401
