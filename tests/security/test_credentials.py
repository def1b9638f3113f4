"""Attacks that want a token or a password to come out."""

from __future__ import annotations

import json
import logging
import pickle
import ssl
import traceback
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

import topmast
from tests.logins import ALICE, ALICES_PASSWORD, CLOSED, records_of
from tests.misbehaving import Misbehaving, Reply
from tests.net.test_tls import certificate  # noqa: F401
from tests.security.conftest import TOKEN, Target, carried, everything_in, logged_in
from topmast.archive.accounts.tokens import all_tokens
from topmast.config import Servers
from topmast.errors import HTTPStatusError, InvalidQueryError, LoginError, MastError
from topmast.net.messages import Request
from topmast.net.origin import may_receive_credential
from topmast.wire.auth import LOGIN, NO_SESSION, SESSION, SessionInfo, encode_session

FILE = "/api/v0.1/Download/file"
INVOKE = "/api/v0/invoke"
TOKEN_COOKIE = f"mast_token={TOKEN}"


def away(server: Misbehaving, path: str, status: int) -> Reply:
    return Reply(status, headers={"Location": server.on(path, Reply(body=b"{}"))})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_token_by_redirect_of_a_file(
    hostile: Misbehaving, elsewhere: Misbehaving, tmp_path: Path, status: int
) -> None:
    """Redirect the download of a file to another host, to get the token."""
    hostile.on(FILE, away(elsewhere, "/take", status))
    with logged_in(hostile) as client:
        client.observations.download_file("mast:x/y", local_path=tmp_path / "y", verbose=False)
    assert elsewhere.requests
    assert carried(elsewhere) == []
    assert TOKEN_COOKIE in carried(hostile)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_token_by_redirect_of_a_query(
    hostile: Misbehaving, elsewhere: Misbehaving, status: int
) -> None:
    """Redirect a query to another host, to get the token."""
    hostile.on(INVOKE, away(elsewhere, "/take", status))
    with logged_in(hostile, tries=1) as client, pytest.raises(MastError):
        client.mast.service_request("Mast.Caom.Cone", {})
    assert elsewhere.requests
    assert carried(elsewhere) == []


def test_token_by_redirect_to_another_port(hostile: Misbehaving) -> None:
    """Redirect to another port of the same host, where another program listens."""
    with Misbehaving() as neighbour, logged_in(hostile) as client:
        hostile.on("/x", away(neighbour, "/take", 302))
        client.session.send(Request("GET", hostile.url + "/x"))
        assert neighbour.requests
        assert carried(neighbour) == []


def test_token_by_redirect_there_and_back(hostile: Misbehaving, elsewhere: Misbehaving) -> None:
    """Redirect away and back again: what was dropped must not be taken up for a third host."""
    with Misbehaving("127.0.0.3") as third, logged_in(hostile) as client:
        back = hostile.on("/back", away(third, "/take", 302))
        there = elsewhere.on("/there", Reply(302, headers={"Location": back}))
        hostile.on("/x", Reply(302, headers={"Location": there}))
        client.session.send(Request("GET", hostile.url + "/x"))
        assert third.requests
        assert carried(third) == carried(elsewhere) == []


def test_token_by_downgrade_to_http(certificate: Path, hostile: Misbehaving) -> None:  # noqa: F811
    """Redirect from https to http, to read the token on the way."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Misbehaving(tls=context) as secure:
        secure.on("/whoami", Reply(body=b'{"anon": false}'))
        secure.on("/x", away(hostile, "/take", 302))
        with logged_in(secure, ca_bundle=f"{certificate}.crt") as client:
            client.session.send(Request("GET", secure.url + "/x"))
    assert hostile.requests
    assert carried(hostile) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.org/whoami",
        "https://mast.stsci.edu.evil.example.org/",
        "https://evilstsci.edu/",
        "https://mast.stsci.edu@evil.example.org/",
        "https://evil.example.org/#@mast.stsci.edu",
        "https://evil.example.org/?mast.stsci.edu",
        "http://mast.stsci.edu/whoami",
        "http://archive.stsci.edu/",
        "https://mast.stsci.edu%2eevil.example.org/",
        "ftp://mast.stsci.edu/",
    ],
)
def test_token_by_lookalike_of_the_host(url: str) -> None:
    """Write an address so that it looks like MAST's."""
    assert not may_receive_credential(url, Servers.of("https://mast.stsci.edu"))


def test_token_by_the_uri_of_a_product(
    hostile: Misbehaving, elsewhere: Misbehaving, tmp_path: Path
) -> None:
    """Put an address of another host into dataURI."""
    uris = [
        elsewhere.url + "/take.txt",
        f"{elsewhere.url}/take?uri=mast:x",
        f"//{elsewhere.host}:{elsewhere.port}/a.txt",
        f"mast:x@{elsewhere.host}:{elsewhere.port}/b.txt",
        f"hla:getdata.cgi?@{elsewhere.host}:{elsewhere.port}",
    ]
    products = Table({"dataURI": uris, "productFilename": [f"{n}.txt" for n in range(len(uris))]})
    with logged_in(hostile) as client:
        client.observations.download_products(products, tmp_path, mrp_only=False, verbose=False)
        for uri in uris:
            client.observations.download_file(uri, local_path=tmp_path / "z", verbose=False)
    assert carried(elsewhere) == []
    assert len(hostile.seen(FILE)) >= 5


