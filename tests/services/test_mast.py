"""Any service can be called by its name, as the guide and as today's astroquery do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topmast
from tests.scripted import Scripted, session_with, table_answer
from tests.small_archive import make
from topmast.errors import (
    BadAnswerError,
    InputWarning,
    InvalidQueryError,
    NoResultsWarning,
    RemoteServiceError,
)
from topmast.net.messages import Request
from topmast.services.mast import MastClass
from topmast.wire.portal import decode_request

CONE = {"ra": 270.92, "dec": -24.38, "radius": 0.02}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = make(tmp_path_factory.mktemp("small"))
    archive.close()
    return archive.folder


@pytest.fixture
def mast(folder: Path) -> MastClass:
    return topmast.connect(folder).mast


def one_row(request: Request) -> bytes:
    if "columnsconfig" in request.url:
        return b"{}"
    return table_answer([("a", "int"), ("_selected_", "boolean")], [[1, None]])


def scripted() -> tuple[MastClass, Scripted]:
    session, transport = session_with(one_row)
    return MastClass(session=session), transport


def test_a_service_answers_with_a_table(mast: MastClass) -> None:
    table = mast.service_request("Mast.Caom.Cone", CONE)
    assert sorted(table["obs_id"]) == ["ktwo200071160-c91", "lwp13058"]
    assert "_selected_" not in table.colnames


def test_the_guide_keeps_the_column_of_the_portal(mast: MastClass, folder: Path) -> None:
    table = mast.mashup_request("Mast.Caom.Cone", CONE)
    assert table.colnames[-1] == "_selected_"
    assert table["_selected_"].tolist() == [False, False]
    today = topmast.connect(folder, dialect="astroquery").mast
    assert "_selected_" not in today.mashup_request("Mast.Caom.Cone", CONE).colnames


@pytest.mark.parametrize("method", ["service_request_async", "mashup_request_async"])
def test_what_is_no_table_is_read_from_the_answer(mast: MastClass, method: str) -> None:
    answers = getattr(mast, method)("Mast.Name.Lookup", {"input": "M8", "format": "json"})
    assert answers[0].json()["resolvedCoordinate"][0]["ra"] == 270.92194
    with pytest.raises(BadAnswerError, match="The answer is no table"):
        mast.service_request("Mast.Name.Lookup", {"input": "M8", "format": "json"})


def test_one_page_or_all_can_be_asked_for(mast: MastClass) -> None:
    assert len(mast.service_request("Mast.Caom.Cone", CONE, pagesize=1)) == 2
    assert len(mast.service_request("Mast.Caom.Cone", CONE, 1, 2)) == 1
    assert len(mast.service_request_async("Mast.Caom.Cone", CONE, pagesize=1)) == 2


def test_the_request_is_as_mast_expects_it() -> None:
    mast, transport = scripted()
    mast.service_request(
        "Mast.X", {"ra": np.float64(1.5), "n": np.int64(2)}, timeout=5, fetch_name="Mast.Y"
    )
    (question,) = transport.mashups
    assert question.service == "Mast.X"
    assert question.params == {"ra": 1.5, "n": 2}
    assert (question.format, question.pagesize, question.page) == ("json", 50000, 1)
    assert float(question.extra["timeout"]) == 5
    assert "fetch_name" not in question.extra
    configs = [r.body for r in transport.requests if "columnsconfig" in r.url]
    assert configs == [b"colConfigId=Mast.Y"]


def test_a_raw_answer_needs_no_column_configuration() -> None:
    mast, transport = scripted()
    mast.service_request_async("Mast.X", {})
    assert len(transport.requests) == 1


def test_an_archive_without_column_configurations_is_still_read() -> None:
    def without(request: Request) -> bytes | tuple[int, bytes]:
        return (404, b"") if "columnsconfig" in request.url else one_row(request)

    session, _ = session_with(without)
    assert MastClass(session=session).service_request("Mast.X", {})["a"].tolist() == [1]


def test_nothing_found_is_warned_of(mast: MastClass) -> None:
    with pytest.warns(NoResultsWarning, match="Query returned no results"):
        assert len(mast.service_request("Mast.Caom.Cone", CONE | {"dec": 80})) == 0


def test_errors_of_the_service_come_in_its_own_words(mast: MastClass) -> None:
    with pytest.raises(RemoteServiceError, match=r"Nonsense"):
        mast.service_request("Mast.Caom.Nonsense", {})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("", {}), "A service has a name such as 'Mast.Caom.Cone', not ''"),
        ((5, {}), "A service has a name such as 'Mast.Caom.Cone', not 5"),
        (("Mast.Caom.Cone", "ra=5"), "The parameters are a dict .*, not 'ra=5'"),
        (("Mast.Caom.Cone", {}, 0.5), "pagesize is a whole number from 1 on, not 0.5"),
    ],
)
def test_a_call_that_cannot_be_is_refused(
    mast: MastClass, arguments: tuple[Any, ...], says: str
) -> None:
    with pytest.raises(InvalidQueryError, match=says):
        mast.service_request(*arguments)


# -------------------------------------------------------------------------------- keywords


def asked(**keywords: Any) -> Any:
    """The question that a keyword query sends."""
    mast, transport = scripted()
    mast.mast_query(**keywords)
    return transport.mashups[0]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("x", ["x"]),
        (3, [3]),
        (["x", "y"], ["x", "y"]),
        (("x", "y"), ["x", "y"]),
        ({"y", "x"}, ["x", "y"]),
        (np.array([1, 2]), [1, 2]),
        (np.float64(1.5), [1.5]),
        ({"min": 1, "max": 2}, [{"min": 1, "max": 2}]),
        ([{"min": 1, "max": 2}], [{"min": 1, "max": 2}]),
    ],
)
def test_keywords_of_a_filtered_service_are_filters(value: Any, sent: list[Any]) -> None:
    question = asked(service="Mast.Caom.Filtered", Teff=value)
    assert question.params == {
        "columns": "*",
        "filters": [{"paramName": "Teff", "values": sent}],
    }


def test_place_and_properties_stand_beside_the_filters() -> None:
    question = asked(
        service="Mast.Catalogs.Filtered.Tic.Position",
        columns=["id", "ra"],
        objType="STAR",
        ra=1,
        DEC={"min": 1, "max": 2},
        pagesize=5,
        timeout=9,
    )
    assert question.params["columns"] == "id,ra"
    assert [one["paramName"] for one in question.params["filters"]] == ["objType"]
    assert (question.params["ra"], question.params["DEC"]) == (1, {"min": 1, "max": 2})
    assert question.pagesize == 5
    assert float(question.extra["timeout"]) == 9


def test_keywords_of_another_service_are_its_parameters() -> None:
    question = asked(service="Mast.Caom.Cone", ra=184.3, dec=54.5, page=2)
    assert question.params == {"ra": 184.3, "dec": 54.5}
    assert question.page == 2


def test_columns_of_another_service_are_ignored_with_a_warning() -> None:
    with pytest.warns(InputWarning, match="'columns' parameter is ignored for non-filtered"):
        assert asked(service="Mast.Caom.Cone", columns="ra", ra=1).params == {"ra": 1}


def test_a_filtered_service_needs_a_filter() -> None:
    with pytest.raises(InvalidQueryError, match="Please provide at least one filter"):
        asked(service="Mast.Caom.Filtered", ra=1)


@pytest.mark.parametrize("value", [{"min": 1}, {"max": 1}, {}])
def test_half_a_range_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(InvalidQueryError) as problem:
        asked(service="Mast.Caom.Filtered", Teff=value)
    assert str(problem.value) == (
        'Range filter for "Teff" must be a dictionary with "min" and "max" keys.'
    )


def test_a_keyword_query_runs_on_an_archive(mast: MastClass) -> None:
    table = mast.mast_query("Mast.Caom.Filtered", columns="obs_id,t_min", obs_collection=["IUE"])
    assert table.colnames == ["obs_id", "t_min"]
    assert table["obs_id"].tolist() == ["lwp13058"]


def test_names_are_resolved_here_too(mast: MastClass) -> None:
    assert mast.resolve_object("M8").ra.deg == 270.92194


def test_the_portal_can_be_asked_for_another_format() -> None:
    session, transport = session_with(lambda request: b"a,b\n1,2\n")
    (answer,) = MastClass(session=session).service_request_async("Mast.X", {}, format="csv")
    assert answer.text == "a,b\n1,2\n"
    assert decode_request(transport.requests[0].body or b"").format == "csv"
