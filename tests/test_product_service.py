"""Products of observations are listed, chosen and downloaded."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

import topmast
from tests.scripted import session_with, table_answer
from tests.small_archive import OBSERVATIONS, make
from topmast.errors import InputWarning, InvalidQueryError, NoResultsWarning
from topmast.net.session import Request
from topmast.observations import ObservationsClass
from topmast.wire.portal import decode_request

M8 = SkyCoord(270.92194, -24.38017, unit="deg")
FFI = OBSERVATIONS[-1]["obs_id"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = make(tmp_path_factory.mktemp("small"))
    archive.close()
    return archive.folder


@pytest.fixture
def observations(folder: Path) -> ObservationsClass:
    return topmast.connect(folder).observations


@pytest.fixture
def as_astroquery(folder: Path) -> ObservationsClass:
    return topmast.connect(folder, dialect="astroquery").observations


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


# --------------------------------------------------------------------------------- download


def test_only_recommended_products_are_downloaded_by_default(
    observations: ObservationsClass, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    products = observations.get_product_list("1001")
    with caplog.at_level(logging.INFO, logger="topmast"):
        manifest = observations.download_products(products, tmp_path, verbose=False)
    assert manifest is not None
    assert manifest["Status"].tolist() == ["COMPLETE"]
    assert (tmp_path / "mastDownload/IUE/lwp13058/lwp13058.mxlo.gz").is_file()
    assert "2 of 3 products are no Minimum Recommended Products" in caplog.text


def test_a_download_with_filters_takes_what_they_say(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    manifest = observations.download_products(
        "1003", tmp_path, productSubGroupDescription=["RAW", "UNCAL"], extension="fits",
        verbose=False,
    )  # fmt: skip
    assert manifest is not None
    assert manifest["Status"].tolist() == ["COMPLETE"]
    assert [path.name for path in tmp_path.rglob("*.fits")] == ["u24z0101t_raw.fits"]


def test_todays_dialect_downloads_all_products(
    as_astroquery: ObservationsClass, tmp_path: Path
) -> None:
    manifest = as_astroquery.download_products("1001", download_dir=tmp_path, verbose=False)
    assert manifest is not None
    assert len(manifest) == 3


def test_products_come_from_rows_tables_and_observations(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    table = observations.query_region(M8, 0.02)
    products = observations.get_product_list(table)
    for given in (products[0], products[:1], table[0], table[:1], "1001", ["1001"]):
        manifest = observations.download_products(given, tmp_path, flat=True, verbose=False)
        assert manifest is not None
        assert manifest["Status"].tolist() == ["COMPLETE"]
    assert (tmp_path / "lwp13058.mxlo.gz").is_file()


def test_nothing_to_download_is_said_and_why(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    with pytest.warns(NoResultsWarning, match=r"No products to download\.$"):
        assert observations.download_products("1001", tmp_path, extension="xyz") is None
    with pytest.warns(NoResultsWarning, match="No products to download.*mrp_only=False takes"):
        assert observations.download_products("1004", tmp_path) is None


def test_a_download_can_be_planned_first(observations: ObservationsClass, tmp_path: Path) -> None:
    plan = observations.plan_download("1001", tmp_path, mrp_only=False)
    assert plan is not None
    assert len(plan) == 3
    assert not list(tmp_path.iterdir())
    assert len(plan.run(verbose=False)) == 3


def test_what_failed_is_tried_again(observations: ObservationsClass, tmp_path: Path) -> None:
    products = observations.get_product_list("1001")
    products["dataURI"][0] = "mast:IUE/product/missing.gz"
    first = observations.download_products(products, tmp_path, mrp_only=False, verbose=False)
    assert first is not None
    assert sorted(first["Status"]) == ["COMPLETE", "COMPLETE", "ERROR"]
    again = observations.retry(first, verbose=False)
    assert sorted(again["Status"]) == ["COMPLETE", "COMPLETE", "ERROR"]


def test_a_download_can_be_followed_row_by_row(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    rows = list(observations.iter_download("1001", tmp_path, mrp_only=False))
    assert [row["Status"] for row in rows] == ["COMPLETE"] * 3


def test_a_script_is_written_instead(observations: ObservationsClass, tmp_path: Path) -> None:
    with pytest.warns(InputWarning, match="flat=True has no effect on curl downloads"):
        manifest = observations.download_products("1001", tmp_path, curl_flag=True, flat=True)
    assert manifest is not None
    (script,) = tmp_path.glob("mastDownload_*.sh")
    assert "lwp13058.mxlo.gz" in script.read_text()


def test_a_single_file_is_fetched_by_its_uri(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    products = observations.get_product_list("1001")
    target = tmp_path / "mine.gz"
    status = observations.download_file(str(products["dataURI"][0]), target, verbose=False)
    assert status == ("COMPLETE", None, None)
    assert target.is_file()
    assert observations.download_file(products[0], tmp_path, verbose=False)[0] == "COMPLETE"


@pytest.mark.parametrize("uri", [None, "", " ", 5])
def test_a_file_needs_a_uri(observations: ObservationsClass, uri: Any) -> None:
    with pytest.raises(InvalidQueryError, match="A valid data product URI must be provided, not"):
        observations.download_file(uri)


def test_arguments_for_the_cloud_have_no_effect_and_say_so(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    with pytest.warns(InputWarning, match="cloud_only has no effect"):
        observations.download_products("1001", tmp_path, cloud_only=True, verbose=False)
    with pytest.raises(InvalidQueryError, match="only one of cloud_only and force_on_prem"):
        observations.download_file("mast:a/b", cloud_only=True, force_on_prem=True)
