"""The index finds what a test of every footprint finds, whoever writes or is killed meanwhile."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from topmast.archive.footprints import segment as footprint_segment
from topmast.archive.footprints.index import (
    FootprintIndex,
    add_footprints,
    write_index,
)
from topmast.errors import ArchiveError
from topmast.sky import distance_deg, offset, parse_region, separation_deg

COUNT = 1500


def random_texts(count: int, seed: int) -> list[str]:
    """Circles, polygons and pairs from arcseconds to 20 degrees, many at the poles and RA 0."""
    generator = np.random.default_rng(seed)
    return [random_text(generator, number % 5) for number in range(count)]


def random_text(generator: np.random.Generator, kind: int) -> str:
    ra = generator.choice([generator.uniform(0, 360), generator.uniform(-1, 1)])
    dec = generator.choice([np.degrees(np.arcsin(generator.uniform(-1, 1))), 89.99, -90, 89])
    size = 10 ** generator.uniform(-3.5, 1.3)
    if kind == 0:
        return f"CIRCLE ICRS {ra} {dec} {size}"
    if kind == 1:
        return random_text(generator, 0) + " " + random_text(generator, 2)
    turns = np.sort(generator.uniform(0, 360, generator.integers(3, 9)))
    vertices = offset(ra, dec, turns, size * generator.uniform(0.3, 1, len(turns)))
    return "POLYGON " + " ".join(f"{ra!r} {dec!r}" for ra, dec in np.transpose(vertices).tolist())


TEXTS = random_texts(COUNT, 7)
FOOTPRINTS = [parse_region(text) for text in TEXTS]
IDS = np.random.default_rng(8).permutation(10 * COUNT)[:COUNT]


def random_cones(count: int) -> list[tuple[float, float, float]]:
    generator = np.random.default_rng(9)
    decs = [90.0, -90.0, 88.9, 0.0]
    return [
        (generator.uniform(-10, 370), decs[number % 5] if number % 5 < 4 else dec, 10**size)
        for number, (dec, size) in enumerate(
            zip(generator.uniform(-90, 90, count), generator.uniform(-3, 1.5, count), strict=True)
        )
    ]


CONES = random_cones(30)


@pytest.fixture(scope="module")
def distances() -> np.ndarray:
    """Degrees, of each footprint from each of the CONES."""
    ra, dec, _ = np.transpose(CONES)
    return np.array([distance_deg(footprint, ra, dec) for footprint in FOOTPRINTS])


def expected(distances: np.ndarray, number: int) -> tuple[list[int], list[float]]:
    near = np.flatnonzero(distances[:, number] <= CONES[number][2])
    near = near[np.argsort(IDS[near])]
    return IDS[near].tolist(), (3600 * distances[near, number]).tolist()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footprints")
    write_index(folder, IDS, TEXTS)
    return folder


def found_at(folder: Path, ra: float, dec: float, radius: float = 0.001) -> list[int]:
    return FootprintIndex(folder).touching(ra, dec, radius).ids.tolist()


class TestSearching:
    @pytest.mark.parametrize("few", [0, 1000])
    def test_a_cone_finds_what_touches_it_and_how_far_it_is(
        self, folder: Path, distances: np.ndarray, few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(footprint_segment, "FEW_SHAPES", few)
        index = FootprintIndex(folder)

        for number, cone in enumerate(CONES):
            hits = index.touching(*cone)

            want_ids, want_distance = expected(distances, number)
            assert hits.ids.tolist() == want_ids
            assert hits.distances == pytest.approx(want_distance, abs=1e-8)

    def test_many_cones_at_once_are_the_cones_one_by_one(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(footprint_segment, "SHAPES_AT_ONCE", 300)
        index = FootprintIndex(folder)
        ra, dec, radius = np.transpose(CONES)

        hits = index.touching(ra, dec, radius)
        cones, ids, distance = hits.cones, hits.ids, hits.distances

        for number in range(30):
            want = index.touching(ra[number], dec[number], radius[number])
            assert ids[cones == number].tolist() == want.ids.tolist()
            assert distance[cones == number].tolist() == want.distances.tolist()

    def test_one_radius_does_for_many_cones(self, folder: Path) -> None:
        index = FootprintIndex(folder)

        hits = index.touching([0, 90], [89.5, -90], 1)
        cones, ids = hits.cones, hits.ids

        assert ids[cones == 0].tolist() == index.touching(0, 89.5, 1).ids.tolist()
        assert ids[cones == 1].tolist() == index.touching(90, -90, 1).ids.tolist()

    def test_the_whole_sky_finds_all_in_order(self, folder: Path) -> None:
        ids = FootprintIndex(folder).touching(12, 34, 180).ids

        assert ids.tolist() == sorted(IDS.tolist())

    @pytest.mark.parametrize(
        "cone",
        [
            (math.nan, 0, 1),
            (0, math.nan, 1),
            (0, 0, math.nan),
            (math.inf, 0, 1),
            (0, 91, 1),
            (0, 0, -1),
        ],
    )
    def test_what_is_no_cone_finds_nothing(
        self, folder: Path, cone: tuple[float, float, float]
    ) -> None:
        hits = FootprintIndex(folder).touching(*cone)

        assert hits.ids.dtype == np.int64
        assert len(hits.ids) == len(hits.distances) == 0

    @pytest.mark.parametrize("few", [0, 1000])
    @pytest.mark.parametrize(("ra", "dec"), [(10, 20), (45, 0), (0, 90), (185.03, -90)])
    def test_a_cone_of_no_size_finds_what_holds_its_place(
        self, ra: float, dec: float, few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(footprint_segment, "FEW_SHAPES", few)
        beside = dec - math.copysign(1e-5, dec)
        places = [f"CIRCLE {ra} {dec} 1", f"POINT {ra} {dec}", f"POINT {ra} {beside}"]

        write_index(tmp_path, [1, 2, 3], places)

        assert found_at(tmp_path, ra, dec, 0.0) == [1, 2]
        assert found_at(tmp_path, ra, dec, 1.1e-5) == [1, 2, 3]

    def test_opening_reads_no_footprint_into_memory(self, folder: Path) -> None:
        index = FootprintIndex(folder)

        arrays = index._segments[0].shapes.vertices, index._segments[0].keys
        for array in arrays:
            while isinstance(array.base, np.ndarray):
                array = array.base
            assert type(array.base).__name__ == "mmap"


class TestRegionsThatCannotBeRead:
    def test_the_position_stands_in(self, tmp_path: Path) -> None:
        regions = [None, "nonsense", "CIRCLE 30 30 1", None, ""]
        ra = [10.0, 20.0, 50.0, math.nan, 60.0]
        dec = np.ma.masked_array([10.0, 10, 10, 10, 10], mask=[0, 0, 0, 0, 1])

        write_index(tmp_path, [1, 2, 3, 4, 5], regions, ra_deg=ra, dec_deg=dec)

        assert found_at(tmp_path, 10, 10) == [1]
        assert found_at(tmp_path, 20, 10) == [2]
        assert found_at(tmp_path, 50, 10) == []
        assert found_at(tmp_path, 0, 0, 180) == [1, 2, 3]

    def test_without_positions_they_are_never_found(self, tmp_path: Path) -> None:
        write_index(tmp_path, [1, 2], [None, "CIRCLE 1 1 1"])

        assert found_at(tmp_path, 0, 0, 180) == [2]

    def test_lists_of_unequal_length_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="shorter"):
            write_index(tmp_path, [1, 2, 3], ["CIRCLE 1 1 1"])
        with pytest.raises(ValueError, match="positions"):
            write_index(tmp_path, [1, 2], [None, None], ra_deg=[1.0], dec_deg=[1.0])
        assert len(FootprintIndex(tmp_path)) == 0


class TestAdding:
    def test_added_footprints_are_found_beside_the_old_ones(
        self, tmp_path: Path, distances: np.ndarray
    ) -> None:
        write_index(tmp_path, IDS[:1000], TEXTS[:1000])
        for start in range(1000, COUNT, 100):
            part = slice(start, start + 100)
            add_footprints(tmp_path, IDS[part], TEXTS[part])
        index = FootprintIndex(tmp_path)

        for number, cone in enumerate(CONES):
            assert index.touching(*cone).ids.tolist() == expected(distances, number)[0]

    def test_to_a_folder_that_does_not_exist(self, tmp_path: Path) -> None:
        add_footprints(tmp_path / "a" / "b", [5], ["CIRCLE 1 1 1"])

        assert found_at(tmp_path / "a" / "b", 1, 1) == [5]

    def test_an_id_that_is_there_gets_its_new_footprint(self, tmp_path: Path) -> None:
        write_index(tmp_path, range(100), ["CIRCLE 10 10 1"] * 100)

        add_footprints(tmp_path, [3, 4], ["CIRCLE 50 50 1", None])

        assert found_at(tmp_path, 50, 50) == [3]
        assert 3 not in found_at(tmp_path, 10, 10)
        assert 4 not in found_at(tmp_path, 0, 0, 180)
        assert len(found_at(tmp_path, 0, 0, 180)) == 99

    def test_ids_without_a_footprint_are_gone_also_after_a_merge(self, tmp_path: Path) -> None:
        write_index(tmp_path, range(100), ["CIRCLE 10 10 1"] * 100)

        add_footprints(tmp_path, range(5), [None] * 5)
        assert found_at(tmp_path, 10, 10) == list(range(5, 100))
        add_footprints(tmp_path, range(200, 250), ["CIRCLE 10 10 1"] * 50)

        assert len(list(tmp_path.glob("segment-*"))) == 1
        assert found_at(tmp_path, 10, 10) == [*range(5, 100), *range(200, 250)]

    def test_many_small_additions_leave_few_segments(self, tmp_path: Path) -> None:
        write_index(tmp_path, range(1000), ["CIRCLE 10 10 1"] * 1000)

        for number in range(40):
            add_footprints(tmp_path, [1000 + number], ["CIRCLE 10 10 1"])

        assert len(list(tmp_path.glob("segment-*"))) <= 4
        assert found_at(tmp_path, 10, 10) == list(range(1040))

    def test_adding_little_leaves_the_large_segment_untouched(self, tmp_path: Path) -> None:
        write_index(tmp_path, range(1000), ["CIRCLE 10 10 1"] * 1000)
        (large,) = tmp_path.glob("segment-*")
        before = {path: path.stat().st_mtime_ns for path in large.iterdir()}

        add_footprints(tmp_path, [1000], ["CIRCLE 10 10 1"])

        assert {path: path.stat().st_mtime_ns for path in large.iterdir()} == before


class TestWritersAndReaders:
    def test_an_open_index_goes_on_while_another_is_written(self, tmp_path: Path) -> None:
        write_index(tmp_path, IDS, TEXTS)
        index = FootprintIndex(tmp_path)
        before = index.touching(0, 89, 5).ids.tolist()
        assert not index.stale()

        write_index(tmp_path, [1], ["CIRCLE 1 1 1"])

        assert index.stale()
        assert index.touching(0, 89, 5).ids.tolist() == before
        assert found_at(tmp_path, 0, 0, 180) == [1]

    def test_an_empty_index_becomes_stale_too(self, tmp_path: Path) -> None:
        index = FootprintIndex(tmp_path / "none")
        assert index.touching(1, 1, 180).ids.tolist() == []
        assert not index.stale()

        write_index(tmp_path / "none", [], [])

        assert index.stale()
        assert FootprintIndex(tmp_path / "none").touching(1, 1, 180).ids.tolist() == []

    def test_a_writer_that_fails_leaves_the_last_state(self, tmp_path: Path) -> None:
        def broken() -> Iterator[str]:
            yield "CIRCLE 1 1 1"
            raise OSError("no space left")

        write_index(tmp_path, [1], ["CIRCLE 10 10 1"])
        with pytest.raises(OSError, match="no space"):
            write_index(tmp_path, [1, 2], broken())

        assert found_at(tmp_path, 0, 0, 180) == [1]
        assert len(list(tmp_path.glob("segment-*"))) == 1

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
    def test_a_killed_writer_leaves_the_last_state_and_the_next_one_clears_up(
        self, tmp_path: Path
    ) -> None:
        write_index(tmp_path, [1], ["CIRCLE 10 10 1"])
        code = (
            "import os, signal, sys\n"
            "from topmast.archive.footprints import segment as footprint_segment\n"
            "from topmast.archive.footprints.index import write_index\n"
            "footprint_segment._save_classes = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
            "write_index(sys.argv[1], [1, 2], ['CIRCLE 1 1 1'] * 2)\n"
        )
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
        assert done.returncode == -signal.SIGKILL
        assert len(list(tmp_path.glob("segment-*"))) == 2

        assert found_at(tmp_path, 0, 0, 180) == [1]
        add_footprints(tmp_path, [9], ["CIRCLE 10 10 1"])

        assert found_at(tmp_path, 0, 0, 180) == [1, 9]
        assert len(list(tmp_path.glob("segment-*"))) == len(
            json.loads((tmp_path / "current.json").read_text())["segments"]
        )

    def test_other_processes_read_the_same_folder(self, folder: Path) -> None:
        code = (
            "import sys\n"
            "from topmast.archive.footprints.index import FootprintIndex\n"
            "print(FootprintIndex(sys.argv[1]).touching(0, 89, 5).ids.tolist())\n"
        )
        command = [sys.executable, "-c", code, str(folder)]
        readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]

        assert [reader.communicate()[0].strip() for reader in readers] == [
            str(found_at(folder, 0, 89, 5))
        ] * 2

    @pytest.mark.parametrize("content", ["", "[]", '{"format": 99, "segments": []}'])
    def test_a_damaged_pointer_is_named(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "current.json").write_text(content)

        with pytest.raises(ArchiveError, match=r"current\.json"):
            FootprintIndex(tmp_path)

    def test_a_missing_segment_is_named(self, tmp_path: Path) -> None:
        write_index(tmp_path, [1], ["CIRCLE 10 10 1"])
        (segment,) = tmp_path.glob("segment-*")
        os.unlink(segment / "keys.npy")

        with pytest.raises(ArchiveError, match="Build it again"):
            FootprintIndex(tmp_path)


def test_distances_are_in_arcseconds(tmp_path: Path) -> None:
    write_index(tmp_path, [1], ["CIRCLE 10 20 0.1"])

    distance = FootprintIndex(tmp_path).touching(10.5, 20, 1).distances

    assert distance[0] == pytest.approx((separation_deg(10, 20, 10.5, 20) - 0.1) * 3600)
