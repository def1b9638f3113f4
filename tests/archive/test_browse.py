"""What a page of observations shows, compared with counting by hand."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord

from tests.archive.conftest import OBSERVATIONS, Caller
from topmast.wire.portal import MashupRequest, encode_request

M101 = [210.8, 54.3, 0.01]
SOUTH = [0.0, -30.0, 0.05]
HST = {"paramName": "obs_collection", "values": ["HST"]}


def ids(caller: Caller, **params: Any) -> list[Any]:
    return caller.column("obs_id", "Topmast.Browse.Rows", {"columns": "obs_id", **params})


@pytest.mark.parametrize("filters", [[], [HST], [{"paramName": "filters", "values": ["F606W"]}]])
def test_a_facet_is_counted_without_its_own_filter(
    caller: Caller, filters: list[dict[str, Any]]
) -> None:
    found = caller.ask("Topmast.Browse.Summary", {"filters": filters})
    own = [item for item in filters if item["paramName"] != "obs_collection"]
    missions = caller.column("obs_collection", "Mast.Caom.Filtered", {"filters": own})
    assert dict(found["facets"]["obs_collection"]) == Counter(missions)
    assert found["total"] == len(caller.matching(*filters))


def test_elements_of_a_list_are_counted_one_by_one(caller: Caller) -> None:
    found = caller.ask("Topmast.Browse.Summary", {"filters": [HST]})
    assert dict(found["facets"]["filters"]) == {"F606W": 2, "F814W": 1, "CLEAR1S": 1}


def test_a_histogram_holds_every_value_once(caller: Caller) -> None:
    spread = caller.ask("Topmast.Browse.Summary", {})["ranges"]["t_exptime"]
    values = [row["t_exptime"] for row in OBSERVATIONS if row["t_exptime"] is not None]
    assert (spread["low"], spread["high"]) == (min(values), max(values))
    assert sum(spread["counts"]) == len(values)


def test_rows_come_in_the_order_asked_for_page_by_page(caller: Caller) -> None:
    values = [row["t_exptime"] for row in OBSERVATIONS if row["t_exptime"] is not None]
    for sort, wanted in (("t_exptime", sorted(values)), ("-t_exptime", sorted(values)[::-1])):
        pages = [
            caller.column("t_exptime", "Topmast.Browse.Rows", {"sort": sort}, pagesize=2, page=page)
            for page in (1, 2, 3)
        ]
        assert [value for page in pages for value in page] == [*wanted, None]


def test_several_places_give_each_observation_once(caller: Caller) -> None:
    apart = [*ids(caller, cones=[M101]), *ids(caller, cones=[SOUTH])]
    assert sorted(ids(caller, cones=[M101, SOUTH, M101])) == sorted(set(apart))
    assert ids(caller, cones=[SOUTH]) == ["obs4", "obs5"]


def test_a_distance_is_that_to_the_nearest_place(caller: Caller) -> None:
    far = [210.8, 54.6, 0.5]
    both = caller.column(
        "distance", "Topmast.Browse.Rows", {"cones": [far, M101], "sort": "obs_id"}
    )
    near = caller.column("distance", "Topmast.Browse.Rows", {"cones": [M101], "sort": "obs_id"})
    assert both[:2] == near[:2]


def test_outlines_are_where_the_footprints_are(caller: Caller) -> None:
    found = caller.ask("Topmast.Browse.Footprints", {"cones": [SOUTH]})
    assert found["ids"] == [14, 15]
    for owner, *corners in found["shapes"]:
        row = OBSERVATIONS[found["ids"][owner] - 10]
        centre = SkyCoord(row["s_ra"], row["s_dec"], unit="deg")
        away = centre.separation(SkyCoord(corners[::2], corners[1::2], unit="deg")).deg
        assert away == pytest.approx(0.1, abs=1e-5)


def test_the_density_counts_every_footprint(caller: Caller) -> None:
    assert sum(caller.ask("Topmast.Browse.Density")["count"]) == len(OBSERVATIONS)


def test_holdings_tell_listed_held_whole_and_current_apart(caller: Caller) -> None:
    missions = caller.ask("Topmast.Browse.Holdings")["missions"]
    assert missions["GALEX"] == {"products": 1, "bytes": 77}
    assert missions["JWST"] | {"bytes": 0} == {
        "products": 1, "bytes": 0, "held": 1, "held_bytes": 17, "whole": 1,
        "current": missions["JWST"]["current"],
    }  # fmt: skip


def test_an_answer_comes_as_parquet(caller: Caller) -> None:
    request = MashupRequest("Topmast.Browse.Rows", {"columns": "obs_id"}, format="parquet")
    reply = caller.send("POST", "/api/v0/invoke", encode_request(request))
    assert reply.headers["content-type"] == "application/vnd.apache.parquet"
    assert pq.read_table(io.BytesIO(reply.content))["obs_id"].to_pylist() == ids(caller)


@pytest.mark.parametrize("cones", ["210 54 1", [[1, 2]], [[1, 2, "x"]], [M101] * 501])
def test_wrong_places_are_refused_with_a_reason(caller: Caller, cones: Any) -> None:
    answer = caller.ask("Topmast.Browse.Rows", {"cones": cones})
    assert answer["status"] == "ERROR"
    assert "ra" in answer["msg"] or "500" in answer["msg"] or "radius" in answer["msg"]
