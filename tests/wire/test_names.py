"""The resolver's formats, both ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.names import (
    NAMES_AT_ONCE,
    ResolvedName,
    ResolverQuery,
    decode_names,
    decode_resolver_query,
    encode_names,
    encode_resolver_query,
)

M8 = ResolvedName("m8", "NED", "MESSIER 008", 270.92194, -24.38017, object_type="Neb")

numbers = st.floats(-400, 400)
maybe = st.none() | numbers
texts = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn", "Co"]), min_size=1)
plain = texts.map(str.strip).filter(bool)
resolved_names = st.builds(
    ResolvedName,
    search_string=plain,
    resolver=plain,
    canonical_name=plain,
    ra_deg=numbers,
    dec_deg=numbers,
    search_radius_deg=numbers,
    radius_deg=maybe,
    major_axis_deg=maybe,
    minor_axis_deg=maybe,
    position_angle_deg=maybe,
    object_type=st.none() | plain,
    cached=st.booleans(),
    resolver_milliseconds=st.integers(0, 10**6),
    cache_date=st.none() | plain,
)


@pytest.mark.parametrize("format", ["json", "xml"])
@given(found=st.lists(resolved_names, max_size=3))
def test_what_is_written_is_read_back(format: str, found: list[ResolvedName]) -> None:
    assert decode_names(encode_names(found, format)) == found


def test_the_json_has_the_shape_of_the_portal() -> None:
    assert json.loads(encode_names([M8])) == {
        "resolvedCoordinate": [
            {
                "searchString": "m8",
                "resolver": "NED",
                "cached": True,
                "resolverTime": 0,
                "searchRadius": -1.0,
                "canonicalName": "MESSIER 008",
                "ra": 270.92194,
                "decl": -24.38017,
                "objectType": "Neb",
            }
        ],
        "status": "",
    }


@pytest.mark.parametrize(
    ("name", "count"),
    [("resolver_M103_2017", 1), ("resolver_2025-04", 3), ("resolver_resolveAll_2025-09", None)],
)
def test_recorded_answers_are_read_and_written_alike(
    recorded: Path, name: str, count: int | None
) -> None:
    content = (recorded / f"responses/Mast.Name.Lookup/{name}.json").read_bytes()
    found = decode_names(content)
    assert count is None or len(found) == count
    assert json.loads(encode_names(found)) == json.loads(content)


@pytest.mark.parametrize(
    "content",
    [
        b'{"status": ""}',
        b'{"resolvedCoordinate": null}',
        b'{"resolvedCoordinate": []}',
        b'{"resolvedCoordinate": [{"searchString": "x"}, 3, {"ra": "a", "decl": 1}]}',
        b"<resolvedItems/>",
        b"<a><resolvedCoordinate><ra>1</ra><decl>NaN</decl></resolvedCoordinate></a>",
    ],
)
def test_an_answer_without_positions_is_an_empty_list(content: bytes) -> None:
    assert decode_names(content) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"resolvedCoordinate": "x"}',
        b'{"resolved',
        b"<html><body>Service unavailable",
        b"<!DOCTYPE html><html></html>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"\x00\x01",
    ],
)
def test_what_is_no_answer_is_an_error(content: bytes) -> None:
    with pytest.raises(BadAnswerError):
        decode_names(content)


def test_a_question_is_written_as_the_resolver_takes_it() -> None:
    query = ResolverQuery(("M 8", "TIC 1"), ("NED", "TIC"))
    assert encode_resolver_query(query) == (
        "name=M+8&name=TIC+1&outputFormat=json&resolveAll=False&resolver=NED&resolver=TIC"
    )
    query = ResolverQuery(("M8",), ("NED",), resolve_all=True)
    assert encode_resolver_query(query) == "name=M8&outputFormat=json&resolveAll=True"


@given(
    names=st.lists(plain, min_size=1, max_size=NAMES_AT_ONCE),
    resolvers=st.lists(st.sampled_from(["NED", "SIMBAD", "TIC"])),
    format=st.sampled_from(["json", "xml"]),
)
def test_a_question_is_read_back(names: list[str], resolvers: list[str], format: str) -> None:
    query = ResolverQuery(tuple(names), tuple(resolvers), False, format)
    assert decode_resolver_query(encode_resolver_query(query)) == query


def test_a_question_is_read_whatever_the_case_and_order() -> None:
    query = decode_resolver_query(b"RESOLVEALL=true&junk=1&Name=+M8+&name=&outputformat=JSON")
    assert query == ResolverQuery(("M8",), (), True, "json")


@pytest.mark.parametrize("count", [0, NAMES_AT_ONCE + 1])
def test_a_question_has_from_one_to_thirty_names(count: int) -> None:
    with pytest.raises(InvalidQueryError, match=f"not {count}"):
        encode_resolver_query(ResolverQuery(("x",) * count))
