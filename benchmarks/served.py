"""An archive folder served with a delay before each answer, as a far server would have."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Delayed:
    """An ASGI application behind a link with `seconds` of latency a request."""

    def __init__(self, app: Any, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


@contextmanager
def served(folder: Path, latency_ms: float) -> Iterator[str]:
    """Serve `folder` from a process of its own; gives the URL."""
    command = [sys.executable, "-m", "benchmarks.served", str(folder), str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> None:
    import uvicorn

    from topmast.archive import Archive

    folder, latency_ms = sys.argv[1:3]
    listener = socket.create_server(("127.0.0.1", 0))
    app = Delayed(Archive(folder).app(), float(latency_ms) / 1000)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
