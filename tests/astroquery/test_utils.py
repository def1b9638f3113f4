"""The functions of astroquery.mast.utils work on the default client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table
from tests.small_archive import make

import topmast
from topmast.astroquery.utils import (
    get_cloud_paths,
    mast_relative_path,
    parse_input_location,
    remove_duplicate_products,
    resolve_object,
    split_list_into_chunks,
)
from topmast.errors import InputWarning, InvalidQueryError, NoResultsWarning


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = make(tmp_path_factory.mktemp("small"))
    archive.close()
    return archive.folder


@pytest.fixture(autouse=True)
def default_archive(folder: Path) -> Iterator[None]:
    topmast.conf.server = folder
    yield
    topmast.conf.reset("server")


def test_names_are_resolved_by_the_default_client() -> None:
    assert resolve_object("M8").ra.deg == 270.92194
    with pytest.warns(InputWarning, match="Resolvers disagree on M8"):
        assert list(resolve_object(objectname="M8", resolve_all=True)) == ["NED", "SIMBAD"]


@pytest.mark.parametrize(
    "given",
    [
        {"object_name": "M8"},
        {"objectname": "M8", "resolver": "NED"},
        {"coordinates": SkyCoord(270.92194, -24.38017, unit="deg").galactic},
        {"coordinates": "M8"},
    ],
)
def test_a_place_is_read_from_a_name_or_coordinates(given: dict[str, Any]) -> None:
    place = parse_input_location(**given)
    assert (place.ra.deg, place.dec.deg) == pytest.approx((270.92194, -24.38017))


def test_exactly_one_place_is_needed() -> None:
    with pytest.raises(InvalidQueryError, match="Only one of object_name and coordinates"):
        parse_input_location(object_name="M8", coordinates="1 2")
    with pytest.raises(InvalidQueryError, match="One of objectname and coordinates must be"):
        parse_input_location()
    with pytest.raises(InvalidQueryError, match="One place is needed, not several"):
        parse_input_location(coordinates=[(1, 2), (3, 4)])
    with pytest.warns(InputWarning, match="only used when resolving object names"):
        parse_input_location(coordinates=(1, 2), resolver="NED")


def test_doubles_go_from_tables_and_lists() -> None:
    assert remove_duplicate_products(["a", "b", "a"]) == ["a", "b"]
    assert len(remove_duplicate_products(Table({"filename": ["a", "a"]}), "filename")) == 1


def test_a_list_is_cut_into_pieces() -> None:
    assert list(split_list_into_chunks([1, 2, 3], 2)) == [[1, 2], [3]]


def test_paths_in_the_cloud_are_given_for_one_product_and_for_many() -> None:
    uri = str(topmast.Observations.get_product_list("1001")["dataURI"][0])
    path = mast_relative_path(uri)
    assert isinstance(path, str)
    assert path.startswith("IUE/")
    assert get_cloud_paths([uri, "mast:none"], verbose=False) == [path, None]
    with pytest.warns(NoResultsWarning, match="relative path for mast:none"):
        assert mast_relative_path("mast:none") is None
