"""Pages for people and for monitors: what this server is, and whether it is well."""

from __future__ import annotations

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from topmast.archive.server.routes.common import archive_of, base_url_of
from topmast.archive.server.threads import in_thread
from topmast.archive.store.value_counts import counts_of

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>topmast archive</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em }}
td, th {{ text-align: left; padding: 0 1.5em 0 0 }} td + td {{ text-align: right }}
pre {{ background: #f4f4f4; padding: 1em; overflow-x: auto }}
</style>
<h1>topmast archive</h1>
<p>This server answers like the MAST archive, from data that its owner holds:
{total:,} observations.</p>
<table><tr><th>Mission</th><th>Observations</th></tr>
{missions}
</table>
<h2>Use it</h2>
<p>From Python, with topmast:</p>
<pre>import topmast
client = topmast.connect("{url}")
client.observations.query_criteria(obs_collection="{mission}")</pre>
<p>With astroquery, put this into <code>astroquery.cfg</code> before Python starts:</p>
<pre>[mast]
server = {url}</pre>
<p>From the command line:</p>
<pre>curl '{url}/Santa-war/query?name=M101&amp;outputFormat=json'</pre>
</html>
"""


async def home(request: Request) -> Response:
    """What this is, what it holds, and how to use it."""
    store = archive_of(request).store
    counts = (await in_thread(lambda: counts_of(store)))["obs_collection"]
    rows = (
        f"<tr><td>{html.escape(name) or '(none)'}</td><td>{count:,}</td></tr>"
        for name, count in sorted(counts.items())
    )
    page = PAGE.format(
        total=sum(counts.values()),
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
