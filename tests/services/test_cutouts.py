"""Tesscut, Zcut and Hapcut: what they give, keep, refuse, and survive."""

from __future__ import annotations

import io
import json
import os
import threading
import time
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.utils.exceptions import AstropyDeprecationWarning

import topmast
from tests.cutout_archive import *  # noqa: F403
from tests.cutout_archive import DEEP, M101, NOWHERE, STAR
from tests.misbehaving import Misbehaving, Reply, Seen
from topmast.client import Client
from topmast.download.check.content import inspect
from topmast.download.check.verdict import State
from topmast.errors import (
    DownloadError,
    HTTPStatusError,
    InputWarning,
    InvalidQueryError,
    NoResultsWarning,
    UnsafeNameError,
)
from topmast.net.pace import Pace
from topmast.wire.cutouts import SectorName, encode_cutouts, encode_sectors

pytestmark = pytest.mark.filterwarnings("ignore:Coordinate string is being interpreted")
PLACES = [STAR, M101]
ANSWER = "/tesscut/api/v0.1/astrocut"


@pytest.fixture
def client(cutout_folder: Path) -> Iterator[Client]:
    with topmast.connect(cutout_folder) as made:
        yield made


# --------------------------------------------------------------------------- what they give


def test_the_sectors_of_a_place(client: Client) -> None:
    table = client.tesscut.get_sectors(STAR)

    assert table.colnames == ["sectorName", "sector", "camera", "ccd"]
    assert list(table["sectorName"]) == ["tess-s0002-4-3", "tess-s0005-4-3", "tess-s0008-4-3"]
    assert list(table["sector"]) == [2, 5, 8]


def test_the_sectors_of_many_places_tell_which(client: Client) -> None:
    table = client.tesscut.get_sectors(
        SkyCoord([210.80227, 10, 124.531756], [54.3, 10, -68.313], unit="deg")
    )

    assert list(table["target_index"]) == [0, 0, 0, 2, 2, 2]
    assert set(table["camera"][:3]) == {1}


def test_no_sector_is_a_table_without_rows(client: Client) -> None:
    with pytest.warns(NoResultsWarning, match="not in any TESS sector"):
        table = client.tesscut.get_sectors(NOWHERE)

    assert (len(table), table["sector"].dtype.kind) == (0, "i")
    with pytest.warns(NoResultsWarning, match="deep field"):
        assert client.zcut.get_surveys(NOWHERE) == []


def test_a_name_will_do_for_a_place(client: Client) -> None:
    for words in (
        {"object_name": "my star"},
        {"objectname": "my star"},
        {"coordinates": "my star"},
    ):
        assert len(client.tesscut.get_sectors(**words)) == 3


def test_cutouts_in_memory_are_one_a_sector(client: Client) -> None:
    cutouts = client.tesscut.get_cutouts(STAR, size=(3, 5))

    assert [each.filename[:14] for each in cutouts] == [
        "tess-s0002-4-3", "tess-s0005-4-3", "tess-s0008-4-3",
    ]  # fmt: skip
    assert {each["PIXELS"].data["FLUX"].shape for each in cutouts} == {(8, 3, 5)}


def test_many_places_come_in_one_call(client: Client) -> None:
    cutouts = client.tesscut.get_cutouts(PLACES, size=2, sector=[2, 5])

    assert [each.target_index for each in cutouts] == [0, 0, 1, 1]
    assert cutouts[2].target_given == M101


@pytest.mark.parametrize(
    "size", [2 * u.arcmin, "2 arcmin", [2, 2] * u.arcmin, (120 * u.arcsec, "2 arcmin")]
)
def test_a_size_may_be_an_angle(client: Client, size: Any) -> None:
    [hdus] = client.tesscut.get_cutouts(STAR, size=size, sector=2)

    assert hdus["PIXELS"].data["FLUX"].shape[1:] in {(6, 6), (5, 5), (5, 6), (6, 5)}


def test_surveys_and_hubble(client: Client) -> None:
    assert client.zcut.get_surveys(DEEP) == ["candels_gn_60mas", "goods_north"]
    assert client.zcut.get_surveys([DEEP, NOWHERE]) == [["candels_gn_60mas", "goods_north"], []]
    assert [len(each) for each in client.zcut.get_cutouts(DEEP, size=8)] == [2, 3]
    [hap] = client.hapcut.get_cutouts(M101, size=[2, 3])
    assert hap[1].data.shape == (3, 2)


