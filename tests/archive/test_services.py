"""The portal's services answer as MAST does."""

from __future__ import annotations

import csv
import io
import json
import math
import threading
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from tests.archive.conftest import OBSERVATIONS, Caller, fill
from topmast.archive import Archive
from topmast.archive.portal import answers
from topmast.archive.portal.answers import FORMATS
from topmast.archive.portal.catalog_services import CATALOG_SERVICES
from topmast.archive.portal.services import SERVICES
from topmast.tables.fields import CONE, FILTERED, POSITION, PRODUCT
from topmast.wire.answers import Paging
from topmast.wire.portal import MashupRequest, encode_request

FILTERED_ALL = {"columns": "*", "filters": []}


def names(answer: Any) -> list[str]:
    return [field["name"] for field in answer["fields"]]


def test_a_cone_selects_what_its_footprint_touches(caller: Caller) -> None:
    answer = caller.ask("Mast.Caom.Cone", {"ra": 210.8, "dec": 54.3, "radius": 0.05})
    assert [row["obs_id"] for row in answer["data"]] == ["obs0", "obs1", "obs2", "obs3"]
    distances = [row["distance"] for row in answer["data"]]
    assert distances[:2] == [0, 0]
    away = math.degrees(
        math.acos(
            math.sin(math.radians(54.3)) ** 2
            + math.cos(math.radians(54.3)) ** 2 * math.cos(math.radians(0.2))
        )
    )
    assert distances[2] == pytest.approx((away - 0.1) * 3600, abs=0.01)
    assert names(answer) == [*(field.name for field in CONE), "_selected_"]
    assert answer["data"][0]["obsid"] == 900
    assert answer["data"][0]["mtFlag"] is False


def test_a_cone_over_ra_zero_finds_both_sides(caller: Caller) -> None:
    for ra in (0, 360, -0.0):
        params = {"RA": str(ra), "Dec": "-30", "radius": 0.2}
        assert caller.column("obs_id", "mast.caom.CONE", params) == ["obs4", "obs5"]


def test_a_huge_radius_is_the_whole_sky(caller: Caller) -> None:
    params = {"ra": 0, "dec": 90, "radius": 1e9}
    assert len(caller.column("obs_id", "Mast.Caom.Cone", params)) == 6


def test_exclude_hla_leaves_hla_out(caller: Caller) -> None:
    params = {"ra": 210.8, "dec": 54.3, "exclude_hla": True}
    assert len(caller.column("obs_id", "Mast.Caom.Cone", params)) == 4


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"dec": 1}, "needs the parameter ra"),
        ({"ra": "NaN", "dec": 1}, "ra must be a number"),
        ({"ra": "x", "dec": 1}, "ra must be a number of degrees, not 'x'"),
        ({"ra": True, "dec": 1}, "ra must be a number"),
        ({"ra": 1, "dec": [2]}, "dec must be a number"),
        ({"ra": 1, "dec": 91}, "-90 to 90"),
        ({"ra": 1e30, "dec": 1}, "0 to 360"),
        ({"ra": 1, "dec": 1, "radius": -1}, "must not be negative"),
        ({"ra": 1, "dec": 1, "radius": "inf"}, "radius must be a number"),
    ],
)
def test_a_wrong_position_is_an_error_answer(
    caller: Caller, params: dict[str, Any], said: str
) -> None:
    answer = caller.ask("Mast.Caom.Cone", params)
    assert answer["status"] == "ERROR"
    assert said in answer["msg"]


def test_criteria_answer_the_columns_of_today(caller: Caller) -> None:
    answer = caller.ask("Mast.Caom.Filtered", FILTERED_ALL)
    assert names(answer) == [field.name for field in FILTERED]
    assert [row["objID"] for row in answer["data"]] == [10, 11, 12, 13, 14, 15]
    assert answer["data"][2]["mtFlag"] is None


def test_criteria_with_a_position_tell_the_distance(caller: Caller) -> None:
    params = {
        "columns": "*",
        "filters": [{"paramName": "filters", "values": ["NUV"], "freeText": "F8%"}],
        "position": "210.8, 54.3, 0.2",
    }
    answer = caller.ask("Mast.Caom.Filtered.Position", params)
    assert names(answer) == [field.name for field in POSITION]
    assert [row["obs_id"] for row in answer["data"]] == ["obs0", "obs2"]
    assert answer["data"][1]["objID1"] == 12
    assert answer["data"][1]["distance"] > 0


