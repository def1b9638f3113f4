"""What ``topmast serve`` gives a second: files beside nginx, and light questions.

The clients are wrk's, 8 connections from one thread; server and clients share the machine. Files
take turns with nginx on the same folder. ``python -m benchmarks.serving [SECONDS]``.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np
from pyarrow import parquet

from topmast.archive import Archive

from .archive_cones import write_observations
from .link import FILE_PATH, Link, nginx_or_reason, served_by_nginx
from .results import Measured, record

SMALL, LARGE = 181_000, 200_000_000
OBSERVATIONS, ROUNDS = 20_000, 3
PLACES = 5000
CONE = '"Mast.Caom.Cone","params":{"ra":%s,"dec":%s,"radius":0.02}'
COUNT = (
    '"Mast.Caom.Filtered.Position","params":{"columns":"COUNT_BIG(*)","filters":[],'
    '"position":"%s, %s, 0.02"}'
)
PRODUCTS = '"Mast.Caom.Products","params":{"obsid":"%s"}'
QUESTIONS = {"cone of 0.02 deg": CONE, "count": COUNT, "products": PRODUCTS}
SCRIPT = """
local lines, number = {}, 0
for line in io.lines("PATHS") do lines[#lines + 1] = line end
function request() number = number % #lines + 1; return wrk.format("GET", lines[number]) end
"""


def main() -> None:
    reason = nginx_or_reason() or ("" if shutil.which("wrk") else "wrk is missing (apt: wrk).")
    if reason:
        print(reason)
        return
    seconds = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_archive(folder)
        nginx = served_by_nginx(folder / "files", Link("near"), folder / "nginx")
        with nginx as peer, served(folder / "archive") as url:
            for size in (SMALL, LARGE):
                path = f"{FILE_PATH}?uri=mast:BENCH/{size}.fits"
                runs: dict[str, list[Measured]] = {"topmast": [], "nginx": []}
                for _ in range(ROUNDS):
                    for client, server in (("topmast", url), ("nginx", peer.url)):
                        runs[client].append(Measured(wrk(server + path, seconds), 0, 0))
                record(f"served file of {size}", "wall", runs, note="seconds a file")
            for question in QUESTIONS:
                script = write_script(folder, question)
                for connections in (8, 1):
                    times = [
                        Measured(wrk(url, seconds, connections, script), 0, 0)
                        for _ in range(ROUNDS)
                    ]
                    what = f"{question}, connections: {connections}"
                    record(f"served {what}", "wall", {"topmast": times}, note="seconds an answer")


def write_script(folder: Path, question: str) -> Path:
    """A script for wrk that asks about another place, or observation, each time."""
    random = np.random.default_rng(3)
    table = parquet.read_table(folder / "observations.parquet", columns=["obsid", "s_ra", "s_dec"])
    chosen = table.take(random.integers(0, len(table), PLACES)).to_pylist()
    paths = []
    for each in chosen:
        words = (each["obsid"],) if question == "products" else (each["s_ra"], each["s_dec"])
        request = f'{{"service":{QUESTIONS[question] % words},"format":"json"}}'
        paths.append(f"/api/v0/invoke?request={quote(request)}\n")
    (folder / "paths").write_text("".join(paths), encoding="ascii")
    script = folder / "ask.lua"
    script.write_text(SCRIPT.replace("PATHS", str(folder / "paths")), encoding="utf-8")
    return script


def make_archive(folder: Path) -> None:
    """An archive of 2,000 observations and two files, which nginx serves too."""
    files = folder / "files"
    files.mkdir()
    write_observations(folder / "observations.parquet", OBSERVATIONS)
    first = parquet.read_table(folder / "observations.parquet", columns=["obsid", "obs_id"])
    products = []
    for size in (SMALL, LARGE):
        (files / f"{size}.fits").write_bytes(np.random.default_rng(size).bytes(size))
        products.append(
            {
                "obsID": first["obsid"][0].as_py(),
                "obs_collection": "HST",
                "obs_id": first["obs_id"][0].as_py(),
                "dataURI": f"mast:BENCH/{size}.fits",
                "productFilename": f"{size}.fits",
                "size": size,
            }
        )
    with Archive.create(folder / "archive") as archive:
        archive.ingest(folder / "observations.parquet", products, files=files)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`folder` served by the command line's own ``topmast serve``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "topmast", "serve", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(100):
                time.sleep(0.1)
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wrk(url: str, seconds: int, connections: int = 8, script: Path | None = None) -> float:
    """Seconds for each answer, all connections together."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += [*(["-s", str(script)] if script else []), url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    assert wrong is None, said
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found, said
    return 1 / max(float(found[1]), 1e-9)


if __name__ == "__main__":
    main()