# ----------------------------------------------------------------------------- files, kept


def test_files_come_with_a_manifest_and_are_kept(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.tesscut.download_cutouts(STAR, size=5, path=tmp_path)
    monkeypatch.setattr(client.session, "stream", lambda *a, **k: pytest.fail("fetched again"))
    second = client.tesscut.download_cutouts(STAR, size=5, path=tmp_path)

    assert list(first["Sector"]) == ["tess-s0002-4-3", "tess-s0005-4-3", "tess-s0008-4-3"]
    assert set(first["Status"]) == {"COMPLETE"}
    assert set(first["Version"]) == {fits.getheader(first["Local Path"][0])["PROCVER"]}
    assert list(second["SHA-256"]) == list(first["SHA-256"])
    assert set(second["Source"]) == {"disk"}
    assert not (tmp_path / ".topmast-cutouts").exists()


def test_only_what_is_missing_or_changed_is_fetched_again(client: Client, tmp_path: Path) -> None:
    first = client.tesscut.download_cutouts(STAR, size=5, path=tmp_path)
    os.remove(first["Local Path"][0])
    Path(first["Local Path"][1]).write_bytes(b"mine now")
    again = client.tesscut.download_cutouts(STAR, size=5, path=tmp_path)

    assert [source == "disk" for source in again["Source"]] == [False, False, True]
    assert Path(f"{first['Local Path'][1]}.changed").read_bytes() == b"mine now"
    assert client.verify(tmp_path)["State"].tolist().count("whole") == 3


def test_another_size_place_or_sector_is_another_file(client: Client, tmp_path: Path) -> None:
    for words in ({"size": 5}, {"size": 4}, {"size": 5, "sector": 5}):
        client.tesscut.download_cutouts(STAR, path=tmp_path, **words)

    assert len(list(tmp_path.glob("*.fits"))) == 6


def test_a_file_of_another_version_is_kept_beside_the_new_one(
    client: Client, tmp_path: Path
) -> None:
    words: dict[str, Any] = {"size": 5, "sector": 2, "path": tmp_path}
    [row] = client.tesscut.download_cutouts(STAR, **words)
    path = Path(row["Local Path"])
    with fits.open(path, mode="update") as file:
        file[0].header["PROCVER"] = "spoc-3.3.31"
    index = tmp_path / ".topmast-index.jsonl"
    held = json.loads(index.read_text().splitlines()[-1])
    held |= {"size": path.stat().st_size, "mtime_ns": path.stat().st_mtime_ns}
    index.write_text(json.dumps(held) + "\n")
    [new] = client.tesscut.download_cutouts(STAR, cache=False, **words)

    assert new["Version"] != "spoc-3.3.31"
    older = path.with_name(f"{path.stem}_spoc-3.3.31.fits")
    assert fits.getheader(older)["PROCVER"] == "spoc-3.3.31"
    assert client.tesscut.download_cutouts(STAR, **words)["Source"][0] == "disk"


def test_zips_stay_zips_where_that_is_asked(client: Client, tmp_path: Path) -> None:
    for _ in range(2):
        table = client.tesscut.download_cutouts(STAR, size=5, path=tmp_path, inflate=False)
    names = [os.path.basename(path) for path in table["Local Path"]]

    assert names[0] == "tesscut_124.531756_-68.313000_5x5px_s0002.zip"
    assert all(zipfile.is_zipfile(path) for path in table["Local Path"])
    assert set(table["Source"]) == {"disk"}


def test_pictures_and_hubble_images_are_files(client: Client, tmp_path: Path) -> None:
    pictures = client.zcut.download_cutouts(
        DEEP, size=20, cutout_format="jpg", path=tmp_path, stretch="log", minmax_percent=[1, 99]
    )
    images = client.hapcut.download_cutouts([M101], size=20, path=tmp_path / "new" / "folder")

    assert len(pictures) == 3
    assert list(images["target_index"]) == [0]
    assert Path(images["Local Path"][0]).is_file()


def test_verbose_says_that_it_unpacks(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client.hapcut.download_cutouts(M101, path=tmp_path)
    assert capsys.readouterr().out == ""
    client.hapcut.download_cutouts(M101, path=tmp_path, verbose=True)
    assert capsys.readouterr().out == "Inflating...\n"


def test_in_the_dialect_of_astroquery_there_are_only_paths(
    cutout_folder: Path, tmp_path: Path
) -> None:
    with topmast.connect(cutout_folder, dialect="astroquery") as client:
        table = client.tesscut.download_cutouts(STAR, path=tmp_path, sector=2)
        assert table.colnames == ["Local Path"]
        with pytest.warns(NoResultsWarning, match="no sector 77 here"):
            table = client.tesscut.download_cutouts(STAR, path=tmp_path, sector=[2, 77])
        assert len(table) == 1
        with pytest.raises(DownloadError, match="no sector 77 here; there are: 2, 5, 8"):
            client.tesscut.download_cutouts(STAR, path=tmp_path, sector=77)


# ------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"size": 0}, "above zero, not 0"),
        ({"size": (3, 0)}, "above zero"),
        ({"size": -2 * u.arcmin}, "above zero"),
        ({"size": float("nan")}, "above zero, not nan"),
        ({"size": 3 * u.s}, "in pixels or angular quantity"),
        ({"size": "three"}, "not 'three'"),
        ({"size": True}, "Give pixels"),
        ({"size": []}, "Give pixels"),
        ({"size": (3, 2 * u.arcmin)}, "Both sides of a cutout"),
        ({"sector": 0}, "sector is a whole number from 1 on, not 0"),
        ({"sector": 2.5}, "not 2.5"),
        ({"sector": 77}, "no sector 77 here; there are: 2, 5, 8"),
        ({"product": "TICA"}, "must be SPOC. It is 'TICA'"),
        ({"object_name": "M101"}, "not both"),
        ({"coordinates": None}, "Give one of coordinates and object_name."),
        ({"coordinates": (float("nan"), 3.0)}, "not a number"),
        ({"coordinates": "3.0 95.0"}, "between -90 and 90"),
        ({"moving_target": True}, "not by coordinates"),
        ({"moving_target": True, "coordinates": None}, "Please specify the object name"),
        ({"moving_target": 3}, "moving_target is True or False"),
        (
            {"moving_target": True, "coordinates": None, "object_name": "Ceres", "mt_type": "x"},
            "'majorbody' or 'smallbody', not 'x'",
        ),
        ({"object_name": "a", "objectname": "b", "coordinates": None}, "are the same: give one"),
    ],
)
def test_a_bad_value_is_named(client: Client, words: dict[str, Any], said: str) -> None:
    deprecated = pytest.warns(AstropyDeprecationWarning, match="SPOC")
    with pytest.raises(InvalidQueryError, match=said):
        with deprecated if "product" in words else nullcontext():
            client.tesscut.get_cutouts(**({"coordinates": STAR} | words))


