"""Attacks by a server: what it answers must not break out, fill the memory or hold the client."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import stat
import subprocess
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import topmast
from tests.misbehaving import Misbehaving, Reply
from tests.security.conftest import TOKEN, everything_in, logged_in
from topmast.download.transfer import unpack
from topmast.errors import (
    BadAnswerError,
    BlankResponseWarning,
    InvalidQueryError,
    LoginError,
    MastError,
    TimeoutError,
)
from topmast.net import body as received
from topmast.net.messages import Request
from topmast.wire.auth import LOGIN, NO_SESSION, SESSION, SessionInfo, encode_session

FILE = "/api/v0.1/Download/file"
INVOKE = "/api/v0/invoke"
COLUMNS = "/portal/Mashup/Mashup.asmx/columnsconfig"
CONE = ("Mast.Caom.Cone", {"ra": 1, "dec": 1})


def ask(server: Misbehaving, reply: Reply, **more: Any) -> Any:
    """What a query gives when the portal answers with `reply`."""
    server.on(INVOKE, reply)
    server.on(COLUMNS, Reply(body=b"{}"))
    with topmast.connect(server.url, tries=1, **more) as client:
        return client.mast.service_request(*CONE)


def fill(server: Misbehaving, body: bytes, **more: Any) -> str:
    return server.on("/x", Reply(body=body, **more))


# ----------------------------------------------------------------------------- too much of it


def test_a_packed_answer_that_grows(hostile: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer with a few bytes that unpack to gigabytes."""
    monkeypatch.setattr(received, "UNSUSPICIOUS_BYTES", 1 << 20)
    hostile.on(INVOKE, Reply(body=b" " * (16 << 20), gzipped=True))
    with topmast.connect(hostile.url, tries=1) as client:
        with pytest.raises(BadAnswerError, match="no archive answers like that"):
            client.mast.service_request(*CONE)


def test_a_packed_answer_in_a_packed_answer(hostile: Misbehaving) -> None:
    """Answer with layers of packing, or a packing that is none."""
    layers = gzip.compress(gzip.compress(gzip.compress(b"{}" * 1000)))
    for encoding in ("gzip, gzip, gzip, gzip", "br", "deflate", "x" * 1000, "gzip"):
        reply = Reply(body=layers, headers={"Content-Encoding": encoding})
        with pytest.raises(MastError):
            ask(hostile, reply)


def test_a_packed_file_that_grows(
    hostile: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Send a file whose packed bytes would fill the disk."""
    monkeypatch.setattr(unpack, "UNSUSPICIOUS_BYTES", 1 << 20)
    squeezed = zlib.compressobj(9, wbits=31)
    bomb = squeezed.compress(bytes(64 << 20)) + squeezed.flush()
    hostile.on(FILE, Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    with topmast.connect(hostile.url, tries=1) as client:
        status, message, _ = client.observations.download_file(
            "mast:x/y.bin", local_path=tmp_path / "y.bin", verbose=False
        )
    assert status == "ERROR"
    assert "unpack to more than" in str(message)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) < 32 << 20


def test_an_answer_without_end(hostile: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer with more bytes than memory can hold."""
    monkeypatch.setattr(received, "MAX_ANSWER_BYTES", 1 << 20)
    with pytest.raises(BadAnswerError, match="more than memory should hold"):
        ask(hostile, Reply(body=os.urandom(2 << 20), chunked=True))


def test_an_answer_that_drips(hostile: Misbehaving) -> None:
    """Answer one byte at a time, each before the client loses its patience."""
    with pytest.raises(TimeoutError):
        ask(hostile, Reply(body=b" " * 10_000, drip_seconds=0.05), timeout=0.5)


def test_headers_without_end(hostile: Misbehaving) -> None:
    """Answer with headers or a status line without end."""
    for raw in (
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * (8 << 20),
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(10_000)) + b"\r\n",
        b"HTTP/1.1 200 " + b"x" * (8 << 20),
        b"x" * (8 << 20),
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
    ):
        with pytest.raises(MastError):
            ask(hostile, Reply(raw=raw), timeout=10)


