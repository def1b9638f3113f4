"""The archive over HTTP, on loopback."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.archive.conftest import FILES, fill
from topmast.archive import Archive
from topmast.archive.portal.services import SERVICES
from topmast.archive.server import connection_limits
from topmast.archive.server.routes import common
from topmast.archive.server.serve import serve, serve_in_thread
from topmast.errors import ArchiveError, InvalidQueryError
from topmast.wire.portal import MashupRequest, encode_request

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
EVERYTHING = encode_request(MashupRequest("Mast.Caom.Filtered", {"columns": "*", "filters": []}))
A = "/api/v0.1/Download/file?uri=mast:HST/product/a.fits"


@pytest.fixture(scope="module")
def url(filled: Archive) -> Iterator[str]:
    with serve_in_thread(filled) as url:
        yield url


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False, timeout=60) as pool:
        yield pool


def test_a_query_is_answered(url: str, pool: urllib3.PoolManager) -> None:
    reply = pool.request("POST", f"{url}/api/v0/invoke", body=EVERYTHING, headers=FORM)
    assert reply.status == 200
    assert len(reply.json()["data"]) == 6


def test_a_file_is_sent_whole_and_in_parts(url: str, pool: urllib3.PoolManager) -> None:
    content = FILES["mast:HST/product/a.fits"]
    assert pool.request("GET", url + A).data == content
    head = pool.request("HEAD", url + A)
    assert (head.status, head.headers["content-length"], head.data) == (200, "120000", b"")
    part = pool.request("GET", url + A, headers={"Range": "bytes=119990-"})
    assert (part.status, part.data) == (206, content[-10:])


def test_requests_share_one_connection(url: str, pool: urllib3.PoolManager) -> None:
    for path in ("/health", A, "/whoami", A):
        assert pool.request("GET", url + path).status == 200
    assert pool.request("HEAD", url + A).status == 200
    assert pool.connection_from_url(url).num_connections == 1


def test_a_body_does_not_wait_for_its_headers_to_arrive(
    filled: Archive, pool: urllib3.PoolManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    send_at_once = connection_limits._send_at_once

    def watched(connection: Any) -> None:
        send_at_once(connection)
        seen.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(connection_limits, "_send_at_once", watched)
    with serve_in_thread(filled) as url:
        assert pool.request("GET", f"{url}/health").status == 200
    assert all(seen)
    assert len(seen) == 1


def test_the_page_says_what_this_is(url: str, pool: urllib3.PoolManager) -> None:
    page = pool.request("GET", url).data.decode()
    assert re.search(r'value="GALEX".*?count">2<', page, re.DOTALL)
    assert f"server = {url}" in page


def test_the_server_is_well(url: str, pool: urllib3.PoolManager) -> None:
    assert pool.request("GET", f"{url}/health").json()["status"] == "ok"
    assert pool.request("GET", f"{url}/auth_type").data == b"MAST-AUTH"
    assert pool.request("GET", f"{url}/whoami").json()["anon"] is True


def test_a_long_body_is_refused_and_the_server_stays_up(
    url: str, pool: urllib3.PoolManager
) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * (1 << 20)

    for body in (endless(), b"x" * (20 << 20)):
        try:
            reply = pool.request("POST", f"{url}/api/v0/invoke", body=body, headers=FORM)
            assert reply.status == 413
        except urllib3.exceptions.HTTPError:
            pass  # refused while we were still sending
    assert pool.request("GET", f"{url}/health").status == 200


def test_a_client_that_goes_away_does_no_harm(url: str, pool: urllib3.PoolManager) -> None:
    host, port = url.removeprefix("http://").split(":")
    for text in (b"GET " + A.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /api", b"\x00\xff"):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(text)
    assert pool.request("GET", f"{url}/health").status == 200


def test_a_client_far_away_gets_packed_answers(
    url: str, pool: urllib3.PoolManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "NEARBY", ())
    monkeypatch.setattr(common, "WORTH_COMPRESSING", 100)
    headers = {**FORM, "Accept-Encoding": "gzip"}
    reply = pool.request(
        "POST", f"{url}/api/v0/invoke", body=EVERYTHING, headers=headers, decode_content=False
    )
    assert reply.headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(reply.data))["data"]) == 6
    headers["Accept-Encoding"] = "identity"
    reply = pool.request("POST", f"{url}/api/v0/invoke", body=EVERYTHING, headers=headers)
    assert "content-encoding" not in reply.headers


def test_many_clients_at_once(url: str) -> None:
    statuses: list[Any] = []

    def work() -> None:
        with urllib3.PoolManager(retries=False, timeout=20) as pool:
            for _ in range(10):
                statuses.append(
                    pool.request("POST", f"{url}/api/v0/invoke", body=EVERYTHING).status
                )
                statuses.append(pool.request("GET", url + A).status)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 160


def test_a_slow_query_is_polled_for(
    url: str, pool: urllib3.PoolManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(call: Any) -> bytes:
        assert go_on.wait(20)
        if call.request.params.get("fail"):
            raise InvalidQueryError("It went wrong in the end.")
        return b'{"status": "COMPLETE", "data": [], "fields": []}'

    def ask(**params: Any) -> Any:
        request = MashupRequest("Mast.Caom.Cone", params, extra={"timeout": 0})
        return pool.request("POST", f"{url}/api/v0/invoke", body=encode_request(request)).json()

    monkeypatch.setitem(SERVICES, "Mast.Caom.Cone", slow)  # type: ignore[arg-type]
    assert ask()["status"] == "EXECUTING"
    assert ask(fail=True)["status"] == "EXECUTING"
    assert pool.request("GET", f"{url}/health").status == 200
    go_on.set()
    while (answer := ask())["status"] == "EXECUTING":
        pass
    assert answer["status"] == "COMPLETE"
    while (answer := ask(fail=True))["status"] == "EXECUTING":
        pass
    assert answer["msg"] == "It went wrong in the end."


def test_a_port_in_use_is_named(filled: Archive, url: str) -> None:
    port = int(url.rpartition(":")[2])
    with pytest.raises(ArchiveError, match=f"Cannot listen on 127.0.0.1, port {port}"):
        serve(filled.folder, port=port)


def test_a_folder_that_is_no_archive_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is not an archive"):
        serve(tmp_path, port=0)


SERVER = """
import sys
from topmast.archive.server.serve import serve
if __name__ == "__main__":
    folder, workers = sys.argv[1:]
    serve(folder, port=0, workers=int(workers), announce=lambda line: print(line, flush=True))
