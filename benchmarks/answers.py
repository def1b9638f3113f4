"""A server that has the pages of one large answer ready, so that only the client is measured.

All pages have the same rows; what a page is made of is in memory once, also as gzip.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from topmast.tables.fields import FILTERED
from topmast.wire.encoding import encode_answer
from topmast.wire.portal import decode_request

from .observations import SEED, observation

__all__ = ["PARAMS", "prepared_pages"]

PARAMS = {"columns": "*", "filters": [{"paramName": "obs_collection", "values": ["HST"]}]}
FIELDS = [(field.name, field.type) for field in FILTERED]


@contextmanager
def prepared_pages(
    pages: int, rows: int, *, latency_ms: float = 0, gzip: bool = False, fields_first: bool = False
) -> Iterator[str]:
    """Serve `pages` of `rows` observations from a process of its own; gives the URL."""
    options = [str(pages), str(rows), str(latency_ms), str(int(gzip)), str(int(fields_first))]
    command = [sys.executable, "-m", "benchmarks.answers", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


# ---------------------------------------------------------------- the server's process


def _body(rows: int, *, fields_first: bool) -> tuple[bytes, bytes]:
    """An answer without its paging, in front of it and behind it."""
    chance = random.Random(SEED)
    made = [observation(number, chance)[: len(FIELDS)] for number in range(rows)]
    answer = json.loads(encode_answer(FIELDS, made))
    order = ["status", "msg", "fields", "paging", "data"] if fields_first else list(answer)
    whole = {name: answer.get(name, "PAGING") for name in (*order, "paging")}
    # The standard library's spacing is that of MAST's answers.
    front, _, back = json.dumps(whole).partition('"PAGING"')
    return front.encode(), back.encode()


def _paging(page: int, pages: int, rows: int) -> bytes:
    total = pages * rows
    paging = {"page": page, "pageSize": rows, "pagesFiltered": pages, "rows": rows}
    return json.dumps(paging | {"rowsFiltered": total, "rowsTotal": total}).encode()


def _packed(part: bytes) -> bytes:
    packer = zlib.compressobj(6, wbits=31)
    return packer.compress(part) + packer.flush()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pages: list[list[bytes]] = []
    seconds = 0.0
    gzip = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.seconds)
        if self.path.endswith("/invoke"):
            self._send(self.pages[(decode_request(body).page or 1) - 1], self.gzip)
        else:
            self._send([b"{}"], False)

    def _send(self, parts: list[bytes], gzip: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if gzip:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(sum(map(len, parts))))
        self.end_headers()
        for part in parts:
            self.wfile.write(part)

    def log_message(self, *_: Any) -> None:
        pass


def _serve(pages: int, rows: int, latency_ms: float, gzip: bool, fields_first: bool) -> None:
    front, back = _body(rows, fields_first=fields_first)
    parts = [[front, _paging(page, pages, rows), back] for page in range(1, pages + 1)]
    if gzip:
        packed = {part: _packed(part) for each in parts for part in each}  # members of one file
        parts = [[packed[part] for part in each] for each in parts]
    _Handler.pages, _Handler.seconds, _Handler.gzip = parts, latency_ms / 1000, gzip
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    pages, rows, latency_ms, gzip, fields_first = sys.argv[1:6]
    _serve(int(pages), int(rows), float(latency_ms), gzip == "1", fields_first == "1")
