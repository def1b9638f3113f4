"""Requests for files, parts of files, safe names and bundles."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.misbehaving import Misbehaving, Reply
from topmast.errors import BadAnswerError, InvalidQueryError, RemoteServiceError, UnsafeNameError
from topmast.wire.bundle import (
    BundleAnswer,
    BundleFile,
    BundleRequest,
    bundle_script,
    decode_bundle,
    decode_bundle_answer,
    decode_bundle_request,
    encode_bundle_answer,
    encode_bundle_request,
)
from topmast.wire.files import (
    DOWNLOAD_PATH,
    content_disposition,
    requested_uri,
)
from topmast.wire.ranges import (
    FileFacts,
    http_date,
    parse_http_date,
    parse_range,
    plan_file_answer,
)
from topmast.wire.safe_names import safe_name, safe_path

FILE = "mast:HST/product/u24r0102t_c1f.fits"

# ---------------------------------------------------------------- download URLs


@given(st.text(min_size=1))
def test_the_server_reads_back_the_uri_of_a_download_url(uri: str) -> None:
    uri = uri.encode("utf-8", "replace").decode()
    assert requested_uri(DOWNLOAD_PATH, f"uri={quote(uri, safe=':/')}") == uri


@pytest.mark.parametrize(
    ("path", "query", "uri"),
    [
        ("/api/v0.1/Download/file", f"bundle_name=MAST_2026.sh&uri={FILE}", FILE),
        ("/api/v0.1/Download/file", f"uri={FILE}&bundle_name=MAST_2026.sh", FILE),
        ("/api/v0/Download/file", f"uri={quote(FILE, safe='')}", FILE),
        ("/api/v0/download/file", f"URI={FILE}", FILE),
        ("/api/v0/download/file/HST/product/u24r0102t_c1f.fits", "", FILE),
        ("/api/v0/Download/file/HST/product/u24r0102t_c1f.fits", "", FILE),
        ("/api/v0.1/Download/file", "uri=mast:X/a+b.fits", "mast:X/a+b.fits"),
        (
            "/api/v0.1/Download/file",
            "uri=mast:X/g.cgi?a=1&b=2&bundle_name=n",
            "mast:X/g.cgi?a=1&b=2",
        ),
    ],
)
def test_all_forms_of_a_request_for_a_file_are_understood(path: str, query: str, uri: str) -> None:
    assert requested_uri(path, query) == uri


@pytest.mark.parametrize("query", ["", "uri=", "bundle_name=x", "url=mast:X/y", "&&=&"])
def test_a_request_for_no_file_is_refused(query: str) -> None:
    with pytest.raises(InvalidQueryError, match="the parameter uri is missing"):
        requested_uri("/api/v0.1/Download/file", query)


def test_a_request_for_two_files_is_refused() -> None:
    with pytest.raises(InvalidQueryError, match="One file can be asked for at a time"):
        requested_uri("/api/v0.1/Download/file", "uri=mast:X/a&uri=mast:X/b")


# ---------------------------------------------------------------- parts of files


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-", range(100)),
        ("bytes=0-0", range(1)),
        ("bytes=10-19", range(10, 20)),
        ("bytes=90-1000", range(90, 100)),
        ("bytes=99-", range(99, 100)),
        ("bytes=-30", range(70, 100)),
        ("bytes=-1000", range(100)),
        ("Bytes = 5 - 6", range(5, 7)),
        ("bytes=100-", range(100, 100)),
        ("bytes=500-600", range(500, 100)),
        ("bytes=-0", range(100, 100)),
        ("bytes=9-5", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=٣-", None),
        ("rows=0-5", None),
        ("bytes=" + "9" * 30 + "-", None),
    ],
)
def test_a_range_is_read(header: str | None, expected: range | None) -> None:
    found = parse_range(header, 100)
    assert (found is None) == (expected is None)
    assert list(found or ()) == list(expected or ())


def test_an_empty_file_has_no_part() -> None:
    assert plan_file_answer("GET", {"Range": "bytes=0-"}, FileFacts(0)).status_code == 416
    assert plan_file_answer("GET", {}, FileFacts(0)).headers["Content-Length"] == "0"


@given(st.text(max_size=30), st.integers(0, 1000))
@example("bytes=5-", 3)
def test_any_range_stays_inside_the_file(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        part = parse_range(header, size)
        assert part is None or not part or (part.start >= 0 and part.stop <= size)


MODIFIED = datetime(2026, 3, 1, 12, 0, 0, 500, tzinfo=UTC)
FACTS = FileFacts(100, '"v1"', MODIFIED)
DATE = "Sun, 01 Mar 2026 12:00:00 GMT"
EARLIER = "Sun, 01 Mar 2026 11:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"range": "bytes=10-19"}, 206),
        ({"Range": "bytes=200-"}, 416),
        ({"Range": "bytes=0-1,4-5"}, 206),
        ({"Range": "bytes=4-5,0-1"}, 200),
        ({"Range": "bytes=10-", "If-Range": '"v1"'}, 206),
        ({"Range": "bytes=10-", "If-Range": '"v0"'}, 200),
        ({"Range": "bytes=200-", "If-Range": '"v0"'}, 200),
        ({"Range": "bytes=10-", "If-Range": 'W/"v1"'}, 200),
        ({"Range": "bytes=10-", "If-Range": DATE}, 206),
        ({"Range": "bytes=10-", "If-Range": EARLIER}, 200),
        ({"Range": "bytes=10-", "If-Range": "nonsense"}, 200),
        ({"If-None-Match": '"v1"'}, 304),
        ({"If-None-Match": 'W/"v1"'}, 304),
        ({"If-None-Match": '"v0", "v1"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"v0"'}, 200),
        ({"If-None-Match": '"v0"', "If-Modified-Since": DATE}, 200),
        ({"If-Modified-Since": DATE}, 304),
        ({"If-Modified-Since": EARLIER}, 200),
        ({"If-Modified-Since": "nonsense"}, 200),
        ({"If-Match": '"v1"'}, 200),
        ({"If-Match": '"v0"'}, 412),
        ({"If-Unmodified-Since": EARLIER}, 412),
        ({"If-Unmodified-Since": DATE}, 200),
    ],
)
def test_the_archive_decides_what_to_send(headers: dict[str, str], status: int) -> None:
    answer = plan_file_answer("GET", headers, FACTS)
    assert answer.status_code == status
    assert answer.headers["ETag"] == '"v1"'
    assert answer.headers["Last-Modified"] == DATE
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_part_and_its_refusal_say_which_bytes() -> None:
    part = plan_file_answer("GET", {"Range": "bytes=-30"}, FACTS)
    assert (part.start, part.stop) == (70, 100)
    assert part.headers["Content-Range"] == "bytes 70-99/100"
    assert part.headers["Content-Length"] == "30"
    refused = plan_file_answer("GET", {"Range": "bytes=100-"}, FACTS)
    assert refused.headers["Content-Range"] == "bytes */100"


def test_head_tells_the_whole_size() -> None:
    answer = plan_file_answer("HEAD", {"Range": "bytes=0-5"}, FACTS)
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "100")


def test_dates_are_written_and_read() -> None:
    assert http_date(MODIFIED) == DATE
    assert parse_http_date(DATE) == MODIFIED.replace(microsecond=0)
    assert parse_http_date("yesterday") is None
    assert parse_http_date(None) is None


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.fits", 'attachment; filename="a.fits"'),
        ("a b.fits", 'attachment; filename="a b.fits"'),
        ("é.fits", "attachment; filename=\"_.fits\"; filename*=UTF-8''%C3%A9.fits"),
        ('a"b.fits', "attachment; filename=\"a_b.fits\"; filename*=UTF-8''a%22b.fits"),
    ],
)
def test_a_download_is_told_its_name(name: str, header: str) -> None:
    assert content_disposition(name) == header


# ---------------------------------------------------------------- safe names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("u24r0102t_c1f.fits", "u24r0102t_c1f.fits"),
        ("hlsp_a+b-c(1),d=2@3 e.fits.gz", "hlsp_a+b-c(1),d=2@3 e.fits.gz"),
        ("é中.fits", "é中.fits"),
        (".hidden", ".hidden"),
        ("..", ".%2E"),
        (".", "%2E"),
        ("../x", "..%2Fx"),
        ("/etc/passwd", "%2Fetc%2Fpasswd"),
        ("a\\b", "a%5Cb"),
        ("C:x", "C%3Ax"),
        ("a:b", "a%3Ab"),
        ("a%3Ab", "a%253Ab"),
        ("100%", "100%"),
        ("CON", "CO%4E"),
        ("nul.txt", "nu%6C.txt"),
        ("Com1.fits", "Com%31.fits"),
        ("COM²", "COM%C2%B2"),
        ("con .x", "co%6E .x"),
        ("CONIN$", "CONIN%24"),
        ("console.txt", "console.txt"),
        ("com10", "com10"),
        ("a.", "a%2E"),
        ("a ", "a%20"),
        ('a<b>c"d|e?f*g', "a%3Cb%3Ec%22d%7Ce%3Ff%2Ag"),
        ("evil\u202egnp.exe", "evil%E2%80%AEgnp.exe"),
        ("a\ud800b", "a%ED%A0%80b"),
    ],
)
def test_a_name_is_made_safe(text: str, name: str) -> None:
    assert safe_name(text) == name


@pytest.mark.parametrize("text", ["", "a\0b", "a\nb", "\x7f", "a\x85"])
def test_a_name_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(UnsafeNameError, match=r"empty|control character"):
        safe_name(text)


def test_a_long_name_keeps_its_ends_and_stays_apart_from_others() -> None:
    names = {safe_name("é" * 300 + f"{number}.fits.gz") for number in range(50)}
    assert len(names) == 50
    for name in names:
        assert len(name.encode()) <= 240
        assert name.startswith("ééé")
        assert name.endswith(".fits.gz")


NAMES = st.text(min_size=1) | st.lists(
    st.sampled_from(
        ["..", ".", "/", "\\", "C:", "CON", "nul", " ", "%", "%2F", "a", "é", "\u202e"]
    ),
    min_size=1,
).map("".join)


@given(NAMES, NAMES)
@example("..", "..")
@example("C:", "/x")
def test_a_joined_path_stays_in_its_folder_on_every_system(first: str, second: str) -> None:
    try:
        path = safe_path(first, second)
    except UnsafeNameError:
        return
    posix, windows = PurePosixPath("/base/folder"), PureWindowsPath("D:\\base\\folder")
    assert (posix / path).parts[:-2] == posix.parts
    assert (windows / path).parts[:-2] == windows.parts
    for name in path.split("/"):
        assert name not in ("", ".", "..")
        assert name[-1] not in ". "
        assert len(name.encode()) <= 240
        assert not _is_device(name)
        assert name.isprintable()


def _is_device(name: str) -> bool:
    devices = {
        "CON",
        "PRN",
        "AUX",
        "NUL",
        *(f"{d}{n}" for d in ("COM", "LPT") for n in "123456789"),
    }
    return name.partition(".")[0].rstrip(" ").upper() in devices


@given(NAMES, NAMES)
def test_two_names_never_become_one(first: str, second: str) -> None:
    try:
        same = safe_name(first) == safe_name(second)
    except UnsafeNameError:
        return
    assert same == (first == second)


# ---------------------------------------------------------------- bundles


def test_a_bundle_is_a_form_with_one_pair_a_file() -> None:
    uris = [FILE, "mast:X/a+b c&d.fits", "http://h/x?y=1"]
    body = urlencode([("uri", uri) for uri in [*uris, FILE]]).encode()
    assert decode_bundle(body) == uris


@pytest.mark.parametrize("body", [b"", b"url=x", b"uri=", b"uri=%ff%fe", b"\xff\xfe"])
def test_a_bundle_without_files_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidQueryError):
        decode_bundle(body)


def test_the_older_request_goes_both_ways_even_with_commas_in_names() -> None:
    request = BundleRequest(
        filename="mastDownload_20170621142037",
        uris=("mast:HST/product/a,b.fits", "http://h/c.fits"),
        paths=(
            "mastDownload_20170621142037/HST/A/a,b.fits",
            "mastDownload_20170621142037/IUE/c.fits",
        ),
        descriptions=("one", ""),
        product_types=("SCIENCE", "INFO"),
    )
    params = encode_bundle_request(request)
    assert params["urlList"] == "mast:HST/product/a,b.fits,http://h/c.fits"
    assert params["extension"] == "curl"
    assert decode_bundle_request(params) == request
    assert decode_bundle_request(json.loads(json.dumps(params))) == request


def test_the_older_request_may_be_escaped_or_a_list_and_misspelt() -> None:
    request = decode_bundle_request({"URLLIST": "mast%3AX/a,mast%3AX/b", "descriptionList": [None]})
    assert request.uris == ("mast:X/a", "mast:X/b")
    assert request.descriptions == ("",)
    assert decode_bundle_request({"urlList": ["mast:X/a"]}).uris == ("mast:X/a",)


@pytest.mark.parametrize(
    "params", [{}, {"urlList": ""}, {"urlList": "mast:X/a", "pathList": "a,b,c"}]
)
def test_the_older_request_without_sense_is_refused(params: dict[str, str]) -> None:
    params = {"filename": "b", **params}
    if "pathList" in params:
        params["pathList"] = "b/x,b/y"
    with pytest.raises(InvalidQueryError, match=r"Mast\.Bundle\.Request"):
        decode_bundle_request(params)


def test_the_older_answer_goes_both_ways() -> None:
    answer = BundleAnswer(
        "http://h/a.sh", "http://h/a.html", {"mast:X/a": "COMPLETE", "b": "ERROR"}
    )
    assert decode_bundle_answer(encode_bundle_answer(answer)) == answer
    assert answer.missing == ["b"]


@pytest.mark.recorded
def test_the_recorded_older_answer_is_read_and_written(recorded: Path) -> None:
    content = (recorded / "responses/Mast.Bundle.Request/bundleResponse_2017.json").read_bytes()
    answer = decode_bundle_answer(content)
    assert answer.url.endswith("/mastDownload_20170621142037.sh")
    assert len(answer.statuses) == 3
    assert answer.missing == []
    assert json.loads(encode_bundle_answer(answer)) == json.loads(content)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"<html>", BadAnswerError, "did not answer with JSON"),
        (b"[]", BadAnswerError, "with an object"),
        (b'{"status": "ERROR", "msg": "too many"}', RemoteServiceError, "made no script: too many"),
        (b'{"status": "COMPLETE"}', BadAnswerError, "did not say where"),
    ],
)
def test_a_strange_older_answer_is_an_error(
    content: bytes, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        decode_bundle_answer(content)


# ---------------------------------------------------------------- the script, run by bash


def run(
    script: str, folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    (folder / "bundle.sh").write_text(script)
    return subprocess.run(
        ["bash", "bundle.sh", *arguments],
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def by_uri(server: Misbehaving, uri: str, *replies: Reply) -> None:
    server.on(
        f"/api/v0.1/Download/file?bundle_name=MAST_T.sh&uri={quote(uri, safe=':/')}", *replies
    )


@pytest.fixture(scope="module")
def has_bash() -> None:
    for program in ("bash", "curl"):
        try:
            subprocess.run([program, "--version"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip(f"{program} is not here")


@pytest.mark.usefixtures("has_bash")
class TestScript:
    def test_files_land_in_their_folders_with_a_manifest(self, tmp_path: Path) -> None:
        files = [
            BundleFile("mast:HST/product/a.fits", "HST", "obs 1", "a.fits"),
            BundleFile("mast:X/b", "X", "", "b+c.txt"),
            BundleFile("mast:X/gone", "X", "o", "<gone>.txt"),
            BundleFile("mast:HST/product/a.fits", "HST", "obs 2", "a.fits"),
        ]
        with Misbehaving() as server:
            by_uri(server, "mast:HST/product/a.fits", Reply(body=b"data"))
            by_uri(server, "mast:X/b", Reply(body=b""))
            result = run(bundle_script(files, server.url, "T"), tmp_path)
            assert result.returncode == 1
            assert len(server.requests) == 3
        found = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
        assert (tmp_path / "MAST_T/HST/obs 1/a.fits").read_bytes() == b"data"
        assert (tmp_path / "MAST_T/X/b+c.txt").read_bytes() == b""
        assert {name for name in found if not name.endswith(".head")} == {
            "bundle.sh",
            "MAST_T/MANIFEST.HTML",
            "MAST_T/HST/obs 1/a.fits",
            "MAST_T/X/b+c.txt",
        }
        manifest = (tmp_path / "MAST_T/MANIFEST.HTML").read_text()
        assert manifest.count("<td>OK</td>") == 2
        assert "<td>X/o/%3Cgone%3E.txt</td><td>PUBLIC</td><td>FAILED</td>" in manifest
        assert "1 files failed" in result.stderr

    def test_a_second_run_goes_on_and_fetches_nothing_twice(self, tmp_path: Path) -> None:
        files = [BundleFile("mast:X/a", "X", "o", "a"), BundleFile("mast:X/b", "X", "o", "b")]
        with Misbehaving() as server:
            script = bundle_script(files, server.url, "T")
            by_uri(server, "mast:X/a", Reply(body=b"all of a"))
            whole = Reply(body=b"0123456789", etag='"v1"', ranges="honoured")
            cut = Reply(body=b"0123456789", etag='"v1"', ranges="honoured", end_at=4)
            by_uri(server, "mast:X/b", cut)
            assert run(script, tmp_path).returncode == 1
            by_uri(server, "mast:X/b", whole)
            server.requests.clear()
            assert run(script, tmp_path).returncode == 0
            assert [seen.headers.get("range") for seen in server.requests] == ["bytes=4-"]
        assert (tmp_path / "MAST_T/X/o/b").read_bytes() == b"0123456789"

    def test_a_part_of_an_older_version_is_not_gone_on_with(self, tmp_path: Path) -> None:
        with Misbehaving() as server:
            script = bundle_script([BundleFile("mast:X/b", "X", "o", "b")], server.url, "T")
            by_uri(server, "mast:X/b", Reply(body=b"old" * 9, etag='"v1"', end_at=4))
            assert run(script, tmp_path).returncode == 1
            new = Reply(body=b"NEW" * 9, etag='"v2"', ranges="honoured")
            by_uri(server, "mast:X/b", new)
            assert run(script, tmp_path).returncode == 0
        assert (tmp_path / "MAST_T/X/o/b").read_bytes() == b"NEW" * 9

    @pytest.mark.parametrize(
        "name",
        [
            "$(touch pwned)",
            "`touch pwned`",
            "'; touch pwned; '",
            '"; touch pwned; "',
            "../../pwned",
            "/tmp/../pwned",
            "-o pwned",
            "--config=pwned",
            "a\\'b; touch pwned #",
            "${IFS}touch${IFS}pwned",
            "%s%n",
            "!touch pwned",
            "[a-z]{1,2}",
        ],
    )
    def test_a_hostile_name_runs_nothing_and_stays_inside(self, tmp_path: Path, name: str) -> None:
        file = BundleFile(f"mast:X/{name}", name, name, name)
        with Misbehaving() as server:
            by_uri(server, file.uri, Reply(body=b"data"))
            result = run(bundle_script([file], server.url, "T"), tmp_path)
        assert (result.returncode, result.stderr.replace("#", "").split()[-1:]) == (0, ["100.0%"])
        path = tmp_path / "MAST_T" / safe_path(name, name, name)
        assert path.read_bytes() == b"data"
        assert sorted(p.name for p in tmp_path.iterdir()) == ["MAST_T", "bundle.sh"]

    def test_line_ends_in_a_uri_cannot_end_a_line(self, tmp_path: Path) -> None:
        file = BundleFile("mast:X/a\ntouch pwned\n", "X", "o", "a")
        with Misbehaving() as server:
            run(bundle_script([file], server.url, "T\n$(touch pwned)".replace("\n", "")), tmp_path)
        assert not list(tmp_path.rglob("pwned"))

    def test_two_files_of_one_name_stay_two(self, tmp_path: Path) -> None:
        files = [
            BundleFile("mast:X/1", "X", "o", "a.fits"),
            BundleFile("mast:X/2", "x", "O", "A.fits"),
        ]
        with Misbehaving() as server:
            by_uri(server, "mast:X/1", Reply(body=b"1"))
            by_uri(server, "mast:X/2", Reply(body=b"2"))
            assert run(bundle_script(files, server.url, "T"), tmp_path).returncode == 0
        assert (tmp_path / "MAST_T/X/o/a.fits").read_bytes() == b"1"
        assert (tmp_path / "MAST_T/x/O/A-2.fits").read_bytes() == b"2"

    def test_the_token_goes_to_exclusive_files_of_the_archive_only(self, tmp_path: Path) -> None:
        files = [
            BundleFile("mast:X/open", "X", "o", "open"),
            BundleFile("mast:X/mine", "X", "o", "mine", exclusive=True),
        ]
        with Misbehaving() as server, Misbehaving("127.0.0.2") as elsewhere:
            away = elsewhere.on("/store", Reply(body=b"data"))
            by_uri(server, "mast:X/open", Reply(body=b"data"))
            by_uri(server, "mast:X/mine", Reply(302, headers={"Location": away}))
            script = bundle_script(files, server.url, "T")
            assert run(script, tmp_path, MAST_API_TOKEN="sesame").returncode == 0
            cookies = [seen.headers.get("cookie") for seen in server.requests]
            assert cookies == [None, "mast_token=sesame"]
            assert [seen.headers.get("cookie") for seen in elsewhere.requests] == [None]
            (tmp_path / "MAST_T/X/o/mine").unlink()
            server.requests.clear()
            run(script, tmp_path, "other", MAST_API_TOKEN="sesame")
            assert server.requests[0].headers["cookie"] == "mast_token=other"

    def test_a_token_that_is_none_is_refused(self, tmp_path: Path) -> None:
        script = bundle_script(
            [BundleFile("mast:X/a", "X", "o", "a", True)], "http://127.0.0.1:1", "T"
        )
        result = run(script, tmp_path, 'x"\nurl = "http://evil')
        assert result.returncode == 126
        assert "characters that no token has" in result.stderr

    def test_public_files_ask_for_no_token(self) -> None:
        script = bundle_script([BundleFile("mast:X/a", "X", "o", "a")], "http://h", "T")
        assert "MAST_API_TOKEN" not in script

    def test_without_curl_it_says_so(self, tmp_path: Path) -> None:
        script = bundle_script([BundleFile("mast:X/a", "X", "o", "a")], "http://h", "T")
        (tmp_path / "bin").mkdir()
        result = run(f"PATH={tmp_path}/bin\n{script}", tmp_path)
        assert result.returncode == 127
        assert "needs the program curl" in result.stderr