def test_an_unknown_survey_or_format_is_named(client: Client, tmp_path: Path) -> None:
    with pytest.raises(InvalidQueryError, match="no survey 'nope' here; there are: candels_gn"):
        client.zcut.get_cutouts(DEEP, survey="nope")
    with pytest.raises(InvalidQueryError, match="jpg, png, not 'gif'"):
        client.zcut.download_cutouts(DEEP, cutout_format="gif", path=tmp_path)
    with pytest.warns(InputWarning, match="'strech' is ignored"):
        client.zcut.download_cutouts(DEEP, cutout_format="jpg", strech="log", path=tmp_path)
    with pytest.raises(InvalidQueryError, match="cache is True or False"):
        client.zcut.download_cutouts(DEEP, cache="check", path=tmp_path)


def test_a_moving_target_at_an_archive_without_ephemeris(client: Client) -> None:
    with pytest.raises(HTTPStatusError, match="This archive has no ephemeris"):
        client.tesscut.get_sectors(object_name="Ceres", moving_target=True)


def test_words_without_effect_are_warned_of(client: Client) -> None:
    with pytest.warns(AstropyDeprecationWarning, match="no effect"):
        client.tesscut.get_sectors(STAR, product="spoc")
    with pytest.warns(InputWarning, match="only the first two sizes"):
        client.tesscut.get_cutouts(STAR, size=[2, 2, 2], sector=2)
    with pytest.warns(NoResultsWarning, match="not in TESS sector 5"):
        assert client.tesscut.get_cutouts(NOWHERE, sector=5) == []


