"""Cutouts: the sectors and surveys at a place, and what is cut out of their images."""

from __future__ import annotations

import builtins
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore

from starlette.requests import Request
from starlette.responses import Response

from topmast.archive.cutouts.cut import NoCutouts, cut
from topmast.archive.cutouts.holdings import HUBBLE, Holdings
from topmast.archive.server.routes.common import archive_of, message, query_of, read_body
from topmast.archive.server.threads import in_process, result_within
from topmast.errors import InvalidQueryError, MissingExtraError
from topmast.wire.cutouts import (
    JSON_TYPE,
    CutoutRequest,
    decode_cutout_request,
    encode_no_cutouts,
    encode_sectors,
    encode_surveys,
)

CUT_SECONDS = 120.0
MOST_WAITING = 32
LARGEST_BODY = 64 << 10
NO_EPHEMERIS = (
    "This archive has no ephemeris, so it cannot tell where a moving target is. "
    "Ask for coordinates, or ask MAST itself."
)

_cutter = ThreadPoolExecutor(1, thread_name_prefix="topmast cutout")
"""astrocut works on one cutout at a time; the server has one process for each processor."""
_places = BoundedSemaphore(MOST_WAITING)
"""One for each cutout that is under way or waits; a client that has gone away keeps its own."""


async def alive(request: Request) -> Response:
    """That there is such a service, which astroquery of 2018 asks first."""
    return Response("TESScut", media_type="text/plain")


async def sectors(request: Request) -> Response:
    """The cameras and CCDs of TESS sectors that show a circle on the sky."""
    asked = await _asked(request)
    near = archive_of(request).cutouts.cubes_near(*_circle(asked))
    return Response(encode_sectors(cube.name for cube in near), media_type=JSON_TYPE)


async def surveys(request: Request) -> Response:
    """The surveys with an image that shows a part of a circle on the sky."""
    asked = await _asked(request)
    near = archive_of(request).cutouts.images_near(*_circle(asked))
    names = sorted({image.survey for image in near} - {HUBBLE})
    return Response(encode_surveys(names), media_type=JSON_TYPE)


async def moving_target(request: Request) -> Response:
    """What this archive cannot do."""
    asked = await _asked(request)
    if not asked.obj_id:
        raise InvalidQueryError("A moving target is named by obj_id=...")
    return message(501, NO_EPHEMERIS)


async def astrocut(request: Request) -> Response:
    """A zip of cutouts."""
    asked = await _asked(request)
    if asked.size is None:
        raise InvalidQueryError("A cutout needs its size: x, y and units.")
    holdings = archive_of(request).cutouts
    try:
        if in_process.get():
            content = cut(holdings, asked)
        elif _places.acquire(blocking=False):
            content = await result_within(_begun(holdings, asked), CUT_SECONDS)
        else:
            return message(503, "Too many cutouts are waiting; ask again in a few seconds.", 5)
    except NoCutouts as problem:
        return Response(encode_no_cutouts(str(problem)), media_type=JSON_TYPE)
    except MissingExtraError as problem:
        return message(501, str(problem))
    except builtins.TimeoutError:
        return message(504, f"The cutout was not ready within {CUT_SECONDS:.0f} seconds.")
    return Response(content, media_type="application/zip")


def _begun(holdings: Holdings, asked: CutoutRequest) -> Future[bytes]:
    """The cutout under way in its thread; its place is free again when it has ended."""
    future = _cutter.submit(cut, holdings, asked)
    future.add_done_callback(lambda _: _places.release())
    return future


async def _asked(request: Request) -> CutoutRequest:
    body = await read_body(request, LARGEST_BODY) if request.method == "POST" else b""
    service, kind = request.url.path.split("/")[1], request.headers.get("content-type", "")
    return decode_cutout_request(service, body, kind, query_of(request))


def _circle(asked: CutoutRequest) -> tuple[float, float, float]:
    assert asked.ra_deg is not None
    assert asked.dec_deg is not None
    return asked.ra_deg, asked.dec_deg, asked.radius_deg or 0.0
