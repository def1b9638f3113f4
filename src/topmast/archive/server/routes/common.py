"""What all addresses need: the archive, a bounded body, compressed answers, and no stack traces."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from topmast.archive.server.threads import in_process, in_thread
from topmast.errors import InvalidQueryError

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

LOGGER = logging.getLogger("topmast")

LARGEST_BODY = 16 << 20
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


def message(status_code: int, text: str) -> Response:
    """A short answer in JSON that says what is wrong."""
    body = {"status": "ERROR", "msg": text}
    return Response(json.dumps(body), status_code, media_type="application/json")


def with_errors_as_answers(endpoint: Endpoint) -> Endpoint:
    """`endpoint`, with every error turned into an answer; the unexpected ones are logged.

    An answer that depends on a login is marked, so that no cache hands it to somebody else.
    """

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            response = await endpoint(request)
        except InvalidQueryError as problem:
            response = message(400, str(problem))
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
    async for piece in request.stream():
        length += len(piece)
        if length > most:
            raise HTTPException(413, f"The body is longer than {most} bytes.")
        pieces.append(piece)
    return b"".join(pieces)


async def compressed(request: Request, content: bytes, media_type: str) -> Response:
    """`content` as an answer, gzipped for a client on another machine that takes it so."""
    if not _wants_gzip(request) or len(content) < WORTH_COMPRESSING:
        return Response(content, media_type=media_type, headers={"Vary": "Accept-Encoding"})
    small = await in_thread(lambda: gzip.compress(content, compresslevel=1, mtime=0))
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(small, media_type=media_type, headers=headers)


def _wants_gzip(request: Request) -> bool:
    accepted = request.headers.get("accept-encoding", "").lower()
    near = request.client is not None and request.client.host in NEARBY
    return "gzip" in accepted and "gzip;q=0" not in accepted and not near and not in_process.get()
