"""The object names of an archive and their positions."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from topmast.archive.store.database import Store
from topmast.archive.store.schema import put_rows, quoted
from topmast.archive.store.table_pieces import Piece
from topmast.errors import InvalidQueryError
from topmast.tables.fields import read_fields
from topmast.wire.names import ResolvedName

NAME_FIELDS = read_fields("names")
DEFAULT_RESOLVER = "TOPMAST"
PREFIXES = {"messier": "m"}
COLUMNS = tuple(field.name for field in NAME_FIELDS if field.name != "dec")


def name_key(name: str) -> str:
    """What all ways to write a name have in common: ``M 101``, ``m101``, ``Messier 101``."""
    key = re.sub(r"\s+", "", name).casefold()
    for long, short in PREFIXES.items():
        if re.match(rf"{long}\d", key):
            key = short + key.removeprefix(long).lstrip("0")
    return key


def store_names(connection: sqlite3.Connection, piece: Piece) -> None:
    """Put names into the archive; the same name from the same resolver is replaced."""
    columns = {name: piece.column(name) for name in COLUMNS}
    columns["decl"] = [
        other if value is None else value
        for value, other in zip(columns["decl"], piece.column("dec"), strict=True)
    ]
    for name in ("name", "ra", "decl"):
        for row, value in enumerate(columns[name]):
            if value is None:
                raise InvalidQueryError(f"Row {piece.first_row + row + 1} of the names: no {name}.")
    columns["resolver"] = [value or DEFAULT_RESOLVER for value in columns["resolver"]]
    columns["canonicalName"] = [
        value or name for value, name in zip(columns["canonicalName"], columns["name"], strict=True)
    ]
    columns["key"] = [name_key(name) for name in columns["name"]]
    put_rows(connection, "names", columns, key=["key", "resolver"], update=COLUMNS)


def look_up(
    store: Store, names: Sequence[str], *, resolvers: Sequence[str] = (), everything: bool = False
) -> list[ResolvedName]:
    """What is known about `names`: of each the first entry, or those of the resolvers asked."""
    found: list[ResolvedName] = []
    wanted = {resolver.upper() for resolver in resolvers}
    with store.reading() as connection:
        for name in dict.fromkeys(names):
            entries = _entries(connection, name)
            if wanted and not everything:
                entries = [entry for entry in entries if entry.resolver.upper() in wanted]
            elif not everything:
                entries = entries[:1]
            found += entries or _as_position(name)
    return found


def _entries(connection: sqlite3.Connection, name: str) -> list[ResolvedName]:
    columns = ", ".join(map(quoted, COLUMNS[1:]))
    rows = connection.execute(
        f"SELECT {columns} FROM names WHERE key = ? ORDER BY number", (name_key(name),)
    )
    return [_resolved(name, row) for row in rows]


def _resolved(name: str, row: tuple[Any, ...]) -> ResolvedName:
    resolver, canonical, ra, dec, radius, major, minor, angle, kind, search, date = row
    return ResolvedName(
        search_string=name.lower(),
        resolver=resolver,
        canonical_name=canonical,
        ra_deg=ra,
        dec_deg=dec,
        search_radius_deg=-1.0 if search is None else search,
        radius_deg=radius,
        major_axis_deg=major,
        minor_axis_deg=minor,
        position_angle_deg=angle,
        object_type=kind,
        cache_date=date,
    )


NUMBER = r"[+-]?\d+(?:\.\d*)?"
DECIMAL = re.compile(rf"\s*({NUMBER})\s*[\s,]\s*({NUMBER})\s*")
SEXAGESIMAL = re.compile(
    r"\s*(\d{1,2})[:h\s]\s*(\d{1,2})[:m\s]\s*(\d{1,2}(?:\.\d*)?)s?[\s,]+"
    r"([+-]?)(\d{1,2})[:d\s]\s*(\d{1,2})[:m\s]\s*(\d{1,2}(?:\.\d*)?)s?\s*"
)


def _as_position(name: str) -> list[ResolvedName]:
    """The guide gives coordinates where a name is asked for: they resolve to themselves."""
    if match := DECIMAL.fullmatch(name[:200]):
        ra, dec = float(match[1]), float(match[2])
    elif match := SEXAGESIMAL.fullmatch(name[:200]):
        ra, dec = _sexagesimal_position(match)
    else:
        return []
    if not (0 <= ra <= 360 and -90 <= dec <= 90 and math.isfinite(ra)):
        return []
    canonical = f"{ra} {dec}"
    return [ResolvedName(name.lower(), "NONE", canonical, ra, dec, cached=False)]


def _sexagesimal_position(match: re.Match[str]) -> tuple[float, float]:
    hours, minutes, seconds, sign, degrees, arcminutes, arcseconds = match.groups()
    ra = 15 * (float(hours) + float(minutes) / 60 + float(seconds) / 3600)
    dec = float(degrees) + float(arcminutes) / 60 + float(arcseconds) / 3600
    return ra, -dec if sign == "-" else dec