def test_a_filter_on_the_distance_works(caller: Caller) -> None:
    near = {"paramName": "distance", "values": [{"min": 0, "max": 1}]}
    params = {"columns": "obs_id", "filters": [near], "position": "210.8 54.3 0.2"}
    found = caller.column("obs_id", "Mast.Caom.Filtered.Position", params)
    assert found == ["obs0", "obs1"]
    assert caller.column("obs_id", "Mast.Caom.Filtered", {**params, "position": None}) == []


@pytest.mark.parametrize("position", ["1, 2", "a, b, c", 7, "1, 2, 3, 4", "1,2,nan", ""])
def test_a_wrong_position_text_is_an_error_answer(caller: Caller, position: Any) -> None:
    params = {**FILTERED_ALL, "position": position}
    assert caller.ask("Mast.Caom.Filtered.Position", params)["status"] == "ERROR"


@pytest.mark.parametrize("columns", ["COUNT_BIG(*)", "count_big( * )"])
def test_a_count_is_one_row(caller: Caller, columns: str) -> None:
    answer = caller.ask("Mast.Caom.Filtered", {"columns": columns, "filters": []})
    assert answer["data"] == [{"Column1": 6}]
    assert answer["fields"] == [{"name": "Column1", "type": "string"}]


def test_counts_take_filters_and_positions(caller: Caller) -> None:
    params = {
        "columns": "COUNT_BIG(*)",
        "filters": [{"paramName": "obs_collection", "values": ["GALEX"]}],
        "position": "210.8, 54.3, 0.2",
    }
    assert caller.column("Column1", "Mast.Caom.Filtered", params) == [2]
    assert caller.column("Column1", "Mast.Caom.Filtered.Position", params) == [2]
    empty = {"columns": "COUNT_BIG(*)", "filters": [], "position": "10, 54.3, 0.2"}
    assert caller.column("Column1", "Mast.Caom.Filtered.Position", empty) == [0]


def test_columns_are_chosen_in_the_order_asked_for(caller: Caller) -> None:
    answer = caller.ask("Mast.Caom.Filtered", {"columns": "T_MIN, obs_id,mtflag", "filters": []})
    assert names(answer) == ["t_min", "obs_id", "mtFlag"]
    assert set(answer["data"][0]) == {"t_min", "obs_id", "mtFlag"}


def test_an_unknown_column_is_an_error_that_names_the_nearest(caller: Caller) -> None:
    answer = caller.ask("Mast.Caom.Filtered", {"columns": "obsidd", "filters": []})
    assert answer["status"] == "ERROR"
    assert "'obsidd'. Did you mean 'obsid'" in answer["msg"]


@pytest.mark.parametrize("columns", ["(SELECT 1)", "*; DROP TABLE observations", "obs_id--", [1]])
def test_columns_cannot_carry_sql(caller: Caller, columns: Any) -> None:
    answer = caller.ask("Mast.Caom.Filtered", {"columns": columns, "filters": []})
    assert answer["status"] == "ERROR"
    assert len(caller.matching()) == 6


def test_pages_cut_the_rows_and_say_how_many_there_are(caller: Caller) -> None:
    pages = [
        caller.ask("Mast.Caom.Filtered", FILTERED_ALL, page=page, pagesize=4) for page in (1, 2, 3)
    ]
    assert [[row["obs_id"] for row in page["data"]] for page in pages] == [
        ["obs0", "obs1", "obs2", "obs3"],
        ["obs4", "obs5"],
        [],
    ]
    assert [page["paging"] for page in pages] == [
        {
            "page": number,
            "pageSize": 4,
            "pagesFiltered": 2,
            "rows": rows,
            "rowsFiltered": 6,
            "rowsTotal": 6,
        }
        for number, rows in ((1, 4), (2, 2), (3, 0))
    ]


def test_an_absurd_page_is_empty_and_an_absurd_pagesize_is_cut(caller: Caller) -> None:
    answer = caller.ask("Mast.Caom.Filtered", FILTERED_ALL, page=10**9, pagesize=10**9)
    assert answer["data"] == []
    assert answer["paging"]["pageSize"] == 100_000
    answer = caller.ask("Mast.Caom.Products", {"obsid": "900"}, page=10**9, pagesize=10**9)
    assert answer["data"] == []


