"""The sample archive answers every example of the guide with the rows that the guide prints."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from topmast.client import Client, connect

MINIMUM = "Minimum Recommended Products"
pytestmark = pytest.mark.filterwarnings("ignore:Coordinate string:topmast.errors.InputWarning")


@pytest.fixture(scope="module")
def client(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The sample as the archive of 2017, which is when the guide was printed."""
    folder = tmp_path_factory.mktemp("archive")
    shutil.copytree(sample_folder / "footprints", folder / "footprints")
    shutil.copy(sample_folder / "archive.sqlite", folder / "archive.sqlite")
    (folder / "products").symlink_to(sample_folder / "products")
    with sqlite3.connect(folder / "archive.sqlite") as connection:
        connection.execute("UPDATE settings SET value = '2017' WHERE name = 'profile'")
    connection.close()
    with connect(folder) as client:
        yield client


def printed(values: Any) -> list[str]:
    """Floats with the twelve digits that NumPy printed in 2017."""
    return [format(float(value), ".12g") if value else "0.0" for value in values]


def test_a_region_query_starts_with_ten_uvot_cubes(client: Client) -> None:
    table = client.observations.query_region("322.49324 12.16683")[:10]
    assert table.colnames[:3] == ["dataproduct_type", "obs_collection", "instrument_name"]
    assert table.colnames[-1] == "distance"
    rows = {tuple(row) for row in table["dataproduct_type", "obs_collection", "instrument_name"]}
    assert rows == {("cube", "SWIFT", "UVOT")}
    assert printed(table["distance"]) == ["0.0"] * 10


def test_the_lagoon_nebula_has_one_cube_and_then_spectra(client: Client) -> None:
    table = client.observations.query_object("M8", radius=".02 deg")[:10]
    assert list(table["dataproduct_type"]) == ["cube"] + ["spectrum"] * 9
    assert list(table["obs_collection"]) == ["K2"] + ["IUE"] * 9
    assert list(table["instrument_name"]) == ["Kepler"] + ["LWP"] * 3 + ["LWR"] * 6
    assert printed(table["distance"]) == ["39.4914065162"] + ["0.0"] * 9


def test_the_flare_star_has_three_images(client: Client) -> None:
    table = client.observations.query_criteria(
        dataproduct_type=["image"], proposal_pi="Osten", s_dec=[43.5, 45.5]
    )
    assert table.colnames[:3] == ["dataproduct_type", "calib_level", "obs_collection"]
    assert table.colnames[-3:] == ["dataURL", "obsid", "objID"]
    assert [tuple(row) for row in table["dataproduct_type", "calib_level", "obs_collection"]] == [
        ("image", 1, "HST")
    ] * 3
    assert table["dataURL"].mask.all()
    assert list(table["obsid"]) == ["2003520266", "2003520267", "2003520268"]
    assert list(table["objID"]) == ["2011133418", "2011133419", "2011133420"]


def test_ultraviolet_images_of_the_pinwheel_galaxy(client: Client) -> None:
    table = client.observations.query_criteria(filters=["*UV", "Kepler"], objectname="M101")
    assert table.colnames[-2:] == ["objID1", "distance"]
    assert set(table["obs_collection"]) == {"GALEX"}
    assert set(table["calib_level"]) == {2}
    assert list(zip(table["objID1"], printed(table["distance"]), strict=True)) == [
        ("1000055044", "0.0"),
        ("1000004937", "3.83290685323"),
        ("1000045953", "371.718371962"),
        ("1000055047", "229.810616011"),
        ("1000016644", "229.810616011"),
        ("1000045952", "0.0"),
        ("1000048357", "0.0"),
        ("1000001326", "0.0"),
        ("1000001327", "371.718371962"),
        ("1000004203", "0.0"),
        ("1000016641", "0.0"),
        ("1000048943", "3.83290685323"),
    ]


def test_the_counts_of_the_guide_are_not_zero(client: Client) -> None:
    observations = client.observations
    assert observations.query_region_count("322.49324 12.16683") >= 10
    assert observations.query_object_count("M8", radius=".02 deg") >= 10
    images = observations.query_criteria_count(
        dataproduct_type="image", filters=["NUV", "FUV"], t_max=[52264.4586, 54452.8914]
    )
    assert images >= 8


