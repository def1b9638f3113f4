"""The addresses of the archive, and which function answers at each."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from topmast.archive.server.routes.common import message, with_errors_as_answers
from topmast.wire.addresses import (
    CATALOG_METADATA,
    CATALOG_TABLE,
    COLUMN_LIST,
    LIST_PRODUCTS,
    MISSION_DOCS,
    MISSION_SEARCH,
    PATH_LOOKUP,
    POST_LIST_PRODUCTS,
    PUBLIC_BUCKET,
    RETRIEVE_PRODUCT,
    TAP_ROOT,
)
from topmast.wire.auth import LOGIN, LOGOUT, SESSION, WHOAMI

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

GET, POST, BOTH = ["GET"], ["POST"], ["GET", "POST"]

CUTOUTS = ("tesscut", "zcut", "hapcut")
PASSWORD_CHECKS_AT_ONCE = 2
"""Passwords are slow to check: more would take the threads of all other requests."""
JOB = "/async/{job}"
TAP: tuple[tuple[str, list[str], str], ...] = (
    ("", GET, "tap.home"),
    ("/sync", BOTH, "tap.sync"),
    ("/capabilities", GET, "tap.capabilities"),
    ("/availability", GET, "tap.availability"),
    ("/examples", GET, "tap.examples"),
    ("/tables", GET, "tap.tables"),
    ("/tables/{table}", GET, "tap.tables"),
    ("/async", GET, "tap_jobs.listed"),
    ("/async", POST, "tap_jobs.make"),
    (JOB, GET, "tap_jobs.show"),
    (JOB, POST, "tap_jobs.change"),
    (JOB, ["DELETE"], "tap_jobs.delete"),
    (f"{JOB}/phase", GET, "tap_jobs.one_value"),
    (f"{JOB}/phase", POST, "tap_jobs.move"),
    (f"{JOB}/executionduration", BOTH, "tap_jobs.one_value"),
    (f"{JOB}/destruction", BOTH, "tap_jobs.one_value"),
    (f"{JOB}/quote", GET, "tap_jobs.one_value"),
    (f"{JOB}/owner", GET, "tap_jobs.one_value"),
    (f"{JOB}/parameters", BOTH, "tap_jobs.parameters"),
    (f"{JOB}/error", GET, "tap_jobs.error"),
    (f"{JOB}/results", GET, "tap_jobs.results"),
    (f"{JOB}/results/result", GET, "tap_jobs.result"),
)
"""The addresses below that of a TAP service."""

# What is asked for most comes first, as addresses are compared one after the other.
ROUTES: tuple[tuple[str, list[str], str], ...] = (
    ("/api/v0/invoke", BOTH, "routes.portal.invoke"),
    ("/api/v0.1/invoke", BOTH, "routes.portal.invoke"),
    ("/api/v0.1/Download/file", GET, "routes.files.download_file"),
    ("/", GET, "web.views.home"),
    ("/browse.{kind}", GET, "web.views.export"),
    ("/observation/{obsid}", GET, "web.views.observation"),
    ("/basket", GET, "web.views.basket"),
    ("/login", GET, "web.views.login"),
    ("/preview", GET, "web.views.preview"),
    ("/series", GET, "web.views.series"),
    ("/sky/footprints.json", GET, "web.views.footprints"),
    ("/sky/density.json", GET, "web.views.density"),
    ("/holdings.json", GET, "web.views.holdings"),
    ("/static/{name}", GET, "web.views.static"),
    ("/health", GET, "routes.pages.health"),
    ("/openapi.json", GET, "routes.openapi.openapi"),
    ("/portal/Mashup/Mashup.asmx/columnsconfig", BOTH, "routes.portal.columnsconfig"),
    ("/api/v0/Download/file", GET, "routes.files.download_file"),
    ("/api/v0/download/file", GET, "routes.files.download_file"),
    ("/api/v0/download/file/{path:path}", GET, "routes.files.download_file"),
    ("/api/v0.1/Download/bundle.sh", BOTH, "routes.bundles.bundle_sh"),
    ("/api/v0.1/Download/bundle.{kind}", BOTH, "routes.bundles.bundle_pack"),
    ("/portal/Download/stage/anonymous/public/{place}/{name}", GET, "routes.bundles.staged"),
    ("/scs/{name}", BOTH, "routes.catalogs.cone_search"),
    ("/capabilities", GET, "routes.vo.services"),
    ("/datalink", BOTH, "routes.vo.datalink"),
    ("/sia2/query", BOTH, "routes.vo.images"),
    ("/sia2/capabilities", GET, "routes.vo.some_services"),
    ("/sia2/availability", GET, "routes.tap.availability"),
    ("/moc", GET, "routes.vo.coverages"),
    ("/moc/{name}", GET, "routes.vo.coverage"),
    (PATH_LOOKUP, GET, "routes.cloud.path_lookup"),
    (f"/{PUBLIC_BUCKET}", GET, "routes.cloud.list_bucket"),
    (f"/{PUBLIC_BUCKET}/{{key:path}}", GET, "routes.cloud.get_object"),
    ("/cgi-bin/{program}", GET, "routes.files.download_spectrum"),
    ("/Santa-war/query", BOTH, "routes.names.resolve"),
    (CATALOG_TABLE, BOTH, "routes.catalogs.search"),
    (CATALOG_METADATA, GET, "routes.catalogs.metadata"),
    (MISSION_DOCS, GET, "routes.missions.docs"),
    (COLUMN_LIST, GET, "routes.missions.column_list"),
    (MISSION_SEARCH, POST, "routes.missions.search"),
    (POST_LIST_PRODUCTS, POST, "routes.missions.post_list_products"),
    (LIST_PRODUCTS, GET, "routes.missions.list_products"),
    (RETRIEVE_PRODUCT, GET, "routes.missions.retrieve_product"),
    ("/tesscut/", GET, "routes.cutouts.alive"),
    ("/tesscut/api/v0.1/sector", BOTH, "routes.cutouts.sectors"),
    ("/zcut/api/v0.1/survey", BOTH, "routes.cutouts.surveys"),
    *((f"/{service}/api/v0.1/astrocut", BOTH, "routes.cutouts.astrocut") for service in CUTOUTS),
    ("/tesscut/api/v0.1/moving_target/sector", BOTH, "routes.cutouts.moving_target"),
    ("/tesscut/api/v0.1/moving_target/astrocut", BOTH, "routes.cutouts.moving_target"),
    (WHOAMI, GET, "routes.accounts.whoami"),
    ("/auth_type", GET, "routes.accounts.auth_type"),
    ("/token", GET, "routes.accounts.login_help"),
    ("/api/v0/Mashup/Login/login.html", GET, "routes.accounts.login_help"),
    (LOGIN, POST, "routes.accounts.log_in"),
    (LOGOUT, POST, "routes.accounts.log_out"),
    (SESSION, GET, "routes.accounts.session"),
    (f"{TAP_ROOT}/openapi.json", GET, "routes.tap.collections"),
    *(
        (f"{service}{path}", methods, f"routes.{name}")
        for service in ("/tap", f"{TAP_ROOT}/{{collection}}")
        for path, methods, name in TAP
    ),
)
"""Address, methods, and the function that answers, imported at its first request."""


def make_app(archive: Archive) -> Starlette:
    """The ASGI app that serves `archive`."""
    app = Starlette(
        routes=[
            Route(path, with_errors_as_answers(name), methods=methods, name=name)
            for path, methods, name in ROUTES
        ],
        middleware=[Middleware(CheckedAddresses)],
        exception_handlers={HTTPException: _refused},
    )
    app.state.archive = archive
    app.state.body_bytes = Counter()
    app.state.packs = Counter()
    app.state.password_checks = asyncio.Semaphore(PASSWORD_CHECKS_AT_ONCE)
    return app


class CheckedAddresses:
    """Refuse a request that does not name its host once (RFC 9112, 3.2).

    Take ``GET http://host/path`` for ``GET /path``, as every server must (RFC 9112, 3.2.2).

    A client whose ``http_proxy`` is this server asks like that; so astroquery's fixed address of
    the name resolver leads here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _hosts(scope) != 1:
            refusal = message(400, "A request names the host that it is for, once.")
            await refusal(scope, receive, send)
            return
        if scope["type"] == "http" and WHOLE.match(scope["path"]):
            path = WHOLE.sub("", scope["path"]) or "/"
            raw_path = WHOLE.sub("", scope.get("raw_path", b"").decode("ascii", "replace")) or "/"
            scope = {**scope, "path": path, "raw_path": raw_path.encode("ascii", "replace")}
        await self.app(scope, receive, send)


def _hosts(scope: Scope) -> int:
    named = sum(name == b"host" for name, _ in scope["headers"])
    return 1 if scope["http_version"] == "1.0" and not named else named


WHOLE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


async def _refused(request: Request, problem: Exception) -> Response:
    """An address or a method that is not there; OPTIONS is told the methods that are."""
    assert isinstance(problem, HTTPException)
    headers = dict(problem.headers or {})
    if problem.status_code == 405 and request.method == "OPTIONS":
        return Response(status_code=204, headers=headers)
    texts = {
        404: "Nothing is served at this address; see / for what this server offers.",
        405: "This address does not take this method.",
    }
    answer = message(problem.status_code, texts.get(problem.status_code) or problem.detail)
    answer.headers.update(headers)
    return answer
