"""Read columns from the tables of text in which this package writes them down."""

from __future__ import annotations

from topmast.tables.fields import Field

DISTANCE_UCD = "pos.angDistance"

TYPES = {
    "string": ("string", "char"),
    "long": ("string", "long"),
    "int": ("int", "int"),
    "flag": ("int", "short"),
    "float": ("float", "double"),
    "boolean": ("boolean", "boolean"),
}
"""Words of the tables: what MAST declares on the wire, and the datatype of the configuration.

A ``long`` is an identifier: a whole number that is declared a string. A ``flag`` is a small number
that stands for something, and is searched by its values, not in ranges.
"""


def read_fields(text: str) -> tuple[Field, ...]:
    """Columns from lines of ``name | type | unit | UCD | description``."""
    return tuple(_field(line) for line in text.strip().splitlines() if line.strip())


def picked(names: str, among: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields called so, in the order of the names."""
    by_name = {field.name: field for field in among}
    return tuple(by_name[name] for name in names.split())


def _field(line: str) -> Field:
    name, word, unit, ucd, description = (part.strip() for part in line.split("|"))
    kind, datatype = TYPES[word]
    return Field(
        name, kind, name, description, unit=unit, wire_unit=unit, datatype=datatype, ucd=ucd
    )
