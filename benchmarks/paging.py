"""Five pages of 10,000 observations at 50 ms a request, beside astroquery on the same server.

Wall time of the same call, both in one run and taking turns; ``TOPMAST_PEER_PYTHON`` may name
an interpreter that has astroquery when this one has not.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from topmast import connect
from topmast.fields import FILTERED
from topmast.wire.portal import Paging, decode_request, encode_answer

from .observations import observation

PAGES, ROWS, LATENCY_SECONDS, RUNS = 5, 10_000, 0.05, 5
SERVICE = "Mast.Caom.Filtered"
PARAMS = {"columns": "*", "filters": [{"paramName": "obs_collection", "values": ["HST"]}]}

PEER = f"""
import sys, time, warnings
warnings.simplefilter("ignore")
from astroquery.mast import MastClass
mast = MastClass()
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    table = mast.service_request({SERVICE!r}, {PARAMS!r}, pagesize={ROWS})
    print(time.perf_counter() - start, len(table), flush=True)
"""


def main() -> None:
    with _server() as url, _peer(url) as peer_seconds:
        client = connect(url)
        runs = [(_our_seconds(client), peer_seconds()) for _ in range(RUNS + 1)][1:]
    mine = [ours for ours, _ in runs]
    print(f"{PAGES} pages of {ROWS} rows, {LATENCY_SECONDS * 1000:.0f} ms a request, wall")
    print(f"topmast     {statistics.median(mine):6.3f} s")
    theirs = [peer for _, peer in runs if peer is not None]
    if not theirs:
        print("astroquery  not measured: install it here, or name an interpreter that has it")
        print("            in TOPMAST_PEER_PYTHON")
        return
    ratios = [peer / ours for ours, peer in zip(mine, theirs, strict=True)]
    print(f"astroquery  {statistics.median(theirs):6.3f} s")
    print(f"ratio       {statistics.median(ratios):6.2f}   (promised: 2)")


def _our_seconds(client: Any) -> float:
    start = time.perf_counter()
    table = client.mast.service_request(SERVICE, PARAMS, pagesize=ROWS)
    seconds = time.perf_counter() - start
    assert len(table) == PAGES * ROWS
    return seconds


@contextmanager
def _peer(url: str) -> Iterator[Any]:
    """Gives the seconds of one run of the peer, or None where there is no peer."""
    python = os.environ.get("TOPMAST_PEER_PYTHON", sys.executable)
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen(
            [python, "-c", PEER],
            env=os.environ | {"XDG_CONFIG_HOME": _configured(home, url)},
            stderr=subprocess.DEVNULL,
            **pipes,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        ready = process.stdout.readline() == "ready\n"

        def seconds() -> float | None:
            if not ready:
                return None
            process.stdin.write("\n")
            process.stdin.flush()
            wall, rows = process.stdout.readline().split()
            assert int(rows) == PAGES * ROWS
            return float(wall)

        yield seconds
        if ready:
            process.stdin.close()


def _configured(home: str, url: str) -> str:
    """A configuration folder that points astroquery at `url`; it reads it when imported."""
    folder = Path(home) / "astropy"
    folder.mkdir()
    (folder / "astroquery.cfg").write_text(f"[mast]\nserver = {url}\n")
    return home


@contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.paging", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


# ---------------------------------------------------------------- the server's process


def _pages() -> list[bytes]:
    chance = random.Random(101)
    fields = [(field.name, field.type) for field in FILTERED]
    total = PAGES * ROWS
    bodies = []
    for page in range(1, PAGES + 1):
        rows = [observation(number, chance)[: len(fields)] for number in range(ROWS)]
        paging = Paging(page, ROWS, PAGES, ROWS, total, total)
        # The standard library's spacing is that of MAST's answers.
        bodies.append(json.dumps(json.loads(encode_answer(fields, rows, paging))).encode())
    return bodies


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pages: list[bytes] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(LATENCY_SECONDS)
        answer = b"{}"
        if self.path.endswith("/invoke"):
            answer = self.pages[(decode_request(body).page or 1) - 1]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


def _serve() -> None:
    _Handler.pages = _pages()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    _serve() if sys.argv[1:] == ["serve"] else main()
