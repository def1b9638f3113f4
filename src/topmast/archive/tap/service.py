"""What the TAP service of an archive says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topmast.archive.tap.functions import FUNCTIONS
from topmast.archive.tap.geometry import GEOMETRY
from topmast.archive.tap.results import FORMATS
from topmast.archive.tap.run import DEFAULT_ROWS, MOST_ROWS, SECONDS
from topmast.archive.tap.schema import OBSCORE_TYPE, SCHEMAS, TapTable, tables_of
from topmast.archive.tap.uploads import MOST_ROWS as MOST_UPLOADED
from topmast.wire.adql_names import quoted, table_name
from topmast.wire.vosi import (
    TapAbilities,
    TapLimits,
    encode_capabilities,
    encode_examples,
    encode_table,
    encode_tables,
)

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

MOST_EXAMPLES = 8
MOST_JOB_SECONDS = 3600.0
KEPT_SECONDS, MOST_KEPT_SECONDS = 7 * 86400.0, 30 * 86400.0
LIMITS = TapLimits(
    DEFAULT_ROWS, MOST_ROWS, SECONDS, MOST_JOB_SECONDS, KEPT_SECONDS, MOST_KEPT_SECONDS,
    MOST_UPLOADED,
)  # fmt: skip


def capabilities(archive: Archive, collection: str, url: str) -> bytes | None:
    """The capabilities of the service at `url`; None where there is no such collection."""
    tables = tables_of(archive, collection)
    if tables is None:
        return None
    models = {OBSCORE_TYPE: "ObsCore-1.1"} if "ivoa.obscore" in tables else {}
    formats = [(each.name, each.media_type) for each in FORMATS]
    return encode_capabilities(
        url, TapAbilities(tuple(GEOMETRY), tuple(FUNCTIONS), formats, LIMITS, models)
    )


def table_set(archive: Archive, collection: str, name: str = "") -> bytes | None:
    """All tables, or one by its name; None where there is none."""
    tables = tables_of(archive, collection)
    if tables is None:
        return None
    if name:
        found = tables.get(name.lower())
        return None if found is None else encode_table(found)
    schemas: dict[str, tuple[str, list[TapTable]]] = {}
    for table in tables.values():
        schemas.setdefault(table.schema, (SCHEMAS.get(table.schema, ""), []))[1].append(table)
    return encode_tables(schemas)


EXAMPLES = (
    (
        "cone",
        "Sources near a place",
        "The ten rows nearest to a place; cells of the sky make it quick.",
        "SELECT TOP 10 {ra}, {dec}, "
        "DISTANCE(POINT('ICRS', {ra}, {dec}), POINT('ICRS', 10.68, 41.27)) AS away FROM {table} "
        "WHERE 1 = CONTAINS(POINT('ICRS', {ra}, {dec}), CIRCLE('ICRS', 10.68, 41.27, 0.1)) "
        "ORDER BY away",
    ),
    (
        "count",
        "How many rows there are",
        "Aggregates need no rows to travel.",
        "SELECT COUNT(*) AS n, MIN({dec}) AS south, MAX({dec}) AS north FROM {table}",
    ),
)


def examples(archive: Archive, collection: str) -> bytes | None:
    """Queries to begin with, as XHTML with marks for programs (DALI); None: no such collection."""
    tables = tables_of(archive, collection)
    if tables is None:
        return None
    placed = [table for table in tables.values() if table.position is not None]
    return encode_examples(
        [
            (f"{name}-{number}", title, about, table.name, query.format(**_words_of(table)))
            for number, table in enumerate(placed[:MOST_EXAMPLES], 1)
            for name, title, about, query in EXAMPLES
        ]
    )


def _words_of(table: TapTable) -> dict[str, str]:
    ra, dec = map(quoted, table.position or ("", ""))
    return {"ra": ra, "dec": dec, "table": table_name(table.name)}