def test_a_path_that_cannot_be_written_to(client: Client, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DownloadError, match="Choose another path"):
        client.hapcut.download_cutouts(M101, path=tmp_path / "file")


# ----------------------------------------------------------------------- what goes wrong


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving() as made:
        names = [SectorName(number, 1, 1) for number in (1, 2, 3)]
        made.on("/tesscut/api/v0.1/sector", Reply(body=encode_sectors(names)))
        yield made


def inspect_whole(path: str) -> bool:
    return inspect(path).verdict.state is State.WHOLE


def small_fits(version: str = "1") -> bytes:
    content = io.BytesIO()
    fits.PrimaryHDU(np.arange(6.0).reshape(2, 3), fits.Header({"PROCVER": version})).writeto(
        content
    )
    return content.getvalue()


def good(sector: int) -> bytes:
    name = f"tess-s{sector:04d}-1-1_1.000000_2.000000_5x5_astrocut.fits"
    return encode_cutouts([(name, small_fits())])


def answers(server: Misbehaving, bad: Reply, sector: int = 2) -> None:
    """Sector `sector` gets the bad reply, the others a zip of one file."""

    def reply(seen: Seen) -> Reply:
        number = int(parse_qs(seen.query or seen.body.decode())["sector"][0])
        return bad if number == sector else Reply(body=good(number))

    server.on(ANSWER, reply)


