"""Products are filtered, counted once, and asked for by ids of any kind."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from topmast.errors import InputWarning, InvalidQueryError
from topmast.questions.product_filters import filter_products, is_obsid, obsids_of, unique_products

MRP = "Minimum Recommended Products"
PRODUCTS = Table(
    {
        "n": [0, 1, 2, 3, 4, 5],
        "productFilename": MaskedColumn(
            ["a.fits", "b.FITS", "c.jpg", "d.fits.gz", "e.fits", ""], mask=[0, 0, 0, 0, 0, 1]
        ),
        "productType": ["SCIENCE", "science", "PREVIEW", "AUXILIARY", "SCIENCE", "INFO"],
        "productSubGroupDescription": MaskedColumn(
            ["RAW", "UNCAL", "", "RAW", "FLT", ""], mask=[0, 0, 1, 0, 0, 1]
        ),
        "productGroupDescription": MaskedColumn(
            [MRP, "", MRP, "", "", ""], mask=[0, 1, 0, 1, 1, 1]
        ),
        "size": MaskedColumn([0, 100, 14400, 20000, 1000, -999], mask=[0, 0, 0, 0, 0, 1]),
        "score": [0.5, -3.0, np.nan, 2.0, 1e6, 0.0],
        "proposal_id": ["5", "8880", "5", "5", "5", "5"],
        "dataURI": ["u:a", "u:b", "u:a", "u:c", "u:b", "u:d"],
    },
    masked=True,
)


def kept(**filters: Any) -> list[int]:
    return filter_products(PRODUCTS, **filters)["n"].tolist()


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"mrp_only": True}, [0, 2]),
        ({"extension": "fits"}, [0, 1, 4]),
        ({"extension": ["fits", "jpg"]}, [0, 1, 2, 4]),
        ({"extension": ("JPG",)}, [2]),
        ({"extension": ".gz"}, [3]),
        ({"extension": None}, [0, 1, 2, 3, 4, 5]),
        ({"productType": "SCIENCE"}, [0, 1, 4]),
        ({"productType": ["science", "PREVIEW"]}, [0, 1, 2, 4]),
        ({"productType": {"SCIENCE", "PREVIEW"}}, [0, 1, 2, 4]),
        ({"productType": np.array(["SCIENCE"])}, [0, 1, 4]),
        ({"productType": "!SCIENCE"}, [2, 3, 5]),
        ({"productType": ["!SCIENCE", "!INFO"]}, [2, 3]),
        ({"productType": ["SCIENCE", "PREVIEW", "!PREVIEW"]}, [0, 1, 4]),
        ({"productSubGroupDescription": ["RAW", "UNCAL"], "extension": "fits"}, [0, 1]),
        ({"productSubGroupDescription": "!RAW"}, [1, 2, 4, 5]),
        ({"productSubGroupDescription": ""}, [2, 5]),
        ({"productSubGroupDescription": "R"}, []),
        ({"proposal_id": 8880}, [1]),
        ({"productType": None}, [0, 1, 2, 3, 4, 5]),
        ({"size": 100}, [1]),
        ({"size": "100"}, [1]),
        ({"size": np.int64(100)}, [1]),
        ({"size": "100..14400"}, [1, 2, 4]),
        ({"size": ">=14400"}, [2, 3]),
        ({"size": ">14400"}, [3]),
        ({"size": "<=100"}, [0, 1]),
        ({"size": "< 100"}, [0]),
        ({"size": ["!100", "<20000"]}, [0, 2, 4]),
        ({"size": "!100..14400"}, [0, 3, 5]),
        ({"size": [0, ">=20000"]}, [0, 3]),
        ({"score": "-5..0.5"}, [0, 1, 5]),
        ({"score": ">1e3"}, [4]),
        ({"score": 2}, [3]),
    ],
)
def test_rows_that_pass_every_filter_are_kept(filters: dict[str, Any], rows: list[int]) -> None:
    assert kept(**filters) == rows


def test_letter_case_can_be_made_to_matter() -> None:
    assert kept(productType="SCIENCE", any_letter_case=False) == [0, 4]
    assert kept(extension="fits", any_letter_case=False) == [0, 4]


def test_filtering_leaves_the_table_as_it_was() -> None:
    before = len(PRODUCTS)
    kept(size="<1", extension="fits")
    assert len(PRODUCTS) == before


def test_the_misspelt_extension_is_understood_with_a_warning() -> None:
    with pytest.warns(InputWarning, match="'extenstion' is understood as 'extension'"):
        assert kept(extenstion="jpg") == [2]


def test_an_empty_list_is_skipped_with_a_warning() -> None:
    with pytest.warns(InputWarning, match="'productType' has no values and is skipped"):
        assert kept(productType=[]) == [0, 1, 2, 3, 4, 5]


def test_an_unknown_column_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InvalidQueryError) as problem:
        kept(productTyp="SCIENCE")
    assert str(problem.value) == (
        "Column 'productTyp' not found in product table. Did you mean 'productType'?"
    )
    with pytest.raises(InvalidQueryError, match=r"^Column 'qqq' not found in product table\.$"):
        kept(qqq=1)


@pytest.mark.parametrize("value", ["no", "yes", 2, 1.0, [True]])
def test_what_is_no_truth_value_is_refused(value: Any) -> None:
    with pytest.raises(InvalidQueryError) as problem:
        kept(mrp_only=value)
    assert str(problem.value) == f"mrp_only is True or False, not {value!r}."


@pytest.mark.parametrize("value", [True, False, None, 0, 1, np.True_, np.int64(0)])
def test_truth_values_of_all_kinds_are_taken(value: Any) -> None:
    assert kept(mrp_only=value) == kept(mrp_only=bool(value))


@pytest.mark.parametrize(
    "value", ["about 5", "5..", "=5", "1..2..3", ["5", "x"], ">", ["9", "<abc"], object()]
)
def test_a_number_that_cannot_be_read_is_refused(value: Any) -> None:
    with pytest.raises(InvalidQueryError) as problem:
        kept(size=value)
    bad = value[1] if isinstance(value, list) else value
    assert str(problem.value) == (
        f"Could not parse numeric filter '{bad}' for column 'size'. "
        "Write a number, '10..20', '>=10', '>10', '<=10' or '<10'."
    )


def test_a_table_without_rows_can_be_filtered() -> None:
    assert len(filter_products(PRODUCTS[:0], size=">5", productType="x", extension="fits")) == 0


def test_each_file_is_kept_once_where_it_is_listed_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger="topmast"):
        assert unique_products(PRODUCTS)["n"].tolist() == [0, 1, 3, 5]
    assert "2 of 6 products are listed twice" in caplog.text


def test_files_without_an_address_are_all_kept() -> None:
    table = Table({"dataURI": MaskedColumn(["a", "", ""], mask=[0, 1, 1])})
    assert len(unique_products(table)) == 3


OBSERVATIONS = Table({"obsid": ["1001", "1002"], "obs_id": ["a", "b"]})


@pytest.mark.parametrize(
    ("observations", "ids"),
    [
        ("1001", ["1001"]),
        ("1001,1002", ["1001", "1002"]),
        (" 1001 , 1002 ,", ["1001", "1002"]),
        (1001, ["1001"]),
        (np.int64(1001), ["1001"]),
        (1001.0, ["1001"]),
        (b"1001", ["1001"]),
        (["1001", 1002], ["1001", "1002"]),
        (("1001", "1002"), ["1001", "1002"]),
        (np.array(["1001", ""]), ["1001"]),
        (np.array([1001, 1002]), ["1001", "1002"]),
        (np.array("1001"), ["1001"]),
        (["1001", None, np.nan, " "], ["1001"]),
        (MaskedColumn(["1001", "1002"], mask=[True, False]), ["1002"]),
        (OBSERVATIONS, ["1001", "1002"]),
        (OBSERVATIONS[1], ["1002"]),
        (OBSERVATIONS[:1], ["1001"]),
        (OBSERVATIONS["obsid"], ["1001", "1002"]),
        (OBSERVATIONS[0]["obsid"], ["1001"]),
        ([OBSERVATIONS[0], OBSERVATIONS[1]], ["1001", "1002"]),
        (Table({"obsID": ["7"]}), ["7"]),
        ((text for text in ["1", "2"]), ["1", "2"]),
        ({"1001"}, ["1001"]),
        ("U24Z0101T", ["U24Z0101T"]),
    ],
)
def test_ids_are_read_from_whatever_holds_them(observations: Any, ids: list[str]) -> None:
    assert obsids_of(observations) == ids


@pytest.mark.parametrize("observations", ["", " ", ",", [], [""], ["", " "], np.array([]), [None]])
def test_no_id_at_all_is_refused(observations: Any) -> None:
    with pytest.raises(InvalidQueryError) as problem:
        obsids_of(observations)
    assert str(problem.value) == "Observation list is empty, no associated products."


@pytest.mark.parametrize("observations", [1.5, -3, True, object(), [["1"], {"a": 1}], {"a": 1}])
def test_what_is_no_id_is_refused(observations: Any) -> None:
    with pytest.raises(InvalidQueryError, match=r"is no observation id\. Give an obsid such as"):
        obsids_of(observations)


def test_a_table_without_ids_is_refused_with_its_columns() -> None:
    with pytest.raises(InvalidQueryError, match=r"no column 'obsid'.*Its columns: a, b"):
        obsids_of(Table({"a": [1], "b": [2]}))


def test_an_obsid_is_a_number() -> None:
    assert is_obsid("2003520266")
    assert not any(map(is_obsid, ["U24Z0101T", "", "-1", "1.5", "١٢"]))


def test_ids_in_the_place_of_a_product_table_are_refused() -> None:
    with pytest.raises(InvalidQueryError, match="takes a table of products, not '2003839997'"):
        filter_products("2003839997")  # type: ignore[arg-type]
