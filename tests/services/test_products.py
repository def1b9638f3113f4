"""Products of observations are listed and chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

from tests.scripted import session_with, table_answer
from tests.small_archive import OBSERVATIONS
from topmast.errors import InputWarning, InvalidQueryError
from topmast.net.messages import Request
from topmast.services.observations import ObservationsClass
from topmast.wire.portal import decode_request

M8 = SkyCoord(270.92194, -24.38017, unit="deg")
FFI = OBSERVATIONS[-1]["obs_id"]


def names(table: Table) -> list[str]:
    return [str(text) for text in table["productFilename"]]


def test_products_are_the_same_by_rows_and_by_ids(observations: ObservationsClass) -> None:
    table = observations.query_region(M8, 0.02)
    by_rows = observations.get_product_list(table)
    for given in (table["obsid"], list(table["obsid"]), "1001,1002", [1001, 1002]):
        assert names(observations.get_product_list(given)) == names(by_rows)
    assert names(observations.get_product_list(table[0])) == names(by_rows)[:3]
    assert len(by_rows) == 4


def test_products_of_many_observations_come_in_batches_in_order(
    observations: ObservationsClass,
) -> None:
    together = observations.get_product_list(["1003", "1001", "1002"], batch_size=1)
    assert list(dict.fromkeys(together["obsID"])) == ["1003", "1001", "1002"]
    assert len(together) == 6


def test_an_id_given_twice_is_asked_for_once() -> None:
    session, scripted = session_with(products_of)
    table = ObservationsClass(session=session).get_product_list(["1", "2", "1"], batch_size=1)
    assert table["obsID"].tolist() == ["1", "2"]
    assert sorted(question.params["obsid"] for question in scripted.mashups) == ["1", "2"]


def products_of(request: Request) -> bytes | tuple[int, bytes]:
    """One product for each obsid that is asked for."""
    if "columnsconfig" in request.url:
        return b"{}"
    obsids = decode_request(request.body or b"").params["obsid"].split(",")
    return table_answer([("obsID", "string")], [[obsid] for obsid in obsids])


def test_a_batch_that_is_too_much_is_asked_for_in_halves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def slow(request: Request) -> bytes | tuple[int, bytes]:
        if (request.body or b"").count(b"%2C") + (request.body or b"").count(b",") > 40:
            return 413, b"too large"
        return products_of(request)

    session, scripted = session_with(slow)
    wanted = [str(number) for number in range(100)]
    table = ObservationsClass(session=session).get_product_list(wanted)
    assert table["obsID"].tolist() == wanted
    assert len(scripted.mashups) > 2
    assert "asking for half as many" in caplog.text


def test_an_obs_id_is_looked_up_with_a_warning(observations: ObservationsClass) -> None:
    with pytest.warns(InputWarning, match="'lwp13058' is no obsid and was looked up as obs_id"):
        table = observations.get_product_list(["1003", "lwp13058"])
    assert set(table["obsID"]) == {"1003", "1001"}


def test_an_unknown_obs_id_is_refused_and_among_others_left_out(
    observations: ObservationsClass,
) -> None:
    with pytest.raises(InvalidQueryError, match="'u999' is neither an obsid nor an obs_id"):
        observations.get_product_list("u999")
    with pytest.warns(InputWarning, match="'u999' is neither an obsid nor an obs_id"):
        assert len(observations.get_product_list(["1002", "u999"])) == 1
    with pytest.raises(InvalidQueryError, match="A single file is fetched by its URI with down"):
        observations.get_product_list("mast:HST/product/x.fits")


@pytest.mark.parametrize("given", ["", "  ", [], ["", " "], np.array([""])])
def test_no_ids_are_refused(observations: ObservationsClass, given: Any) -> None:
    with pytest.raises(InvalidQueryError, match="Observation list is empty, no associated prod"):
        observations.get_product_list(given)


@pytest.mark.parametrize("given", [1.5, True, {"obsid": "1"}, -1])
def test_ids_of_a_wrong_kind_are_refused(observations: ObservationsClass, given: Any) -> None:
    with pytest.raises(InvalidQueryError, match="is no observation id"):
        observations.get_product_list(given)


def test_a_batch_size_that_cannot_be_is_refused(observations: ObservationsClass) -> None:
    with pytest.raises(InvalidQueryError, match="batch_size is a whole number from 1 on, not 0"):
        observations.get_product_list("1001", batch_size=0)


def test_full_frame_images_are_named_in_the_log(
    observations: ObservationsClass,
    as_astroquery: ObservationsClass,
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = observations.query_criteria(obs_collection=["TESS", "K2"])
    assert len(observations.get_product_list(table)) == 2
    assert f"TESS full-frame images are very large, and these observations are such: '{FFI}'" in (
        caplog.text
    )
    assert names(as_astroquery.get_product_list(table)) == ["k2-lpd.fits"]
    assert "their products are left out" in caplog.text
    with pytest.raises(InvalidQueryError, match="Observation list is empty"):
        as_astroquery.get_product_list(table[table["obs_id"] == FFI])


def test_unique_products_are_listed_once(observations: ObservationsClass) -> None:
    assert len(observations.get_unique_product_list(["1001", "1001"])) == 3


def test_products_are_filtered(
    observations: ObservationsClass, as_astroquery: ObservationsClass
) -> None:
    products = observations.get_product_list(["1001", "1003"])
    filtered = observations.filter_products(products, productSubGroupDescription="raw")
    assert names(filtered) == ["lwp13058.raw.gz", "u24z0101t_raw.fits"]
    assert len(observations.filter_products(products, True)) == 2
    assert len(as_astroquery.filter_products(products, productSubGroupDescription="raw")) == 0
    with pytest.raises(InvalidQueryError, match="Could not parse numeric filter 'big' for column"):
        observations.filter_products(products, size="big")
