"""The rows of the table of catalogues agree with the columns that are known of them."""

from __future__ import annotations

import pytest

from topmast.errors import InputWarning
from topmast.questions.catalog_list import CATALOGS, Catalog, find_catalog, nearest_catalog
from topmast.tables.catalogs import fields_of_service, find_catalog_field

DISTANCES = {
    "HSC": ("Distance", "arcmin"),
    "GALEX": ("distance_arcmin", "arcmin"),
    "Gaia": ("distance", "arcmin"),
    "TGAS": ("distance", "arcmin"),
    "TIC": ("dstArcSec", "arcsec"),
    "CTL": ("dstArcSec", "arcsec"),
    "DiskDetective": ("dstArcSec", "arcsec"),
    "PLATO": ("dstArcSec", "arcsec"),
}


@pytest.mark.parametrize("catalog", CATALOGS, ids=lambda catalog: catalog.title)
class TestEachCatalogue:
    def test_its_columns_are_known(self, catalog: Catalog) -> None:
        services = [catalog.cone, catalog.matches]
        if catalog.criteria is not None:
            services += [catalog.criteria.rows, catalog.criteria.rows_near, catalog.criteria.config]
        assert all(fields_of_service(service) for service in services if service)

    def test_its_distance_has_the_unit_that_is_measured(self, catalog: Catalog) -> None:
        if catalog.api:
            return  # its columns come with the catalogue's own address
        column, unit = DISTANCES[catalog.name]
        field = find_catalog_field(catalog.cone, column)
        assert field is not None
        assert (field.name, field.unit) == (column, unit)

    def test_it_is_found_by_its_names_in_any_case(self, catalog: Catalog) -> None:
        assert find_catalog(catalog.title.lower()) == catalog
        assert find_catalog(f" {catalog.title.upper()} ") == catalog
        if catalog.version is not None:
            assert find_catalog(catalog.name, catalog.version) == catalog
        for word in catalog.words:
            assert find_catalog(word).name == catalog.name

    def test_its_limit_is_one_of_its_parameters(self, catalog: Catalog) -> None:
        assert not catalog.limit or catalog.limit in catalog.parameters


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("gaya", "Gaia"),
        ("Gaia DR4", "GaiaDR3"),
        ("gelax", "GALEX"),
        ("disk-detectives", "DiskDetective"),
        ("tik", "TIC"),
        ("hsc4", "HSC"),
        ("everything else", None),
    ],
)
def test_a_misspelt_name_has_a_nearest_one(name: str, nearest: str | None) -> None:
    assert nearest_catalog(name) == nearest


def test_versions_beyond_the_newest_are_not_there() -> None:
    with pytest.warns(InputWarning, match="defaulting to DR2"):
        assert find_catalog("Gaia", 3, newest={"Gaia": 2}).version == 2
    assert find_catalog("Gaia", newest={"Gaia": 2}).version == 2
