"""lightkurve, unmodified, finds, downloads and draws the light curves of the sample archive.

It runs where lightkurve can be imported, or with the interpreter that TOPMAST_LIGHTKURVE_PYTHON
names; lightkurve is no dependency of topmast.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PYTHON = os.environ.get("TOPMAST_LIGHTKURVE_PYTHON") or (
    sys.executable if importlib.util.find_spec("lightkurve") else ""
)

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("peer"),
    pytest.mark.skipif(not PYTHON, reason="lightkurve is not installed"),
]

KEPLER_10 = "kplr011904151"
WASP_18 = "100100827"
QUARTERS = [
    ["Kepler Quarter 00", "Kepler", "1800", KEPLER_10],
    ["Kepler Quarter 01", "Kepler", "1800", KEPLER_10],
    ["Kepler Quarter 03", "Kepler", "1800", KEPLER_10],
    ["Kepler Quarter 08", "Kepler", "1800", KEPLER_10],
]
SECTOR_3 = ["TESS Sector 03", "SPOC", "1800", WASP_18]
SECTOR_29 = ["TESS Sector 29", "SPOC", "120", WASP_18]
FULL_FRAMES = [
    ["TESS Sector 03", "TESS-SPOC", "1800", WASP_18],
    ["TESS Sector 03", "QLP", "1800", WASP_18],
]
CAMPAIGN_1 = [["K2 Campaign 01", "K2", "1800", "ktwo201912552"]]
OF_TESS = [
    ["TESS Sector 15", "SPOC", "1800", "377780790"],
    ["TESS Sector 15", "TESS-SPOC", "1800", "377780790"],
    ["TESS Sector 15", "QLP", "1800", "377780790"],
]

EXPECTED: dict[str, list[list[str]]] = {
    "TIC id": [SECTOR_3, SECTOR_29, *FULL_FRAMES],
    "TIC id, mission, sector": [SECTOR_29],
    "TIC id, exposure": [SECTOR_29],
    "TIC id, author": [FULL_FRAMES[1]],
    "TIC id, authors": [SECTOR_3, SECTOR_29, FULL_FRAMES[0]],
    "TIC id, no such sector": [],
    "name": [SECTOR_3, SECTOR_29, *FULL_FRAMES],
    "KIC id": QUARTERS,
    "KIC id, quarter": [QUARTERS[2]],
    "KIC id, quarters": [QUARTERS[1], QUARTERS[3]],
    "Kepler name, mission": QUARTERS,
    "Kepler name, missions": QUARTERS,
    "EPIC id": CAMPAIGN_1,
    "EPIC id, campaign": CAMPAIGN_1,
    "text of coordinates": [*QUARTERS, *OF_TESS],
    "coordinates": [*QUARTERS, *OF_TESS],
    "coordinates, wide": [*QUARTERS[:3], OF_TESS[1], OF_TESS[2]],
    "nobody's name": [],
    "pixels of a TIC id": [SECTOR_3, SECTOR_29],
    "pixels of a KIC id": [QUARTERS[3]],
    "pixels of a KIC id, quarter": [QUARTERS[3]],
    "pixels of an EPIC id": CAMPAIGN_1,
    "pixels of a name": CAMPAIGN_1,
}


@pytest.fixture(scope="module")
def folder(served_sample: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where lightkurve has left its files, pictures and figures."""
    folder = tmp_path_factory.mktemp("lightkurve")
    command = [PYTHON, str(HERE / "lightkurve_run.py"), served_sample, str(folder)]
    subprocess.run(command, check=True, timeout=280)
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return found


@pytest.mark.parametrize("title", EXPECTED)
def test_a_search_lists_what_the_archive_holds(title: str, found: dict[str, Any]) -> None:
    assert found["searches"][title] == EXPECTED[title]


def test_every_search_has_its_answer_here(found: dict[str, Any]) -> None:
    assert set(found["searches"]) == set(EXPECTED)


def test_a_flattened_quarter_is_flat(found: dict[str, Any]) -> None:
    curve = found["one_light_curve"]
    middle, spread = curve["flat"]

    assert curve["kind"] == "KeplerLightCurve"
    assert curve["label"] == "KIC 11446443"
    assert curve["finite"] > 3800
    assert middle == pytest.approx(1, abs=1e-4)
    assert spread < 0.004


def test_the_planet_of_the_star_is_in_the_light_curve(found: dict[str, Any]) -> None:
    assert found["one_light_curve"]["period_days"] == pytest.approx(2.470613, abs=0.002)


def test_all_light_curves_of_a_star_are_downloaded_and_joined(found: dict[str, Any]) -> None:
    curves = found["all_light_curves"]

    assert [curve["author"] for curve in curves["kepler"]] == ["Kepler"] * 4
    assert [curve["kind"] for curve in curves["tess"]] == ["TessLightCurve"] * 4
    assert curves["joined"] == sum(curve["rows"] for curve in curves["kepler"])
    assert curves["flattened"] == [c["rows"] for c in (*curves["kepler"], *curves["tess"])]
    assert {curve["unit"] for curve in curves["tess"]} == {"electron / s"}


def test_a_light_curve_of_k2_opens(found: dict[str, Any]) -> None:
    assert found["a_light_curve_of_k2"]["label"] == "EPIC 201912552"
    assert found["a_light_curve_of_k2"]["days"] > 60


def test_pixels_of_each_mission_become_light_curves(found: dict[str, Any]) -> None:
    assert [each["kind"] for each in found["pixels"]] == [
        "KeplerTargetPixelFile",
        "KeplerTargetPixelFile",
        "TessTargetPixelFile",
        "TessTargetPixelFile",
    ]
    assert all(each["curve"] == each["shape"][0] for each in found["pixels"])


@pytest.mark.parametrize(
    "name",
    ["curve.png", "folded.png", "joined.png", "pixels-0.png", "pixels-1.png", "pixels-2.png"],
)
def test_each_plot_shows_something(name: str, folder: Path) -> None:
    image = pytest.importorskip("matplotlib.image").imread(folder / name)

    dark = (image[..., :3].mean(axis=2) < 0.8).mean()
    assert 0.005 < dark < 0.9