def test_redirects_without_end(hostile: Misbehaving, elsewhere: Misbehaving) -> None:
    """Redirect in a circle, also over two hosts."""
    there = elsewhere.on("/y", Reply(302, headers={"Location": hostile.url + "/x"}))
    url = hostile.on("/x", Reply(302, headers={"Location": there}))
    with topmast.connect(hostile.url, tries=1) as client:
        with pytest.raises(BadAnswerError, match="redirects, one after the other"):
            client.session.send(Request("GET", url))


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:x", "//", "http://", "http://[", "\x00"],
)
def test_redirects_to_what_is_no_web_address(hostile: Misbehaving, location: str) -> None:
    """Redirect to a file of the client, or to nonsense."""
    url = hostile.on("/x", Reply(302, headers={"Location": location}))
    with topmast.connect(hostile.url, tries=1, timeout=5) as client:
        with pytest.raises(MastError):
            client.session.send(Request("GET", url))


def test_pages_without_end(hostile: Misbehaving) -> None:
    """Announce millions of pages, or a poll that never ends."""
    paging = {"page": 1, "pageSize": 1, "pagesFiltered": 10**9, "rowsFiltered": 10**9, "rows": 1}
    fields = [{"name": "a", "type": "int"}]
    answer = {"status": "COMPLETE", "fields": fields, "data": [{"a": 1}], "paging": paging}
    with pytest.raises(MastError):
        ask(hostile, Reply(body=json.dumps(answer).encode()), timeout=3)
    with pytest.raises(TimeoutError):
        ask(hostile, Reply(body=b'{"status": "EXECUTING", "data": []}'), timeout=1)


# ---------------------------------------------------------------------------- of another shape


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 1_000_000,
        b'{"status": "COMPLETE", "fields": [{"name": "a", "type": "int"}], "data": [{"a": '
        + b"9" * 10_000
        + b"}]}",
        b"\xff\xfe\x00",
        b"null",
        b'"text"',
        b"<html>" * 10_000,
        b'{"status": 5}',
        b'{"status": "COMPLETE", "fields": {}, "data": []}',
        b'{"status": "COMPLETE", "fields": [5], "data": [5]}',
        b'{"status": "COMPLETE", "fields": [{"name": "a", "type": "exec"}], "data": [{"a": []}]}',
    ],
)
def test_json_of_another_shape(hostile: Misbehaving, body: bytes) -> None:
    """Answer with JSON that is too deep, too long or of another shape."""
    try:
        table = ask(hostile, Reply(body=body))
    except (MastError, BlankResponseWarning):
        return
    assert isinstance(table, Table)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(fields=ANYTHING, data=ANYTHING, paging=ANYTHING, status=st.just("COMPLETE") | ANYTHING)
def test_json_of_any_shape(
    hostile: Misbehaving, fields: Any, data: Any, paging: Any, status: Any
) -> None:
    """Answer with JSON of wrong types in every place."""
    body = json.dumps({"status": status, "fields": fields, "data": data, "paging": paging})
    hostile.on(INVOKE, Reply(body=body.encode("utf-8", "replace")))
    hostile.on(COLUMNS, Reply(body=body.encode("utf-8", "replace")))
    with topmast.connect(hostile.url, tries=1, timeout=2) as client:
        try:
            table = client.mast.service_request(*CONE)
        except MastError:
            return
        except Warning:
            return
    assert isinstance(table, Table)


# ----------------------------------------------------------------------------- names and files

NAMES = [
    "../../evil.txt",
    "/etc/evil.txt",
    "..\\..\\evil.txt",
    "C:\\evil.txt",
    "evil\x00.txt",
    ".bashrc",
    "-rf",
    "~/evil",
    "con.txt",
    "a" * 5000,
    "..",
    "",
    "evil\n.txt",
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "| touch pwned",
    "&& touch pwned",
]


def hostile_products() -> Table:
    rows = [(f"mast:x/{n}{name}", name, name, name) for n, name in enumerate(NAMES)]
    names = ["dataURI", "productFilename", "obs_id", "obs_collection"]
    return Table(rows=rows, names=names)


