"""What the archive writes astropy reads, value for value."""

from __future__ import annotations

import io
import math
from typing import Any

import pyarrow as pa
import pytest
from astropy.io import votable
from hypothesis import given, settings
from hypothesis import strategies as st

from topmast.archive.tap.results import FORMATS, Result, result_format
from topmast.errors import InvalidQueryError
from topmast.wire.votable.writing import error_votable

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\u2028\u2029\x85"),
    max_size=12,
).map(lambda text: " ".join(text.split()))
ROW = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.floats(width=32, allow_nan=False),
    st.none() | st.booleans(),
    TEXTS,
    st.none() | st.integers(-(2**31), 2**31 - 1),
)
TYPES = [pa.int64(), pa.float64(), pa.float32(), pa.bool_(), pa.string(), pa.int32()]


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=20), st.sampled_from(["votable", "votable/b2"]))
def test_a_votable_has_the_values_that_were_put_in(rows: list[Any], name: str) -> None:
    columns = list(zip(*rows, strict=True)) or [()] * len(TYPES)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, TYPES, strict=True)]
    table = pa.table(arrays, names=[f"c{n}" for n in range(len(TYPES))])

    content = result_format(name).write(Result(table, [None] * len(TYPES), "a < b & 'c'"))

    found = votable.parse_single_table(io.BytesIO(content))
    assert len(found.array) == len(rows)
    for number, row in enumerate(rows):
        for wanted, cell in zip(row, found.array[number], strict=True):
            assert same(wanted, cell), (wanted, cell)


def same(wanted: Any, cell: Any) -> bool:
    missing = bool(getattr(cell, "mask", False)) or cell is None
    if wanted is None:
        return missing or (isinstance(cell, float) and math.isnan(cell)) or bool(cell != cell)
    if isinstance(wanted, str):
        return str(cell) == wanted or (missing and not wanted)
    return not missing and bool(cell == wanted)


def test_special_numbers_and_names_come_through() -> None:
    table = pa.table({"a": [math.inf, -math.inf, math.nan], "b": ["<&>", 'q"', "é"]})
    for name in ("votable", "votable/b2"):
        result = Result(table, [None, None], "SELECT", overflow=True)
        found = votable.parse_single_table(io.BytesIO(result_format(name).write(result)))
        assert found.array["a"][:2].tolist() == [math.inf, -math.inf]
        assert math.isnan(found.array["a"].data[2])
        assert list(map(str, found.array["b"])) == ["<&>", 'q"', "é"]


def test_an_error_is_well_formed_whatever_it_says() -> None:
    content = error_votable("a < b & \x00 \x1b[31m ]]> \ud800")

    parsed = votable.parse(io.BytesIO(content), verify="ignore")
    info = parsed.resources[0].infos[0]
    assert info.value == "ERROR"


def test_a_format_has_several_names() -> None:
    for each in FORMATS:
        for word in (each.name, each.media_type, each.name.upper()):
            assert result_format(word) is each
    assert result_format("application/x-votable+xml; serialization=BINARY2").name == "votable/b2"
    assert result_format("text/csv; header=present").name == "csv"
    with pytest.raises(InvalidQueryError, match="not 'pdf'"):
        result_format("pdf")
