"""What MAST has in the cloud: path_lookup, and the public files as objects of an S3 bucket."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.accounts.rights import restricted
from topmast.archive.bucket import find_object, list_prefixes, public_keys
from topmast.archive.server.routes.common import archive_of, query_of
from topmast.archive.server.routes.files import file_answer
from topmast.archive.server.threads import in_thread
from topmast.wire.addresses import PUBLIC_BUCKET
from topmast.wire.path_lookup import decode_lookup, encode_paths
from topmast.wire.s3 import decode_listing_query, encode_error, encode_listing


async def path_lookup(request: Request) -> Response:
    """The paths of products in the bucket; exclusive products have none."""
    uris = decode_lookup(query_of(request))
    store = archive_of(request).store
    keys = await in_thread(lambda: public_keys(store, uris))
    return Response(encode_paths(keys), media_type="application/json")


async def list_bucket(request: Request) -> Response:
    """The folders below a prefix, as ListObjectsV2 with the delimiter "/"."""
    query = decode_listing_query(query_of(request))
    store = archive_of(request).store
    listing = await in_thread(lambda: list_prefixes(store, query))
    return _xml(200, encode_listing(PUBLIC_BUCKET, query, listing))


async def get_object(request: Request) -> Response:
    """A public file, all of it or a part."""
    key = request.path_params["key"].lstrip("/")  # astroquery leaves one slash too many
    store = archive_of(request).store
    file = await in_thread(lambda: find_object(store, key))
    if file is None or file.path is None:
        return _xml(404, encode_error("NoSuchKey", "The specified key does not exist."))
    if await in_thread(lambda: restricted(store, [file])):
        return _xml(403, encode_error("AccessDenied", "Access Denied"))
    return await file_answer(request, file, file.path)


def _xml(status: int, content: bytes) -> Response:
    return Response(content, status, media_type="application/xml")
