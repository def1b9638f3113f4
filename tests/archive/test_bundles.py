"""Many products at once: curl scripts, zips and tars."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.archive.conftest import FILES, Caller
from topmast.archive import Archive
from topmast.archive.portal.bundles import pack
from topmast.archive.portal.staging import StagedScripts
from topmast.archive.server.serve import serve_in_thread
from topmast.archive.store.products import HeldFile

URIS = [uri for uri in FILES if "secret" not in uri]
BUNDLE = "/api/v0.1/Download/bundle"


def form(*uris: str) -> bytes:
    return urlencode([("uri", uri) for uri in uris]).encode()


def test_the_script_names_each_file_once(caller: Caller) -> None:
    reply = caller.send("POST", f"{BUNDLE}.sh", form(*URIS, URIS[0], "mast:HST/unknown.fits"))
    assert reply.status == 200
    script = reply.content.decode()
    assert script.startswith("#!")
    assert script.count("mast:HST/product/a.fits'") or script.count("a.fits") >= 1
    assert "unknown.fits" not in script
    assert "http://topmast.archive/api/v0.1/Download/file" in script


def test_a_script_of_unknown_products_is_refused(caller: Caller) -> None:
    assert caller.send("POST", f"{BUNDLE}.sh", form("mast:HST/unknown.fits")).status == 400
    assert caller.send("POST", f"{BUNDLE}.sh", b"").status == 400


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_script_fetches_the_files_with_curl(filled: Archive, tmp_path: Path) -> None:
    with serve_in_thread(filled) as url:
        script = subprocess.run(
            ["curl", "-sf", "--data-binary", form(*URIS).decode(), f"{url}{BUNDLE}.sh"],
            check=True,
            capture_output=True,
        ).stdout
        (tmp_path / "get.sh").write_bytes(script)
        done = subprocess.run(
            ["bash", "get.sh"], cwd=tmp_path, capture_output=True, check=False, timeout=60
        )
    assert done.returncode == 0, done.stderr
    fetched = {path.name: path.read_bytes() for path in tmp_path.rglob("MAST_*/*/*/*")}
    assert fetched == {uri.rpartition("/")[2]: FILES[uri] for uri in URIS}


def test_an_older_client_gets_the_address_of_a_script(caller: Caller) -> None:
    answer = caller.ask(
        "Mast.Bundle.Request",
        {
            "urlList": ",".join([URIS[0], "mast:HST/product/unknown.fits"]),
            "filename": "mastDownload_20170621142037",
            "pathList": "",
            "descriptionList": ["", ""],
            "productTypeList": ["", ""],
            "extension": "curl",
        },
    )
    assert answer["status"] == "COMPLETE"
    assert answer["statusList"][URIS[0]] == "COMPLETE"
    assert answer["statusList"]["mast:HST/product/unknown.fits"] != "COMPLETE"
    assert answer["url"].endswith("/mastDownload_20170621142037.sh")
    script = caller.get(urlsplit(answer["url"]).path)
    assert script.status == 200
    assert b"a.fits" in script.content
    manifest = caller.get(urlsplit(answer["manifestUrl"]).path)
    assert manifest.headers["content-type"].startswith("text/html")
    assert b"NOT FOUND" in manifest.content


@pytest.mark.parametrize(
    "path", ["x/y.sh", "../../etc/passwd", "%2e%2e/%2e%2e", f"{'0' * 36}/..%2f..", f"{'0' * 36}/a"]
)
def test_only_staged_scripts_are_given_out(caller: Caller, path: str) -> None:
    assert caller.get(f"/portal/Download/stage/anonymous/public/{path}").status == 404


def test_old_scripts_make_room_for_new_ones(tmp_path: Path) -> None:
    stage = StagedScripts(tmp_path)
    stage.MOST = 3  # type: ignore[misc]
    places = [stage.put({"a.sh": str(number)}) for number in range(6)]
    assert len(list(tmp_path.iterdir())) <= 4
    assert stage.get(places[-1], "a.sh") == "5"


def test_a_zip_holds_the_files(caller: Caller) -> None:
    reply = caller.send("POST", f"{BUNDLE}.zip", form(*FILES, "mast:HST/unknown.fits"))
    assert reply.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(reply.content)) as packed:
        assert packed.testzip() is None
        found = {name.rpartition("/")[2]: packed.read(name) for name in packed.namelist()}
    assert found == {uri.rpartition("/")[2]: FILES[uri] for uri in URIS}


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_any_name_and_any_size_can_be_packed(tmp_path: Path, kind: str) -> None:
    contents = {"empty": b"", "block": b"b" * 512, "é" * 90: b"c" * 513, "large": b"d" * 3_000_000}
    files = [
        packable(tmp_path / str(size), name, data)
        for size, (name, data) in enumerate(contents.items())
    ]

    content = b"".join(pack(files, kind))

    assert unpacked(content, kind) == {f"MAST/X/o/{name}": data for name, data in contents.items()}


def packable(path: Path, name: str, content: bytes) -> HeldFile:
    path.write_bytes(content)
    return HeldFile(f"mast:X/{name}", path, len(content), "", "", "X", "o", name, "PUBLIC")


def unpacked(content: bytes, kind: str) -> dict[str, bytes]:
    if kind == "zip":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return {name: packed.read(name) for name in packed.namelist()}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]


def test_a_file_that_became_shorter_ends_the_pack(tmp_path: Path) -> None:
    whole = packable(tmp_path / "a", "a", b"x" * 5_000_000)
    pieces = pack([whole], "tar.gz")
    next(pieces)
    os.truncate(tmp_path / "a", 10)

    with pytest.raises(OSError, match="became shorter"):
        b"".join(pieces)


def test_a_tar_holds_the_files(caller: Caller) -> None:
    reply = caller.get(f"{BUNDLE}.tar.gz?{form(*FILES).decode()}")
    with tarfile.open(fileobj=io.BytesIO(reply.content)) as packed:
        found = {
            member.name: packed.extractfile(member).read()  # type: ignore[union-attr]
            for member in packed
        }
    assert found["MAST/HST/obs0/a.fits"] == FILES[URIS[0]]
    assert len(found) == len(URIS)


def test_exclusive_files_are_not_packed(caller: Caller) -> None:
    reply = caller.send("POST", f"{BUNDLE}.zip", form("mast:JWST/product/secret.fits"))
    assert reply.status == 404
    assert caller.send("POST", f"{BUNDLE}.rar", form(*URIS)).status == 404
