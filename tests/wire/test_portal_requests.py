"""Requests to the portal: written as MAST's clients write them, read whatever comes."""

from __future__ import annotations

import contextlib
import json
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import numpy as np
import pytest
from astropy import units
from hypothesis import given
from hypothesis import strategies as st

from topmast.errors import InvalidQueryError
from topmast.wire.portal import MashupRequest, decode_request, encode_request

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)  # fmt: skip
counts = st.none() | st.integers(1, 10**9)
requests = st.builds(
    MashupRequest,
    service=st.from_regex(r"Mast\.[A-Za-z.]{1,20}", fullmatch=True),
    params=st.dictionaries(st.text(max_size=6), values, max_size=4),
    format=st.sampled_from(["json", "extjs", "csv"]),
    pagesize=counts,
    page=counts,
    extra=st.dictionaries(st.sampled_from(["data", "filename", "use_json"]), values),
    cache_breaker=st.none() | st.text(max_size=12),
)


def test_the_body_is_written_as_the_portal_expects_it() -> None:
    request = MashupRequest(
        "Mast.Caom.Cone", {"ra": 10.0, "dec": -20, "path": "a/b"}, "json", 50000, 1, {}, "x-1"
    )

    body = encode_request(request)

    assert unquote(body.decode()) == (
        'request={"service": "Mast.Caom.Cone", "params": {"ra": 10.0, "dec": -20, "path": "a/b"}, '
        '"format": "json", "pagesize": 50000, "page": 1, "cacheBreaker": "x-1"}'
    )
    assert b"a/b" in body
    assert b"page%22%3A%201%2C" in body


def test_extra_properties_stand_between_the_page_and_the_cache_breaker() -> None:
    request = MashupRequest("S", {}, "json", 5, 2, {"use_json": False, "timeout": 3}, "x")

    keys = list(json.loads(unquote(encode_request(request).decode()).removeprefix("request=")))

    assert keys == [
        "service", "params", "format", "pagesize", "page", "use_json", "timeout", "cacheBreaker",
    ]  # fmt: skip


def test_an_extra_property_replaces_one_of_the_same_name_where_it_stands() -> None:
    request = MashupRequest("S", {}, extra={"format": "csv", "cacheBreaker": "mine"})

    text = unquote(encode_request(request).decode())

    assert text == (
        'request={"service": "S", "params": {}, "format": "csv", "cacheBreaker": "mine"}'
    )


def test_numpy_values_are_written_as_plain_ones() -> None:
    params = {
        "ra": np.float64(1.5),
        "n": np.int64(7),
        "yes": np.bool_(True),
        "name": np.str_("M101"),
        "ids": np.array([1, 2]),
        "set": {"b", "a"},
    }

    read = decode_request(encode_request(MashupRequest("S", params)))

    assert read.params == {
        "ra": 1.5, "n": 7, "yes": True, "name": "M101", "ids": [1, 2], "set": ["a", "b"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "cannot be written"),
        (np.float64("inf"), "cannot be written"),
        (3 * units.deg, "has a unit"),
        (np.ma.masked, "masked"),
        (object(), "cannot hold"),
    ],
)
def test_what_json_cannot_say_is_refused(value: Any, words: str) -> None:
    with pytest.raises(InvalidQueryError, match=words):
        encode_request(MashupRequest("S", {"value": value}))


@given(requests)
def test_what_was_written_is_read_again(request: MashupRequest) -> None:
    assert decode_request(encode_request(request)) == request


@pytest.mark.parametrize("quoting", [quote, quote_plus])
@pytest.mark.parametrize("start", ["", "?"])
def test_a_query_string_is_read_with_either_kind_of_space(quoting: Any, start: str) -> None:
    text = json.dumps({"service": "Mast.Name.Lookup", "params": {"input": "M 101 + & = é"}})

    read = decode_request(f"{start}x=1&request={quoting(text)}&_=99")

    assert read.service == "Mast.Name.Lookup"
    assert read.params == {"input": "M 101 + & = é"}


