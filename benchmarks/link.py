"""A local nginx that serves made-up FITS files, as near or as far away as wished.

The round trip is made inside nginx by its echo module: every request waits one round trip before
the first byte of its answer, and the first request of a connection waits a second one, as for
the handshake of TCP, and with TLS a third one. Nothing stands between client and nginx, so that
nothing there can become the bottleneck, and no client is treated otherwise than another. What is
not imitated is the slow start of TCP; a client that opens a new connection for each file has it
easier here than on a real link. ``limit_rate`` is nginx's own cap on each connection.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FILE_PATH", "Link", "Server", "nginx_or_reason", "served_by_nginx"]

FILE_PATH = "/api/v0.1/Download/file"
ECHO_MODULE = "/usr/lib/nginx/modules/ngx_http_echo_module.so"

CONFIG = """
{modules}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 2;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
    fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    default_type application/fits;
    sendfile on;
    tcp_nodelay on;
    keepalive_requests 1000000;
    keepalive_timeout 600;
    log_format short "$request_method $status $connection $bytes_sent";
    access_log {folder}/access.log short;
    map $arg_uri $file {{ ~^mast:BENCH/(?<name>[\\w./-]+)$ /$name; }}
    map $connection_requests $distance {{ 1 /first; default /later; }}
    server {{
        listen 127.0.0.1:{port}{tls};
        {certificate}
        root {files};
        location = {path} {{ rewrite ^ {start} last; }}
        location = /near {{ internal; limit_rate {rate}; rewrite ^ $file break; }}
        {far}
    }}
}}
"""
FAR = """
        location = /far {{ internal; rewrite ^ $distance last; }}
        location = /first {{ internal; echo_sleep {first}; echo_exec /near $args; }}
        location = /later {{ internal; echo_sleep {once}; echo_exec /near $args; }}
"""


@dataclass(frozen=True)
class Link:
    """How far away the server is, and how much it gives to one connection."""

    name: str
    latency_ms: float = 0.0
    rate: str = "0"
    tls: bool = False


@dataclass(frozen=True)
class Server:
    """A running nginx."""

    url: str
    log: Path
    certificate: Path | None = None

    def requests(self) -> int:
        """How many requests have been answered so far."""
        return len(self.log.read_text().splitlines())


def nginx_or_reason() -> str:
    """Why the benchmark cannot run; empty if it can."""
    if not shutil.which("nginx", path=_path()):
        return "nginx is missing (Debian: apt-get install nginx-light)."
    if not os.path.exists(ECHO_MODULE):
        return "nginx's echo module is missing (Debian: apt-get install libnginx-mod-http-echo)."
    return ""


@contextmanager
def served_by_nginx(files: Path, link: Link, folder: Path) -> Iterator[Server]:
    """`files` behind ``<url>/api/v0.1/Download/file?uri=mast:BENCH/<name>``."""
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    config = folder / "nginx.conf"
    certificate = _certificate(folder) if link.tls else None
    config.write_text(_config(files, link, folder, port))
    command = [str(shutil.which("nginx", path=_path())), "-c", str(config), "-p", str(folder)]
    nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, nginx, folder)
        scheme = "https" if link.tls else "http"
        yield Server(f"{scheme}://127.0.0.1:{port}", folder / "access.log", certificate)
    finally:
        nginx.terminate()
        nginx.wait()


def _config(files: Path, link: Link, folder: Path, port: int) -> str:
    seconds = link.latency_ms / 1000
    first = f"{(3 if link.tls else 2) * seconds:.3f}"  # nginx takes no 0.15000000000000002
    far = FAR.format(once=seconds, first=first) if seconds else ""
    lines = f"ssl_certificate {folder}/{CERTIFICATE}; ssl_certificate_key {folder}/{KEY};"
    return CONFIG.format(
        modules=f"load_module {ECHO_MODULE};" + (" user root;" if os.geteuid() == 0 else ""),
        folder=folder,
        files=files,
        port=port,
        tls=" ssl" if link.tls else "",
        certificate=lines if link.tls else "",
        rate=link.rate,
        path=FILE_PATH,
        start="/far" if seconds else "/near",
        far=far,
    )


CERTIFICATE, KEY = "certificate.pem", "key.pem"


def _certificate(folder: Path) -> Path:
    """A certificate for this machine, signed by itself; made by openssl."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(folder / KEY), "-out", str(folder / CERTIFICATE)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / CERTIFICATE


def _path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _wait_for(port: int, nginx: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(100):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        if nginx.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"nginx did not start; see {folder / 'error.log'}")
