"""Pan-STARRS by its own address, on an archive that holds the rows, against brute force."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

import topmast
from tests.catalog_archive import DEC, NAMES, RA, panstarrs
from tests.scripted import session_with
from topmast.archive import Archive
from topmast.errors import InvalidQueryError, NoResultsWarning
from topmast.services.catalogs import CatalogsClass

ROWS = panstarrs(12)
PLACE = SkyCoord(RA, DEC, unit="deg")
APART = PLACE.separation(SkyCoord(ROWS["raMean"], ROWS["decMean"], unit="deg")).deg


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with Archive.create(tmp_path_factory.mktemp("panstarrs") / "a") as archive:
        archive.ingest(names=NAMES)
        archive.ingest_catalog("panstarrs_dr2_mean", ROWS)
        return archive.folder


@pytest.fixture
def catalogs(folder: Path) -> Iterator[CatalogsClass]:
    with topmast.connect(folder) as client:
        yield client.catalogs


def ids(rows: Any) -> list[int]:
    return sorted(map(int, rows["objID"]))


def test_a_cone_has_the_sources_within_it_with_units(catalogs: CatalogsClass) -> None:
    found = catalogs.query_region(PLACE, radius="3 arcmin", catalog="Pan-STARRS")

    assert ids(found) == ids(ROWS[APART <= 0.05])
    assert np.allclose(np.sort(found["distance"]), np.sort(APART[APART <= 0.05]), atol=1e-12)
    assert (found["distance"].unit, found["gMeanPSFMag"].unit) == ("deg", "mag")


CRITERIA: list[tuple[dict[str, Any], Any]] = [
    ({"nDetections": ">=55"}, ROWS["nDetections"] >= 55),
    ({"nDetections": [("gte", 55)]}, ROWS["nDetections"] >= 55),
    ({"nDetections": ("gte", 55)}, ROWS["nDetections"] >= 55),
    ({"nDetections.gte": 55}, ROWS["nDetections"] >= 55),
    ({"nDetections": ">30", "iMeanPSFMag": "<16"},
     (ROWS["nDetections"] > 30) & (ROWS["iMeanPSFMag"] < 16)),
    ({"ndetections": "30..33"}, (ROWS["nDetections"] >= 30) & (ROWS["nDetections"] <= 33)),
    ({"nStackDetections": [0, 5]}, np.isin(ROWS["nStackDetections"], [0, 5])),
    ({"objName": "PSO J1657000*"}, np.char.startswith(ROWS["objName"], "PSO J1657000")),
    ({"gMeanPSFMag": [("gt", 15), ("lt", 16)]},
     ((ROWS["gMeanPSFMag"] > 15) & (ROWS["gMeanPSFMag"] < 16)).filled(False)),
]  # fmt: skip


@pytest.mark.parametrize(("criteria", "wanted"), CRITERIA, ids=[str(c) for c, _ in CRITERIA])
def test_criteria_choose_as_brute_force_does(
    catalogs: CatalogsClass, criteria: dict[str, Any], wanted: Any
) -> None:
    found = catalogs.query_criteria("panstarrs", columns=["objID"], **criteria)

    assert ids(found) == ids(ROWS[np.asarray(wanted)])
    assert catalogs.query_criteria_count("panstarrs", **criteria) == len(found)


def test_pages_are_all_fetched_unless_one_is_named(catalogs: CatalogsClass) -> None:
    everything = catalogs.query_criteria("panstarrs", nDetections=">=0", pagesize=70)
    one = catalogs.query_criteria("panstarrs", nDetections=">=0", pagesize=70, page=5)

    assert (len(everything), len(one)) == (300, 20)
    assert ids(everything) == ids(ROWS)


@pytest.mark.parametrize(
    "order", ["gMeanPSFMag.desc", ("desc", "gMeanPSFMag"), [("gMeanPSFMag", "desc")]]
)
def test_rows_come_in_the_wanted_order_and_missing_values_last(
    catalogs: CatalogsClass, order: Any
) -> None:
    found = catalogs.query_region(PLACE, 0.3, "panstarrs", columns="gMeanPSFMag", sort_by=order)

    there = found["gMeanPSFMag"].compressed()
    assert there.tolist() == sorted(ROWS["gMeanPSFMag"].compressed(), reverse=True)
    assert not found["gMeanPSFMag"].mask[: len(there)].any()


def test_many_places_are_told_apart(catalogs: CatalogsClass) -> None:
    places = [(RA, DEC), (RA + 0.1, DEC)]

    found = catalogs.query_region(places, radius=0.03, catalog="panstarrs")
    counts = catalogs.query_region_count(places, radius=0.03, catalog="panstarrs")

    assert counts.tolist() == [int((found["target_index"] == k).sum()) for k in (0, 1)]


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"nDetection": 5}, "'nDetection' does not exist .* Did you mean 'nDetections'?"),
        ({"data_release": "dr9", "nDetections": 5}, "no table 'mean' of panstarrs dr9"),
        ({"table": "../mean", "nDetections": 5}, "table is a name such as 'mean'"),
        ({"nDetections": "!5"}, "cannot leave values out"),
        ({"nDetections": "many"}, "'nDetections' is a number"),
        ({"nDetections": [None]}, "'nDetections' has no values"),
        ({"objID": 5, "sort_by": "raMeen"}, "Did you mean 'raMean'"),
        ({"objID": 5, "sort_by": [("up", "raMean", "x")]}, "sort_by is a column"),
        ({}, "At least one non-positional criterion"),
    ],
)
def test_wrong_words_are_refused_with_the_way_out(
    catalogs: CatalogsClass, criteria: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidQueryError, match=message):
        catalogs.query_criteria("panstarrs", **criteria)


def test_nothing_found_is_a_warning(catalogs: CatalogsClass) -> None:
    with pytest.warns(NoResultsWarning):
        assert len(catalogs.query_criteria("panstarrs", nDetections=999)) == 0


def test_a_web_page_in_place_of_columns_is_an_error() -> None:
    session, _ = session_with(lambda request: b"<html>Maintenance</html>")

    with pytest.raises(topmast.errors.BadAnswerError, match="web page"):
        CatalogsClass(session=session).query_criteria("panstarrs", nDetections=5)


def test_the_columns_are_described(catalogs: CatalogsClass) -> None:
    columns = catalogs.get_metadata("panstarrs")

    assert list(columns["Column Name"][:2]) == ["objName", "objAltName1"]
    assert "mag" in set(columns["Units"])
