"""The columns of the Hubble Source Catalog that it has for each filter.

MAST sends the columns of those filters alone in which some source of the answer was seen.
"""

from __future__ import annotations

from functools import cache

from topmast.tables.fields import Field, read_rows


@cache
def _rows() -> dict[str, dict[str, str]]:
    return {row["name"]: row for row in read_rows("hsc_filters")}


def filters_by_wavelength() -> tuple[str, ...]:
    """All of them, such as ``W3_F160W``, those of ACS before those of WFPC2 and WFC3."""
    return tuple(_rows())


@cache
def fields_of_filter(name: str) -> tuple[Field, Field, Field]:
    """Magnitude, scatter and number of detections in one filter."""
    row = _rows()[name]
    where = f"in {row['camera']} {name.partition('_')[2]}"
    ucd = f"phot.mag;{row['band']}"
    return (
        _magnitude(name, name, f"Magnitude (AB) {where}", ucd),
        _magnitude(
            f"{name}_MAD",
            f"{name}_MAD",
            f"Median absolute deviation of the magnitudes {where}",
            f"stat.stdev;{ucd}",
        ),
        Field(
            f"{name}_N",
            "int",
            f"{name}_N",
            f"Detections {where}",
            datatype="int",
            ucd="meta.number",
        ),
    )


@cache
def automatic_magnitudes() -> dict[str, Field]:
    """For each magnitude (MagAper2) and its scatter the column that holds MagAuto in its place."""
    return {
        field.name: _automatic(field)
        for name in filters_by_wavelength()
        for field in fields_of_filter(name)[:2]
    }


def _automatic(field: Field) -> Field:
    name, scatter, _ = field.name.partition("_MAD")
    about = f"{field.description}, in the elliptical aperture"
    return _magnitude(f"{name}_Auto{scatter}", field.name, about, field.ucd)


def _magnitude(name: str, label: str, description: str, ucd: str) -> Field:
    return Field(
        name, "float", label, description, unit="mag", wire_unit="mag", datatype="double", ucd=ucd
    )
