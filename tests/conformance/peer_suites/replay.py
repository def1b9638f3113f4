"""A server that gives the answers which came with astroquery's own tests.

Those tests replace private functions of astroquery by ones that read such a file. Here the same
files come over HTTP, so that a client which has none of these functions can be tested too.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["replaying"]

ALICE = {
    "eppn": "alice@stsci.edu",
    "ezid": "alice",
    "anon": False,
    "scopes": ["mast:user:info", "mast:exclusive_access"],
    "attrib": {"display_name": "A. User", "email": "alice@example.org"},
    "session": None,
    "token": "56a9cf3d...",
}
COLUMNS = (("Tess.Cone", "ticcolumns"), ("Dd.Cone", "ddcolumns"), ("", "columnsconfig"))
INVOKE = (
    (r"COUNT_BIG", "Counts"),
    (r"Catalogs\.All\.Tic|Filtered\.Tic\.Position", "ticcol_filtered"),
    (r"Catalogs\.All\.DiskDetective", "ddcol_filtered"),
)
"""Requests to the portal that are not answered by the file of their service."""
CARDS = (("SIMPLE", "T"), ("BITPIX", "8"), ("NAXIS", "0"))
HEADER = "".join(f"{name:8}= {value:>20}".ljust(80) for name, value in CARDS) + "END"
PRODUCT = HEADER.ljust(2880).encode()
"""The smallest FITS file there is."""


@contextmanager
def replaying(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """Serve the answers in `folder`; `files` tells the file of each service. Gives the URL."""
    handler = type("Handler", (Replay,), {"folder": folder, "files": files})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Replay(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    folder: ClassVar[Path]
    files: ClassVar[Mapping[str, str]]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        url = urlsplit(self.path)
        asked = unquote(body or url.query).replace("+", " ")
        found = next(answer for path, answer in ANSWERS if re.search(path, url.path))
        status, content = found(self, asked)
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_POST = do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def file(self, name: str) -> tuple[int, bytes]:
        return 200, (self.folder / self.files[name]).read_bytes()

    def columns(self, asked: str) -> tuple[int, bytes]:
        return self.file(next(name for part, name in COLUMNS if part in asked))

    def portal(self, asked: str) -> tuple[int, bytes]:
        name = next((name for part, name in INVOKE if re.search(part, asked)), "")
        if name:
            return self.file(name)
        service = json.loads(parse_qs(asked)["request"][0])["service"]
        known = {each.lower(): each for each in self.files}
        return self.file(known.get(service.lower(), service))

    def names(self, asked: str) -> tuple[int, bytes]:
        return self.file("Mast.Name.Lookup")

    def cloud_path(self, asked: str) -> tuple[int, bytes]:
        return self.file("mast_relative_path")

    def whoami(self, asked: str) -> tuple[int, bytes]:
        return 200, json.dumps(ALICE).encode()

    def product(self, asked: str) -> tuple[int, bytes]:
        return (401, b"") if "unauthorized" in asked else (200, PRODUCT)

    def mission_columns(self, asked: str) -> tuple[int, bytes]:
        return self.file("mission_columns")

    def mission_products(self, asked: str) -> tuple[int, bytes]:
        return self.file("mission_products")

    def mission_search(self, asked: str) -> tuple[int, bytes]:
        return self.file("mission_search_results")

    def stars(self, asked: str) -> tuple[int, bytes]:
        return self.file("panstarrs")

    def star_columns(self, asked: str) -> tuple[int, bytes]:
        return self.file("panstarrs_columns")

    def sectors(self, asked: str) -> tuple[int, bytes]:
        return self.file("tess_sector")

    def tess_cutout(self, asked: str) -> tuple[int, bytes]:
        return self.file("tess_cutout")

    def surveys(self, asked: str) -> tuple[int, bytes]:
        return self.file("z_survey")

    def survey_cutout(self, asked: str) -> tuple[int, bytes]:
        return self.file("z_cutout_jpg" if "jpg" in asked else "z_cutout_fit")

    def nothing(self, asked: str) -> tuple[int, bytes]:
        return 404, b""


ANSWERS = (
    ("columnsconfig", Replay.columns),
    ("invoke", Replay.portal),
    ("Santa-war", Replay.names),
    ("path_lookup", Replay.cloud_path),
    ("whoami", Replay.whoami),
    ("Download|getdata|ecfproxy|retrieve_product", Replay.product),
    ("column_list", Replay.mission_columns),
    ("list_products", Replay.mission_products),
    ("/search$", Replay.mission_search),
    ("panstarrs.*metadata", Replay.star_columns),
    ("panstarrs", Replay.stars),
    ("tesscut.*sector", Replay.sectors),
    ("tesscut", Replay.tess_cutout),
    ("zcut.*survey", Replay.surveys),
    ("zcut", Replay.survey_cutout),
    ("", Replay.nothing),
)
