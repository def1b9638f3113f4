"""What all addresses need: the archive, a bounded body, compressed answers, and no stack traces."""

from __future__ import annotations

import gzip
import json
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from topmast.archive.portal.jobs import BusyError
from topmast.archive.server.threads import in_process, in_thread
from topmast.errors import InvalidQueryError

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

LOGGER = logging.getLogger("topmast")

LARGEST_BODY = 16 << 20
FREE_BODY = 64 << 10
MOST_BODIES = 128 << 20
MOST_BODIES_OF_ONE = 64 << 20
"""Bytes of the bodies that are under way, all together and from one address."""
WORTH_COMPRESSING = 4096
NEARBY = ("127.0.0.1", "::1", "::ffff:127.0.0.1")

Endpoint = Callable[[Request], Awaitable[Response]]


def archive_of(request: Request) -> Archive:
    """The archive that this app serves."""
    archive: Archive = request.app.state.archive
    return archive


def base_url_of(request: Request) -> str:
    """The address under which the client knows this server, without a slash at its end."""
    return str(request.base_url).rstrip("/")


def client_of(request: Request) -> str:
    """Who asks, for a fair share: the address, of IPv6 that of its network (a /64)."""
    host = request.client.host if request.client else ""
    return ":".join(host.split(":")[:4]) if host.count(":") > 1 and "." not in host else host


def query_of(request: Request) -> str:
    """What follows the question mark of the address."""
    return str(request.scope["query_string"].decode("latin-1"))


def message(status_code: int, text: str, retry_seconds: float | None = None) -> Response:
    """A short answer in JSON that says what is wrong, and when it is worth while to ask again."""
    body = json.dumps({"status": "ERROR", "msg": text})
    headers = {} if retry_seconds is None else {"Retry-After": f"{math.ceil(retry_seconds)}"}
    return Response(body, status_code, headers, media_type="application/json")


@cache
def endpoint_named(name: str) -> Endpoint:
    """The function ``package.module.function`` of the server, imported when it is first asked for.

    Most programs that use a folder ask at two or three addresses of a hundred.
    """
    module, function = name.rsplit(".", 1)
    endpoint: Endpoint = getattr(import_module(f"topmast.archive.server.{module}"), function)
    return endpoint


def with_errors_as_answers(name: str) -> Endpoint:
    """The endpoint `name`, with every error turned into an answer; unexpected ones are logged.

    An answer that depends on a login is marked, so that no cache hands it to somebody else.
    """

    async def answered(request: Request) -> Response:
        try:
            response = await endpoint_named(name)(request)
        except InvalidQueryError as problem:
            response = message(400, str(problem))
        except BusyError as problem:
            response = message(503, str(problem), problem.retry_seconds)
        except HTTPException:
            raise
        except ClientDisconnect:
            response = message(400, "The request was cut short.")
        except Exception:
            LOGGER.exception("%s %s failed", request.method, request.url.path)
            response = message(500, "The archive failed at this request; see its log.")
        if hasattr(request.state, "user"):
            response.headers.setdefault("Cache-Control", "private")
            response.headers.add_vary_header("Authorization, Cookie")
        return response

    return answered


async def read_body(request: Request, most: int = LARGEST_BODY) -> bytes:
    """The body of the request; one that is too long is refused before it is all here."""
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > most:
        raise HTTPException(413, f"The body is longer than {most} bytes.")
    pieces, length = [], 0
    held: Counter[str] = request.app.state.body_bytes
    client = client_of(request)
    try:
        async for piece in request.stream():
            length += len(piece)
            held[client] += len(piece)
            if length > most:
                raise HTTPException(413, f"The body is longer than {most} bytes.")
            if length > FREE_BODY and (
                held[client] > MOST_BODIES_OF_ONE or held.total() > MOST_BODIES
            ):
                raise BusyError("The archive is busy with other large requests. Ask again later.")
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        held[client] -= length
        if not held[client]:
            del held[client]


async def body_or_query(request: Request) -> bytes:
    """The body of a POST, or what the address says where there is none."""
    body = await read_body(request) if request.method == "POST" else b""
    return body or bytes(request.scope["query_string"])


async def compressed(request: Request, content: bytes, media_type: str) -> Response:
    """`content` as an answer, gzipped for a client on another machine that takes it so."""
    if not wants_gzip(request) or len(content) < WORTH_COMPRESSING:
        return Response(content, media_type=media_type, headers={"Vary": "Accept-Encoding"})
    small = await in_thread(lambda: gzip.compress(content, compresslevel=1, mtime=0))
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(small, media_type=media_type, headers=headers)


def wants_gzip(request: Request) -> bool:
    """Whether the client takes gzip and is on another machine."""
    accepted = request.headers.get("accept-encoding", "").lower()
    near = request.client is not None and request.client.host in NEARBY
    return "gzip" in accepted and "gzip;q=0" not in accepted and not near and not in_process.get()
