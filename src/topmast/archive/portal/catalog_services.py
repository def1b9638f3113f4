"""The portal's services on catalogues: one row of a table each."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from topmast.archive.catalogs.definitions import Catalog, known_catalog
from topmast.archive.catalogs.matching import match
from topmast.archive.catalogs.parquet import CatalogTable
from topmast.archive.catalogs.search import Question, Selection
from topmast.archive.portal.answers import Page, page_of
from topmast.archive.portal.call import Call, chosen_fields, cone_of, is_count, number, table_answer
from topmast.archive.portal.catalog_columns import (
    AnswerColumn,
    answer_fields,
    hubble_columns,
    shown,
)
from topmast.archive.store.crossmatch import DEC, RA, ROW, uploaded_positions
from topmast.archive.store.filters import Filter, parse_filters
from topmast.archive.store.limits import check_rows
from topmast.errors import InvalidQueryError
from topmast.sky.vectors import FloatArray, IntArray
from topmast.tables.fields import SELECTED, Field
from topmast.wire.encoding import encode_extjs
from topmast.wire.portal import whole_number

Answer = Callable[[Call], bytes]
RADIUS_DEG = 0.02
MATCH_RADIUS_DEG = 0.002
MOST_ROWS = 50_000
MOST_ROWS_OF_GALEX = 10_000
COUNT = Field("Column1", "string", "", "")


def cone_service(call: Call, *, name: str, limit_name: str = "", limit: int = MOST_ROWS) -> bytes:
    """Rows around a position, nearest first."""
    most = _whole(call, limit_name, limit) if limit_name else None
    question = Question(cone=cone_of(call, RADIUS_DEG), limit=most)
    catalog, table = _catalog_and_table(call, name)
    return _answer(call, table, question, shown(_fields(call, catalog, "cone")))


def hubble_service(call: Call, *, name: str) -> bytes:
    """Sources around a position with the magnitudes in all filters that any of them was seen in."""
    magtype = _whole(call, "magtype", 1)
    if magtype not in (1, 2):
        raise InvalidQueryError(f"magtype is 1 (MagAper2) or 2 (MagAuto), not {magtype}.")
    most = _whole(call, "nr", MOST_ROWS)
    least = _whole(call, "ni", 1)
    catalog, table = _catalog_and_table(call, name)
    images = parse_filters(
        [{"paramName": "NumImages", "values": [{"min": least}]}], catalog.searchable
    )
    cone = cone_of(call, RADIUS_DEG)
    question = Question(images if least > 1 else (), cone, most)
    everything = _selected(call, table, Question(question.filters, cone))
    columns = hubble_columns(table, everything.numbers, magtype, call.archive.profile)
    return _answer(call, table, question, columns)


def filtered_service(call: Call, *, name: str, kind: str, count: str) -> bytes:
    """Rows that pass the filters, around a position or anywhere.

    `count` says what a count is here: "asked" for in ``columns``, "refused", "never" or "always".
    """
    catalog, table = _catalog_and_table(call, name)
    filters = (
        *parse_filters(call.parameter("filters"), catalog.searchable),
        *_ranges(call, catalog),
    )
    cone = cone_of(call, RADIUS_DEG) if kind == "position" else None
    question = Question(filters, cone, by_key=True)
    columns = None if count in ("never", "always") else call.parameter("columns")
    if count == "always" or is_count(columns):
        if count == "refused":
            raise InvalidQueryError("Incorrect syntax near '*'.")
        total = _selected(call, table, question).found
        return table_answer(call, [COUNT], [(total,)], Page(1, 1), 1)
    fields = chosen_fields(columns, _fields(call, catalog, kind), catalog.searchable)
    return _answer(call, table, question, shown(fields))


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


def detail_service(call: Call, *, name: str) -> bytes:
    """All detections of one Hubble source."""
    catalog, table = _catalog_and_table(call, name)
    wanted = call.parameter("input")
    if wanted is None:
        raise InvalidQueryError(f"{call.request.service} needs the parameter input, a MatchID.")
    filters = parse_filters([{"paramName": "MatchID", "values": [wanted]}], catalog.searchable)
    if not all(isinstance(value, int) for value in filters[0].values):
        raise InvalidQueryError(f"A MatchID is a whole number, not {str(wanted)[:60]!r}.")
    return _answer(call, table, Question(filters), shown(_fields(call, catalog, "filtered")))


def list_service(call: Call, *, name: str) -> bytes:
    """All rows."""
    catalog, table = _catalog_and_table(call, name)
    return _answer(call, table, Question(), shown(_fields(call, catalog, "filtered")))


def histogram_service(call: Call, *, name: str) -> bytes:
    """How the values are spread, and no rows."""
    catalog, table = _catalog_and_table(call, name)
    fields = _fields(call, catalog, "filtered")
    nothing: dict[str, Any] = {"discreteHistogram": {}, "continuousHistogram": {}}
    properties = nothing if table is None else call.archive.catalogs.histograms.of(table)
    empty = {"string": "", "float": "NaN"}
    columns = [
        {"text": field.name, "dataIndex": field.name, "ignoreValue": empty.get(field.type)}
        for field in fields
    ]
    names = [(field.name, field.type) for field in fields]
    return encode_extjs(names, columns=columns, properties=properties)


def match_service(call: Call, *, name: str, magtype: int = 0) -> bytes:
    """Rows around each position of an uploaded table, which they stand behind."""
    page = page_of(call.request)
    catalog, table = _catalog_and_table(call, name)
    radius = number(call, "radius", MATCH_RADIUS_DEG)
    if not 0 <= radius <= 180:
        raise InvalidQueryError(f"radius must be from 0 to 180 degrees, not {radius!r}.")
    data = call.request.extra.get("data") or call.parameter("data")
    names = (str(call.parameter("raColumn", "ra")), str(call.parameter("decColumn", "dec")))
    ra, dec = uploaded_positions(data, *names)
    owners = numbers = np.zeros(0, np.int64)
    distances = np.zeros(0)
    if table is not None:
        owners, numbers, distances = match(table, ra, dec, radius)
    if magtype:
        columns = hubble_columns(table, np.unique(numbers), magtype, call.archive.profile)
    else:
        columns = shown(_fields(call, catalog, "cone"))
    columns = [column for column in columns if column.field is not SELECTED]
    rows = rows_of_columns(catalog, table, numbers[page.part], distances[page.part], columns)
    owners = owners[page.part]
    begin = zip(owners.tolist(), ra[owners].tolist(), dec[owners].tolist(), strict=True)
    rows = [(*start, *row) for start, row in zip(begin, rows, strict=True)]
    fields = [ROW, RA, DEC, *(column.field for column in columns)]
    return table_answer(call, fields, rows, page, len(numbers))


def _catalog_and_table(call: Call, name: str) -> tuple[Catalog, CatalogTable | None]:
    """The catalogue, and its rows if this archive has any."""
    table = call.archive.catalogs.table(name)
    catalog = table.catalog if table is not None else known_catalog(name)
    if catalog is None:
        raise InvalidQueryError(f"The archive has no catalogue {name}.")
    return catalog, table


def _fields(call: Call, catalog: Catalog, kind: str) -> tuple[Field, ...]:
    return answer_fields(catalog, kind, call.archive.profile)


def _selected(call: Call, table: CatalogTable | None, question: Question) -> Selection:
    if table is None:
        nothing = None if question.cone is None else np.zeros(0)
        return Selection(np.zeros(0, np.int64), nothing, 0)
    return call.archive.catalogs.searcher.select(table, question)


def _answer(
    call: Call, table: CatalogTable | None, question: Question, columns: Sequence[AnswerColumn]
) -> bytes:
    page = page_of(call.request)
    found = _selected(call, table, question)
    distances = None if found.distances is None else found.distances[page.part]
    catalog = None if table is None else table.catalog
    rows = rows_of_columns(catalog, table, found.numbers[page.part], distances, columns)
    fields = [column.field for column in columns]
    return table_answer(call, fields, rows, page, len(found.numbers))


def rows_of_columns(
    catalog: Catalog | None,
    table: CatalogTable | None,
    numbers: IntArray,
    distances: FloatArray | None,
    columns: Sequence[AnswerColumn],
) -> list[tuple[Any, ...]]:
    """The values of the columns, one tuple a row."""
    if table is None or catalog is None or not len(numbers):
        return []
    check_rows(len(numbers))
    computed = dict.fromkeys((catalog.distance.name, SELECTED.name), [None] * len(numbers))
    if distances is not None:
        computed[catalog.distance.name] = (distances * catalog.distance_a_degree).tolist()
    wanted = [column.stored for column in columns if column.stored not in computed]
    part = table.read(numbers, wanted)
    lists = []
    for column in columns:
        if column.stored in computed:
            lists.append(computed[column.stored])
            continue
        values = part.column(column.stored)
        values = values if column.nothing is None else values.fill_null(column.nothing)
        lists.append(values.to_pylist())
    return list(zip(*lists, strict=True))


def _whole(call: Call, name: str, default: int) -> int:
    """A parameter that is a whole number; text such as "28" will do."""
    value = call.parameter(name, default)
    number = whole_number(value)
    if number is None or not 0 <= number < 1 << 63:
        raise InvalidQueryError(
            f"{name} must be a whole number from 0 on, not {str(value)[:60]!r}."
        )
    return number


ANSWERS: Mapping[str, Callable[..., bytes]] = {
    "hubble": hubble_service,
    "detail": detail_service,
    "list": list_service,
    "cone": cone_service,
    "limited_cone": partial(cone_service, limit_name="maxrecords", limit=MOST_ROWS_OF_GALEX),
    "filtered": filtered_service,
    "histogram": histogram_service,
    "match": match_service,
}


def _read_services() -> Iterator[tuple[str, Answer]]:
    """Each service of catalog_services.csv: its name, and what answers it."""
    path = Path(__file__).with_suffix(".csv")
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            options: dict[str, Any] = {name: row[name] for name in ("kind", "count") if row[name]}
            if row["magtype"]:
                options["magtype"] = int(row["magtype"])
            yield row["service"], partial(ANSWERS[row["answer"]], name=row["catalog"], **options)


CATALOG_SERVICES: Mapping[str, Answer] = dict(_read_services())

OWN: Mapping[tuple[str, str], Callable[..., bytes]] = {
    ("mast.catalogs.", ".cone"): cone_service,
    ("mast.catalogs.", ".crossmatch"): match_service,
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
