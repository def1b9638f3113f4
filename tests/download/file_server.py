"""A well-behaved file server with a limited rate, that counts what it sends."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote

__all__ = ["FileServer"]

PIECE = 1 << 16


class FileServer:
    """Serves contents by URI; a context manager.

    Parameters
    ----------
    files : mapping
        The content of each URI.
    rate : float, optional
        Bytes a second of each connection.
    latency : float
        Seconds before each answer.
    """

    def __init__(
        self, files: Mapping[str, bytes], rate: float | None = None, latency: float = 0.0
    ) -> None:
        self.files = dict(files)
        self.rate = rate
        self.latency = latency
        self.sent: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self._lock = threading.Lock()
        owner = self

        class Handler(_Handler):
            server_of_files = owner

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FileServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def count(self, uri: str, sent: int) -> None:
        with self._lock:
            self.sent[uri] += sent


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_files: FileServer

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # What is sent is counted when it has left; a small buffer keeps the count honest.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        owner = self.server_of_files
        uri = unquote(self.path.partition("uri=")[2])
        content = owner.files.get(uri)
        owner.requests[uri] += 1
        time.sleep(owner.latency)
        if content is None:
            self.send_error(404)
            return
        first, end = self._range(content, f'"{hash(content) & 0xFFFFFFFF:x}"')
        self._send(uri, memoryview(content)[first:end])

    def _range(self, content: bytes, etag: str) -> tuple[int, int]:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if match and self.headers.get("If-Range", etag) == etag and int(match[1]) < len(content):
            first = int(match[1])
            end = min(int(match[2]) + 1, len(content)) if match[2] else len(content)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{end - 1}/{len(content)}")
        else:
            first, end = 0, len(content)
            self.send_response(200)
        self.send_header("ETag", etag)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - first))
        self.end_headers()
        return first, end

    def _send(self, uri: str, view: memoryview) -> None:
        owner = self.server_of_files
        began, sent = time.monotonic(), 0
        piece = PIECE if owner.rate is None else max(1024, min(PIECE, int(owner.rate / 200)))
        while sent < len(view):
            part = view[sent : sent + piece]
            self.wfile.write(part)
            sent += len(part)
            owner.count(uri, len(part))
            if owner.rate is not None:
                time.sleep(max(0.0, began + sent / owner.rate - time.monotonic()))