@pytest.mark.parametrize("manner", [{}, {"flat": True}, {"layout": "{obs_id}/{productFilename}"}])
def test_names_that_lead_out_of_the_folder(
    hostile: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manner: dict[str, Any]
) -> None:
    """Name files so that they are written outside the download folder, or hidden in it."""
    hostile.on(FILE, Reply(body=b"hello"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with topmast.connect(hostile.url, tries=1) as client:
        try:
            client.observations.download_products(
                hostile_products(), "down", mrp_only=False, verbose=False, **manner
            )
        except InvalidQueryError:
            return
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["down"]
    assert not list(Path("/etc").glob("evil*"))
    for path in (tmp_path / "here" / "down").rglob("*"):
        assert not path.is_symlink()
        assert "\n" not in path.name
        if path.is_file():
            assert not path.stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def test_names_in_a_header(hostile: Misbehaving, tmp_path: Path) -> None:
    """Name the file in Content-Disposition so that it is written elsewhere."""
    disposition = 'attachment; filename="../../evil.txt"'
    hostile.on(FILE, Reply(body=b"hello", headers={"Content-Disposition": disposition}))
    (tmp_path / "down").mkdir()
    with topmast.connect(hostile.url) as client:
        client.observations.download_file(
            "mast:x/y.txt", local_path=tmp_path / "down", verbose=False
        )
    assert [path.name for path in tmp_path.iterdir()] == ["down"]
    assert "evil" not in everything_in(tmp_path).decode()


def test_a_link_that_waits_in_the_folder(hostile: Misbehaving, tmp_path: Path) -> None:
    """Leave a link among the downloads that leads out of their folder."""
    hostile.on(FILE, Reply(body=b"hello"))
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "down" / "mastDownload" / "HST").mkdir(parents=True)
    (tmp_path / "down" / "mastDownload" / "HST" / "o").symlink_to(outside)
    columns = {"dataURI": "mast:x/y.txt", "productFilename": "y.txt", "obs_id": "o"}
    products = Table({name: [text] for name, text in columns.items()} | {"obs_collection": ["HST"]})
    with topmast.connect(hostile.url, tries=1) as client:
        manifest = client.observations.download_products(
            products, tmp_path / "down", mrp_only=False, verbose=False
        )
    assert manifest is not None
    assert manifest["Status"].tolist() == ["ERROR"]
    assert list(outside.rglob("y.txt")) == []


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("bash"), reason="needs curl, bash")
def test_scripts_that_do_something_else(hostile: Misbehaving, tmp_path: Path) -> None:
    """Name files so that a download script runs commands."""
    hostile.on(FILE, Reply(body=b"hello"))
    with topmast.connect(hostile.url, tries=1) as client:
        client.observations.download_products(
            hostile_products(), tmp_path, mrp_only=False, curl_flag=True, verbose=False
        )
    (script,) = tmp_path.glob("*.sh")
    done = subprocess.run(
        ["bash", str(script)],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    assert done.returncode in (0, 1)
    assert list(tmp_path.rglob("pwned")) == []
    assert not (tmp_path.parent / "evil.txt").exists()


def test_words_that_a_terminal_obeys(
    hostile: Misbehaving, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Put commands for the terminal into names and messages."""
    evil = "\x1b]0;you\x07\x1b[2J\x9b1m"
    attributes = {"display_name": evil, "first_name": evil}
    who = {"anon": False, "eppn": f"al{evil}ice", "ezid": evil, "attrib": attributes, evil: evil}
    hostile.on("/whoami", Reply(body=json.dumps(who).encode()))
    hostile.on(INVOKE, Reply(body=json.dumps({"status": "ERROR", "msg": evil}).encode()))
    hostile.on("/x", Reply(500, evil.encode(), headers={"Content-Type": "text/plain"}))
    caplog.set_level("DEBUG")
    with topmast.connect(hostile.url, tries=1) as client:
        client.observations.login(token=TOKEN)
        client.observations.session_info()
        assert client.session.login is not None
        with pytest.raises(MastError) as caught:
            client.session.send(Request("GET", hostile.url + "/x"))
        shown = f"{client.session.login}{caught.value}{capsys.readouterr().out}{caplog.messages}"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", shown)


# --------------------------------------------------------------------------------- at the login


def takes_passwords(server: Misbehaving) -> None:
    server.on(SESSION, Reply(body=encode_session(NO_SESSION)))


def refused(server: Misbehaving) -> str:
    with topmast.connect(server.url, tries=1, timeout=10) as client:
        with pytest.raises(MastError) as caught:
            client.observations.login(username="alice", password="sesame-sesame")
        assert not client.observations.authenticated()
        assert client.session.cookies == {}
    assert "sesame" not in str(caught.value)
    return str(caught.value)


LAUGHS = b"""<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">
<!ENTITY f SYSTEM "file:///etc/passwd">]><l>&c;&f;</l>"""


@pytest.mark.parametrize("content", [LAUGHS, b"<a>" * 100_000, b" " * (3 << 20), b"{}", b""])
def test_a_login_answer_that_is_a_trap(hostile: Misbehaving, content: bytes) -> None:
    """Answer a login with XML or JSON that grows, reads files, or never ends."""
    hostile.on(SESSION, Reply(body=content))
    refused(hostile)
    assert [seen.method for seen in hostile.requests] == ["GET"]
    takes_passwords(hostile)
    cookie = {"Set-Cookie": "_shibsession_x=1"}
    hostile.on(LOGIN, Reply(body=content, headers=cookie))
    assert "root:" not in refused(hostile)


def test_cookies_without_end(hostile: Misbehaving) -> None:
    """Set thousands of cookies, or one of a megabyte, for the client to carry ever after."""
    takes_passwords(hostile)
    body = encode_session(SessionInfo(600, "alice", "", ""))
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(body)
    many = b"".join(b"Set-Cookie: _shibsession_%d=%d\r\n" % (n, n) for n in range(90))
    large = b"Set-Cookie: _shibsession_x=" + b"x" * 60_000 + b"\r\n"
    hostile.on(LOGIN, Reply(raw=head + large + b"\r\n" + body))
    assert "opened no session" in refused(hostile)
    hostile.on(LOGIN, Reply(raw=head + many + b"\r\n" + body))
    with topmast.connect(hostile.url, tries=1) as client:
        client.observations.login(username="alice", password="sesame-sesame")
        assert client.session.cookies == {"_shibsession_0": "0"}
        client.session.send(Request("GET", hostile.url + "/x"), check=False)
    most = max(len(seen.headers.get("cookie", "")) for seen in hostile.requests)
    assert most < 5000


def test_cookies_that_nobody_asked_for(hostile: Misbehaving) -> None:
    """Set cookies in answers to queries, to follow a user or to plant a session."""
    planted = {"Set-Cookie": "_shibsession_x=planted; mast_token=planted"}
    hostile.on("/x", Reply(body=b"{}", headers=planted))
    with topmast.connect(hostile.url) as client:
        for _ in range(2):
            client.session.send(Request("GET", hostile.url + "/x"))
        assert not client.observations.authenticated()
    assert "cookie" not in hostile.requests[-1].headers


@pytest.mark.parametrize(
    "body",
    [
        b'{"anon": "false"}',
        b'{"anon": true, "eppn": "admin"}',
        b"{}",
        b"[]",
        b"",
        b"<html>",
        b"[" * 100_000,
        b'{"anon": 0}',
    ],
)
def test_a_token_that_nobody_confirmed(hostile: Misbehaving, body: bytes) -> None:
    """Answer /whoami so that the client believes itself logged in, or trips."""
    hostile.on("/whoami", Reply(body=body))
    with topmast.connect(hostile.url, tries=1) as client:
        with pytest.raises((LoginError, BadAnswerError)):
            client.observations.login(token=TOKEN)
        assert not client.observations.authenticated()
        assert client.session.token is None


@pytest.mark.parametrize("until", ["1e999", "-1", "9" * 400, "nan", "\u0663", "0x10", " 5", ""])
def test_a_login_that_lasts_for_ever(hostile: Misbehaving, until: str) -> None:
    """Claim that a login lasts for ever, or has ended before it began."""
    who = b'{"anon": false, "attrib": {}, "eppn": "alice"}'
    header = {"Login-Expires": until.encode("utf-8").decode("latin-1")}
    hostile.on("/whoami", Reply(body=who, headers=header))
    with logged_in(hostile) as client:
        assert client.session.login is not None
        assert client.session.login.expires is None or client.session.login.expires < time.time()
