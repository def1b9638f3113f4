"""The addresses of the page: search, one observation, the basket, and what they show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from topmast.archive.accounts.rights import mark_products
from topmast.archive.portal.answers import FORMATS
from topmast.archive.server.routes.common import archive_of, base_url_of, message
from topmast.archive.server.routes.portal import answered
from topmast.archive.server.routes.users import current_user, readable_uris
from topmast.archive.server.threads import in_thread
from topmast.archive.server.web.pictures import picture_of, series_of
from topmast.archive.server.web.question import (
    LARGEST_RADIUS_DEG,
    ROWS_A_PAGE,
    PageQuestion,
    day_of_mjd,
    read_question,
)
from topmast.archive.server.web.rendering import FOLDER, page
from topmast.archive.server.web.snippets import adql_of, command_of, date_and_length, python_of
from topmast.archive.store.products import find_file, find_files, is_whole, list_products
from topmast.archive.store.value_counts import counts_of
from topmast.config.output import readable_size
from topmast.errors import InvalidQueryError
from topmast.tables.fields import PRODUCT
from topmast.wire.portal import MashupRequest

STATIC = {
    "page.js": "text/javascript",
    "sky.js": "text/javascript",
    "plot.js": "text/javascript",
    "uPlot.iife.min.js": "text/javascript",
    "uPlot.min.css": "text/css",
    "page.css": "text/css",
    "icon.svg": "image/svg+xml",
    "uPlot.LICENSE": "text/plain",
}
FACET_TITLES = {
    "obs_collection": "Mission",
    "instrument_name": "Instrument",
    "filters": "Filter",
    "dataproduct_type": "Kind of data",
    "calib_level": "Calibration level",
    "wavelength_region": "Wavelength",
    "intentType": "Intent",
    "dataRights": "Rights",
}
VALUES_SHOWN = 8
COLUMNS = (
    ("obs_collection", "Mission"),
    ("instrument_name", "Instrument"),
    ("filters", "Filter"),
    ("target_name", "Target"),
    ("dataproduct_type", "Kind"),
    ("t_min", "Date"),
    ("t_exptime", "Exposure"),
    ("proposal_id", "Program"),
    ("obs_id", "Observation"),
)
NEEDED = ("objID", "obsid", "s_ra", "s_dec", "dataRights", "t_obs_release", "jpegURL")
EXPORTS = {"csv": "csv", "json": "json", "vot": "votable", "parquet": "parquet"}
MOST_EXPORTED = 50_000
DRAWING = ThreadPoolExecutor(2, thread_name_prefix="topmast-drawing")
"""Pictures of large files take long; they never take the threads that everything else needs."""
MOST_IN_BASKET = 200
STRETCHES = ("asinh", "linear", "sqrt", "log")


async def home(request: Request) -> Response:
    """The search page: question, counts, facets, rows, sky."""
    try:
        question = await _question(request)
        summary, rows, total = await _found(request, question)
    except InvalidQueryError as problem:
        return await page(request, "problem.html", {"problem": str(problem)}, 400)
    url = base_url_of(request)
    values = {
        "question": question,
        "total": total,
        "rows": await _with_previews(request, [_shown_row(row) for row in rows]),
        "facets": _facets(question, summary),
        "columns": _headings(question),
        "pages": -(-total // ROWS_A_PAGE),
        "snippets": (
            ("Python", python_of(question, url)),
            ("Command line", command_of(question, url)),
            ("ADQL", adql_of(question)),
        ),
        "exports": EXPORTS,
        "most_radius": LARGEST_RADIUS_DEG,
    }
    return await page(request, "search.html", values)


async def export(request: Request) -> Response:
    """The rows of a question as a file: all of them, up to 50,000."""
    kind = request.path_params["kind"]
    if kind not in EXPORTS:
        return message(404, f"Rows are to be had as {', '.join(EXPORTS)}.")
    question = await _question(request)
    content = await _ask(request, "Rows", question, format=EXPORTS[kind], pagesize=MOST_EXPORTED)
    if kind == "json":
        found = json.loads(content)
        return JSONResponse({"total": found["paging"]["rowsTotal"], "rows": found["data"]})
    headers = {"Content-Disposition": f'attachment; filename="observations.{kind}"'}
    return Response(content, headers=headers, media_type=FORMATS[EXPORTS[kind]].media_type)


async def footprints(request: Request) -> Response:
    """Outlines of what a question finds, for the sky."""
    content = await _ask(request, "Footprints", await _question(request))
    return Response(content, media_type="application/json")


async def density(request: Request) -> Response:
    """How many footprints there are all over the sky."""
    content = await _ask(request, "Density", PageQuestion())
    return Response(content, media_type="application/json")


async def holdings(request: Request) -> Response:
    """How much of what a question finds is held, whole and current."""
    content = await _ask(request, "Holdings", await _question(request))
    return Response(content, media_type="application/json")


async def observation(request: Request) -> Response:
    """One observation: what it is, its preview, its products."""
    given = request.path_params["obsid"]
    obsid = int(given) if given.isdecimal() and len(given) < 19 else -1
    question = PageQuestion()
    filters = [{"paramName": "obsid", "values": [obsid]}]
    found = json.loads(await _ask(request, "Rows", question, params={"filters": filters}))
    rows = found.get("data") or []
    if not rows:
        text = f"The archive has no observation {given[:40]}."
        return await page(request, "problem.html", {"problem": text}, 404)
    products = await _products(request, [obsid])
    preview = next((p["dataURI"] for p in products if p["picture"]), "")
    shown = [(name, value) for name, value in rows[0].items() if value is not None]
    values = {
        "row": _shown_row(rows[0]),
        "about": shown,
        "levels": len(rows),
        "products": products,
        "preview": preview,
        "image": _best(products, "image"),
        "series": _best(products, "series"),
        "stretches": STRETCHES,
        "size": readable_size(sum(p["size"] or 0 for p in products)),
    }
    return await page(request, "observation.html", values)


async def basket(request: Request) -> Response:
    """The products of chosen observations, to be downloaded together."""
    wanted = [each for each in request.query_params.getlist("obsid") if each.isdigit()]
    wanted = list(dict.fromkeys(wanted))[:MOST_IN_BASKET]
    products = await _products(request, [int(each) for each in wanted]) if wanted else []
    recommended = [p for p in products if p["recommended"]] or products
    values = {
        "obsids": wanted,
        "products": recommended,
        "others": len(products) - len(recommended),
        "size": readable_size(sum(p["size"] or 0 for p in recommended if p["open"])),
        "closed": sum(not p["open"] for p in recommended),
    }
    return await page(request, "basket.html", values)


async def login(request: Request) -> Response:
    """A form for a username and a password."""
    return await page(request, "login.html", {})


async def preview(request: Request) -> Response:
    """A product as a picture; ``stretch``, ``low`` and ``high`` (percent) for FITS images."""
    given = request.query_params
    stretch = given.get("stretch", "asinh")
    try:
        low, high = float(given.get("low", "1")), float(given.get("high", "99.5"))
    except ValueError:
        low = high = -1.0
    if stretch not in STRETCHES or not 0 <= low < high <= 100:
        text = f"stretch is one of {', '.join(STRETCHES)}; low and high are percentages."
        return message(400, text)
    path = await _readable(request, given.get("uri", ""))
    if isinstance(path, Response):
        return path
    content, kind = await in_thread(lambda: picture_of(path, stretch, low, high), DRAWING)
    # Whoever logs in may see more than the next person at this machine.
    kept = "no-store" if hasattr(request.state, "user") else "private, max-age=3600"
    headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=kind, headers=headers)


async def series(request: Request) -> Response:
    """The light curve or spectrum in a product, as numbers."""
    path = await _readable(request, request.query_params.get("uri", ""))
    if isinstance(path, Response):
        return path
    return Response(
        msgspec.json.encode(await in_thread(lambda: series_of(path), DRAWING)),
        media_type="application/json",
    )


async def static(request: Request) -> Response:
    """A script or style of the page."""
    name = request.path_params["name"]
    if name not in STATIC:
        return message(404, "There is no such file.")
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return FileResponse(FOLDER / "static" / name, media_type=STATIC[name], headers=headers)


# ---------------------------------------------------------------------------- what is asked for


async def _question(request: Request) -> PageQuestion:
    pairs, store = request.query_params.multi_items(), archive_of(request).store
    return await in_thread(lambda: read_question(pairs, store))


async def _found(
    request: Request, question: PageQuestion
) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """Counts by facet, the rows of this page, and how many there are on all."""
    if question.is_empty:
        store = archive_of(request).store
        counts = await in_thread(lambda: counts_of(store))
        facets = {name: sorted(values.items(), key=lambda pair: -pair[1])
                  for name, values in counts.items()}  # fmt: skip
        return {"facets": facets, "ranges": {}}, [], sum(counts["obs_collection"].values())
    summary = json.loads(await _ask(request, "Summary", question))
    names = [name for name, _ in _headings(question)] + list(NEEDED)
    params = question.parameters | {"columns": ",".join(names), "sort": question.sort}
    found = json.loads(
        await _ask(request, "Rows", question, params=params, pagesize=ROWS_A_PAGE,
                   page=question.page)
    )  # fmt: skip
    if summary.get("status") == "ERROR" or found.get("status") == "ERROR":
        raise InvalidQueryError(str(summary.get("msg") or found.get("msg")))
    return summary, found["data"], summary["total"]


async def _ask(
    request: Request,
    service: str,
    question: PageQuestion,
    *,
    params: dict[str, Any] | None = None,
    **words: Any,
) -> bytes:
    """What a Browse service of the portal answers, in the lane that all queries take."""
    given = question.parameters if params is None else params
    mashup = MashupRequest(f"Topmast.Browse.{service}", given, **words)
    content = await answered(request, mashup)
    if isinstance(content, bytes):
        return content
    return b"".join(content.pieces())


async def _with_previews(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, with a preview only where its file is held and open to this user."""
    store = archive_of(request).store
    uris = [row["jpegURL"] for row in rows if row.get("jpegURL")]
    known = await in_thread(lambda: find_files(store, uris))
    held = {uri: file for uri, file in known.items() if file.path is not None}
    readable = await readable_uris(request, held.values()) if held else set()
    return [row | {"jpegURL": row["jpegURL"] if row.get("jpegURL") in readable else ""}
            for row in rows]  # fmt: skip


