"""Products are downloaded, planned, scripted, and tried again."""

from __future__ import annotations

import inspect
import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Column

import topmast
from topmast.archive.server.serve import serve_in_thread
from topmast.download.script import SERVED
from topmast.errors import InputWarning, InvalidQueryError, NoResultsWarning
from topmast.services import chosen
from topmast.services.downloads import DOWNLOADING, PLANNING
from topmast.services.observations import ObservationsClass

M8 = SkyCoord(270.92194, -24.38017, unit="deg")


# --------------------------------------------------------------------------------- download


def test_only_recommended_products_are_downloaded_by_default(
    observations: ObservationsClass, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    products = observations.get_product_list("1001")
    with caplog.at_level(logging.INFO, logger="topmast"):
        manifest = observations.download_products(products, tmp_path, verbose=False)
    assert manifest is not None
    assert manifest["Status"].tolist() == ["COMPLETE"]
    assert (tmp_path / "mastDownload/IUE/lwp13058/lwp13058.mxlo.gz").is_file()
    assert "2 of 3 products are not Minimum Recommended Products" in caplog.text


def test_a_download_with_filters_takes_what_they_say(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    manifest = observations.download_products(
        "1003", tmp_path, productSubGroupDescription=["RAW", "UNCAL"], extension="fits",
        verbose=False,
    )  # fmt: skip
    assert manifest is not None
    assert manifest["Status"].tolist() == ["COMPLETE"]
    assert [path.name for path in tmp_path.rglob("*.fits")] == ["u24z0101t_raw.fits"]


def test_todays_dialect_downloads_all_products(
    as_astroquery: ObservationsClass, tmp_path: Path
) -> None:
    manifest = as_astroquery.download_products("1001", download_dir=tmp_path, verbose=False)
    assert manifest is not None
    assert len(manifest) == 3


def test_products_come_from_rows_tables_and_observations(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    table = observations.query_region(M8, 0.02)
    products = observations.get_product_list(table)
    for given in (products[0], products[:1], table[0], table[:1], "1001", ["1001"]):
        manifest = observations.download_products(given, tmp_path, flat=True, verbose=False)
        assert manifest is not None
        assert manifest["Status"].tolist() == ["COMPLETE"]
    assert (tmp_path / "lwp13058.mxlo.gz").is_file()


def test_nothing_to_download_is_said_and_why(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    with pytest.warns(
        NoResultsWarning, match="No products to download. The reason is extension='xyz'"
    ):
        assert observations.download_products("1001", tmp_path, extension="xyz") is None
    with pytest.warns(NoResultsWarning, match="No products to download.*mrp_only=False takes"):
        assert observations.download_products("1004", tmp_path) is None


def test_a_download_can_be_planned_first(observations: ObservationsClass, tmp_path: Path) -> None:
    plan = observations.plan_download("1001", tmp_path, mrp_only=False)
    assert plan is not None
    assert len(plan) == 3
    assert not list(tmp_path.iterdir())
    assert len(plan.run(verbose=False)) == 3


def test_what_failed_is_tried_again(observations: ObservationsClass, tmp_path: Path) -> None:
    products = observations.get_product_list("1001")
    products["dataURI"][0] = "mast:IUE/product/missing.gz"
    first = observations.download_products(products, tmp_path, mrp_only=False, verbose=False)
    assert first is not None
    assert sorted(first["Status"]) == ["COMPLETE", "COMPLETE", "ERROR"]
    again = observations.retry(first, verbose=False)
    assert sorted(again["Status"]) == ["COMPLETE", "COMPLETE", "ERROR"]


def test_a_download_can_be_followed_row_by_row(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    rows = list(observations.iter_download("1001", tmp_path, mrp_only=False))
    assert [row["Status"] for row in rows] == ["COMPLETE"] * 3


@pytest.fixture
def served(folder: Path) -> Iterator[ObservationsClass]:
    with topmast.Archive(folder) as archive, serve_in_thread(archive) as url:
        yield topmast.connect(url).observations


def test_a_script_is_written_instead(served: ObservationsClass, tmp_path: Path) -> None:
    with pytest.warns(InputWarning, match=r"^flat=True has no effect on curl downloads"):
        manifest = served.download_products("1001", tmp_path, curl_flag=True, flat=True)
    assert manifest is not None
    (script,) = tmp_path.glob("mastDownload_*.sh")
    assert "lwp13058.mxlo.gz" in script.read_text()


def test_a_script_follows_a_layout(served: ObservationsClass, tmp_path: Path) -> None:
    layout = "x/{productFilename}"
    served.download_products("1001", tmp_path, curl_flag=True, layout=layout, verbose=False)
    (script,) = tmp_path.glob("mastDownload_*.sh")
    assert " ./x/lwp13058.mxlo.gz" in script.read_text()


def test_a_script_is_written_silently_where_silence_is_asked_for(
    served: ObservationsClass, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served.download_products("1001", tmp_path, curl_flag=True, verbose=False)

    assert capsys.readouterr().out == ""


def test_a_script_of_a_folder_asks_the_folder_when_it_is_served(
    observations: ObservationsClass, served: ObservationsClass, tmp_path: Path
) -> None:
    observations.download_products("1001", tmp_path, curl_flag=True, verbose=False)
    (script,) = tmp_path.glob("mastDownload_*.sh")
    text = script.read_text()
    assert SERVED in text
    assert "topmast.archive" not in text

    def run(address: str) -> subprocess.CompletedProcess[str]:
        script.write_text(text.replace(SERVED, address))
        return subprocess.run(["bash", script], capture_output=True, text=True, check=False)

    nobody = run("http://127.0.0.1:9")
    assert (nobody.returncode, "topmast serve /" in nobody.stderr) == (1, True)
    somebody = run(served._session.where)
    assert (somebody.returncode, somebody.stderr) == (0, "")
    assert list(tmp_path.rglob("lwp13058.mxlo.gz"))


def test_a_single_file_is_fetched_by_its_uri(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    products = observations.get_product_list("1001")
    target = tmp_path / "mine.gz"
    status = observations.download_file(str(products["dataURI"][0]), target, verbose=False)
    assert status == ("COMPLETE", None, None)
    assert target.is_file()
    assert observations.download_file(products[0], tmp_path, verbose=False)[0] == "COMPLETE"


@pytest.mark.parametrize("uri", [None, "", " ", 5])
def test_a_file_needs_a_uri(observations: ObservationsClass, uri: Any) -> None:
    with pytest.raises(InvalidQueryError, match="A valid data product URI must be provided, not"):
        observations.download_file(uri)


def test_arguments_for_the_cloud_have_no_effect_and_say_so(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    with pytest.warns(InputWarning, match="cloud_only has no effect"):
        observations.download_products("1001", tmp_path, cloud_only=True, verbose=False)
    with pytest.raises(InvalidQueryError, match="only one of cloud_only and force_on_prem"):
        observations.download_file("mast:a/b", cloud_only=True, force_on_prem=True)


# ------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conections": 3}, r"Column 'conections' not found .* Did you mean 'connections'\?"),
        ({"Cache": False}, r"Did you mean 'cache'\?"),
        ({"verbos": False}, r"Did you mean 'verbose'\?"),
        ({"productTyp": "SCIENCE"}, r"Did you mean 'productType'\?"),
        ({"mrp_only": "no"}, "mrp_only is True or False, not 'no'"),
        ({"progress": 3}, "progress is a function .*, not 3"),
        ({"layout": len}, r"layout is a text such as .*, not <built-in function len>"),
        ({"bandwidth": True}, "The bandwidth True cannot be read: write '10 MB/s'"),
        ({"size": "<abc"}, "Could not parse numeric filter '<abc' for column 'size'"),
    ],
)
def test_a_wrong_option_is_refused_before_the_first_file(
    observations: ObservationsClass, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    products = observations.get_product_list("1001")
    with pytest.raises(InvalidQueryError, match=message):
        observations.download_products(products, tmp_path, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"verbose": False}, r"'verbose' has no meaning for a plan.*plan\.run\(verbose=\.\.\.\)"),
        ({"progress": print}, "'progress' has no meaning for a plan"),
        ({"curl_flag": True}, "'curl_flag' is an option of download_products"),
        ({"bandwith": 3}, r"Did you mean 'bandwidth'\?"),
    ],
)
def test_what_a_plan_does_not_take_says_where_it_belongs(
    observations: ObservationsClass, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidQueryError, match=message):
        observations.plan_download("1001", tmp_path, **options)


def test_what_is_no_function_is_refused_at_once(
    observations: ObservationsClass, tmp_path: Path
) -> None:
    for call in (observations.iter_download, observations.retry):
        with pytest.raises(InvalidQueryError, match="progress is a function"):
            call("1001", progress=3)  # type: ignore[arg-type]


def test_the_options_that_are_suggested_are_those_that_there_are() -> None:
    for method, known in (("download_products", DOWNLOADING), ("plan_download", PLANNING)):
        signature = inspect.signature(getattr(ObservationsClass, method))
        taken = set(signature.parameters) - {"self", "products", "filters"}
        assert taken == set(known)


def test_release_dates_come_from_the_observations_at_hand(
    observations: ObservationsClass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = observations.query_region(M8, 0.02)
    table["t_obs_release"] = 99999.5
    products = observations.get_product_list(table)
    rights = ["RESTRICTED"] + ["EXCLUSIVE_ACCESS"] * (len(products) - 1)
    products.replace_column("dataRights", Column(rights))
    monkeypatch.setattr(chosen, "ask_table", lambda session, question: products)

    with_dates = observations.plan_download(table, tmp_path, mrp_only=False)
    without = observations.plan_download(products, tmp_path, mrp_only=False)

    assert with_dates is not None
    assert without is not None
    dates = with_dates.table["Exclusive Until"].tolist()
    assert dates == ["unknown"] + ["2132-08-31"] * (len(products) - 1)
    assert without.table["Exclusive Until"].tolist() == ["unknown"] * len(products)
    assert "t_obs_release" not in products.colnames
