"""Names are found however they are written, and positions resolve to themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.archive.conftest import Caller
from topmast.archive import Archive
from topmast.errors import InvalidQueryError
from topmast.wire.names import decode_names


def resolve(caller: Caller, *names: str, **rest: str) -> list[Any]:
    pairs = [("name", name) for name in names] + [("outputFormat", "json"), *rest.items()]
    reply = caller.get(f"/Santa-war/query?{urlencode(pairs)}")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    return [
        (entry.search_string, entry.resolver, entry.canonical_name)
        for entry in decode_names(reply.content)
    ]


@pytest.mark.parametrize(
    "name", ["M101", "m101", "M 101", "  m  101 ", "Messier 101", "MESSIER 101", "messier101"]
)
def test_a_name_is_found_however_it_is_written(caller: Caller, name: str) -> None:
    assert resolve(caller, name) == [(name.strip().lower(), "NED", "MESSIER 101")]


def test_resolvers_can_be_chosen_or_all_asked(caller: Caller) -> None:
    assert resolve(caller, "M101", resolver="SIMBAD") == [("m101", "SIMBAD", "M 101")]
    assert resolve(caller, "M101", resolver="TIC") == []
    both = resolve(caller, "M101", resolveAll="True")
    assert [resolver for _, resolver, _ in both] == ["NED", "SIMBAD"]


def test_many_names_are_one_question_and_unknown_ones_are_missing(caller: Caller) -> None:
    found = resolve(caller, "TIC 307210830", "Planet X", "M101", resolveAll="False")
    assert [name for name, _, _ in found] == ["tic 307210830", "m101"]


def test_names_come_as_xml_too(caller: Caller) -> None:
    reply = caller.get("/Santa-war/query?name=M101")
    assert reply.headers["content-type"].startswith("text/xml")
    assert decode_names(reply.content)[0].canonical_name == "MESSIER 101"


@pytest.mark.parametrize(
    ("text", "ra", "dec"),
    [
        ("158.47924 -7.30962", 158.47924, -7.30962),
        ("158.47924, +7", 158.47924, 7.0),
        ("14 03 12.6 +54 20 56.7", 210.8025, 54.34908333),
        ("00:00:01 -00:30:00", 0.0041666667, -0.5),
        ("1h2m3s -4d5m6s", 15.5125, -4.085),
    ],
)
def test_a_position_resolves_to_itself(caller: Caller, text: str, ra: float, dec: float) -> None:
    (entry,) = caller.ask("Mast.Name.Lookup", {"input": text, "format": "json"})[
        "resolvedCoordinate"
    ]
    assert entry["searchString"] == text.lower()
    assert (entry["ra"], entry["decl"]) == (pytest.approx(ra), pytest.approx(dec))


@pytest.mark.parametrize("text", ["400 10", "10 95", "1 2 3", "NGC 1234", "10"])
def test_what_is_no_position_resolves_to_nothing(caller: Caller, text: str) -> None:
    answer = caller.ask("Mast.Name.Lookup", {"input": text, "format": "json"})
    assert answer["resolvedCoordinate"] == []


@pytest.mark.parametrize("params", [{}, {"input": ""}, {"input": 3}, {"input": "x", "format": "y"}])
def test_a_wrong_lookup_is_an_error_answer(caller: Caller, params: dict[str, Any]) -> None:
    assert caller.ask("Mast.Name.Lookup", params)["status"] == "ERROR"


def test_a_name_is_brought_up_to_date(empty: Archive) -> None:
    empty.ingest(names=[{"name": "Star", "ra": 1.0, "dec": 2.0}])
    empty.ingest(names=[{"NAME": "star", "ra": 3.0, "decl": 4.0, "objectType": "*"}])
    (entry,) = Caller(empty).ask("Mast.Name.Lookup", {"input": "STAR", "format": "json"})[
        "resolvedCoordinate"
    ]
    assert (entry["ra"], entry["decl"], entry["objectType"]) == (3.0, 4.0, "*")


@pytest.mark.parametrize("row", [{"name": "x", "ra": 1.0}, {"ra": 1.0, "dec": 2.0}])
def test_a_name_needs_a_position(empty: Archive, row: dict[str, Any]) -> None:
    with pytest.raises(InvalidQueryError, match="Row 1 of the names"):
        empty.ingest(names=[row])