def _headings(question: PageQuestion) -> list[tuple[str, str]]:
    distance = [("distance", "Distance")] if question.cones else []
    return [*distance, *COLUMNS]


def _shown_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its dates and lengths as people read them."""
    day, exposure = date_and_length(row)
    distance = row.get("distance")
    closed = row.get("dataRights") in ("EXCLUSIVE_ACCESS", "RESTRICTED")
    return row | {
        "t_min": day,
        "t_exptime": exposure,
        "distance": "" if distance is None else f'{distance:,.1f}"',
        "closed": closed,
        "until": day_of_mjd(row.get("t_obs_release")) if closed else "",
    }


def _facets(question: PageQuestion, summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each facet its values with their counts, the chosen ones first."""
    found = []
    for name, title in FACET_TITLES.items():
        counts = dict(summary["facets"].get(name, []))
        counts.pop("", None)
        chosen = question.chosen.get(name, ())
        named = {str(value): count for value, count in counts.items()}
        listed = [*chosen, *(value for value in named if value not in chosen)]
        values = [
            {"value": value, "count": named.get(value, 0), "chosen": value in chosen,
             "link": question.toggled(name, value)}
            for value in listed
        ]  # fmt: skip
        most = max(VALUES_SHOWN, len(chosen))
        if values:
            found.append(
                {"name": name, "title": title, "first": values[:most], "more": values[most:200]}
            )
    return found


