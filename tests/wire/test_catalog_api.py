"""The tables of catalogs.mast, both ways, and as astroquery reads the recorded answers."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topmast.errors import BadAnswerError, InvalidQueryError, MastError
from topmast.tables.catalogs import fields_of
from topmast.tables.fields import Field
from topmast.wire.catalog_api import (
    OPERATORS,
    TableRequest,
    decode_metadata,
    decode_rows,
    decode_table_request,
    encode_metadata,
    encode_rows,
    encode_table_request,
)

RECORDED = "responses/catalogs.mast.panstarrs"


def test_recorded_rows_are_read_as_astroquery_reads_them(recorded: Path) -> None:
    services = pytest.importorskip("astroquery.mast.services")
    content = (recorded / RECORDED / "panstarrs_v2_2019-05.json").read_bytes()

    theirs = services._json_to_table(json.loads(content))
    ours = decode_rows(content)

    assert list(ours) == theirs.colnames
    for name, values in ours.items():
        assert values.data.dtype == theirs[name].dtype
        assert (values.mask == np.ma.getmaskarray(theirs[name])).all()
        assert (values.data == theirs[name].data.data).all()


def test_the_recorded_columns_are_those_of_the_sample(recorded: Path) -> None:
    content = (recorded / RECORDED / "panstarrs_dr2_mean_metadata_2024.json").read_bytes()

    listed = decode_metadata(content)

    ours = fields_of("panstarrs_dr2_mean")[:-1]  # the last is the distance
    assert [(f.name, f.datatype) for f in listed] == [(f.name, f.datatype) for f in ours]
    assert [f.unit for f in listed if f.name == "gMeanPSFMag"] == ["mag"]


def test_columns_that_are_written_are_read_again() -> None:
    fields = fields_of("panstarrs_dr2_mean")

    found = decode_metadata(encode_metadata(fields))

    kept = [(f.name, f.description, f.unit, f.datatype, f.ucd) for f in fields]
    assert [(f.name, f.description, f.unit, f.datatype, f.ucd) for f in found] == kept


NAMES = st.text("abcXYZ_", min_size=1).filter(
    lambda name: name not in ("ra", "dec", "radius", "page", "columns", "raw")
)
VALUES = (
    st.integers(-(2**62), 2**62)
    | st.text(max_size=9)
    | st.floats(allow_nan=False, allow_infinity=False)
)
CONDITIONS = st.dictionaries(
    st.tuples(NAMES, st.sampled_from(["", *OPERATORS])),
    st.lists(VALUES, min_size=1, max_size=3).map(tuple),
    max_size=4,
).map(lambda found: tuple((*key, values) for key, values in found.items()))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    CONDITIONS,
    st.none() | st.tuples(st.floats(0, 360), st.floats(-90, 90), st.floats(0, 180)),
    st.lists(NAMES, max_size=3).map(tuple),
    st.lists(st.tuples(NAMES, st.booleans()), max_size=3).map(tuple),
    st.none() | st.integers(1, 999),
)
def test_a_request_that_is_written_is_read_again(
    conditions: tuple[tuple[str, str, tuple[object, ...]], ...],
    cone: tuple[float, float, float] | None,
    columns: tuple[str, ...],
    order: tuple[tuple[str, bool], ...],
    page: int | None,
) -> None:
    request = TableRequest(cone, conditions, columns, order, page, page)

    assert decode_table_request(encode_table_request(request)) == request


def test_a_query_string_asks_the_same() -> None:
    text = b"ra=1&dec=-2&radius=0.1&nDetections.gte=5&columns=[objID,raMean]&sort_by=raMean.desc"

    assert decode_table_request(text) == TableRequest(
        (1.0, -2.0, 0.1),
        (("nDetections", "gte", ("5",)),),
        ("objID", "raMean"),
        (("raMean", True),),
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"ra": 1}', "all of ra, dec and radius"),
        (b'{"ra": 1, "dec": 91, "radius": 1}', "no place on the sky"),
        (b'{"ra": "x", "dec": 1, "radius": 1}', "ra is a number, not 'x'"),
        (b'{"page": 0}', "page is a whole number from 1 on, not 0"),
        (b'{"raMean.near": 1}', "'raMean.near': after a column come min"),
        (b'{"raMean": {"a": 1}}', "raMean takes a value or a list"),
        (b'{"sort_by": "raMean.up"}', "sort_by is a column, with .asc or .desc"),
        (b'{"columns": [5]}', "columns is a list of texts"),
        (b"{", "The body is no JSON"),
    ],
)
def test_a_wrong_request_is_refused_by_name(body: bytes, message: str) -> None:
    with pytest.raises(InvalidQueryError, match=message.replace(".", r"\.")):
        decode_table_request(body)


@pytest.mark.parametrize(
    "content",
    [b"<html>Bad gateway</html>", b"", b"[]", b'{"info": []}',
     b'{"info": [{"type": "int"}], "data": []}',
     b'{"info": [{"name": "a", "type": "int"}], "data": [[1, 2]]}'],
)  # fmt: skip
def test_what_is_no_answer_is_refused(content: bytes) -> None:
    with pytest.raises(BadAnswerError):
        decode_rows(content)


@given(st.binary(max_size=200))
def test_no_bytes_bring_a_reader_down(content: bytes) -> None:
    for read in (decode_rows, decode_metadata, decode_table_request):
        with suppress(MastError):
            read(content)


def test_missing_numbers_are_masked_and_long_ones_keep_their_digits() -> None:
    fields = [f for f in fields_of("panstarrs_dr2_mean") if f.name in ("objID", "gMeanPSFMag")]

    found = decode_rows(encode_rows(fields, [(68960059717834079, None), (5, -999.0)]))

    assert found["objID"].data.tolist() == [68960059717834079, 5]
    assert found["gMeanPSFMag"].mask.tolist() == [True, True]


@pytest.mark.peer
@given(st.lists(st.one_of(st.none(), st.text("a\0", max_size=3)), min_size=1, max_size=5))
def test_texts_of_nul_characters_are_masked_where_astroquery_masks_them(
    cells: list[str | None],
) -> None:
    peer = pytest.importorskip("astroquery.mast.services")
    answer = {"info": [{"name": "word", "type": "string"}], "data": [[cell] for cell in cells]}
    theirs = peer._json_to_table(answer)["word"]
    ours = decode_rows(json.dumps(answer).encode())["word"]
    assert ours.mask.tolist() == theirs.mask.tolist()


@pytest.mark.peer
@given(st.lists(st.one_of(st.none(), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_column_of_bytes_that_lacks_values_is_one_that_astroquery_reads(
    cells: list[int | None],
) -> None:
    peer = pytest.importorskip("astroquery.mast.services")
    field = Field("byte", "int", "byte", "", datatype="unsignedByte")
    content = encode_rows([field], [(cell,) for cell in cells])
    theirs = peer._json_to_table(json.loads(content))["byte"]
    assert theirs.tolist() == cells
    ours = decode_rows(content)["byte"]
    assert np.ma.array(ours.data, mask=ours.mask).tolist() == cells
