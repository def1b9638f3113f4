"""Simple Cone Search, asked by pyvo and by hand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from astropy.coordinates import SkyCoord

from topmast import connect


def ask(url: str, name: str, **words: Any) -> str:
    answer = urllib3.request("GET", f"{url}/scs/{name}?{urlencode(words)}")
    assert answer.status == 200
    return answer.data.decode()


@pytest.mark.parametrize(("name", "key"), [("tic", "ID"), ("gaia_dr3", "source_id")])
def test_pyvo_finds_the_rows_that_the_portal_finds(
    served_sample: str, sample_folder: Path, name: str, key: str
) -> None:
    pyvo = pytest.importorskip("pyvo")
    catalog = {"tic": "TIC", "gaia_dr3": "Gaia"}[name]
    with connect(sample_folder) as client:
        place = client.catalogs.resolve_object("M8")
        expected = client.catalogs.query_region(place, radius=0.03, catalog=catalog)
    found = pyvo.dal.conesearch(f"{served_sample}/scs/{name}?", place, 0.03)
    assert len(expected) > 3
    assert sorted(map(str, found.to_table()[key])) == sorted(map(str, expected[key]))
    first = found[0].pos
    assert first.separation(place).deg <= 0.03


def test_observations_are_found_by_what_they_touch(served_sample: str, sample_folder: Path) -> None:
    pyvo = pytest.importorskip("pyvo")
    place = SkyCoord(210.80227, 54.34895, unit="deg")
    found = pyvo.dal.conesearch(f"{served_sample}/scs/observations?", place, 0.1).to_table()
    with connect(sample_folder) as client:
        expected = client.observations.query_region(place, radius=0.1)
    assert sorted(found["obs_id"]) == sorted(expected["obs_id"])


def test_a_radius_of_zero_gives_the_columns_alone(served_sample: str) -> None:
    text = ask(served_sample, "tic", RA=10, DEC=20, SR=0)
    assert 'ucd="POS_EQ_RA_MAIN"' in text
    assert 'ucd="ID_MAIN"' in text
    assert "<TR>" not in text


def test_few_columns_are_given_where_few_are_asked_for(served_sample: str) -> None:
    counts = [
        ask(served_sample, "tic", RA=271, DEC=-24.4, SR=0.1, VERB=v).count("<FIELD") for v in (1, 3)
    ]
    assert counts[0] < counts[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"DEC": 1, "SR": 1}, "The parameter RA is missing"),
        ({"RA": "x", "DEC": 1, "SR": 1}, "RA is a number of degrees, not 'x'"),
        ({"RA": 1, "DEC": 91, "SR": 1}, "DEC from -90 to 90"),
        ({"RA": 1, "DEC": 1, "SR": 90}, "SR is from 0 to 30 degrees"),
        ({"RA": 1, "DEC": "nan", "SR": 1}, "not 'nan'"),
        ({"RA": 1, "DEC": 1, "SR": 1, "VERB": 7}, "VERB is 1, 2 or 3"),
        ({"RA": 1, "DEC": 1, "SR": 1, "MAXREC": "<b>"}, "MAXREC is a whole number"),
    ],
)
def test_an_error_is_a_votable_with_the_reason(
    served_sample: str, words: dict[str, Any], said: str
) -> None:
    text = ask(served_sample, "tic", **words)
    assert 'name="Error"' in text
    assert said in text.replace("&lt;", "<").replace("&gt;", ">")


def test_an_unknown_catalogue_is_an_error_with_the_nearest(served_sample: str) -> None:
    assert "Did you mean 'tic'" in ask(served_sample, "tics", RA=1, DEC=1, SR=1)


@pytest.mark.skipif(shutil.which("stilts") is None, reason="stilts is not installed")
def test_stilts_finds_nothing_wrong_with_the_table(served_sample: str, tmp_path: Path) -> None:
    path = tmp_path / "cone.vot"
    path.write_text(ask(served_sample, "tic", RA=270.92, DEC=-24.38, SR=0.05))
    done = subprocess.run(
        ["stilts", "votlint", f"votable={path}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "")
