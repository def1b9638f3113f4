"""The portal's services on catalogues: one row of a table each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from topmast.archive.catalogs.cones import FloatArray, IntArray
from topmast.archive.catalogs.definitions import Catalog, known_catalog
from topmast.archive.catalogs.matching import match
from topmast.archive.catalogs.parquet import CatalogTable
from topmast.archive.catalogs.search import Question, Selection
from topmast.archive.portal.answers import Page, check_format, page_of
from topmast.archive.portal.call import Call, is_count, number, table_answer
from topmast.archive.portal.catalog_columns import (
    AnswerColumn,
    answer_fields,
    hubble_columns,
    shown,
)
from topmast.archive.store.crossmatch import DEC, RA, ROW, uploaded_positions
from topmast.archive.store.filters import Filter, find_field, parse_filters
from topmast.archive.store.query import Cone
from topmast.errors import InvalidQueryError
from topmast.tables.fields import SELECTED, Field
from topmast.wire.encoding import encode_extjs

Answer = Callable[[Call], bytes]
RADIUS_DEG = 0.02
MATCH_RADIUS_DEG = 0.002
MOST_ROWS = 50_000
MOST_ROWS_OF_GALEX = 10_000
COUNT = Field("Column1", "string", "", "")


# ------------------------------------------------------------------------------------ cones


def cone_service(call: Call, *, name: str, limit_name: str = "", limit: int | None = None) -> bytes:
    """Rows around a position, nearest first."""
    most = _limit(call, limit_name, limit) if limit_name else None
    question = Question(cone=_cone_of(call), limit=most)
    catalog, table = _catalog_and_table(call, name)
    fields = answer_fields(catalog, "cone", call.archive.profile)
    return _answer(call, table, question, shown(catalog, fields))


def hubble_service(call: Call, *, name: str) -> bytes:
    """Sources around a position with the magnitudes in all filters that any of them was seen in."""
    magtype = _whole(call, "magtype", 1)
    if magtype not in (1, 2):
        raise InvalidQueryError(f"magtype is 1 (MagAper2) or 2 (MagAuto), not {magtype}.")
    most = _limit(call, "nr", MOST_ROWS)
    least = _whole(call, "ni", 1)
    catalog, table = _catalog_and_table(call, name)
    images = parse_filters(
        [{"paramName": "NumImages", "values": [{"min": least}]}], catalog.searchable
    )
    cone = _cone_of(call)
    question = Question(images if least > 1 else (), cone, most)
    everything = _selected(call, table, Question(question.filters, cone))
    columns = hubble_columns(table, everything.numbers, magtype, call.archive.profile)
    return _answer(call, table, question, columns)


def _cone_of(call: Call) -> Cone:
    return Cone(number(call, "ra"), number(call, "dec"), number(call, "radius", RADIUS_DEG))


# --------------------------------------------------------------------------------- criteria


def filtered_service(call: Call, *, name: str, kind: str, count: str) -> bytes:
    """Rows that pass the filters, around a position or anywhere.

    `count` says what a count is here: "asked" for in ``columns``, "refused", "never" or "always".
    """
    catalog, table = _catalog_and_table(call, name)
    filters = (
        *parse_filters(call.parameter("filters"), catalog.searchable),
        *_ranges(call, catalog),
    )
    cone = _cone_of(call) if kind == "position" else None
    question = Question(filters, cone, by_key=True)
    columns = None if count in ("never", "always") else call.parameter("columns")
    if count == "always" or is_count(columns):
        if count == "refused":
            raise InvalidQueryError("Incorrect syntax near '*'.")
        total = _selected(call, table, question).found
        return table_answer(call, [COUNT], [(total,)], Page(1, 1), 1)
    fields = _chosen(columns, answer_fields(catalog, kind, call.archive.profile), catalog)
    return _answer(call, table, question, shown(catalog, fields))


def _ranges(call: Call, catalog: Catalog) -> tuple[Filter, ...]:
    """Ranges that came beside the filters: a client puts ``dec={min, max}`` there."""
    found = []
    for name, value in call.request.params.items():
        ranges = value if isinstance(value, list) else [value]
        if name.lower() in catalog.searchable and ranges and all(map(_is_range, ranges)):
            found.append({"paramName": name, "values": ranges})
    return parse_filters(found, catalog.searchable)


def _is_range(value: Any) -> bool:
    return isinstance(value, dict) and bool({str(key).lower() for key in value} & {"min", "max"})


def _chosen(columns: Any, fields: Sequence[Field], catalog: Catalog) -> Sequence[Field]:
    """The columns asked for by a list, a text with commas, or ``*``."""
    names = columns.split(",") if isinstance(columns, str) else columns
    if names is None or names == [""]:
        return fields
    if not isinstance(names, list):
        raise InvalidQueryError(f"columns must be a text such as '*', not {str(columns)[:60]!r}.")
    chosen: dict[str, Field] = {}
    for name in (str(name).strip().removeprefix("c.") for name in names):
        for field in fields if name == "*" else (find_field(name, catalog.searchable),):
            chosen.setdefault(field.name, field)
    return tuple(chosen.values())


# ---------------------------------------------------------------------- whole lists, one source


def detail_service(call: Call, *, name: str) -> bytes:
    """All detections of one Hubble source."""
    catalog, table = _catalog_and_table(call, name)
    wanted = call.parameter("input")
    if wanted is None:
        raise InvalidQueryError(f"{call.request.service} needs the parameter input, a MatchID.")
    filters = parse_filters([{"paramName": "MatchID", "values": [wanted]}], catalog.searchable)
    if not all(isinstance(value, int) for value in filters[0].values):
        raise InvalidQueryError(f"A MatchID is a whole number, not {str(wanted)[:60]!r}.")
    fields = answer_fields(catalog, "filtered", call.archive.profile)
    return _answer(call, table, Question(filters), shown(catalog, fields))


def list_service(call: Call, *, name: str) -> bytes:
    """All rows."""
    catalog, table = _catalog_and_table(call, name)
    fields = answer_fields(catalog, "filtered", call.archive.profile)
    return _answer(call, table, Question(), shown(catalog, fields))


def histogram_service(call: Call, *, name: str) -> bytes:
    """How the values are spread, and no rows."""
    catalog, table = _catalog_and_table(call, name)
    fields = answer_fields(catalog, "filtered", call.archive.profile)
    nothing: dict[str, Any] = {"discreteHistogram": {}, "continuousHistogram": {}}
    properties = nothing if table is None else call.archive.catalogs.histograms.of(table)
    empty = {"string": "", "float": "NaN"}
    columns = [
        {"text": field.name, "dataIndex": field.name, "ignoreValue": empty.get(field.type)}
        for field in fields
    ]
    names = [(field.name, field.type) for field in fields]
    return encode_extjs(names, columns=columns, properties=properties)


# ------------------------------------------------------------------------------- crossmatch


def match_service(call: Call, *, name: str, magtype: int = 0) -> bytes:
    """Rows around each position of an uploaded table, which they stand behind."""
    check_format(call.request.format)
    page = page_of(call.request)
    catalog, table = _catalog_and_table(call, name)
    radius = number(call, "radius", MATCH_RADIUS_DEG)
    if not 0 <= radius <= 180:
        raise InvalidQueryError(f"radius must be from 0 to 180 degrees, not {radius!r}.")
    data = call.request.extra.get("data") or call.parameter("data")
    names = (str(call.parameter("raColumn", "ra")), str(call.parameter("decColumn", "dec")))
    ra, dec = uploaded_positions(data, *names)
    numbers, distances, owners = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64)
    if table is not None:
        found = match(table, ra, dec, radius)
        numbers, distances, owners = found.numbers, found.distances, found.positions
    profile = call.archive.profile
    if magtype:
        columns = hubble_columns(table, np.unique(numbers), magtype, profile)
    else:
        columns = shown(catalog, answer_fields(catalog, "cone", profile))
    columns = [column for column in columns if column.field is not SELECTED]
    part = slice(page.start, page.start + page.size)
    rows = _rows(catalog, table, numbers[part], distances[part], columns)
    begin = zip(
        owners[part].tolist(), ra[owners[part]].tolist(), dec[owners[part]].tolist(), strict=True
    )
    rows = [(*start, *row) for start, row in zip(begin, rows, strict=True)]
    fields = [ROW, RA, DEC, *(column.field for column in columns)]
    return table_answer(call, fields, rows, page, len(numbers))


# ---------------------------------------------------------------------------------- answers


def _catalog_and_table(call: Call, name: str) -> tuple[Catalog, CatalogTable | None]:
    """The catalogue, and its rows if this archive has any."""
    table = call.archive.catalogs.table(name)
    catalog = table.catalog if table is not None else known_catalog(name)
    if catalog is None:
        raise InvalidQueryError(f"The archive has no catalogue {name}.")
    return catalog, table


def _selected(call: Call, table: CatalogTable | None, question: Question) -> Selection:
    if table is None:
        nothing = None if question.cone is None else np.zeros(0)
        return Selection(np.zeros(0, np.int64), nothing, 0)
    return call.archive.catalogs.searcher.select(table, question)


def _answer(
    call: Call, table: CatalogTable | None, question: Question, columns: Sequence[AnswerColumn]
) -> bytes:
    check_format(call.request.format)
    page = page_of(call.request)
    found = _selected(call, table, question)
    part = slice(page.start, page.start + page.size)
    distances = None if found.distances is None else found.distances[part]
    catalog = None if table is None else table.catalog
    rows = _rows(catalog, table, found.numbers[part], distances, columns)
    fields = [column.field for column in columns]
    return table_answer(call, fields, rows, page, len(found.numbers))


def _rows(
    catalog: Catalog | None,
    table: CatalogTable | None,
    numbers: IntArray,
    distances: FloatArray | None,
    columns: Sequence[AnswerColumn],
) -> list[tuple[Any, ...]]:
    """The values of the columns, one tuple a row."""
    if table is None or catalog is None or not len(numbers):
        return []
    computed = {catalog.distance.name: _nothing(numbers), SELECTED.name: _nothing(numbers)}
    if distances is not None:
        computed[catalog.distance.name] = (distances * catalog.distance_a_degree).tolist()
    wanted = [column.stored for column in columns if column.stored not in computed]
    part = table.read(numbers, wanted)
    lists = [
        computed[column.stored]
        if column.stored in computed
        else _filled(part.column(column.stored), column.nothing).to_pylist()
        for column in columns
    ]
    return list(zip(*lists, strict=True))


def _filled(values: Any, nothing: int | None) -> Any:
    return values if nothing is None else values.fill_null(nothing)


def _nothing(numbers: IntArray) -> list[Any]:
    return [None] * len(numbers)


def _whole(call: Call, name: str, default: int) -> int:
    """A parameter that is a whole number; text such as "28" will do."""
    value = call.parameter(name, default)
    try:
        whole = (
            int(value)
            if not isinstance(value, bool | float)
            else int(str(value).removesuffix(".0"))
        )
    except (TypeError, ValueError, OverflowError):
        whole = -1
    if whole < 0 or whole >= 1 << 63:
        raise InvalidQueryError(
            f"{name} must be a whole number from 0 on, not {str(value)[:60]!r}."
        )
    return whole


def _limit(call: Call, name: str, default: int | None) -> int:
    return _whole(call, name, MOST_ROWS if default is None else default)


# ------------------------------------------------------------------------------------ tables

CONES: Mapping[str, str] = {
    "Mast.Catalogs.GaiaDR1.Cone": "gaia_dr1",
    "Mast.Catalogs.GaiaDR2.Cone": "gaia_dr2",
    "Mast.Catalogs.GaiaDR3.Cone": "gaia_dr3",
    "Mast.Catalogs.Tgas.Cone": "gaia_tgas",
    "Mast.Catalogs.Tic.Cone": "tic",
    "Mast.Catalogs.Ctl.Cone": "ctl",
    "Mast.Catalogs.DiskDetective.Cone": "disk_detective",
    "Mast.Catalogs.Plato.Cone": "plato",
}
HUBBLE: Mapping[str, str] = {
    "Mast.Hsc.Db": "hsc_v3",
    "Mast.Hsc.Db.v2": "hsc_v2",
    "Mast.Hsc.Db.v3": "hsc_v3",
}
DETAILS: Mapping[str, str] = {
    "Mast.HscMatches.Db": "hsc_v3_matches",
    "Mast.HscMatches.Db.v2": "hsc_v2_matches",
    "Mast.HscMatches.Db.v3": "hsc_v3_matches",
}
FILTERED: Mapping[str, tuple[str, str, str]] = {
    "Mast.Catalogs.Filtered.Tic": ("tic", "filtered", "asked"),
    "Mast.Catalogs.Filtered.Tic.Rows": ("tic", "filtered", "refused"),
    "Mast.Catalogs.Filtered.Tic.Position": ("tic", "position", "asked"),
    "Mast.Catalogs.Filtered.Tic.Position.Rows": ("tic", "position", "refused"),
    "Mast.Catalogs.Filtered.Ctl": ("ctl", "filtered", "asked"),
    "Mast.Catalogs.Filtered.Ctl.Rows": ("ctl", "filtered", "refused"),
    "Mast.Catalogs.Filtered.Ctl.Position": ("ctl", "position", "asked"),
    "Mast.Catalogs.Filtered.Ctl.Position.Rows": ("ctl", "position", "refused"),
    "Mast.Catalogs.Filtered.DiskDetective": ("disk_detective", "filtered", "never"),
    "Mast.Catalogs.Filtered.DiskDetective.Position": ("disk_detective", "position", "never"),
    "Mast.Catalogs.Filtered.DiskDetective.Count": ("disk_detective", "filtered", "always"),
    "Mast.Catalogs.Filtered.DiskDetective.Position.Count": (
        "disk_detective",
        "position",
        "always",
    ),
}
"""For each service its catalogue, its columns, and what it does about counts."""
CROSSMATCHES: Mapping[str, tuple[str, int]] = {
    "Mast.GaiaDR1.Crossmatch": ("gaia_dr1", 0),
    "Mast.GaiaDR2.Crossmatch": ("gaia_dr2", 0),
    "Mast.GaiaDR3.Crossmatch": ("gaia_dr3", 0),
    "Mast.Tgas.Crossmatch": ("gaia_tgas", 0),
    "Mast.Galex.Crossmatch": ("galex", 0),
    "Mast.Tic.Crossmatch": ("tic", 0),
    "Mast.Ctl.Crossmatch": ("ctl", 0),
    "Mast.Hsc.Crossmatch.MagAper2v2": ("hsc_v2", 1),
    "Mast.Hsc.Crossmatch.MagAutov2": ("hsc_v2", 2),
    "Mast.Hsc.Crossmatch.MagAper2v3": ("hsc_v3", 1),
    "Mast.Hsc.Crossmatch.MagAutov3": ("hsc_v3", 2),
}

CATALOG_SERVICES: Mapping[str, Answer] = {
    **{service: partial(hubble_service, name=name) for service, name in HUBBLE.items()},
    **{service: partial(detail_service, name=name) for service, name in DETAILS.items()},
    "Mast.HscSpectra.Db.All": partial(list_service, name="hsc_spectra"),
    "Mast.Galex.Catalog": partial(
        cone_service, name="galex", limit_name="maxrecords", limit=MOST_ROWS_OF_GALEX
    ),
    **{service: partial(cone_service, name=name) for service, name in CONES.items()},
    **{
        service: partial(filtered_service, name=name, kind=kind, count=count)
        for service, (name, kind, count) in FILTERED.items()
    },
    "Mast.Catalogs.All.Tic": partial(histogram_service, name="tic"),
    "Mast.Catalogs.All.DiskDetective": partial(histogram_service, name="disk_detective"),
    **{
        service: partial(match_service, name=name, magtype=magtype)
        for service, (name, magtype) in CROSSMATCHES.items()
    },
}

OWN: Mapping[tuple[str, str], Callable[..., bytes]] = {
    ("mast.catalogs.", ".cone"): cone_service,
    ("mast.catalogs.filtered.", ".position"): partial(
        filtered_service, kind="position", count="asked"
    ),
    ("mast.catalogs.filtered.", ""): partial(filtered_service, kind="filtered", count="asked"),
}
"""What an archive offers for a catalogue of its own: how the name of the service begins, ends."""


def find_own_service(name: str, catalogs: Callable[[], Sequence[str]]) -> Answer | None:
    """The service on one of an archive's own catalogues, or None: it is not of that kind."""
    lower = name.lower()
    for (start, end), service in OWN.items():
        catalog = lower.removeprefix(start).removesuffix(end)
        if lower == f"{start}{catalog}{end}" and catalog in catalogs():
            return partial(service, name=catalog)
    return None
