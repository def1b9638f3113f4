"""500 x 200 KB from S3, beside astroquery, from moto's server behind nginx.

Each client is a process of its own. path_lookup is answered here; moto holds the objects, and nginx
keeps them in memory, gives them out as S3 does, and adds 50 ms to each request, so that moto, which
takes milliseconds of CPU a request, is not what is measured. ``TOPMAST_MOTO_PYTHON`` names an
interpreter that has moto's server, ``TOPMAST_PEER_PYTHON`` one that has astroquery and boto3.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from .link import ECHO_MODULE, nginx_or_reason

COUNT = int(os.environ.get("TOPMAST_BENCH_FILES", "500"))
SIZE = 200_000
LATENCY_MS = 50
MOTO_PYTHON = os.environ.get("TOPMAST_MOTO_PYTHON", "")
PEER_PYTHON = os.environ.get("TOPMAST_PEER_PYTHON", sys.executable)

CONFIG = """
load_module {module};{user}
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
    fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    proxy_cache_path {folder}/cache keys_zone=objects:10m max_size=1g inactive=1h;
    log_format short "$request_method $status $bytes_sent";
    access_log {folder}/access.log short;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port};
        location / {{ echo_sleep {seconds}; echo_exec @objects; }}
        location @objects {{
            proxy_pass http://127.0.0.1:{moto}; proxy_cache objects; proxy_cache_valid 200 1h;
            proxy_cache_key $uri; proxy_force_ranges on; proxy_ignore_headers Cache-Control Expires;
        }}
    }}
}}
"""

CLIENTS = {
    "topmast": """
from topmast import connect
client = connect(sys.argv[1], s3_server=sys.argv[2])
observations = client.observations
""",
    "astroquery": """
import warnings
warnings.simplefilter("ignore")
os.environ.update(AWS_ENDPOINT_URL_S3=sys.argv[2], AWS_DEFAULT_REGION="us-east-1")
from astroquery.mast import Observations as observations, utils
ask = utils._simple_request
utils._simple_request = lambda url, *rest, **more: ask(
    url.replace("https://mast.stsci.edu", sys.argv[1]), *rest, **more
)
""",
}
WORK = """
import json, os, resource, sys, time
{client}
from astropy.table import Table
names = [f"f{{n:04}}.dat" for n in range(int(sys.argv[3]))]
products = Table({{
    "dataURI": [f"mast:HST/product/{{name}}" for name in names], "productFilename": names,
    "obs_id": names, "obs_collection": ["HST"] * len(names),
    "productGroupDescription": [""] * len(names),
}})
observations.enable_cloud_dataset(verbose=False)
began, cpu = time.perf_counter(), time.process_time()
if sys.argv[4] == "uris":
    found = observations.get_cloud_uris(products)
    assert len(found) == len(names), len(found)
else:
    manifest = observations.download_products(
        products, download_dir=sys.argv[4], flat=True, cloud_only=True, verbose=False,
        mrp_only=False,
    )
    assert set(manifest["Status"]) == {{"COMPLETE"}}, manifest
print(json.dumps([time.perf_counter() - began, time.process_time() - cpu]))
"""


def main() -> None:
    reason = nginx_or_reason() or ("" if MOTO_PYTHON else "TOPMAST_MOTO_PYTHON is not set.")
    if reason:
        print(reason)
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, archive() as home:
        with moto() as port, far(Path(folder), port) as s3:
            fill(port)
            run("topmast", home, s3, COUNT, Path(folder, "warm"))
            for what, count in (("download", COUNT), ("uris", COUNT)):
                taken = {}
                for client in CLIENTS:
                    to = None if what == "uris" else Path(folder, f"{client}-files")
                    before = requests(Path(folder))
                    wall, cpu = taken[client] = run(client, home, s3, count, to)
                    asked = requests(Path(folder)) - before
                    print(
                        f"{what} {count}: {client} {wall:.2f} s, CPU {cpu:.2f} s, "
                        f"{asked} requests of S3",
                        flush=True,
                    )
                ratios = [b / a for a, b in zip(taken["topmast"], taken["astroquery"], strict=True)]
                print(f"{what}: {ratios[0]:.1f} times faster, {ratios[1]:.1f} times less CPU")


def run(client: str, home: str, s3: str, count: int, folder: Path | None) -> tuple[float, float]:
    if folder is not None:
        folder.mkdir()
    code = WORK.format(client=CLIENTS[client])
    python = PEER_PYTHON if client == "astroquery" else sys.executable
    words = [home, s3, str(count), "uris" if folder is None else str(folder)]
    done = subprocess.run([python, "-c", code, *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    if folder is not None:
        assert sum(path.stat().st_size == SIZE for path in folder.rglob("*.dat")) == count
        shutil.rmtree(folder)
    wall, cpu = json.loads(done.stdout.splitlines()[-1])
    return wall, cpu


def requests(folder: Path) -> int:
    time.sleep(0.2)
    return len((folder / "nginx/access.log").read_text().splitlines())


class PathLookup(BaseHTTPRequestHandler):
    """The archive, as far as it says what is in the cloud."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        uris = [value for name, value in parse_qsl(urlsplit(self.path).query) if name == "uri"]
        paths = {
            uri: {"status_code": 200, "path": "/hst/" + uri.rpartition("/")[2]} for uri in uris
        }
        body = json.dumps(paths).encode()
        time.sleep(LATENCY_MS / 1000)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def archive() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), PathLookup)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@contextmanager
def moto() -> Iterator[int]:
    port = free_port()
    code = f"from moto.server import main; main(['-p', '{port}'])"
    command = [MOTO_PYTHON, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()


@contextmanager
def far(folder: Path, moto_port: int) -> Iterator[str]:
    port, place = free_port(), folder / "nginx"
    place.mkdir()
    user = " user root;" if os.geteuid() == 0 else ""
    config = CONFIG.format(
        module=ECHO_MODULE,
        user=user,
        folder=place,
        port=port,
        moto=moto_port,
        seconds=LATENCY_MS / 1000,
    )
    (place / "nginx.conf").write_text(config)
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    command = [str(nginx), "-c", str(place / "nginx.conf"), "-p", str(place)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def fill(port: int) -> None:
    import urllib3

    pool = urllib3.PoolManager()
    url = f"http://127.0.0.1:{port}/stpubdata"
    pool.request("PUT", url)
    for number in range(COUNT):
        headers = {"x-amz-acl": "public-read", "Content-Type": "application/octet-stream"}
        target = f"{url}/hst/f{number:04}.dat"
        answer = pool.request("PUT", target, body=os.urandom(SIZE), headers=headers)
        assert answer.status == 200, answer.data


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"Nothing listens at port {port}.")


if __name__ == "__main__":
    main()