def test_token_by_another_base_url(
    hostile: Misbehaving, elsewhere: Misbehaving, tmp_path: Path
) -> None:
    """Talk a user into another base_url."""
    elsewhere.on("/get", Reply(body=b"x"))
    with logged_in(hostile) as client:
        client.observations.download_file(
            "mast:x/y", base_url=elsewhere.url + "/get", local_path=tmp_path / "y", verbose=False
        )
    assert elsewhere.requests
    assert carried(elsewhere) == []


def test_token_by_a_bundle_elsewhere(hostile: Misbehaving, elsewhere: Misbehaving) -> None:
    """Answer Mast.Bundle.Request with the address of a script on another host."""
    url = elsewhere.on("/script.sh", Reply(body=b"#!/bin/sh\n"))
    answer = {"status": "COMPLETE", "data": {"url": url, "bundles": [url]}}
    hostile.on(INVOKE, Reply(body=json.dumps(answer).encode()))
    with logged_in(hostile) as client:
        client.mast.service_request_async("Mast.Bundle.Request", {"urlList": "mast:x"})
        client.session.send(Request("GET", url))
    assert carried(elsewhere) == []


def test_token_by_a_proxy(hostile: Misbehaving, elsewhere: Misbehaving) -> None:
    """Read the token as the proxy of an encrypted connection, or get the proxy's own password."""
    proxy = f"http://me:password@{elsewhere.host}:{elsewhere.port}"
    with topmast.connect("https://mast.stsci.edu", proxy=proxy, tries=1) as client:
        client.session.token = TOKEN
        with pytest.raises(MastError) as caught:
            client.session.send(Request("GET", "https://mast.stsci.edu/whoami"))
    assert [seen.method for seen in elsewhere.requests] == ["CONNECT"]
    assert not any(TOKEN in f"{seen.headers}{seen.body!r}" for seen in elsewhere.requests)
    assert "password" not in str(caught.value)
    with topmast.connect(hostile.url) as client:
        client.session.send(Request("GET", hostile.url + "/whoami"))
    assert carried(hostile) == []


def test_token_by_a_change_of_the_server(hostile: Misbehaving, elsewhere: Misbehaving) -> None:
    """Change conf.server after the login."""
    topmast.conf.server = hostile.url
    with topmast.connect() as client:
        client.observations.login(token=TOKEN)
        topmast.conf.server = elsewhere.url
        client.session.send(Request("GET", elsewhere.url + "/x"), check=False)
    assert elsewhere.requests
    assert carried(elsewhere) == []


def brought(server: Misbehaving) -> bool:
    """Whether the password came to `server`, anywhere in a request."""
    return any(
        ALICES_PASSWORD in f"{seen.headers}{seen.path}{seen.body!r}" for seen in server.requests
    )


def test_password_by_a_server_that_takes_none(hostile: Misbehaving, elsewhere: Misbehaving) -> None:
    """Send the question whether passwords are taken to another host, which says yes."""
    elsewhere.on("/yes", Reply(body=encode_session(NO_SESSION)))
    hostile.on(SESSION, Reply(307, headers={"Location": elsewhere.url + "/yes"}))
    with topmast.connect(hostile.url) as client, pytest.raises(LoginError, match="no passwords"):
        client.observations.login(username=ALICE, password=ALICES_PASSWORD)
    assert elsewhere.requests == []
    assert not brought(hostile)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_password_by_redirect(hostile: Misbehaving, elsewhere: Misbehaving, status: int) -> None:
    """Redirect the request that carries the password."""
    hostile.on(SESSION, Reply(body=encode_session(NO_SESSION)))
    hostile.on(LOGIN, away(elsewhere, "/take", status))
    with topmast.connect(hostile.url) as client, pytest.raises(LoginError, match="no session"):
        client.observations.login(username=ALICE, password=ALICES_PASSWORD)
    assert brought(hostile)
    assert elsewhere.requests == []


