"""An archive folder served from a process of its own, as a near server or a far one would."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["served"]


class Distant:
    """An ASGI application behind a link with `seconds` of latency a request."""

    def __init__(self, app: Any, seconds: float, gzip: bool) -> None:
        self.app = app
        self.seconds = seconds
        self.gzip = gzip

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(self.seconds)
        if self.gzip and scope.get("client"):
            # The archive packs no answer for a client on its own machine; this one looks remote.
            scope = scope | {"client": ("192.0.2.1", scope["client"][1])}
        await self.app(scope, receive, send)


class Served(str):
    """The URL of a server, which knows its process."""

    pid = 0

    def cpu_seconds(self) -> float:
        """CPU time that the server has taken so far, where the system tells."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        except OSError:
            return 0.0
        return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(folder: Path, latency_ms: float = 0, *, gzip: bool = False) -> Iterator[Served]:
    """Serve `folder` from a process of its own; gives the URL."""
    options = [str(folder), str(latency_ms), str(int(gzip))]
    command = [sys.executable, "-m", "benchmarks.served", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = Served(process.stdout.readline().strip())
            url.pid = process.pid
            yield url
        finally:
            process.terminate()


def main() -> None:
    import uvicorn

    from topmast.archive import Archive

    folder, latency_ms, gzip = sys.argv[1:4]
    listener = socket.create_server(("127.0.0.1", 0))
    app = Distant(Archive(folder).app(), float(latency_ms) / 1000, gzip == "1")
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
