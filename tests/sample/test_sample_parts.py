"""How the sample is made: bytes that never change, stars where the WCS says, true positions."""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord, get_constellation
from astropy.io import fits
from astropy.wcs import WCS
from PIL import Image

from topmast.sample.light_curves import (
    KEPLER,
    TESS,
    Run,
    light_curve_file,
    target_pixel_file,
)
from topmast.sample.makers import image
from topmast.sample.missions import MISSIONS
from topmast.sample.names import name_rows
from topmast.sample.pictures import picture
from topmast.sample.places import place, places
from topmast.sample.programs import mjd_stamp
from topmast.sample.sky_model import stars_near
from topmast.sample.variability import Planet, Star, transits
from topmast.sample.wcs import ImageWcs, polygon_text
from topmast.sky import distance_deg, parse_region


@pytest.mark.parametrize("shape", [(1, 1), (7, 13), (64, 64), (90, 161)])
def test_pictures_come_back_as_they_were(shape: tuple[int, int]) -> None:
    levels = np.random.default_rng(3).integers(0, 4, shape).astype(np.uint8) * 85
    smooth = np.add.outer(np.arange(shape[0]), np.arange(shape[1])).astype(np.uint8) // 2 + 30

    def opened(content: bytes) -> Any:
        return np.asarray(Image.open(io.BytesIO(content)).convert("L")).astype(int)

    assert (opened(picture(levels, "a.png")) == levels).all()
    assert (opened(picture(levels, "a.gif")) == levels).all()
    assert np.abs(opened(picture(smooth, "a.jpg")) - smooth).max() < 12


@pytest.mark.parametrize("mission", MISSIONS)
def test_the_same_bytes_come_out_each_time(mission: str) -> None:
    first, again = ([make_three(group) for group in some(mission)] for _ in range(2))
    assert all(first)
    assert first == again


def some(mission: str) -> list[Any]:
    return list(itertools.islice(MISSIONS[mission](), 2))


def make_three(group: Any) -> list[bytes]:
    return [product.make() for product in group.products[:3] if product.make]


@pytest.mark.parametrize(
    ("ra", "dec"), [(83.82, -5.39), (0.003, 41.0), (37.95, 89.3), (200.0, -89.9)]
)
def test_stars_are_on_the_pixels_that_the_wcs_says(ra: float, dec: float) -> None:
    image_wcs = ImageWcs(ra, dec, 64, 64, 0.002, 33.0)
    with fits.open(io.BytesIO(image(image_wcs, "stars", [], "galex_map"))) as units:
        wcs, data = WCS(units[0].header), units[0].data
    stars = stars_near(ra, dec, 0.1)
    x, y = wcs.all_world2pix(stars[:, 0], stars[:, 1], 0)
    inside = (x > 3) & (x < 60) & (y > 3) & (y < 60)
    brightest = np.argsort(np.where(inside, stars[:, 2], 99))[0]
    row, line = int(np.round(y[brightest])), int(np.round(x[brightest]))
    assert data[row, line] >= np.max(data[row - 2 : row + 3, line - 2 : line + 3]) * 0.7
    assert data[row, line] > 3 * np.median(data)


def test_the_footprint_is_the_outline_of_the_image() -> None:
    image_wcs = ImageWcs(10.0, 60.0, 40, 30, 0.001, 20.0)
    footprint = parse_region(polygon_text(image_wcs.corners()))
    with fits.open(io.BytesIO(image(image_wcs, "outline", [], "exposure"))) as units:
        wcs = WCS(units["SCI"].header)
    inner = wcs.all_pix2world([0, 39, 20], [0, 29, 15], 0)
    outer = wcs.all_pix2world([-2, 41, 20], [-2, 31, 33], 0)
    assert (distance_deg(footprint, *inner) == 0).all()
    assert (distance_deg(footprint, *outer) > 0.0005).all()


