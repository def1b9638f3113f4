"""TAP: queries in ADQL, answered at once, and what the service says of itself."""

from __future__ import annotations

import builtins
import json
import uuid
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from topmast.archive.accounts.user import User
from topmast.archive.portal.answers import Answer, AnswerFile
from topmast.archive.portal.call import answer_heavy
from topmast.archive.portal.jobs import BusyError, Work
from topmast.archive.server.routes.common import (
    archive_of,
    base_url_of,
    client_of,
    compressed,
    read_body,
)
from topmast.archive.server.routes.files import sent_in_pieces
from topmast.archive.server.routes.users import current_user
from topmast.archive.server.threads import in_process, in_thread, result_within
from topmast.errors import ArchiveError, InvalidQueryError, TimeoutError
from topmast.version import __version__
from topmast.wire.addresses import TAP_ROOT
from topmast.wire.forms import Form, decode_form
from topmast.wire.vosi import encode_availability

if TYPE_CHECKING:
    from topmast.archive.archive import Archive
    from topmast.archive.tap.run import TapQuery

XML, XHTML = "text/xml", "application/xhtml+xml"
QUEUE_SECONDS = 60.0
"""A query that is answered at once waits so long for its turn."""
LARGEST_FORM = 16 << 20


async def sync(request: Request) -> Response:
    """Answer a query at once."""
    from topmast.archive.tap.results import result_format
    from topmast.archive.tap.run import run_query

    try:
        form = await form_of(request)
        if form.words.get("REQUEST", "").lower() == "getcapabilities":
            return await capabilities(request)
        user = await current_user(request)
        query = await in_thread(lambda: _query(request, form, user))
        content = await answered(request, run_query, query, query.seconds, len(query.adql))
        return await sent(request, content, result_format(query.format).media_type)
    except (InvalidQueryError, TimeoutError, ArchiveError, BusyError) as problem:
        return await refused(problem)


async def capabilities(request: Request) -> Response:
    """What the service can do."""
    archive, url = archive_of(request), service_url(request)

    def found() -> bytes | None:
        from topmast.archive.tap.service import capabilities

        return capabilities(archive, collection_of(request), url)

    return _xml(await in_thread(found))


async def tables(request: Request) -> Response:
    """The tables and their columns."""
    archive, name = archive_of(request), request.path_params.get("table", "")

    def found() -> bytes | None:
        from topmast.archive.tap.service import table_set

        return table_set(archive, collection_of(request), name)

    return _xml(await in_thread(found))


async def examples(request: Request) -> Response:
    """Queries to begin with, for people and for programs."""
    archive = archive_of(request)

    def found() -> bytes | None:
        from topmast.archive.tap.service import examples

        return examples(archive, collection_of(request))

    content = await in_thread(found)
    return _xml(content) if content is None else Response(content, media_type=XHTML)


async def availability(request: Request) -> Response:
    """That the service is there."""
    return Response(encode_availability(), media_type=XML)


async def home(request: Request) -> Response:
    """The address of the service itself leads to what it can do."""
    return RedirectResponse(f"{service_url(request)}/capabilities", 303)


async def collections(request: Request) -> Response:
    """The collections, where MAST lists its own."""
    archive = archive_of(request)

    def found() -> list[str]:
        from topmast.archive.tap.schema import collections_of

        return collections_of(archive)

    names = {"CatalogName": {"type": "string", "enum": await in_thread(found)}}
    about = {"title": "tap_search", "version": "0.1"}
    content = {"openapi": "3.1.0", "info": about, "components": {"schemas": names}}
    return Response(json.dumps(content), media_type="application/json")


def service_url(request: Request) -> str:
    """The address of the TAP service that a request is for."""
    collection = collection_of(request)
    return base_url_of(request) + (f"{TAP_ROOT}/{collection}" if collection else "/tap")


def collection_of(request: Request) -> str:
    """The collection in the address; none for the service of the whole archive."""
    return str(request.path_params.get("collection", ""))


async def form_of(request: Request) -> Form:
    """The words of a request, from its address and its body."""
    body = await read_body(request, LARGEST_FORM) if request.method == "POST" else b""
    address = bytes(request.scope["query_string"])
    kind = request.headers.get("content-type", "")
    return await in_thread(lambda: decode_form(address, kind, body))


async def refused(problem: Exception, status_code: int = 400) -> Response:
    """Why there is no answer, as a VOTable."""

    def document() -> bytes:
        from topmast.wire.votable.writing import error_votable

        return error_votable(str(problem))

    headers = {}
    if isinstance(problem, BusyError):
        status_code, headers = 503, {"Retry-After": f"{problem.retry_seconds:.0f}"}
    elif isinstance(problem, ArchiveError):
        status_code = 500
    return Response(await in_thread(document), status_code, headers, "application/x-votable+xml")


def _query(request: Request, form: Form, user: User) -> TapQuery:
    from topmast.archive.tap.asked import query_of

    archive, base_url = archive_of(request), base_url_of(request)
    owner = user.account.name if user.account else ""

    def fetch(address: str) -> bytes | None:
        return archive.tap_jobs.result_at(address, base_url=base_url, owner=owner)

    return query_of(form, collection_of(request), base_url, fetch)


async def answered(
    request: Request,
    answer: Callable[[Archive, Any], bytes],
    asked: Any,
    seconds: float,
    size: int = 0,
) -> Answer:
    """What `answer` gives for a question that waits its turn among the heavy ones."""
    from topmast.archive.tap.run import GRACE_SECONDS

    archive = archive_of(request)
    seconds += GRACE_SECONDS
    client = None if in_process.get() else client_of(request)
    work = partial(answer_heavy, archive, answer, asked, seconds)
    key = uuid.uuid4().bytes
    future = archive.jobs.start(key, Work(client, None, work, size))
    try:
        return await result_within(future, seconds + QUEUE_SECONDS)
    except builtins.TimeoutError as problem:
        if isinstance(problem, TimeoutError):
            raise
        raise BusyError("The archive is busy with other queries. Ask again later.") from problem
    finally:
        archive.jobs.finish(key, future)


async def sent(request: Request, content: Answer, media_type: str) -> Response:
    """An answer, large or small."""
    if isinstance(content, AnswerFile):
        return await sent_in_pieces(request, content, media_type)
    return await compressed(request, content, media_type)


def _xml(content: bytes | None) -> Response:
    if content is None:
        return Response("There is no such collection or table.\n", 404, media_type="text/plain")
    return Response(content, headers=SERVER, media_type=XML)


SERVER = {"Server": f"topmast/{__version__}"}
"""Programs that look after services want to know what answers."""
