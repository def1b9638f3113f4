"""Five pages of 10,000 observations at 50 ms a request, beside astroquery on the same server.

Wall time of the same call, both taking turns; the server has its answers ready.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from topmast.tables.fields import FILTERED
from topmast.wire.answers import Paging
from topmast.wire.encoding import encode_answer
from topmast.wire.portal import decode_request

from .observations import SEED, observation
from .turns import take_turns

PAGES, ROWS, LATENCY_SECONDS, PAIRS, PROMISED = 5, 10_000, 0.05, 7, 2
PARAMS = {"columns": "*", "filters": [{"paramName": "obs_collection", "values": ["HST"]}]}
CALL = f"mast.service_request('Mast.Caom.Filtered', {PARAMS!r}, pagesize={ROWS})"


def main() -> None:
    with _server() as server:
        turns = take_turns(server, CALL, CALL, pairs=PAIRS)
    assert all(run.rows == PAGES * ROWS for run in (*turns.ours, *turns.theirs))
    print(f"{PAGES} pages of {ROWS:,} rows, {LATENCY_SECONDS * 1000:.0f} ms a request, wall")
    turns.report("wall", PROMISED)


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
    chance = random.Random(SEED)
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