def test_products_come_by_obsid_and_then_as_they_came_in(caller: Caller) -> None:
    answer = caller.ask("Mast.Caom.Products", {"obsid": "903,900, 20 ,900,"})
    assert names(answer) == [*(field.name for field in PRODUCT), "_selected_"]
    found = [(row["parent_obsid"], row["obsID"], row["dataURI"]) for row in answer["data"]]
    assert found == [
        (20, 20, "mast:HST/product/a.fits"),
        (20, 20, "mast:HST/product/empty.fits"),
        (20, 20, "mast:JWST/product/secret.fits"),
        (900, 900, "mast:HST/product/a.fits"),
        (900, 800, "mast:HST/product/b+c d.txt"),
        (900, 900, "http://archive.example.org/pub/iue/x.gz"),
        (903, 903, "mast:GALEX/url/missing.fits"),
    ]
    assert [row["size"] for row in answer["data"]][:2] == [120000, 0]
    assert answer["data"][-1]["size"] == 77


@pytest.mark.parametrize("obsid", [900, "900", ["900"], [900], "900.0"[:3]])
def test_obsids_come_in_many_forms(caller: Caller, obsid: Any) -> None:
    assert len(caller.ask("Mast.Caom.Products", {"OBSID": obsid})["data"]) == 3


@pytest.mark.parametrize("obsid", ["", None, "  ", ",", []])
def test_no_obsid_gives_no_products(caller: Caller, obsid: Any) -> None:
    answer = caller.ask("Mast.Caom.Products", {"obsid": obsid})
    assert answer["status"] == "COMPLETE"
    assert answer["data"] == []


@pytest.mark.parametrize("obsid", ["U24Z0101T", "900,x", "1.5", "9" * 25, {"a": 1}])
def test_an_obs_id_in_place_of_an_obsid_is_a_conversion_error(caller: Caller, obsid: Any) -> None:
    answer = caller.ask("Mast.Caom.Products", {"obsid": obsid})
    assert answer["status"] == "ERROR"
    assert "Error converting data type varchar to bigint" in answer["msg"]


def test_thousands_of_obsids_are_one_request(caller: Caller) -> None:
    obsids = ",".join(str(number) for number in range(20_000))
    assert len(caller.ask("Mast.Caom.Products", {"obsid": obsids})["data"]) == 7


def histogram(answer: Any, name: str) -> Any:
    columns = answer["data"]["Tables"][0]["Columns"]
    return next(c for c in columns if c["text"] == name)["ExtendedProperties"]["histObj"]


@pytest.mark.parametrize("service", ["Mast.Caom.All", "Mast.Missions.List"])
def test_missions_are_counted(caller: Caller, service: str) -> None:
    answer = caller.ask(service, format="extjs")
    assert histogram(answer, "obs_collection") == {
        "HST": {"count": 2, "key": "HST"},
        "GALEX": {"count": 2, "key": "GALEX"},
        "JWST": {"count": 2, "key": "JWST"},
        "hist": [
            {"count": 2, "key": "HST"},
            {"count": 2, "key": "GALEX"},
            {"count": 2, "key": "JWST"},
        ],
    }
    assert histogram(answer, "filters")["F606W"]["count"] == 2


def test_the_list_of_missions_is_a_table_in_json(caller: Caller) -> None:
    assert caller.column("obs_collection", "Mast.Missions.List", {}) == ["GALEX", "HST", "JWST"]


def test_a_crossmatch_answers_for_each_uploaded_row(caller: Caller) -> None:
    upload = {
        "fields": [],
        "data": [{"RA": 0, "b": -30}, {"ra": 10, "b": 10}, {"ra": 211, "b": 54.3}],
    }
    params = {"raColumn": "ra", "decColumn": "b", "radius": 0.15}
    answer = caller.ask("Mast.Caom.Crossmatch", params, extra={"data": upload})
    assert [(row["_searched_id_"], row["obs_id"]) for row in answer["data"]] == [
        (0, "obs4"),
        (0, "obs5"),
        (2, "obs0"),
        (2, "obs1"),
        (2, "obs2"),
        (2, "obs3"),
    ]
    assert answer["data"][-1]["distance"] == 0
    assert answer["data"][-1]["_searched_ra_"] == 211


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "needs the property data"),
        ({"data": [1]}, "must be an object"),
        ({"data": [{"ra": 1}]}, "no numbers in a column 'dec'"),
        ({"data": [{"ra": "x", "dec": 1}]}, "which is no number"),
        ({"data": [{"ra": 1, "dec": 95}]}, "must be in degrees"),
    ],
)
def test_a_wrong_upload_is_an_error_answer(caller: Caller, data: Any, said: str) -> None:
    answer = caller.ask("Mast.Caom.Crossmatch", {}, extra={"data": data})
    assert answer["status"] == "ERROR"
    assert said in answer["msg"]


