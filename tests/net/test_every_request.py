"""Proxy, certificates and User-Agent hold for every kind of request that the client makes."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

import topmast
from tests.logins import (
    ALICE,
    ALICES_PASSWORD,
    CLOSED,
    Tokens,
    add_people,
    house,
)
from tests.logins import cheap as cheap
from tests.misbehaving import Misbehaving, Reply, Seen
from tests.net.test_tls import certificate  # noqa: F401
from topmast.archive import Archive
from topmast.archive.server.serve import Tls, serve_in_thread
from topmast.archive.server.transport import InProcess
from topmast.client import Client
from topmast.errors import UnreachableError
from topmast.net.messages import Limits, Request

AGENT = "pipeline/1.0 (me@example.org)"
PLACE = SkyCoord(10, 10, unit="deg")
NAMES = [{"name": "M1", "resolver": "NED", "canonicalName": "M 1", "ra": 10.0, "decl": 10.0}]


def log_in_by_password(client: Client, tokens: Tokens, folder: Path) -> None:
    client.observations.login(username=ALICE, password=ALICES_PASSWORD)
    client.observations.session_info(silent=True)
    client.observations.logout()


def log_in_by_token(client: Client, tokens: Tokens, folder: Path) -> None:
    client.observations.login(token=tokens.alice)
    client.observations.session_info(silent=True)


def query(client: Client, tokens: Tokens, folder: Path) -> None:
    assert len(client.observations.query_region(PLACE, "1 deg", intentType="science")) == 3
    assert client.observations.list_missions() == ["HST"]


def resolve(client: Client, tokens: Tokens, folder: Path) -> None:
    client.observations.resolve_object("M1")


def list_products(client: Client, tokens: Tokens, folder: Path) -> None:
    assert len(client.observations.get_product_list(["1", "2"])) == 2


def download(client: Client, tokens: Tokens, folder: Path) -> None:
    client.observations.login(token=tokens.alice)
    result = client.observations.download_file(CLOSED, local_path=folder / "c.txt", verbose=False)
    assert result[0] == "COMPLETE"


def bundle(client: Client, tokens: Tokens, folder: Path) -> None:
    client.mast.service_request_async("Mast.Bundle.Request", {"urlList": CLOSED, "filename": "x"})
    as_today = topmast.connect(client.session.where, **client.session_settings)  # type: ignore[attr-defined]
    with as_today:
        manifest = as_today.observations.download_products(
            Table({"dataURI": [CLOSED]}), folder, curl_flag=True, verbose=False
        )
    assert manifest["Status"].tolist() == ["COMPLETE"]


Use = Callable[[Client, Tokens, Path], None]
USES: list[Use] = [
    log_in_by_password,
    log_in_by_token,
    query,
    resolve,
    list_products,
    download,
    bundle,
]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with house(tmp_path / "house") as archive:
        archive.ingest(names=NAMES)
        yield archive


@pytest.fixture
def tokens(archive: Archive) -> Tokens:
    return add_people(archive)


def connected(where: str, **settings: Any) -> Client:
    client = topmast.connect(where, user_agent=AGENT, tries=1, **settings)
    settings["dialect"] = "astroquery"
    client.session_settings = {"user_agent": AGENT, "tries": 1, **settings}  # type: ignore[attr-defined]
    return client


@pytest.mark.filterwarnings("ignore:The login goes to archive.example.org without encryption")
@pytest.mark.parametrize("use", USES)
def test_a_proxy_gets_every_request_and_each_says_who_asks(
    archive: Archive, tokens: Tokens, tmp_path: Path, use: Use
) -> None:
    with Misbehaving() as proxy:
        speak_for(proxy, archive)
        where = "http://archive.example.org"
        with connected(where, proxy=proxy.url) as client:
            use(client, tokens, tmp_path)
    assert proxy.requests
    for seen in proxy.requests:
        assert seen.target.startswith(where + "/")
        assert seen.headers["user-agent"].startswith(f"{AGENT} topmast/")


def speak_for(proxy: Misbehaving, archive: Archive) -> None:
    """Let `proxy` hand every request on to `archive`."""
    transport = InProcess(archive.app())

    def answer(seen: Seen) -> Reply:
        request = Request(seen.method, seen.target, dict(seen.headers), seen.body)
        with transport.open(request, Limits(10, 10, 10)) as stream:
            body = b"".join(stream.chunks())
            kept = {k: v for k, v in stream.headers.items() if k.lower() != "content-length"}
            return Reply(stream.status_code, body, kept)

    proxy._reply_to = answer  # type: ignore[method-assign]


@pytest.mark.parametrize("use", USES)
def test_every_request_trusts_the_certificate_of_the_setting_and_no_other(
    archive: Archive,
    tokens: Tokens,
    certificate: Path,  # noqa: F811
    tmp_path: Path,
    use: Use,
) -> None:
    with serve_in_thread(archive, tls=Tls(certificate)) as url:
        assert url.startswith("https://")
        with connected(url, ca_bundle=f"{certificate}.crt") as client:
            use(client, tokens, tmp_path)
        with connected(url) as client:
            with pytest.raises((UnreachableError, AssertionError)):
                use(client, tokens, tmp_path)


def test_cookies_over_tls_are_never_sent_without_it(
    archive: Archive,
    tokens: Tokens,
    certificate: Path,  # noqa: F811
) -> None:
    with serve_in_thread(archive, tls=Tls(certificate)) as url:
        with connected(url, ca_bundle=f"{certificate}.crt") as client:
            client.observations.login(username=ALICE, password=ALICES_PASSWORD)
            cookie = client.observations.get_token()
            assert cookie is not None
            assert cookie.secure
            logout = Request("POST", f"{url}/api/v0/logout")
            assert "; Secure" in client.session.send(logout).headers["Set-Cookie"]


def test_a_certificate_that_is_none_is_named_before_anything_is_served(tmp_path: Path) -> None:
    from topmast.archive.server.serve import serve
    from topmast.errors import ArchiveError

    (tmp_path / "cert.pem").write_text("nothing")
    with pytest.raises(ArchiveError, match=r"The certificate .*cert\.pem and its key cannot be"):
        serve(tmp_path, tls=Tls(tmp_path / "cert.pem"))


def test_old_encryption_is_not_spoken(
    archive: Archive,
    certificate: Path,  # noqa: F811
) -> None:
    import socket
    import warnings

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with serve_in_thread(archive, tls=Tls(certificate)) as url:
        host, _, port = url.removeprefix("https://").partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            with pytest.raises((ssl.SSLError, OSError)):
                context.wrap_socket(connection)
