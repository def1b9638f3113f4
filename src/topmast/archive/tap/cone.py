"""Simple Cone Search 1.03: the rows of a catalogue, or the observations, around a position."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pyarrow as pa

from topmast.archive.store.query import Cone, Query
from topmast.archive.tap.results import Result, result_format
from topmast.archive.tap.schema import TapTable, tables_of
from topmast.errors import InvalidQueryError, did_you_mean
from topmast.tables.fields import OBSERVATION
from topmast.wire.vosi import TapColumn

if TYPE_CHECKING:
    from topmast.archive.archive import Archive
    from topmast.archive.catalogs.parquet import CatalogTable

OBSERVATIONS = "observations"
LARGEST_DEG = 30.0
MOST_ROWS = 50_000
UCDS = {"pos.eq.ra;meta.main": "POS_EQ_RA_MAIN", "pos.eq.dec;meta.main": "POS_EQ_DEC_MAIN"}
"""The protocol is older than today's UCDs, and names three columns by the old ones."""
FEW = 12
"""Columns of an answer with VERB=1."""


def cone_search(archive: Archive, name: str, given: Mapping[str, str]) -> bytes:
    """The VOTable for the parameters RA, DEC, SR and VERB; InvalidQueryError says what is wrong.

    A radius of zero asks for the columns alone.
    """
    words = {key.upper(): value.strip() for key, value in given.items()}
    ra, dec, radius = (_number(words, key) for key in ("RA", "DEC", "SR"))
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise InvalidQueryError(f"RA is from 0 to 360 and DEC from -90 to 90, not {ra:g} {dec:g}.")
    if not 0 <= radius <= LARGEST_DEG:
        raise InvalidQueryError(f"SR is from 0 to {LARGEST_DEG:g} degrees, not {radius:g}.")
    verbosity = words.get("VERB", "2")
    if verbosity not in ("1", "2", "3"):
        raise InvalidQueryError(f"VERB is 1, 2 or 3, not {verbosity[:20]!r}.")
    most = _most(words.get("MAXREC", ""))
    if name == OBSERVATIONS:
        result = _of_observations(archive, Cone(ra, dec, radius), most)
    else:
        result = _of_catalog(archive, name, Cone(ra, dec, radius), most, verbosity == "1")
    return result_format("votable").write(result)


def cone_error(text: str) -> bytes:
    """The VOTable that the protocol wants for an error."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        f'<INFO ID="Error" name="Error" value={quoteattr(text)}/>\n</VOTABLE>\n'
    ).encode()


def _number(words: Mapping[str, str], key: str) -> float:
    try:
        value = float(words[key])
    except KeyError:
        raise InvalidQueryError(f"The parameter {key} is missing; it is in degrees.") from None
    except ValueError:
        raise InvalidQueryError(f"{key} is a number of degrees, not {words[key][:40]!r}.") from None
    if not math.isfinite(value):
        raise InvalidQueryError(f"{key} is a number of degrees, not {words[key][:40]!r}.")
    return value


def _most(text: str) -> int:
    if not text:
        return MOST_ROWS
    if not text.isdecimal() or len(text) > 12:
        raise InvalidQueryError(f"MAXREC is a whole number, not {text[:20]!r}.")
    return min(int(text), MOST_ROWS)


def _of_catalog(archive: Archive, name: str, cone: Cone, most: int, short: bool) -> Result:
    held = archive.catalogs.table(name) if name in archive.catalogs.names() else None
    described = (tables_of(archive) or {}).get(f"catalogs.{name}")
    if held is None or described is None:
        known = [*archive.catalogs.names(), OBSERVATIONS]
        raise InvalidQueryError(f"There is no catalogue {name[:60]!r}.{did_you_mean(name, known)}")
    columns = _columns(described, held.catalog.key)
    if short:
        columns = _first(columns, described.position or ())
    stored = set(held.stored_columns)
    columns = [column for column in columns if column.name in stored]
    return _nearest(held, columns, cone, most)


def _nearest(held: CatalogTable, columns: Sequence[TapColumn], cone: Cone, most: int) -> Result:
    """The rows of the cone, nearest first."""
    names = [column.name for column in columns]
    if cone.radius_deg == 0:
        numbers = held.near(cone.ra_deg, cone.dec_deg, 0.0)[0][:0]
    else:
        numbers, distances = held.near(cone.ra_deg, cone.dec_deg, cone.radius_deg)
        numbers = numbers[distances.argsort(kind="stable")]
    return Result(held.read(numbers[:most], names), columns, "cone", len(numbers) > most)


def _columns(table: TapTable, key: str) -> list[TapColumn]:
    """The columns with the UCDs of the protocol, the identifier among them."""
    key = key or table.columns[0].name
    return [
        replace(each, ucd="ID_MAIN" if each.name == key else UCDS.get(each.ucd, each.ucd))
        for each in table.columns
    ]


def _first(columns: Sequence[TapColumn], position: Sequence[str]) -> list[TapColumn]:
    """Few columns: identifier, position, and those that stand first."""
    needed = [c for c in columns if c.ucd == "ID_MAIN" or c.name in position]
    return [*needed, *(c for c in columns if c not in needed)][:FEW]


def _of_observations(archive: Archive, cone: Cone, most: int) -> Result:
    described = (tables_of(archive) or {})["caom.observations"]
    columns = [
        replace(each, ucd={"s_ra": "POS_EQ_RA_MAIN", "s_dec": "POS_EQ_DEC_MAIN",
                           "obs_id": "ID_MAIN"}.get(each.name, each.ucd))
        for each in described.columns
    ]  # fmt: skip
    fields = {field.name: field for field in OBSERVATION}
    columns = [column for column in columns if column.name in fields]
    if cone.radius_deg:
        query = Query(tuple(fields[c.name] for c in columns), (), cone, 1, most)
        found = archive.search(query)
        rows, total = found.rows, found.total
    else:
        rows, total = [], 0
    kinds = {"long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "int": pa.int64()}
    lists = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = {
        column.name: _array(values, kinds.get(column.datatype, pa.string()))
        for column, values in zip(columns, lists, strict=True)
    }
    return Result(pa.table(arrays), columns, "cone", total > most)


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array([None if value is None else str(value) for value in values], kind)
    return pa.array(list(values), kind, from_pandas=True)