def zip_of(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return made.getvalue()


FAULTS = {
    "a 500": (Reply(500, body=b"oops"), "500 Internal Server Error"),
    "a cut zip": (Reply(body=good(2)[:200]), "zip"),
    "a zip with ../": (Reply(body=zip_of("../../evil.fits", small_fits())), "unsafe name"),
    "a zip bomb": (Reply(body=zip_of("a.fits", bytes(300 << 20))), "would unpack to"),
    "a file that is no FITS": (Reply(body=zip_of("a.fits", b"hello there")), "no whole file"),
    "a page of HTML": (Reply(body=b"<html><title>down</title></html>"), "No zip of cutouts"),
    "a stall": (Reply(body=good(2), stall_at=50), "sent nothing for 1 s"),
    "a reset": (Reply(body=good(2), reset_at=50), ""),
    "an empty zip": (Reply(body=encode_cutouts([])), "holds no files"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_sector_has_its_row_and_the_others_come(
    server: Misbehaving, tmp_path: Path, fault: str
) -> None:
    reply, said = FAULTS[fault]
    answers(server, reply)
    with topmast.connect(server.url, tries=2, read_timeout=1, timeout=20) as client:
        began = time.monotonic()
        table = client.tesscut.download_cutouts("1.0 2.0", path=tmp_path)

    assert list(table["Status"]) == ["COMPLETE", "ERROR", "COMPLETE"]
    assert list(table["Sector"]) == ["tess-s0001-1-1", "s0002", "tess-s0003-1-1"]
    assert said in table["Message"][1]
    assert "sector=2" in table["URL"][1]
    assert time.monotonic() - began < 30
    names = {path.name for path in tmp_path.rglob("*") if not path.name.startswith(".")}
    kept = {name for name in names if not name.endswith((".zip.part", ".part.json"))}
    assert kept == {os.path.basename(table["Local Path"][row]) for row in (0, 2)}
    assert not (tmp_path.parent / "evil.fits").exists()


def test_after_a_failure_only_the_failed_sector_is_asked_for(
    server: Misbehaving, tmp_path: Path
) -> None:
    answers(server, Reply(404))
    with topmast.connect(server.url, tries=1) as client:
        client.tesscut.download_cutouts("1.0 2.0", path=tmp_path)
        answers(server, Reply(body=good(2)))
        before = len(server.requests)
        table = client.tesscut.download_cutouts("1.0 2.0", path=tmp_path)

    assert [source == "disk" for source in table["Source"]] == [True, False, True]
    assert [seen.path for seen in server.requests[before:]].count(ANSWER) == 1


@pytest.mark.parametrize("fault", ["a 500", "a cut zip", "a zip with ../", "a zip bomb", "a stall"])
def test_in_memory_too_a_failed_sector_takes_nothing_from_the_others(
    server: Misbehaving, fault: str
) -> None:
    answers(server, FAULTS[fault][0])
    with topmast.connect(server.url, tries=2, read_timeout=1, timeout=20) as client:
        with pytest.warns(NoResultsWarning, match="No cutout of 1.0 2.0, sector 2: "):
            cutouts = client.tesscut.get_cutouts("1.0 2.0")

    assert [each.filename[:10] for each in cutouts] == ["tess-s0001", "tess-s0003"]


def test_where_nothing_came_the_reason_is_raised(server: Misbehaving) -> None:
    answers(server, FAULTS["a zip with ../"][0])
    with topmast.connect(server.url) as client, pytest.raises(UnsafeNameError, match="evil"):
        client.tesscut.get_cutouts("1.0 2.0", sector=2)


def test_a_moving_target_is_asked_for_by_its_name(server: Misbehaving) -> None:
    names = encode_sectors([SectorName(4, 1, 1)])
    server.on("/tesscut/api/v0.1/moving_target/sector", Reply(body=names))
    server.on("/tesscut/api/v0.1/moving_target/astrocut", Reply(body=good(4)))
    with topmast.connect(server.url) as client:
        words: dict[str, Any] = {"object_name": "Ceres", "moving_target": True}
        [found] = client.tesscut.get_cutouts(size=(5, 7), mt_type="smallbody", **words)

    assert found.target_given == "Ceres"
    assert [seen.body.decode() for seen in server.requests] == [
        "obj_id=Ceres&obj_type=smallbody",
        "x=7&y=5&units=px&sector=4&obj_id=Ceres&obj_type=smallbody",
    ]


# ----------------------------------------------------------------------------------- pace


def test_no_more_than_five_requests_begin_within_a_second() -> None:
    now, waits = [100.0], []
    pace = Pace(clock=lambda: now[0], sleep=waits.append)
    for _ in range(12):
        pace.wait("https://mast.stsci.edu/tesscut/")

    starts = [100.0] * 5 + [100 + wait for wait in waits]
    assert len(starts) == 12
    for start in starts:
        assert sum(start <= other < start + 1 - 1e-9 for other in starts) <= 5


def test_other_hosts_and_this_machine_do_not_wait() -> None:
    waits: list[float] = []
    pace = Pace(1, clock=lambda: 0.0, sleep=waits.append)
    for url in ("https://a.org/", "https://b.org/", *["http://127.0.0.1:8000/"] * 9):
        pace.wait(url)

    assert waits == []


def test_sectors_are_fetched_at_once(server: Misbehaving, tmp_path: Path) -> None:
    together = threading.Barrier(3)

    def reply(seen: Seen) -> Reply:
        together.wait(10)
        return Reply(body=good(int(parse_qs(seen.query)["sector"][0])))

    server.on(ANSWER, reply)
    with topmast.connect(server.url) as client:
        with warnings.catch_warnings():
            table = client.tesscut.download_cutouts("1.0 2.0", path=tmp_path)

    assert set(table["Status"]) == {"COMPLETE"}


def test_two_calls_at_once_into_one_folder_do_not_disturb_each_other(
    server: Misbehaving, tmp_path: Path
) -> None:
    asked = threading.Event()

    def reply(seen: Seen) -> Reply:
        asked.set()
        return Reply(body=good(2), wait_seconds=0.5)

    server.on(ANSWER, reply)
    tables: list[Any] = []

    def download() -> None:
        with topmast.connect(server.url) as client:
            tables.append(client.tesscut.download_cutouts((1.0, 2.0), sector=2, path=tmp_path))

    first = threading.Thread(target=download)
    first.start()
    assert asked.wait(10)
    download()
    first.join(10)

    assert [table["Status"][0] for table in tables] == ["COMPLETE"] * 2
    assert len(list(tmp_path.glob("*.fits"))) == 1
    assert inspect_whole(tables[0]["Local Path"][0])
