"""Curl scripts that resume."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.download.products import (
    files_below,
    fits_bytes,
    good,
    gz_bytes,
    products,
    serve,
    session_of,
    target,
    uri,
)
from tests.misbehaving import Misbehaving, Reply
from topmast.download import download_script, plan_download

FILES = {f"f{n}.fits": fits_bytes(n, 30_000) for n in range(3)}

needs_curl = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="needs bash and curl"
)


def written(server: Misbehaving, folder: Path, **options: Any) -> Path:
    manifest = download_script(
        session_of(server), products(FILES, **options), download_dir=folder, verbose=False
    )
    assert manifest["Status"].tolist() == ["COMPLETE"]
    return Path(str(manifest["Local Path"][0]))


def run(script: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", script],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_manifest_has_four_columns_or_three(server: Misbehaving, tmp_path: Path) -> None:
    server.on("/api/v0.1/Download/bundle.sh", Reply(body=b"#!/bin/bash\n"))
    session = session_of(server, dialect="astroquery")

    guide = download_script(session_of(server), products(FILES), download_dir=tmp_path)
    astroquery = download_script(session, products(FILES), download_dir=tmp_path / "x")

    assert guide.colnames == ["Local Path", "Status", "Message", "URL"]
    assert astroquery.colnames == ["Local Path", "Status", "Message"]
    assert Path(str(astroquery["Local Path"][0])).read_bytes() == b"#!/bin/bash\n"
    assert parse_qsl(server.requests[0].body.decode()) == [("uri", uri(name)) for name in FILES]


def test_a_failed_bundle_is_an_error_row(server: Misbehaving, tmp_path: Path) -> None:
    session = session_of(server, dialect="astroquery")

    manifest = download_script(session, products(FILES), download_dir=tmp_path, verbose=False)

    assert manifest["Status"].tolist() == ["ERROR"]
    assert manifest["Message"][0].startswith("Curl could not be downloaded")


@needs_curl
def test_a_script_puts_files_where_a_download_would(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    script = written(server, tmp_path)

    done = run(script)
    script.unlink()
    asked = len(server.requests)
    manifest = plan_download(session_of(server), products(FILES), download_dir=tmp_path).run(
        verbose=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert set(manifest["Source"]) == {"disk"}
    assert len(server.requests) == asked
    assert len(files_below(tmp_path)) == 3


@needs_curl
def test_a_script_goes_on_where_it_stopped(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    body = FILES["f1.fits"]
    server.on(target("f1.fits"), good(body, reset_at=50_000), good(body))
    script = written(server, tmp_path)

    first = run(script)
    asked = len(server.requests)
    again = run(script)

    assert (first.returncode, again.returncode) == (0, 0)
    ranges = [seen.headers.get("range") for seen in server.seen(target("f1.fits"))]
    assert ranges == [None, "bytes=50000-"]
    assert len(server.requests) == asked
    assert (tmp_path / "mastDownload/TEST/obs1/f1.fits").read_bytes() == body


@needs_curl
def test_a_script_starts_anew_when_the_file_changed(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    old = fits_bytes(99, 40_000)
    server.on(target("f1.fits"), good(old, reset_at=50_000), good(FILES["f1.fits"]))

    done = run(written(server, tmp_path))

    assert done.returncode == 0
    assert (tmp_path / "mastDownload/TEST/obs1/f1.fits").read_bytes() == FILES["f1.fits"]


@needs_curl
def test_a_missing_file_is_told_and_the_others_arrive(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    server.on(target("f0.fits"), Reply(404))

    done = run(written(server, tmp_path))

    assert done.returncode == 1
    assert "FAILED: ./mastDownload/TEST/obs0/f0.fits" in done.stderr
    assert "1 of 3 files FAILED" in done.stderr
    assert len([name for name in files_below(tmp_path) if name.endswith(".fits")]) == 2


@needs_curl
def test_the_token_comes_from_the_environment_and_is_never_written(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    session = session_of(server)
    session.token = "written-nowhere"
    manifest = download_script(session, products(FILES), download_dir=tmp_path, verbose=False)
    script = Path(str(manifest["Local Path"][0]))

    run(script, MAST_API_TOKEN="from-the-environment")

    assert "written-nowhere" not in script.read_text()
    assert server.requests[0].headers["cookie"] == "mast_token=from-the-environment"


@needs_curl
def test_hostile_values_run_no_commands(server: Misbehaving, tmp_path: Path) -> None:
    evil = "x'; touch pwned; echo $(touch pwned2) `touch pwned3`"
    server.on("/api/v0.1/Download/file", good(FILES["f0.fits"]))
    table = products(
        {"a.fits": FILES["f0.fits"]},
        dataURI=[f"mast:TEST/product/{evil}.fits"],
        obs_id=[evil],
        productFilename=[f"{evil}.fits"],
    )
    manifest = download_script(session_of(server), table, download_dir=tmp_path, verbose=False)

    done = run(Path(str(manifest["Local Path"][0])))

    assert done.returncode == 0
    assert not list(tmp_path.rglob("pwned*"))
    assert FILES["f0.fits"] in files_below(tmp_path).values()


def test_products_without_a_uri_are_left_out_and_counted(
    server: Misbehaving, tmp_path: Path
) -> None:
    table = products(FILES, dataURI=[uri("f0.fits"), "", uri("f2.fits")])

    manifest = download_script(session_of(server), table, download_dir=tmp_path, verbose=False)

    assert manifest["Message"][0] == "1 files could not be added to the curl script"


PAGE = b"<!DOCTYPE html>\n<html><title>Please log in \xc3\xa9</title></html>\n"


@needs_curl
@pytest.mark.parametrize(
    ("name", "page"),
    [
        *((name, PAGE) for name in ("a.fits", "A.FITS", "a.fits.gz", "a.png", "a.jpg", "a.txt")),
        *((name, b"") for name in ("a.fits", "a.fits.gz", "a.jpeg")),
    ],
)
def test_a_page_with_status_200_is_no_product(
    name: str, page: bytes, server: Misbehaving, tmp_path: Path
) -> None:
    files = {name: page, "b.fits": FILES["f0.fits"]}
    serve(server, files)
    manifest = download_script(
        session_of(server), products(files), download_dir=tmp_path, verbose=False
    )
    script = Path(str(manifest["Local Path"][0]))

    done = run(script)
    script.unlink()

    assert done.returncode == 1
    assert f"FAILED: ./mastDownload/TEST/obs0/{name}: a text came in its place" in done.stderr
    assert "1 of 2 files FAILED" in done.stderr
    assert list(files_below(tmp_path)) == ["mastDownload/TEST/obs1/b.fits"]


@needs_curl
def test_a_script_run_again_fetches_the_file_that_was_a_page(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    server.on(target("f1.fits"), good(PAGE), good(FILES["f1.fits"]))
    script = written(server, tmp_path)

    codes = [run(script).returncode, run(script).returncode]

    assert codes == [1, 0]
    assert (tmp_path / "mastDownload/TEST/obs1/f1.fits").read_bytes() == FILES["f1.fits"]


@needs_curl
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("packed.fits", gz_bytes()),
        ("unpacked.fits.gz", fits_bytes()),
        ("a.fits.gz", gz_bytes()),
        ("a.png", b"\x89PNG\r\n\x1a\n rest"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
        ("odd.fits", b"\x00\x01\x02 no text and no FITS"),
        ("a.txt", b"just words\n"),
        ("a.html", PAGE),
    ],
)
def test_a_good_file_is_taken(
    name: str, content: bytes, server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, {name: content})
    table = products({name: content})
    manifest = download_script(session_of(server), table, download_dir=tmp_path, verbose=False)

    done = run(Path(str(manifest["Local Path"][0])))

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "mastDownload/TEST/obs0" / name).read_bytes() == content


@needs_curl
def test_a_wrong_size_in_the_table_loses_no_file(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    size = len(FILES["f0.fits"])

    done = run(written(server, tmp_path, size=[17, size, 0]))

    assert done.returncode == 0
    path = "./mastDownload/TEST/obs0/f0.fits"
    assert done.stderr == f"NOTE: {path} has {size} bytes, the product table says 17.\n"
    assert len([name for name in files_below(tmp_path) if name.endswith(".fits")]) == 3