async def _products(request: Request, obsids: Sequence[int]) -> list[dict[str, Any]]:
    """The products of observations, with what the page shows of each."""
    archive, user = archive_of(request), await current_user(request)

    def look() -> list[dict[str, Any]]:
        rows = list_products(archive.store, list(obsids), PRODUCT, 1, 20_000)
        rows = mark_products(archive.store, rows, user)
        names = [field.name for field in rows.fields]
        products = [dict(zip(names, row, strict=True)) for row in rows.rows]
        held = find_files(archive.store, [p["dataURI"] for p in products])
        for product in products:
            product |= _shown_product(product, held.get(product["dataURI"]))
        return products

    return await in_thread(look)


def _shown_product(product: dict[str, Any], held: Any) -> dict[str, Any]:
    name = (product["productFilename"] or "").lower()
    rights = str(product.get("dataRights") or "")
    is_open = rights not in ("EXCLUSIVE_ACCESS", "RESTRICTED") or product.get("mayDownload") is True
    has_file = held is not None and held.path is not None
    is_science = name.endswith((".fits", ".fits.gz")) and product["productType"] == "SCIENCE"
    is_fits = is_science and has_file and is_open
    return {
        "shown_size": readable_size(product["size"]) if product["size"] else "",
        "held": has_file,
        "open": is_open,
        "picture": name.endswith((".jpg", ".jpeg", ".png", ".gif")) and has_file and is_open,
        "image": is_fits and product["dataproduct_type"] in ("image", "cube"),
        "series": is_fits and product["dataproduct_type"] in ("timeseries", "spectrum"),
        "recommended": "minimum" in (product["productGroupDescription"] or "").lower(),
    }


def _best(products: Sequence[dict[str, Any]], kind: str) -> str:
    """The URI of the product to show: a recommended one, else the first."""
    able = [product for product in products if product[kind]]
    return next((str(p["dataURI"]) for p in sorted(able, key=lambda p: not p["recommended"])), "")


async def _readable(request: Request, uri: str) -> Path | Response:
    """The file of a product, if it is there, whole, and this user may have it."""
    store = archive_of(request).store
    held = await in_thread(lambda: find_file(store, uri))
    if held is None or held.path is None:
        return message(404, f"The archive holds no file {uri[:300]}.")
    if uri not in await readable_uris(request, [held]):
        return message(401, f"{uri[:300]} is exclusive; its owner's login is needed.")
    if not await in_thread(lambda: is_whole(store, held)):
        return message(404, f"The file of {uri[:300]} is not as it was put into the archive.")
    return held.path
