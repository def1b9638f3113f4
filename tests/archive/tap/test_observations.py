"""Observations and products by ADQL are those of the portal, with the rights of today."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from astropy.table import Table

from tests.conftest import copy_of
from topmast.archive import Archive
from topmast.archive.accounts.rights import mark_products
from topmast.archive.accounts.user import ANONYMOUS
from topmast.archive.store.products import list_products
from topmast.archive.tap.run import TapQuery, run_query
from topmast.tables.fields import PRODUCT


@pytest.fixture(scope="module")
def archive(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The sample, as one that can be written to."""
    folder = copy_of(sample_folder, tmp_path_factory.mktemp("observations"))
    (folder / "footprints").unlink()  # it would be written through the link
    shutil.copytree(sample_folder / "footprints", folder / "footprints")
    with Archive(folder) as opened:
        yield opened


def ask(archive: Archive, adql: str) -> list[tuple[Any, ...]]:
    content = run_query(archive, TapQuery(adql, format="json", base_url="http://here"))
    return [tuple(row) for row in json.loads(content)["data"]]


def test_observations_have_the_values_of_the_database(archive: Archive) -> None:
    names = ["obsid", "obs_id", "s_ra", "t_min", "calib_level", "target_name", "em_min"]
    with archive.store.reading() as connection:
        sql = f'SELECT {", ".join(names)} FROM observations ORDER BY "objID"'
        expected = connection.execute(sql).fetchall()

    found = ask(archive, f"SELECT {', '.join(names)} FROM caom.observations ORDER BY objID")

    assert found == expected


def test_products_have_the_rights_that_the_portal_tells(archive: Archive) -> None:
    with archive.store.reading() as connection:
        obsids = [
            row[0] for row in connection.execute("SELECT DISTINCT parent_obsid FROM products")
        ]
    rows = mark_products(
        archive.store, list_products(archive.store, obsids, PRODUCT, 1, 1_000_000), ANONYMOUS
    )
    places = [[f.name for f in rows.fields].index(name) for name in ("dataURI", "dataRights")]
    expected = Counter(tuple(row[place] for place in places) for row in rows.rows)

    found = Counter(ask(archive, "SELECT dataURI, dataRights FROM caom.products"))

    assert found == expected
    assert len({rights for _, rights in found}) > 1


def test_obscore_is_the_observations_in_its_own_units(archive: Archive) -> None:
    rows = ask(
        archive,
        "SELECT o.em_min, v.em_min, v.access_url, v.obs_publisher_did "
        "FROM caom.observations AS o JOIN ivoa.obscore AS v "
        "ON v.obs_publisher_did LIKE '%?' || o.objID ORDER BY o.objID",
    )

    assert len(rows) == ask(archive, "SELECT COUNT(*) FROM caom.observations")[0][0]
    assert len({row[3] for row in rows}) == len(rows)
    for nm, metres, url, did in rows:
        assert metres == (None if nm is None else pytest.approx(nm * 1e-9))
        assert url == f"http://here/datalink?ID={quote(did, safe='')}"


def test_what_is_put_in_later_is_found(archive: Archive) -> None:
    before = ask(archive, "SELECT COUNT(*) FROM caom.observations")[0][0]

    new = {"objID": [1], "obsid": [1], "obs_id": ["new"], "obs_collection": ["MINE"]}
    archive.ingest(Table({**new, "s_ra": [1.0], "s_dec": [2.0]}))

    assert ask(archive, "SELECT COUNT(*) FROM caom.observations")[0][0] == before + 1
    assert ask(archive, "SELECT obs_id FROM ivoa.obscore WHERE obs_collection = 'MINE'") == [
        ("new",)
    ]
    assert len(list((archive.folder / "tap").glob("observations-*.parquet"))) == 1
