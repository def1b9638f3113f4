"""Answers of the portal become columns, whatever their values look like."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from topmast.errors import BadAnswerError, BlankResponseWarning, RemoteServiceError
from topmast.wire import rows
from topmast.wire.answers import AnswerReader, Paging, decode_answer, peek_status, table_of
from topmast.wire.encoding import encode_answer, encode_error, encode_executing, encode_extjs


def answer(types: dict[str, str], rows: Any, **more: Any) -> bytes:
    fields = [{"name": name, "type": type_word} for name, type_word in types.items()]
    whole = {"status": "COMPLETE", "msg": "", "data": rows, "fields": fields, **more}
    return json.dumps(whole).encode()


def column(type_word: str, cells: list[Any], **options: Any) -> Any:
    """The one column of a table with these cells."""
    rows = [{"x": cell} for cell in cells]
    return table_of([answer({"x": type_word}, rows)], **options)["x"]


def shown(column: Any) -> list[Any]:
    return [
        None if hidden else value
        for value, hidden in zip(column.data.data, column.mask, strict=True)
    ]


# ---------------------------------------------------------------- values, nulls and masks


@pytest.mark.parametrize("word", ["string", "STRING", "char", "date", "datetime"])
def test_missing_and_empty_texts_are_both_masked(word: str) -> None:
    got = column(word, ["a", None, "", "é"])

    assert got.dtype == "<U1"
    assert shown(got) == ["a", None, None, "é"]
    assert got.data.data[1] == ""


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ([9007199254740993, 12], ["9007199254740993", "12"]),
        ([123456789012345678901234567890], ["123456789012345678901234567890"]),
        ([1.0, 1e22, 0.1, 1e-07, -0.0], ["1.0", "1e+22", "0.1", "1e-07", "-0.0"]),
        ([True, "yes", 3], ["True", "yes", "3"]),
        (["short", 12345678901], ["short", "12345678901"]),
        ([[1, 2], {"a": None}], ["[1, 2]", "{'a': None}"]),
        ([0, 0.0, False], ["0", "0.0", "False"]),
    ],
)
def test_a_text_column_keeps_every_digit_of_numbers(cells: Any, texts: list[str]) -> None:
    got = column("string", cells)

    assert list(got) == texts
    assert got.dtype == np.array(texts).dtype
    assert not got.mask.any()


def test_a_text_of_nuls_alone_is_not_masked() -> None:
    got = column("string", ["\0", "", None, "a\0", "\0\0"])

    assert got.mask.tolist() == [False, True, True, False, False]


def test_missing_floats_are_masked_or_nan_as_the_caller_wishes() -> None:
    masked = column("float", [1.5, None, 3])
    nan = column("double", [1.5, None, 3], null_floats="nan")

    assert shown(masked) == [1.5, None, 3.0]
    assert masked.dtype == nan.dtype == np.float64
    assert math.isnan(masked.data.data[1])
    assert math.isnan(nan[1])
    assert not nan.mask.any()


def test_numbers_come_out_of_text() -> None:
    assert shown(column("float", ["1.5", "", None, 2])) == [1.5, None, None, 2.0]
    assert shown(column("int", ["12", "", 3, None])) == [12, None, 3, None]


@pytest.mark.parametrize("word", ["int", "short", "LONG", "number"])
def test_missing_integers_and_the_value_for_nothing_are_masked(word: str) -> None:
    got = column(word, [1, None, -999, 2**62 + 1])

    assert got.dtype == np.int64
    assert shown(got) == [1, None, None, 2**62 + 1]
    assert got.data.data[1] == -999


def test_an_ignored_truth_value_stays_under_its_mask() -> None:
    got = column("boolean", [True, False], columns={"x": {"ignoreValue": True}})

    assert got.mask.tolist() == [True, False]
    assert got.data.data.tolist() == [True, False]


def test_missing_booleans_are_masked() -> None:
    got = column("boolean", [True, None, False, "false", "True", 1])

    assert got.dtype == bool
    assert shown(got) == [True, None, False, False, True, True]
    assert not got.data.data[1]


def test_small_unsigned_numbers_are_masked_where_missing() -> None:
    got = column("unsignedByte", [0, 255, None])

    assert got.dtype == np.uint8
    assert shown(got) == [0, 255, None]


def test_an_absent_key_counts_as_null() -> None:
    table = table_of([answer({"a": "int", "b": "string"}, [{"a": 1}, {"b": "x"}, {}])])

    assert shown(table["a"]) == [1, None, None]
    assert shown(table["b"]) == [None, "x", None]


@pytest.mark.parametrize(
    ("word", "ignored", "cells", "expected"),
    [
        ("float", 0, [0.0, 1.5, None], [None, 1.5, None]),
        ("float", -9999, [-9999, 2, None], [None, 2, None]),
        ("int", 0, [0, -999, None], [None, -999, None]),
        ("string", "none", ["none", "", "a", None], [None, "", "a", None]),
        ("boolean", False, [True, False, None], [True, None, None]),
    ],
)
@pytest.mark.parametrize("null_floats", ["masked", "nan"])
def test_the_value_that_the_configuration_ignores_is_masked(
    word: str, ignored: Any, cells: list[Any], expected: list[Any], null_floats: Any
) -> None:
    got = column(word, cells, columns={"x": {"ignoreValue": ignored}}, null_floats=null_floats)

    assert shown(got) == expected
    assert got.data.data[-1] == ignored


def test_an_odd_configuration_does_no_harm() -> None:
    config: Any = {"x": {"ignoreValue": [1], "unit": 5, "vot.description": {}}, "y": None}

    assert shown(column("int", [1, None], columns=config)) == [1, None]


def test_a_value_of_the_wrong_type_is_masked_with_a_warning() -> None:
    with pytest.warns(BlankResponseWarning, match="2 values are no integer and masked, as 'far'"):
        got = column("int", ["far", 1, 2**70])

    assert shown(got) == [None, 1, None]


@pytest.mark.parametrize(
    ("word", "cells"),
    [("float", [[1, 2], [3, 4]]), ("int", [{}, 1]), ("boolean", ["perhaps"]),
     ("unsignedbyte", [256, -1])],
)  # fmt: skip
def test_no_wrong_value_stops_a_table(word: str, cells: list[Any]) -> None:
    with pytest.warns(BlankResponseWarning, match="masked"):
        got = column(word, cells)

    assert len(got) == len(cells)
    assert got.mask[0]


def test_an_unknown_type_is_kept_as_text_with_a_warning() -> None:
    with pytest.warns(BlankResponseWarning, match="unknown type 'hologram'"):
        got = column("hologram", [1, None])

    assert shown(got) == ["1", None]


def test_nan_and_infinity_are_read_though_they_are_not_json() -> None:
    content = answer({"x": "float", "y": "string"}, [])
    content = content.replace(b"[]", b'[{"x": NaN, "y": NaN}, {"x": -Infinity, "y": "NaN"}]', 1)

    table = table_of([content])

    assert shown(table["x"]) == [None, -math.inf]
    assert shown(table["y"]) == [None, "NaN"]


def test_text_columns_are_cut_by_no_block() -> None:
    cells = [None, "a"] * 20_000 + ["long " * 9] + ["ü"] * 20_000 + ["same"] * 20_000

    got = column("string", cells)

    assert got.dtype == "<U45"
    assert shown(got) == cells


def test_row_breaks_inside_texts_do_no_harm() -> None:
    cells = ['}, {"x": "y"}, {', '], "fields": [', '"data": [', "\\", '"', "\u2028"] * 9000

    assert list(column("string", cells)) == cells


@pytest.mark.parametrize("size", [40_000_000])
def test_one_giant_text_does_not_fill_the_memory(size: int) -> None:
    got = column("string", ["a"] * 100 + ["b" * size])

    assert got.dtype == object
    assert len(got[100]) == size
    assert got[0] == "a"


# ---------------------------------------------------------------- shapes of answers


def test_of_equal_names_the_first_counts() -> None:
    content = answer({"a": "int"}, [{"a": 1}])
    content = content.replace(b'"int"}', b'"int"}, {"name": "a", "type": "string"}')

    table = table_of([content])

    assert table.colnames == ["a"]
    assert table["a"].dtype == np.int64


def test_the_portal_s_own_column_is_dropped_unless_kept() -> None:
    content = answer({"a": "int", "_selected_": "boolean"}, [{"a": 1, "_selected_": None}])

    assert table_of([content]).colnames == ["a"]
    kept = table_of([content], keep_selected=True)
    assert shown(kept["_selected_"]) == [False]


def test_fields_may_come_before_the_rows() -> None:
    content = b'{"fields":[{"name":"a","type":"int"}],"data":[{"a":1}],"status":"COMPLETE"}'

    assert shown(table_of([content])["a"]) == [1]


@pytest.mark.parametrize("name", ['qu"ote', "back\\slash", "tab\t", "fields", "data", "é"])
def test_any_name_of_a_column_will_do(name: str) -> None:
    table = table_of([answer({name: "int", "b": "int"}, [{name: 1, "b": 2}])])

    assert table.colnames == [name, "b"]
    assert shown(table[name]) == [1]


def test_the_tables_of_extjs_are_read_too() -> None:
    fields = [("a", "int"), ("b", "string"), ("c", "float")]
    content = encode_extjs(fields, [[1, "x", None], [2, None, 0.5]], Paging(1, 2, 1, 2, 2, 2))

    table = table_of([content])

    assert shown(table["a"]) == [1, 2]
    assert shown(table["b"]) == ["x", None]
    assert decode_answer(content).paging == Paging(1, 2, 1, 2, 2, 2)


def test_no_rows_give_the_same_columns_and_types() -> None:
    types = {"s": "string", "f": "float", "i": "int", "b": "boolean", "u": "unsignedbyte"}

    table = table_of([answer(types, [])])

    assert len(table) == 0
    assert [str(table[name].dtype) for name in types] == [
        "<U1",
        "float64",
        "int64",
        "bool",
        "uint8",
    ]
    assert table.masked


def test_pages_are_stacked_with_their_masks_and_the_widest_text() -> None:
    types = {"a": "string", "b": "int"}
    pages = [
        answer(types, [{"a": "x", "b": None}]),
        answer(types, []),
        answer(types, [{"a": "longer", "b": 2}, {"a": None, "b": 3}]),
    ]

    table = table_of(pages)

    assert table["a"].dtype == "<U6"
    assert shown(table["a"]) == ["x", "longer", None]
    assert shown(table["b"]) == [None, 2, 3]


def test_a_column_that_a_page_lacks_is_masked_there() -> None:
    table = table_of(
        [answer({"a": "int"}, [{"a": 1}]), answer({"a": "int", "b": "string"}, [{"b": "x"}])]
    )

    assert shown(table["a"]) == [1, None]
    assert shown(table["b"]) == [None, "x"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_other_encodings_are_read(encoding: str) -> None:
    text = (
        '{"status":"COMPLETE","data":[{"a":"Ségransan"}],"fields":[{"name":"a","type":"string"}]}'
    )

    assert table_of([text.encode(encoding)])["a"][0] == "Ségransan"


# ---------------------------------------------------------------- answers that are no table


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"<html><head><title>503 Service\n Unavailable</title></head><body>x</body></html>",
         "is a web page: 503 Service Unavailable$"),
        (b"<html><style>b{}</style><body><p>Down &amp; out</p></body></html>", ": Down & out$"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><h1>Gone</h1>", ": Gone$"),
        (b'{"status":"COMPLETE","data":[{"a":1},{"a"', "cannot be read"),
        (b"Internal Server Error", "cannot be read: Internal Server Error"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"status":"COMPLETE","data":[{"a":1}]}', "no fields"),
        (b'{"status":"COMPLETE","fields":[{"name":"a","type":"int"}]}', "no table"),
        (b'{"data":[],"fields":[]}', "has no status"),
        (b"[1,2]", "no object with a status"),
        (b'{"status":"COMPLETE","data":[1],"fields":[{"name":"a","type":"int"}]}', "A row"),
        (b'{"status":"COMPLETE","data":[],"fields":[{"type":"int"}]}', "without a name"),
        (b'{"status":"COMPLETE","data":5,"fields":[{"name":"a"}]}', "no list of rows"),
        (b'{"status":"COMPLETE","data":[],"fields":7}', "without a name"),
        (b'{"resolvedCoordinate":[],"status":""}', "no fields"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_an_error_with_the_reason(content: bytes, words: str) -> None:
    with pytest.raises(BadAnswerError, match=words) as caught:
        table_of([content])

    assert len(str(caught.value)) < 300


def test_every_cut_of_an_answer_is_an_error() -> None:
    whole = answer({"a": "int", "b": "string"}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])

    for length in range(len(whole)):
        with pytest.raises(BadAnswerError):
            table_of([whole[:length]])


@pytest.mark.parametrize(
    "text",
    ["token=abcdef", '"mast_token": "abcdef"', "Authorization: token abcdef", "password=abcdef"],
)
def test_no_credential_reaches_an_error_text(text: str) -> None:
    with pytest.raises(BadAnswerError) as caught:
        table_of([f"Bad request: {text} refused".encode()])

    assert "abcdef" not in str(caught.value)
    assert "refused" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (encode_error("Incorrect syntax near '*'."), "Incorrect syntax near"),
        (b'{"status":"ERROR"}', "reported an error"),
        (b'{"status":"ERROR","msg":null,"data":null,"fields":null}', "reported an error"),
        (b'{"status":"ERROR","msg":"bad","data":[{}],"fields":[{}]}', "bad"),
        (b"{}", "is empty"),
        (b"null", "is empty"),
        (encode_executing(0.5), "not finished"),
    ],
)
def test_an_error_of_the_archive_is_raised_with_its_text(content: bytes, words: str) -> None:
    with pytest.raises(RemoteServiceError, match=words) as caught:
        table_of([content])

    assert not isinstance(caught.value, BadAnswerError)


def test_the_status_is_seen_without_reading_the_rows() -> None:
    page = Paging(2, 10, 3, 10, 25, 25)
    fields = [("a", "int")]

    assert peek_status(encode_answer(fields, [[1]], page)) == ("COMPLETE", "", page)
    assert peek_status(encode_executing(0.2)) == ("EXECUTING", "", None)
    assert peek_status(encode_error("no")) == ("ERROR", "no", None)
    assert peek_status(b'{"resolvedCoordinate": [], "status": ""}') == ("", "", None)
    assert peek_status(b"{}")[0] == "ERROR"
    with pytest.raises(BadAnswerError, match="web page"):
        peek_status(b"<html>")


def test_progress_and_paging_survive_odd_values() -> None:
    content = answer({"a": "int"}, [], paging={"page": "2", "rows": None, "pagesFiltered": 4})
    content = content.replace(b'"msg": ""', b'"msg": "", "percent complete": 0.25')

    read = decode_answer(content)

    assert read.percent == 0.25
    assert read.paging == Paging(page=2, pages_filtered=4)


# ---------------------------------------------------------------- both ways

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
CELLS = {
    "string": TEXT,
    "float": st.floats(allow_nan=True, allow_infinity=False),
    "int": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "unsignedbyte": st.integers(0, 255),
}
NOTHING = {"string": "", "int": -999}


@st.composite
def tables(draw: Any) -> tuple[list[tuple[str, str]], list[list[Any]]]:
    names = draw(st.lists(TEXT.filter(lambda name: name != "_selected_"), unique=True, min_size=1,
                          max_size=4))  # fmt: skip
    types = [draw(st.sampled_from(sorted(CELLS))) for _ in names]
    row = st.tuples(*(st.none() | CELLS[type_word] for type_word in types))
    fields = list(zip(names, types, strict=True))
    return fields, [list(each) for each in draw(st.lists(row, max_size=6))]


def expected(type_word: str, cell: Any) -> Any:
    nan = isinstance(cell, float) and math.isnan(cell)
    return None if nan or cell == NOTHING.get(type_word) else cell


@given(tables())
def test_what_was_encoded_is_decoded(table: tuple[list[tuple[str, str]], list[list[Any]]]) -> None:
    fields, rows = table

    for content in (encode_answer(fields, rows, Paging()), encode_extjs(fields, rows, Paging())):
        read = decode_answer(content)

        assert list(zip(read.names, read.types, strict=True)) == fields
        assert read.paging == Paging()
        for number, (name, type_word) in enumerate(fields):
            data, mask = read.columns[name]
            got = [
                None if hidden else cell for cell, hidden in zip(data.tolist(), mask, strict=True)
            ]
            assert got == [expected(type_word, row[number]) for row in rows]


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    for text in (content, b'{"status":"COMPLETE","data":[' + content + b'],"fields":[]}'):
        with contextlib.suppress(RemoteServiceError):
            table_of([text])


# ---------------------------------------------------------------- whatever the order of the keys

ROW = {"a": 1, "b": "x", "c": 0.5}
ODD_ROWS = [ROW, {"a": None, "b": "}, {", "c": None}, {"a": 3, "b": '"data": [', "c": 1.0}]
TYPES = [{"name": "a", "type": "int"}, {"name": "b", "type": "string"}]
TYPES += [{"name": "_selected_", "type": "boolean"}, {"name": "c", "type": "float"}]
REST = {"status": "COMPLETE", "msg": "[1], fields", "paging": {"page": 1, "rows": 3}}


def in_every_order() -> Iterator[bytes]:
    keys = {**REST, "fields": TYPES, "data": ODD_ROWS, "extra": [{"a": 9}, [2]]}
    for order in itertools.permutations(keys):
        yield json.dumps({key: keys[key] for key in order}).encode()


def as_extjs(rows: list[Any], **more: Any) -> bytes:
    table = {"name": "Table", "Columns": [{"text": "a"}], "Fields": TYPES, "Rows": rows, **more}
    return json.dumps({"status": "COMPLETE", "data": {"Tables": [table]}, "msg": ""}).encode()


def columns_shown(table: Table) -> list[list[Any]]:
    return [shown(table[name]) for name in table.colnames]


EXPECTED = [[1, None, 3], ["x", "}, {", '"data": ['], [0.5, None, 1.0]]


def test_the_order_of_the_keys_does_not_matter() -> None:
    for content in in_every_order():
        assert columns_shown(table_of([content])) == EXPECTED


@pytest.mark.parametrize("bytes_at_once", [1, 40, 10_000])
def test_pieces_of_any_size_and_of_both_formats_read_alike(
    bytes_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BYTES_AT_ONCE", bytes_at_once)
    lists = [[row["a"], row["b"], None, row["c"]] for row in ODD_ROWS]
    short = [*lists, [4, "y"], [5, "z", None, float("nan")], [6, ["n"], True, 1e400]]

    for content in in_every_order():
        assert columns_shown(table_of([content])) == EXPECTED
    assert columns_shown(table_of([as_extjs(lists)])) == EXPECTED
    assert columns_shown(table_of([as_extjs(lists, Zeta=[1])])) == EXPECTED
    assert columns_shown(table_of([as_extjs(ODD_ROWS)])) == EXPECTED
    assert columns_shown(table_of([as_extjs(short)])) == [
        [1, None, 3, 4, 5, 6],
        ["x", "}, {", '"data": [', "y", "z", "['n']"],
        [0.5, None, 1.0, None, None, float("inf")],
    ]


def test_a_page_that_cannot_be_read_leaves_no_row_behind() -> None:
    reader = AnswerReader()
    reader.read(answer({"a": "int", "b": "string"}, [{"a": 1, "b": "x"}]))
    broken = b'{"status":"COMPLETE","data":[{"a":2,"b":"y"},{"a":3,"b":"z"],"fields":'
    with pytest.raises(BadAnswerError):
        reader.read(broken + b'[{"name":"a","type":"int"},{"name":"b","type":"string"}]}')

    assert reader.rows == 1
    assert reader.columns()["a"].data.tolist() == [1]


def test_a_count_of_rows_that_cannot_be_is_not_believed() -> None:
    content = answer({"a": "int"}, [{"a": 1}], paging={"rows": 10**12, "pagesFiltered": 10**9})

    assert shown(table_of([content])["a"]) == [1]
