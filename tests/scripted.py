"""A transport that answers from a function and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from topmast.net.messages import Headers, Limits, Request
from topmast.net.session import Session
from topmast.wire.answers import Paging
from topmast.wire.encoding import encode_answer
from topmast.wire.portal import MashupRequest, decode_request

Answer = Callable[[Request], bytes | tuple[int, bytes]]


class Scripted:
    """Answers every request with what `answer` gives for it; `requests` lists them."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.requests: list[Request] = []

    def open(self, request: Request, limits: Limits) -> ScriptedStream:
        self.requests.append(request)
        reply = self._answer(request)
        status, content = reply if isinstance(reply, tuple) else (200, reply)
        return ScriptedStream(status, content, request.url)

    def close(self) -> None:
        pass

    @property
    def mashups(self) -> list[MashupRequest]:
        """The portal's questions among the requests."""
        return [
            decode_request(request.body or b"")
            for request in self.requests
            if request.url.endswith("/invoke")
        ]

    def queries(self, path: str) -> list[dict[str, list[str]]]:
        """The query strings of the requests for `path`."""
        urls = [urlsplit(request.url) for request in self.requests]
        return [parse_qs(url.query) for url in urls if url.path == path]


class ScriptedStream:
    def __init__(self, status: int, content: bytes, url: str) -> None:
        self.status_code = status
        self.url = url
        self.headers = Headers({"Content-Length": str(len(content))})
        self._content = content

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        if self._content:
            yield self._content

    def close(self) -> None:
        pass

    def __enter__(self) -> ScriptedStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


def session_with(answer: Answer, **settings: Any) -> tuple[Session, Scripted]:
    """A session whose requests all go to a scripted transport, and that transport."""
    scripted = Scripted(answer)
    return Session("scripted", open_folder=lambda path: scripted, **settings), scripted


def table_answer(
    fields: list[tuple[str, str]], rows: list[list[Any]], *, page: int = 1, pages: int = 1
) -> bytes:
    """A portal answer with these rows."""
    paging = Paging(
        page=page,
        page_size=max(1, len(rows)),
        pages_filtered=pages,
        rows=len(rows),
        rows_filtered=len(rows) * pages,
        rows_total=len(rows) * pages,
    )
    return encode_answer(fields, rows, paging)


def names_answer(*entries: tuple[str, str, float, float]) -> bytes:
    """A resolver's answer: name, resolver, ra and dec of each entry."""
    found = [
        {"searchString": name.lower(), "resolver": resolver, "ra": ra, "decl": dec}
        for name, resolver, ra, dec in entries
    ]
    return json.dumps({"resolvedCoordinate": found, "status": ""}).encode()
