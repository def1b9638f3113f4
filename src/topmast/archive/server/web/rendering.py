"""A template of the page as an answer, with the rules that keep foreign content out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from topmast.archive.server.routes.common import base_url_of, query_of
from topmast.archive.server.routes.users import current_user

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent
POLICY = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def page(
    request: Request, name: str, values: dict[str, Any], status_code: int = 200
) -> Response:
    """The template `name` with these values, for the user who asks."""
    account = (await current_user(request)).account
    common = {
        "user": "" if account is None else account.name,
        "url": base_url_of(request),
        "query": query_of(request),
    }
    text = _templates().get_template(name).render(common | values)
    response = HTMLResponse(text, status_code)
    for header, value in POLICY.items():
        response.headers[header] = value
    return response
