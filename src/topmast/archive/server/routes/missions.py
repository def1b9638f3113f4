"""The mission search: datasets of one mission, its columns, products and files."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.server.routes.common import archive_of, compressed, message, read_body
from topmast.archive.server.routes.files import answer_with_file
from topmast.archive.server.threads import in_thread
from topmast.wire.mission_lists import (
    checked_datasets,
    decode_datasets,
    encode_columns,
    encode_missions,
    encode_products,
)
from topmast.wire.missions import decode_search, echo_of, encode_search_answer

JSON = "application/json"


async def search(request: Request) -> Response:
    """Find datasets of a mission."""
    asked = decode_search(await read_body(request))
    missions, name = archive_of(request).missions, request.path_params["mission"]

    def answer() -> bytes | None:
        found = missions.search(name, asked)
        if found is None:
            return None
        return encode_search_answer(found.info, found.rows, echo_of(found.request), found.total)

    content = await in_thread(answer)
    return _unknown(request, name) if content is None else await compressed(request, content, JSON)


async def column_list(request: Request) -> Response:
    """The columns of a mission."""
    name = request.query_params.get("mission", "")
    table = await in_thread(lambda: archive_of(request).missions.table(name))
    if table is None:
        return _unknown(request, name)
    return await compressed(request, encode_columns(table.listed), JSON)


async def post_list_products(request: Request) -> Response:
    """The products of datasets, named in a body of JSON."""
    return await _products(request, decode_datasets(await read_body(request)))


async def list_products(request: Request) -> Response:
    """The products of datasets, named in the address."""
    listed = request.query_params.getlist("dataset_ids")
    return await _products(request, checked_datasets(",".join(listed).split(",")))


async def retrieve_product(request: Request) -> Response:
    """One product file of a mission, all of it or a part."""
    query = request.scope["query_string"].decode("latin-1")
    name = parse_qs(query).get("product_name", [""])[0]
    missions, mission = archive_of(request).missions, request.path_params["mission"]
    uri = await in_thread(lambda: missions.file_of(mission, name))
    if uri is None:
        return message(404, f"{mission[:100]} has no product {name[:300]}.")
    return await answer_with_file(request, uri)


async def docs(request: Request) -> Response:
    """The missions that the archive has, each with a link to its search."""
    names = await in_thread(archive_of(request).missions.names)
    return Response(encode_missions(names), media_type="text/html; charset=utf-8")


async def _products(request: Request, datasets: list[str]) -> Response:
    missions, name = archive_of(request).missions, request.path_params["mission"]

    def answer() -> bytes | None:
        if missions.table(name) is None:
            return None
        return encode_products(missions.products(name, datasets))

    content = await in_thread(answer)
    return _unknown(request, name) if content is None else await compressed(request, content, JSON)


def _unknown(request: Request, name: str) -> Response:
    names = archive_of(request).missions.names()
    return message(
        404, f"The archive has no mission {name[:100]!r}. It has: {', '.join(names) or 'none'}."
    )
