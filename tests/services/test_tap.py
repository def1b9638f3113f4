"""Catalogs by TAP, on a service that runs ADQL on SQLite, beside brute force."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from tests.scripted import session_with
from tests.tap_service import TapService, stars
from topmast.errors import (
    BadAnswerError,
    InputWarning,
    InvalidQueryError,
    MaxResultsWarning,
    NoResultsWarning,
    RemoteServiceError,
    TimeoutError,
)
from topmast.net.session import Session
from topmast.services.catalogs import CatalogsClass
from topmast.wire.encoding import encode_error
from topmast.wire.tap import decode_collections, decode_job, decode_result

STARS = stars()
SKY = SkyCoord(STARS["ra"], STARS["dec"], unit="deg")
TMAG = STARS["Tmag"].filled(np.nan)
STAR = {"collection": "stars", "limit": None}


def catalogs(service: TapService, **settings: Any) -> CatalogsClass:
    return CatalogsClass(session=Session("tap", open_folder=lambda path: service, **settings))


@pytest.fixture
def service() -> TapService:
    return TapService()


@pytest.fixture
def asked(service: TapService) -> CatalogsClass:
    return catalogs(service)


def ids(wanted: Any) -> list[int]:
    return sorted(np.asarray(STARS["ID"])[np.asarray(wanted)].tolist())


def found(table: Any) -> list[int]:
    return sorted(table["ID"].tolist())


def within(ra: float, dec: float, radius_deg: float) -> Any:
    return SKY.separation(SkyCoord(ra, dec, unit="deg")).deg <= radius_deg


# ------------------------------------------------------------------------------ what there is


def test_collections_and_their_catalogues_are_discovered(asked: CatalogsClass) -> None:
    assert asked.get_collections()["collection_name"].tolist() == ["stars", "many", "SkyMapper.DR4"]
    assert asked.get_catalogs("Stars")["catalog_name"].tolist() == ["dbo.catalogrecord"]
    columns = asked.get_column_metadata("many", "catalogrecord")
    assert columns[1]["name", "data_type", "unit"].as_void().tolist() == ("ra", "double", "deg")
    assert asked.supports_spatial_queries("stars")
    assert not asked.supports_spatial_queries("many", "notes")


def test_the_recorded_collections_are_read(recorded: Path) -> None:
    folder = recorded / "responses/vo-tap"

    names = decode_collections((folder / "tap_collections.json").read_bytes())
    table, overflow = decode_result((folder / "tap_catalogs.vot").read_bytes())

    assert {"caom", "tic", "ps1dr2", "ullyses"} <= set(names)
    assert table["table_name"][-1] == "dbo.catalogrecord"
    assert not overflow


# -------------------------------------------------------------------------------- the language


CRITERIA: list[tuple[dict[str, Any], Any]] = [
    ({"Tmag": "<8"}, TMAG < 8),
    ({"tmag": "8..9.5"}, (TMAG >= 8) & (TMAG <= 9.5)),
    ({"size": [1, ">=7"]}, (STARS["size"] == 1) | (STARS["size"] >= 7)),
    ({"size": ["!3", "!4"]}, ~np.isin(STARS["size"], [3, 4])),
    ({"size": ["1..4", "!3"]}, np.isin(STARS["size"], [1, 2, 4])),
    ({"Tmag": "!<8"}, ~(TMAG < 8)),
    ({"kind": "O'Neill"}, STARS["kind"] == "O'Neill"),
    ({"kind": "*TEND*", "size": 2}, (STARS["kind"] == "EXTENDED") & (STARS["size"] == 2)),
    ({"kind": "!S%"}, STARS["kind"] != "STAR"),
    ({"filters": {"size": 5}}, STARS["size"] == 5),
    ({"coordinates": (10, 0), "radius": 0.2}, within(10, 0, 0.2)),
    ({"region": "CIRCLE ICRS 10 0 0.2", "size": "<5"}, within(10, 0, 0.2) & (STARS["size"] < 5)),
    ({"region": [(9.8, -0.2), (10.2, -0.2), (10.2, 0.2), (9.8, 0.2)]},
     (abs(STARS["ra"] - 10) < 0.2) & (abs(STARS["dec"]) < 0.2)),
]  # fmt: skip


@pytest.mark.parametrize(("words", "wanted"), CRITERIA, ids=[str(words) for words, _ in CRITERIA])
def test_criteria_choose_as_brute_force_does(
    asked: CatalogsClass, words: dict[str, Any], wanted: Any
) -> None:
    table = asked.query_criteria(**STAR, **words)

    assert found(table) == ids(wanted)
    assert asked.query_criteria(count_only=True, **STAR, **words) == len(table)
    assert asked.query_criteria_count(**STAR, **words) == len(table)


def test_an_empty_list_matches_nothing(asked: CatalogsClass) -> None:
    with pytest.warns(InputWarning, match="empty"), pytest.warns(NoResultsWarning):
        assert not len(asked.query_criteria(size=[], **STAR))


def test_columns_order_limit_and_offset(asked: CatalogsClass) -> None:
    with pytest.warns(MaxResultsWarning):
        table = asked.query_criteria(
            collection="stars", Tmag=">0", select_cols="ID, Tmag", sort_by="Tmag", sort_desc=True,
            limit=5, offset=3,
        )  # fmt: skip

    assert table.colnames == ["ID", "Tmag"]
    assert table["Tmag"].tolist() == sorted(STARS["Tmag"].compressed(), reverse=True)[3:8]
    assert table.meta == {"collection": "stars", "catalog": "dbo.catalogrecord"}


def test_a_column_called_like_a_word_of_adql_is_quoted(
    service: TapService, asked: CatalogsClass
) -> None:
    asked.query_criteria(size=5, **STAR)

    assert '"size" = 5' in service.asked[-1]


def test_the_name_of_a_collection_is_enough(asked: CatalogsClass) -> None:
    table = asked.query_region((10, 0), radius=0.1, catalog="STARS", limit=None)

    assert found(table) == ids(within(10, 0, 0.1))


def test_an_unknown_name_is_asked_for_and_its_refusal_names_the_nearest_collection(
    service: TapService, asked: CatalogsClass
) -> None:
    service.trouble["/api/v0/invoke"] = (200, encode_error("Unable to Locate Adaptor for service"))

    with pytest.raises(InvalidQueryError, match=r"Did you mean 'SkyMapper\.DR4'"):
        asked.query_region((10, 0), catalog="skymaper")


@pytest.mark.parametrize("uploads", [True, False])
def test_many_places_are_told_apart_with_and_without_uploads(uploads: bool) -> None:
    places = [(10.0, 0.0), (10.1, 0.1), (9.9, -0.2)]
    service = TapService(uploads=uploads)

    table = catalogs(service).query_region(places, 0.15, collection="stars", limit=None)

    for number, place in enumerate(places):
        assert found(table[table["target_index"] == number]) == ids(within(*place, 0.15))
    assert any("TAP_UPLOAD" in adql for adql in service.asked) is uploads
    assert table["target_given"][0] == "10 0"


def test_large_uploads_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topmast.questions.tap.TARGETS_AT_ONCE", 2)
    service = TapService()

    table = catalogs(service).query_region([(10, 0)] * 5, 0.05, collection="stars", limit=None)

    assert sum("TAP_UPLOAD" in adql for adql in service.asked) == 3
    assert len(table) == 5 * len(ids(within(10, 0, 0.05)))


def test_all_rows_come_page_after_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topmast.questions.tap.MOST_ROWS", 150)
    service = TapService(most=150)

    table = catalogs(service).query_criteria(Tmag=["<99", "!<0"], size=">=0", **STAR)

    assert found(table) == ids(~np.isnan(TMAG))
    assert sum("OFFSET" in adql for adql in service.asked) == 2


# ------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"collection": "starz"}, "no collection 'starz' .* Did you mean 'stars'"),
        ({"collection": "many"}, "several catalogues: say catalog=, one of dbo.catalogrecord"),
        ({"collection": "many", "catalog": "note"}, "no catalogue 'note'"),
        ({"collection": "many", "catalog": "notes", "coordinates": (1, 2)}, "no columns of a pos"),
        ({"collection": "stars", "Tmagg": 5}, "'Tmagg' does not exist. Did you mean 'Tmag'"),
        ({"collection": "stars", "Tmag": "bright"}, "'Tmag' is a number"),
        ({"collection": "stars", "sort_by": "mag"}, "no column 'mag' to sort by"),
        ({"collection": "stars", "sort_by": "ID", "sort_desc": [True, False]}, "2 entries for 1"),
        ({"collection": "stars", "region": "CIRCLE 1 2"}, "region 'CIRCLE 1 2' cannot be read"),
        ({"collection": "stars", "region": [(1, 2), (3, 4)]}, r"cannot be read \(2 corners\)"),
        ({"collection": "stars", "region": 5}, "region 5 cannot be read"),
        ({"collection": "stars", "region": "CIRCLE 1 2 3", "coordinates": (1, 2)}, "not both"),
        ({"collection": "stars", "limit": 0}, "limit is a whole number from 1 on"),
    ],
)
def test_what_is_not_there_is_refused_with_the_way_out(
    asked: CatalogsClass, words: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidQueryError, match=message):
        asked.query_criteria(**words)


def test_an_unknown_column_to_select_is_warned_of(asked: CatalogsClass) -> None:
    with pytest.warns(InputWarning, match="Column 'Tmagg' not found. Did you mean 'Tmag'"):
        assert asked.query_criteria(select_cols=["ID", "Tmagg"], **STAR).colnames == ["ID"]


def test_the_words_of_a_refusing_service_are_shown(service: TapService) -> None:
    from tests.tap_service import refusal

    asked = catalogs(service)
    asked.get_column_metadata("stars")
    service.trouble["/stars/sync"] = (400, refusal("Line 1: unknown function FOO"))

    with pytest.raises(InvalidQueryError, match="refused the query: Line 1: unknown function FOO"):
        asked.query_criteria(Tmag="<9", **STAR)


def test_a_web_page_for_an_answer_is_an_error(service: TapService) -> None:
    service.trouble["/stars/sync"] = (200, b"<html><body>Maintenance</body></html>")

    with pytest.raises(BadAnswerError, match="no VOTable"):
        catalogs(service).get_catalogs("stars")


def test_an_archive_without_tap_says_so() -> None:
    session, _ = session_with(lambda request: (404, b"{}"))

    with pytest.raises(InvalidQueryError, match="It has no TAP service"):
        CatalogsClass(session=session).get_catalogs("stars")


# ----------------------------------------------------------------------------------------- jobs


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topmast.questions.tap_jobs.FIRST_WAIT", 0.001)


@pytest.mark.usefixtures("quick")
def test_a_job_is_waited_for_and_can_be_come_back_to(asked: CatalogsClass) -> None:
    job = asked.submit_query("stars", Tmag="<8", limit=None)

    again = asked.get_job(job.url)

    assert found(again.result()) == ids(TMAG < 8)
    assert again.phase == "COMPLETED"
    again.delete()
    with pytest.raises(RemoteServiceError, match=r"no job .* Submit the query again"):
        job.result()


@pytest.mark.usefixtures("quick")
def test_a_failed_and_an_aborted_job_say_why(service: TapService, asked: CatalogsClass) -> None:
    job = asked.submit_query("stars", Tmag="<8")
    service.jobs["1"]["run"] = ("stars", {"QUERY": "SELECT nothing", "MAXREC": "5"}, None)
    with pytest.raises(RemoteServiceError, match="ended as ERROR: no such column"):
        job.result()

    job.abort()
    with pytest.raises(RemoteServiceError, match="ended as ABORTED"):
        job.result()


def test_a_job_that_takes_too_long_goes_on(service: TapService, asked: CatalogsClass) -> None:
    service.polls = -1000
    job = asked.submit_query("stars", Tmag="<8")

    with pytest.raises(TimeoutError, match=r"goes on\. Come back with get_job"):
        job.wait(timeout=0)


def test_a_job_at_another_host_is_refused(asked: CatalogsClass) -> None:
    with pytest.raises(InvalidQueryError, match="A job here has an address below"):
        asked.get_job("https://elsewhere.org/vo-tap/api/v0.1/stars/async/1")


@pytest.mark.parametrize("content", [b"", b"<html/>", b"{}", b"<job><other/></job>"])
def test_what_describes_no_job_is_refused(content: bytes) -> None:
    with pytest.raises(BadAnswerError, match="describes no job"):
        decode_job(content)


def test_the_dialect_of_astroquery_does_not_look_for_collections() -> None:
    service = TapService()
    with warnings.catch_warnings(), pytest.raises(RemoteServiceError):
        catalogs(service, dialect="astroquery").query_region((10, 0), catalog="stars")

    assert not service.asked
