"""Who is asking: for now everybody is anonymous."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

__all__ = ["auth_type", "whoami"]

ANONYMOUS = {
    "eppn": "",
    "ezid": "anonymous",
    "attrib": {},
    "anon": True,
    "scopes": [],
    "session": None,
    "token": None,
}


async def whoami(request: Request) -> Response:
    """The account behind the request."""
    return Response(json.dumps(ANONYMOUS), media_type="application/json")


async def auth_type(request: Request) -> Response:
    """How to log in; clients of 2018 ask before anything else."""
    return PlainTextResponse("MAST-AUTH")
