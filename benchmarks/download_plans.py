"""Plans of 100,000 files, and a second run over 10,000 files that are held already."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .downloads import BLOCK, Files, file_name, made
from .link import Link, nginx_or_reason, served_by_nginx

PLANNED, HELD = 100_000, 10_000


def main() -> None:
    reason = nginx_or_reason()
    with tempfile.TemporaryDirectory(prefix="topmast-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        child("plan", "http://127.0.0.1:9", folder)
        if reason:
            print(reason)
            return
        files = made(Files("held", HELD, 2 * BLOCK), folder)
        with served_by_nginx(files, Link("0 ms"), folder / "nginx") as server:
            child("fetch", server.url, folder)
            before = server.requests()
            child("fetch", server.url, folder)
            print(f"  requests of the second run: {server.requests() - before} (promised: 0)")


def child(action: str, server: str, folder: Path) -> None:
    """Memory is that of one process, so each measurement has its own."""
    command = [sys.executable, "-m", __spec__.name, action, server, str(folder)]
    subprocess.run(command, check=True)


def plan(server: str, folder: Path) -> None:
    from topmast import connect

    table, observations = products(PLANNED), connect(server).observations
    began = time.perf_counter()
    planned = observations.plan_download(table, folder, mrp_only=False)
    seconds = time.perf_counter() - began
    assert planned is not None
    assert len(planned) == PLANNED
    print(
        f"{PLANNED:,} files planned: {seconds:.1f} s, {peak_mb():.0f} MB (promised: 10 s, 300 MB)"
    )


def fetch(server: str, folder: Path) -> None:
    from topmast import connect

    table, observations = products(HELD), connect(server).observations
    began = time.perf_counter()
    manifest = observations.download_products(table, folder, mrp_only=False, verbose=False)
    seconds = time.perf_counter() - began
    assert manifest is not None
    assert set(manifest["Status"]) == {"COMPLETE"}
    print(f"{HELD:,} files: {seconds:.2f} s, {peak_mb():.0f} MB (the second: promised 2 s)")


def products(count: int) -> object:
    from astropy.table import Table

    names = [file_name(number) for number in range(count)]
    return Table(
        {
            "obsID": ["1"] * count,
            "obs_collection": ["BENCH"] * count,
            "obs_id": [f"visit{number // 100:05d}" for number in range(count)],
            "dataURI": [f"mast:BENCH/{name}" for name in names],
            "productFilename": names,
            "size": [2 * BLOCK] * count,
        }
    )


def peak_mb() -> float:
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


if __name__ == "__main__":
    if sys.argv[1:]:
        {"plan": plan, "fetch": fetch}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
    else:
        main()
