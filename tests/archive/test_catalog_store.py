"""Catalogues on disk: cones against brute force, ingest, crash safety."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from astropy.table import MaskedColumn, Table

from topmast.archive import Archive
from topmast.archive.catalogs.cones import NOWHERE, cells_of_rows, distances_deg
from topmast.archive.catalogs.matching import match
from topmast.archive.catalogs.parquet import CELL, CatalogTable
from topmast.archive.disk import write_whole
from topmast.errors import ArchiveError, InvalidQueryError
from topmast.sky import separation_deg

CONES = [
    (254.3, -4.1, 0.02),
    (254.3, -4.1, 1e-7),
    (0.0, 90.0, 5.0),
    (123.0, -90.0, 3.0),
    (0.0, 10.0, 2.0),
    (359.9999, 0.0, 1.5),
    (360.0, 0.0, 1.5),
    (77.0, 89.99, 0.5),
    (100.0, 20.0, 179.0),
    (33.0, 44.0, 180.0),
    (1.0, 1.0, 0.0),
]


def positions(count: int = 12_000) -> tuple[Any, Any]:
    """All over the sky, with a crowd in one place and some at the poles and at RA 0."""
    random = np.random.default_rng(4)
    ra = random.uniform(0, 360, count)
    dec = np.degrees(np.arcsin(random.uniform(-1, 1, count)))
    ra[:5000] = 254.3 + random.normal(0, 0.05, 5000)
    dec[:5000] = -4.1 + random.normal(0, 0.05, 5000)
    dec[5000:5200] = 90 - random.exponential(0.5, 200)
    dec[5200:5400] = -90 + random.exponential(0.5, 200)
    ra[5400:5600] = random.normal(0, 0.3, 200) % 360
    dec[5400:5600] = random.normal(0, 1, 200)
    ra[5600], dec[5600], dec[5601] = 0.0, 90.0, -90.0
    return ra, dec


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> CatalogTable:
    archive = Archive.create(tmp_path_factory.mktemp("cones") / "a")
    ra, dec = positions()
    rows = pa.table({"ID": np.arange(len(ra)), "ra": ra, "dec": dec})
    archive.ingest_catalog("tic", rows)
    archive.ingest_catalog("tic", [{"ID": 99_999_999, "Tmag": 5.0}])  # a row without a position
    found = archive.catalogs.table("tic")
    archive.close()
    assert found is not None
    return found


@pytest.mark.parametrize("cone", CONES)
def test_a_cone_holds_what_brute_force_finds(
    table: CatalogTable, cone: tuple[float, float, float]
) -> None:
    ra, dec = (table.column(name).to_numpy(zero_copy_only=False) for name in ("ra", "dec"))
    away = distances_deg(cone[0], cone[1], ra, dec)

    numbers, distances = table.near(*cone)

    assert numbers.tolist() == np.flatnonzero(away <= cone[2]).tolist()
    assert distances.tolist() == away[numbers].tolist()


def test_distances_agree_with_those_of_unit_vectors() -> None:
    ra, dec = positions()

    found = distances_deg(10.0, 20.0, ra, dec)

    np.testing.assert_allclose(found, separation_deg(10.0, 20.0, ra, dec), rtol=0, atol=1e-12)


def test_the_smallest_distances_keep_all_their_digits() -> None:
    assert distances_deg(10.0, 0.0, 10.0, 3e-13) == pytest.approx(3e-13, rel=1e-12)


@pytest.mark.parametrize("radius", [0.0, 0.001, 0.03, 2.0, 30.0])
def test_many_positions_match_what_brute_force_finds(table: CatalogTable, radius: float) -> None:
    ra, dec = (table.column(name).to_numpy(zero_copy_only=False) for name in ("ra", "dec"))
    random = np.random.default_rng(9)
    at = random.choice(len(ra) - 1, 60)
    upload_ra = np.concatenate([ra[at], [0.0, 359.99999, 12.0, np.nan]])
    upload_dec = np.concatenate([dec[at], [90.0, 0.0, -90.0, 5.0]])
    if radius > 1:
        upload_ra, upload_dec = upload_ra[-9:], upload_dec[-9:]

    found = match(table, upload_ra, upload_dec, radius)

    for place in range(len(upload_ra)):
        wanted = np.flatnonzero(
            distances_deg(upload_ra[place], upload_dec[place], ra, dec) <= radius
        )
        mine = found.positions == place
        assert sorted(found.numbers[mine].tolist()) == wanted.tolist()
        assert (np.diff(found.distances[mine]) >= 0).all()


def test_rows_are_sorted_by_cell_and_those_without_a_position_come_last(
    table: CatalogTable,
) -> None:
    cells = table.column(CELL).to_numpy()

    assert (np.diff(cells) >= 0).all()
    assert cells[-1] == NOWHERE
    assert cells_of_rows(np.array([np.nan, 1.0]), np.array([1.0, 91.0])).tolist() == [NOWHERE] * 2


def test_rows_come_back_in_the_order_asked_for(table: CatalogTable) -> None:
    numbers = np.array([9000, 3, 3, 8191, 8192, 0])

    found = table.read(numbers, ["ID", "Tmag", "TYC"])

    whole = table.column("ID").to_pylist()
    assert found.column("ID").to_pylist() == [whole[number] for number in numbers]
    assert found.column("TYC").to_pylist() == [None] * 6
    assert table.read(numbers[:0], ["ID", "TYC"]).num_rows == 0


# ------------------------------------------------------------------------------------------ ingest


def test_a_row_with_a_known_key_takes_the_place_of_the_older_one(empty: Archive) -> None:
    empty.ingest_catalog("gaia_dr3", [{"source_id": 7, "ra": 1.0, "dec": 2.0}])
    empty.ingest_catalog(
        "gaia_dr3",
        Table(
            {
                "SOURCE_ID": [7, 2**62],
                "ra": [1.5, 3.0],
                "dec": [2.0, 4.0],
                "phot_g_mean_mag": MaskedColumn([11.0, 0.0], mask=[False, True]),
            }
        ),
    )

    table = empty.catalogs.table("gaia_dr3")

    assert table is not None
    assert table.column("source_id").to_pylist() == [7, 2**62]
    assert table.column("ra").to_pylist() == [1.5, 3.0]
    assert table.column("phot_g_mean_mag").to_pylist() == [11.0, None]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"ra": 1.0, "dec": 2.0, "magnitude": 3}], "no column 'magnitude'"),
        ([{"ra": "x", "dec": 2.0}], "Row 1, column ra: 'x' is not a float"),
        ([{"ID": "12a", "ra": 1.0, "dec": 2.0}], "column ID: '12a'"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_and_changes_nothing(
    empty: Archive, rows: list[dict[str, Any]], said: str
) -> None:
    empty.ingest_catalog("tic", [{"ID": 1, "ra": 1.0, "dec": 2.0}])

    with pytest.raises(InvalidQueryError, match=said):
        empty.ingest_catalog("tic", rows)

    table = empty.catalogs.table("tic")
    assert table is not None
    assert table.rows == 1


def test_files_of_every_kind_are_taken(empty: Archive, tmp_path: Path) -> None:
    table = Table({"objID": [5, 6], "ra": [1.0, 2.0], "dec": [3.0, 4.0], "survey": ["AIS", "MIS"]})
    for name in ("galex.csv", "galex.ecsv", "galex.parquet", "galex.fits"):
        table["objID"] += 10
        table.write(tmp_path / name)
        empty.ingest_catalog("galex", tmp_path / name)

    found = empty.catalogs.table("galex")

    assert found is not None
    assert sorted(found.column("objID").to_pylist()) == [15, 16, 25, 26, 35, 36, 45, 46]


def test_a_writer_that_stops_half_way_leaves_the_old_rows(
    empty: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.ingest_catalog("tic", [{"ID": 1, "ra": 1.0, "dec": 2.0}])

    def stop(path: Path, write: Any) -> None:
        if path.name == "collection.properties":
            raise KeyboardInterrupt
        write_whole(path, write)

    monkeypatch.setattr("topmast.archive.catalogs.hats.write_whole", stop)
    with pytest.raises(KeyboardInterrupt):
        empty.ingest_catalog("tic", [{"ID": 2, "ra": 1.0, "dec": 2.0}])

    with Archive(empty.folder) as again:
        table = again.catalogs.table("tic")
        assert table is not None
        assert table.column("ID").to_pylist() == [1]


def test_a_reader_goes_on_while_rows_are_replaced(empty: Archive) -> None:
    empty.ingest_catalog("tic", [{"ID": 1, "ra": 1.0, "dec": 2.0}])
    (empty.folder / "catalogs/tic/notes.txt").write_text("somebody's own")
    old = empty.catalogs.table("tic")
    empty.ingest_catalog("tic", [{"ID": 2, "ra": 1.0, "dec": 2.0}])
    empty.ingest_catalog("tic", [{"ID": 3, "ra": 1.0, "dec": 2.0}])
    new = empty.catalogs.table("tic")

    assert old is not None
    assert new is not None
    assert old.column("ID").to_pylist() == [1]
    assert new.column("ID").to_pylist() == [1, 2, 3]
    names = sorted(path.name for path in (empty.folder / "catalogs" / "tic").iterdir())
    assert [name.partition("-")[0] for name in names] == [
        "collection.properties",
        "notes.txt",
        "rows",
        "rows",  # the state before, which a query under way may read
    ]


def test_a_catalogue_of_a_newer_topmast_is_refused(empty: Archive) -> None:
    empty.ingest_catalog("tic", [{"ID": 1, "ra": 1.0, "dec": 2.0}])
    (about,) = (empty.folder / "catalogs" / "tic").glob("rows-*/catalog.json")
    about.write_text(json.dumps(json.loads(about.read_text()) | {"format": 3}))

    with pytest.raises(ArchiveError, match="newer format"), Archive(empty.folder) as again:
        again.catalogs.table("tic")


@pytest.mark.parametrize("name", ["../tic", "Tic", "", "a b", "x" * 99])
def test_a_name_that_is_no_folder_name_is_refused(empty: Archive, name: str) -> None:
    with pytest.raises(InvalidQueryError, match="catalogue's name"):
        empty.ingest_catalog(name, [{"ra": 1.0, "dec": 2.0}])


def test_an_own_catalogue_needs_positions(empty: Archive) -> None:
    with pytest.raises(InvalidQueryError, match="ra and dec"):
        empty.ingest_catalog("mine", [{"x": 1.0}])
