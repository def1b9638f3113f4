"""Queries: ``invoke``, by POST and GET, and the column configurations of the services."""

from __future__ import annotations

import builtins
import hashlib
from functools import partial
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.accounts.user import User
from topmast.archive.portal.answers import FORMATS, Answer, AnswerFile
from topmast.archive.portal.call import Asked, Call, answer_heavy
from topmast.archive.portal.costs import looks_heavy
from topmast.archive.portal.jobs import Work
from topmast.archive.portal.services import CONFIGURATIONS, answer, find_service
from topmast.archive.server.routes.common import (
    archive_of,
    base_url_of,
    body_or_query,
    client_of,
    compressed,
)
from topmast.archive.server.routes.files import sent_in_pieces
from topmast.archive.server.routes.users import current_user
from topmast.archive.server.threads import in_process, result_within
from topmast.errors import InvalidQueryError, TimeoutError
from topmast.tables.fields import columns_config
from topmast.wire.encoding import encode_columns_config, encode_error, encode_executing
from topmast.wire.portal import MashupRequest, decode_request

LARGE_REQUEST = 64 << 10
"""Bytes."""
HOLD_SECONDS = 20.0
LONGEST_HOLD_SECONDS = 300.0
SHORTEST_HOLD_SECONDS = 0.05
"""Clients ask again at once, so that an answer EXECUTING must not come at once."""


async def invoke(request: Request) -> Response:
    """Answer one query, or say EXECUTING and keep at it."""
    text = await body_or_query(request)
    try:
        # Reading a large request would hold up everything else: it is read where it is answered.
        mashup = decode_request(text) if len(text) <= LARGE_REQUEST or in_process.get() else None
    except InvalidQueryError as problem:
        return Response(encode_error(str(problem)), 400, media_type="application/json")
    content = await answered(request, mashup, text)
    if isinstance(content, AnswerFile):
        return await sent_in_pieces(request, content, _media_type(content.head, mashup))
    return await compressed(request, content, _media_type(content, mashup))


async def columnsconfig(request: Request) -> Response:
    """The column configuration of a service, ``{}`` for one that has none."""
    text = (await body_or_query(request)).decode("utf-8", "replace")
    given = {name.lower(): value for name, value in parse_qsl(text, max_num_fields=100)}
    asked = given.get("colconfigid", "").strip().lower()
    kind = CONFIGURATIONS.get(asked)
    archive = archive_of(request)
    fields = archive.fields_described[kind] if kind else archive.catalogs.described(asked)
    config = columns_config(fields) if fields else {}
    return Response(encode_columns_config(config), media_type="application/json")


async def answered(request: Request, mashup: MashupRequest | None, text: bytes = b"") -> Answer:
    """What the archive answers to one query, in the lane that it belongs to."""
    try:
        jobs, user = archive_of(request).jobs, await current_user(request)
        key = _key_of(mashup or text, user)
        asked = Asked(mashup or text, base_url_of(request), user, client_of(request))
        future = jobs.start(key, _work(request, asked))
        try:
            content = await result_within(future, _hold_seconds(request, mashup))
        except BaseException:
            if future.done():
                jobs.finish(key, future)
            raise
        jobs.finish(key, future)
    except (InvalidQueryError, TimeoutError) as problem:
        return encode_error(str(problem))
    except builtins.TimeoutError:
        return encode_executing()
    return content


def _work(request: Request, asked: Asked) -> Work:
    """How the query is answered: in this process, and for a server in another if it is heavy."""
    archive = archive_of(request)
    client, mashup = asked.client, asked.request
    heavy = partial(answer_heavy, archive, answer, asked)
    if isinstance(mashup, bytes):
        return Work(client, None, heavy, len(mashup))
    call = Call(archive, mashup, asked.base_url, asked.user)
    if in_process.get():
        service = find_service(mashup.service, lambda: archive.catalogs.names())
        return Work(None, None, lambda: service(call))
    return Work(client, None if looks_heavy(call) else partial(answer, archive, asked), heavy)


def _key_of(mashup: MashupRequest | bytes, user: User) -> bytes:
    """The same for every poll of one query, and different for any other query or login."""
    if isinstance(mashup, bytes):
        return hashlib.sha256(msgspec.json.encode(user.key) + mashup).digest()
    names = ("params", "format", "pagesize", "page", "extra", "cache_breaker")
    parts = [user.key, mashup.service.lower(), *(getattr(mashup, name) for name in names)]
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).digest()


def _hold_seconds(request: Request, mashup: MashupRequest | None) -> float:
    asked = mashup.extra.get("timeout") if mashup is not None else None
    seconds = HOLD_SECONDS if asked is None else float(asked)
    patience = request.scope.get("state", {}).get("patience_seconds", LONGEST_HOLD_SECONDS)
    return max(SHORTEST_HOLD_SECONDS, min(seconds, patience, LONGEST_HOLD_SECONDS))


def _media_type(content: bytes, mashup: MashupRequest | None) -> str:
    """JSON and XML begin as such; else it is parquet if that was asked for, or csv."""
    known = {b"{": "application/json", b"<": "text/xml"}
    asked_parquet = mashup is not None and mashup.format == "parquet" and content[:1] == b"P"
    return known.get(content[:1], FORMATS["parquet" if asked_parquet else "csv"].media_type)