def test_all_missions_of_the_guide_are_listed(client: Client) -> None:
    missions = "IUE Kepler K2FFI EUVE HLA KeplerFFI FUSE K2 HST WUPPE BEFS GALEX TUES HUT SWIFT"
    assert set(missions.split()) <= set(client.observations.list_missions())


PRODUCTS = [
    ("3000007760", "IUE", "lwp13058.elbll.gz"),
    ("3000007760", "IUE", "lwp13058.elbls.gz"),
    ("3000007760", "IUE", "lwp13058.lilo.gz"),
    ("3000007760", "IUE", "lwp13058.melol.gz"),
    ("3000007760", "IUE", "lwp13058.melos.gz"),
    ("3000007760", "IUE", "lwp13058.raw.gz"),
    ("3000007760", "IUE", "lwp13058.rilo.gz"),
    ("3000007760", "IUE", "lwp13058.silo.gz"),
    ("3000007760", "IUE", "lwp13058.gif"),
    ("3000007760", "IUE", "lwp13058.mxlo.gz"),
    ("3000007760", "IUE", "lwp13058mxlo_vo.fits"),
    ("3000007760", "IUE", "lwp13058.gif"),
    ("9500243833", "K2", "k2-tpf-only-target_bw_large.png"),
    ("9500243833", "K2", "ktwo200071160-c91_lpd-targ.fits.gz"),
    ("9500243833", "K2", "ktwo200071160-c92_lpd-targ.fits.gz"),
    ("9500243833", "K2", "k2-tpf-only-target_bw_thumb.png"),
]


def test_products_of_two_observations_in_the_order_of_the_guide(client: Client) -> None:
    table = client.observations.query_object("M8", radius=".02 deg")
    by_row = client.observations.get_product_list(table[0:2])
    by_id = client.observations.get_product_list(table[0:2]["obsid"])
    names = by_row["obsID", "obs_collection", "productFilename"]
    assert [tuple(map(str, row)) for row in names] == PRODUCTS
    assert (by_row == by_id).all()
    assert by_row.colnames[-1] == "size"


def test_the_minimum_recommended_products_have_the_urls_of_the_guide(client: Client) -> None:
    products = client.observations.get_product_list("3000007760")
    recommended = products[products["productGroupDescription"].filled("") == MINIMUM]
    assert list(recommended["dataURI"]) == [
        "http://archive.stsci.edu/pub/iue/data/lwp/13000/lwp13058.mxlo.gz",
        "http://archive.stsci.edu/pub/vospectra/iue2/lwp13058mxlo_vo.fits",
    ]


def test_the_association_of_the_guide_has_31_products_and_four_raw_frames(client: Client) -> None:
    products = client.observations.get_product_list("2003839997")
    assert len(products) == 31
    assert "SCIENCE" in set(products["productType"])
    raw = client.observations.filter_products(
        products, productSubGroupDescription=["RAW", "UNCAL"], extension="fits"
    )
    assert [tuple(row) for row in raw["obs_id", "dataURI"]] == [
        ("IB3P11P7Q", "mast:HST/product/ib3p11p7q_raw.fits"),
        ("IB3P11P8Q", "mast:HST/product/ib3p11p8q_raw.fits"),
        ("IB3P11PHQ", "mast:HST/product/ib3p11phq_raw.fits"),
        ("IB3P11Q9Q", "mast:HST/product/ib3p11q9q_raw.fits"),
    ]


def test_the_direct_cone_finds_seven_images(client: Client) -> None:
    params = {"ra": 184.3, "dec": 54.5, "radius": 0.2}
    table = client.mast.mashup_request("Mast.Caom.Cone", params)
    columns = table["dataproduct_type", "obs_collection", "instrument_name"]
    assert [tuple(row) for row in columns] == [("image", "GALEX", "GALEX")] * 7
    assert printed(table["distance"]) == ["0.0"] * 5 + ["302.405835798"] * 2


def test_the_direct_name_lookup_gives_the_entry_of_the_guide(client: Client) -> None:
    params = {"input": "M8", "format": "json"}
    response = client.mast.mashup_request_async("Mast.Name.Lookup", params)
    entry = response[0].json()["resolvedCoordinate"][0]
    assert entry["canonicalName"] == "MESSIER 008"
    assert entry["resolver"] == "NED"
    assert (entry["ra"], entry["decl"]) == (270.92194, -24.38017)
    assert entry["objectType"] == "Neb"
    assert entry["cacheDate"] == "Apr 12, 2017 9:28:24 PM"
    assert entry["searchString"] == "m8"
