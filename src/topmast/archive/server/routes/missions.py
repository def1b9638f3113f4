"""The mission search: datasets of one mission, its columns, products and files."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.server.routes.common import (
    archive_of,
    compressed,
    message,
    query_of,
    read_body,
)
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

    return await _answered(request, name, answer)


async def column_list(request: Request) -> Response:
    """The columns of a mission."""
    name = request.query_params.get("mission", "")

    def answer() -> bytes | None:
        table = archive_of(request).missions.table(name)
        return None if table is None else encode_columns(table.listed)

    return await _answered(request, name, answer)


async def post_list_products(request: Request) -> Response:
    """The products of datasets, named in a body of JSON."""
    return await _products(request, decode_datasets(await read_body(request)))


async def list_products(request: Request) -> Response:
    """The products of datasets, named in the address."""
    listed = request.query_params.getlist("dataset_ids")
    return await _products(request, checked_datasets(",".join(listed).split(",")))


async def retrieve_product(request: Request) -> Response:
    """One product file of a mission, all of it or a part."""
    name = parse_qs(query_of(request)).get("product_name", [""])[0]
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
        there = missions.table(name) is not None
        return encode_products(missions.products(name, datasets)) if there else None

    return await _answered(request, name, answer)


async def _answered(request: Request, name: str, answer: Callable[[], bytes | None]) -> Response:
    """The answer in JSON, which is None for a mission that the archive does not have."""
    content = await in_thread(answer)
    if content is not None:
        return await compressed(request, content, JSON)
    names = archive_of(request).missions.names()
    return message(
        404, f"The archive has no mission {name[:100]!r}. It has: {', '.join(names) or 'none'}."
    )
