"""The archive's app inside this process: requests go in and answers come out, without a socket.

The app is an ASGI coroutine. It is driven by hand, one step for each piece of the answer, in the
thread of the caller: no event loop and no extra thread, so it works inside a running loop (as in
a notebook), after a fork, and from any number of threads at once.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from topmast.archive.server.threads import in_process
from topmast.errors import UnreachableError
from topmast.net.messages import Headers, Limits, Request

App = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]
Message = Mapping[str, Any]

UNWANTED = {"accept-encoding"}
"""Packing and unpacking in one process would only cost time."""


class InProcess:
    """A transport (see net.session) that hands requests to `app`; `on_close` runs at the end."""

    def __init__(self, app: App, on_close: Callable[[], None] | None = None) -> None:
        self._app = app
        self._on_close = on_close
        self._closed = False

    def open(self, request: Request, limits: Limits) -> InProcessStream:
        """Send `request`; returns when the app has sent its headers."""
        if self._closed:
            raise UnreachableError("The archive in this process has been closed.")
        return InProcessStream(self._app, request, limits)

    def close(self) -> None:
        """Take no more requests."""
        if not self._closed:
            self._closed = True
            if self._on_close is not None:
                self._on_close()


class InProcessStream:
    """One answer, made by the app piece by piece as it is read."""

    def __init__(self, app: App, request: Request, limits: Limits) -> None:
        self.url: str = request.url
        self._has_body = request.method.upper() != "HEAD"
        self._coroutine = app(_scope_of(request, limits), _receiver(request.body or b""), _send)
        start = self._step()
        if start is None or start["type"] != "http.response.start":
            self.close()
            raise UnreachableError(f"The archive gave no answer to {request.url}.")
        self.status_code: int = start["status"]
        self.headers: Headers = Headers(
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
        )

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """The body, in pieces of at most `size` bytes."""
        more = self._has_body
        while more:
            message = self._step()
            if message is None:
                raise UnreachableError(f"The archive stopped in the middle of {self.url}.")
            body, more = message.get("body", b""), message.get("more_body", False)
            for start in range(0, len(body), size):
                yield bytes(body[start : start + size]) if len(body) > size else body
        self.close()

    def close(self) -> None:
        """Stop making the answer."""
        token = in_process.set(True)
        try:
            self._coroutine.close()
        finally:
            in_process.reset(token)

    def __enter__(self) -> InProcessStream:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _step(self) -> Message | None:
        """Run the app up to the next thing it sends; None when it has ended."""
        token = in_process.set(True)
        try:
            message: Message = self._coroutine.send(None)
        except StopIteration:
            return None
        finally:
            in_process.reset(token)
        return message


@types.coroutine
def _yield_message(message: Message) -> Generator[Message, None, None]:
    yield message


async def _send(message: Message) -> None:
    await _yield_message(message)


def _receiver(body: bytes) -> Callable[[], Coroutine[Any, Any, Message]]:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _scope_of(request: Request, limits: Limits) -> dict[str, Any]:
    url = urlsplit(request.url)
    raw_path = (url.path or "/").encode("ascii", "xmlcharrefreplace")
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers.setdefault("host", url.netloc.rpartition("@")[2])
    if request.body is not None:
        headers["content-length"] = str(len(request.body))
    seconds = [limits.read_seconds, limits.total_seconds]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method.upper(),
        "scheme": url.scheme,
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": url.query.encode("utf-8", "replace"),
        "root_path": "",
        "headers": [
            (name.encode("latin-1", "replace"), str(value).encode("latin-1", "replace"))
            for name, value in headers.items()
            if name not in UNWANTED
        ],
        "client": ("127.0.0.1", 0),
        "server": (url.hostname or "topmast.archive", url.port or 80),
        "state": {"patience_seconds": min(value for value in seconds if value is not None)},
    }
