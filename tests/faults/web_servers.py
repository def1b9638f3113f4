"""Real web servers in front of an archive, and real proxies before it, each on a free port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

USER, PASSWORD = "visitor", "pass-word"


@dataclass(frozen=True)
class Place:
    """Where a server runs and what it needs."""

    folder: Path
    port: int
    behind: str
    """host:port of the archive."""
    certificate: Path
    """Key and certificate in one file; the certificate alone has `.crt` behind it."""

    @property
    def crt(self) -> str:
        return f"{self.certificate}.crt"


def nginx(place: Place, tls: bool) -> list[str]:
    """nginx with gzip, which answers in chunks what it compresses."""
    secure = f"ssl_certificate {place.crt}; ssl_certificate_key {place.certificate};" if tls else ""
    config = f"""
        worker_processes 1; pid {place.folder}/nginx.pid; error_log stderr crit;
        events {{}}
        http {{
          access_log off; client_max_body_size 64m; gzip on; gzip_proxied any; gzip_types *;
          {temporary(place, ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
          server {{
            listen 127.0.0.1:{place.port} {"ssl" if tls else ""}; {secure}
            location / {{ proxy_pass http://{place.behind}; proxy_http_version 1.1;
                          proxy_set_header Host $http_host; }}
          }}
        }}"""
    return ["nginx", "-p", f"{place.folder}", "-c", written(place, config), "-g", "daemon off;"]


def temporary(place: Place, kinds: tuple[str, ...]) -> str:
    return " ".join(f"{kind}_temp_path {place.folder}/{kind};" for kind in kinds)


def apache(place: Place, tls: bool) -> list[str]:
    """Apache with mod_deflate."""
    names = "mpm_event authz_core proxy proxy_http filter deflate ssl".split()
    loads = "\n".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in names
    )
    secure = (
        f"SSLEngine on\nSSLCertificateFile {place.crt}\nSSLCertificateKeyFile {place.certificate}"
    )
    config = f"""{loads}
ServerRoot {place.folder}
ServerName 127.0.0.1
PidFile {place.folder}/pid
DefaultRuntimeDir {place.folder}
Mutex file:{place.folder}
ErrorLog {place.folder}/error.log
Listen 127.0.0.1:{place.port}
User {"www-data" if os.geteuid() == 0 else f"#{os.geteuid()}"}
ProxyPass / http://{place.behind}/
ProxyPreserveHost On
SetOutputFilter DEFLATE
{secure if tls else ""}
"""
    return ["apache2", "-f", written(place, config), "-D", "FOREGROUND"]


def haproxy(place: Place, tls: bool) -> list[str]:
    """HAProxy with compression."""
    secure = f"ssl crt {place.certificate}" if tls else ""
    config = f"""
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:{place.port} {secure}
  compression algo gzip
  default_backend archive
backend archive
  server archive {place.behind}
"""
    return ["haproxy", "-db", "-q", "-f", written(place, config)]


NODE = """
const http = require('http'), https = require('https'), fs = require('fs');
const [host, port] = '%(behind)s'.split(':');
const forward = (request, answer) => {
  const asked = http.request({host, port, path: request.url, method: request.method,
                              headers: request.headers}, (reply) => {
    delete reply.headers['content-length'];
    delete reply.headers['connection'];
    answer.writeHead(reply.statusCode, reply.headers);
    reply.pipe(answer);
  });
  asked.on('error', () => answer.destroy());
  request.pipe(asked);
};
const files = {key: fs.readFileSync('%(key)s'), cert: fs.readFileSync('%(crt)s')};
(%(tls)s ? https.createServer(files, forward) : http.createServer(forward))
  .listen(%(port)s, '127.0.0.1');
"""


def node(place: Place, tls: bool) -> list[str]:
    """Node, which here leaves out every length: all answers come in chunks."""
    words = {
        "behind": place.behind,
        "key": place.certificate,
        "crt": place.crt,
        "port": place.port,
        "tls": "true" if tls else "false",
    }
    return ["node", written(place, NODE % words)]


def squid(place: Place, login: bool) -> list[str]:
    """Squid, as a proxy that may ask for a password."""
    helper = Path("/usr/lib/squid/basic_ncsa_auth")
    if login and not helper.exists():
        pytest.skip("squid's password helper is not here")
    passwords = place.folder / "passwords"
    secret = subprocess.run(
        ["openssl", "passwd", "-apr1", PASSWORD], capture_output=True, text=True, check=True
    )
    passwords.write_text(f"{USER}:{secret.stdout}")
    passwords.chmod(0o644)
    who = f"""
auth_param basic program {helper} {passwords}
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
"""
    config = f"""
http_port 127.0.0.1:{place.port}
{who if login else "http_access allow all"}
cache deny all
access_log none
cache_log {place.folder}/cache.log
pid_filename none
shutdown_lifetime 0 seconds
cache_effective_user {"proxy" if os.geteuid() == 0 else os.environ.get("USER", "nobody")}
coredump_dir {place.folder}
"""
    return ["squid", "-N", "-f", written(place, config)]


def tinyproxy(place: Place, login: bool) -> list[str]:
    """Tinyproxy."""
    config = f"""
Port {place.port}
Listen 127.0.0.1
Timeout 60
LogLevel Critical
{f"BasicAuth {USER} {PASSWORD}" if login else ""}
"""
    return ["tinyproxy", "-d", "-c", written(place, config)]


Command = Callable[[Place, bool], list[str]]
SERVERS: dict[str, Command] = {
    "nginx": nginx,
    "apache2": apache,
    "haproxy": haproxy,
    "node": node,
}
PROXIES: dict[str, Command] = {"squid": squid, "tinyproxy": tinyproxy}


def written(place: Place, config: str) -> str:
    path = place.folder / "config"
    path.write_text(config)
    return f"{path}"


@contextmanager
def running(command: Command, option: bool, place: Place) -> Iterator[None]:
    """Start a server and wait until it listens; skip where it is not installed."""
    place.folder.chmod(0o777)
    words = command(place, option)
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    program = shutil.which(words[0], path=path)
    if program is None:
        pytest.skip(f"{words[0]} is not installed")
    log = place.folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen([program, *words[1:]], stdout=output, stderr=output) as process,
    ):
        try:
            wait_for(place.port, process, log)
            yield
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(3)
            process.kill()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, log.read_text(errors="replace")
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}: {log.read_text(errors='replace')}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
