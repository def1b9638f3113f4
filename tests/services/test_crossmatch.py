"""Tables matched with catalogues: the rows that a search by hand finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from topmast import Archive, connect
from topmast.client import Client
from topmast.errors import InvalidQueryError, NoResultsWarning
from topmast.questions import crossmatch as module

COUNT = 4000


@pytest.fixture(scope="module")
def stars() -> Table:
    """All over the sky, and many at RA 0, at the poles and beside the borders of cells."""
    chance = np.random.default_rng(3)
    ra = chance.uniform(0, 360, COUNT)
    dec = np.degrees(np.arcsin(chance.uniform(-1, 1, COUNT)))
    ra[:500], dec[:500] = chance.normal(0, 0.01, 500) % 360, chance.normal(0, 0.01, 500)
    dec[500:800] = 90 - np.abs(chance.normal(0, 0.01, 300))
    dec[800:1000] = -90 + np.abs(chance.normal(0, 0.01, 200))
    ra[1000:1400], dec[1000:1400] = (
        45 + chance.normal(0, 0.01, 400),
        chance.normal(41.81, 0.01, 400),
    )
    return Table({"id": np.arange(COUNT), "ra": ra, "dec": dec})


@pytest.fixture(scope="module")
def client(stars: Table, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("matched") / "archive"
    with Archive.create(folder) as archive:
        archive.ingest_catalog("mine", stars)
    with connect(folder) as client:
        yield client


def pairs(found: Table) -> set[tuple[int, int]]:
    return set(zip(found["target_index"].tolist(), found["id"].tolist(), strict=True))


def by_hand(stars: Table, ra: Any, dec: Any, radius_deg: float) -> dict[int, list[int]]:
    places = SkyCoord(stars["ra"], stars["dec"], unit="deg")
    found = {}
    for number, (x, y) in enumerate(zip(ra, dec, strict=True)):
        apart = places.separation(SkyCoord(x, y, unit="deg")).deg
        near = np.flatnonzero(apart <= radius_deg)
        found[number] = near[np.argsort(apart[near])].tolist()
    return found


def test_all_and_nearest_are_those_of_a_search_by_hand(client: Client, stars: Table) -> None:
    chance = np.random.default_rng(4)
    some = chance.choice(COUNT, 300)
    ra = (stars["ra"][some] + chance.normal(0, 0.002, 300)) % 360
    dec = np.clip(stars["dec"][some] + chance.normal(0, 0.002, 300), -90, 90)
    expected = by_hand(stars, ra, dec, 0.003)
    targets = Table({"RA": ra, "Dec": dec})
    every = client.catalogs.crossmatch(targets, "mine", 0.003, nearest=False)
    assert pairs(every) == {(n, row) for n, rows in expected.items() for row in rows}
    nearest = client.catalogs.crossmatch(targets, "mine", 0.003)
    assert pairs(nearest) == {(n, rows[0]) for n, rows in expected.items() if rows}
    assert list(nearest["target_index"]) == sorted(nearest["target_index"])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(0, 360), st.sampled_from([0.0, 1e-9, 359.999999999, 45.0, 90.0])),
            st.one_of(st.floats(-90, 90), st.sampled_from([90.0, -90.0, 0.0, 41.8103])),
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([1e-4, 0.01, 1.0]),
)
def test_any_position_matches_what_lies_around_it(
    client: Client, stars: Table, places: list[tuple[float, float]], radius: float
) -> None:
    import warnings

    ra, dec = map(list, zip(*places, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoResultsWarning)
        found = client.catalogs.crossmatch(
            SkyCoord(ra, dec, unit="deg"), "mine", radius, nearest=False
        )
    got = pairs(found) if len(found) else set()
    edge = 1e-9  # rounding decides what lies on the very rim
    least = {(n, i) for n, rows in by_hand(stars, ra, dec, radius - edge).items() for i in rows}
    most = {(n, i) for n, rows in by_hand(stars, ra, dec, radius + edge).items() for i in rows}
    assert least <= got <= most


def test_many_rows_are_asked_for_in_parts(
    client: Client, stars: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = client.catalogs.crossmatch(stars, "mine", "0.1 arcsec")
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 700)
    assert pairs(client.catalogs.crossmatch(stars, "mine", "0.1 arcsec")) == pairs(whole)
    assert {(n, n) for n in range(COUNT)} == pairs(whole)


def test_rows_without_a_position_match_nothing(client: Client, stars: Table) -> None:
    some = Table(stars[:5], masked=True)
    some["ra"].mask[2] = True
    some["dec"][3] = np.nan
    found = client.catalogs.crossmatch(some, "mine", "0.1 arcsec")
    assert list(found["target_index"]) == [0, 1, 4]


def test_a_file_is_matched_by_the_command(client: Client, stars: Table, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from topmast.cli import main

    lines = [
        f"{ra!r},{dec!r}"
        for ra, dec in zip(stars["ra"][:5].tolist(), stars["dec"][:5].tolist(), strict=True)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["ra,dec", *lines, ","]) + "\n")
    words = ["crossmatch", str(tmp_path / "t.csv"), "--catalog", "mine", "--radius", "1 arcsec"]
    done = CliRunner().invoke(main, ["--archive", client.session.where, *words, "--format", "csv"])
    assert done.exit_code == 0, done.stderr
    assert [line.split(",")[0] for line in done.stdout.splitlines()[1:]] == list("01234")


def test_the_catalogues_of_mast_are_matched_by_its_own_services(sample_folder: Path) -> None:
    with connect(sample_folder) as client:
        stars = client.catalogs.query_object("M8", catalog="TIC", radius=0.05)
        for name, key in (("TIC", "ID"), ("Gaia", "source_id"), ("HSC", "MatchID"), ("PLATO", "")):
            try:
                found = client.catalogs.crossmatch(stars, name, "5 arcsec")
            except NoResultsWarning:
                continue
            assert "target_index" in found.colnames
            if name == "TIC":
                index = found["target_index"]
                assert list(map(str, found[key])) == list(map(str, stars["ID"][index]))


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (Table({"x": [1.0]}), {}, "no columns ra and dec. It has: x"),
        (Table({"ra": ["a"], "dec": [1.0]}), {}, "holds no degrees"),
        (Table({"ra": [1.0], "dec": [95.0]}), {}, "dec is 95 in one of the rows"),
        (Table({"ra": [1.0], "dec": [5.0]}), {"radius": "3 deg"}, "up to 1 deg"),
        (Table({"ra": [1.0], "dec": [5.0]}), {"radius": "-1 deg"}, "radius"),
        (Table({"ra": [1.0], "dec": [5.0]}), {"catalog": "PanSTARRS"}, "cannot be matched"),
    ],
)
def test_what_cannot_be_matched_is_refused(
    client: Client, table: Table, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidQueryError, match=said):
        client.catalogs.crossmatch(table, **({"catalog": "mine"} | options))


def test_no_match_is_said_once(client: Client) -> None:
    with pytest.warns(NoResultsWarning):
        found = client.catalogs.crossmatch(Table({"ra": [123.0], "dec": [33.3]}), "mine", 1e-7)
    assert len(found) == 0
