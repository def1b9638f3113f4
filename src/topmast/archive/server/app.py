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

from topmast.archive.server.routes import (
    accounts,
    bundles,
    catalogs,
    cloud,
    cutouts,
    files,
    missions,
    names,
    openapi,
    pages,
    portal,
    tap,
    tap_jobs,
    vo,
)
from topmast.archive.server.routes.common import Endpoint, message, with_errors_as_answers
from topmast.archive.server.web import views
from topmast.wire.auth import LOGIN, LOGOUT, SESSION, WHOAMI
from topmast.wire.catalog_api import METADATA, TABLE
from topmast.wire.cutouts import SERVICES
from topmast.wire.mission_lists import (
    COLUMN_LIST,
    DOCS,
    LIST_PRODUCTS,
    POST_LIST_PRODUCTS,
    RETRIEVE,
)
from topmast.wire.missions import SEARCH
from topmast.wire.path_lookup import PATH_LOOKUP
from topmast.wire.s3 import PUBLIC_BUCKET
from topmast.wire.tap import ROOT as TAP_ROOT

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

GET, POST, BOTH = ["GET"], ["POST"], ["GET", "POST"]

ROUTES: tuple[tuple[str, list[str], Endpoint], ...] = (
    ("/", GET, views.home),
    ("/browse.{kind}", GET, views.export),
    ("/observation/{obsid}", GET, views.observation),
    ("/basket", GET, views.basket),
    ("/login", GET, views.login),
    ("/preview", GET, views.preview),
    ("/series", GET, views.series),
    ("/sky/footprints.json", GET, views.footprints),
    ("/sky/density.json", GET, views.density),
    ("/holdings.json", GET, views.holdings),
    ("/static/{name}", GET, views.static),
    ("/health", GET, pages.health),
    ("/openapi.json", GET, openapi.openapi),
    ("/api/v0/invoke", BOTH, portal.invoke),
    ("/api/v0.1/invoke", BOTH, portal.invoke),
    ("/portal/Mashup/Mashup.asmx/columnsconfig", BOTH, portal.columnsconfig),
    ("/api/v0.1/Download/file", GET, files.download_file),
    ("/api/v0/Download/file", GET, files.download_file),
    ("/api/v0/download/file", GET, files.download_file),
    ("/api/v0/download/file/{path:path}", GET, files.download_file),
    ("/api/v0.1/Download/bundle.sh", BOTH, bundles.bundle_sh),
    ("/api/v0.1/Download/bundle.{kind}", BOTH, bundles.bundle_pack),
    ("/portal/Download/stage/anonymous/public/{place}/{name}", GET, bundles.staged),
    ("/scs/{name}", BOTH, catalogs.cone_search),
    ("/capabilities", GET, vo.services),
    ("/datalink", BOTH, vo.datalink),
    ("/sia2/query", BOTH, vo.images),
    ("/sia2/capabilities", GET, vo.some_services),
    ("/sia2/availability", GET, tap.availability),
    ("/moc", GET, vo.coverages),
    ("/moc/{name}", GET, vo.coverage),
    (PATH_LOOKUP, GET, cloud.path_lookup),
    (f"/{PUBLIC_BUCKET}", GET, cloud.list_bucket),
    (f"/{PUBLIC_BUCKET}/{{key:path}}", GET, cloud.get_object),
    ("/cgi-bin/{program}", GET, files.download_spectrum),
    ("/Santa-war/query", BOTH, names.resolve),
    (TABLE, BOTH, catalogs.search),
    (METADATA, GET, catalogs.metadata),
    (DOCS, GET, missions.docs),
    (COLUMN_LIST, GET, missions.column_list),
    (SEARCH, POST, missions.search),
    (POST_LIST_PRODUCTS, POST, missions.post_list_products),
    (LIST_PRODUCTS, GET, missions.list_products),
    (RETRIEVE, GET, missions.retrieve_product),
    ("/tesscut/", GET, cutouts.alive),
    ("/tesscut/api/v0.1/sector", BOTH, cutouts.sectors),
    ("/zcut/api/v0.1/survey", BOTH, cutouts.surveys),
    *((f"/{service}/api/v0.1/astrocut", BOTH, cutouts.astrocut) for service in SERVICES),
    ("/tesscut/api/v0.1/moving_target/sector", BOTH, cutouts.moving_target),
    ("/tesscut/api/v0.1/moving_target/astrocut", BOTH, cutouts.moving_target),
    (WHOAMI, GET, accounts.whoami),
    ("/auth_type", GET, accounts.auth_type),
    ("/token", GET, accounts.login_help),
    ("/api/v0/Mashup/Login/login.html", GET, accounts.login_help),
    (LOGIN, POST, accounts.log_in),
    (LOGOUT, POST, accounts.log_out),
    (SESSION, GET, accounts.session),
    (f"{TAP_ROOT}/openapi.json", GET, tap.collections),
    *(
        (f"{service}{path}", methods, endpoint)
        for service in ("/tap", f"{TAP_ROOT}/{{collection}}")
        for path, methods, endpoint in (*tap.BELOW, *tap_jobs.BELOW)
    ),
)


def make_app(archive: Archive) -> Starlette:
    """The ASGI app that serves `archive`."""
    app = Starlette(
        routes=[
            Route(path, with_errors_as_answers(endpoint), methods=methods)
            for path, methods, endpoint in ROUTES
        ],
        middleware=[Middleware(CheckedAddresses)],
        exception_handlers={HTTPException: _refused},
    )
    app.state.archive = archive
    app.state.body_bytes = Counter()
    app.state.packs = Counter()
    app.state.password_checks = asyncio.Semaphore(accounts.CHECKS_AT_ONCE)
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