def test_a_name_is_looked_up_through_the_portal(caller: Caller) -> None:
    answer = caller.ask("Mast.Name.Lookup", {"input": "m 101", "format": "json"})
    assert answer["status"] == ""
    entry = answer["resolvedCoordinate"][0]
    assert (entry["searchString"], entry["resolver"]) == ("m 101", "NED")
    assert (entry["ra"], entry["decl"], entry["radius"]) == (210.80227, 54.34895, 0.24)
    assert len(answer["resolvedCoordinate"]) == 1


def test_an_unknown_service_names_the_nearest(caller: Caller) -> None:
    answer = caller.ask("Mast.Caom.Conne")
    assert answer["status"] == "ERROR"
    assert "Mast.Caom.Cone" in answer["msg"]


@pytest.mark.parametrize("service", [*SERVICES, *CATALOG_SERVICES])
@pytest.mark.parametrize("params", [{}, {"filters": None, "obsid": {}}, {"columns": {"a": []}}])
def test_no_service_fails_on_odd_parameters(
    caller: Caller, service: str, params: dict[str, Any]
) -> None:
    request = MashupRequest(service, params)
    reply = caller.send("POST", "/api/v0/invoke", encode_request(request))
    assert reply.status == 200


def test_further_formats_hold_the_same_rows(caller: Caller) -> None:
    def content(format: str) -> bytes:
        request = MashupRequest("Mast.Caom.Filtered", FILTERED_ALL, format=format)
        return caller.send("POST", "/api/v0/invoke", encode_request(request)).content

    table = json.loads(content("extjs"))["data"]["Tables"][0]
    assert [row[9] for row in table["Rows"]] == [f"obs{number}" for number in range(6)]
    assert table["ExtendedProperties"]["Paging"]["rows"] == 6
    rows = list(csv.DictReader(io.StringIO(content("csv").decode())))
    assert [row["obs_id"] for row in rows] == [f"obs{number}" for number in range(6)]
    votable = Table.read(io.BytesIO(content("votable")), format="votable")
    assert list(votable["obs_id"]) == [f"obs{number}" for number in range(6)]
    assert json.loads(content("excel"))["status"] == "ERROR"


