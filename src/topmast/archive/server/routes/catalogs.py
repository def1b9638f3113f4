"""The tables of catalogs.mast.stsci.edu, such as those of Pan-STARRS, and Simple Cone Search."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.portal.catalog_tables import NAME, fields_of_table, search_table
from topmast.archive.server.routes.common import archive_of, body_or_query, compressed, message
from topmast.archive.server.threads import in_thread
from topmast.errors import InvalidQueryError
from topmast.wire.catalog_api import decode_table_request, encode_metadata, encode_rows

JSON = "application/json"


async def search(request: Request) -> Response:
    """Rows of one table."""
    asked = decode_table_request(await body_or_query(request))
    archive, name = archive_of(request), _name(request)
    found = await in_thread(lambda: search_table(archive, name, asked))
    if found is None:
        return _missing(name)
    return await compressed(request, encode_rows(found.fields, found.rows), JSON)


async def metadata(request: Request) -> Response:
    """The columns of one table."""
    archive, name = archive_of(request), _name(request)
    fields = await in_thread(lambda: fields_of_table(archive, name))
    return _missing(name) if fields is None else Response(encode_metadata(fields), media_type=JSON)


def _name(request: Request) -> str:
    return NAME.format(**request.path_params).lower()


def _missing(name: str) -> Response:
    return message(404, f"The archive has no table {name[:100]}.")


async def cone_search(request: Request) -> Response:
    """Rows of a catalogue, or observations, around a position: Simple Cone Search of the VO."""
    from topmast.archive.tap.cone import cone_error, cone_search  # late, for it needs pyarrow

    text = (await body_or_query(request)).decode("utf-8", "replace")
    given = dict(parse_qsl(text, max_num_fields=100))
    archive, name = archive_of(request), request.path_params["name"]
    try:
        content = await in_thread(lambda: cone_search(archive, name, given))
    except InvalidQueryError as problem:
        content = cone_error(str(problem))
    return await compressed(request, content, "application/x-votable+xml")
