"""What an answer says of itself is passed on to the user."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from tests.scripted import session_with
from topmast.errors import (
    BadAnswerError,
    BlankResponseWarning,
    MastWarning,
    MaxResultsWarning,
    NoResultsWarning,
)
from topmast.net.messages import Request
from topmast.questions.catalogs import query_region
from topmast.services.catalogs import CatalogsClass
from topmast.services.mast import MastClass
from topmast.services.observations import ObservationsClass

CONFIG = b'{"status": "COMPLETE", "msg": "", "data": {}}'


def page(rows: list[Any], *, msg: str = "", filtered: int | None = None) -> bytes:
    found = len(rows) if filtered is None else filtered
    paging = {
        "page": 1, "pageSize": 50000, "pagesFiltered": 1, "rows": len(rows),
        "rowsFiltered": found, "rowsTotal": found,
    }  # fmt: skip
    return json.dumps(
        {
            "status": "COMPLETE",
            "msg": msg,
            "data": [{"n": row} for row in rows],
            "fields": [{"name": "n", "type": "int"}],
            "paging": paging,
        }
    ).encode()


def mast(body: bytes, **settings: Any) -> MastClass:
    def answer(request: Request) -> bytes:
        return body if request.url.endswith("/invoke") else CONFIG

    return MastClass(session=session_with(answer, **settings)[0])


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (page([1], filtered=500), MaxResultsWarning, "found 500 rows and sent 1: the table is not"),
        (page([1], msg="Result set limit reached"), MaxResultsWarning, "says: Result set limit"),
        (page([1], msg="Use the new service"), MastWarning, "Mast.Any says: Use the new service"),
        (page([2.5, 3]), BlankResponseWarning, "'n': 1 values are no integer and masked, as '2.5'"),
    ],
)
def test_it_is_a_warning(body: bytes, kind: type[Warning], says: str) -> None:
    with pytest.warns(kind, match=says):
        mast(body).service_request("Mast.Any", {})


def test_what_is_whole_is_not_doubted() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = mast(page([1, 2, 3.0])).service_request("Mast.Any", {})
    assert table["n"].tolist() == [1, 2, 3]


def test_for_scripts_of_astroquery_it_is_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mast(page([1], filtered=500), dialect="astroquery").service_request("Mast.Any", {})
    assert "found 500 rows and sent 1" in caplog.text


def test_an_empty_page_is_no_full_one() -> None:
    def answer(request: Request) -> bytes:
        return page([], filtered=50000) if request.url.endswith("/invoke") else CONFIG

    catalogs = CatalogsClass(session=session_with(answer)[0])
    with pytest.warns(NoResultsWarning) as said:
        catalogs.query_region((10.0, 5.0), catalog="HSC", page=7)
    assert not [each for each in said if issubclass(each.category, MaxResultsWarning)]


@pytest.mark.parametrize(
    "body", [b"<html><body>Down for maintenance</body></html>", b"<!DOCTYPE html><p>Down</p>"]
)
def test_a_resolver_that_answers_a_web_page_is_an_error(body: bytes) -> None:
    observations = ObservationsClass(session=session_with(lambda request: body)[0])
    with pytest.raises(BadAnswerError, match="resolver's answer is a web page"):
        observations.resolve_object("M101")


def test_a_catalogue_that_we_do_not_know_is_asked_for_at_the_server() -> None:
    session, scripted = session_with(
        lambda request: page([1]) if request.url.endswith("/invoke") else CONFIG
    )
    catalogs = CatalogsClass(session=session)
    assert len(catalogs.query_region((10.0, 5.0), catalog="NewSurvey")) == 1
    assert scripted.mashups[-1].service == "Mast.Catalogs.NewSurvey.Cone"
    assert query_region(session, (1.0, 2.0), catalog="Panstarrs9").service.endswith("s9.Cone")
