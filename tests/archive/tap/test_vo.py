"""DataLink, SIA 2.0 and coverage maps, asked by pyvo, mocpy and by hand."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from astropy.io import votable

from tests.archive.conftest import Caller
from tests.archive.tap.conftest import Rows
from topmast.wire.moc import encode_ascii, encode_fits, encode_json, moc_of_ranges


def table(content: bytes) -> Any:
    return votable.parse_single_table(io.BytesIO(content)).to_table()


def test_datalink_lists_the_files_and_closes_the_exclusive_ones(caller: Caller) -> None:
    found = table(
        caller.get(f"/datalink?ID={quote('ivo://topmast.archive/JWST?15', safe='')}").content
    )

    assert list(found["semantics"]) == ["#this", "#documentation", "#this"]
    assert "exclusive" in found["error_message"][2]
    assert not found["access_url"][2]
    address = str(found["access_url"][0]).removeprefix("http://topmast.archive")
    assert len(caller.get(address).content) == found["content_length"][0]


def test_an_unknown_dataset_is_a_row_that_says_so(caller: Caller) -> None:
    found = table(caller.get("/datalink?ID=nothing").content)

    assert list(found["error_message"]) == ["NotFoundFault: there is no dataset nothing"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("POS=CIRCLE+210.8+54.3+0.01", {"obs0", "obs1"}),
        ("POS=RANGE+210.5+211.5+54+55&COLLECTION=GALEX", {"obs2", "obs3"}),
        ("POS=RANGE+-Inf+Inf+-90+0", set()),
        ("POS=POLYGON+210+54+212+54+212+55+210+55&CALIB=1", {"obs1"}),
        ("EXPTIME=50+200&INSTRUMENT=ACS/WFC", {"obs0"}),
        ("MAXREC=0", set()),
    ],
)
def test_images_are_found_by_their_parameters(
    caller: Caller, words: str, expected: set[str]
) -> None:
    reply = caller.get(f"/sia2/query?{words}")

    assert reply.status == 200, reply.content
    assert set(map(str, table(reply.content)["obs_id"])) == expected


@pytest.mark.parametrize("words", ["POS=SQUARE+1+2", "BAND=x", "CALIB=9", "DPTYPE=spectrum"])
def test_a_wrong_parameter_is_refused_with_its_name(caller: Caller, words: str) -> None:
    reply = caller.get(f"/sia2/query?{words}")

    assert reply.status == 400
    assert b'value="ERROR"' in reply.content
    assert words.partition("=")[0].encode() in reply.content


def test_a_map_is_the_same_to_mocpy(caller: Caller) -> None:
    mocpy = pytest.importorskip("mocpy")
    cells = np.unique(np.random.default_rng(1).integers(0, 12 << 10, 3000))
    ranges = np.column_stack([cells, cells + 1])
    moc = moc_of_ranges(5, ranges)

    expected = mocpy.MOC.from_healpix_cells(cells.astype(np.uint64), np.uint8(5), 5)

    assert mocpy.MOC.from_string(encode_json(moc).decode(), format="json") == expected
    assert mocpy.MOC.from_string(encode_ascii(moc).decode(), format="ascii") == expected
    assert encode_fits(moc)[:6] == b"SIMPLE"
    assert moc.sky_fraction == pytest.approx(expected.sky_fraction)


def test_the_map_of_a_collection_holds_its_footprints(caller: Caller) -> None:
    mocpy = pytest.importorskip("mocpy")
    from astropy import units as u
    from astropy.coordinates import Latitude, Longitude

    content = caller.get("/moc/HST?FORMAT=json&ORDER=9").content
    found = mocpy.MOC.from_string(content.decode(), format="json")
    lon, radius = Longitude(210.8, "deg"), 0.1 * u.deg
    cones = [
        mocpy.MOC.from_cone(lon=lon, lat=Latitude(dec, "deg"), radius=radius, max_depth=9)
        for dec in (54.3, 54.35)
    ]
    expected = cones[0].union(cones[1])

    assert expected.difference(found).empty()
    assert found.sky_fraction < 1.3 * expected.sky_fraction
    assert caller.get("/moc/HTS").status == 400


def test_intersects_and_contains_give_the_same_with_and_without_the_index(
    ask: Callable[[str], Rows],
) -> None:
    shape = "POLYGON(210, 54, 212, 54, 212, 55, 210, 55)"
    for test in (
        f"INTERSECTS(s_region, {shape})",
        f"CONTAINS(s_region, {shape})",
        "CONTAINS(s_region, CIRCLE(210.8, 54.3, 0.12))",
    ):
        sql = "SELECT obs_id FROM caom.observations WHERE {} ORDER BY obs_id"
        assert ask(sql.format(f"1 = {test}")) == ask(sql.format(f"{test} + 0 = 1")) != []


def test_all_services_are_listed(caller: Caller) -> None:
    content = caller.get("/capabilities").content
    for word in (b"/tap<", b"/sia2/query<", b"/datalink<", b"/scs/observations?<"):
        assert word in content
