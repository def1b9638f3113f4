"""The columns of MAST's tables: names, types, units and meaning, read from the files in columns/.

One row a column, in the order in which MAST sends them today. The archive serves its answers
and its column configuration from these rows; the client falls back on them for units.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("columns")
TYPES = {
    "string": ("string", "char"),
    "long": ("string", "long"),
    "int": ("int", "int"),
    "flag": ("int", "short"),
    "float": ("float", "double"),
    "boolean": ("boolean", "boolean"),
}
"""Words of the files: what MAST declares on the wire, and the datatype of the configuration.

A ``long`` is an identifier: a whole number that is declared a string. A ``flag`` is a small number
that stands for something, and is searched by its values, not in ranges.
"""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a MAST service.

    `type` is the type word of the wire (string, int, float, boolean); `unit` is in astropy's
    spelling; `separator` splits the stored text into elements that each match a filter;
    `label`, `description` and `example` are what `get_metadata` shows.
    """

    name: str
    type: str
    label: str
    description: str
    unit: str = ""
    example: str = ""
    separator: str = ""
    wire_unit: str = ""
    datatype: str = ""
    ucd: str = ""

    @property
    def continuous(self) -> bool:
        """Whether criteria on this column are ranges."""
        return self.type == "float"


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of ``columns/<name>.csv``."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def read_fields(name: str, place: str = "") -> tuple[Field, ...]:
    """The columns that ``columns/<name>.csv`` lists.

    `place` is a column of the file with numbers: those that have one, in that order.
    """
    rows = read_rows(name)
    if place in rows[0]:
        rows = sorted((row for row in rows if row[place]), key=lambda row: int(row[place]))
    return tuple(map(make_field, rows))


def make_field(row: Mapping[str, str]) -> Field:
    """One column; what a file does not say follows from the name, the type and the unit."""
    kind, datatype = TYPES[row["type"]]
    return Field(
        row["name"],
        kind,
        row.get("label", row["name"]),
        row["description"],
        unit=row["unit"],
        example=row.get("example", ""),
        separator=row.get("separator", ""),
        wire_unit=row.get("wire_unit", row["unit"]),
        datatype=row.get("datatype") or datatype,
        ucd=row.get("ucd", ""),
    )


def pick_fields(names: str, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields with these names, which spaces separate, in the order of the names."""
    by_name = {field.name: field for field in fields}
    return tuple(by_name[name] for name in names.split())


*_observation, OBJ_ID1, DISTANCE, SELECTED = read_fields("observations")
OBSERVATION: tuple[Field, ...] = tuple(_observation)
CONE: tuple[Field, ...] = (*(f for f in OBSERVATION if f.name != "objID"), DISTANCE)
"""What Mast.Caom.Cone answers."""
FILTERED: tuple[Field, ...] = OBSERVATION
"""What Mast.Caom.Filtered answers."""
POSITION: tuple[Field, ...] = (*OBSERVATION, OBJ_ID1, DISTANCE)
"""What Mast.Caom.Filtered.Position answers."""
PRODUCT: tuple[Field, ...] = read_fields("products")


def config_of(field: Field) -> dict[str, Any]:
    """The column configuration entry that MAST serves for `field`."""
    entry: dict[str, Any] = {"text": field.label}
    if field.wire_unit:
        entry["unit"] = field.wire_unit
    if field.separator:
        entry["separator"] = field.separator
    entry["vot.datatype"] = field.datatype
    if field.unit and field.unit != field.wire_unit:
        entry["vot.unit"] = field.unit
    if field.ucd:
        entry["vot.ucd"] = field.ucd
    entry["vot.ID"] = entry["vot.name"] = field.name
    entry["vot.description"] = field.description
    if field.example:
        entry["example"] = field.example
    return entry


def columns_config(fields: tuple[Field, ...]) -> dict[str, dict[str, Any]]:
    """The answer to ``columnsconfig`` for a service with these columns."""
    selected = {"text": "selected", "add": True, "type": "boolean", "hidden": True, "remove": True}
    return {SELECTED.name: selected} | {field.name: config_of(field) for field in fields}
