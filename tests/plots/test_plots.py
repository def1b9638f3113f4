"""Maps of footprints: everything is where it should be on the sky, also at the poles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from topmast.errors import InputWarning, InvalidQueryError, MissingExtraError
from topmast.plots import footprints
from topmast.sky import distance_deg, offset, parse_region, separation_deg

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402

FIELDS = [(210.8, 54.35, 0.2), (0.01, -10.0, 0.2), (359.99, 0.0, 5.0), (40.0, 89.5, 0.4),
          (40.0, 90.0, 1.0), (123.0, -90.0, 0.01), (300.0, -60.0, 45.0)]  # fmt: skip


def square(ra: float, dec: float, half: float, turn: float = 10.0) -> str:
    vertices = offset(ra, dec, turn + np.array([45.0, 135, 225, 315]), half * np.sqrt(2))
    return "POLYGON ICRS " + " ".join(
        f"{ra!r} {dec!r}" for ra, dec in np.transpose(vertices).tolist()
    )


def observations(*rows: tuple[str, Any]) -> Table:
    """Rows of mission and region."""
    return Table(rows=list(rows), names=["obs_collection", "s_region"], dtype=[str, str])


def around(ra: float, dec: float, radius: float) -> Table:
    """Two squares and a circle beside the centre."""
    places = [offset(ra, dec, turn, radius / 2) for turn in (0, 120, 240)]
    return observations(
        ("HST", square(*places[0], radius / 8)),
        ("JWST", square(*places[1], radius / 4)),
        ("HST", f"CIRCLE ICRS {places[2][0]} {places[2][1]} {radius / 5}"),
    )


def sky_of(axes: Any, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return tuple(axes.wcs.wcs_pix2world(places, 0).T)


def lines(axes: Any, label: str) -> list[Any]:
    return [line for line in axes.get_lines() if line.get_label() == label]


def rims(axes: Any) -> list[np.ndarray]:
    """The drawn footprints, each as places on the map."""
    return [path.vertices for group in axes.collections for path in group.get_paths()]


def legend(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.figure.axes[-1].get_legend().get_texts()]


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    pyplot.close("all")


def placed(ra: float, dec: float) -> Any:
    from astropy.coordinates import SkyCoord

    return SkyCoord(ra, dec, unit="deg")


class TestPlaces:
    @pytest.mark.parametrize("field", FIELDS)
    def test_the_search_circle_is_where_was_searched(
        self, field: tuple[float, float, float]
    ) -> None:
        ra, dec, radius = field

        axes = footprints(around(*field), coordinates=placed(ra, dec), radius=radius)

        (circle,) = lines(axes, "search circle")
        found = separation_deg(ra, dec, *sky_of(axes, circle.get_xydata()))
        assert found == pytest.approx(radius, rel=1e-6)
        (centre,) = lines(axes, "search position")
        assert separation_deg(ra, dec, *sky_of(axes, centre.get_xydata()))[0] < 1e-9

    @pytest.mark.parametrize("field", FIELDS)
    def test_the_rims_are_those_of_the_footprints(self, field: tuple[float, float, float]) -> None:
        table = around(*field)

        axes = footprints(table, coordinates=placed(*field[:2]), radius=field[2])

        regions = [parse_region(text) for text in table["s_region"]]
        drawn = rims(axes)
        assert len(drawn) == 3
        for rim in drawn:
            ra, dec = sky_of(axes, rim)
            away = [distance_deg(region, ra, dec).max() for region in regions]
            assert min(away) < 1e-6 * field[2]
            assert len(rim) > 4

    def test_edges_follow_great_circles(self) -> None:
        table = observations(("TESS", "POLYGON 0 60 40 60 40 50 0 50"))

        axes = footprints(table)

        _, dec = sky_of(axes, np.concatenate(rims(axes)))
        assert dec.max() == pytest.approx(61.52, abs=0.01)

    def test_the_edges_of_a_large_square_reach_through_a_small_field(self) -> None:
        table = observations(("TESS", square(10, 20, 6, 0)))
        corner = np.radians(6 * np.sqrt(2))
        reach = np.degrees(np.arctan(np.tan(corner) * np.sqrt(0.5)))

        axes = footprints(table, coordinates=placed(10, 20 + reach), radius=0.05)

        (rim,) = rims(axes)
        along = np.argsort(rim[:, 0])
        near = along[np.abs(rim[along, 1]) < 0.5]
        assert np.interp(0.03, rim[near, 0], rim[near, 1]) == pytest.approx(0, abs=1e-4)
        assert axes.get_ylim() == pytest.approx((-0.06, 0.06))

    def test_ra_grows_to_the_left_and_dec_upwards(self) -> None:
        axes = footprints(around(0, 0, 0.2), coordinates=placed(0, 0), radius=0.2)

        (east, north), (x0, x1) = axes.wcs.wcs_world2pix([[0.1, 0], [0, 0.1]], 0), axes.get_xlim()
        assert x0 < east[0] < 0 < x1
        assert north[1] > 0

    def test_without_a_circle_all_footprints_are_seen(self) -> None:
        axes = footprints(around(0, 80, 3))

        places = np.concatenate(rims(axes))
        (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
        assert x0 < places[:, 0].min() < places[:, 0].max() < x1
        assert y0 < places[:, 1].min() < places[:, 1].max() < y1

    def test_no_line_runs_across_the_map_of_the_whole_sky(self) -> None:
        table = observations(
            *(("HST", square(ra, dec, 5)) for ra in range(0, 360, 20) for dec in (-60, 0, 60))
        )

        axes = footprints(table)

        assert len(rims(axes)) > 54
        for rim in rims(axes):
            assert np.hypot(*np.diff(rim, axis=0).T).max(initial=0) < 30


class TestLook:
    def test_the_title_and_the_legend_count(self) -> None:
        axes = footprints(around(10, 20, 1))

        assert axes.get_title() == "3 observations, 2 missions"
        assert legend(axes) == ["HST: 2", "JWST: 1"]

    def test_one_is_not_many(self) -> None:
        axes = footprints(observations(("HST", "CIRCLE 1 2 0.1")))

        assert axes.get_title() == "1 observation, 1 mission"

    def test_a_tiny_footprint_is_a_marker(self) -> None:
        table = observations(("TESS", "CIRCLE ICRS 10.1 20 0.00138889"))

        axes = footprints(table, coordinates=placed(10, 20), radius=0.5)

        marker = next(line for line in axes.get_lines() if line.get_marker() == "D")
        assert sky_of(axes, marker.get_xydata())[0] == pytest.approx([10.1])
        assert rims(axes) == []

    def test_a_footprint_wider_than_the_map_is_told_in_the_legend(self) -> None:
        table = observations(("TESS", square(10, 20, 6)), ("TESS", square(10, 20, 0.05)))

        axes = footprints(table, coordinates=placed(10, 20), radius=0.2)

        assert legend(axes) == ["TESS: 2\n(1 wider than the map)"]
        assert axes.get_xlim() == pytest.approx((-0.24, 0.24))

    def test_no_two_of_many_missions_look_alike(self) -> None:
        table = observations(*((f"M{number}", square(number, 0, 0.3)) for number in range(20)))

        axes = footprints(table)

        looks = {
            (line.get_color(), line.get_marker(), line.get_linestyle())
            for line in axes.figure.axes[-1].get_legend().get_lines()
        }
        assert len(looks) == 20

    def test_a_mission_has_its_colour_on_every_map(self) -> None:
        colours = [
            next(iter(footprints(table).figure.axes[-1].get_legend().get_lines())).get_color()
            for table in (around(10, 20, 1), observations(("HST", "CIRCLE 1 1 1")))
        ]

        assert colours[0] == colours[1]


class TestRowsWithoutRegion:
    def test_they_are_points_or_left_out_and_counted(self) -> None:
        table = observations(*[("HST", "CIRCLE 10 20 0.1"), *[("HST", "nonsense")] * 2])
        table["s_region"] = MaskedColumn(table["s_region"], mask=[False, False, True])
        table["s_ra"] = MaskedColumn([10.0, 10.1, 0.0], mask=[False, False, True])
        table["s_dec"] = [20.0, 20.0, 20.0]

        with pytest.warns(InputWarning) as caught:
            axes = footprints(table)

        assert str(caught[0].message) == (
            "2 of 3 rows have no region that can be read. Drawn as points at s_ra and s_dec: 1; "
            "left out: 1."
        )
        assert caught[0].filename == __file__
        assert axes.get_title() == "2 observations, 1 mission"

    def test_positions_alone_do(self) -> None:
        axes = footprints(Table({"s_ra": [10.0, 10.2], "s_dec": [20.0, 20.1]}))

        assert legend(axes) == ["unknown mission: 2"]

    def test_a_table_without_places_is_refused(self) -> None:
        with pytest.raises(InvalidQueryError, match=r"no column s_region.*columns are: obsid"):
            footprints(Table({"obsid": [1]}))

    @pytest.mark.parametrize("search", [{}, {"coordinates": "40 20", "radius": "1 arcmin"}])
    @pytest.mark.filterwarnings("ignore:Coordinate string")
    def test_an_empty_table_is_an_empty_map(self, search: dict[str, Any], tmp_path: Path) -> None:
        axes = footprints(around(1, 2, 3)[:0], path=tmp_path / "empty.png", **search)

        assert axes.get_title() == "0 observations, 0 missions"
        assert len(lines(axes, "search circle")) == bool(search)


class TestArguments:
    @pytest.mark.parametrize(
        ("name", "start"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")]
    )
    @pytest.mark.parametrize("field", [(40.0, 90.0, 1.0), (0.0, 0.0, 100.0)])
    def test_a_picture_is_saved_in_the_format_of_its_name(
        self, name: str, start: bytes, field: tuple[float, float, float], tmp_path: Path
    ) -> None:
        footprints(around(*field), path=tmp_path / name)

        assert (tmp_path / name).read_bytes().startswith(start)

    def test_saving_leaves_no_figure_behind_and_closes_none(self, tmp_path: Path) -> None:
        own = pyplot.figure()

        footprints(around(1, 2, 3), path=tmp_path / "a.png")

        assert pyplot.get_fignums() == [own.number]

    def test_plain_axes_show_degrees_from_the_centre(self) -> None:
        axes = pyplot.figure().add_subplot()

        answer = footprints(around(10, 60, 1), coordinates=placed(10, 60), radius=1, ax=axes)

        assert answer is axes
        (circle,) = lines(axes, "search circle")
        assert np.hypot(*circle.get_xydata().T) == pytest.approx(1)
        assert axes.get_xlim() == pytest.approx((1.2, -1.2))

    def test_axes_with_a_wcs_keep_their_limits(self) -> None:
        from astropy.wcs import WCS

        wcs = WCS(naxis=2)
        wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [10, 60]
        wcs.wcs.cdelt, wcs.wcs.crpix = [-0.01, 0.01], [50, 50]
        axes = pyplot.figure().add_subplot(projection=wcs)
        axes.set_xlim(0, 99)

        assert footprints(around(10, 60, 0.3), ax=axes) is axes

        assert axes.get_xlim() == (0, 99)
        assert (
            distance_deg(parse_region("CIRCLE 10 60 0.5"), *sky_of(axes, rims(axes)[0])).max() == 0
        )

    def test_a_radius_needs_a_place(self) -> None:
        with pytest.raises(InvalidQueryError, match="radius needs coordinates"):
            footprints(around(1, 2, 3), radius=1)

    def test_one_map_has_one_centre(self) -> None:
        with pytest.raises(InvalidQueryError, match="2 places were given"):
            footprints(around(1, 2, 3), coordinates=placed([1, 2], [3, 4]), radius=1)

    def test_without_matplotlib_the_message_says_how_to_get_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib", None)

        with pytest.raises(MissingExtraError, match=r"pip install '.*\[plots\]'"):
            footprints(around(1, 2, 3))
