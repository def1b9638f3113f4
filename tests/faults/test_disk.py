"""Full disks, vanishing folders, links that lead away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.download.products import (
    files_below,
    fits_bytes,
    good,
    products,
    serve,
    session_of,
    target,
)
from tests.misbehaving import Misbehaving, Reply, Seen
from topmast.download import plan_download
from topmast.download.folder import part
from topmast.errors import DiskFullError

FILES = {f"f{n}.fits": fits_bytes(n) for n in range(4)}


def test_a_disk_that_is_too_small_is_told_before_the_first_byte(
    server: Misbehaving, tmp_path: Path
) -> None:
    table = products(FILES, size=[10**15] * len(FILES))

    with pytest.raises(DiskFullError, match="are free for"):
        plan_download(session_of(server), table, download_dir=tmp_path).run(verbose=False)

    assert server.requests == []


def test_what_does_not_fit_is_an_error_row_and_the_rest_arrives(
    server: Misbehaving, tmp_path: Path
) -> None:
    """The limit on the size of a file stands for a full disk: writing fails half way."""
    files = {"large.fits": fits_bytes(9, 200_000)} | FILES
    serve(server, files)
    code = _limited(server, files, tmp_path)

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    statuses, message = done.stdout.splitlines()
    assert statuses.split() == ["ERROR"] + ["COMPLETE"] * len(FILES)
    assert "No space left to write it" in message
    here = files_below(tmp_path)
    assert {name: content for name, content in here.items() if ".part" not in name} == FILES


def _limited(server: Misbehaving, files: dict[str, bytes], folder: Path) -> str:
    table = products(files)
    columns = {name: table[name].tolist() for name in table.colnames}
    return f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from astropy.table import Table
from topmast.net.session import Session
from topmast.download import plan_download
plan = plan_download(
    Session({server.url!r}, tries=2), Table({columns!r}), download_dir={str(folder)!r}, flat=True
)
manifest = plan.run(verbose=False)
print(*manifest["Status"])
print(manifest["Message"][0])
"""


def test_a_file_that_did_not_fit_goes_on_where_it_stopped(
    server: Misbehaving, tmp_path: Path
) -> None:
    files = {"large.fits": fits_bytes(9, 200_000)}
    serve(server, files)
    code = _limited(server, files, tmp_path)
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    manifest = plan_download(
        session_of(server), products(files), download_dir=tmp_path, flat=True
    ).run(verbose=False)

    assert manifest["Status"].tolist() == ["COMPLETE"]
    first = int(server.requests[-1].headers["range"].removeprefix("bytes=").rstrip("-"))
    assert 100_000 < first <= 200_000
    assert files_below(tmp_path) == files


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_device_is_an_error_row(
    server: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(server, FILES)
    full = os.open("/dev/full", os.O_WRONLY)
    write = part.write_at

    def to_full_disk(file: int, data: bytes, place: int) -> int:
        return os.write(full, data) if bytes(data) in FILES["f1.fits"] else write(file, data, place)

    monkeypatch.setattr(part, "write_at", to_full_disk)
    manifest = plan_download(
        session_of(server), products(FILES), download_dir=tmp_path, flat=True
    ).run(verbose=False)
    os.close(full)

    assert manifest["Status"].tolist() == ["COMPLETE", "ERROR", "COMPLETE", "COMPLETE"]
    assert "No space left on device" in manifest["Message"][1]


def test_a_folder_removed_midway_is_made_again(server: Misbehaving, tmp_path: Path) -> None:
    body = fits_bytes(5, 100_000)
    folder = tmp_path / "mastDownload" / "TEST" / "obs0"

    def reply(seen: Seen) -> Reply:
        if folder.exists():
            shutil.rmtree(folder)
        return good(body)

    server.on(target("f.fits"), reply, good(body))

    manifest = plan_download(
        session_of(server), products({"f.fits": body}), download_dir=tmp_path
    ).run(verbose=False)

    assert manifest["Status"].tolist() == ["COMPLETE"]
    assert (folder / "f.fits").read_bytes() == body


def test_a_folder_that_always_vanishes_is_an_error_row(server: Misbehaving, tmp_path: Path) -> None:
    folder = tmp_path / "mastDownload" / "TEST" / "obs0"

    def reply(seen: Seen) -> Reply:
        shutil.rmtree(folder)
        return good(FILES["f0.fits"])

    server.on(target("f0.fits"), reply)
    server.on(target("f1.fits"), good(FILES["f1.fits"]))
    files = {name: FILES[name] for name in ("f0.fits", "f1.fits")}

    manifest = plan_download(session_of(server), products(files), download_dir=tmp_path).run(
        verbose=False
    )

    assert manifest["Status"].tolist() == ["ERROR", "COMPLETE"]
    assert "folder is being removed" in manifest["Message"][0]


@pytest.mark.parametrize("name", ["outside", "in/mastDownload-old"])
def test_a_link_out_of_the_download_folder_is_not_followed(
    server: Misbehaving, tmp_path: Path, name: str
) -> None:
    serve(server, FILES)
    inside = tmp_path / "in" / "mastDownload" / "TEST"
    inside.mkdir(parents=True)
    outside = tmp_path / name
    outside.mkdir()
    (inside / "obs1").symlink_to(outside)

    manifest = plan_download(session_of(server), products(FILES), download_dir=tmp_path / "in").run(
        verbose=False
    )

    assert manifest["Status"].tolist() == ["COMPLETE", "ERROR", "COMPLETE", "COMPLETE"]
    assert "symbolic link" in manifest["Message"][1]
    assert list(outside.iterdir()) == []


def test_a_link_in_place_of_the_unfinished_file_is_not_written_through(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    treasure = tmp_path / "treasure"
    treasure.write_text("keep me")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "f0.fits.part").symlink_to(treasure)

    manifest = plan_download(
        session_of(server), products(FILES), download_dir=folder, flat=True
    ).run(verbose=False)

    assert manifest["Status"].tolist() == ["ERROR", "COMPLETE", "COMPLETE", "COMPLETE"]
    assert treasure.read_text() == "keep me"


def test_a_folder_that_cannot_be_written_is_an_error_row(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    (tmp_path / "obs1").write_text("a file where a folder should be")

    manifest = plan_download(
        session_of(server),
        products(FILES),
        download_dir=tmp_path,
        layout="{obs_id}/{productFilename}",
    ).run(verbose=False)

    assert manifest["Status"].tolist() == ["COMPLETE", "ERROR", "COMPLETE", "COMPLETE"]
    assert "obs1" in manifest["Message"][1]


def test_one_absurd_size_in_the_table_stops_no_list(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    sizes = [10**15, 10**18, *(len(content) for content in list(FILES.values())[2:])]

    manifest = plan_download(
        session_of(server), products(FILES, size=sizes), download_dir=tmp_path, flat=True
    ).run(verbose=False)

    assert set(manifest["Status"]) == {"COMPLETE"}
    assert "The product table says" in manifest["Message"][0]
    assert files_below(tmp_path) == FILES


def test_a_file_that_cannot_fit_is_refused_before_its_first_byte(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    server.on(target("huge.fits"), Reply(body=b"SIMPLE  =", length=10**16, stall_at=9))

    manifest = plan_download(
        session_of(server), products({"huge.fits": b"?"} | FILES), download_dir=tmp_path, flat=True
    ).run(verbose=False)

    assert manifest["Status"].tolist() == ["ERROR"] + ["COMPLETE"] * len(FILES)
    assert manifest["Message"][0].startswith("No space left to write it: it has 10,000,000,000")
