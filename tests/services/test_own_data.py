"""Tables that people make themselves are searched, ingested and downloaded as they mean it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

import topmast
from topmast.archive import Archive
from topmast.archive.ingest import IngestInput, ingest_all
from topmast.errors import InvalidQueryError
from topmast.tables.dates import mjd_of
from topmast.wire.table_files import format_of


def put_in(folder: Path, observations: Any, products: Any = None) -> Any:
    archive = Archive.create(folder)
    ingest_all(archive.store, IngestInput(observations=observations, products=products))
    archive.close()
    return topmast.connect(folder).observations


def test_rows_that_do_not_say_their_intent_are_science(tmp_path: Path) -> None:
    rows = Table(
        {
            "obs_id": ["mine", "theirs", "dark"],
            "intentType": MaskedColumn(
                ["", "science", "calibration"], mask=[True, False, False], dtype="U11"
            ),
        }
    )
    observations = put_in(tmp_path / "a", rows)
    found = observations.query_criteria(obs_id=["mine", "theirs", "dark"])
    assert found["obs_id"].tolist() == ["mine", "theirs"]
    assert observations.query_criteria(obs_id="*", intentType="calibration")["obs_id"][0] == "dark"
    without = put_in(tmp_path / "b", Table({"obs_id": ["mine"]}))
    assert len(without.query_criteria(obs_id="mine")) == 1


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("s_dec", 95.0, "Row 2, column s_dec: '95.0' is not from -90 to 90 degrees"),
        ("s_ra", 400.0, "Row 2, column s_ra: '400.0' is not from -180 to 360 degrees"),
        ("s_ra", np.inf, "Row 2, column s_ra: 'inf' is not a finite number"),
    ],
)
def test_a_bad_position_is_refused(tmp_path: Path, column: str, value: float, says: str) -> None:
    rows = Table({"obs_id": ["a", "b"], "s_ra": [1.0, 2.0], "s_dec": [1.0, 2.0]})
    rows[column][1] = value
    with pytest.raises(InvalidQueryError, match=says):
        put_in(tmp_path / "a", rows)


def test_dates_and_very_long_cells_are_read(tmp_path: Path) -> None:
    numbers = " ".join(f"{30 + n / 1e6:.8f} {n / 1e6:.8f}" for n in range(10_000))
    region = f"POLYGON ICRS {numbers}"
    assert len(region) > 200_000
    path = tmp_path / "mine.csv"
    path.write_text(f"obs_id,t_min,t_max,s_region\na,2015-10-08,2015-10-08T12:00:00,{region}\n")
    table = put_in(tmp_path / "a", str(path)).query_criteria(obs_id="a")
    assert table["t_min"].tolist() == [57303.0]
    assert table["t_max"].tolist() == [57303.5]
    with path.open("rb") as stream:
        read = format_of("csv").read(stream)
    assert read["t_min"].tolist() == [57303.0]
    assert read["s_region"][0] == region


def test_what_is_no_date_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("obs_id,t_min\na,yesterday\n")
    with pytest.raises(InvalidQueryError, match="'yesterday' is not a date, nor a number of days"):
        put_in(tmp_path / "a", str(path))


def test_dates_are_days_since_1858() -> None:
    assert mjd_of("2000-01-01T12:00:00+00:00") == 51544.5
    assert mjd_of("2000-01-01T12:00:00+02:00") == pytest.approx(51544.5 - 2 / 24)
    assert mjd_of("51544.5") == 51544.5


PRODUCTS = {
    "obsID": ["1", "1", "1", "2", "2"],
    "obs_id": ["a", "a", "a", "b", "b"],
    "obs_collection": ["HST"] * 5,
    "dataURI": [f"mast:HST/product/{n}.fits" for n in range(5)],
    "productFilename": [f"{n}.fits" for n in range(5)],
    "productType": ["SCIENCE", "SCIENCE", "PREVIEW", "SCIENCE", "PREVIEW"],
    "productGroupDescription": ["Minimum Recommended Products", "", "", "", ""],
    "size": [1] * 5,
}


def planned(tmp_path: Path, folder: Path, products: Table, **options: Any) -> list[str]:
    plan = topmast.connect(folder).observations.plan_download(products, tmp_path, **options)
    return [] if plan is None else sorted(Path(path).name for path in plan.table["Local Path"])


def test_an_observation_without_recommended_products_gives_its_science_files(
    tmp_path: Path, sample_folder: Path
) -> None:
    assert planned(tmp_path, sample_folder, Table(PRODUCTS)) == ["0.fits", "3.fits"]
    only = planned(tmp_path, sample_folder, Table(PRODUCTS), mrp_only=True)
    assert only == ["0.fits"]


@pytest.mark.parametrize(
    "columns",
    [
        ("obs_id", "obs_collection", "productFilename", "dataURI"),
        tuple(name for name in PRODUCTS if name != "productGroupDescription"),
    ],
)
def test_a_table_that_does_not_say_what_is_recommended_is_taken_whole(
    tmp_path: Path, sample_folder: Path, columns: tuple[str, ...]
) -> None:
    products = Table(PRODUCTS)[list(columns)]
    assert len(planned(tmp_path, sample_folder, products)) == 5
    with pytest.raises(InvalidQueryError, match="no column 'productGroupDescription'"):
        planned(tmp_path, sample_folder, products, mrp_only=True)
