"""What the TAP service of an archive says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topmast.archive.tap.functions import FUNCTIONS
from topmast.archive.tap.geometry import GEOMETRY
from topmast.archive.tap.results import FORMATS
from topmast.archive.tap.run import DEFAULT_ROWS, MOST_ROWS, SECONDS
from topmast.archive.tap.schema import OBSCORE_TYPE, SCHEMAS, TapTable, tables_of
from topmast.archive.tap.uploads import MOST_ROWS as MOST_UPLOADED
from topmast.wire.vosi import (
    TapAbilities,
    TapLimits,
    encode_capabilities,
    encode_table,
    encode_tables,
)

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

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
