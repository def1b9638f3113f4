"""Single files: every address under which clients have asked for a product since 2017."""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from topmast.archive.accounts.rights import restricted
from topmast.archive.catalogs.spectrum_files import uri_in_query
from topmast.archive.portal.answers import AnswerFile
from topmast.archive.server.routes.common import archive_of, message, query_of, wants_gzip
from topmast.archive.server.routes.users import current_user
from topmast.archive.server.threads import in_process, in_thread
from topmast.archive.store.products import HeldFile, find_file, is_whole
from topmast.wire.byteranges import part_head, parts_end
from topmast.wire.files import content_disposition, requested_uri
from topmast.wire.ranges import FileAnswer, FileFacts, plan_file_answer

PIECE = 1 << 19
SMALL = 1 << 20
"""Bytes that are sent in one piece."""
PACKING = ThreadPoolExecutor(2, thread_name_prefix="topmast-packing")
"""Packing takes long; it never takes the threads that everything else needs."""


async def download_file(request: Request) -> Response:
    """One product file, all of it or a part."""
    uri = requested_uri(request.scope["path"], query_of(request))
    return await answer_with_file(request, uri)


async def download_spectrum(request: Request) -> Response:
    """One of Hubble's catalogued spectra, at its address in the Hubble Legacy Archive."""
    uri = uri_in_query(request.path_params["program"], query_of(request))
    if not uri:
        text = "There is no such program; spectra are at ecfproxy?file_id=<name>.fits."
        return message(404, text)
    return await answer_with_file(request, uri)


async def answer_with_file(request: Request, uri: str) -> Response:
    """The file of a product, if there is one and the user of `request` may have it."""
    # Two look-ups by key, of which neither waits for a writer: a thread would cost far more.
    store = archive_of(request).store
    held = find_file(store, uri)
    if held is None:
        return message(404, f"The archive knows no product {uri[:300]}.")
    closed = restricted(store, [held])
    if closed and not (await current_user(request)).may_have(closed[held.uri]):
        return message(401, await _refusal(request, uri))
    if held.path is None:
        return message(404, f"The archive lists {uri[:300]}, but does not hold the file.")
    return await file_answer(request, held, held.path)


async def _refusal(request: Request, uri: str) -> str:
    account = (await current_user(request)).account
    if account is None:
        return (
            f"{uri[:300]} is exclusive, and the request has no login: that of its owner is needed."
        )
    return f"{uri[:300]} is exclusive, and this login of {account.name} has no right to it."


async def file_answer(request: Request, held: HeldFile, path: Path) -> Response:
    """The file, or the part of it that the request asks for."""
    modified = datetime.fromisoformat(held.last_modified) if held.last_modified else None
    facts = FileFacts(held.size, held.etag, modified)
    plan = plan_file_answer(request.method, request.headers, facts)
    headers = dict(plan.headers)
    if plan.status_code not in (200, 206):
        return Response(status_code=plan.status_code, headers=headers)
    headers["Content-Disposition"] = content_disposition(held.file_name)
    headers.setdefault("Content-Type", "application/octet-stream")
    if not is_whole(archive_of(request).store, held):
        return message(404, f"The file of {held.uri[:300]} is not as it was put into the archive.")
    if request.method == "HEAD":
        return Response(status_code=plan.status_code, headers=headers)
    if plan.parts:
        return PiecesResponse(_pieces_of_parts(path, plan, held.size), plan.status_code, headers)
    if plan.stop - plan.start > SMALL:
        return PiecesResponse(_pieces(path, plan.start, plan.stop), plan.status_code, headers)
    content = _in_memory(path, plan.start, plan.stop)
    if content is None:
        content = await in_thread(lambda: _read(path, plan.start, plan.stop))
    return Response(content, plan.status_code, headers)


def _in_memory(path: Path, start: int, stop: int) -> bytes | None:
    """A part of a file, if the system has it in memory; None where it would wait for a disk."""
    if not hasattr(os, "RWF_NOWAIT"):
        return None
    content = bytearray(stop - start)
    with path.open("rb", buffering=0) as file:
        try:
            read = os.preadv(file.fileno(), [content], start, os.RWF_NOWAIT)
        except OSError:  # not in memory, or a file system that cannot tell
            return None
    return bytes(content) if read == len(content) else None


def _read(path: Path, start: int, stop: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        content = file.read(stop - start)
    if len(content) < stop - start:
        raise OSError(f"{os.fspath(path)} became shorter while it was sent")
    return content


async def _pieces_of_parts(path: Path, plan: FileAnswer, size: int) -> AsyncIterator[bytes]:
    for part in plan.parts:
        yield part_head(plan.boundary, part, size)
        async for piece in _pieces(path, part.start, part.stop):
            yield piece
    yield parts_end(plan.boundary)


async def _pieces(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    file: BinaryIO = await in_thread(lambda: path.open("rb"))
    try:
        position = start
        file.seek(start)
        while position < stop:
            wanted = min(PIECE, stop - position)
            piece = await in_thread(lambda wanted=wanted: file.read(wanted))  # type: ignore[misc]
            if not piece:
                raise OSError(f"{os.fspath(path)} became shorter while it was sent")
            position += len(piece)
            yield piece
    finally:
        file.close()


class PiecesResponse(Response):
    """An answer sent piece by piece; stops when the client has disconnected."""

    def __init__(
        self, pieces: AsyncIterator[bytes], status_code: int, headers: dict[str, str]
    ) -> None:
        super().__init__(status_code=status_code)
        self.raw_headers: list[tuple[bytes, bytes]] = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers.items()
        ]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        disconnected = _disconnection(receive)
        try:
            async for piece in self._pieces:
                if disconnected is not None and disconnected.done():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            if disconnected is not None:
                disconnected.cancel()
            await self._pieces.aclose()  # type: ignore[attr-defined]
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _disconnection(receive: Receive) -> asyncio.Task[None] | None:
    """A task that ends when the client is gone: the server itself goes on taking pieces."""
    if in_process.get():
        return None

    async def wait() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    return asyncio.create_task(wait())


async def sent_in_pieces(request: Request, answer: AnswerFile, media_type: str) -> Response:
    """A large answer of a query, gzipped on the way for a client on another machine."""
    headers = {"Content-Type": media_type, "Vary": "Accept-Encoding"}
    pieces = answer.pieces()
    if wants_gzip(request):
        headers["Content-Encoding"] = "gzip"
        pieces = _gzipped(pieces)
    else:
        headers["Content-Length"] = str(answer.size)
    return PiecesResponse(stepwise(pieces), 200, headers)


def _gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


async def stepwise(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, each made in one of the threads for packing."""
    while (piece := await in_thread(lambda: next(pieces, None), PACKING)) is not None:
        if piece:
            yield piece
