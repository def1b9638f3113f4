"""Fetch a list of files with one client, in a process of its own, and print what it took.

``python download_client.py CLIENT SERVER LIST FOLDER [LARGE]``: LIST has one name a line. Wall
and CPU seconds are those of the call alone, without imports; memory is the peak of the process.
It runs under any interpreter that has the client, and so imports nothing of topmast above.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

FILE_PATH = "/api/v0.1/Download/file"
Call = Callable[[], object]


def url_of(server: str, name: str) -> str:
    return f"{server}{FILE_PATH}?uri=mast:BENCH/{name}"


def topmast(server: str, names: list[str], sizes: list[int], folder: Path, large: bool) -> Call:
    """As a user would: a product table in, a manifest out, all checks on."""
    from astropy.table import Table

    from topmast import connect

    table = Table(
        {
            "obsID": ["1"] * len(names),
            "obs_collection": ["BENCH"] * len(names),
            "obs_id": [name.split(".")[0] for name in names],
            "dataURI": [f"mast:BENCH/{name}" for name in names],
            "productFilename": names,
            "size": sizes,
        }
    )
    observations = connect(server).observations

    def call() -> None:
        manifest = observations.download_products(
            table, download_dir=folder, mrp_only=False, verbose=False
        )
        assert set(manifest["Status"]) == {"COMPLETE"}, manifest

    return call


def astroquery(server: str, names: list[str], sizes: list[int], folder: Path, large: bool) -> Call:
    from astroquery.mast import Observations

    def call() -> None:
        for name in names:
            status, message, _ = Observations.download_file(
                f"mast:BENCH/{name}",
                local_path=str(folder / name),
                base_url=server + FILE_PATH,
                verbose=False,
            )
            assert status == "COMPLETE", message

    return call


def parfive(server: str, names: list[str], sizes: list[int], folder: Path, large: bool) -> Call:
    from parfive import Downloader

    def call() -> None:
        downloader = Downloader(max_conn=8, max_splits=4 if large else 1, progress=False)
        for name in names:
            downloader.enqueue_file(url_of(server, name), path=folder, filename=name)
        assert not downloader.download().errors

    return call


def aria2c(server: str, names: list[str], sizes: list[int], folder: Path, large: bool) -> Call:
    entries = "".join(f"{url_of(server, name)}\n  out={name}\n" for name in names)
    (folder / "list").write_text(entries)
    parts = ["-x4", "-s4"] if large else ["-x1", "-s1"]
    more = ["--file-allocation=none", "--quiet", "--allow-overwrite=true", "--no-conf=true"]
    if certificate := os.environ.get("SSL_CERT_FILE"):
        more.append(f"--ca-certificate={certificate}")
    return lambda: subprocess.run(
        ["aria2c", "-j8", *parts, *more, "-i", str(folder / "list"), "-d", str(folder)], check=True
    )


def curl(server: str, names: list[str], sizes: list[int], folder: Path, large: bool) -> Call:
    entries = (f'url = "{url_of(server, n)}"\noutput = "{folder / n}"\n' for n in names)
    (folder / "list").write_text("".join(entries))
    options = ["--silent", "--show-error", "--fail"]
    options += ["--parallel", "--parallel-immediate", "--parallel-max", "8"]
    if certificate := os.environ.get("SSL_CERT_FILE"):
        options += ["--cacert", certificate]
    return lambda: subprocess.run(["curl", *options, "-K", str(folder / "list")], check=True)


CLIENTS = {client.__name__: client for client in (topmast, astroquery, parfive, aria2c, curl)}
OWN_PROGRAM = ("aria2c", "curl")


def cpu(own_program: bool) -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN if own_program else resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb(own_program: bool) -> float:
    """Megabytes at most; the system's own record of this process also knows those of its parent."""
    if not own_program and os.path.exists("/proc/self/status"):
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e3
    who = resource.RUSAGE_CHILDREN if own_program else resource.RUSAGE_SELF
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(who).ru_maxrss / scale


def main() -> None:
    name, server, listed, folder = sys.argv[1:5]
    lines = [line.split() for line in Path(listed).read_text().splitlines()]
    names, sizes = [line[0] for line in lines], [int(line[1]) for line in lines]
    call = CLIENTS[name](server, names, sizes, Path(folder), "large" in sys.argv[5:])
    own_program = name in OWN_PROGRAM
    wall, before = time.perf_counter(), cpu(own_program)
    call()
    wall, used = time.perf_counter() - wall, cpu(own_program) - before
    print(json.dumps({"wall": wall, "cpu": used, "megabytes": peak_mb(own_program)}))


if __name__ == "__main__":
    main()
