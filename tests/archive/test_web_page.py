"""The page without JavaScript: what each address shows, and that nothing hostile gets through."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import warnings
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.archive.conftest import OBSERVATIONS, Caller
from topmast.archive.server.web.question import day_of_mjd, mjd_of_day, radius_of
from topmast.errors import InvalidQueryError


def page(caller: Caller, **words: object) -> str:
    reply = caller.send("GET", "/?" + urlencode(words, doseq=True))
    assert reply.status == 200, reply.content
    return reply.content.decode()


def total(text: str) -> int:
    match = re.search(r"<h1>([\d,]+) observation", text)
    assert match is not None
    return int(match[1].replace(",", ""))


def ids(text: str) -> list[str]:
    return re.findall(r'href="/observation/\d+">([^<]*)</a>', text)


def test_the_first_page_counts_by_mission_and_fetches_no_rows(caller: Caller) -> None:
    text = page(caller)
    assert total(text) == len(OBSERVATIONS)
    assert ids(text) == []
    assert re.search(r'value="HST".*?count">2<', text, re.DOTALL)


def test_a_position_a_facet_and_a_program_find_what_the_portal_finds(caller: Caller) -> None:
    near = page(caller, q="210.8 54.3", radius="0.01 deg")
    assert sorted(ids(near)) == ["obs0", "obs1"]
    assert sorted(ids(page(caller, obs_collection=["HST", "JWST"]))) == [
        "obs0",
        "obs1",
        "obs4",
        "obs5",
    ]
    assert sorted(ids(page(caller, filters="F606W"))) == ["obs0", "obs1", "obs5"]
    assert sorted(ids(page(caller, q="1180"))) == ["obs4", "obs5"]
    assert sorted(ids(page(caller, q="proposal 8880"))) == ["obs0"]
    assert sorted(ids(page(caller, q="NGC*57"))) == ["obs4", "obs5"]
    assert "MESSIER 101" in page(caller, q="M101")


def test_a_list_of_targets_finds_each_and_names_what_it_does_not_know(caller: Caller) -> None:
    text = page(caller, targets="210.8 54.3\n0.0 -30.0\nnowhere at all", radius="1 arcsec")
    assert sorted(ids(text)) == ["obs0", "obs1", "obs4", "obs5"]
    assert "No position is known for “nowhere at all”" in text


def test_exposures_are_ranges_and_the_order_is_in_the_address(caller: Caller) -> None:
    text = page(caller, shortest=50, longest=2000, sort="-t_exptime")
    assert ids(text) == ["obs2", "obs0"]
    assert 'aria-sort="descending"' in text


def test_a_facet_keeps_its_other_values(caller: Caller) -> None:
    text = page(caller, obs_collection="HST")
    assert re.search(r'name="obs_collection" value="HST" checked', text)
    assert 'name="obs_collection" value="JWST"' in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"radius": "400"}, "A radius is like 0.2 deg"),
        ({"radius": "3 parsec"}, "not '3 parsec'"),
        ({"begin": "yesterday"}, "A date is like 2015-03-01, not 'yesterday'"),
        ({"shortest": "long"}, "An exposure is a number of seconds, not 'long'"),
        ({"calib_level": "high"}, "A calibration level is a number, not 'high'"),
        ({"q": "x", "sort": "t_mn"}, "Invalid column name 't_mn'. Did you mean 't_min'?"),
        ({"targets": "nowhere\nno such place"}, "No position is known for any of these"),
    ],
)
def test_what_cannot_be_meant_is_said_on_the_page(
    caller: Caller, words: dict[str, str], said: str
) -> None:
    reply = caller.send("GET", "/?" + urlencode(words))
    assert reply.status == 400
    assert said in html.unescape(reply.content.decode())


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'};alert(1)//"]
)
def test_hostile_words_stay_words(caller: Caller, hostile: str) -> None:
    for words in ({"q": hostile}, {"targets": f"1 2\n{hostile}"}, {"filters": hostile}):
        text = page(caller, **words)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    reply = caller.send("GET", "/?" + urlencode({"begin": hostile}))
    assert "<script>alert" not in reply.content.decode()


def test_no_page_lets_foreign_content_in(caller: Caller) -> None:
    for address in (
        "/",
        "/?q=M101",
        "/observation/900",
        "/basket?obsid=900",
        "/login",
        "/?radius=x",
    ):
        reply = caller.send("GET", address)
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'self';")
        text = reply.content.decode()
        links = re.findall(r'(?:src|href|action|formaction)="([^"]*)"', text)
        assert all(link.startswith(("/", "#")) for link in links)
        assert not re.search(r"\son\w+=|style=|<script>", text)


def test_rows_are_to_be_had_as_files(caller: Caller) -> None:
    reply = caller.send("GET", "/browse.csv?obs_collection=GALEX")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode())))
    assert [row["obs_id"] for row in rows] == ["obs2", "obs3"]
    found = json.loads(caller.send("GET", "/browse.json?obs_collection=GALEX").content)
    assert (found["total"], [row["obs_id"] for row in found["rows"]]) == (2, ["obs2", "obs3"])
    assert caller.send("GET", "/browse.vot?obs_collection=GALEX").content[:5] == b"<?xml"
    assert caller.send("GET", "/browse.parquet?obs_collection=GALEX").content[:4] == b"PAR1"
    assert caller.send("GET", "/browse.exe?obs_collection=GALEX").status == 404


def test_the_python_that_can_be_copied_gives_the_same_rows(caller: Caller) -> None:
    from topmast import connect

    words = {"q": "210.8 54.3", "radius": "0.3 deg", "obs_collection": ["GALEX"], "longest": "2000"}
    text = html.unescape(page(caller, **words))
    code = re.search(r"<pre>(import topmast.*?)</pre>", text, re.DOTALL)
    assert code is not None
    call = re.search(r"archive\.observations\.(\w+)\((.*)\)", code[1])
    assert call is not None
    with connect(caller.archive.folder) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that numbers are taken for degrees
        table = getattr(client.observations, call[1])(**eval(f"dict({call[2]})"))
    assert sorted(table["obs_id"]) == sorted(ids(text)) == ["obs2"]


def test_an_observation_has_its_products_and_no_link_to_what_is_exclusive(caller: Caller) -> None:
    text = caller.send("GET", "/observation/900").content.decode()
    assert "obs0" in text
    assert quote("mast:HST/product/a.fits", safe="") in text or "a.fits" in text
    for unknown in ("424242", "x", "-1", "9" * 40):
        assert caller.send("GET", f"/observation/{unknown}").status == 404


def test_dates_and_radii_are_read_and_written_alike() -> None:
    for mjd in (0, 51544, 60000, -5000):
        assert mjd_of_day(day_of_mjd(float(mjd))) == mjd
    assert (mjd_of_day("2000"), day_of_mjd(None), day_of_mjd(1e9)) == (51544, "", "")
    assert radius_of("30 arcsec") == pytest.approx(30 / 3600)
    assert radius_of("") == radius_of("0.2") == 0.2
    for wrong in ("-1", "1e5", "nan", "0.0.1", "x"):
        with pytest.raises(InvalidQueryError):
            radius_of(wrong)


@pytest.mark.parametrize(
    "query",
    [
        "q=M101",
        "q=M101&obs_collection=HST&obs_collection=JWST",
        "filters=F606W&calib_level=3",
        "begin=2010-01-01&end=2012-12-31&longest=500",
        "q=9370",
        "targets=M101%0AM8&radius=1+arcmin",
    ],
)
def test_the_adql_that_can_be_copied_gives_the_same_rows(sample_folder: Path, query: str) -> None:
    from topmast import Archive, connect

    with Archive(sample_folder) as archive, connect(sample_folder) as client:
        text = html.unescape(Caller(archive).get(f"/?{query}").content.decode())
        adql = re.search(r"ADQL <button.*?<pre>(.*?)</pre>", text, re.DOTALL)
        assert adql is not None
        assert len(client.catalogs.tap(adql[1])) == total(text) > 0
