"""The addresses of the archive as an OpenAPI description, for people and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from topmast.archive.server.routes.common import endpoint_named
from topmast.version import __version__
from topmast.wire.addresses import MISSION_SEARCH, POST_LIST_PRODUCTS
from topmast.wire.auth import JSON_TYPE, LOGIN

Schema = dict[str, Any]
FORM_TYPE = "application/x-www-form-urlencoded"
TAKE_JSON = (LOGIN, MISSION_SEARCH, POST_LIST_PRODUCTS)
"""Addresses whose bodies are JSON."""

ABOUT: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
"""Parameters by the last part of an address, those in an address, and the meaning of statuses."""


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
        operations = {method.lower(): _operation(route, path, method) for method in methods}
        paths.setdefault(path, {}).update(operations)
    head = ABOUT["head"]
    return head | {"info": head["info"] | {"version": __version__}, "paths": paths}


def _operation(route: Route, path: str, method: str) -> dict[str, Any]:
    meaning = (endpoint_named(route.name).__doc__ or "").strip().partition("\n")[0]
    given = ABOUT["parameters"].get(path.rpartition("/")[2], ())
    operation: dict[str, Any] = {
        "summary": meaning,
        "operationId": re.sub(r"\W+", "_", f"{method.lower()} {path}").strip("_"),
        "parameters": [_in_path(name) for name in re.findall(r"\{(\w+)\}", path)],
        "responses": {status: {"description": text} for status, text in ABOUT["statuses"].items()},
    }
    if method == "GET":
        operation["parameters"] += [each | {"in": "query"} for each in given]
    elif given:
        operation["requestBody"] = _form(given, JSON_TYPE if path in TAKE_JSON else FORM_TYPE)
    return operation


def _in_path(name: str) -> Schema:
    schema = ABOUT["in_path"].get(name, {"type": "string"})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _form(given: Sequence[Schema], media_type: str) -> Schema:
    properties = {each["name"]: each["schema"] for each in given}
    schema: Schema = {"type": "object", "properties": properties}
    if required := [each["name"] for each in given if each["required"]]:
        schema["required"] = required
    return {"content": {media_type: {"schema": schema}}}