"""


ENDED_AT_THE_START = """
import os, signal, sys, time
from topmast.archive import Archive
from topmast.archive.server.serve import serve
folder, workers = sys.argv[1], int(sys.argv[2])
def app(self):
    os.kill(os.getpid() if workers == 1 else os.getppid(), signal.SIGTERM)
    time.sleep(60)
Archive.app = app
if __name__ == "__main__":
    serve(folder, port=0, workers=workers, announce=str)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_the_server_ends_gently_while_it_starts(tmp_path: Path, workers: int) -> None:
    with Archive.create(tmp_path / "archive") as archive:
        fill(archive, tmp_path / "files")
    (tmp_path / "server.py").write_text(ENDED_AT_THE_START)
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "server.py"), str(tmp_path / "archive"), str(workers)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=os.getcwd(),
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    left = {path.name for path in (tmp_path / "archive").iterdir()}
    assert left == {"archive.sqlite", "archive.lock", "products", "footprints"}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_gently_on_a_signal(
    tmp_path: Path, pool: urllib3.PoolManager, workers: int, end: signal.Signals
) -> None:
    with Archive.create(tmp_path / "archive") as archive:
        fill(archive, tmp_path / "files")
    (tmp_path / "server.py").write_text(SERVER)
    command = [sys.executable, str(tmp_path / "server.py"), str(tmp_path / "archive"), str(workers)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=os.getcwd()
    ) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert found is not None
            for _ in range(5):
                reply = pool.request("POST", f"{found[0]}/api/v0/invoke", body=EVERYTHING)
                assert len(reply.json()["data"]) == 6
            pool.clear()
            server.send_signal(end)
            _, errors = server.communicate(timeout=60)
        finally:
            server.kill()
    assert errors == ""
    assert server.returncode == 0
    left = {path.name for path in (tmp_path / "archive").iterdir()}
    assert left == {"archive.sqlite", "archive.lock", "products", "footprints"}


STUBBORN = """
import sys, time
from topmast.archive.server import query_process
from topmast.archive.server.routes import portal
from topmast.archive.server.serve import serve
folder, lane = sys.argv[1:]
def endless(*asked):
    time.sleep(100)
if lane == "heavy":
    portal.looks_heavy = lambda call: True
    query_process.QueryProcesses.ask = endless
else:
    portal.answer = endless
if __name__ == "__main__":
    serve(folder, port=0, announce=lambda line: print(line, flush=True))
"""


@pytest.mark.parametrize("lane", ["heavy", "light"])
def test_the_server_ends_in_time_whatever_is_under_way(
    filled: Archive, tmp_path: Path, pool: urllib3.PoolManager, lane: str
) -> None:
    (tmp_path / "server.py").write_text(STUBBORN)
    command = [sys.executable, str(tmp_path / "server.py"), str(filled.folder), lane]
    query = encode_request(
        MashupRequest("Mast.Caom.Filtered", {"filters": []}, extra={"timeout": 60})
    )
    statuses = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=os.getcwd()) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert found is not None
            url = f"{found[0]}/api/v0/invoke"
            thread = threading.Thread(
                target=lambda: statuses.append(pool.request("POST", url, body=query).status)
            )
            thread.start()
            assert pool.request("GET", f"{found[0]}/health").status == 200
            time.sleep(0.5)
            start = time.monotonic()
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0
            assert time.monotonic() - start < 10
            thread.join()
        finally:
            server.kill()
    assert statuses == [503]


def test_a_heavy_query_is_answered_by_another_process(
    filled: Archive, tmp_path: Path, pool: urllib3.PoolManager
) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    command = [sys.executable, str(tmp_path / "server.py"), str(filled.folder), "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=os.getcwd()) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert found is not None
            wide = MashupRequest("Mast.Caom.Cone", {"ra": 0, "dec": 0, "radius": 180})
            many = MashupRequest("Mast.Caom.Products", {"obsid": "900," * 30_000})
            replies = [
                pool.request("POST", f"{found[0]}/api/v0/invoke", body=encode_request(request))
                for request in (wide, many)
            ]
            assert [len(reply.json()["data"]) for reply in replies] == [6, 3]
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0
        finally:
            server.kill()