def test_a_transit_has_its_depth_duration_and_period() -> None:
    planet = Planet(2.0, 100.5, 0.01, 3.0)
    time = np.arange(100, 110, 0.001)
    flux = transits(time, planet)
    assert 1 - flux.min() == pytest.approx(0.01, rel=0.25)
    dips = time[flux < 1]
    away = np.abs((dips - 100.5 + 1) % 2 - 1)
    assert away.max() == pytest.approx(1.5 / 24, abs=0.002)


@pytest.mark.parametrize(("survey", "counted"), [(KEPLER, "QUARTER"), (TESS, "SECTOR")])
def test_pixels_summed_in_the_aperture_follow_the_light_curve(survey: Any, counted: str) -> None:
    star = Star("test", 1234, 120.0, -30.0, 9.0, planets=(Planet(0.3, 5000.0, 0.05, 2.0),))
    run = Run(counted, 3, 500.0, 60, 1800.0, 1)
    with fits.open(io.BytesIO(target_pixel_file(survey, star, run))) as units:
        mask = units["APERTURE"].data & 2 > 0
        total = np.sum(units[1].data["FLUX"][:, mask], axis=1)
    with fits.open(io.BytesIO(light_curve_file(survey, star, run))) as units:
        curve = units["LIGHTCURVE"].data["SAP_FLUX"].astype(float)
        header = units["LIGHTCURVE"].header
    good = np.isfinite(curve)
    assert np.corrcoef(total[good], curve[good])[0, 1] > 0.98
    assert header["TIMEUNIT"] == "d"
    assert header["BJDREFI"] == survey.zero_day


def test_times_are_stamped_as_mission_files_have_them() -> None:
    assert mjd_stamp(58324.29) == "2018206065736"


MESSIER = (
    "Tau Aqr CVn Sco Ser Sco Sco Sgr Oph Oph Sct Oph Her Oph Peg Ser Sgr Sgr Oph Sgr Sgr Sgr Sgr "
    "Sgr Sgr Sct Vul Sgr Cyg Cap And And Tri Per Gem Aur Aur Aur Cyg UMa CMa Ori Ori Cnc Tau Pup "
    "Pup Hya Vir Mon CVn Cas Com Sgr Sgr Lyr Lyr Vir Vir Vir Vir Oph CVn Com Leo Leo Cnc Hya Sgr "
    "Sgr Sge Aqr Aqr Psc Sgr Per Cet Ori Lep Sco UMa UMa Hya Vir Com Vir Vir Com Vir Vir Com Her "
    "Pup CVn Leo Leo UMa Com Com Com UMa Dra Cas Vir Leo CVn Oph UMa UMa And"
).split()


def test_messier_objects_stand_in_their_constellations() -> None:
    objects = [place(f"M {number}") for number in range(1, 111)]
    positions = SkyCoord([o.ra for o in objects], [o.dec for o in objects], unit="deg")
    assert list(get_constellation(positions, short_name=True)) == MESSIER


def test_the_name_table_knows_hundreds_of_objects_from_several_resolvers() -> None:
    rows = name_rows()
    assert len(places()) >= 250
    assert {"NED", "SIMBAD", "SIMBADCFA", "TIC", "KEPLER", "K2"} == {
        row["resolver"] for row in rows
    }
    keys = [("".join(row["name"].split()).casefold(), row["resolver"]) for row in rows]
    assert len(keys) == len(set(keys))


def test_the_name_table_has_the_positions_that_were_recorded() -> None:
    rows = {(row["name"], row["resolver"]): row for row in name_rows()}
    assert position(rows["M 8", "NED"]) == (270.92194, -24.38017)
    assert position(rows["M 101", "NED"]) == (210.80227, 54.34895)
    assert position(rows["M 103", "NED"]) == (23.34086, 60.658)
    assert position(rows["M 10", "NED"]) == (254.28746, -4.09933)
    assert position(rows["TIC 307210830", "TIC"]) == (124.531756290083, -68.3129998725044)


def position(row: dict[str, Any]) -> tuple[float, float]:
    return row["ra"], row["decl"]