def test_property_names_and_values_are_understood_in_their_variants() -> None:
    text = '{"Service": "A", "PARAMS": null, "PageSize": "20", "page": 3.0, "clearCache": "true",'
    text += '"RemoveNullColumns": 0, "timeOut": "5", "cachebreaker": 12, "Odd": [1]}'

    read = decode_request("request=" + quote(text))

    assert read == MashupRequest(
        service="A",
        params={},
        format="extjs",
        pagesize=20,
        page=3,
        extra={"clearcache": True, "removenullcolumns": False, "timeout": 5.0, "Odd": [1]},
        cache_breaker="12",
    )


def test_of_equal_properties_the_last_counts() -> None:
    read = decode_request('request={"service":"A","pagesize":50000,"page":1,"pageSize":5,"page":2}')

    assert (read.pagesize, read.page) == (5, 2)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no request"),
        (b"colConfigId=x", "no request"),
        (b"request=", "not JSON"),
        (b"request=%zz", "broken percent code"),
        (b"request=%7B%2", "broken percent code"),
        (b"request=\xff\xfe", "not JSON"),
        (b'request="\xff"', "not JSON"),
        (b'request={"service":"A"', "not JSON"),
        (b'request={"service":"A","params":{"ra":NaN}}', "not JSON"),
        (b"request=[1]", "one JSON object"),
        (b"request=null", "one JSON object"),
        (b"request=" + b"[" * 100_000, "nested too deep"),
        (b'request={"service":"A","params":' + b'{"a":' * 100_000, "nested too deep"),
        (b"request={}", "names no service"),
        (b'request={"service":" "}', "names no service"),
        (b'request={"service":["A"]}', "names no service"),
        (b'request={"service":"A","params":[1]}', "must be an object"),
        (b'request={"service":"A","params":"ra=1"}', "must be an object"),
        (b'request={"service":"A","format":5}', "format must be a word"),
        (b'request={"service":"A","page":-1}', "page must be a whole number"),
        (b'request={"service":"A","page":0}', "page must be a whole number"),
        (b'request={"service":"A","page":1.5}', "page must be a whole number"),
        (b'request={"service":"A","page":true}', "page must be a whole number"),
        (b'request={"service":"A","page":"two"}', "page must be a whole number"),
        (b'request={"service":"A","page":1e308}', "page must be a whole number"),
        (b'request={"service":"A","pagesize":0}', "pagesize must be a whole number"),
        (b'request={"service":"A","pagesize":1000000000000}', "pagesize must be a whole"),
        (b'request={"service":"A","pagesize":[5]}', "pagesize must be a whole"),
        (b'request={"service":"A","pagesize":"' + b"9" * 5000 + b'"}', "pagesize must be"),
        (b'request={"service":"A","clearcache":"maybe"}', "true or false"),
        (b'request={"service":"A","timeout":"soon"}', "number of seconds"),
        (b'request={"service":"A","timeout":-1}', "number of seconds"),
        (b'request={"service":"A","timeout":{}}', "number of seconds"),
    ],
)
def test_a_request_that_means_nothing_is_refused_with_the_reason(body: bytes, words: str) -> None:
    with pytest.raises(InvalidQueryError, match=words) as caught:
        decode_request(body)

    assert len(str(caught.value)) < 200


def test_a_request_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(InvalidQueryError, match="longer than"):
        decode_request(b"request=" + b" " * (32 << 20))


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_nothing_breaks_the_reader(text: Any) -> None:
    for body in (text, b"request=" + text if isinstance(text, bytes) else "request=" + text):
        with contextlib.suppress(InvalidQueryError):
            decode_request(body)


def test_open_ends_of_ranges_are_read_as_python_writes_them() -> None:
    text = 'request={"service":"S","params":{"min":-Infinity,"max":Infinity,"t":", Infinity"}}'

    params = decode_request(text).params

    assert params == {"min": float("-inf"), "max": float("inf"), "t": ", Infinity"}
