"""Pages about the server: a description, and its health."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from topmast.archive.server.routes.common import archive_of, base_url_of
from topmast.archive.server.threads import in_thread
from topmast.archive.store.value_counts import counts_of

PAGE = Template(Path(__file__).with_name("home.html").read_text(encoding="utf-8"))


async def home(request: Request) -> Response:
    """What this is, what it holds, and how to use it."""
    store = archive_of(request).store
    counts = (await in_thread(lambda: counts_of(store)))["obs_collection"]
    rows = (
        f"<tr><td>{html.escape(name) or '(none)'}</td><td>{count:,}</td></tr>"
        for name, count in sorted(counts.items())
    )
    page = PAGE.substitute(
        total=f"{sum(counts.values()):,}",
        missions="\n".join(rows),
        mission=html.escape(max(counts, key=lambda name: counts[name], default="HST")),
        url=html.escape(base_url_of(request)),
    )
    return HTMLResponse(page)


async def health(request: Request) -> Response:
    """Whether the database answers."""
    store = archive_of(request).store

    def look() -> str:
        with store.reading() as connection:
            return store.setting("changes", connection) or ""

    changes = await in_thread(look)
    return Response(f'{{"status": "ok", "changes": {changes}}}', media_type="application/json")
