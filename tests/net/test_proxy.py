"""Requests through a proxy."""

from __future__ import annotations

import pytest

from tests.misbehaving import Misbehaving, Reply
from topmast.errors import InvalidQueryError, UnreachableError
from topmast.net.messages import Request
from topmast.net.proxy import proxy_for
from topmast.net.session import Session

URL = "http://archive.example/x"


def test_the_setting_sends_requests_through_a_proxy_with_its_login(server: Misbehaving) -> None:
    server.on(URL, Reply(body=b"through"))
    session = Session("http://archive.example", proxy=server.url.replace("//", "//me:pw@"))
    assert session.send(Request("GET", URL)).content == b"through"
    assert server.requests[0].headers["proxy-authorization"] == "Basic bWU6cHc="


def test_https_goes_through_a_tunnel_that_may_be_refused(server: Misbehaving) -> None:
    server.on("archive.example:443", Reply(407, close=True))
    session = Session("https://archive.example", proxy=server.url, tries=1)
    with pytest.raises(UnreachableError, match=r"The proxy cannot be reached .*407"):
        session.send(Request("GET", "https://archive.example/x"))


def test_the_environment_names_a_proxy_and_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("https_proxy", "proxy.example:3129")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert proxy_for("http://mast.example/x", "") == "http://proxy.example:3128"
    assert proxy_for("https://mast.example/x", "") == "http://proxy.example:3129"
    assert proxy_for("https://inside.example/x", "") is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]:80"])
def test_this_machine_is_asked_directly(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    assert proxy_for(f"http://{host}/x", "") is None
    assert proxy_for(f"http://{host}/x", "http://127.0.0.1:9") == "http://127.0.0.1:9"


def test_a_proxy_of_another_kind_is_refused_without_its_password() -> None:
    with pytest.raises(InvalidQueryError) as caught:
        proxy_for(URL, "socks5://me:pw@proxy.example")
    assert str(caught.value) == (
        "The proxy 'socks5://proxy.example' cannot be used: only http:// and https:// proxies can."
    )


def test_an_unreachable_proxy_is_named_as_the_cause() -> None:
    session = Session("http://archive.example", proxy="http://127.0.0.1:1", tries=1)
    with pytest.raises(UnreachableError, match="The proxy cannot be reached"):
        session.send(Request("GET", URL))
