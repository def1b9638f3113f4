"""What topmast writes astropy reads, what astropy writes topmast reads, value for value."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from astropy.io import votable as astropy_votable
from astropy.table import MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from topmast.wire.votable.arrow import arrow_table
from topmast.wire.votable.fields import Field, Info
from topmast.wire.votable.reading import read_votable
from topmast.wire.votable.tables import encode_table
from topmast.wire.votable.writing import OVERFLOW, write_votable

LETTERS = st.characters(
    exclude_categories=["Cs", "Cc", "Cn"],
    exclude_characters="\u2028\u2029",
    max_codepoint=0xFFFF,  # astropy cuts larger ones in two
)
TEXTS = st.text(LETTERS, max_size=8).map(lambda text: " ".join(text.split()))
SPECIAL = st.sampled_from(["<&>", "a]]>b", "\"'", "&amp;", "é\N{GREEK SMALL LETTER ALPHA}"])
WHOLE = {
    "u1": st.integers(0, 255),
    "i2": st.integers(-(2**15), 2**15 - 1),
    "i4": st.integers(-(2**31), 2**31 - 1),
    "i8": st.integers(-(2**63), 2**63 - 1),
}
REAL = {"f4": st.floats(width=32, allow_nan=False), "f8": st.floats(allow_nan=False)}
KINDS = {**WHOLE, **REAL, "?": st.booleans(), "U8": TEXTS | SPECIAL}
COMPLEX = {f"c{2 * int(k[1])}": st.tuples(v, v).map(lambda z: complex(*z)) for k, v in REAL.items()}


@st.composite
def tables(draw: Any, missing_texts: bool = True) -> Table:
    """Columns of all kinds with missing values, also of arrays of one shape."""
    rows = draw(st.integers(1, 6))
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=9))
    made = []
    for number, kind in enumerate(kinds):
        values = draw(st.lists(KINDS[kind], min_size=rows, max_size=rows))
        gone = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
        gone = [False] * rows if kind == "U8" and not missing_texts else gone
        made.append(MaskedColumn(np.array(values, kind), mask=gone, name=f"c{number}"))
    made += [draw(arrays(rows, len(made))), draw(complexes(rows, len(made) + 1))]
    return Table(made, masked=True)


@st.composite
def arrays(draw: Any, rows: int, number: int) -> Any:
    kind = draw(st.sampled_from([*sorted(WHOLE), *sorted(REAL)]))
    shape = (rows, *draw(st.sampled_from([(3,), (2, 4), (5, 1, 2)])))
    count = math.prod(shape)
    values = draw(st.lists(KINDS[kind], min_size=count, max_size=count))
    return MaskedColumn(np.array(values, kind).reshape(shape), name=f"c{number}")


@st.composite
def complexes(draw: Any, rows: int, number: int) -> Any:
    kind = draw(st.sampled_from(sorted(COMPLEX)))
    values = draw(st.lists(COMPLEX[kind], min_size=rows, max_size=rows))
    return MaskedColumn(np.array(values, kind), name=f"c{number}")


def by_astropy(content: bytes) -> Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return astropy_votable.parse_single_table(io.BytesIO(content)).to_table(
            use_names_over_ids=True
        )


def written_by_astropy(table: Table, format: str) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = astropy_votable.from_table(table)
        made.version = "1.4"
        # Its writer in C writes beyond its memory where a text has letters beyond ASCII.
        made.to_xml(stream, tabledata_format=format, _debug_python_based_parser=True)
    return stream.getvalue()


def by_topmast(content: bytes) -> Table:
    return read_votable(content).to_table()


def assert_same(found: Table, wanted: Table) -> None:
    assert found.colnames == wanted.colnames
    assert len(found) == len(wanted)
    for name in wanted.colnames:
        for cell, expected in zip(cells(found[name]), cells(wanted[name]), strict=True):
            assert cell == expected, (name, cell, expected)


def cells(column: Any) -> list[Any]:
    return [plain(cell) for cell in column]


def plain(cell: Any) -> Any:
    """A cell as a value that can be compared; an empty text and a missing one are the same."""
    if np.ma.is_masked(cell) and np.all(np.ma.getmaskarray(cell)):
        return None
    if isinstance(cell, str):
        return str(cell) or None
    if isinstance(cell, np.ndarray):
        return tuple(plain(each) for each in cell.tolist())
    return cell.item() if hasattr(cell, "item") else cell


@pytest.mark.parametrize("binary", [False, True])
@settings(max_examples=60, deadline=None)
@given(table=tables())
def test_astropy_reads_what_topmast_writes(binary: bool, table: Table) -> None:
    assert_same(by_astropy(encode_table(table, binary=binary)), table)


@pytest.mark.parametrize("binary", [False, True])
@settings(max_examples=60, deadline=None)
@given(table=tables())
def test_topmast_reads_what_topmast_writes(binary: bool, table: Table) -> None:
    assert_same(by_topmast(encode_table(table, binary=binary)), table)


@pytest.mark.parametrize("format", ["tabledata", "binary2"])
@settings(max_examples=60, deadline=None)
@given(table=tables(missing_texts=False))  # for which astropy writes a 0
def test_topmast_reads_what_astropy_writes(format: str, table: Table) -> None:
    content = written_by_astropy(table, format)

    assert_same(by_topmast(content), by_astropy(content))


def test_topmast_reads_the_older_binary_serialization() -> None:
    table = Table({"a": [1, 2], "b": ["x", "longer"], "c": [[1.5, 2.5], [3.5, 4.5]]})
    table["d"] = np.array([True, False])

    content = written_by_astropy(table, "binary")

    assert b"<BINARY>" in content
    assert_same(by_topmast(content), table)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("read", [by_astropy, by_topmast])
def test_arrays_of_differing_lengths_come_through(
    read: Callable[[bytes], Table], binary: bool
) -> None:
    lists = np.empty(3, object)
    lists[:] = [np.array([1.5]), np.array([2.5, 3.5, 4.5]), np.array([5.5, 6.5])]
    grids = np.empty(3, object)
    grids[:] = [np.ones((n, 2), "i4") * n for n in (1, 2, 3)]
    table = Table({"n": [1, 2, 3]})
    table["list"], table["grid"] = lists, grids

    found = read(encode_table(table, binary=binary))

    for name in ("list", "grid"):
        assert [np.asarray(cell).tolist() for cell in found[name]] == [
            cell.tolist() for cell in table[name]
        ]


@pytest.mark.parametrize("binary", [False, True])
def test_several_texts_in_a_cell_come_through(binary: bool) -> None:
    table = Table({"names": np.array([["a", "bcd"], ["", "e"]])})

    assert by_topmast(encode_table(table, binary=binary))["names"].tolist() == [
        ["a", "bcd"], ["", "e"],
    ]  # fmt: skip


@pytest.mark.parametrize("binary", [False, True])
def test_what_is_said_of_a_column_comes_through(binary: bool) -> None:
    field = Field(
        "flux", "double", unit="W.m**-2", ucd="phot.flux;em.opt", utype="a:b.c", xtype="x",
        description="How <bright> & so on",
    )  # fmt: skip
    rows = pa.table({"flux": [1.5, None]})
    content = b"".join(write_votable([field], rows, binary=binary, infos_after=[OVERFLOW]))

    column = astropy_votable.parse_single_table(io.BytesIO(content)).fields[0]
    found = read_votable(content)

    assert (column.ucd, column.utype, column.xtype) == (field.ucd, field.utype, field.xtype)
    assert column.description == field.description
    assert found.columns[0].field == field
    assert [status.value for status in found.statuses()] == ["OK", "OVERFLOW"]
    assert str(found.to_table()["flux"].unit) == "W / m2"


def test_what_stands_after_the_rows_is_asked_for_when_they_are_written() -> None:
    sent: list[str] = []

    def batches() -> Any:
        for number in range(3):
            sent.append(f"batch {number}")
            yield pa.record_batch({"n": [number]})

    def after() -> Any:
        sent.append("after")
        yield OVERFLOW

    content = b"".join(write_votable([Field("n", "long")], batches(), infos_after=after()))

    assert sent == ["batch 0", "batch 1", "batch 2", "after"]
    assert by_topmast(content)["n"].tolist() == [0, 1, 2]


def test_the_pieces_of_a_binary_stream_join_at_any_length() -> None:
    batches = [pa.record_batch({"t": ["x" * n]}) for n in range(40)]

    content = b"".join(write_votable([Field("t", "char", "*")], batches, binary=True))

    assert [len(text) for text in by_astropy(content)["t"]] == list(range(40))


def test_numbers_that_votable_lacks_are_widened() -> None:
    table = Table({"a": np.array([-5], "i1"), "b": np.array([60000], "u2")})
    table["c"], table["d"] = np.array([4_000_000_000], "u4"), np.array([2**64 - 1], "u8")

    found = by_topmast(encode_table(table))

    assert [found[name].tolist() for name in "abcd"] == [
        [-5], [60000], [4_000_000_000], ["18446744073709551615"],
    ]  # fmt: skip


@pytest.mark.parametrize("binary", [False, True])
def test_letters_of_four_bytes_come_through(binary: bool) -> None:
    content = encode_table(Table({"a": ["\U00010000x", "y"]}), binary=binary)

    assert by_topmast(content)["a"].tolist() == ["\U00010000x", "y"]
    assert by_astropy(content)["a"].tolist() == ["\U00010000x", "y"]


def test_half_a_letter_is_replaced() -> None:
    assert by_topmast(encode_table(Table({"a": ["x\ud800y"]})))["a"].tolist() == ["x?y"]


def test_coordinates_and_quantities_are_written_by_their_parts() -> None:
    from astropy.coordinates import SkyCoord
    from astropy.table import QTable
    from astropy.units import Quantity

    table = QTable({"flux": Quantity([1.0, 2.0], "Jy")})
    table["place"] = SkyCoord([10.0, 20.0], [-5.0, 5.0], unit="deg")

    found = by_topmast(encode_table(table))

    assert found["flux"].unit == "Jy"
    assert found["place.ra"].tolist() == [10.0, 20.0]


STILTS = pytest.mark.skipif(shutil.which("stilts") is None, reason="STILTS is not installed")


@STILTS
@pytest.mark.parametrize("binary", [False, True])
def test_votlint_finds_nothing(binary: bool, tmp_path: Path) -> None:
    table = Table({"n": [1, 2], "t": ["<é>", ""], "x": [1.5, np.nan]})
    table["m"] = MaskedColumn([1, 2], mask=[True, False], unit="s", description="a & b")
    table["a"], table["b"] = np.ones((2, 3)), np.array([True, False])
    table["z"] = np.array([1 + 2j, 3j])
    path = tmp_path / "table.vot"
    infos = [Info("QUERY_STATUS", "OK"), Info("QUERY", "a < b")]
    path.write_bytes(b"".join(write_votable(*arrow_table(table), binary=binary, infos=infos)))

    said = subprocess.run(["stilts", "votlint", str(path)], capture_output=True, text=True)

    assert (said.stdout, said.stderr) == ("", "")
