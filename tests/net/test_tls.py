"""Secure connections: who is trusted, and time limits behind encryption."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.download.products import fits_bytes, products, serve
from tests.misbehaving import Misbehaving, Reply
from topmast.download import plan_download
from topmast.errors import InvalidQueryError, TimeoutError, UnreachableError
from topmast.net.messages import Request
from topmast.net.session import Session


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1, signed by itself."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=here "
        "-addext subjectAltName=IP:127.0.0.1"
    )
    files = ["-keyout", f"{path}", "-out", f"{path}.crt"]
    try:
        subprocess.run([*command.split(), *files], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl is not here")
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Misbehaving]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Misbehaving(tls=context) as server:
        yield server


def test_a_certificate_of_the_setting_is_trusted(secure: Misbehaving, certificate: Path) -> None:
    url = secure.on("/x", Reply(body=b"y" * 100_000))
    session = Session(secure.url, ca_bundle=f"{certificate}.crt")
    for _ in range(3):
        assert session.send(Request("GET", url)).content == b"y" * 100_000
    assert secure.connections == 1


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_certificate_of_the_environment_is_trusted(
    secure: Misbehaving, certificate: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    url = secure.on("/x", Reply(body=b"ok"))
    monkeypatch.setenv(name, f"{certificate}.crt")
    assert Session(secure.url).send(Request("GET", url)).content == b"ok"


def test_the_setting_comes_before_the_environment(
    secure: Misbehaving, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = secure.on("/x", Reply(body=b"ok"))
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    session = Session(secure.url, ca_bundle=f"{certificate}.crt")
    assert session.send(Request("GET", url)).content == b"ok"
    with pytest.raises(InvalidQueryError, match=r"variable SSL_CERT_FILE.*'/nowhere\.pem', is not"):
        Session(secure.url).send(Request("GET", url))


def test_certifi_is_trusted_where_the_system_trusts_nobody(
    secure: Misbehaving, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certifi = pytest.importorskip("certifi")
    monkeypatch.setattr(certifi, "where", lambda: f"{certificate}.crt")
    url = secure.on("/x", Reply(body=b"ok"))
    with pytest.raises(UnreachableError):
        Session(secure.url).send(Request("GET", url))
    monkeypatch.setattr("topmast.net.certificates._trusts_any", lambda context: False)
    assert Session(secure.url).send(Request("GET", url)).content == b"ok"


def test_an_unknown_certificate_is_refused_at_once_with_what_helps(secure: Misbehaving) -> None:
    url = secure.on("/x", Reply())
    with pytest.raises(UnreachableError) as caught:
        Session(secure.url).send(Request("GET", url))
    assert "No secure connection to 127.0.0.1" in str(caught.value)
    assert "conf.ca_bundle" in str(caught.value)
    assert secure.connections == 1


def test_plain_http_where_https_was_asked_is_refused_at_once(server: Misbehaving) -> None:
    url = server.url.replace("http:", "https:")
    with pytest.raises(UnreachableError, match="No secure connection"):
        Session(url).send(Request("GET", url))
    assert server.connections == 1


def test_the_total_limit_holds_behind_encryption(secure: Misbehaving, certificate: Path) -> None:
    url = secure.on("/x", Reply(body=b"x" * 1000, drip_seconds=0.05))
    session = Session(secure.url, ca_bundle=f"{certificate}.crt", timeout=0.4)
    with pytest.raises(TimeoutError, match=r"not answered whole within 0\.4 s"):
        session.send(Request("GET", url))


def test_a_handshake_that_never_ends_is_left() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TimeoutError, match=r"within 0\.3 s"):
            Session(url, timeout=0.3).send(Request("GET", url))


def test_a_file_of_certificates_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidQueryError, match=r"The setting ca_bundle, '.*nowhere\.pem', is not"):
        Session("https://127.0.0.1:1", ca_bundle=str(tmp_path / "nowhere.pem")).send(
            Request("GET", "https://127.0.0.1:1/")
        )


def test_a_token_is_not_sent_on_from_https_to_http(
    secure: Misbehaving, server: Misbehaving, certificate: Path
) -> None:
    url = secure.on("/x", Reply(301, headers={"Location": server.on("/y", Reply(body=b"ok"))}))
    session = Session(secure.url, ca_bundle=f"{certificate}.crt")
    session.token = "sesame"
    assert session.send(Request("GET", url)).content == b"ok"
    assert secure.requests[0].headers["cookie"] == "mast_token=sesame"
    assert "cookie" not in server.requests[0].headers


def test_a_body_that_ends_with_its_connection_needs_the_word_of_tls(
    secure: Misbehaving, certificate: Path
) -> None:
    url = secure.on("/x", Reply(body=b"x" * 1000, length=None))  # closed without "close notify"
    session = Session(secure.url, ca_bundle=f"{certificate}.crt", tries=1)
    with pytest.raises(
        UnreachableError, match="was cut off: its connection ended after 1,000 bytes"
    ):
        session.send(Request("GET", url))


def test_what_is_read_after_an_abort_is_no_ciphertext(
    secure: Misbehaving, certificate: Path
) -> None:
    url = secure.on("/x", Reply(body=b"x" * 5_000_000))
    session = Session(secure.url, ca_bundle=f"{certificate}.crt")
    with session.stream(Request("GET", url)) as answer, suppress(UnreachableError):
        chunks = answer.raw_chunks(1 << 14)
        assert set(next(chunks)) == set(b"x")
        answer.abort()
        for chunk in chunks:
            assert set(chunk) == set(b"x")


@pytest.mark.parametrize("body", [b'{"status": "COMPLETE"}', b" [1, 2, 3]\n", b"[]"])
def test_an_answer_that_can_be_parsed_is_one_without_the_word_of_tls(
    secure: Misbehaving, certificate: Path, body: bytes
) -> None:
    session = Session(secure.url, ca_bundle=f"{certificate}.crt", tries=2)
    url = secure.on("/x", Reply(body=body, length=None))
    assert session.send(Request("GET", url)).content == body
    assert len(secure.requests) == 1

    url = secure.on("/y", Reply(body=body[:-2], length=None), Reply(body=body, length=None))
    assert session.send(Request("GET", url)).content == body


def test_a_file_that_is_whole_needs_no_word_of_tls(
    secure: Misbehaving, certificate: Path, tmp_path: Path
) -> None:
    content = {"a.fits": fits_bytes(1), "a.txt": b"1 2 3\n" * 99, "cut.txt": b"1 2 3\n" * 9}
    serve(secure, content, length=None, etag=None, ranges="ignored")
    sizes = [len(content["a.fits"]), len(content["a.txt"]), 999]
    session = Session(secure.url, ca_bundle=f"{certificate}.crt")
    plan = plan_download(session, products(content, size=sizes), download_dir=tmp_path)

    assert plan.run(verbose=False)["Status"].tolist() == ["COMPLETE", "COMPLETE", "ERROR"]
