"""The tables that an archive offers by TAP, and the tables of TAP_SCHEMA that describe them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.archive.catalogs.definitions import Catalog
from topmast.archive.store.schema import is_identifier
from topmast.tables.fields import OBSERVATION, PRODUCT, Field
from topmast.wire.adql_names import quoted
from topmast.wire.vosi import Key, TapColumn

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

DATATYPES = {"string": "char", "int": "long", "float": "double", "boolean": "boolean"}
OBSERVATIONS, PRODUCTS, OBSCORE = "caom.observations", "caom.products", "ivoa.obscore"
UPLOADS = "tap_upload"
SCHEMAS = {
    "caom": "Observations and their files",
    "ivoa": "Tables of the Virtual Observatory",
    "catalogs": "Catalogues of sources",
    "dbo": "Under MAST's own names",
    "tap_schema": "What this service offers",
}
MAST_NAMES = {"gaia_dr3": "gaiadr3", "hsc_v3": "hsc", "hsc_v2": "hscv2"}
"""What MAST calls the collections of these catalogues."""
CAOM = "caom"
OBSCORE_TYPE = "ivo://ivoa.net/std/ObsCore#core-1.1"


@dataclass(frozen=True, slots=True)
class TapTable:
    """A table that can be asked; `source` says what holds its rows.

    `position` are its columns of right ascension and declination, by which cells find rows.
    """

    name: str
    source: str
    description: str
    columns: tuple[TapColumn, ...]
    position: tuple[str, str] | None = None
    utype: str = ""
    rows: tuple[tuple[Any, ...], ...] = field(default=(), repr=False)
    keys: tuple[Key, ...] = ()

    @property
    def schema(self) -> str:
        """The first part of its name."""
        return self.name.partition(".")[0]

    def column(self, name: str) -> TapColumn | None:
        """A column, its name in any case."""
        return next((each for each in self.columns if each.name.lower() == name.lower()), None)


Tables = Mapping[str, TapTable]
"""Tables by their names in small letters."""


def tables_of(archive: Archive, collection: str = "") -> Tables | None:
    """The tables of a collection of MAST's, or of the whole archive; None: no such collection."""
    listed = _of_collection(archive, collection) if collection else _of_archive(archive)
    if listed is None:
        return None
    return {table.name.lower(): table for table in (*listed, *schema_tables(listed))}


def collections_of(archive: Archive) -> list[str]:
    """The collections that the archive has, by MAST's names."""
    return [CAOM, *(MAST_NAMES.get(name, name) for name in archive.catalogs.names())]


def _of_archive(archive: Archive) -> list[TapTable]:
    names = archive.catalogs.names()
    found = [_catalog_table(archive, name, f"catalogs.{name}") for name in names]
    return [*_observation_tables("caom"), *(table for table in found if table)]


def _of_collection(archive: Archive, collection: str) -> list[TapTable] | None:
    if collection == CAOM:
        return _observation_tables("dbo")
    named = {MAST_NAMES.get(name, name): name for name in archive.catalogs.names()}
    name = named.get(collection)
    table = None if name is None else _catalog_table(archive, name, "dbo.catalogrecord")
    return None if table is None else [table]


def _observation_tables(schema: str) -> list[TapTable]:
    names = {"caom": ("observations", "products"), "dbo": ("obspointing", "caomproducts")}[schema]
    observations = tuple(map(_described, OBSERVATION))
    products = tuple(map(_described, PRODUCT))
    return [
        TapTable(
            f"{schema}.{names[0]}", OBSERVATIONS, "One row an observation", observations,
            ("s_ra", "s_dec"),
        ),
        TapTable(
            f"{schema}.{names[1]}", PRODUCTS, "One row a file of an observation", products,
            keys=(Key("parent_obsid", f"{schema}.{names[0]}", "obsid"),),
        ),
        TapTable(
            OBSCORE, OBSCORE, "Observations in the columns of ObsCore", obscore_columns(),
            ("s_ra", "s_dec"), OBSCORE_TYPE,
        ),
    ]  # fmt: skip


def _catalog_table(archive: Archive, name: str, called: str) -> TapTable | None:
    opened = archive.catalogs.table(name)
    if opened is None:
        return None
    catalog = opened.catalog
    columns = tuple(_of_catalog(each, catalog) for each in catalog.stored)
    about = f"The catalogue {name}: {opened.rows} rows"
    return TapTable(called, f"catalog {name}", about, columns, (catalog.ra, catalog.dec))


