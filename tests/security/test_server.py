"""Attacks on the server: out of its folder, into its database, and to keep others out."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import urllib3

from tests.archive.conftest import Caller
from tests.logins import ALICE, FILE, OPEN, Tokens, send_password
from tests.security.conftest import Target
from topmast.archive import Archive
from topmast.archive.accounts.sessions import user_of_session
from topmast.archive.accounts.tokens import user_of_token
from topmast.archive.portal import jobs
from topmast.archive.portal.catalog_services import CATALOG_SERVICES
from topmast.archive.portal.services import SERVICES
from topmast.archive.portal.staging import StagedScripts
from topmast.archive.server import connection_limits as door
from topmast.archive.server.routes import common
from topmast.archive.server.serve import serve_in_thread
from topmast.errors import ArchiveError
from topmast.tables.fields import OBSERVATION, PRODUCT
from topmast.wire.auth import JSON_TYPE, LOGIN, LOGOUT, SESSION
from topmast.wire.portal import MashupRequest, encode_request

INVOKE = "/api/v0/invoke"
LEAKED = (b"root:", b"SQLite format", b"Traceback", b"sqlite3.", b"scrypt$")


def clean(content: bytes) -> bool:
    return not any(word in content for word in LEAKED)


def untouched(archive: Archive) -> bool:
    with archive.store.reading() as connection:
        tables = ("observations", "products", "accounts", "tokens")
        counts = [connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables]
    return counts == [3, 3, 2, 3]


# -------------------------------------------------------------------------------------- paths

CLIMBS = [
    "../archive.sqlite",
    "../../../../../../etc/passwd",
    "mast:../../../../etc/passwd",
    "mast:HST/product/../../../../../etc/passwd",
    "/etc/passwd",
    "file:///etc/passwd",
    "..\\..\\archive.sqlite",
    "C:\\Windows\\win.ini",
    "\\\\host\\share",
    "archive.sqlite\x00.txt",
    "mast:HST/product/open.txt\x00",
    "....//....//etc/passwd",
    "/proc/self/environ",
    "~root",
    "%c0%ae%c0%ae/archive.sqlite",
    "\u2025/archive.sqlite",
    "products/HST/closed/closed.txt",
]
PLACES = [
    "/api/v0.1/Download/file?uri={}",
    "/api/v0/download/file/{}",
    "/api/v0.1/Download/bundle.sh?uri={}",
    "/api/v0.1/Download/bundle.zip?uri={}",
    "/api/v0.1/Download/bundle.{}?uri=x",
    "/portal/Download/stage/anonymous/public/{}/x.sh",
    "/portal/Download/stage/anonymous/public/00000000-0000-0000-0000-000000000000/{}",
    "/portal/Mashup/Mashup.asmx/columnsconfig?colConfigId={}",
    "/Santa-war/query?name={}&outputFormat=json",
    "/static/{}",
    "/{}",
    "/api/v0/session/{}",
]


@pytest.mark.parametrize("place", PLACES)
def test_climbing_out_of_the_folder(caller: Caller, place: str) -> None:
    """Climb out of the folder with .. and its like, in every parameter that is a path."""
    for climb in CLIMBS:
        for written in (quote(climb, safe="/.:"), quote(climb, safe=""), quote(quote(climb))):
            reply = caller.get(place.format(written))
            assert reply.status in (200, 307, 400, 404)
            assert clean(reply.content), (place, climb)
            assert b"the closed file" not in reply.content


@pytest.mark.parametrize("climb", CLIMBS)
def test_climbing_out_through_a_query(caller: Caller, climb: str) -> None:
    """Climb out of the folder through the parameters of portal services."""
    for service, params in (
        ("Mast.Caom.Products", {"obsid": climb}),
        ("Mast.Caom.Filtered", {"columns": climb, "filters": []}),
        (
            "Mast.Caom.Filtered",
            {"columns": "*", "filters": [{"paramName": "obs_id", "values": [climb]}]},
        ),
        ("Mast.Name.Lookup", {"input": climb, "format": climb}),
        ("Mast.Bundle.Request", {"urlList": climb, "filename": climb, "path": climb}),
        (climb, {}),
    ):
        body = encode_request(MashupRequest(service, params))
        reply = caller.send("POST", INVOKE, body)
        assert clean(reply.content)
        for url in re.findall(r'"url": *"([^"]+)"', reply.content.decode()):
            assert "/.." not in url
            assert caller.get(url.partition("archive")[2]).status in (200, 404)


def test_climbing_out_at_the_ingest(tmp_path: Path) -> None:
    """Put in products whose names, missions or ids lead out of the folder."""
    rows = [
        {
            "obsID": number,
            "obs_collection": climb,
            "obs_id": climb,
            "productFilename": climb,
            "dataURI": f"mast:{number}/{climb}",
        }
        for number, climb in enumerate(CLIMBS)
    ]
    (tmp_path / "files").mkdir()
    (tmp_path / "outside").write_text("root: kept")
    before = sorted(path.name for path in tmp_path.iterdir())
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest(products=rows, files=tmp_path / "files")
        caller = Caller(archive)
        for row in rows:
            reply = caller.get(FILE + quote(str(row["dataURI"])))
            assert reply.status in (400, 404)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "archive"])


def one_product(uri: str = "mast:X/link.txt") -> list[dict[str, Any]]:
    about = {"obs_collection": "X", "obs_id": "o", "productFilename": uri.rpartition("/")[2]}
    return [{"obsID": 1, "dataURI": uri, "size": 4, "dataRights": "PUBLIC", **about}]


@pytest.mark.parametrize("beside", ["elsewhere", "files-too"])
@pytest.mark.parametrize("linked", ["X/o/link.txt", "X/o", "X", "link.txt"])
def test_a_link_out_of_the_folder_at_the_ingest(tmp_path: Path, beside: str, linked: str) -> None:
    """Have a file taken in from outside by a symbolic link to it, or to a folder above it."""
    files, outside = tmp_path / "files", tmp_path / beside
    (outside / linked).parent.mkdir(parents=True)
    (files / linked).parent.mkdir(parents=True)
    inner = outside / "X/o/link.txt" if linked != "link.txt" else outside / linked
    inner.parent.mkdir(parents=True, exist_ok=True)
    inner.write_text("root")
    (files / linked).symlink_to(outside / linked)
    with Archive.create(tmp_path / "archive") as archive:
        report = archive.ingest(products=one_product(), files=files)
        reply = Caller(archive).get(FILE + "mast:X/link.txt")
    assert (report.files, report.missing) == (0, ["mast:X/link.txt"])
    assert reply.status == 404
    assert clean(reply.content)


@pytest.mark.parametrize("beside", ["elsewhere", "archive/products-too", "archive2"])
@pytest.mark.parametrize("linked", ["X/o/link.txt", "X/o", "X"])
def test_a_link_out_of_the_folder_of_products(tmp_path: Path, beside: str, linked: str) -> None:
    """Put a symbolic link in the place of a file that is served, or of a folder above it."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files/link.txt").write_text("good")
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest(products=one_product(), files=tmp_path / "files")
        caller = Caller(archive)
        assert caller.get(FILE + "mast:X/link.txt").content == b"good"
        outside = tmp_path / beside
        outside.mkdir(exist_ok=True)
        (archive.folder / "products/X").rename(outside / "X")
        (outside / "X/o/link.txt").write_text("root")
        (archive.folder / "products" / linked).parent.mkdir(parents=True, exist_ok=True)
        (archive.folder / "products" / linked).symlink_to(outside / linked)

        single = caller.get(FILE + "mast:X/link.txt")
        packed = caller.get("/api/v0.1/Download/bundle.zip?uri=mast:X/link.txt")
    assert (single.status, packed.status) == (404, 404)
    assert b"root" not in single.content + packed.content


