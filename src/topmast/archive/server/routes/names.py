"""The resolver: positions of object names."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.server.routes.common import archive_of, body_or_query
from topmast.archive.server.threads import in_thread
from topmast.archive.store.names import look_up
from topmast.wire.names import decode_resolver_query, encode_names

MEDIA_TYPES = {"json": "application/json", "xml": "text/xml"}


async def resolve(request: Request) -> Response:
    """What the resolvers know about up to a thousand names."""
    query = decode_resolver_query(await body_or_query(request))
    store = archive_of(request).store
    found = await in_thread(
        lambda: look_up(store, query.names, resolvers=query.resolvers, everything=query.resolve_all)
    )
    return Response(encode_names(found, query.format), media_type=MEDIA_TYPES[query.format])
