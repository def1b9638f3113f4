"""MastMissions, from the query to the file, against an archive in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

import topmast
from tests.mission_archive import FILES, make
from topmast.archive import Archive
from topmast.archive.server.serve import serve_in_thread
from topmast.errors import InputWarning, InvalidQueryError, NoResultsWarning
from topmast.services.missions import MastMissionsClass

HERE = "10 20"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = make(tmp_path_factory.mktemp("missions"))
    archive.close()
    return archive.folder


@pytest.fixture
def missions(folder: Path) -> MastMissionsClass:
    return topmast.connect(folder).missions


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with Archive(folder) as archive, serve_in_thread(archive) as url:
        yield url


# ------------------------------------------------------------------------ which mission


def test_the_mission_is_an_attribute_and_an_argument_of_each_call(
    missions: MastMissionsClass,
) -> None:
    assert missions.mission == "hst"
    assert missions.query_criteria(count_only=True) == 5
    assert missions.query_criteria(count_only=True, mission="roman") == 3
    assert missions(mission="ROMAN").mission == "roman"
    missions.mission = "Roman"
    assert missions.query_criteria(count_only=True) == 3
    assert missions().mission == "roman"
    assert missions.get_dataset_kwd() == "fileSetName"


def test_a_mission_that_is_none_is_refused_at_once(missions: MastMissionsClass) -> None:
    with pytest.raises(InvalidQueryError, match="A mission is a name such as 'hst'"):
        missions.mission = "a b"
    with pytest.raises(InvalidQueryError, match=r"no mission 'hts' at .*Did you mean 'hst'"):
        missions.query_criteria(mission="hts")


def test_the_missions_are_those_of_the_archive(missions: MastMissionsClass) -> None:
    assert missions.get_available_missions() == ["hst", "roman"]


# ------------------------------------------------------------------------------- queries


def test_a_table_has_units_descriptions_and_the_number_of_all_rows(
    missions: MastMissionsClass,
) -> None:
    table = missions.query_criteria(sci_instrume="ACS,WFC3", limit=None)

    assert table["sci_data_set_name"].tolist() == ["J0000", "J0001", "J0003", "J0004"]
    assert table.meta["totalResults"] == 4
    assert table.meta["search_params"]["conditions"] == [{"sci_instrume": "ACS,WFC3"}]
    assert str(table["sci_ra"].unit) == "deg"
    assert table["sci_pep_id"].description


def test_an_object_is_found_by_its_name(missions: MastMissionsClass) -> None:
    table = missions.query_object("M1", radius=1, sort_by="ang_sep", sort_desc=True)

    assert table["sci_data_set_name"].tolist() == ["J0001", "J0000"]
    assert str(table["ang_sep"].unit) == "arcmin"
    answer = missions.query_object_async("M1", radius=1)
    assert answer.json()["totalResults"] == 2


def test_a_place_is_searched_with_criteria_of_its_own(missions: MastMissionsClass) -> None:
    with pytest.warns(InputWarning):
        table = missions.query_region(HERE, radius="1 arcmin", sci_instrume="WFC3")

    assert table["sci_data_set_name"].tolist() == ["J0001"]
    with pytest.warns(InputWarning), pytest.warns(NoResultsWarning):
        assert len(missions.query_region("10 -20")) == 0


def test_methods_work_on_the_class_with_the_default_archive(folder: Path) -> None:
    topmast.conf.server = str(folder)

    assert MastMissionsClass.query_criteria(count_only=True) == 5
    assert topmast.MastMissions.query_criteria(count_only=True, mission="roman") == 3


# ------------------------------------------------------------------------------ products


def test_products_are_listed_once_for_each_file_name_if_asked(
    missions: MastMissionsClass,
) -> None:
    table = missions.query_criteria(sci_targname="M1")

    assert len(missions.get_product_list(table)) == 3
    assert len(missions.get_unique_product_list(table)) == 2
    with pytest.warns(NoResultsWarning, match="have no products"):
        assert len(missions.get_unique_product_list("J0002")) == 0


def test_products_are_filtered_by_their_columns(missions: MastMissionsClass) -> None:
    products = missions.get_product_list(["J0000", "J0003"])

    assert len(missions.filter_products(products, file_suffix="raw")) == 2
    assert len(missions.filter_products(products, extension="drz.fits")) == 1
    assert len(missions.filter_products(products, access="!PUBLIC")) == 1
    with pytest.raises(InvalidQueryError, match="Did you mean 'file_suffix'"):
        missions.filter_products(products, file_sufix="RAW")


# ----------------------------------------------------------------------------- downloads


def test_products_go_to_a_folder_of_their_mission_and_dataset(
    missions: MastMissionsClass, tmp_path: Path
) -> None:
    products = missions.get_product_list(["J0000", "J0001"])

    manifest = missions.download_products(products, download_dir=tmp_path, verbose=False)

    assert manifest is not None
    assert manifest["Status"].tolist() == ["COMPLETE", "COMPLETE"]
    for name in ("j0000_raw.fits", "j0000_drz.fits"):
        path = tmp_path / "mastDownload/hst/J0000" / name
        assert path.read_bytes() == FILES[name]
    again = missions.download_products(products, download_dir=tmp_path, verbose=False)
    assert again is not None
    assert again["Source"].tolist() == ["disk", "disk"]


@pytest.mark.parametrize("what", ["J0000", ["J0000"], "table", "row"])
def test_datasets_are_downloaded_by_name_or_row(
    missions: MastMissionsClass, tmp_path: Path, what: Any
) -> None:
    if what == "table":
        what = missions.query_criteria(sci_data_set_name="J0000")
    if what == "row":
        what = missions.get_product_list("J0000")[0]

    manifest = missions.download_products(
        what, download_dir=tmp_path, flat=True, verbose=False, extension="raw.fits"
    )

    assert manifest is not None
    assert manifest["Local Path"].tolist() == [str(tmp_path / "j0000_raw.fits")]


def test_a_product_list_remembers_its_mission(missions: MastMissionsClass, tmp_path: Path) -> None:
    products = missions.get_product_list("r001", mission="roman")

    manifest = missions.download_products(products[:1], download_dir=tmp_path, verbose=False)

    assert manifest is not None
    assert (tmp_path / "mastDownload/roman/r001/r001_cal.asdf").is_file()


def test_the_manifest_of_astroquery_has_its_four_columns_and_paths(
    folder: Path, tmp_path: Path
) -> None:
    missions = topmast.connect(folder, dialect="astroquery").missions

    manifest = missions.download_products("J0000", download_dir=tmp_path, verbose=False)

    assert manifest is not None
    assert manifest.colnames == ["Local Path", "Status", "Message", "URL"]
    assert isinstance(manifest["Local Path"][0], Path)


def test_a_file_that_may_not_be_had_has_its_reason_and_its_address(
    url: str, tmp_path: Path
) -> None:
    missions = topmast.connect(url).missions

    manifest = missions.download_products("J0003", download_dir=tmp_path, verbose=False)

    assert manifest is not None
    assert manifest["Status"].tolist() == ["ERROR", "ERROR"]
    assert "401 Unauthorized: exclusive; log in" in manifest["Message"][0]
    address = f"{url}/search/hst/api/v0.1/retrieve_product?product_name=J0003/j0003_raw.fits"
    assert manifest["URL"][0] == address


def test_what_failed_is_tried_again(folder: Path, tmp_path: Path) -> None:
    missions = topmast.connect(folder).missions
    manifest = missions.download_products("J0000", download_dir=tmp_path, verbose=False)
    assert manifest is not None
    manifest["Status"][0] = "ERROR"
    address = "http://topmast.archive/search/hst/api/v0.1/retrieve_product?product_name="
    manifest["URL"][0] = f"{address}J0000/j0000_raw.fits"
    path = Path(manifest["Local Path"][0])
    path.unlink()

    retried = missions.retry(manifest, verbose=False)

    assert retried["Status"].tolist() == ["COMPLETE", "COMPLETE"]
    assert path.read_bytes() == FILES["j0000_raw.fits"]


def test_one_file_is_downloaded_by_its_uri(missions: MastMissionsClass, tmp_path: Path) -> None:
    result = missions.download_file(
        "J0000/j0000_raw.fits", local_path=tmp_path / "a.fits", verbose=False
    )

    assert result == ("COMPLETE", None, None)
    assert (tmp_path / "a.fits").read_bytes() == FILES["j0000_raw.fits"]
    row = missions.get_product_list("r001", mission="roman")[0]
    assert missions.download_file(row, local_path=tmp_path, verbose=False)[0] == "COMPLETE"
    whole = "mast:HST/product/j0000_raw.fits"
    assert missions.download_file(whole, local_path=tmp_path, verbose=False)[0] == "COMPLETE"


def test_a_plan_tells_what_would_be_fetched(missions: MastMissionsClass, tmp_path: Path) -> None:
    plan = missions.plan_download("J0000", download_dir=tmp_path)

    assert plan is not None
    assert plan.bytes == sum(len(FILES[f"j0000_{kind}.fits"]) for kind in ("raw", "drz"))
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------- subscriptions


def test_the_file_of_a_subscription_has_a_mission_in_each_row(
    missions: MastMissionsClass, tmp_path: Path
) -> None:
    rows = [
        {"mission": "HST", "fileset": "J0000", "filename": "j0000_raw.fits"},
        {"mission": "roman", "fileset": "r001", "filename": "r001_cal.asdf"},
        {"fileset": "J0000", "filename": "j0000_drz.fits"},
    ]
    path = tmp_path / "subscription.json"
    path.write_text(json.dumps(rows))

    for source in (path, str(path), rows):
        manifest = missions.download_products(source, download_dir=tmp_path, verbose=False)

        assert manifest is not None
        assert manifest["Status"].tolist() == ["COMPLETE"] * 3
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*_*.*")}
    assert {
        "mastDownload/hst/J0000/j0000_raw.fits",
        "mastDownload/roman/r001/r001_cal.asdf",
        "mastDownload/hst/J0000/j0000_drz.fits",
    } <= found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no JSON", "Failed to decode JSON file at .*json"),
        ('{"filename": "a"}', "Expected a list of product rows in JSON file at"),
        ("[1, 2]", "Expected a list of product rows"),
        ("[]", "No products specified for download"),
        ('[{"fileset": "a"}]', "Row 1 of .*json has no filename"),
        ('[{"filename": "a.fits"}]', "neither dataset nor fileset"),
        ('[{"filename": "a", "fileset": "b", "mission": "a b"}]', "A mission is a name"),
        ('[{"filename": "a", "fileset": "b", "mission": "classy"}]', "a full MAST URI is required"),
    ],
)
def test_a_file_that_is_no_subscription_is_refused(
    missions: MastMissionsClass, tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "some.json"
    path.write_text(content)

    with pytest.raises(InvalidQueryError, match=message):
        missions.download_products(path, download_dir=tmp_path, verbose=False)


@pytest.mark.parametrize("nothing", [None, [], "", Table()])
def test_no_products_at_all_are_refused(missions: MastMissionsClass, nothing: Any) -> None:
    with pytest.raises(InvalidQueryError, match="No products specified for download"):
        missions.download_products(nothing)


def test_bad_sources_are_refused_with_their_value(
    missions: MastMissionsClass, tmp_path: Path
) -> None:
    with pytest.raises(InvalidQueryError, match=r"gone.json cannot be read"):
        missions.download_products(tmp_path / "gone.json")
    with pytest.raises(InvalidQueryError, match="is a text, not 5"):
        missions.download_file(5)
    with pytest.raises(InvalidQueryError, match=r'a full MAST URI is required.*Got "a.fits"'):
        missions.download_file("a.fits", mission="iue")
    with pytest.warns(NoResultsWarning, match="after applying filters"):
        assert missions.download_products("J0000", extension="jpg") is None


# ----------------------------------------------------------------------------- the sample


def test_the_sample_has_missions_with_their_files(sample_archive: Any, tmp_path: Path) -> None:
    missions = topmast.connect(sample_archive.folder).missions

    names = missions.get_available_missions()
    assert {"classy", "hst", "jwst", "roman", "ullyses"} <= set(names)
    for mission in names:
        table = missions.query_criteria(mission=mission, limit=None)
        assert len(table) == table.meta["totalResults"] > 2
        assert len(set(table[missions.get_dataset_kwd(mission=mission)])) == len(table)
        manifest = missions.download_products(table[:2], download_dir=tmp_path, verbose=False)
        assert manifest is not None
        assert set(manifest["Status"]) == {"COMPLETE"}


def test_a_file_of_roman_is_one_that_asdf_reads(sample_archive: Any, tmp_path: Path) -> None:
    asdf = pytest.importorskip("asdf")
    missions = topmast.connect(sample_archive.folder).missions
    uri = missions.get_product_list(missions.query_criteria(mission="roman"))["uri"][0]
    missions.download_file(uri, local_path=tmp_path / "a.asdf", mission="roman", verbose=False)

    with asdf.open(tmp_path / "a.asdf") as tree:
        assert tree["roman"]["meta"]["telescope"] == "ROMAN"
        assert tree["roman"]["data"].shape == (16, 16)
