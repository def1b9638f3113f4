"""The columns of a service: asked once, found in any case, shown as a table."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from tests.scripted import Scripted, session_with
from topmast.config import conf
from topmast.errors import BadAnswerError
from topmast.net.messages import Request
from topmast.net.session import Session
from topmast.questions.columns import Columns, columns_of, metadata_table
from topmast.wire.encoding import encode_error, encode_extjs
from topmast.wire.portal import decode_request

CONFIG = {
    "_selected_": {"type": "boolean"},
    "obs_collection": {"vot.datatype": "char", "text": "Mission", "separator": ";"},
    "s_ra": {"vot.datatype": "double", "vot.unit": "deg", "vot.description": "Right ascension"},
    "t_min": {"vot.datatype": "double", "unit": "MJD", "vot.unit": "d", "example": "53000"},
    "count": {"type": "short", "treatNumeric": True},
    "s_fov": {"vot.datatype": "float", "ignoreValue": 0, "remove": True},
    "kind": {"type": "float", "vot.datatype": "char"},
    "nothing": {},
}


class Script:
    """Gives these contents, one after the other."""

    def __init__(self, *contents: bytes, wait: float = 0) -> None:
        self.contents = list(contents)
        self.wait = wait

    def __call__(self, request: Request) -> bytes:
        time.sleep(self.wait)
        return self.contents.pop(0)


def columns(config: Any = CONFIG) -> Columns:
    return Columns(config)


def test_the_configuration_is_asked_for_as_the_portal_expects() -> None:
    session, scripted = session_with(Script(json.dumps(CONFIG).encode()))

    found = columns_of(session, "Mast.Caom.Cone")

    (request,) = scripted.requests
    assert request.method == "POST"
    assert request.url == "http://topmast.archive/portal/Mashup/Mashup.asmx/columnsconfig"
    assert request.body == b"colConfigId=Mast.Caom.Cone"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert found["s_ra"].unit == "deg"


def test_a_service_is_asked_for_once_a_session_and_server() -> None:
    scripted = Scripted(Script(b"{}", b"{}", b"{}"))
    session = Session(open_folder=lambda path: scripted)
    conf.server = "one"

    first = columns_of(session, "Mast.Caom.Cone")
    again = columns_of(session, "mast.caom.CONE")
    columns_of(session, "Mast.Caom.Products")
    conf.server = "another"
    columns_of(session, "Mast.Caom.Cone")

    assert first is again
    assert [request.body for request in scripted.requests] == [
        b"colConfigId=Mast.Caom.Cone",
        b"colConfigId=Mast.Caom.Products",
        b"colConfigId=Mast.Caom.Cone",
    ]


def test_threads_that_ask_at_once_ask_once() -> None:
    session, scripted = session_with(Script(json.dumps(CONFIG).encode(), wait=0.05))
    found: list[Columns] = []
    threads = [
        threading.Thread(target=lambda: found.append(columns_of(session, "A"))) for _ in range(5)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(scripted.requests) == 1
    assert len(set(map(id, found))) == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b"[]"])
def test_an_unknown_service_has_no_columns(content: bytes) -> None:
    assert len(columns_of(session_with(Script(content))[0], "Mast.Nothing")) == 0


def test_an_answer_that_is_no_configuration_is_an_error_and_asked_for_again() -> None:
    session, _ = session_with(
        Script(b"<html><title>Down</title>", b"[1]", b'{"a": {"type": "int"}, "b": 5}')
    )

    with pytest.raises(BadAnswerError, match="web page: Down"):
        columns_of(session, "A")
    with pytest.raises(BadAnswerError, match="no object"):
        columns_of(session, "A")
    assert list(columns_of(session, "A")) == ["a"]


def test_the_histograms_of_a_catalogue_settle_what_is_a_range() -> None:
    config = {"ID": {"vot.datatype": "long"}, "lumclass": {"vot.datatype": "double"}}
    properties = {
        "discreteHistogram": {"lumclass": {"hist": [], "DWARF": {"count": 1, "key": "DWARF"}}},
        "continuousHistogram": {"Tmag": {"hist": {}, "min": 1, "max": 2, "type": "numeric"}},
    }
    session, scripted = session_with(
        Script(json.dumps(config).encode(), encode_extjs(properties=properties))
    )

    found = columns_of(session, "Mast.Catalogs.Tess.Cone")

    question = decode_request(scripted.requests[1].body)
    assert (question.service, question.format) == ("Mast.Catalogs.All.Tic", "extjs")
    assert question.page is question.pagesize is None
    assert {name: column.continuous for name, column in found.items()} == {
        "ID": False, "lumclass": False, "Tmag": True,
    }  # fmt: skip


@pytest.mark.parametrize("content", [encode_error("no"), b"<html>", b"[]", b'{"data": {}}'])
def test_without_histograms_the_types_decide(content: bytes) -> None:
    config = {"x": {"vot.datatype": "double"}}
    session, scripted = session_with(Script(json.dumps(config).encode(), content))

    found = columns_of(session, "Mast.Catalogs.Dd.Cone")

    assert decode_request(scripted.requests[1].body).service == "Mast.Catalogs.All.DiskDetective"
    assert found["x"].continuous


def test_histograms_that_take_a_while_are_waited_for() -> None:
    config = {"x": {"vot.datatype": "double"}}
    properties = {"discreteHistogram": {"x": {}}, "continuousHistogram": {}}
    working = b'{"status": "EXECUTING", "msg": ""}'
    session, scripted = session_with(
        Script(working, json.dumps(config).encode(), working, encode_extjs(properties=properties))
    )

    found = columns_of(session, "Mast.Catalogs.Dd.Cone")

    assert not found["x"].continuous
    assert scripted.requests[0].body == scripted.requests[1].body
    assert scripted.requests[2].body == scripted.requests[3].body


def test_types_decide_what_is_a_range() -> None:
    ranges = {name for name, column in columns().items() if column.continuous}

    assert ranges == {"s_ra", "t_min", "count", "s_fov"}


def test_a_column_tells_what_the_configuration_says() -> None:
    found = columns()

    assert found["obs_collection"].label == "Mission"
    assert found["obs_collection"].separator == ";"
    assert found["obs_collection"].type == "string"
    assert found["t_min"].unit == "MJD"
    assert found["t_min"].label == "t_min"
    assert found["s_fov"].hidden


def test_an_empty_entry_is_no_column() -> None:
    assert "nothing" not in columns()
    assert columns().find("nothing") is None


def test_a_column_is_found_in_any_case() -> None:
    both = columns({"ra": {"text": "small"}, "RA": {"text": "large"}})

    assert columns().find("S_RA").name == "s_ra"  # type: ignore[union-attr]
    assert both.find("RA").label == "large"  # type: ignore[union-attr]
    assert both.find("Ra").label == "small"  # type: ignore[union-attr]
    assert columns().find("") is None


def test_the_metadata_table_shows_what_can_be_asked_for() -> None:
    table = metadata_table(columns())

    assert table.colnames == [
        "Column Name", "Column Label", "Data Type", "Units", "Description",
        "Examples/Valid Values",
    ]  # fmt: skip
    assert list(table["Column Name"]) == [
        "obs_collection", "s_ra", "t_min", "count", "kind", "nothing",
    ]  # fmt: skip
    assert list(table["Data Type"]) == ["string", "float", "float", "integer", "float", ""]
    assert list(table["Units"][:3]) == ["", "deg", "MJD"]


def test_headings_without_text_are_left_out() -> None:
    assert metadata_table(columns({"a": {"type": "int"}})).colnames == [
        "Column Name", "Column Label", "Data Type",
    ]  # fmt: skip
    assert len(metadata_table(columns({}))) == 0
