"""Whether the server is well."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.server.routes.common import archive_of
from topmast.archive.server.threads import in_thread


async def health(request: Request) -> Response:
    """Whether the database answers."""
    store = archive_of(request).store

    def look() -> str:
        with store.reading() as connection:
            return store.setting("changes", connection) or ""

    changes = await in_thread(look)
    return Response(f'{{"status": "ok", "changes": {changes}}}', media_type="application/json")