ODD_CELLS = [None, "", "plain", "a,b", 'say "so"', "two\nlines", "\r", " é ", "\ud800", "null"]
ODD_CELLS += [True, False, 0, 1, -0.0, 1.5, 1e-7, 1e22, -(2**63), 2**63 - 1]


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.tuples(*[st.sampled_from(ODD_CELLS)] * width), min_size=0, max_size=20
        )
    ),
    st.sampled_from([1, 3, 512]),
)
def test_csv_is_read_back_by_the_standard_library(rows: list[Any], rows_at_once: int) -> None:
    names = [f"name {number}, or so" for number in range(len(rows[0]) if rows else 2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "ROWS_AT_ONCE", rows_at_once)
        content = FORMATS["csv"].encode([(name, "string") for name in names], rows, Paging())

    header, *read = csv.reader(io.StringIO(content.decode(), newline=""))
    assert header == names
    assert len(read) == len(rows)
    for cells, row in zip(read, rows, strict=True):
        assert [as_read(text, cell) for text, cell in zip(cells, row, strict=True)] == [
            "" if cell is None else str(cell).replace("\ud800", "?") for cell in row
        ]


def as_read(text: str, cell: Any) -> str:
    """A number in Python's spelling: 1e22 for 1e+22 is as good."""
    return str(type(cell)(text)) if type(cell) in (int, float) else text


def test_columns_without_values_are_removed_on_request(caller: Caller) -> None:
    answer = caller.ask("Mast.Caom.Filtered", FILTERED_ALL, extra={"removenullcolumns": "true"})
    assert "jpegURL" not in names(answer)
    assert "obs_id" in names(answer)


def test_invoke_answers_get_as_well_as_post(caller: Caller) -> None:
    request = encode_request(MashupRequest("Mast.Caom.Filtered", FILTERED_ALL)).decode()
    for query in (request, request.replace("%20", "+")):
        reply = caller.get(f"/api/v0/invoke?{query}")
        assert len(reply.json["data"]) == 6
        assert reply.headers["content-type"] == "application/json"


def test_the_column_configuration_describes_a_service(caller: Caller) -> None:
    address = "/portal/Mashup/Mashup.asmx/columnsconfig"
    config = caller.send("POST", address, b"colConfigId=Mast.Caom.Cone").json
    assert config["filters"]["separator"] == ";"
    assert config["t_min"]["vot.datatype"] == "double"
    assert "objID" in config
    products = caller.send("POST", address, b"colConfigId=Mast.Caom.Products").json
    assert "dataURI" in products
    for unknown in (b"colConfigId=Mast.Unknown", b"", b"x=%zz&&&"):
        assert caller.send("POST", address, unknown).json == {}


def test_a_slow_query_answers_executing_and_its_result_when_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    runs = []

    def slow(call: Any) -> bytes:
        runs.append(call)
        assert go_on.wait(20)
        return b'{"status": "COMPLETE", "data": [], "fields": []}'

    monkeypatch.setitem(SERVICES, "Mast.Caom.Cone", slow)  # type: ignore[arg-type]
    with Archive.create(tmp_path / "a") as archive:
        caller = Caller(archive)
        request: dict[str, Any] = {"extra": {"timeout": "0"}, "cache_breaker": "x"}
        assert caller.ask("Mast.Caom.Cone", **request) == {"status": "EXECUTING", "msg": ""}
        assert caller.ask("Mast.Caom.Cone", **request)["status"] == "EXECUTING"
        assert len(runs) == 1
        other = {**request, "cache_breaker": "y"}
        assert caller.ask("Mast.Caom.Cone", **other)["status"] == "EXECUTING"
        assert len(runs) == 2
        go_on.set()
        while (answer := caller.ask("Mast.Caom.Cone", **request))["status"] == "EXECUTING":
            pass
        assert answer["status"] == "COMPLETE"
        assert len(runs) == 2


def test_an_unexpected_failure_is_logged_and_shows_no_trace(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(call: Any) -> bytes:
        raise ZeroDivisionError("inside /secret/path")

    monkeypatch.setitem(SERVICES, "Mast.Caom.Cone", broken)  # type: ignore[arg-type]
    request = encode_request(MashupRequest("Mast.Caom.Cone", {}))
    reply = caller.send("POST", "/api/v0/invoke", request)
    assert reply.status == 500
    assert b"secret" not in reply.content
    assert b"Traceback" not in reply.content
    assert "ZeroDivisionError" in caplog.text


def test_the_profile_of_2017_has_the_columns_of_2017(tmp_path: Path, recorded: Path) -> None:
    with Archive.create(tmp_path / "archive", profile="2017") as made:
        fill(made, tmp_path / "files")
    with Archive(tmp_path / "archive") as archive:
        caller = Caller(archive)
        asked: list[tuple[str, dict[str, Any], str]] = [
            ("Mast.Caom.Cone", {"ra": 0, "dec": 0}, "caom_2017.json"),
            ("Mast.Caom.Filtered", FILTERED_ALL, "advSearch_2017.json"),
            (
                "Mast.Caom.Filtered.Position",
                {**FILTERED_ALL, "position": "1, 2, 3"},
                "advSearchPos_2017.json",
            ),
            ("Mast.Caom.Products", {"obsid": 1}, "products_2017.json"),
        ]
        for service, params, file in asked:
            real = json.loads((recorded / "responses" / service / file).read_bytes())
            assert sorted(names(caller.ask(service, params))) == sorted(names(real)), service
            if service != "Mast.Caom.Products":
                ours = caller.ask(service, params)["fields"]
                assert ours == real["fields"]


def test_recorded_cones_are_found_again(tmp_path: Path, recorded: Path) -> None:
    real = json.loads((recorded / "responses/Mast.Caom.Cone/caom_2017.json").read_bytes())
    with Archive.create(tmp_path / "archive", profile="2017") as archive:
        archive.ingest(real["data"])
        asked = {"ra": 23.34086, "dec": 60.658, "radius": 0.2}
        answer = Caller(archive).ask("Mast.Caom.Cone", asked, pagesize=50000)
    assert answer["paging"] == real["paging"]
    for ours, theirs in zip(answer["data"], real["data"], strict=True):
        assert ours.pop("distance") == pytest.approx(theirs.pop("distance"), rel=1e-3, abs=0.1)
        assert ours == theirs


def test_two_planes_may_share_one_obsid(caller: Caller) -> None:
    shared = [row["objID"] for row in OBSERVATIONS if row["obsid"] == 903]
    assert len(shared) == 2
    params = {"columns": "*", "filters": [{"paramName": "obsid", "values": ["903"]}]}
    assert caller.column("objID", "Mast.Caom.Filtered", params) == shared
