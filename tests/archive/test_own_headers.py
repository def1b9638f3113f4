"""Headers of all kinds give the right place and time, beside astropy's own computation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from topmast.archive.own_files.headers import read_headers
from topmast.archive.own_files.mapping import make_mapping
from topmast.archive.own_files.observed import observation_of
from topmast.errors import InvalidQueryError

SIZE = (40, 30)


def header(
    types: tuple[str, str] = ("RA---TAN", "DEC--TAN"),
    place: tuple[float, float] = (210.8, 54.3),
    step: tuple[float, float] = (-1e-3, 1e-3),
    **cards: Any,
) -> fits.Header:
    made = fits.Header()
    for axis in (0, 1):
        made[f"CTYPE{axis + 1}"], made[f"CRVAL{axis + 1}"] = types[axis], place[axis]
        made[f"CDELT{axis + 1}"], made[f"CUNIT{axis + 1}"] = step[axis], "deg"
        made[f"CRPIX{axis + 1}"] = SIZE[axis] / 2 + 0.5
    made.update(cards)
    return made


def row_of(tmp_path: Path, *hdus: Any) -> dict[str, Any]:
    path = tmp_path / "x.fits"
    fits.HDUList(list(hdus)).writeto(path, overwrite=True)
    return observation_of(read_headers(path), make_mapping())


def picture(cards: fits.Header, kind: Any = fits.PrimaryHDU, **given: Any) -> Any:
    return kind(np.zeros((SIZE[1], SIZE[0]), "f4"), cards, **given)


SIP = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 1e-3, "B_0_2": 1e-3}
PLAIN = ("RA---TAN", "DEC--TAN")


@pytest.mark.parametrize(
    "cards",
    [
        header(),
        header(step=(1e-3, 1e-3)),
        header(CROTA2=30.0),
        header(PC1_1=0.5, PC1_2=-0.8, PC2_1=0.8, PC2_2=0.5),
        header(("GLON-TAN", "GLAT-TAN"), (120.0, 30.0)),
        header(RADESYS="FK4", EQUINOX=1950.0),
        header(("DEC--TAN", "RA---TAN"), (54.3, 210.8), (1e-3, -1e-3)),
        header(("RA---TAN-SIP", "DEC--TAN-SIP"), **SIP),
        header(("RA---TPV", "DEC--TPV"), PV1_0=0.0, PV1_1=1.0, PV2_1=1.0, PV1_7=0.01),
        header(place=(0.0, -30.0)),
        header(place=(0.0, 89.999), step=(-1e-2, 1e-2)),
    ],
    ids=["plain", "flipped", "crota", "pc", "galactic", "fk4", "axes", "sip", "tpv", "ra0", "pole"],
)
def test_a_footprint_is_the_outer_edge_of_the_pixels(tmp_path: Path, cards: fits.Header) -> None:
    row = row_of(tmp_path, picture(cards))
    numbers = [float(word) for word in row["s_region"].split()[2:]]
    found = SkyCoord(numbers[::2], numbers[1::2], unit="deg")
    right, top = SIZE[0] - 0.5, SIZE[1] - 0.5
    wcs = WCS(cards)
    corners = wcs.pixel_to_world([-0.5, -0.5, right, right], [-0.5, top, top, -0.5]).icrs
    for corner in corners:
        assert corner.separation(found).min().arcsec < 0.05
    middle = SkyCoord(row["s_ra"], row["s_dec"], unit="deg")
    assert middle.separation(wcs.pixel_to_world(19.5, 14.5).icrs).arcsec < 10


def test_ecliptic_coordinates_are_turned(tmp_path: Path) -> None:
    row = row_of(tmp_path, picture(header(("ELON-TAN", "ELAT-TAN"), (120.0, 30.0))))
    there = SkyCoord(120, 30, unit="deg", frame="barycentricmeanecliptic").icrs
    assert SkyCoord(row["s_ra"], row["s_dec"], unit="deg").separation(there).arcsec < 1


@pytest.mark.parametrize("projection", ["CAR", "HPX", "AIT"])
def test_a_picture_of_the_whole_sky_is_a_circle(tmp_path: Path, projection: str) -> None:
    cards = header((f"RA---{projection}", f"DEC--{projection}"), (0.0, 0.0), (-9.0, 6.0))
    words = row_of(tmp_path, picture(cards))["s_region"].split()
    assert words[0] == "CIRCLE"
    assert float(words[-1]) > 150


@pytest.mark.parametrize("kind", [fits.ImageHDU, fits.CompImageHDU])
def test_the_place_is_found_in_any_part(tmp_path: Path, kind: Any) -> None:
    row = row_of(
        tmp_path, fits.PrimaryHDU(), fits.ImageHDU(np.zeros((5, 5))), picture(header(), kind)
    )
    assert (row["s_ra"], row["s_dec"]) == pytest.approx((210.8, 54.3), abs=1e-6)


def test_a_mosaic_has_a_region_for_each_chip(tmp_path: Path) -> None:
    chips = [picture(header(place=(100 + 0.05 * n, 10.0)), fits.ImageHDU) for n in range(40)]
    row = row_of(tmp_path, fits.PrimaryHDU(), *chips)
    assert row["s_region"].count("POLYGON ICRS") == 40


@pytest.mark.parametrize("table", [True, False])
def test_a_cube_has_the_place_of_its_planes(tmp_path: Path, table: bool) -> None:
    cards = header(CTYPE3="WAVE", CRVAL3=1e-6, CDELT3=1e-9, CRPIX3=1.0, CUNIT3="m")
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(np.zeros((10, 30, 40), "f4"), cards, name="SCI")]
    if table:
        cards.update(CTYPE3="WAVE-TAB", PS3_0="WCSTAB", PS3_1="WAVE", CRVAL3=1.0, CDELT3=1.0)
        hdus[1].header.update(cards)
        values = np.linspace(1e-6, 2e-6, 10).reshape(1, 10, 1)
        column = fits.Column("WAVE", "10D", dim="(1,10)", array=values)
        hdus.append(fits.BinTableHDU.from_columns([column], name="WCSTAB"))
    row = row_of(tmp_path, *hdus)
    assert (row["s_ra"], row["s_dec"]) == pytest.approx((210.8, 54.3), abs=1e-6)


def test_a_cube_may_begin_with_its_frequencies(tmp_path: Path) -> None:
    cards = fits.Header({"CTYPE1": "FREQ", "CRVAL1": 1e9, "CDELT1": 1e6, "CRPIX1": 1.0})
    for axis, (kind, value, step, pixel) in enumerate(
        [("RA---SIN", 210.8, -1e-3, 20.5), ("DEC--SIN", 54.3, 1e-3, 15.5)], 2
    ):
        cards.update({f"CTYPE{axis}": kind, f"CRVAL{axis}": value, f"CDELT{axis}": step})
        cards[f"CRPIX{axis}"] = pixel
    row = row_of(tmp_path, fits.PrimaryHDU(np.zeros((30, 40, 10), "f4"), cards))
    assert (row["s_ra"], row["s_dec"]) == pytest.approx((210.8, 54.3), abs=1e-6)


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ({"DATE-OBS": "2020-01-05T06:00:00Z"}, {"t_min": 58853.25}),
        ({"DATE-OBS": "2020-01-05T06:00:00+02:00"}, {"t_min": 58853.25 - 2 / 24}),
        ({"DATE-OBS": "2020/01/05"}, {"t_min": 58853.0}),
        ({"DATE-OBS": "05/01/99", "UT": "12:00:00"}, {"t_min": 51183.5}),
        ({"JD": 2458853.75}, {"t_min": 58853.25}),
        ({"MJD": 58853.25}, {"t_min": 58853.25}),
        ({"MJD-OBS": "INDEF", "DATE-OBS": "2020-01-05"}, {"t_min": 58853.0}),
        ({"MJD-OBS": 0.0, "DATE-OBS": "2020-01-05"}, {"t_min": 58853.0}),
        ({"EXPTIME": "30.0"}, {"t_exptime": 30.0}),
        ({"EXPTIME": "30 s"}, {"t_exptime": 30.0}),
        ({"EXPTIME": "2 min"}, {"t_exptime": 120.0}),
        ({"EXPTIME": "long"}, {"t_exptime": None}),
        ({"EXPTIME": -1.0}, {"t_exptime": None}),
        ({"EXPTIME": True}, {"t_exptime": None}),
        ({"RA": -10.0, "DEC": 5.0}, {"s_ra": 350.0}),
        ({"RA": "nan", "DEC": "5"}, {"s_ra": None}),
    ],
)
def test_dates_times_and_places_are_read(
    tmp_path: Path, cards: dict[str, Any], expected: dict[str, Any]
) -> None:
    row = row_of(tmp_path, fits.PrimaryHDU(header=fits.Header(list(cards.items()))))
    for name, value in expected.items():
        assert row.get(name) == (None if value is None else pytest.approx(value, abs=1e-7))


def test_a_place_of_another_equinox_is_turned(tmp_path: Path) -> None:
    cards = fits.Header({"RA": "14:03:12.6", "DEC": "+54:20:57", "EQUINOX": 1950.0})
    row = row_of(tmp_path, fits.PrimaryHDU(header=cards))
    there = SkyCoord("14h03m12.6s +54d20m57s", frame="fk4", equinox="B1950").icrs
    assert SkyCoord(row["s_ra"], row["s_dec"], unit="deg").separation(there).arcsec < 0.01


def test_surplus_bytes_after_the_last_part_are_no_reason_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "x.fits"
    picture(header()).writeto(path)
    whole = path.read_bytes()
    for more in (b"\0", b"\0" * 2880):
        path.write_bytes(whole + more)
        assert "s_region" in observation_of(read_headers(path), make_mapping())


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"t_exptime": "abc"}, "t_exptime: 'abc' is not a float"),
        ({"obs_collection": ""}, "obs_collection needs a value"),
        ({"s_dec": "95"}, "s_dec: '95.0' is not from -90 to 90"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused_at_once(
    values: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidQueryError, match=said):
        make_mapping(None, values)
