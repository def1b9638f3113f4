"""Queries: ``invoke``, by POST and GET, and the column configurations of the services."""

from __future__ import annotations

import builtins
import hashlib
import logging
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.accounts.user import User
from topmast.archive.portal.answers import FORMATS
from topmast.archive.portal.call import Call
from topmast.archive.portal.services import CONFIGURATIONS, find_service
from topmast.archive.server.routes.common import archive_of, base_url_of, compressed, read_body
from topmast.archive.server.routes.users import current_user
from topmast.archive.server.threads import result_within
from topmast.errors import InvalidQueryError, TimeoutError
from topmast.tables.fields import columns_config
from topmast.wire.encoding import encode_columns_config, encode_error, encode_executing
from topmast.wire.portal import MashupRequest, decode_request

LOGGER = logging.getLogger("topmast")

HOLD_SECONDS = 20.0
LONGEST_HOLD_SECONDS = 300.0
SHORTEST_HOLD_SECONDS = 0.05
"""Clients ask again at once, so that an answer EXECUTING must not come at once."""


async def invoke(request: Request) -> Response:
    """Answer one query, or say EXECUTING and keep at it."""
    text = await read_body(request) if request.method == "POST" else b""
    try:
        mashup = decode_request(text or request.scope["query_string"])
    except InvalidQueryError as problem:
        return Response(encode_error(str(problem)), 400, media_type="application/json")
    content = await _answered(request, mashup)
    return await compressed(request, content, _media_type(content))


async def columnsconfig(request: Request) -> Response:
    """The column configuration of a service, ``{}`` for one that has none."""
    body = await read_body(request) if request.method == "POST" else b""
    text = (body or request.scope["query_string"]).decode("utf-8", "replace")
    given = {name.lower(): value for name, value in parse_qsl(text, max_num_fields=100)}
    asked = given.get("colconfigid", "").strip().lower()
    kind = CONFIGURATIONS.get(asked)
    archive = archive_of(request)
    fields = archive.fields_described[kind] if kind else archive.catalogs.described(asked)
    config = columns_config(fields) if fields else {}
    return Response(encode_columns_config(config), media_type="application/json")


async def _answered(request: Request, mashup: MashupRequest) -> bytes:
    try:
        archive = archive_of(request)
        service = find_service(mashup.service, lambda: archive.catalogs.names())
        user = await current_user(request)
        call = Call(archive, mashup, base_url_of(request), user)
        key = _key_of(mashup, user)
        future = archive.jobs.start(key, lambda: service(call))
        try:
            content = await result_within(future, _hold_seconds(request, mashup))
        except BaseException:
            if future.done():
                archive.jobs.finish(key, future)
            raise
        archive.jobs.finish(key, future)
    except (InvalidQueryError, TimeoutError) as problem:
        return encode_error(str(problem))
    except builtins.TimeoutError:
        return encode_executing()
    return content


def _key_of(mashup: MashupRequest, user: User) -> bytes:
    """The same for every poll of one query, and different for any other query or login."""
    parts: list[Any] = [
        user.key,
        mashup.service.lower(),
        mashup.params,
        mashup.format,
        mashup.pagesize,
        mashup.page,
        mashup.extra,
        mashup.cache_breaker,
    ]
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).digest()


def _hold_seconds(request: Request, mashup: MashupRequest) -> float:
    asked = mashup.extra.get("timeout")
    seconds = HOLD_SECONDS if asked is None else float(asked)
    patience = request.scope.get("state", {}).get("patience_seconds", LONGEST_HOLD_SECONDS)
    return max(SHORTEST_HOLD_SECONDS, min(seconds, patience, LONGEST_HOLD_SECONDS))


def _media_type(content: bytes) -> str:
    """JSON and XML begin as such; the remaining format is csv."""
    return MEDIA_TYPES.get(content[:1], FORMATS["csv"].media_type)


MEDIA_TYPES = {b"{": "application/json", b"<": "text/xml"}
