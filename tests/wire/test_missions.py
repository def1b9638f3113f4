"""The mission search's formats, there and back, and against recorded answers of MAST."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.mission_lists import (
    MissionColumn,
    decode_columns,
    decode_datasets,
    decode_missions,
    decode_products,
    encode_columns,
    encode_datasets,
    encode_missions,
    encode_products,
)
from topmast.wire.missions import (
    SearchRequest,
    decode_search,
    decode_search_answer,
    echo_of,
    encode_search,
    encode_search_answer,
)

RECORDED = "responses/missions_mast"
NAMES = st.text("abc_", min_size=1, max_size=5)
VALUES = st.one_of(st.text(max_size=8), st.integers(-(2**53), 2**53), st.booleans())

requests = st.builds(
    SearchRequest,
    targets=st.just(()),
    limit=st.integers(0, 10**6),
    offset=st.integers(0, 10**6),
    select_cols=st.one_of(st.none(), st.lists(NAMES).map(tuple)),
    conditions=st.lists(st.tuples(NAMES, VALUES)).map(tuple),
    sort_by=st.lists(NAMES).map(tuple),
    sort_desc=st.lists(st.booleans()).map(tuple),
    count_only=st.booleans(),
    extra=st.dictionaries(st.sampled_from(["skip_count"]), st.booleans()),
)


def recording(recorded: Path, name: str) -> bytes:
    return (recorded / RECORDED / name).read_bytes()


# --------------------------------------------------------------------------------- search


@given(requests)
def test_a_request_comes_back_as_it_was(request: SearchRequest) -> None:
    assert decode_search(encode_search(request)) == request


def test_a_request_with_targets_says_how_far_around_them() -> None:
    request = SearchRequest(("10.0 20.0",), 180.0, "arcseconds", limit=5)

    body = json.loads(encode_search(request))

    assert body == {
        "limit": 5, "offset": 0, "select_cols": None, "conditions": [],
        "target": ["10.0 20.0"], "radius": 180.0, "radius_units": "arcseconds",
    }  # fmt: skip
    assert decode_search(encode_search(request)).radius_arcmin == 3.0


def test_an_answer_comes_back_as_it_was() -> None:
    info = [("name", "VARCHAR"), ("number", "INTEGER"), ("size", "FLOAT"), ("when", "DATETIME")]
    rows = [("a", 1, 0.5, "2020-01-01"), (None, None, None, None)]
    request = SearchRequest(conditions=(("name", "a"),))

    answer = decode_search_answer(encode_search_answer(info, rows, echo_of(request), 7))

    assert (answer.total, answer.length) == (7, 2)
    assert answer.params["conditions"] == [{"name": "a"}]
    kinds = [values.data.dtype.kind for values in answer.columns.values()]
    assert kinds == ["U", "i", "f", "U"]
    for values in answer.columns.values():
        assert values.mask.tolist() == [False, True]


def test_columns_come_in_the_order_of_info_and_without_those_that_a_row_lacks() -> None:
    content = json.dumps(
        {
            "info": [{"name": "b", "type": "INTEGER"}, {"name": "a", "type": "VARCHAR(20)"},
                     {"name": "c", "type": "FLOAT"}],
            "results": [{"a": "x", "b": 1, "c": 2.0}, {"a": "y", "b": -999}],
        }
    ).encode()  # fmt: skip

    answer = decode_search_answer(content)

    assert list(answer.columns) == ["b", "a"]
    assert answer.columns["b"].mask.tolist() == [False, True]
    assert answer.total is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><title>Down for maintenance</title></html>", "is a web page: Down"),
        (b'{"info": [], "resul', "cannot be read"),
        (b'{"status": "ERROR"}', "no info and results"),
        (b"[1, 2]", "no info and results"),
        (b'{"info": [{"type": "x"}], "results": [[1]]}', "without a name"),
        (b'{"info": [{"name": "x"}], "results": [3]}', "is no object: 3"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(content: bytes, message: str) -> None:
    with pytest.raises(BadAnswerError, match=message):
        decode_search_answer(content)


def test_nan_in_an_answer_is_no_value() -> None:
    content = b'{"info": [{"name": "x", "type": "FLOAT"}], "results": [{"x": NaN}, {"x": 1}]}'

    assert decode_search_answer(content).columns["x"].mask.tolist() == [True, False]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"limit=5", "is no JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"limit": -1}', "limit is a whole number from 0 on, not -1.0"),
        (b'{"limit": "many"}', "limit is a number, not 'many'"),
        (b'{"target": [1]}', "target is a list of texts"),
        (b'{"radius_units": "parsec"}', "radius_units is one of"),
        (b'{"conditions": ["x"]}', "A condition is a"),
    ],
)
def test_a_body_that_is_no_search_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(InvalidQueryError, match=message):
        decode_search(body)


def test_the_dataset_that_astroquery_does_not_know_is_passed_over() -> None:
    assert decode_search(b'{"select_cols": ["a", null]}').select_cols == ("a",)


# ------------------------------------------------------------------------------ recordings


def test_a_recorded_search_is_read_as_astroquery_reads_it(recorded: Path) -> None:
    services = pytest.importorskip("astroquery.mast.services")
    content = recording(recorded, "hst_search_v2_2022.json")

    theirs = services._json_to_table(json.loads(content), data_key="results")
    ours = decode_search_answer(content)

    assert ours.total == 3
    assert list(ours.columns) == theirs.colnames
    for name, values in ours.columns.items():
        assert values.data.dtype == theirs[name].dtype
        assert values.mask.tolist() == np.ma.getmaskarray(theirs[name]).tolist()
        shown = np.ma.masked_array(values.data, values.mask)
        assert shown.tolist() == theirs[name].tolist()
    assert set(ours.positions) == {"40.66963 -0.01328"}


def test_a_recorded_search_is_what_we_would_have_sent(recorded: Path) -> None:
    parsed = json.loads(recording(recorded, "hst_search_v2_2022.json"))
    info = [(entry["name"], entry["type"]) for entry in parsed["info"]]
    rows = [[row[name] for name, _ in info] for row in parsed["results"]]

    ours = json.loads(encode_search_answer(info, rows, parsed["search_params"], 3))

    assert {key: ours[key] for key in ours if key != "results"} == {
        key: parsed[key] for key in parsed if key != "results"
    }
    for mine, other in zip(ours["results"], parsed["results"], strict=True):
        assert mine.items() <= other.items()


def test_a_recorded_count_has_its_number_and_our_echo_has_its_keys(recorded: Path) -> None:
    content = recording(recorded, "hst_count_only_2026-08.json")

    answer = decode_search_answer(content)
    ours = json.loads(
        encode_search_answer((), [], echo_of(SearchRequest(count_only=True)), answer.total)
    )

    assert (answer.total, answer.length) == (1_066_009, 0)
    theirs = json.loads(content)
    assert ours.keys() == theirs.keys()
    assert ours["search_params"].keys() == theirs["search_params"].keys()
    assert ours["search_params"]["count_only"] is theirs["search_params"]["count_only"] is True


def test_a_recorded_column_list_goes_there_and_back(recorded: Path) -> None:
    content = recording(recorded, "hst_column_list_2024.json")

    assert json.loads(encode_columns(decode_columns(content))) == json.loads(content)


def test_a_recorded_product_list_goes_there_and_back(recorded: Path) -> None:
    content = recording(recorded, "hst_list_products_Z14Z0104T_2025.json")

    assert json.loads(encode_products(decode_products(content))) == json.loads(content)


# ----------------------------------------------------------------------------------- lists


def test_a_column_list_tells_which_column_is_the_dataset() -> None:
    columns = [MissionColumn("a", is_dataset=True), MissionColumn("b", "float", in_default=True)]

    read = decode_columns(encode_columns(columns))

    assert [column.is_dataset for column in read] == [True, False]
    assert [column.in_default for column in read] == [False, True]


@pytest.mark.parametrize("content", [b"{}", b'[{"column_name": "a"}]', b"[3]", b"<html>"])
def test_what_is_no_column_list_is_refused(content: bytes) -> None:
    with pytest.raises(BadAnswerError):
        decode_columns(content)


def test_a_product_list_may_be_wrapped_once_more() -> None:
    assert decode_products(b'{"products": [[{"filename": "a"}]]}') == [{"filename": "a"}]


@pytest.mark.parametrize("content", [b"[]", b'{"products": 3}', b'{"products": [3]}'])
def test_what_is_no_product_list_is_refused(content: bytes) -> None:
    with pytest.raises(BadAnswerError, match="no list of products"):
        decode_products(content)


def test_datasets_go_there_and_back() -> None:
    assert decode_datasets(encode_datasets(["A", " B ", " "])) == ["A", "B"]


@pytest.mark.parametrize(
    ("datasets", "message"), [([], "has none"), (["x"] * 1001, "1001 datasets are more")]
)
def test_no_datasets_and_too_many_are_refused(datasets: Any, message: str) -> None:
    with pytest.raises(InvalidQueryError, match=message):
        decode_datasets(encode_datasets(datasets))


def test_the_page_of_missions_is_read_again() -> None:
    assert decode_missions(encode_missions(["hst", "roman_cgi"])) == ["hst", "roman_cgi"]
    assert decode_missions(b"<p>nothing here</p>") == []
    assert decode_missions(b'<a href="/search/docs?mission=JWST"><a href="/search/docs/iue">') == [
        "jwst",
        "iue",
    ]
    assert decode_missions(b'"/search/docs/openapi.json" "/search/util/api/v0.1"') == []


@pytest.mark.peer
@given(st.lists(st.one_of(st.none(), st.text("a\0", max_size=3)), min_size=1, max_size=5))
def test_texts_of_nul_characters_are_masked_where_astroquery_masks_them(
    cells: list[str | None],
) -> None:
    peer = pytest.importorskip("astroquery.mast.services")
    content = encode_search_answer([("word", "VARCHAR")], [(cell,) for cell in cells], {}, 9)
    theirs = peer._json_to_table(json.loads(content), "results")["word"]
    ours = decode_search_answer(content).columns["word"]
    assert ours.mask.tolist() == theirs.mask.tolist()
