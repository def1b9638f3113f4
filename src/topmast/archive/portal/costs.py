"""Which queries are heavy by the look of them, before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from topmast.archive.portal.call import Call
from topmast.archive.portal.services import find_service
from topmast.archive.store.filters import FEW_RANGES
from topmast.wire.portal import MashupRequest

LIGHT_RADIUS_DEG = 1.0
LIGHT_CATALOG_RADIUS_DEG = 0.2
LIGHT_POSITIONS = 50
LIGHT_MATCH_RADIUS_DEG = 0.05
LIGHT_OBSIDS = 500
LIGHT_CATALOG_ROWS = 50_000
"""A catalogue of so many rows is looked through from end to end in a moment."""


def looks_heavy(call: Call) -> bool:
    """Whether the query must not be tried in the light lane."""
    service = find_service(call.request.service, call.archive.catalogs.names)
    function = getattr(service, "func", service)  # services of catalogues are partial functions
    looks = LOOKS.get(function.__name__, _never)
    options: Mapping[str, Any] = getattr(service, "keywords", {})
    return looks(call, options) or _has_many_ranges(call.request)


def _never(call: Call, options: Mapping[str, Any]) -> bool:
    return False


def _always(call: Call, options: Mapping[str, Any]) -> bool:
    return True


def _is_wide(call: Call, options: Mapping[str, Any]) -> bool:
    most = LIGHT_CATALOG_RADIUS_DEG if options else LIGHT_RADIUS_DEG
    return _number(_radius(call)) > most


def _radius(call: Call) -> Any:
    position = call.parameter("position")
    if position is None:
        return call.parameter("radius")
    parts = position.replace(",", " ").split() if isinstance(position, str) else position
    return parts[-1] if isinstance(parts, list) and parts else None


def _scans(call: Call, options: Mapping[str, Any]) -> bool:
    """Whether a large catalogue is looked through from end to end, or a wide cone of it."""
    if options.get("kind") == "position" and not _is_wide(call, options):
        return False
    table = call.archive.catalogs.table(options["name"])
    return table is not None and table.rows > LIGHT_CATALOG_ROWS


def _matches_many(call: Call, options: Mapping[str, Any]) -> bool:
    data = call.request.extra.get("data") or call.parameter("data")
    rows = data.get("data") if isinstance(data, dict) else data
    many = isinstance(rows, list) and len(rows) > LIGHT_POSITIONS
    return many or _number(call.parameter("radius")) > LIGHT_MATCH_RADIUS_DEG


def _lists_many(call: Call, options: Mapping[str, Any]) -> bool:
    obsids = call.parameter("obsid")
    count = len(obsids) if isinstance(obsids, list) else str(obsids).count(",") + 1
    return count > LIGHT_OBSIDS


def _has_many_ranges(request: MashupRequest) -> bool:
    filters = next((v for k, v in request.params.items() if k.lower() == "filters"), None)
    if not isinstance(filters, list):
        return False
    values = [
        value
        for item in filters
        if isinstance(item, dict)
        for key, value in item.items()
        if str(key).lower() == "values"
    ]
    return sum(len(value) for value in values if isinstance(value, list)) > FEW_RANGES


def _number(value: Any) -> float:
    """A number, 0 for anything else: the service itself will say what is wrong with it."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0


LOOKS: Mapping[str, Callable[[Call, Mapping[str, Any]], bool]] = {
    "_cone": _is_wide,
    "_filtered_position": _is_wide,
    "_crossmatch": _matches_many,
    "_products": _lists_many,
    "holdings": _always,
    "cone_service": _is_wide,
    "hubble_service": _is_wide,
    "filtered_service": _scans,
    "detail_service": _scans,
    "list_service": _scans,
    "histogram_service": _scans,
    "match_service": _matches_many,
}
"""By the name of the function that answers."""
