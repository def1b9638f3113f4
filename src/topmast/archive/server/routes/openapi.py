"""The addresses of the archive as an OpenAPI description, for people and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from topmast.version import __version__
from topmast.wire.auth import JSON_TYPE, LOGIN

Schema = dict[str, Any]
FORM_TYPE = "application/x-www-form-urlencoded"

TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
A_URI = "mast:HST/product/u9o40504m_c3m.fits"
A_QUESTION = {
    "service": "Mast.Caom.Cone",
    "params": {"ra": 10.5, "dec": 41.2, "radius": 0.2},
    "format": "json",
    "pagesize": 100,
    "page": 1,
}
URI = ("uri", TEXT | {"example": A_URI}, "The dataURI of a product.", True)
URIS = ("uri", TEXTS | {"example": [A_URI]}, "The dataURI of each product.", True)
QUERY = (
    "request",
    TEXT | {"example": json.dumps(A_QUESTION)},
    "The question, as JSON: service, params, format, page, pagesize.",
    True,
)
NAMES = (
    ("name", TEXTS | {"example": ["M101"]}, "An object's name; up to a thousand of them.", True),
    ("outputFormat", {"type": "string", "enum": ["json", "xml"]}, "", False),
    ("resolveAll", {"type": "boolean"}, "What every resolver knows.", False),
    ("resolver", TEXT, "Ask this one only.", False),
)
COLUMNS = ("colConfigId", TEXT, "A service, such as Mast.Caom.Cone.", False)

PARAMETERS: dict[str, Sequence[tuple[str, Schema, str, bool]]] = {
    "invoke": (QUERY,),
    "columnsconfig": (COLUMNS,),
    "file": (URI,),
    "bundle.sh": (URIS,),
    "bundle.{kind}": (URIS,),
    "query": NAMES,
    "login": (("username", TEXT, "", True), ("password", TEXT, "", True)),
}
"""By the last part of an address: name, schema, meaning, and whether it must be there."""

STATUSES = {
    "200": "The answer.",
    "304": "What you have is current.",
    "206": "The part that was asked for.",
    "204": "Nothing to say.",
    "400": "The request makes no sense; the answer says why.",
    "401": "A login, or a right, is missing.",
    "404": "There is nothing.",
    "405": "Not with this method.",
    "413": "The body is too long.",
    "416": "There is no such part.",
    "429": "Too many logins have failed.",
    "431": "The headers are too long.",
    "503": "The archive cannot check a password now.",
}


async def openapi(request: Request) -> Response:
    """The description, made from the table of addresses itself."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    content = json.dumps(description(routes), indent=1)
    return Response(content, media_type="application/json")


def description(routes: Sequence[Route]) -> dict[str, Any]:
    """All addresses with their methods and parameters."""
    paths: dict[str, Any] = {}
    for route in routes:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        methods = sorted((route.methods or set()) - {"HEAD"})
        paths[path] = {method.lower(): _operation(route, path, method) for method in methods}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "topmast archive",
            "version": __version__,
            "description": "Answers like MAST. A login is the cookie mast_token, or the header "
            "Authorization: token ...",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "mast_token"},
            }
        },
    }


def _operation(route: Route, path: str, method: str) -> dict[str, Any]:
    meaning = (route.endpoint.__doc__ or "").strip().partition("\n")[0]
    given = PARAMETERS.get(path.rpartition("/")[2], ())
    operation: dict[str, Any] = {
        "summary": meaning,
        "operationId": re.sub(r"\W+", "_", f"{method.lower()} {path}").strip("_"),
        "parameters": [_in_path(name) for name in re.findall(r"\{(\w+)\}", path)],
        "responses": {status: {"description": text} for status, text in STATUSES.items()},
    }
    if method == "GET":
        operation["parameters"] += [_in_query(*each) for each in given]
    elif given:
        operation["requestBody"] = _form(given, JSON_TYPE if path == LOGIN else FORM_TYPE)
    return operation


IN_PATH: dict[str, Schema] = {
    "kind": {"type": "string", "enum": ["zip", "tar.gz"]},
    "place": {"type": "string", "format": "uuid"},
    "path": TEXT | {"example": "HST/product/u9o40504m_c3m.fits"},
}


def _in_path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": IN_PATH.get(name, TEXT)}


def _in_query(name: str, schema: Schema, meaning: str, required: bool) -> Schema:
    place = {"name": name, "in": "query", "required": required, "schema": schema}
    return place | ({"description": meaning} if meaning else {})


def _form(given: Sequence[tuple[str, Schema, str, bool]], media_type: str) -> Schema:
    properties = {name: schema for name, schema, _, _ in given}
    required = [name for name, _, _, needed in given if needed]
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return {"content": {media_type: {"schema": schema}}}
