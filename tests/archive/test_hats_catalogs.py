"""A catalogue is a HATS collection: judged by brute force, by `hats` and by LSDB."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord

from topmast import connect
from topmast.archive import Archive
from topmast.archive.catalogs import partitions
from topmast.archive.catalogs.cones import cells_of_rows, distances_deg
from topmast.archive.catalogs.definitions import catalog_to_json, known_catalog
from topmast.archive.catalogs.hats import MARGIN_ARCSEC, Pixel, read_pixels
from topmast.archive.catalogs.parquet import CELL, CatalogTable
from topmast.archive.catalogs.row_files import INDEX, POSITIONS
from topmast.errors import InvalidQueryError
from topmast.sky.cells import cells_of_points

ROWS = 20_000
CORNER = (45.0, 0.0)
"""A corner of cells of order 0."""


def positions() -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    ra = random.uniform(0, 360, ROWS)
    dec = np.degrees(np.arcsin(random.uniform(-1, 1, ROWS)))
    ra[:10_000] = CORNER[0] + random.normal(0, 0.05, 10_000)
    dec[:10_000] = CORNER[1] + random.normal(0, 0.05, 10_000)
    return ra, dec


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CatalogTable]:
    ra, dec = positions()
    ids = np.random.default_rng(2).permutation(ROWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "MOST_ROWS", 1000)
        with Archive.create(tmp_path_factory.mktemp("hats") / "a") as archive:
            archive.ingest_catalog("mine", {"id": ids, "ra": ra, "dec": dec})
            found = archive.catalogs.table("mine")
            assert found is not None
            yield found


def columns_of(table: CatalogTable) -> list[Any]:
    return [table.column(name).to_numpy() for name in ("id", "ra", "dec")]


def random_cones(count: int) -> Iterator[tuple[float, float, float]]:
    """Anywhere, at RA 0, at the poles, in the crowd, and on the corners of cells."""
    random = np.random.default_rng(3)
    for number in range(count):
        ra, dec = random.uniform(0, 360), np.degrees(np.arcsin(random.uniform(-1, 1)))
        near = CORNER[0] + random.normal(0, 0.05), CORNER[1] + random.normal(0, 0.05)
        corner = 90.0 * random.integers(4), random.choice([0, 41.8103149, -41.8103149])
        places = [(ra, dec), (0.0, dec), (ra, 90.0 * (-1) ** number), near, corner]
        yield (*places[number % 5], 10 ** random.uniform(np.log10(1 / 3600), 1))


def test_a_thousand_cones_hold_what_brute_force_finds(table: CatalogTable) -> None:
    _, ra, dec = columns_of(table)

    for cone in random_cones(1000):
        wanted = np.flatnonzero(distances_deg(cone[0], cone[1], ra, dec) <= cone[2])
        assert table.near(*cone)[0].tolist() == wanted.tolist()


def test_cones_are_the_same_without_the_positions_that_are_kept(table: CatalogTable) -> None:
    bare = CatalogTable(table.folder, json.loads((table.folder / "catalog.json").read_text()))
    bare.__dict__["positions"] = None

    for cone in random_cones(50):
        assert bare.near(*cone)[0].tolist() == table.near(*cone)[0].tolist()


def test_keys_are_found_by_the_index(table: CatalogTable) -> None:
    ids = columns_of(table)[0]
    wanted = [5, 77, 19_999, 123_456]

    numbers = table.with_keys(wanted)

    assert numbers is not None
    assert sorted(ids[numbers].tolist()) == wanted[:3]


def test_a_margin_holds_the_rows_just_outside_each_partition(table: CatalogTable) -> None:
    ids, ra, dec = columns_of(table)
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    content = (table.folder / "mine" / "partition_info.csv").read_text()
    found = 0
    for pixel in read_pixels(content, "mine"):
        kept = ids_of(table.folder / "mine_10arcs" / "dataset" / pixel.file)
        outside = np.flatnonzero(cells_of_points(ra, dec, pixel.order) != pixel.number)
        touched = set()
        for part in (0.5, 0.9999):
            radius = MARGIN_ARCSEC / 3600 * part
            around_dec = np.clip(dec[outside, None] + radius * np.sin(angles), -90, 90)
            wide = np.maximum(np.cos(np.radians(dec[outside, None])), 1e-6)
            around_ra = ra[outside, None] + radius * np.cos(angles) / wide
            cells = cells_of_points(around_ra.ravel(), around_dec.ravel(), pixel.order)
            near = (cells == pixel.number).reshape(around_ra.shape).any(axis=1)
            touched |= set(ids[outside[near]].tolist())
        assert touched <= kept <= set(ids[outside].tolist())
        found += len(touched)
    assert found > 100


def ids_of(path: Path) -> set[int]:
    return (
        set(pq.read_table(path, partitioning=None)["id"].to_pylist()) if path.is_file() else set()
    )


def test_hats_finds_nothing_wrong_and_lsdb_finds_the_same_rows(table: CatalogTable) -> None:
    pytest.importorskip("lsdb")
    folder = table.folder.parent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of their own libraries
        import dask
        import lsdb
        from hats.io.validation import is_valid_catalog

        valid = is_valid_catalog(folder, strict=True)
        catalog = lsdb.open_catalog(str(folder))
        with dask.config.set(scheduler="synchronous"):
            rows = catalog.cone_search(*CORNER, radius_arcsec=360).compute()

    assert valid
    assert catalog.margin is not None
    assert sorted(rows["id"]) == sorted(columns_of(table)[0][table.near(*CORNER, 0.1)[0]].tolist())


def test_the_statistics_of_all_row_groups_are_true(table: CatalogTable) -> None:
    footer = pq.read_metadata(table.folder / "mine" / "dataset" / "_metadata")
    named = {footer.row_group(n).column(0).file_path for n in range(footer.num_row_groups)}

    assert footer.num_rows == ROWS
    assert len(named) == len(table.parquet_paths()) > 20
    for name in named:
        file = pq.ParquetFile(table.folder / "mine" / "dataset" / name)
        for group in range(file.num_row_groups):
            for place, column in enumerate(file.read_row_group(group).columns):
                said = file.metadata.row_group(group).column(place).statistics
                values = column.to_numpy()
                assert (said.min, said.max) == (values.min(), values.max())


def test_the_caches_may_be_deleted(table: CatalogTable) -> None:
    for name in (INDEX, POSITIONS):
        (table.folder / name).unlink(missing_ok=True)

    again = CatalogTable(table.folder, json.loads((table.folder / "catalog.json").read_text()))

    assert again.near(*CORNER, 0.1)[0].tolist() == table.near(*CORNER, 0.1)[0].tolist()
    assert (table.folder / POSITIONS).is_file()


def test_a_partition_is_named_as_hats_names_it() -> None:
    assert Pixel(7, 45_123).file == "Norder=7/Dir=40000/Npix=45123.parquet"


def test_a_catalogue_of_the_first_format_is_read_and_then_written_anew(empty: Archive) -> None:
    catalog = known_catalog("tic")
    assert catalog is not None
    folder = empty.folder / "catalogs" / "tic"
    folder.mkdir(parents=True)
    ra, dec = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    cells = np.sort(cells_of_rows(ra, dec))
    pq.write_table(
        pa.table({CELL: cells, "ID": [1, 2], "ra": ra, "dec": dec}),
        folder / "rows-0123456789ab.parquet",
        write_statistics=False,
    )
    np.savez(folder / "index-0123456789ab.npz", first_cell=cells[:1], start=np.array([0]))
    files = {"rows_file": "rows-0123456789ab.parquet", "index_file": "index-0123456789ab.npz"}
    about = catalog_to_json(catalog) | {"format": 1, "rows": 2} | files
    (folder / "catalog.json").write_text(json.dumps(about))

    old = empty.catalogs.table("tic")
    assert old is not None
    assert old.near(1.0, 3.0, 0.1)[0].tolist() == [0]
    empty.ingest_catalog("tic", [{"ID": 3, "ra": 5.0, "dec": 6.0}])
    new = empty.catalogs.table("tic")

    assert new is not None
    assert sorted(new.column("ID").to_pylist()) == [1, 2, 3]
    assert not list(folder.glob("*.npz"))


def test_a_reader_keeps_all_partitions_and_the_index_of_an_older_state(empty: Archive) -> None:
    empty.ingest_catalog("mine", {"id": [1, 2], "ra": [10.0, 200.0], "dec": [5.0, -60.0]})
    old = empty.catalogs.table("mine")
    empty.ingest_catalog("mine", {"id": [3], "ra": [77.0], "dec": [8.0]})

    assert old is not None
    assert len(old.parquet_paths()) == 2
    assert Path(old.parquet_paths()[1]).exists()
    empty.ingest_catalog("mine", {"id": [4], "ra": [78.0], "dec": [8.0]})
    assert not Path(old.parquet_paths()[1]).exists()
    assert old.column("ra").to_pylist() == [10.0, 200.0]
    assert old.near(200.0, -60.0, 1.0)[0].tolist() == [1]
    assert old.with_keys([2, 9]).tolist() == [1]  # type: ignore[union-attr]


def test_a_client_gives_a_catalogue_to_lsdb(table: CatalogTable) -> None:
    pytest.importorskip("lsdb")
    archive = next(p for p in table.folder.parents if (p / "archive.sqlite").is_file())
    with connect(archive) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import dask

        with dask.config.set(scheduler="synchronous"):
            catalog = client.catalogs.to_lsdb("mine", columns=["id", "ra", "dec"])
            rows = catalog.cone_search(*CORNER, radius_arcsec=360).compute()
        expected = client.catalogs.query_region(
            SkyCoord(*CORNER, unit="deg"), radius=0.1, catalog="mine"
        )
        assert sorted(rows["id"]) == sorted(expected["id"])
        with pytest.raises(InvalidQueryError, match=r"no catalogue 'mne'\. Did you mean 'mine'"):
            client.catalogs.to_lsdb("mne")
        for hostile in ("..", "../products", "/etc", ""):
            with pytest.raises(InvalidQueryError):
                client.catalogs.to_lsdb(hostile)
    with pytest.raises(InvalidQueryError, match="a folder on this disk"):
        connect("http://127.0.0.1:1").catalogs.to_lsdb("mine")
