"""The detections behind a source of the Hubble Source Catalog, and its spectra, are fetched."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table

import topmast
from tests.misbehaving import Misbehaving, Reply, Seen
from tests.scripted import session_with, table_answer
from topmast.errors import InputWarning, InvalidQueryError, NoResultsWarning
from topmast.net.messages import Request
from topmast.services.catalogs import CatalogsClass
from topmast.wire.portal import decode_request

OWN, ECF = "HST_10198_03_ACS_HRC", "HAG_J072655.67+691648.9_J8HPAXAEQ_V01.SPEC1D"
SPECTRA = Table({"DatasetName": [ECF, OWN], "SpectrumType": [2, 1], "MatchID": ["19657846", ""]})
OWN_PATH = f"/cgi-bin/getdata.cgi?config=ops&dataset={OWN}"
ECF_PATH = f"/cgi-bin/ecfproxy?file_id={ECF}.fits"


def spectrum(value: float) -> bytes:
    import io

    content = io.BytesIO()
    fits.PrimaryHDU(np.full(100, value)).writeto(content)
    return content.getvalue()


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving() as server:
        server.on(ECF_PATH, Reply(body=spectrum(1), etag='"a"', ranges="honoured"))
        server.on(OWN_PATH, Reply(body=spectrum(2), etag='"b"', ranges="honoured"))
        yield server


@pytest.fixture
def catalogs(server: Misbehaving) -> CatalogsClass:
    return topmast.connect(server.url, tries=1).catalogs


def answering() -> tuple[CatalogsClass, Any]:
    def answer(request: Request) -> bytes:
        if "columnsconfig" in request.url:
            return b"{}"
        return table_answer([("CatID", "int"), ("MatchID", "int"), ("RA", "float")], [[1, 7, 2.5]])

    session, scripted = session_with(answer)
    return CatalogsClass(session=session), scripted


# ------------------------------------------------------------------------------ detections


@pytest.mark.parametrize(
    "match",
    [17554326, np.int64(17554326), "17554326", Table({"MatchID": [17554326]})[0],
     Table({"MatchID": ["17554326"]}, masked=True)[0]],
)  # fmt: skip
def test_a_match_is_given_by_number_or_by_row(match: Any) -> None:
    catalogs, scripted = answering()
    assert catalogs.query_hsc_matchid(match)["CatID"].tolist() == [1]
    asked = scripted.mashups[0]
    assert (asked.service, asked.params) == ("Mast.HscMatches.Db.v3", {"input": "17554326"})


def test_the_version_chooses_the_catalogue() -> None:
    catalogs, scripted = answering()
    catalogs.query_hsc_matchid(5, version=2)
    catalogs.query_hsc_matchid(5, version=None)
    with pytest.warns(InputWarning, match=r"Invalid HSC version number, defaulting to v3\."):
        catalogs.query_hsc_matchid_async(5, 9, pagesize=10, page=1)
    services = [asked.service[-2:] for asked in scripted.mashups]
    assert services == ["v2", "v3", "v3"]


@pytest.mark.parametrize("match", [None, True, "", 1.5, -3, "x", [1, 2], np.ma.masked])
def test_what_is_no_match_is_refused(match: Any) -> None:
    catalogs, scripted = answering()
    with pytest.raises(InvalidQueryError, match="A MatchID is a whole number such as 17554326"):
        catalogs.query_hsc_matchid(match)
    assert not scripted.requests


def test_a_row_without_a_match_is_refused() -> None:
    with pytest.raises(InvalidQueryError, match="The row has no MatchID"):
        answering()[0].query_hsc_matchid(Table({"ID": [1]})[0])


# --------------------------------------------------------------------------------- spectra


def test_all_spectra_are_listed() -> None:
    catalogs, scripted = answering()
    assert len(catalogs.get_hsc_spectra()) == 1
    assert len(catalogs.get_hsc_spectra_async(pagesize=5, page=1)) == 1
    asked = scripted.mashups
    assert [(one.service, one.params) for one in asked] == [("Mast.HscSpectra.Db.All", {})] * 2
    assert (asked[1].pagesize, asked[1].page) == (5, 1)


def test_spectra_go_under_their_names_into_one_folder(
    catalogs: CatalogsClass, server: Misbehaving, tmp_path: Path
) -> None:
    manifest = catalogs.download_hsc_spectra(SPECTRA, tmp_path, verbose=False)
    paths = [str(tmp_path / "mastDownload" / "HSC" / f"{name}.fits") for name in (ECF, OWN)]
    assert manifest.colnames[:4] == ["Local Path", "Status", "Message", "URL"]
    assert manifest["Local Path"].tolist() == paths
    assert manifest["Status"].tolist() == ["COMPLETE"] * 2
    assert manifest["URL"].tolist() == [None, None]
    assert [fits.getdata(path)[0] for path in paths] == [1, 2]
    assert sorted({seen.target for seen in server.requests}) == sorted([ECF_PATH, OWN_PATH])


def test_a_held_spectrum_is_not_asked_for_again(
    catalogs: CatalogsClass, server: Misbehaving, tmp_path: Path
) -> None:
    catalogs.download_hsc_spectra(SPECTRA, tmp_path, verbose=False)
    before = len(server.requests)
    again = catalogs.download_hsc_spectra(SPECTRA, tmp_path, verbose=False)
    assert again["Status"].tolist() == ["COMPLETE"] * 2
    assert len(server.requests) == before
    catalogs.download_hsc_spectra(SPECTRA[:1], tmp_path, cache=False, verbose=False)
    assert len(server.requests) == before + 1


def test_one_spectrum_may_be_a_row_and_goes_below_the_current_folder(
    catalogs: CatalogsClass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    manifest = catalogs.download_hsc_spectra(SPECTRA[0], verbose=False)
    assert manifest["Local Path"].tolist() == [f"./mastDownload/HSC/{ECF}.fits"]
    assert (tmp_path / "mastDownload" / "HSC" / f"{ECF}.fits").is_file()
    rows = catalogs.download_hsc_spectra([SPECTRA[0], SPECTRA[1]], verbose=False)
    assert rows["Status"].tolist() == ["COMPLETE"] * 2


def test_todays_dialect_has_four_columns_in_the_manifest(
    server: Misbehaving, tmp_path: Path
) -> None:
    catalogs = topmast.connect(server.url, dialect="astroquery").catalogs
    manifest = catalogs.download_hsc_spectra(SPECTRA, download_dir=str(tmp_path), verbose=False)
    assert manifest.colnames == ["Local Path", "Status", "Message", "URL"]


def test_a_spectrum_that_is_not_there_is_a_row_of_the_manifest_that_can_be_retried(
    catalogs: CatalogsClass, server: Misbehaving, tmp_path: Path
) -> None:
    server.on(OWN_PATH, Reply(404), Reply(404), Reply(body=spectrum(2)))
    manifest = catalogs.download_hsc_spectra(SPECTRA, tmp_path, verbose=False)
    assert manifest["Status"].tolist() == ["COMPLETE", "ERROR"]
    assert manifest["URL"][1] == server.url + OWN_PATH
    assert "404" in manifest["Message"][1]
    server.on(OWN_PATH, Reply(body=spectrum(2)))
    observations = topmast.connect(server.url).observations
    assert observations.retry(manifest, verbose=False)["Status"].tolist() == ["COMPLETE"] * 2


@pytest.mark.parametrize("spectra", [SPECTRA[:0], Table(), []])
@pytest.mark.parametrize("curl_flag", [False, True])
def test_no_spectra_are_a_warning_and_an_empty_manifest(
    catalogs: CatalogsClass, tmp_path: Path, spectra: Any, curl_flag: bool
) -> None:
    with pytest.warns(NoResultsWarning, match=r"No spectra to download\."):
        manifest = catalogs.download_hsc_spectra(spectra, tmp_path, curl_flag=curl_flag)
    assert len(manifest) == 0
    assert manifest.colnames[:4] == ["Local Path", "Status", "Message", "URL"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("spectra", "message"),
    [
        (Table({"SpectrumType": [1]}), "The table has no column 'DatasetName': give spectra as"),
        (Table({"DatasetName": ["a"]}), "The table has no column 'SpectrumType'"),
        ("HAG_J072655", "Spectra are a table, or a row of one, as get_hsc_spectra returns it"),
        (7, "Spectra are a table, or a row of one"),
    ],
)
def test_what_are_no_spectra_is_refused(spectra: Any, message: str) -> None:
    with pytest.raises(InvalidQueryError, match=message):
        answering()[0].download_hsc_spectra(spectra)


def test_a_name_cannot_lead_out_of_the_folder(catalogs: CatalogsClass, tmp_path: Path) -> None:
    names = MaskedColumn(["../../evil", "/etc/passwd", "a b&c=d#e", ""], mask=[0, 0, 0, 1])
    spectra = Table({"DatasetName": names, "SpectrumType": [2, 1, 2, 2]})
    inside = tmp_path / "inside"
    manifest = catalogs.download_hsc_spectra(spectra, inside, verbose=False)
    assert manifest["Status"].tolist() == ["ERROR"] * 4
    assert {path.name for path in tmp_path.iterdir()} <= {"inside"}
    for path in manifest["Local Path"]:
        assert (Path(path).resolve()).is_relative_to(inside)


# ---------------------------------------------------------------------------------- scripts


def test_a_script_fetches_the_same_files(
    catalogs: CatalogsClass, server: Misbehaving, tmp_path: Path
) -> None:
    manifest = catalogs.download_hsc_spectra(SPECTRA, tmp_path, curl_flag=True, verbose=False)
    assert manifest.colnames == ["Local Path", "Status", "Message", "URL"]
    assert manifest["Status"].tolist() == ["COMPLETE"]
    subprocess.run(["bash", manifest["Local Path"][0]], check=True, capture_output=True)
    found = sorted(path.name for path in (tmp_path / "mastDownload" / "HSC").iterdir())
    assert found == sorted([f"{ECF}.fits", f"{OWN}.fits"])


def test_in_todays_dialect_the_archive_writes_the_script(
    server: Misbehaving, tmp_path: Path
) -> None:
    asked: list[Any] = []

    def bundle(seen: Seen) -> Reply:
        asked.append(decode_request(seen.body))
        answer = {
            "status": "COMPLETE",
            "msg": "",
            "url": f"{server.url}/made.sh",
            "statusList": {"a": "COMPLETE", "b": "ERROR", "c": "MISSING"},
        }
        return Reply(body=json.dumps(answer).encode())

    server.on("/api/v0/invoke", bundle)
    server.on("/made.sh", Reply(body=b"#!/bin/bash\n"))
    catalogs = topmast.connect(server.url, dialect="astroquery", tries=1).catalogs
    manifest = catalogs.download_hsc_spectra(SPECTRA, download_dir=tmp_path, curl_flag=True)
    assert manifest.colnames == ["Local Path", "Status", "Message", "URL"]
    assert manifest["Message"].tolist() == ["2 files could not be added to the curl script"]
    assert manifest["URL"].tolist() == ["b,c"]
    assert Path(manifest["Local Path"][0]).read_bytes() == b"#!/bin/bash\n"
    params = asked[0].params
    assert asked[0].service == "Mast.Bundle.Request"
    assert params["urlList"] == f"{server.url}{ECF_PATH},{server.url}{OWN_PATH}"
    name = params["filename"]
    assert params["pathList"] == f"{name}/HSC/{ECF}.fits,{name}/HSC/{OWN}.fits"
    assert (params["productTypeList"], params["extension"]) == (["spectrum"] * 2, "curl")

    server.on("/made.sh", Reply(404))
    failed = catalogs.download_hsc_spectra(SPECTRA, download_dir=tmp_path, curl_flag=True)
    assert failed["Status"].tolist() == ["ERROR"]
    assert failed["Message"][0].startswith("Curl could not be downloaded: ")
    assert failed["URL"].tolist() == [f"{server.url}/made.sh"]
