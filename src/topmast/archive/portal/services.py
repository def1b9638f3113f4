"""The portal's services: what each does with the parameters of a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from topmast.archive.accounts.rights import mark_products
from topmast.archive.portal.answers import Page, page_of
from topmast.archive.portal.browse import BROWSE_SERVICES
from topmast.archive.portal.bundles import stage_bundle
from topmast.archive.portal.call import (
    Asked,
    Call,
    as_number,
    chosen_fields,
    cone_of,
    is_count,
    number,
    table_answer,
)
from topmast.archive.store.crossmatch import crossmatch
from topmast.archive.store.filters import Filter, parse_filters
from topmast.archive.store.names import look_up
from topmast.archive.store.products import list_products
from topmast.archive.store.query import Cone, Query
from topmast.archive.store.value_counts import HISTOGRAM_COLUMNS, counts_of
from topmast.errors import InvalidQueryError
from topmast.tables.fields import OBSERVATION, Field, columns_config
from topmast.wire.encoding import caom_histograms, encode_extjs
from topmast.wire.names import checked_format, encode_names
from topmast.wire.portal import decode_request

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

RADIUS_DEG = 0.2
BY_NAME = {field.name: field for field in OBSERVATION}
OBSERVATION_FIELDS = {field.name.lower(): field for field in OBSERVATION}


def _position(call: Call) -> Cone:
    """The cone in ``position``: ``"ra, dec, radius"``."""
    text = call.parameter("position")
    if text is None:
        return cone_of(call, RADIUS_DEG)
    parts = text.replace(",", " ").split() if isinstance(text, str) else text
    if not isinstance(parts, list) or len(parts) != 3:
        raise InvalidQueryError(
            f"position must read 'ra, dec, radius' in degrees, not {str(text)[:60]!r}."
        )
    names = ("ra", "dec", "radius")
    return Cone(*(as_number(part, name) for part, name in zip(parts, names, strict=True)))


def _cone(call: Call) -> bytes:
    cone = cone_of(call, RADIUS_DEG)
    return _observations(call, call.fields("cone"), _without_hla(call), cone)


def _filtered(call: Call) -> bytes:
    return _criteria(call, call.fields("filtered"), None)


def _filtered_position(call: Call) -> bytes:
    return _criteria(call, call.fields("position"), _position(call))


def _criteria(call: Call, fields: tuple[Field, ...], cone: Cone | None) -> bytes:
    filters = (*parse_filters(call.parameter("filters")), *_kind_of_observation(call))
    columns = call.parameter("columns")
    if is_count(columns):
        count = call.archive.searcher.count(Query((), filters, cone))
        return table_answer(call, [Field("Column1", "string", "", "")], [(count,)], Page(1, 1), 1)
    return _observations(call, chosen_fields(columns, fields, OBSERVATION_FIELDS), filters, cone)


def _observations(
    call: Call, fields: tuple[Field, ...], filters: tuple[Filter, ...], cone: Cone | None
) -> bytes:
    page = page_of(call.request)
    found = call.archive.searcher.search(Query(fields, filters, cone, page.number, page.size))
    return table_answer(call, fields, found.rows, page, found.total)


def _without_hla(call: Call) -> tuple[Filter, ...]:
    if str(call.parameter("exclude_hla", False)).lower() not in ("true", "1"):
        return ()
    return (Filter(BY_NAME["obs_collection"], values=("HLA",), negated=True),)


KINDS: dict[str, tuple[Filter, ...]] = {
    "science": (Filter(BY_NAME["intentType"], values=("science",), or_null=True),),
    "cal": (Filter(BY_NAME["intentType"], values=("calibration",)),),
    "all": (),
}


def _kind_of_observation(call: Call) -> tuple[Filter, ...]:
    """What ``obstype``, which clients of 2018 send, asks for; without it, everything."""
    kind = str(call.parameter("obstype") or "all").lower()
    if kind not in KINDS:
        raise InvalidQueryError(f"obstype is one of {', '.join(KINDS)}, not {kind[:40]!r}.")
    return KINDS[kind]


def _products(call: Call) -> bytes:
    page = page_of(call.request)
    fields = call.fields("products")
    obsids = _obsids(call.parameter("obsid"))
    # No obsid, no products. See docs/decisions/empty-obsid.md.
    store = call.archive.store
    found = list_products(store, obsids, fields, page.number, page.size)
    found = mark_products(store, found, call.user)
    return table_answer(call, found.fields, found.rows, page, found.total)


def _obsids(value: Any) -> list[int]:
    if value is None:
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    return [_obsid(part) for part in parts if str(part).strip()]


def _obsid(part: Any) -> int:
    text = str(part).strip()
    if not re.fullmatch("-?[0-9]{1,19}", text) or abs(int(text)) >= 1 << 63:
        raise InvalidQueryError(
            f"Error converting data type varchar to bigint: the obsid {text[:60]!r} is not a whole "
            "number. Products are asked for by obsid, not by obs_id."
        )
    return int(text)


def _all(call: Call) -> bytes:
    """How often each value of each column occurs; the list of missions is read off it."""
    config = {name: columns_config(OBSERVATION)[name] for name in HISTOGRAM_COLUMNS}
    counts = counts_of(call.archive.store)
    fields = [(name, BY_NAME[name].type) for name in HISTOGRAM_COLUMNS]
    return encode_extjs(fields, columns=caom_histograms(config, counts))


def _missions(call: Call) -> bytes:
    if call.request.format == "extjs":
        return _all(call)
    rows = sorted(counts_of(call.archive.store)["obs_collection"].items())
    fields = [BY_NAME["obs_collection"], Field("count", "int", "", "")]
    page = page_of(call.request)
    return table_answer(call, fields, rows[page.part], page, len(rows))


def _crossmatch(call: Call) -> bytes:
    page = page_of(call.request)
    found = crossmatch(
        call.archive.searcher,
        call.request.extra.get("data") or call.parameter("data"),
        fields=call.fields("position"),
        ra_column=str(call.parameter("raColumn", "ra")),
        dec_column=str(call.parameter("decColumn", "dec")),
        radius_deg=number(call, "radius", 0.002),
        page=page.part,
    )
    return table_answer(call, found.fields, found.rows, page, found.total)


def _name_lookup(call: Call) -> bytes:
    name = call.parameter("input")
    if not isinstance(name, str) or not name.strip():
        raise InvalidQueryError("Mast.Name.Lookup needs the parameter input, a name.")
    format = checked_format(call.parameter("format"))
    return encode_names(look_up(call.archive.store, [name.strip()]), format)


def _bundle(call: Call) -> bytes:
    return stage_bundle(call.archive, call.request.params, call.base_url, call.client)


SERVICES: Mapping[str, Callable[[Call], bytes]] = {
    "Mast.Caom.Cone": _cone,
    "Mast.Caom.Filtered": _filtered,
    "Mast.Caom.Filtered.Position": _filtered_position,
    "Mast.Caom.Products": _products,
    "Mast.Caom.All": _all,
    "Mast.Caom.Crossmatch": _crossmatch,
    "Mast.Missions.List": _missions,
    "Mast.Name.Lookup": _name_lookup,
    "Mast.Bundle.Request": _bundle,
    **BROWSE_SERVICES,
}
LOWER = {name.lower(): name for name in SERVICES}

CONFIGURATIONS = {
    "mast.caom.cone": "position",
    "mast.caom.filtered": "position",
    "mast.caom.filtered.position": "position",
    "mast.caom.crossmatch": "position",
    "mast.caom.products": "products",
}
"""Which columns the column configuration of a service describes."""


def answer(archive: Archive, asked: Asked) -> bytes:
    """What the service that `asked` names answers."""
    request = asked.request
    if isinstance(request, bytes):
        request = decode_request(request)
    service = find_service(request.service, lambda: archive.catalogs.names())
    return service(Call(archive, request, asked.base_url, asked.user, asked.client))


def find_service(
    name: str, catalogs: Callable[[], Sequence[str]] = tuple
) -> Callable[[Call], bytes]:
    """The service called `name` in any case, or an error that names the nearest.

    `catalogs` gives the names of the catalogues that the archive has; its own ones have services.
    """
    if name.lower() in LOWER:
        return SERVICES[LOWER[name.lower()]]
    # Late, for catalogues need pyarrow, which takes long to load.
    from topmast.archive.portal.catalog_services import CATALOG_SERVICES, find_own_service

    known = LOWER | {each.lower(): each for each in CATALOG_SERVICES}
    if name.lower() in known:
        return CATALOG_SERVICES[known[name.lower()]]
    own = find_own_service(name, catalogs)
    if own is not None:
        return own
    from difflib import get_close_matches  # late, as in errors.did_you_mean

    near = [known[each] for each in get_close_matches(name.lower()[:200], known, n=3)]
    hint = (
        f"Did you mean {' or '.join(near)}?" if near else f"Services: {', '.join(known.values())}."
    )
    raise InvalidQueryError(f"Unknown service {name[:100]!r}. {hint}")
