"""Requests through a proxy."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.misbehaving import Misbehaving, Reply
from topmast.errors import InvalidQueryError, UnreachableError
from topmast.net.messages import Request
from topmast.net.proxy import proxy_for
from topmast.net.session import Session
from topmast.version import install_command

URL = "http://archive.example/x"


def test_the_setting_sends_requests_through_a_proxy_with_its_login(server: Misbehaving) -> None:
    server.on(URL, Reply(body=b"through"))
    session = Session("http://archive.example", proxy=server.url.replace("//", "//me:pw@"))
    assert session.send(Request("GET", URL)).content == b"through"
    assert server.requests[0].headers["proxy-authorization"] == "Basic bWU6cHc="


def test_https_goes_through_a_tunnel_that_may_be_refused(server: Misbehaving) -> None:
    server.on("archive.example:443", Reply(407, close=True))
    session = Session("https://archive.example", proxy=server.url, tries=1)
    with pytest.raises(UnreachableError, match=r"The proxy wants another login .*407.*conf\.proxy"):
        session.send(Request("GET", "https://archive.example/x"))


def test_a_proxy_that_wants_another_login_is_asked_once(server: Misbehaving) -> None:
    server.on(URL, Reply(407, body=b"who are you"))
    session = Session("http://archive.example", proxy=server.url.replace("//", "//me:secret@"))
    with pytest.raises(UnreachableError, match=r"The proxy wants another login .*407") as caught:
        session.send(Request("GET", URL))
    assert len(server.requests) == 1
    assert "secret" not in str(caught.value)


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


def test_the_setting_has_the_exceptions_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("no_proxy", "inside.example,10.0.0.7")
    assert proxy_for("https://inside.example/x", "http://proxy.example") is None
    assert proxy_for("https://10.0.0.7:8443/x", "http://proxy.example") is None
    assert proxy_for("https://mast.example/x", "proxy.example") == "http://proxy.example"


def test_a_proxy_of_another_kind_is_refused_without_its_password() -> None:
    with pytest.raises(InvalidQueryError) as caught:
        proxy_for(URL, "ftp://me:pw@proxy.example")
    assert str(caught.value) == (
        "The proxy 'ftp://proxy.example' cannot be used: "
        "only http://, https:// and socks5:// proxies can."
    )


def test_a_socks_proxy_needs_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topmast.net.proxy.find_spec", lambda name: None)
    with pytest.raises(InvalidQueryError) as caught:
        proxy_for(URL, "socks5://me:pw@proxy.example")
    assert str(caught.value) == (
        "The proxy 'socks5://proxy.example' needs PySocks. "
        f"Install it with: {install_command('socks')}"
    )


def test_a_socks_proxy_is_asked_for_the_host(server: Misbehaving) -> None:
    pytest.importorskip("socks")
    url = server.on("/x", Reply(body=b"through"))
    with SocksProxy() as proxy:
        session = Session(server.url, proxy=f"socks5h://me:pw@127.0.0.1:{proxy.port}")
        assert session.send(Request("GET", url)).content == b"through"
    assert proxy.seen == [(b"me", b"pw", f"127.0.0.1:{server.port}")]


class SocksProxy:
    """Takes one connection, asks for a password, and passes bytes on."""

    def __enter__(self) -> SocksProxy:
        self.seen: list[tuple[bytes, bytes, str]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client, client.makefile("rb") as stream:
            stream.read(1 + stream.read(2)[1] - 1)
            client.sendall(b"\x05\x02")
            stream.read(1)
            user, password = (stream.read(stream.read(1)[0]) for _ in range(2))
            client.sendall(b"\x01\x00")
            kind = stream.read(4)[3]
            host = stream.read(stream.read(1)[0]).decode() if kind == 3 else ""
            host = host or socket.inet_ntoa(stream.read(4))
            port = int.from_bytes(stream.read(2), "big")
            self.seen.append((user, password, f"{host}:{port}"))
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
            with socket.create_connection((host, port)) as server:
                server.sendall(stream.read1(1 << 16))
                while data := server.recv(1 << 16):
                    client.sendall(data)


def test_an_unreachable_proxy_is_named_as_the_cause() -> None:
    session = Session("http://archive.example", proxy="http://127.0.0.1:1", tries=1)
    with pytest.raises(UnreachableError, match="The proxy cannot be reached"):
        session.send(Request("GET", URL))
