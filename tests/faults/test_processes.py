"""Two processes, one folder; and what a running download does when it is told to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.download.file_server import FileServer
from tests.download.products import (
    files_below,
    fits_bytes,
    good,
    products,
    serve,
    session_of,
    target,
    uri,
)
from tests.misbehaving import Misbehaving
from topmast.download import plan_download

pytestmark = pytest.mark.timeout(90)

FILES = {f"f{n}.fits": fits_bytes(n, 20_000) for n in range(20)}
CODE = """
import json, sys
from astropy.table import Table
from topmast.net.session import Session
from topmast.download import plan_download
url, folder, products = sys.argv[1:4]
plan = plan_download(Session(url), Table(json.loads(products)), download_dir=folder, flat=True)
print("ready", flush=True)
sys.stdin.readline()
manifest = plan.run(verbose="verbose" in sys.argv)
print(json.dumps([list(manifest["Status"]), list(manifest["Source"])]))
"""


def start(server: FileServer, folder: Path, files: dict[str, bytes], *more: str) -> Any:
    table = products(files)
    columns = json.dumps({name: table[name].tolist() for name in table.colnames})
    return subprocess.Popen(
        [sys.executable, "-c", CODE, server.url, str(folder), columns, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_share_one_list_and_fetch_nothing_twice(tmp_path: Path) -> None:
    contents = {uri(name): content for name, content in FILES.items()}
    with FileServer(contents, rate=4e5) as server:
        both = [start(server, tmp_path, FILES) for _ in range(2)]
        for process in both:
            assert process.stdout.readline() == "ready\n"
        for process in both:
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [process.communicate(timeout=60) for process in both]

    for out, error in answers:
        statuses, _ = json.loads(out.splitlines()[-1])
        assert (set(statuses), error) == ({"COMPLETE"}, "")
    assert files_below(tmp_path) == FILES
    assert max(server.requests.values()) == 1


def test_ctrl_c_stops_within_a_second_and_the_next_run_goes_on(tmp_path: Path) -> None:
    files = {"small.fits": fits_bytes(1, 500), "large.fits": fits_bytes(2, 1_000_000)}
    contents = {uri(name): content for name, content in files.items()}
    with FileServer(contents, rate=1e6) as server:
        process = start(server, tmp_path, files, "verbose")
        process.stdin.write("go\n")
        process.stdin.flush()
        while not (tmp_path / "large.fits.part").exists() or not (tmp_path / "small.fits").exists():
            time.sleep(0.01)
        time.sleep(0.5)
        before = (tmp_path / "large.fits.part").stat().st_size
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=10)

        assert "KeyboardInterrupt" in error
        assert "STOPPED: 1 of 2 files have arrived. Run the same call again" in out
        had = (tmp_path / "large.fits.part").stat().st_size
        assert had - before < 1_000_000  # a second's worth; a clock would count other processes too
        assert had > 100_000
        server.sent.clear()
        manifest = plan_download(
            session_of(server), products(files), download_dir=tmp_path, flat=True
        ).run(verbose=False)

        assert manifest["Status"].tolist() == ["COMPLETE", "COMPLETE"]
        assert files_below(tmp_path) == files
        assert server.sent[uri("large.fits")] == len(files["large.fits"]) - had


def test_an_abandoned_iterator_stops_the_download(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    server.on(target("f5.fits"), good(FILES["f5.fits"], stall_at=100))
    plan = plan_download(session_of(server), products(FILES), download_dir=tmp_path, flat=True)

    rows = plan.iter_download()
    first = next(rows)
    began = time.monotonic()
    rows.close()

    assert first["Status"] == "COMPLETE"
    assert time.monotonic() - began < 1
    assert not any(
        name.endswith(".fits") and FILES[name] != content
        for name, content in files_below(tmp_path).items()
    )


def test_another_process_that_hangs_is_not_waited_for_without_end(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    part = tmp_path / "f3.fits.part"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys, time; f = open(sys.argv[1], 'w'); "
            "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)",
            str(part),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    manifest = plan_download(
        session_of(server, read_timeout=0.5), products(FILES), download_dir=tmp_path, flat=True
    ).run(verbose=False)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()

    bad = manifest[manifest["Status"] == "ERROR"]
    assert len(bad) == 1
    assert "Another process" in bad["Message"][0]