def test_a_link_in_the_place_of_a_folder_at_the_ingest(tmp_path: Path) -> None:
    """Have a file written outside of the archive through a symbolic link in its folder."""
    for folder in ("files", "outside"):
        (tmp_path / folder).mkdir()
    (tmp_path / "files/link.txt").write_text("good")
    with Archive.create(tmp_path / "archive") as archive:
        (archive.folder / "products/X").symlink_to(tmp_path / "outside")
        with pytest.raises(ArchiveError, match="is a link to another place"):
            archive.ingest(products=one_product(), files=tmp_path / "files")
    assert not list((tmp_path / "outside").rglob("*.*"))
    assert not list((tmp_path / "archive/products").glob("*.part"))


# ---------------------------------------------------------------------------------------- SQL

INJECTIONS = [
    "' OR '1'='1",
    "'; DROP TABLE observations; --",
    '" OR ""="',
    "1); DELETE FROM accounts; --",
    "x' UNION SELECT password FROM accounts --",
    "\\'; DROP TABLE tokens; --",
    "%' ESCAPE '\\",
    "1 OR 1=1",
    "\x00'",
    "(SELECT password FROM accounts)",
    "obs_id, (SELECT password FROM accounts LIMIT 1)",
]


@pytest.mark.parametrize("name", sorted({field.name for field in (*OBSERVATION, *PRODUCT)}))
def test_sql_in_every_filter(archive: Archive, caller: Caller, name: str) -> None:
    """Write SQL into the values, patterns, ranges and separators of every filter."""
    for text in INJECTIONS:
        for item in (
            {"paramName": name, "values": [text]},
            {"paramName": name, "values": [], "freeText": text},
            {"paramName": name, "values": [{"min": text, "max": text}]},
            {"paramName": name, "values": ["x"], "separator": text[:10]},
        ):
            body = encode_request(
                MashupRequest("Mast.Caom.Filtered", {"columns": "*", "filters": [item]})
            )
            reply = caller.send("POST", INVOKE, body)
            assert reply.status == 200
            assert clean(reply.content)
            assert len(reply.json.get("data") or []) <= 3
    assert untouched(archive)


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_every_parameter(
    archive: Archive, caller: Caller, tokens: Tokens, text: str
) -> None:
    """Write SQL into every other parameter, name, token and cookie."""
    words = ["obsid", "columns", "ra", "dec", "radius", "position", "input", "obstype", "urlList"]
    for service in [*SERVICES, *CATALOG_SERVICES]:
        filters = [{"paramName": text, "values": [text]}]
        params: dict[str, Any] = dict.fromkeys(words, text) | {"filters": filters}
        reply = caller.send("POST", INVOKE, encode_request(MashupRequest(service, params)))
        assert reply.status in (200, 400)
        assert clean(reply.content)
    written = quote(text, safe="")
    for path in (f"{FILE}{written}", f"/Santa-war/query?name={written}&outputFormat=json"):
        assert clean(caller.get(path).content)
    assert send_password(caller, text, text).status == 401
    assert user_of_token(archive.store, text) is None
    assert user_of_session(archive.store, text) is None
    assert untouched(archive)


