"""The tables in data/: columns, regions and images of the sample's catalogues, the guide's rows."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import pyarrow as pa
from pyarrow import csv


def read_table(
    name: str, types: Mapping[str, pa.DataType] | None = None, *, empty_is_null: bool = False
) -> pa.Table:
    """data/<name>.csv; `empty_is_null` for texts as for numbers."""
    content = files(__package__).joinpath("data", f"{name}.csv").read_bytes()
    options = csv.ConvertOptions(column_types=types, strings_can_be_null=empty_is_null)
    return csv.read_csv(pa.BufferReader(content), convert_options=options)


def has_table(name: str) -> bool:
    return files(__package__).joinpath("data", f"{name}.csv").is_file()
