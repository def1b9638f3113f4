"""Whatever is sent to the archive, it answers clearly, shows nothing and stays up."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.archive.conftest import Caller
from topmast.archive.portal.catalog_services import CATALOG_SERVICES
from topmast.archive.portal.services import SERVICES

INVOKE = "/api/v0/invoke"
DEEP = "[" * 5000 + "]" * 5000


def still_well(caller: Caller) -> bool:
    count = {"columns": "COUNT_BIG(*)", "filters": []}
    return caller.column("Column1", "Mast.Caom.Filtered", count) == [6]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"request=",
        b"request",
        b"request={",
        b"request=[]",
        b"request=null",
        b"request=%zz",
        b"request=%ff%fe",
        b"other=1",
        b"request=" + quote('{"service": 3}').encode(),
        b"request=" + quote('{"service": "Mast.Caom.Cone", "params": []}').encode(),
        b"request=" + quote('{"service": "Mast.Caom.Cone", "params": {"ra": NaN}}').encode(),
        b"request=" + quote('{"service": "Mast.Caom.Cone", "page": 0}').encode(),
        b"request=" + quote('{"service": "Mast.Caom.Cone", "pagesize": -1}').encode(),
        b"request=" + quote('{"service": "Mast.Caom.Cone", "page": "many"}').encode(),
        b"request=" + quote('{"service": "Mast.Caom.Cone", "timeout": "soon"}').encode(),
        b"request=" + DEEP.encode(),
        b"\x00\xff" * 100,
        b"<xml/>",
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_what_is_no_request_is_refused_with_a_reason(
    caller: Caller, method: str, body: bytes
) -> None:
    if method == "GET":
        reply = caller.get(f"{INVOKE}?{body.decode('latin-1')}")
    else:
        reply = caller.send("POST", INVOKE, body)
    assert reply.status == 400
    assert reply.json["status"] == "ERROR"
    assert reply.json["msg"]
    assert still_well(caller)


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "", "multipart/x"])
def test_the_content_type_does_not_matter(caller: Caller, media_type: str) -> None:
    body = b"request=" + quote('{"service": "Mast.Missions.List"}').encode()
    assert caller.send("POST", INVOKE, body, Content_Type=media_type).status == 200


@pytest.mark.parametrize("address", [INVOKE, "/Santa-war/query", "/api/v0.1/Download/bundle.sh"])
def test_a_body_that_is_too_long_is_refused(caller: Caller, address: str) -> None:
    assert caller.send("POST", address, b"x" * ((16 << 20) + 1)).status == 413
    assert still_well(caller)


@pytest.mark.parametrize(
    "uri",
    [
        "mast:../../../../etc/passwd",
        "mast:HST/product/..%2f..%2f..%2farchive.sqlite",
        "../archive.sqlite",
        "/etc/passwd",
        "file:///etc/passwd",
        "products/HST/obs0/a.fits",
        "mast:HST/product/a.fits%00.txt",
        "' OR 1=1 --",
        "%",
        "",
        "x" * 20000,
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_uri_leads_out_of_the_products(caller: Caller, method: str, uri: str) -> None:
    for escaped in (uri, quote(uri, safe=""), quote(quote(uri, safe=""), safe="")):
        reply = caller.send(method, f"/api/v0.1/Download/file?uri={escaped}")
        assert reply.status in (400, 404)
        assert b"root:" not in reply.content
        assert b"SQLite" not in reply.content


@pytest.mark.parametrize(
    "path",
    [
        "/api/v0/download/file/../../../../etc/passwd",
        "/api/v0/download/file/HST/product/%2e%2e/%2e%2e/archive.sqlite",
        "/api/v0/download/file//etc/passwd",
        "/api/v0/download/file/HST%00/product/a.fits",
        "/../../etc/passwd",
        "/archive.sqlite",
        "/%2e%2e/archive.sqlite",
        "/\u00e9",
        "/api/v0/invoke/",
    ],
)
def test_no_path_leads_out_of_the_archive(caller: Caller, path: str) -> None:
    reply = caller.get(path)
    assert reply.status in (307, 400, 404)
    assert b"root:" not in reply.content
    assert b"SQLite" not in reply.content


@pytest.mark.parametrize("path", ["/", "/health", INVOKE, "/whoami", "/Santa-war/query"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PATCH", "BREW"])
def test_other_methods_are_refused(caller: Caller, path: str, method: str) -> None:
    reply = caller.send(method, path)
    assert reply.status == 405
    assert "GET" in reply.headers["allow"]


@pytest.mark.parametrize("path", ["/", INVOKE, "/api/v0.1/Download/file", "/whoami"])
def test_options_tells_the_methods(caller: Caller, path: str) -> None:
    reply = caller.send("OPTIONS", path)
    assert (reply.status, reply.content) == (204, b"")
    assert "GET" in reply.headers["allow"]


@pytest.mark.parametrize("path", ["/", "/health", "/whoami", "/auth_type", INVOKE])
def test_head_has_no_body(caller: Caller, path: str) -> None:
    assert caller.send("HEAD", path).content == b""


@pytest.mark.parametrize("query", ["", "name=", "outputFormat=json", "name=a&outputFormat=exe"])
def test_a_wrong_question_for_names_is_refused(caller: Caller, query: str) -> None:
    reply = caller.get(f"/Santa-war/query?{query}")
    assert reply.status == 400
    assert reply.json["msg"]


def test_too_many_names_are_refused(caller: Caller) -> None:
    body = "&".join(f"name=n{number}" for number in range(1001)) + "&outputFormat=json"
    assert caller.send("POST", "/Santa-war/query", body.encode()).status == 400
    body = "&".join(f"name=n{number}" for number in range(50_000))
    assert caller.send("POST", "/Santa-war/query", body.encode()).status == 400


def test_names_are_shown_as_text_on_the_page(caller: Caller) -> None:
    reply = caller.send("GET", "/", host='"><script>alert(1)</script>')
    assert b"<script>" not in reply.content


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4)
    ),
    max_leaves=12,
)
WORDS = st.sampled_from(
    ["ra", "dec", "radius", "columns", "filters", "position", "obsid", "input", "urlList"]
)
FILTERS = st.lists(
    st.fixed_dictionaries(
        {"paramName": st.sampled_from(["obs_id", "t_min", "calib_level", "mtFlag", "distance"])},
        optional={"values": JSON, "freeText": JSON, "separator": JSON},
    ),
    max_size=3,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    service=st.sampled_from([*SERVICES, *CATALOG_SERVICES]) | st.text(),
    params=st.dictionaries(WORDS | st.text(), JSON | FILTERS, max_size=5),
    rest=st.dictionaries(st.sampled_from(["page", "pagesize", "format", "data"]), JSON, max_size=2),
)
def test_any_request_gets_an_answer(caller: Caller, service: str, params: Any, rest: Any) -> None:
    request = json.dumps({"service": service, "params": params, **rest})
    reply = caller.send("POST", INVOKE, b"request=" + quote(request).encode())
    assert reply.status in (200, 400)
    assert b"Traceback" not in reply.content