# ------------------------------------------------------------------------------------ headers


def test_headers_injected_into_answers(tmp_path: Path) -> None:
    """Smuggle a header into an answer through a file name, a URI or the Host."""
    name = 'a"\r\nSet-Cookie: evil=1\r\n.txt'
    with Archive.create(tmp_path / "archive") as archive:
        (tmp_path / "files" / "HST" / "o").mkdir(parents=True)
        (tmp_path / "files" / "HST" / "o" / "a.txt").write_text("x")
        product = {"obsID": 1, "obs_collection": "HST", "obs_id": "o", "dataURI": "mast:HST/a.txt"}
        archive.ingest(products=[product | {"productFilename": "a.txt"}], files=tmp_path / "files")
        with archive.store.writing() as connection:
            connection.execute('UPDATE files SET "productFilename" = ?', (name,))
        with serve_in_thread(archive) as url, urllib3.PoolManager(retries=False) as pool:
            for path in (
                f"{FILE}mast:HST/a.txt",
                "/api/v0.1/Download/bundle.zip?uri=mast:HST/a.txt",
            ):
                reply = pool.request("GET", url + path)
                assert reply.status in (200, 400)
                assert "set-cookie" not in reply.headers
            for path in (f"{FILE}x%0d%0aSet-Cookie:evil=1", "/x%0d%0aSet-Cookie:evil=1"):
                assert "set-cookie" not in pool.request("GET", url + path).headers


