"""Footprints, their text and their distances."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topmast.sky import (
    Circle,
    Footprint,
    Polygon,
    bounding_cap,
    cell_ranges_of_cone,
    cells_of_cone,
    cells_of_points,
    distance_deg,
    normalized_ra,
    offset,
    overlaps,
    parse_region,
    position_angle_deg,
    region_text,
    separation_deg,
    shapes_of_regions,
    unit_vectors,
)

SQUARE = Footprint((Polygon((10.0, 11.0, 11.0, 10.0), (20.0, 20.0, 21.0, 21.0)),))

TOKENS = (
    "POLYGON|circle|ICRS|J2000|1|20|-3.5|.5|1e1|+7.|1e400|95|4-5|e|nan|UNION|(|)"
    "| POLYGON 1 2 3 4 5 6| CIRCLE 1 2 3|  |\t"
)

ras = st.floats(0, 360, exclude_max=True)
decs = st.floats(-90, 90) | st.sampled_from([-90.0, 90.0, 89.999999, 0.0])
angles = st.floats(0, 360)


@st.composite
def polygons(draw: st.DrawFn) -> Polygon:
    """Star-shaped around a place anywhere, from arcseconds to 60 degrees."""
    ra, dec = draw(ras), draw(decs)
    turns = sorted(draw(st.lists(angles, min_size=3, max_size=8)))
    size = 10 ** draw(st.floats(-4, math.log10(60)))
    away = draw(st.lists(st.floats(0.05, 1), min_size=len(turns), max_size=len(turns)))
    vertices = offset(ra, dec, np.array(turns), size * np.array(away))
    return Polygon(*(tuple(each.tolist()) for each in vertices))


circles = st.builds(Circle, ras, decs, st.floats(0, 60))
footprints = st.builds(
    lambda regions: Footprint(tuple(regions)),
    st.lists(polygons() | circles, min_size=1, max_size=3),
)


class TestParsing:
    @pytest.mark.parametrize(
        "text",
        [
            "POLYGON ICRS 10 20 11 20 11 21 10 21",
            "POLYGON J2000 10 20 11 20 11 21 10 21",
            "POLYGON GSC1  10 20  11 20  11 21  10 21",
            "POLYGON FK5 10 20 11 20 11 21 10 21",
            "POLYGON 10 20 11 20 11 21 10 21",
            "polygon icrs\t10 2e1 1.1E+1 20. +11 21 10. 21\n",
            "POLYGON 370 20 -349 20 371 21 -350 21",
            "Polygon ICRS TOPOCENTER 10 20, 11 20, 11 21, 10 21",
        ],
    )
    def test_all_spellings_give_the_same_polygon(self, text: str) -> None:
        assert parse_region(text) == SQUARE

    def test_the_closing_vertex_changes_nothing(self) -> None:
        closed = parse_region("POLYGON ICRS 10 20 11 20 11 21 10 21 10 20 10 20")

        assert distance_deg(closed, 10.5, 20.5) == 0
        assert distance_deg(closed, 12, 20.5) == distance_deg(SQUARE, 12, 20.5)

    @pytest.mark.parametrize("name", ["POSITION ICRS", "POINT", "position"])
    def test_a_position_is_a_circle_of_radius_zero(self, name: str) -> None:
        assert parse_region(f"{name} 1 2") == Footprint((Circle(1.0, 2.0, 0.0),))

    @pytest.mark.parametrize(
        "text",
        [
            "CIRCLE ICRS 1 2 3 POLYGON ICRS 10 20 11 20 11 21 10 21",
            "UNION ICRS ( CIRCLE 1 2 3 POLYGON 10 20 11 20 11 21 10 21 )",
            "Union ICRS (Circle 1 2 3 Union (Polygon 10 20 11 20 11 21 10 21))",
        ],
    )
    def test_several_regions_are_one_footprint(self, text: str) -> None:
        assert parse_region(text).regions == (Circle(1.0, 2.0, 3.0), *SQUARE.regions)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "no POLYGON and no CIRCLE"),
            ("ICRS", "no POLYGON and no CIRCLE"),
            ("1 2 3", "come before any POLYGON"),
            ("POLYGON ICRS", "at least 3 vertices, not 0"),
            ("POLYGON 1 2 3 4", "at least 3 vertices, not 2"),
            ("POLYGON 1 2 3 4 5 6 7", "pairs of ra and dec, not 7 numbers"),
            ("POLYGON 1 2 3 4 5 nan", "not finite"),
            ("POLYGON 1 2 3 4 5 1e999", "too large"),
            ("POLYGON 1 2 3 4 5 96", "declination 96.0"),
            ("POLYGON 0 0 180 0 0 90", "opposite points"),
            ("POLYGON 0 89 0 -89 180 -89", "opposite points"),
            ("CIRCLE ICRS 1 2", "3 numbers"),
            ("CIRCLE ICRS 1 2 -3", "radius -3.0"),
            ("CIRCLE ICRS 1 2 1_0", "'1_0' is unknown"),
            ("CIRCLE GALACTIC 1 2 3", "frame GALACTIC"),
            ("BOX ICRS 1 2 3 4", "BOX regions"),
            ("ELLIPSE ICRS 1 2 3 4 5", "ELLIPSE regions"),
            ("Intersection ICRS (Circle 1 2 3 Circle 1 2 4)", "INTERSECTION regions"),
            ("UNION (CIRCLE 1 2 3", "bracket"),
            ("<html>", "'<html>' is unknown"),
        ],
    )
    def test_what_is_no_region_is_refused_with_its_text(self, text: str, reason: str) -> None:
        with pytest.raises(ValueError, match="Cannot read the region") as caught:
            parse_region(text)

        assert reason in str(caught.value)
        assert repr(text) in str(caught.value)

    def test_a_long_refused_text_is_cut_in_the_message(self) -> None:
        with pytest.raises(ValueError) as caught:
            parse_region("POLYGON " + "1 " * 10_001)

        assert len(str(caught.value)) < 400

    @given(footprints)
    def test_writing_and_reading_back_gives_the_same_footprint(self, footprint: Footprint) -> None:
        assert parse_region(region_text(footprint)) == footprint


class TestManyTexts:
    TEXTS = [
        "POLYGON ICRS 10 20 11 20 11 21 10 21 10 20",
        None,
        "circle  j2000 359.9 -89.5 0.25",
        "UNION ICRS ( CIRCLE 1 2 3 POLYGON 10 20 11 20 11 21 10 21 )",
        "nonsense",
        SQUARE,
        "POLYGON 0 0 180 0 0 90",
        "CIRCLE 1 95 1",
        "CIRCLE 1 2 3-4",
        "POLYGON 1 2 3 4 5-6 7",
        "CIRCLE ICRS 1 2 3 POLYGON ICRS 10 20 11 20 11 21 10 21 circle 3 4 5",
        "CIRCLE ICRS 1 2 3 CIRCLE 1 99 3",
    ]

    def test_texts_read_together_are_the_texts_read_one_by_one(self) -> None:
        good = [0, 2, 3, 5, 10]
        shapes = shapes_of_regions(self.TEXTS)

        assert sorted(set(shapes.owner.tolist())) == good
        for ra, dec in [(10.5, 20.5), (0, 0), (123, -80)]:
            for row in good:
                text = self.TEXTS[row]
                footprint = text if isinstance(text, Footprint) else parse_region(str(text))
                rows = np.flatnonzero(shapes.owner == row)
                found = np.rad2deg(shapes.distances(rows, unit_vectors(ra, dec)).min())
                assert found == pytest.approx(distance_deg(footprint, ra, dec), abs=1e-12)

    @pytest.mark.parametrize(
        "text",
        [
            "POLYGONICRS 10 20 10 30 20 30",
            "CIRCLE 1_0 2 3",
            "CIRCLE ICRS ICRS 1 2",
            "CIRCLE 1 \u0662 3",
            "POLYGON ICRS nan 20 10 30 20 30",
            "CIRCLE ICRS inf 2 3",
            "CIRCLE ICRS",
        ],
    )
    def test_what_is_nearly_a_plain_region_is_none_in_either_way(self, text: str) -> None:
        assert len(shapes_of_regions([text])) == 0
        with pytest.raises(ValueError, match="Cannot read the region"):
            parse_region(text)

    def test_a_position_stands_in_for_what_cannot_be_read(self) -> None:
        ra = np.ma.masked_array([50.0] * 12, mask=[False] * 6 + [True] + [False] * 5)
        dec = [5.0, 5, 5, 5, 5, 5, 5, math.nan, 5, 5, 5, 5]

        shapes = shapes_of_regions(self.TEXTS, ra, dec)

        points = np.flatnonzero((shapes.radius == 0) & (np.diff(shapes.offsets) == 0))
        assert sorted(shapes.owner[points].tolist()) == [1, 4, 8, 9, 11]

    @settings(max_examples=300)
    @given(
        st.lists(
            st.sampled_from(TOKENS.split("|")),
            max_size=12,
        ),
        st.sampled_from([" ", " ", "  ", ""]),
    )
    def test_reading_together_refuses_what_reading_one_refuses(
        self, words: list[str], between: str
    ) -> None:
        text = between.join(words)
        try:
            regions = len(parse_region(text).regions)
        except ValueError:
            regions = 0

        assert len(shapes_of_regions(["CIRCLE 1 1 1", text])) == 1 + regions

    @settings(max_examples=60)
    @given(st.lists(st.sampled_from(TOKENS.split("|")), max_size=9), st.sampled_from([" ", "  "]))
    def test_many_texts_at_once_give_the_same_numbers(self, words: list[str], between: str) -> None:
        texts = [between.join(words), "POLYGON ICRS 1 2 3 4 5 -6e-1 ", *map(str, self.TEXTS)]
        many = shapes_of_regions([*texts, None] + ["CIRCLE 1 1 1"] * 100)

        for row, text in enumerate(texts):
            alone, rows = shapes_of_regions([text]), np.flatnonzero(many.owner == row)
            assert many.radius[rows].tolist() == alone.radius.tolist()
            assert many.centre[rows].tolist() == alone.centre.tolist()
            assert many.take(rows).vertices.tolist() == alone.vertices.tolist()

    def test_no_texts_give_no_shapes(self) -> None:
        assert len(shapes_of_regions([])) == 0
        assert len(shapes_of_regions([None, ""])) == 0


class TestDistance:
    def test_inside_is_zero(self) -> None:
        assert distance_deg(SQUARE, 10.5, 20.5) == 0
        assert isinstance(distance_deg(SQUARE, 10.5, 20.5), float)

    def test_it_is_measured_to_the_nearest_edge_or_vertex(self) -> None:
        assert distance_deg(SQUARE, 10.0, 19.0) == pytest.approx(1.0, abs=1e-12)
        bulge = math.degrees(math.atan(math.tan(math.radians(21)) / math.cos(math.radians(0.5))))
        assert distance_deg(SQUARE, 10.5, 22.0) == pytest.approx(22 - bulge, abs=1e-12)

    def test_edges_are_great_circles(self) -> None:
        wide = parse_region("POLYGON 0 60 90 60 90 50 0 50")

        assert distance_deg(wide, 45, 67) == 0
        assert distance_deg(wide, 45, 52) > 6

    def test_both_directions_round_mean_the_smaller_area(self) -> None:
        reverse = parse_region("POLYGON 10 21 11 21 11 20 10 20")

        assert distance_deg(reverse, 10.5, 20.5) == 0
        assert distance_deg(reverse, 190, -20) == pytest.approx(distance_deg(SQUARE, 190, -20))

    def test_the_notch_of_a_bent_polygon_is_outside(self) -> None:
        bent = parse_region("POLYGON 0 0 2 0 2 2 1 2 1 1 0 1")

        assert distance_deg(bent, 0.5, 0.5) == 0
        assert distance_deg(bent, 0.5, 1.5) == pytest.approx(0.5, rel=1e-3)

    @pytest.mark.parametrize("ra", [0.0, 90.0, 359.0])
    def test_a_polygon_around_the_pole_holds_it(self, ra: float) -> None:
        cap = parse_region("POLYGON 0 89 90 89 180 89 270 89")

        assert distance_deg(cap, ra, 90) == 0
        assert distance_deg(cap, ra, -90) > 178

    def test_a_polygon_across_ra_zero_is_small(self) -> None:
        across = parse_region("POLYGON 359.5 -0.5 0.5 -0.5 0.5 0.5 359.5 0.5")

        assert distance_deg(across, 0, 0) == distance_deg(across, 360, 0) == 0
        corner = separation_deg(180, 0, 0.5, 0.5)
        assert distance_deg(across, 180, 0) == pytest.approx(corner, abs=1e-12)

    def test_a_polygon_larger_than_a_hemisphere_can_hold_means_the_smaller_side(self) -> None:
        band = parse_region("POLYGON 0 10 100 10 200 10 300 10 300 -10 200 -10 100 -10 0 -10")

        assert distance_deg(band, 150, 0) == 0
        assert distance_deg(band, 330, 0) == pytest.approx(29.5, abs=1)
        assert distance_deg(band, 0, 90) > 60

    @pytest.mark.parametrize(
        "text",
        [
            "POLYGON 10 20 10 20 10 20",
            "POLYGON 10 20 11 20 10 20",
            "POLYGON 0 90 120 90 240 90",
            "POLYGON 10 20 10 20.5 10 21 10 20.5",
        ],
    )
    def test_a_polygon_without_area_is_a_line_or_a_point(self, text: str) -> None:
        line = parse_region(text)
        region = line.regions[0]
        assert isinstance(region, Polygon)

        assert distance_deg(line, region.ra_deg[0], region.dec_deg[0]) == 0
        assert distance_deg(line, 12, 20) > 0.9

    def test_a_polygon_of_a_milliarcsecond_is_seen_sharply(self) -> None:
        size = 1e-3 / 3600
        tiny = parse_region(f"POLYGON 10 0 {10 + size!r} 0 {10 + size!r} {size!r} 10 {size!r}")

        assert distance_deg(tiny, 10 + size / 3, size / 3) == 0
        assert distance_deg(tiny, 10 - size, size / 2) == pytest.approx(size, rel=1e-5)

    def test_both_lobes_of_a_crossed_polygon_are_inside(self) -> None:
        crossed = parse_region("POLYGON 0 0 2 2 2 0 0 2")

        assert distance_deg(crossed, 0.3, 1) == distance_deg(crossed, 1.7, 1) == 0
        assert distance_deg(crossed, 1, 1.8) > 0.1

    def test_a_circle_reaches_as_far_as_its_radius(self) -> None:
        circle = parse_region("CIRCLE ICRS 10 89.9 0.5")

        assert distance_deg(circle, 190, 89.9) == 0
        assert distance_deg(circle, 190, 89) == pytest.approx(0.6, abs=1e-12)

    def test_a_union_is_as_near_as_its_nearest_region(self) -> None:
        both = parse_region("CIRCLE 0 0 1 CIRCLE 10 0 1")

        assert distance_deg(both, [0, 5, 7, 10], 0) == pytest.approx([0, 4, 2, 0], abs=1e-12)

    def test_an_array_of_positions_gives_an_array(self) -> None:
        ra = np.linspace(0, 359, 12).reshape(3, 4)

        answer = distance_deg(SQUARE, ra, 20.5)

        assert answer.shape == (3, 4)
        assert answer[1, 2] == distance_deg(SQUARE, ra[1, 2], 20.5)

    def test_a_position_that_is_not_finite_has_no_distance(self) -> None:
        assert np.isnan(distance_deg(SQUARE, [math.nan, math.inf, 1], [1, 1, math.nan])).all()
        assert not overlaps(SQUARE, math.nan, 0, 180)

    def test_overlap_includes_the_rim(self) -> None:
        assert overlaps(SQUARE, 10, 19, 1.0)
        assert not overlaps(SQUARE, 10, 19, 0.9999999)

    @given(polygons(), ras, decs, angles)
    def test_it_does_not_grow_faster_than_one_walks(
        self, polygon: Polygon, ra: float, dec: float, turn: float
    ) -> None:
        footprint = Footprint((polygon,))
        here = distance_deg(footprint, ra, dec)
        there = distance_deg(footprint, *offset(ra, dec, turn, 0.5))

        assert abs(here - there) <= 0.5 + 1e-9

    def test_recorded_polygon_distances_are_met(self, recorded: Path) -> None:
        answer = json.loads((recorded / "responses/Mast.Caom.Cone/caom_2017.json").read_text())
        rows = [row for row in answer["data"] if row["s_region"].startswith("POLYGON")]

        for row in rows:
            arcsec = 3600 * distance_deg(parse_region(row["s_region"]), 23.34086, 60.658)
            assert arcsec == pytest.approx(row["distance"], rel=1e-3)
        assert rows


class TestCap:
    @settings(max_examples=200)
    @given(footprints, angles, st.floats(0, 1))
    def test_it_covers_the_footprint(self, footprint: Footprint, turn: float, part: float) -> None:
        ra, dec, radius = bounding_cap(footprint)
        place = offset(ra, dec, turn, part * 180)

        if distance_deg(footprint, *place) == 0:
            assert separation_deg(ra, dec, *place) <= radius + 1e-10

    @given(polygons())
    def test_it_is_not_much_wider_than_the_polygon(self, polygon: Polygon) -> None:
        radius = bounding_cap(Footprint((polygon,)))[2]
        ra, dec = polygon.ra_deg, polygon.dec_deg
        widest = max(separation_deg(ra, dec, *vertex).max() for vertex in zip(ra, dec, strict=True))

        assert radius == 180 or radius <= 1.05 * widest + 1e-9

    def test_a_circle_is_its_own_cap(self) -> None:
        cap = bounding_cap(parse_region("CIRCLE 10 20 0.3"))

        assert cap == pytest.approx((10, 20, 0.3), abs=1e-12)


class TestAngles:
    def test_separation_is_stable_at_both_ends(self) -> None:
        tiny = 1e-9

        assert separation_deg(10, 0, 10 + tiny, 0) == pytest.approx(tiny, rel=1e-5)
        assert separation_deg(10, 0, 190 + tiny, 0) == pytest.approx(180 - tiny, abs=1e-13)

    @given(ras, decs, angles, st.floats(1e-6, 179.9))
    def test_an_offset_is_as_far_as_it_says(
        self, ra: float, dec: float, turn: float, separation: float
    ) -> None:
        place = offset(ra, dec, turn, separation)

        assert separation_deg(ra, dec, *place) == pytest.approx(separation, abs=1e-10)

    @given(ras, st.floats(-89, 89), angles, st.floats(1e-3, 170))
    def test_an_offset_lies_in_the_direction_it_says(
        self, ra: float, dec: float, turn: float, separation: float
    ) -> None:
        place = offset(ra, dec, turn, separation)

        found = position_angle_deg(ra, dec, *place)
        assert abs((found - turn + 180) % 360 - 180) < 1e-7

    def test_north_is_zero_and_east_is_ninety(self) -> None:
        assert offset(10, 0, 0, 1) == pytest.approx((10, 1))
        assert offset(10, 0, 90, 1) == pytest.approx((11, 0), abs=1e-12)

    @pytest.mark.parametrize("ra", [-1e-20, 360.0, -360.0, 0.0])
    def test_ra_stays_below_360(self, ra: float) -> None:
        assert normalized_ra(ra) == 0.0


class TestCells:
    @settings(max_examples=300)
    @given(
        ras,
        decs,
        st.floats(0, 180) | st.floats(0, 0.01) | st.just(0.0),
        st.integers(0, 10),
        angles,
        st.floats(0, 1) | st.just(1.0),
    )
    def test_every_place_of_a_cone_is_in_one_of_its_cells(
        self, ra: float, dec: float, radius: float, order: int, turn: float, part: float
    ) -> None:
        radius = min(radius, 60 / 2 ** max(order - 4, 0))
        place = offset(ra, dec, turn, part * radius)

        assert cells_of_points(*place, order) in cells_of_cone(ra, dec, radius, order)

    @settings(max_examples=300)
    @given(
        ras | st.sampled_from([0.0, 45.0, 90.0]),
        decs,
        st.just(0.0) | st.floats(-9, -3).map(lambda power: 10**power),
        st.integers(11, 24),
        angles,
    )
    def test_no_cell_is_lost_at_the_finest_orders(
        self, ra: float, dec: float, radius: float, order: int, turn: float
    ) -> None:
        radius = min(radius, 60 / 2**order)
        cell = cells_of_points(*offset(ra, dec, turn, radius), order)

        ranges = cell_ranges_of_cone(ra, dec, radius, order)

        assert ((ranges[:, 0] <= cell) & (cell < ranges[:, 1])).any()

    def test_a_small_cone_has_few_cells(self) -> None:
        assert len(cells_of_cone(10, 20, 0.001, 8)) <= 4

    def test_the_whole_sky_is_all_cells(self) -> None:
        assert len(cells_of_cone(0, 0, 180, 3)) == 12 * 4**3
