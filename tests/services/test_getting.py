"""From a name to a file: what is chosen, and what is said when there is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.io import fits

import topmast
from topmast.errors import InvalidQueryError
from topmast.services.getting import Got, known_kind


def test_a_name_becomes_the_missions_own_light_curve(sample_folder: Path, tmp_path: Path) -> None:
    got = topmast.connect(sample_folder).get("TIC 307210830", download_dir=tmp_path)

    assert isinstance(got, Got)
    assert fits.getheader(got.path)["TICID"] == 307210830
    assert got.path.name.endswith("s_lc.fits")
    assert got.observation["obs_collection"] == "TESS"
    assert set(got.others["obs_collection"]) == {"TESS", "HLSP"}
    assert "3 more found" in got.why


@pytest.mark.parametrize(
    ("kind", "mission", "ending"),
    [("spectrum", "IUE", "_vo.fits"), ("image", None, "_i2d.fits"), ("image", "HST", "_drz.fits")],
)
def test_the_best_file_of_each_kind_is_taken(
    sample_folder: Path, tmp_path: Path, kind: str, mission: str | None, ending: str
) -> None:
    client = topmast.connect(sample_folder)

    got = client.get("M101", kind, mission=mission, radius="1 arcmin", download_dir=tmp_path)

    assert got.path.name.endswith(ending)
    assert got.path.is_file()


def test_a_kind_is_known_by_its_usual_names() -> None:
    assert known_kind("Light Curve") == "lightcurve"
    with pytest.raises(InvalidQueryError, match=r"kind is one of .* not 'spectrun'. Did you mean"):
        known_kind("spectrun")


def test_nothing_of_the_kind_is_told_with_what_to_do(sample_folder: Path) -> None:
    client = topmast.connect(sample_folder)
    with pytest.raises(InvalidQueryError) as problem:  # alone: a warning would fail this test
        client.get("M101", "lightcurve")
    assert "A larger radius" in str(problem.value)
    assert "The reason is" in str(problem.value)