def test_password_in_an_error_that_repeats_it(
    hostile: Misbehaving, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Repeat the password in the answer to a login, for it to be shown or logged."""
    caplog.set_level(logging.DEBUG)
    hostile.on(SESSION, Reply(body=encode_session(NO_SESSION)))
    repeated = Reply(500, json.dumps({"msg": f"{ALICES_PASSWORD}!"}).encode())
    accepted = Reply(body=encode_session(SessionInfo(600, ALICES_PASSWORD, "", "")))
    hostile.on(LOGIN, repeated, accepted)
    with topmast.connect(hostile.url) as client:
        for _ in range(2):
            with pytest.raises(LoginError) as caught:
                client.observations.login(username=ALICE, password=ALICES_PASSWORD)
            assert ALICES_PASSWORD not in "".join(traceback.format_exception(caught.value))
    shown = capsys.readouterr()
    assert ALICES_PASSWORD not in shown.out + shown.err + records_of(caplog)


def test_secrets_in_logs_output_manifests_and_files(
    target: Target,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Read the token or password in a log, the output, a manifest or any file left behind."""
    caplog.set_level(logging.DEBUG)
    secret, folder = target.tokens.alice, tmp_path / "out"
    with topmast.connect(target.url) as client:
        observations = client.observations
        observations.login(username=ALICE, password=ALICES_PASSWORD)
        observations.session_info()
        session_cookie = next(iter(client.session.cookies.values()))
        observations.login(token=secret)
        observations.session_info()
        products = observations.get_product_list(["1", "2", "3"])
        manifest = observations.download_products(products, folder)
        script = observations.download_products(products, folder, curl_flag=True)
        shown = f"{manifest}{manifest.pformat(max_width=-1)}{script}{client}{client.session}"
        shown += f"{observations!r}{client.session.login!r}{products.meta}{vars(client.session)}"
        observations.logout()
    shown = shown.replace(repr(client.session), "")
    out = capfd.readouterr()
    everywhere = everything_in(folder).decode("latin-1") + out.out + out.err + records_of(caplog)
    for hidden in (secret, ALICES_PASSWORD, session_cookie):
        assert hidden not in everywhere
    for hidden in (ALICES_PASSWORD, session_cookie):
        assert hidden not in shown
    assert manifest["Status"].tolist() == ["COMPLETE", "COMPLETE", "ERROR"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 500])
def test_secrets_in_errors_of_a_server_that_repeats_them(hostile: Misbehaving, status: int) -> None:
    """Repeat the token in an error page, a reason or a location, for it to be shown or logged."""
    page = f"<title>bad {TOKEN}</title>{TOKEN}".encode()
    hostile.on("/x", Reply(status, page, headers={"X-Token": TOKEN}))
    with logged_in(hostile, tries=1) as client, pytest.raises(HTTPStatusError) as caught:
        client.session.send(Request("GET", f"{hostile.url}/x?token={TOKEN}"))
    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in f"{shown}{caught.value!r}{caught.value.url}"


def test_secrets_in_what_is_printed_of_objects(target: Target) -> None:
    """Print, log or save the objects of a session."""
    with topmast.connect(target.url) as client:
        client.observations.login(token=target.tokens.alice)
        cookie = client.observations.get_token()
        shown = [client, client.session, client.session.login, client.observations, cookie]
        shown += [topmast.conf, all_tokens(target.archive.store), target.archive]
        assert not any(target.tokens.alice in f"{each!r} {each}" for each in shown)
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            pickle.dumps(client.session)


@pytest.mark.parametrize(
    "secret", ["a\r\nX-Evil: 1", "a\nb", "a; other=1", 'a"b', "a\x00b", "a,b", "a b"]
)
def test_headers_injected_by_a_token(hostile: Misbehaving, secret: str) -> None:
    """Smuggle a header into requests inside a token or cookie."""
    with topmast.connect(hostile.url) as client:
        for given in ({"token": secret}, {"session_token": {"_shibsession_x": secret}}):
            with pytest.raises((InvalidQueryError, LoginError)):
                client.observations.login(**given)
    assert hostile.requests == []


def test_headers_injected_by_a_name_or_password(target: Target) -> None:
    """Smuggle a header into requests inside a username or password."""
    attempts: list[tuple[str, str]] = [
        ("a\r\nX-Evil: 1", "b"),
        ("a", "b\r\nX-Evil: 1"),
        ("\x00", "b"),
    ]
    with topmast.connect(target.url) as client:
        for name, password in attempts:
            with pytest.raises(LoginError, match="Authentication failed!"):
                client.observations.login(username=name, password=password)
    assert target.well()


def test_token_file_of_somebody_careless(target: Target, monkeypatch: Any) -> None:
    """Read a token file that others may read, or have its token sent to another host."""
    from topmast.login import secrets

    path = secrets.token_file()
    path.parent.mkdir(parents=True)
    path.write_text(target.tokens.alice)
    path.chmod(0o644)
    with topmast.connect(target.url) as client:
        with pytest.raises(LoginError, match="can be read by others"):
            client.observations.login()
    path.chmod(0o600)
    assert secrets.find_token("https://evil.example.org") is None


def test_token_in_the_database(target: Target, tmp_path: Path) -> None:
    """Copy the archive's database, to log in with what is in it."""
    with target.archive.store.reading() as connection:
        kept = connection.execute("SELECT sha256 FROM tokens").fetchall()
        kept += connection.execute("SELECT password FROM accounts").fetchall()
    content = everything_in(target.archive.folder)
    assert target.tokens.alice.encode() not in content
    assert ALICES_PASSWORD.encode() not in content
    with topmast.connect(target.url) as client:
        for (secret,) in kept:
            with pytest.raises((LoginError, InvalidQueryError)):
                client.observations.login(token=secret)
        client.observations.login(token=target.tokens.alice)
        path = tmp_path / "closed.txt"
        status = client.observations.download_file(CLOSED, local_path=path, verbose=False)[0]
        assert status == "COMPLETE"