@pytest.mark.parametrize("host", ["evil.example.org", '"><script>', "a b", "x:y:z", "[::1", ""])
def test_another_host_in_the_request(target: Target, host: str) -> None:
    """Claim another Host, to have it written into pages, scripts and login messages."""
    page = target.raw(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert b"<script>" not in page
    login = f"GET {SESSION} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert clean(target.raw(login.encode()))
    assert target.well()


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n", b"Host: a\r\nhOST: a\r\n"])
def test_no_host_or_two(target: Target, hosts: bytes) -> None:
    """Name no host, or another one to a proxy than to the server behind it."""
    answer = target.raw(b"GET /health HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"status": "ok"' not in answer


def test_two_requests_in_one(target: Target) -> None:
    """Smuggle a second request past a proxy, with two lengths or a length and chunks."""
    inner = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    for lengths in (
        b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(inner),
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(inner),
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x10\r\n",
    ):
        answer = target.raw(
            b"POST /api/v0/invoke HTTP/1.1\r\nHost: x\r\n" + lengths + b"\r\n" + inner
        )
        assert answer.count(b"HTTP/1.1 200") == 0
        assert b'"status": "ok"' not in answer
    assert target.well()


# ---------------------------------------------------------------------------------- too large


@pytest.mark.parametrize(
    "path", [INVOKE, "/Santa-war/query", LOGIN, "/api/v0.1/Download/bundle.sh"]
)
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_that_are_too_large(target: Target, path: str, chunked: bool) -> None:
    """Send a body without end, with its length announced or not."""
    piece = b"x" * (1 << 20)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n"
    head += (
        "Transfer-Encoding: chunked\r\n\r\n" if chunked else "Content-Length: 99999999999\r\n\r\n"
    )
    with socket.create_connection(target.address, timeout=20) as connection:
        connection.sendall(head.encode())
        with suppress(OSError):
            for _ in range(40):
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        with suppress(OSError):
            assert b" 413 " in connection.recv(4096)
    assert target.well()


@pytest.mark.parametrize(
    "head",
    [
        b"X: " + b"x" * (1 << 20),
        b"\r\n".join(b"X%d: x" % number for number in range(100_000)),
        b"Cookie: " + b"a=b; " * 200_000,
    ],
)
def test_headers_that_are_too_large(target: Target, head: bytes) -> None:
    """Send headers without end."""
    answer = target.raw(b"GET /whoami HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
    assert answer[:12] in (b"HTTP/1.1 431", b"HTTP/1.1 400", b"")
    assert target.well()


def test_an_address_that_is_too_long(target: Target) -> None:
    """Send an address of megabytes."""
    answer = target.raw(b"GET /" + b"a" * (2 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer[:12] in (b"HTTP/1.1 431", b"HTTP/1.1 400", b"HTTP/1.1 414", b"")
    assert target.well()


def test_a_packed_body(target: Target) -> None:
    """Send a small body that unpacks to gigabytes."""
    bomb = gzip.compress(b"request=" + b"x" * (64 << 20))
    with urllib3.PoolManager(retries=False) as pool:
        headers = {"Content-Encoding": "gzip"}
        reply = pool.request("POST", target.url + INVOKE, body=bomb, headers=headers)
    assert reply.status == 400
    assert target.well()


def test_json_that_is_too_deep_or_too_long(caller: Caller) -> None:
    """Send JSON of a hundred thousand levels, or numbers of a million digits."""
    for text in (
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 1_000_000,
        '{"service": ' + "1" * 5000 + "}",
    ):
        reply = caller.send("POST", INVOKE, b"request=" + quote(text).encode())
        assert (reply.status, reply.json["status"]) == (400, "ERROR")
    ask = {"service": "Mast.Caom.Cone", "params": {"ra": 10, "dec": 10, "radius": 10**400}}
    reply = caller.send("POST", INVOKE, b"request=" + quote(json.dumps(ask)).encode())
    assert reply.json["status"] == "ERROR"


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [
<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY f SYSTEM "file:///etc/passwd">]><l>&c;&f;</l>"""


@pytest.mark.parametrize("path", [LOGIN, INVOKE])
def test_xml_that_grows_or_reads_files(caller: Caller, path: str) -> None:
    """Send XML with entities that grow to gigabytes or read the server's files."""
    for content in (LAUGHS, LAUGHS.decode().encode("utf-16"), b"<a>" * 50_000):
        reply = caller.send("POST", path, content, Content_Type=JSON_TYPE)
        assert reply.status in (400, 401, 413)
        assert clean(reply.content)


def test_questions_that_take_for_ever(caller: Caller) -> None:
    """Ask with patterns and lists that are made to be slow."""
    for item in (
        {"paramName": "obs_title", "freeText": "%a" * 500},
        {"paramName": "obs_id", "values": [f"x{n}" for n in range(50_000)]},
        {"paramName": "t_min", "values": [{"min": n, "max": n} for n in range(401)]},
    ):
        params = {"columns": "*", "filters": [item] * 3}
        body = encode_request(MashupRequest("Mast.Caom.Filtered", params))
        reply = caller.send("POST", INVOKE, body)
        assert reply.json["status"] in ("COMPLETE", "ERROR")


def test_more_work_than_the_server_can_do(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask many heavy questions at once, to keep the light ones of others waiting."""
    go_on = threading.Event()

    def endless(call: Any) -> bytes:
        go_on.wait(30)
        return b"{}"

    def ask(pool: urllib3.PoolManager, number: int) -> urllib3.BaseHTTPResponse:
        params = {"data": [{}] * 1000, "number": number}
        request = MashupRequest("Mast.Caom.Crossmatch", params, extra={"timeout": 0})
        return pool.request("POST", target.url + INVOKE, body=encode_request(request))

    endless.__name__ = SERVICES["Mast.Caom.Crossmatch"].__name__  # type: ignore[attr-defined]
    monkeypatch.setitem(SERVICES, "Mast.Caom.Crossmatch", endless)  # type: ignore[arg-type]
    monkeypatch.setattr(jobs, "MOST_WAITING_OF_ONE", 20)
    everything = MashupRequest("Mast.Caom.Filtered", {"columns": "*", "filters": []})
    with urllib3.PoolManager(retries=False, timeout=20) as pool:
        replies = [ask(pool, number) for number in range(30)]
        start = time.monotonic()
        light = pool.request("POST", target.url + INVOKE, body=encode_request(everything))
        assert light.json()["status"] == "COMPLETE"
        assert time.monotonic() - start < 5
        assert target.well()
    go_on.set()
    assert {reply.status for reply in replies} == {200, 503}
    assert replies[-1].headers["Retry-After"] == "5"


def test_many_large_bodies_at_once(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send many large bodies at once, to fill the memory of the server."""
    monkeypatch.setattr(common, "MOST_BODIES_OF_ONE", 1 << 20)
    for size, status in ((2 << 20, 503), (1000, 400)):
        assert caller.send("POST", INVOKE, b"x" * size).status == status
    assert not caller.archive.app().state.body_bytes


def test_bundles_that_fill_the_disk(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for scripts of many files again and again, to fill the disk of the server."""
    monkeypatch.setattr(StagedScripts, "MOST_BYTES", 20_000)
    uris = ",".join(f"mast:HST/product/file{number}.fits" for number in range(20))
    for _ in range(20):
        answer = caller.ask("Mast.Bundle.Request", {"urlList": uris, "filename": "x"})
        assert answer["status"] == "COMPLETE"
    places = [path for path in caller.archive.staged._root().rglob("*") if path.is_file()]
    assert 0 < sum(path.stat().st_size for path in places) <= 20_000
    many = ",".join(f"mast:HST/product/file{number}.fits" for number in range(500))
    refused = caller.ask("Mast.Bundle.Request", {"urlList": many, "filename": "x"})
    assert "Ask for fewer files" in refused["msg"]


# ----------------------------------------------------------------------------------- too slow


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of seconds instead of half a minute."""
    for name in ("HEAD_SECONDS", "PAUSE_SECONDS"):
        monkeypatch.setattr(door, name, 0.5)
    monkeypatch.setattr(door, "BODY_SECONDS", 1.0)
    monkeypatch.setattr(door, "SWEEP_SECONDS", 0.1)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"GET / HT",
        b"GET /whoami HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /api/v0/invoke HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nrequest=",
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /hea",
    ],
)
def test_requests_that_never_end(target: Target, start: bytes) -> None:
    """Begin a request and never end it."""
    with socket.create_connection(target.address, timeout=20) as connection:
        connection.sendall(start)
        with suppress(ConnectionResetError):
            while connection.recv(65536):
                pass
    assert target.well()


@pytest.mark.usefixtures("quick")
def test_bodies_that_drip(target: Target) -> None:
    """Send a body byte by byte, each just before the server loses its patience."""
    head = b"POST /api/v0/invoke HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    with socket.create_connection(target.address, timeout=20) as connection:
        connection.sendall(head)
        sent = 0
        with suppress(OSError):
            for _ in range(1000):
                connection.sendall(b"x")
                time.sleep(0.05)
                sent += 1
    assert sent < 1000
    assert target.well()


@pytest.mark.usefixtures("quick")
def test_answers_that_nobody_reads(target: Target, tmp_path: Path) -> None:
    """Ask for a large file and never read it."""
    size = 32 << 20
    (tmp_path / "large").mkdir()
    with (tmp_path / "large" / "large.bin").open("wb") as file:
        file.truncate(size)
    row = {"obsID": 9, "obs_collection": "HST", "obs_id": "large", "dataURI": "mast:HST/large.bin"}
    target.archive.ingest(
        products=[row | {"productFilename": "large.bin", "dataRights": "PUBLIC"}], files=tmp_path
    )
    with socket.create_connection(target.address, timeout=20) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        connection.sendall(f"GET {FILE}mast:HST/large.bin HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(2)
        received = 0
        with suppress(ConnectionResetError):
            while piece := connection.recv(1 << 20):
                received += len(piece)
    assert received < size
    assert target.well()


@pytest.fixture
def served(archive: Archive, tokens: Tokens) -> Iterator[tuple[str, int]]:
    """The archive served by a process of its own; its address."""
    command = [sys.executable, "-m", "topmast", "serve", str(archive.folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        host, port = re.findall(r"http://([\d.]+):(\d+)", line)[0]
        yield host, int(port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_ten_thousand_half_open_connections(served: tuple[str, int]) -> None:
    """Open ten thousand connections (or as many as the system allows) and send half a request."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = 10_000 if hard == resource.RLIM_INFINITY else min(10_000, hard - 500)
    try:
        with ExitStack() as held:
            for number in range(wanted):
                # Several addresses of this machine: each has its own range of ports.
                source = (f"127.0.1.{number % 8 + 1}", 0)
                connection = socket.create_connection(served, timeout=30, source_address=source)
                held.callback(connection.close)
                connection.sendall(b"GET /whoami HTTP/1.1\r\nHost: x\r\nX-Slow: 1")
            with urllib3.PoolManager(retries=False, timeout=15) as pool:
                url = f"http://{served[0]}:{served[1]}"
                for path in ("/health", "/whoami", FILE + OPEN):
                    assert pool.request("GET", url + path).status == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_more_connections_than_the_server_can_hold(
    archive: Archive, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open more connections than the server can hold, to keep others out."""
    from topmast.archive.server import serve

    monkeypatch.setattr(serve, "most_connections", lambda: 20)
    with serve_in_thread(archive) as url, ExitStack() as held:
        target = Target(url, archive, tokens)
        for _ in range(100):
            connection = socket.create_connection(target.address, timeout=20)
            held.callback(connection.close)
            connection.sendall(b"GET / HTT")
        assert target.well()


def test_methods_that_nobody_needs(caller: Caller) -> None:
    """Use TRACE, PUT, DELETE and words that are no methods."""
    for method in ("TRACE", "PUT", "DELETE", "CONNECT", "PATCH", "BREW"):
        for path in ("/", FILE + OPEN, "/whoami", LOGIN, LOGOUT):
            assert caller.send(method, path, b"x").status == 405


def test_errors_that_tell_too_much(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the server fail, to read paths or code in its answer."""
    from topmast.archive.server.routes import users

    def fail(*given: Any) -> None:
        raise RuntimeError(f"{os.getcwd()} {ALICE}")

    monkeypatch.setattr(users, "_look_up", fail)
    reply = caller.get("/whoami", Cookie="mast_token=x")
    assert reply.status == 500
    assert clean(reply.content)
    assert os.getcwd().encode() not in reply.content
    assert b"RuntimeError" not in reply.content
