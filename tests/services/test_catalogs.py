"""Catalogues are searched by place and by criteria, counted, and described."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

import topmast
from tests.scripted import Scripted, names_answer, session_with
from topmast.errors import (
    InputWarning,
    InvalidQueryError,
    MaxResultsWarning,
    NoResultsWarning,
    RemoteServiceError,
    ResolverError,
)
from topmast.net.messages import Request
from topmast.services.catalogs import CatalogsClass
from topmast.wire.answers import Paging
from topmast.wire.encoding import encode_answer, encode_error
from topmast.wire.portal import MashupRequest, decode_request

M10 = SkyCoord(254.287746, -4.099327, unit="deg")
HERE = {"ra": 254.287746, "dec": -4.099327}
TWO = SkyCoord([10, 20], [30, 40], unit="deg")

Rows = Callable[[MashupRequest], int]

TIC_CONFIG = {
    "ID": {"text": "TIC", "type": "string"},
    "Bmag": {"text": "B", "vot.datatype": "double"},
    "Teff": {"vot.datatype": "double", "vot.unit": "K"},
    "objType": {"type": "string", "separator": ""},
    "rad": {},
    "_selected_": {"type": "boolean"},
}
DISK_CONFIG = {
    "state": {"defaultFacet": True},
    "good": {"treatNumeric": True},
    "ra": {"text": "RA"},
}
HISTOGRAMS = {
    "Mast.Catalogs.All.Tic": ({"objType": {"hist": []}}, {"rad": {"type": "numeric"}}),
    "Mast.Catalogs.All.DiskDetective": ({"flags": {}}, {"dec": {"type": "numeric"}}),
}
CONFIGS = {
    "Mast.Catalogs.Tess.Cone": TIC_CONFIG,
    "Mast.Catalogs.Dd.Cone": DISK_CONFIG,
    "Mast.Catalogs.Tic.Cone": TIC_CONFIG,
}
FIELDS = [("ID", "string"), ("Tmag", "float"), ("pmRA", "float"), ("dstArcSec", "float")]


def archive(
    rows: Rows | int = 2, *, fails: dict[str, str] | None = None, **settings: Any
) -> tuple[CatalogsClass, Scripted]:
    """Catalogs on an archive that finds so many rows for each request, all on pages."""

    def answer(request: Request) -> bytes | tuple[int, bytes]:
        body = (request.body or b"").decode()
        if "columnsconfig" in request.url:
            return json.dumps(CONFIGS.get(body.partition("=")[2], {})).encode()
        if "Santa" in request.url:
            known = "M10" in request.url
            return names_answer(*[("M10", "NED", HERE["ra"], HERE["dec"])][: int(known)])
        if "vo-tap" in request.url:
            return 404, b"{}"
        asked = decode_request(body)
        if asked.service in HISTOGRAMS:
            return histograms(*HISTOGRAMS[asked.service])
        for service, said in (fails or {}).items():
            if asked.service.lower() == service.lower():
                return encode_error(said)
        total = rows(asked) if callable(rows) else rows
        if asked.params.get("columns") == "COUNT_BIG(*)" or asked.service.endswith(".Count"):
            return encode_answer([("Column1", "string")], [[total]], Paging(rows=1))
        return page(asked, total)

    session, scripted = session_with(answer, **settings)
    return CatalogsClass(session=session), scripted


def page(asked: MashupRequest, total: int) -> bytes:
    size, number = asked.pagesize or 50000, asked.page or 1
    numbers = range(total)[(number - 1) * size : number * size]
    found = [[str(each), 10.5, None, 60.0 * each] for each in numbers]
    pages = max(1, -(-total // size))
    paging = Paging(number, size, pages, len(found), total, total)
    return encode_answer(FIELDS, found, paging)


def histograms(choices: dict[str, Any], ranges: dict[str, Any]) -> bytes:
    properties = {"discreteHistogram": choices, "continuousHistogram": ranges}
    tables = [{"ExtendedProperties": properties, "Columns": [], "Fields": [], "Rows": []}]
    return json.dumps({"status": "COMPLETE", "msg": "", "data": {"Tables": tables}}).encode()


def only_question(scripted: Scripted) -> MashupRequest:
    (asked,) = [one for one in scripted.mashups if "All" not in one.service]
    return asked


# -------------------------------------------------------------------------------- the catalogues


@pytest.mark.parametrize(
    ("arguments", "service", "parameters"),
    [
        ({}, "Mast.Hsc.Db.v3", {"nr": 50000, "ni": 1, "magtype": 1}),
        ({"catalog": "HSC", "magtype": 2}, "Mast.Hsc.Db.v3", {"nr": 50000, "ni": 1, "magtype": 2}),
        ({"catalog": "hsc", "version": 2, "nr": 7, "ni": 3}, "Mast.Hsc.Db.v2",
         {"nr": 7, "ni": 3, "magtype": 1}),
        ({"catalog": "Galex"}, "Mast.Galex.Catalog", {"maxrecords": 50000}),
        ({"catalog": "GALEX", "maxrecords": np.int64(9)}, "Mast.Galex.Catalog", {"maxrecords": 9}),
        ({"catalog": "Gaia"}, "Mast.Catalogs.GaiaDR3.Cone", {}),
        ({"catalog": "gaia", "version": 1}, "Mast.Catalogs.GaiaDR1.Cone", {}),
        ({"catalog": "gaia", "version": np.int32(2)}, "Mast.Catalogs.GaiaDR2.Cone", {}),
        ({"catalog": "GaiaDR2"}, "Mast.Catalogs.GaiaDR2.Cone", {}),
        ({"catalog": "Tgas"}, "Mast.Catalogs.Tgas.Cone", {}),
        ({"catalog": "tic"}, "Mast.Catalogs.Tic.Cone", {}),
        ({"catalog": "CTL"}, "Mast.Catalogs.Ctl.Cone", {}),
        ({"catalog": "Disk Detective"}, "Mast.Catalogs.DiskDetective.Cone", {}),
        ({"catalog": "plato"}, "Mast.Catalogs.Plato.Cone", {}),
        ({"catalog": "plato", "version": 1}, "Mast.Catalogs.Plato.Cone", {}),
        ({"catalog": "Other"}, "Mast.Catalogs.Other.Cone", {}),
    ],
)  # fmt: skip
def test_each_catalogue_is_asked_at_its_service(
    arguments: dict[str, Any], service: str, parameters: dict[str, int]
) -> None:
    catalogs, scripted = archive()
    catalogs.query_region(M10, radius=0.02, **arguments)
    asked = only_question(scripted)
    assert asked.service == service
    assert asked.params == {**HERE, "radius": 0.02, **parameters}


@pytest.mark.parametrize(
    ("arguments", "service", "message"),
    [
        ({"version": 7}, "Mast.Hsc.Db.v3", "Invalid HSC version number, defaulting to v3."),
        ({"version": "v2"}, "Mast.Hsc.Db.v3", "Invalid HSC version number, defaulting to v3."),
        ({"catalog": "Gaia", "version": 4}, "Mast.Catalogs.GaiaDR3.Cone",
         "Invalid Gaia version number, defaulting to DR3."),
        ({"catalog": "PLATO", "version": 2}, "Mast.Catalogs.Plato.Cone",
         "Invalid PLATO catalog version number, defaulting to DR1."),
        ({"catalog": "TIC", "version": 8}, "Mast.Catalogs.Tic.Cone",
         "version=8 is ignored: TIC has no versions."),
        ({"catalog": "GaiaDR2", "version": 3}, "Mast.Catalogs.GaiaDR2.Cone",
         "version=3 is ignored: GaiaDR2 names its version."),
    ],
)  # fmt: skip
def test_a_version_that_is_not_there_is_warned_of(
    arguments: dict[str, Any], service: str, message: str
) -> None:
    catalogs, scripted = archive()
    with pytest.warns(InputWarning) as caught:
        catalogs.query_region(M10, **arguments)
    assert [str(warning.message) for warning in caught] == [message]
    assert caught[0].filename == __file__
    assert only_question(scripted).service == service


def test_todays_dialect_knows_gaia_to_its_second_release() -> None:
    catalogs, scripted = archive(dialect="astroquery")
    catalogs.query_region(M10, catalog="Gaia")
    with pytest.warns(InputWarning, match="Invalid Gaia version number, defaulting to DR2."):
        catalogs.query_region(M10, catalog="Gaia", version=3)
    catalogs.query_region(M10, catalog="GaiaDR3")
    services = [asked.service.split(".")[2] for asked in scripted.mashups]
    assert services == ["GaiaDR2", "GaiaDR2", "GaiaDR3"]


def test_an_unknown_catalogue_names_the_nearest() -> None:
    said = "Unknown service 'Mast.Catalogs.Gaya.Cone'."
    catalogs, _ = archive(fails={"Mast.Catalogs.Gaya.Cone": said})
    with pytest.raises(
        InvalidQueryError, match=r"The archive has no catalogue 'Gaya'\. Did you mean 'Gaia'\?$"
    ):
        catalogs.query_region(M10, catalog="Gaya")
    with pytest.raises(InvalidQueryError, match="Did you mean 'Gaia'"):
        catalogs.query_region_count(M10, catalog="Gaya")


def test_a_catalogue_unlike_any_other_gets_the_list_of_all() -> None:
    catalogs, _ = archive(fails={"Mast.Catalogs.zzzz.Cone": "no such service"})
    with pytest.raises(InvalidQueryError, match=r"Catalogues are: HSC, GALEX, Gaia, TGAS, TIC"):
        catalogs.query_object("M10", catalog="zzzz")


def test_another_error_of_the_archive_stays_what_it_is() -> None:
    fails = {"Mast.Catalogs.Other.Cone": "radius too large", "Mast.Hsc.Db.v3": "service is down"}
    catalogs, _ = archive(fails=fails)
    with pytest.raises(RemoteServiceError, match="radius too large"):
        catalogs.query_region(M10, catalog="Other")
    with pytest.raises(RemoteServiceError, match="service is down"):
        catalogs.query_region(M10)


@pytest.mark.parametrize("name", ["", "  ", None, 3, ["Gaia"]])
def test_what_is_no_name_of_a_catalogue_is_refused(name: Any) -> None:
    catalogs, scripted = archive()
    with pytest.raises(InvalidQueryError, match=r"A catalogue has a name \(HSC, GALEX, Gaia"):
        catalogs.query_region(M10, catalog=name)
    assert not scripted.requests


# ------------------------------------------------------------------------------------ parameters


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"magtyp": 2}, "Filter 'magtyp' does not exist for catalog HSC. Did you mean 'magtype'?"),
        ({"catalog": "galex", "max_records": 5},
         "Filter 'max_records' does not exist for catalog GALEX. Did you mean 'maxrecords'?"),
        ({"catalog": "Gaia", "raduis": 5},
         "Filter 'raduis' does not exist for catalog Gaia. Did you mean 'radius'?"),
        ({"catalog": "Gaia", "xyz": 5}, "Filter 'xyz' does not exist for catalog Gaia."),
        ({"catalog": "TIC", "Tmag": [1, 2]}, "Filter 'Tmag' does not exist for catalog TIC. "
         "Conditions on columns are for query_criteria."),
        ({"magtype": 3}, "magtype is 1 (MagAper2) or 2 (MagAuto), not 3."),
        ({"nr": 0}, "nr is a whole number from 1 on, not 0."),
        ({"nr": "many"}, "nr is a whole number from 1 on, not 'many'."),
        ({"ni": 1.5}, "ni is a whole number from 1 on, not 1.5."),
        ({"catalog": "galex", "maxrecords": True},
         "maxrecords is a whole number from 1 on, not True."),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_refused_before_asking(
    arguments: dict[str, Any], message: str
) -> None:
    catalogs, scripted = archive()
    with pytest.raises(InvalidQueryError) as caught:
        catalogs.query_region(M10, **arguments)
    assert str(caught.value) == message
    assert not scripted.requests


def test_verbose_is_taken_and_means_nothing() -> None:
    catalogs, scripted = archive()
    catalogs.query_region(M10, verbose=True)
    assert "verbose" not in only_question(scripted).params


# ------------------------------------------------------------------------------------------ limits


def most(asked: MashupRequest) -> int:
    """An archive that has 20 sources everywhere and keeps to the limits."""
    return min(20, asked.params.get("nr", asked.params.get("maxrecords", 20)))


@pytest.mark.parametrize(
    "arguments",
    [
        {"nr": 5},
        {"nr": 20},
        {"catalog": "GALEX", "maxrecords": 7},
        {"nr": 5, "pagesize": 2},
        {"nr": 5, "pagesize": 2, "page": 2},
    ],
)
def test_a_reached_limit_is_warned_of(arguments: dict[str, Any]) -> None:
    catalogs, _ = archive(most)
    with pytest.warns(MaxResultsWarning) as caught:
        catalogs.query_region(M10, **arguments)
    assert str(caught[0].message) == (
        "Maximum catalog results returned, may not include all sources within radius."
    )
    assert caught[0].filename == __file__


def test_a_limit_of_an_earlier_call_is_forgotten() -> None:
    catalogs, _ = archive(most)
    with pytest.warns(MaxResultsWarning):
        catalogs.query_region(M10, nr=20)
    assert catalogs.catalog_limit == 20
    for catalog in ("Gaia", "PLATO", "TIC", "Hsc"):
        assert len(catalogs.query_region(M10, catalog=catalog)) == 20
    assert catalogs.catalog_limit == 50000
    catalogs.query_criteria("TIC", objType="STAR")
    assert catalogs.catalog_limit is None


def test_of_many_places_those_at_the_limit_are_named() -> None:
    def rows(asked: MashupRequest) -> int:
        return 5 if asked.params["ra"] == 20 else 3

    catalogs, _ = archive(rows)
    with pytest.warns(MaxResultsWarning, match=r"The 5 were reached for: 20 40\."):
        table = catalogs.query_region(TWO, nr=5)
    assert table["target_index"].tolist() == [0] * 3 + [1] * 5


# ------------------------------------------------------------------------------------------ places


@pytest.mark.parametrize("radius", [0.02, "0.02", "1.2 arcmin", 72 * u.arcsec, "0.02d"])
def test_a_radius_of_any_kind_means_the_same(radius: Any) -> None:
    catalogs, scripted = archive()
    catalogs.query_object("M10", radius=radius, catalog="TIC")
    assert only_question(scripted).params["radius"] == pytest.approx(0.02)


def test_the_default_radius_is_a_fifth_of_a_degree() -> None:
    catalogs, scripted = archive()
    catalogs.query_region(M10)
    assert only_question(scripted).params["radius"] == 0.2


def test_coordinates_pass_for_the_name_of_an_object() -> None:
    catalogs, scripted = archive()
    with pytest.warns(InputWarning, match="provided in degrees"):
        catalogs.query_object("158.47924 -7.30962", catalog="Galex")
    assert only_question(scripted).params["ra"] == 158.47924
    assert not scripted.queries("/Santa-war/query")


def test_an_object_goes_by_either_name_of_the_argument() -> None:
    catalogs, scripted = archive()
    catalogs.query_object("M10", 0.02, "TIC")
    catalogs.query_object(objectname="M10", radius=0.02, catalog="TIC")
    catalogs.query_object(object_name="M10", radius=0.02, catalog="TIC", resolver="NED")
    assert len({json.dumps(asked.params) for asked in scripted.mashups}) == 1
    with pytest.raises(InvalidQueryError, match="as object_name or objectname"):
        catalogs.query_object(radius=0.02)
    with pytest.raises(ResolverError, match="Ghost Nebula"):
        catalogs.query_object("Ghost Nebula")


def test_arguments_may_be_positional_as_in_the_guide() -> None:
    catalogs, scripted = archive()
    catalogs.query_region(M10, 0.1, "Gaia", 2, 50, 1)
    catalogs.query_object("M10", 0.1, "Gaia", 50, 1, 2)
    for asked in scripted.mashups:
        assert (asked.service, asked.pagesize, asked.page) == ("Mast.Catalogs.GaiaDR2.Cone", 50, 1)


def test_many_places_come_in_one_table_that_tells_which() -> None:
    catalogs, scripted = archive()
    table = catalogs.query_region(TWO, radius=[0.1, 0.2], catalog="TIC")
    assert sorted(asked.params["radius"] for asked in scripted.mashups) == [0.1, 0.2]
    assert table.colnames[-2:] == ["target_index", "target_given"]
    assert table["target_index"].tolist() == [0, 0, 1, 1]
    with pytest.warns(InputWarning, match='Could not resolve "nowhere"'):
        named = catalogs.query_object(["nowhere", "M10"], catalog="TIC")
    assert named["target_given"].tolist() == ["M10", "M10"]


def test_nothing_found_is_an_empty_table_and_a_warning() -> None:
    catalogs, _ = archive(0)
    with pytest.warns(NoResultsWarning, match="Query returned no results"):
        table = catalogs.query_region(M10)
    assert len(table) == 0
    assert table.colnames == [name for name, _ in FIELDS]


def test_raw_answers_come_page_by_page() -> None:
    catalogs, scripted = archive(5)
    answers = catalogs.query_region_async(M10, catalog="Gaia", pagesize=2)
    assert [len(answer.json()["data"]) for answer in answers] == [2, 2, 1]
    assert len(catalogs.query_object_async("M10", nr=3)) == 1
    assert catalogs.catalog_limit == 3
    assert len(catalogs.query_criteria_async("TIC", objType="STAR")[0].json()["data"]) == 5
    assert scripted.requests


# ---------------------------------------------------------------------------------------- criteria


@pytest.mark.parametrize("name", ["Tic", "TIC", "tic"])
def test_criteria_are_typed_by_the_configuration_and_the_histograms(name: str) -> None:
    catalogs, scripted = archive()
    catalogs.query_criteria(catalog=name, Bmag=[30, 50], objtype="STAR", rad=[0, 2])
    asked = only_question(scripted)
    assert asked.service == "Mast.Catalogs.Filtered.Tic.Rows"
    assert asked.params == {
        "columns": "*",
        "filters": [
            {"paramName": "Bmag", "values": [{"min": 30, "max": 50}]},
            {"paramName": "objType", "values": ["STAR"]},
            {"paramName": "rad", "values": [{"min": 0, "max": 2}]},
        ],
    }


@pytest.mark.parametrize(
    ("name", "service", "columns"),
    [
        ("Tic", "Mast.Catalogs.Filtered.Tic.Position.Rows", {"columns": "*"}),
        ("ctl", "Mast.Catalogs.Filtered.Ctl.Position.Rows", {"columns": "*"}),
        ("DISKDETECTIVE", "Mast.Catalogs.Filtered.DiskDetective.Position", {}),
    ],
)
def test_a_place_limits_criteria_by_three_numbers(
    name: str, service: str, columns: dict[str, str]
) -> None:
    catalogs, scripted = archive()
    column = "good" if name == "DISKDETECTIVE" else "rad"
    catalogs.query_criteria(name, objectname="M10", radius=2, coordinates=None, **{column: [0, 3]})
    asked = only_question(scripted)
    assert asked.service == service
    filters = [{"paramName": column, "values": [{"min": 0, "max": 3}]}]
    assert asked.params == {**HERE, "radius": 2, **columns, "filters": filters}


def test_criteria_of_many_places_come_in_one_table() -> None:
    catalogs, _ = archive()
    table = catalogs.query_criteria("DiskDetective", state="complete", coordinates=TWO)
    assert table["target_index"].tolist() == [0, 0, 1, 1]


def test_a_quantity_is_brought_to_the_unit_that_is_known_of_the_column() -> None:
    catalogs, scripted = archive()
    catalogs.query_criteria("TIC", Teff=[5 * u.kK, 6 * u.kK], Bmag=[1, 2] * u.mag)
    filters = only_question(scripted).params["filters"]
    assert filters[0]["values"] == [{"min": 5000, "max": 6000}]
    assert filters[1]["values"] == [{"min": 1, "max": 2}]


@pytest.mark.parametrize(
    ("name", "criteria", "message"),
    [
        ("Gaia", {"ra": [1, 2]}, "Criteria query not available for Gaia. "
         "It is for TIC, CTL, DiskDetective, PanSTARRS."),
        ("hsc", {"ra": [1, 2]}, "Criteria query not available for HSC. "
         "It is for TIC, CTL, DiskDetective, PanSTARRS."),
        ("tik", {"ra": [1, 2]}, "Criteria query not available for tik. Did you mean 'TIC'?"),
        ("TIC", {}, "At least one non-positional criterion must be supplied."),
        ("TIC", {"objectname": "M10"}, "At least one non-positional criterion must be supplied."),
        ("TIC", {"Bmagg": [1, 2]}, "Filter 'Bmagg' does not exist. Did you mean 'Bmag'?"),
        ("TIC", {"obstype": "all"}, "Filter 'obstype' does not exist. Did you mean 'objType'?"),
        ("DiskDetective", {"State": "x", "stat": 1},
         "Filter 'stat' does not exist. Did you mean 'state'?"),
        ("TIC", {"Bmag": [1, 2], "objectname": "M10", "coordinates": "1 2"},
         "Only one of objectname and coordinates may be specified."),
    ],
)  # fmt: skip
def test_criteria_that_cannot_be_are_refused(
    name: str, criteria: dict[str, Any], message: str
) -> None:
    catalogs, _ = archive()
    with pytest.raises(InvalidQueryError) as caught:
        catalogs.query_criteria(name, **criteria)
    assert str(caught.value) == message


def test_one_value_for_a_range_is_no_criterion() -> None:
    catalogs, _ = archive()
    with (
        pytest.warns(InputWarning, match="Bmag is continuous"),
        pytest.raises(InvalidQueryError, match="At least one non-positional criterion"),
    ):
        catalogs.query_criteria("TIC", Bmag=3)


def test_an_archive_without_a_configuration_is_searched_by_the_known_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(CONFIGS, "Mast.Catalogs.Tess.Cone", {})
    monkeypatch.setitem(HISTOGRAMS, "Mast.Catalogs.All.Tic", ({}, {}))
    catalogs, scripted = archive()
    catalogs.query_criteria("TIC", tmag=[1, 2])
    assert only_question(scripted).params["filters"] == [
        {"paramName": "Tmag", "values": [{"min": 1, "max": 2}]}
    ]


# ------------------------------------------------------------------------------------------ counts


def test_a_region_is_counted_by_its_smallest_page() -> None:
    catalogs, scripted = archive(12)
    assert catalogs.query_region_count(M10, 0.1, catalog="Gaia", pagesize=5) == 12
    asked = only_question(scripted)
    assert (asked.pagesize, asked.page) == (1, 1)
    assert catalogs.query_object_count("M10", version=2) == 12


def test_many_places_are_counted_one_by_one() -> None:
    catalogs, _ = archive(lambda asked: int(asked.params["ra"]))
    counts = catalogs.query_region_count(TWO, catalog="TIC")
    assert counts.tolist() == [10, 20]
    criteria = catalogs.query_criteria_count("TIC", coordinates=TWO, objType="STAR")
    assert criteria.tolist() == [10, 20]


def test_a_count_at_the_limit_is_warned_of() -> None:
    catalogs, _ = archive(most)
    with pytest.warns(MaxResultsWarning):
        assert catalogs.query_region_count(M10, nr=6) == 6


@pytest.mark.parametrize(
    ("name", "criteria", "service"),
    [
        ("TIC", {"objType": "STAR"}, "Mast.Catalogs.Filtered.Tic"),
        ("CTL", {}, "Mast.Catalogs.Filtered.Ctl"),
        ("TIC", {"objType": "STAR", "objectname": "M10"}, "Mast.Catalogs.Filtered.Tic.Position"),
        ("DiskDetective", {"state": "complete"}, "Mast.Catalogs.Filtered.DiskDetective.Count"),
        ("DiskDetective", {"coordinates": M10},
         "Mast.Catalogs.Filtered.DiskDetective.Position.Count"),
    ],
)  # fmt: skip
def test_criteria_are_counted_by_the_services_that_count(
    name: str, criteria: dict[str, Any], service: str
) -> None:
    catalogs, scripted = archive(3)
    number = catalogs.query_criteria_count(name, **criteria)
    assert number == 3
    assert isinstance(number, int)
    asked = only_question(scripted)
    assert asked.service == service
    assert asked.params.get("columns") == (None if name == "DiskDetective" else "COUNT_BIG(*)")


def test_a_count_that_fails_says_why() -> None:
    catalogs, _ = archive(fails={"Mast.Hsc.Db.v3": "too much"})
    with pytest.raises(RemoteServiceError, match="too much"):
        catalogs.query_region_count(M10)
    with pytest.raises(InvalidQueryError, match="Criteria query not available for Gaia"):
        catalogs.query_criteria_count("Gaia")


# --------------------------------------------------------------------------------------- meaning


def test_columns_have_units_and_ucds() -> None:
    catalogs, _ = archive()
    table = catalogs.query_region(M10, catalog="TIC")
    assert table["Tmag"].unit == u.mag
    assert table["pmRA"].unit == u.mas / u.yr
    assert table["dstArcSec"].unit == u.arcsec
    assert table["pmRA"].mask.all()
    assert table["dstArcSec"].meta["ucd"] == "pos.angDistance"
    assert table["dstArcSec"].quantity[1].to_value("arcmin") == pytest.approx(1)
    criteria = catalogs.query_criteria("TIC", objType="STAR")
    assert criteria["Tmag"].unit == u.mag


def test_todays_dialect_has_neither_units_nor_masked_floats() -> None:
    catalogs, _ = archive(dialect="astroquery")
    table = catalogs.query_region(M10, catalog="TIC")
    assert table["Tmag"].unit is None
    assert np.isnan(table["pmRA"]).all()


def test_the_columns_of_a_catalogue_are_told_with_their_units_and_ucds() -> None:
    catalogs, _ = archive()
    table = catalogs.get_metadata("TIC")
    rows = {row["Column Name"]: row for row in table}
    assert rows["pmRA"]["Units"] == "mas/yr"
    assert rows["Teff"]["Units"] == "K"
    assert rows["ra"]["UCD"].startswith("pos.eq.ra")
    assert rows["ID"]["Column Label"] == "TIC"
    assert all(row["Description"] for row in table)
    gaia = catalogs.get_metadata("Gaia", version=3)
    assert "parallax" in gaia["Column Name"]
    assert len(catalogs.get_metadata()) > 20


def test_the_columns_of_an_unknown_catalogue_are_not_known() -> None:
    catalogs, _ = archive()
    with pytest.raises(InvalidQueryError, match=r"no catalogue 'Gaya'\. Did you mean 'Gaia'"):
        catalogs.get_metadata("Gaya")


# ----------------------------------------------------------------------------------- ready made


def test_the_ready_made_instance_shares_the_session_of_the_others() -> None:
    assert topmast.Catalogs._session is topmast.Observations._session
    assert isinstance(topmast.Catalogs, CatalogsClass)
    assert topmast.Catalogs() is not topmast.Catalogs
    with topmast.connect("http://127.0.0.1:9") as client:
        assert client.catalogs._session is client.session


def test_nothing_is_warned_of_where_all_is_well() -> None:
    catalogs, _ = archive()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(catalogs.query_region(M10, catalog="Gaia", version=2), Table)