def _of_catalog(column: Field, catalog: Catalog) -> TapColumn:
    found = _described(column)
    places = {catalog.ra: "pos.eq.ra;meta.main", catalog.dec: "pos.eq.dec;meta.main"}
    return TapColumn(
        found.name, found.datatype, found.description, found.unit,
        places.get(column.name, found.ucd), indexed=column.name in (*places, catalog.key),
    )  # fmt: skip


def _described(column: Field) -> TapColumn:
    datatype = "long" if is_identifier(column) else DATATYPES[column.type]
    xtype = "adql:REGION" if column.name == "s_region" else ""
    return TapColumn(
        column.name, datatype, column.description, column.unit, column.ucd, xtype=xtype
    )


@cache
def obscore_rows() -> tuple[dict[str, str], ...]:
    """The columns of ObsCore, and the SQL that makes each from an observation."""
    path = Path(__file__).with_name("obscore.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


@cache
def obscore_columns() -> tuple[TapColumn, ...]:
    """The columns of ivoa.obscore."""
    return tuple(
        TapColumn(
            row["name"], row["datatype"], row["description"], row["unit"], row["ucd"],
            f"obscore:{row['utype']}", "adql:REGION" if row["name"] == "s_region" else "",
            standard=True,
        )
        for row in obscore_rows()
    )  # fmt: skip


# --------------------------------------------------------------------------- TAP_SCHEMA

COLUMNS = {
    "schemas": "schema_name utype description schema_index:int",
    "tables": "schema_name table_name table_type utype description table_index:int",
    "columns": "table_name column_name datatype arraysize xtype size:int description utype unit "
    "ucd indexed:int principal:int std:int column_index:int",
    "keys": "key_id from_table target_table description utype",
    "key_columns": "key_id from_column target_column",
}
ABOUT = {
    "schemas": "The schemas",
    "tables": "The tables",
    "columns": "The columns of all tables",
    "keys": "Which tables belong together",
    "key_columns": "By which columns tables belong together",
}


OWN_KEYS: Mapping[str, tuple[Key, ...]] = {
    "tables": (Key("schema_name", "tap_schema.schemas", "schema_name"),),
    "columns": (Key("table_name", "tap_schema.tables", "table_name"),),
    "keys": (
        Key("from_table", "tap_schema.tables", "table_name"),
        Key("target_table", "tap_schema.tables", "table_name"),
    ),
    "key_columns": (Key("key_id", "tap_schema.keys", "key_id"),),
}
"""How the tables of TAP_SCHEMA belong together."""


def schema_tables(listed: Sequence[TapTable]) -> list[TapTable]:
    """The tables of TAP_SCHEMA, which describe `listed` and themselves."""
    empty = [
        TapTable(
            f"tap_schema.{name}",
            "rows",
            ABOUT[name],
            _columns(words),
            keys=OWN_KEYS.get(name, ()),
        )
        for name, words in COLUMNS.items()
    ]
    every = [*listed, *empty]
    rows: dict[str, Iterator[tuple[Any, ...]]] = {
        "schemas": _schema_rows(every),
        "tables": _table_rows(every),
        "columns": (row for table in every for row in _column_rows(table)),
        "keys": (key[:5] for key in _keys(every)),
        "key_columns": ((key[0], *key[5:]) for key in _keys(every)),
    }
    return [
        replace(table, rows=tuple(rows[name])) for table, name in zip(empty, COLUMNS, strict=True)
    ]


def _columns(words: str) -> tuple[TapColumn, ...]:
    pairs = (word.partition(":") for word in words.split())
    return tuple(TapColumn(name, kind or "char", standard=True) for name, _, kind in pairs)


def _schema_rows(tables: Sequence[TapTable]) -> Iterator[tuple[Any, ...]]:
    for number, name in enumerate(dict.fromkeys(table.schema for table in tables)):
        yield name, None, SCHEMAS.get(name, ""), number


def _table_rows(tables: Sequence[TapTable]) -> Iterator[tuple[Any, ...]]:
    for number, table in enumerate(tables):
        utype = table.utype or None
        yield table.schema, table.name, "table", utype, table.description, number


def _column_rows(table: TapTable) -> Iterator[tuple[Any, ...]]:
    for number, each in enumerate(table.columns):
        arraysize = "*" if each.datatype == "char" else None
        yield (
            table.name, quoted(each.name), each.datatype, arraysize, each.xtype or None, None,
            each.description, each.utype or None, each.unit or None, each.ucd or None,
            int(each.indexed), 1, int(each.standard), number,
        )  # fmt: skip


def _keys(tables: Sequence[TapTable]) -> Iterator[tuple[Any, ...]]:
    for table in tables:
        for key in table.keys:
            name = f"{table.name}.{key.column}"
            yield name, table.name, key.target, None, None, key.column, key.target_column
