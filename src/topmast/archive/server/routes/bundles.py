"""Many products in one request: a curl script, a zip, a tar.gz, and the scripts kept ready."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from topmast.archive.portal.bundles import pack, script_for, time_stamp
from topmast.archive.portal.jobs import BusyError
from topmast.archive.server.routes.common import (
    archive_of,
    base_url_of,
    body_or_query,
    client_of,
    message,
)
from topmast.archive.server.routes.files import PACKING, PiecesResponse, stepwise
from topmast.archive.server.routes.users import readable_uris
from topmast.archive.server.threads import in_thread
from topmast.archive.store.products import find_files, is_whole
from topmast.wire.bundle import decode_bundle
from topmast.wire.files import content_disposition

MOST_PACKS = 32
MOST_PACKS_OF_ONE = 8
MEDIA_TYPES = {"zip": "application/zip", "tar.gz": "application/gzip"}


async def bundle_sh(request: Request) -> Response:
    """The curl script for the products asked for."""
    uris = decode_bundle(await body_or_query(request))
    store, base_url, stamp = archive_of(request).store, base_url_of(request), time_stamp()
    script = await in_thread(lambda: script_for(store, uris, base_url, stamp), PACKING)
    headers = {"Content-Disposition": content_disposition(f"MAST_{stamp}.sh")}
    return PlainTextResponse(script, headers=headers)


async def bundle_pack(request: Request) -> Response:
    """The files asked for in one stream; those not held, or not for everybody, are left out."""
    kind = request.path_params["kind"]
    if kind not in MEDIA_TYPES:
        return message(404, f"A bundle is one of sh, {', '.join(MEDIA_TYPES)}.")
    _check_packs(request)
    uris = decode_bundle(await body_or_query(request))
    store = archive_of(request).store
    known = await in_thread(lambda: find_files(store, uris))
    open_to_them = await readable_uris(request, known.values())
    wanted = [known[uri] for uri in uris if uri in open_to_them]
    files = await in_thread(lambda: [file for file in wanted if is_whole(store, file)])
    if not files:
        return message(404, "The archive holds none of these files, or they are exclusive.")
    headers = {
        "Content-Type": MEDIA_TYPES[kind],
        "Content-Disposition": content_disposition(f"MAST_{time_stamp()}.{kind}"),
    }
    if request.method == "HEAD":
        return Response(headers=headers)
    return PiecesResponse(_counted(request, stepwise(pack(files, kind))), 200, headers)


async def _counted(request: Request, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, while the pack counts as one under way."""
    packs, client = request.app.state.packs, client_of(request)
    packs[client] += 1
    try:
        async for piece in pieces:
            yield piece
    finally:
        packs[client] -= 1
        packs += Counter()  # forgets whoever has none under way


def _check_packs(request: Request) -> None:
    """Raise BusyError if too many packs are under way, of this client or of all."""
    packs = request.app.state.packs
    if packs[client_of(request)] >= MOST_PACKS_OF_ONE or packs.total() >= MOST_PACKS:
        raise BusyError("The archive is packing many files already. Ask again later.")


async def staged(request: Request) -> Response:
    """A script that Mast.Bundle.Request made."""
    place, name = request.path_params["place"], request.path_params["name"]
    text = await in_thread(lambda: archive_of(request).staged.get(place, name))
    if text is None:
        return message(404, "This script does not exist, or not any more. Request it again.")
    media_type = "text/html" if name.endswith(".html") else "text/plain"
    return Response(text, media_type=media_type)
