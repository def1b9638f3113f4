"""Places on the sky are read from texts, coordinates and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import FK5, Angle, Galactic, SkyCoord
from astropy.table import Table

from topmast.errors import InputWarning, InvalidQueryError, ResolverError
from topmast.questions.places import find_places, places_of_names
from topmast.questions.sexagesimal import read_sexagesimal

KNOWN = {"M101": (210.80227, 54.34895), "M8": (270.92194, -24.38017)}


def resolve(names: Sequence[str], from_list: bool) -> Mapping[str, tuple[float, float]]:
    if not from_list and names[0] not in KNOWN:
        raise ResolverError(f'Could not resolve "{names[0]}" to a sky position.')
    return {name: KNOWN[name] for name in names if name in KNOWN}


def resolve_nothing(names: Sequence[str], from_list: bool) -> Mapping[str, tuple[float, float]]:
    raise AssertionError(f"{names} was taken for names")


def place(coordinates: Any) -> tuple[float, float]:
    found = find_places(coordinates, resolve_nothing)
    assert not found.many
    (only,) = found.places
    return only.ra_deg, only.dec_deg


@pytest.mark.parametrize(
    ("text", "ra", "dec"),
    [
        ("322.49324 12.16683", 322.49324, 12.16683),
        ("  322.49324   +12.16683 ", 322.49324, 12.16683),
        ("322.49324, 12.16683", 322.49324, 12.16683),
        ("322.49324,12.16683", 322.49324, 12.16683),
        ("-10 20", 350, 20),
        ("400 -20", 40, -20),
        ("1e2 .5", 100, 0.5),
        ("0 -90", 0, -90),
    ],
)
def test_a_text_of_two_numbers_is_a_position_in_degrees(text: str, ra: float, dec: float) -> None:
    with pytest.warns(InputWarning, match="ICRS coordinate provided in degrees"):
        assert place(text) == (ra, dec)


@pytest.mark.parametrize(
    ("text", "ra", "dec"),
    [
        ("10h04m -5d", 151, -5),
        ("10h04m00s, -5d00m00s", 151, -5),
        ("1h2m3s+4d5m6s", 15.5125, 4.085),
        ("100d 20d", 100, 20),
        ("12.5 deg 30 deg", 12.5, 30),
        ("10 hours 30 degrees", 150, 30),
        ("0.5rad 0.2rad", 28.64788975654116, 11.459155902616466),
    ],
)
def test_a_text_with_units_is_a_position(text: str, ra: float, dec: float) -> None:
    with pytest.warns(InputWarning, match=r"ICRS coordinate\.$"):
        assert place(text) == pytest.approx((ra, dec))


SEXAGESIMAL = ("10:04:00 -05:30:00", "10 04 00 -05 30 00", "10:04:00,-5:30", "J100400.0-053000")


@pytest.mark.parametrize("text", SEXAGESIMAL)
def test_sexagesimal_without_units_is_hours_and_degrees(text: str) -> None:
    with pytest.warns(InputWarning, match="its right ascension in hours"):
        assert place(text) == pytest.approx((151, -5.5))


@pytest.mark.parametrize("text", SEXAGESIMAL)
def test_in_the_place_of_astroquery_it_is_degrees_and_the_warning_tells_both(text: str) -> None:
    with pytest.warns(InputWarning, match=r"in degrees.*10.0667 -5.5: write 1h2m3s .*151 -5.5\."):
        found = find_places(text, resolve_nothing, hours=False).places[0]
    assert (found.ra_deg, found.dec_deg) == pytest.approx((10 + 4 / 60, -5.5))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("10:61:00 -05:30:00", "minutes and seconds are below 60"),
        ("25:00:00 -05:30:00", "the right ascension is from 0 to 24 hours"),
        ("10h04m00s +95d00m00s", "the declination from -90 to 90"),
    ],
)
def test_sexagesimal_numbers_out_of_range_are_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidQueryError, match=says):
        place(text)


@pytest.mark.parametrize("name", ["J1403+5420", "J0437-4715", "SDSS J140312.54+542056.2", "3C 273"])
def test_a_short_position_in_a_name_leaves_it_a_name(name: str) -> None:
    asked: list[str] = []

    def remember(names: Sequence[str], from_list: bool) -> Mapping[str, tuple[float, float]]:
        asked.extend(names)
        return dict.fromkeys(names, (1.0, 2.0))

    find_places(name, remember)
    assert asked == [name]


def test_every_sexagesimal_text_means_what_astropy_reads() -> None:
    generator = np.random.default_rng(7)
    ra, dec = generator.uniform(0, 360, 200), generator.uniform(-90, 90, 200)
    sky = SkyCoord(ra, dec, unit="deg")
    forms = [
        sky.to_string("hmsdms", precision=4),
        sky.to_string("hmsdms", sep=":", precision=4),
        sky.to_string("hmsdms", sep=" ", precision=4),
        ["J" + text.replace(" ", "") for text in sky.to_string("hmsdms", sep="", precision=4)],
        sky.to_string("dms", precision=4),
    ]
    for texts in forms:
        found = [read_sexagesimal(text) for text in texts]
        assert np.array(found, dtype=float) == pytest.approx(np.transpose([ra, dec]), abs=1e-6)


@pytest.mark.parametrize(
    "coordinates",
    [
        SkyCoord(10, 20, unit="deg"),
        SkyCoord(10, 20, unit="deg").galactic,
        SkyCoord(10, 20, unit="deg").transform_to(FK5(equinox="J1975")),
        SkyCoord(10, 20, unit="deg").frame,
        (10, 20),
        [10.0, 20.0],
        np.array([10, 20]),
        (10 * u.deg, 1200 * u.arcmin),
        [10, 20] * u.deg,
        (Angle("0h40m"), Angle("20d")),
        Table({"ra": [10.0], "dec": [20.0]})[0],
        Table({"s_ra": [10.0] * u.deg, "s_dec": [1200.0] * u.arcmin})[0],
    ],
    ids=repr,
)
def test_a_position_of_any_kind_comes_out_in_icrs(coordinates: Any) -> None:
    assert place(coordinates) == pytest.approx((10, 20), abs=1e-9)


@pytest.mark.parametrize(
    "coordinates",
    [
        SkyCoord([10, 30], [20, 40], unit="deg"),
        SkyCoord([[10], [30]], [[20], [40]], unit="deg"),
        [(10, 20), (30, 40)],
        ((10, 20), (30, 40)),
        (np.array([10, 30]), np.array([20, 40])),
        ([10, 30] * u.deg, [20, 40] * u.deg),
        np.array([[10, 20], [30, 40]]),
        Table({"RA": [10.0, 30.0], "Dec": [20.0, 40.0]}),
        Table({"place": SkyCoord([10, 30], [20, 40], unit="deg")}),
        [SkyCoord(10, 20, unit="deg"), (30, 40)],
    ],
    ids=lambda value: type(value).__name__,
)
def test_many_positions_keep_their_order(coordinates: Any) -> None:
    found = find_places(coordinates, resolve_nothing)
    assert found.many
    assert [(p.ra_deg, p.dec_deg) for p in found.places] == [(10, 20), (30, 40)]
    assert [(p.index, p.given) for p in found.places] == [(0, "10 20"), (1, "30 40")]


def test_a_list_mixes_texts_and_names_and_leaves_out_unknown_ones() -> None:
    with pytest.warns(InputWarning, match="in degrees"):
        found = find_places(["1 2", "M101", "nowhere", "M8", "3 4"], resolve)
    assert [p.given for p in found.places] == ["1 2", "M101", "M8", "3 4"]
    assert [p.index for p in found.places] == [0, 1, 3, 4]
    assert found.entries == 5


def test_a_text_that_is_no_position_is_taken_for_a_name() -> None:
    found = find_places("M101", resolve)
    assert (found.places[0].ra_deg, found.places[0].dec_deg) == KNOWN["M101"]


def test_decimal_degrees_pass_for_an_object_name() -> None:
    with pytest.warns(InputWarning, match="in degrees"):
        found = places_of_names("158.47924 -7.30962", resolve_nothing)
    assert (found.places[0].ra_deg, found.places[0].dec_deg) == (158.47924, -7.30962)


@pytest.mark.parametrize(
    ("coordinates", "error", "says"),
    [
        ("nowhere", ResolverError, 'Could not resolve "nowhere".*cannot be read as coordinates'),
        ("", InvalidQueryError, "'' is neither coordinates nor an object name"),
        ("  ", InvalidQueryError, "neither coordinates nor an object name"),
        ("10 95", InvalidQueryError, "'10 95' is no position: the declination must be"),
        ("10 20 30", InvalidQueryError, "'10 20 30' cannot be parsed as a coordinate"),
        (5, InvalidQueryError, "5 cannot be parsed as a coordinate"),
        (None, InvalidQueryError, "None cannot be parsed as a coordinate"),
        ({"ra": 1}, InvalidQueryError, "The table has no positions"),
        ((10, 95), InvalidQueryError, r"\(10, 95\) cannot be parsed as a coordinate.*95"),
        ((np.nan, 1), InvalidQueryError, "Position 0 is not a number"),
        ([(1, 2), (np.inf, 2)], InvalidQueryError, "Position 1 is not a number"),
        ((1 * u.s, 2 * u.s), InvalidQueryError, "cannot be parsed as a coordinate"),
        (Galactic(), InvalidQueryError, "cannot be brought to ICRS"),
        ([], InvalidQueryError, "No targets were provided"),
        (np.empty((0, 2)), InvalidQueryError, "No targets were provided"),
        (Table({"ra": [], "dec": []}), InvalidQueryError, "No targets were provided"),
        (Table({"a": [1]}), InvalidQueryError, "The table has no positions.*Its columns: a"),
        ([[(1, 2), (3, 4)], (5, 6)], InvalidQueryError, "A list of targets cannot hold lists"),
        (["nowhere", "nor here"], ResolverError, "Could not resolve any of the given"),
    ],
)
def test_what_is_no_place_is_refused(coordinates: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        find_places(coordinates, resolve)


def test_names_that_are_no_texts_are_refused() -> None:
    with pytest.raises(InvalidQueryError, match="All object names must be strings, not 5"):
        places_of_names(["M8", 5], resolve)  # type: ignore[list-item]
    with pytest.raises(InvalidQueryError, match="An object name is a text such as 'M101', not 5"):
        places_of_names(5, resolve)  # type: ignore[arg-type]
