"""Write down which requests a client sends for each call: an app around the archive's app.

``python -m tests.conformance.requests_recorder astroquery|topmast SERVER`` makes the calls that it
reads from standard input, and tells the recorder before each which one follows.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["Recorder", "Sent"]

MARK = "/-/next-call"
INVOKE = "/api/v0/invoke"

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Sent:
    """One request, told by what it means: its parameters are decoded and the rest left out."""

    method: str
    path: str
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The service of the portal that is asked; "" for another address."""
        return str(self.parameters.get("service", "")) if self.path == INVOKE else ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {json.dumps(self.parameters, sort_keys=True)}"


class Recorder:
    """An archive that is served as `archive` would be, and remembers what was asked of it."""

    def __init__(self, archive: Any) -> None:
        self._answer = archive.app()
        self.calls: list[list[Sent]] = []

    def app(self) -> Recorder:
        """The ASGI app to serve: itself."""
        return self

    async def __call__(self, scope: Message, receive: Receive, send: Any) -> None:
        body = await _whole_body(receive)
        if scope["path"] == MARK:
            self.calls.append([])
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
            return
        if self.calls:
            self.calls[-1].append(sent(scope["method"], scope["path"], scope["query_string"], body))
        await self._answer(scope, _once(body, receive), send)


async def _whole_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _once(body: bytes, receive: Receive) -> Receive:
    """The body again in one piece, and then what else comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def sent(method: str, path: str, query: bytes, body: bytes) -> Sent:
    """What a request asks for; what only makes it unlike others (cacheBreaker) is left out."""
    asked: dict[str, Any] = {}
    for name, value in parse_qsl(f"{query.decode()}&{body.decode()}", keep_blank_values=True):
        asked.setdefault(name, []).append(value)
    if "request" in asked:
        asked = json.loads(asked["request"][0])
        asked.pop("cacheBreaker", None)
    return Sent(method, path, asked)


def main() -> None:
    """Make the calls in turn; what they give is not looked at here."""
    from tests.conformance.evaluate import evaluate, from_astroquery, from_topmast

    package, server = sys.argv[1:3]
    calls = json.load(sys.stdin)
    names = (from_astroquery if package == "astroquery" else from_topmast)(server)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    os.chdir(tempfile.mkdtemp())
    for call in calls:
        opener.open(server + MARK).close()
        evaluate(call, names)


if __name__ == "__main__":
    main()
