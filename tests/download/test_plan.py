"""The plan, the manifest and what a run says."""

from __future__ import annotations

import copy
import os
import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Table

from tests.download.products import fits_bytes, good, products, serve, session_of, target, uri
from tests.misbehaving import Misbehaving, Reply
from topmast.download import Progress, plan_download
from topmast.download.product import GUIDE_COLUMNS, MORE_COLUMNS
from topmast.download.tables.products_table import with_release_dates
from topmast.errors import DownloadError, InvalidQueryError
from topmast.net.origin import Login
from topmast.net.session import Session

FILES = {f"f{n}.fits": fits_bytes(n) for n in range(4)}
NOWHERE = "http://127.0.0.1:9"


def test_a_plan_tells_what_would_happen(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    one = {"f0.fits": FILES["f0.fits"]}
    plan_download(session_of(server), products(one), download_dir=tmp_path).run(verbose=False)
    table = products(
        FILES,
        dataRights=["PUBLIC", "EXCLUSIVE_ACCESS", "EXCLUSIVE_ACCESS", "PUBLIC"],
        t_obs_release=[50000.0, 99999.5, 50000.0, 50000.0],
    )

    plan = plan_download(session_of(server), table, download_dir=tmp_path)

    assert (len(plan), plan.bytes) == (4, sum(map(len, FILES.values())))
    assert plan.bytes_to_fetch == plan.bytes - len(FILES["f0.fits"])
    assert plan.table["State"].tolist() == ["held"] + ["to be fetched"] * 3
    assert plan.table["Exclusive Until"].tolist() == ["", "2132-08-31", "", ""]
    text = str(plan)
    for words in ("4 files", "held:", "to be fetched:", "until 2132-08-31: log in", "enough"):
        assert words in text


def test_rows_dropped_from_a_plan_are_not_fetched(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    plan = plan_download(session_of(server), products(FILES), download_dir=tmp_path)
    plan.drop([0])
    plan.table.remove_row(0)
    plan.drop(plan.table["URI"] == uri("f3.fits"))

    manifest = plan.run(verbose=False)

    assert [Path(path).name for path in manifest["Local Path"]] == ["f2.fits"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["run", "iter_download"])
def test_what_cannot_be_called_is_no_progress(method: str, tmp_path: Path) -> None:
    plan = plan_download(Session(NOWHERE), products(FILES), download_dir=tmp_path)

    with pytest.raises(InvalidQueryError, match=r"progress is a function .*, not 3"):
        getattr(plan, method)(progress=3)


EXCLUSIVE = ["EXCLUSIVE_ACCESS"] * 4


def about_exclusive(session: Session, folder: Path, **columns: Any) -> str:
    table = products(FILES, dataRights=EXCLUSIVE, **columns)
    text = str(plan_download(session, table, download_dir=folder))
    (line,) = [line for line in text.splitlines() if line.strip().startswith("exclusive:")]
    return line.partition(":")[2].strip()


def test_a_plan_tells_no_date_that_it_does_not_know(tmp_path: Path) -> None:
    session = Session(NOWHERE)

    assert about_exclusive(session, tmp_path) == "4 files: log in"
    dates = np.ma.masked_invalid([np.nan, 99999.5, np.nan, 99999.5])
    told = about_exclusive(session, tmp_path, t_obs_release=dates)
    assert told == "4 files, as far as known until 2132-08-31: log in"


@pytest.mark.parametrize("obsid", ["obsid", "obsID"])
def test_a_release_date_is_that_of_the_products_own_observation(obsid: str) -> None:
    ids = np.ma.masked_array([11, 12, 0], mask=[False, False, True])
    listed = {obsid: ids, "obs_id": ["a", "b", ""], "t_obs_release": [1.0, 2.0, 3.0]}
    table = products(FILES, obsID=["12", "99", "99", ""], obs_id=["a", "a", "z", ""])

    found = with_release_dates(table, Table(listed))

    assert found["t_obs_release"].tolist() == [2.0, 1.0, None, None]
    assert with_release_dates(table, Table({"obsid": ids})) is table
    assert with_release_dates(found, Table(listed)) is found


def test_a_plan_asks_nobody_to_log_in_who_is_logged_in(tmp_path: Path) -> None:
    session = Session(NOWHERE)
    session.log_in(Login("alice", token="a"))

    assert about_exclusive(session, tmp_path) == "4 files"
    assert about_exclusive(session, tmp_path, may_download=[True] * 4) == "4 files"
    told = about_exclusive(session, tmp_path, may_download=[True, False, False, True])
    assert told == "4 files: your account has no right to 2 of them"


def test_a_refused_file_of_unknown_date_is_exclusive(server: Misbehaving, tmp_path: Path) -> None:
    server.on(target("f0.fits"), Reply(401))
    table = products({"f0.fits": FILES["f0.fits"]}, dataRights=["EXCLUSIVE_ACCESS"])

    manifest = plan_download(session_of(server), table, download_dir=tmp_path).run(verbose=False)

    assert "Unauthorized: exclusive; log in" in manifest["Message"][0]


def test_the_manifest_begins_with_the_guides_columns(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    server.on(target("f1.fits"), Reply(404))

    manifest = plan_download(session_of(server), products(FILES), download_dir=tmp_path).run(
        verbose=False
    )

    assert manifest.colnames == [*GUIDE_COLUMNS, *MORE_COLUMNS]
    assert manifest["Message"].tolist()[0] is None
    assert manifest["URL"].tolist() == [None, server.url + target("f1.fits"), None, None]
    assert manifest["Bytes"].tolist()[1:3] == [0, len(FILES["f2.fits"])]
    assert manifest["Message", "URL"][:1].pformat()[-1].split() == ["None", "None"]


def test_the_dialect_of_astroquery_has_four_columns(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    session = session_of(server, dialect="astroquery")

    manifest = plan_download(session, products(FILES), download_dir=tmp_path).run(verbose=False)

    assert manifest.colnames == ["Local Path", "Status", "Message", "URL"]


def test_lines_are_printed_as_in_the_guide(
    server: Misbehaving, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    serve(server, FILES)
    one = {"f0.fits": FILES["f0.fits"]}

    plan_download(session_of(server), products(one)).run()

    assert capsys.readouterr().out == (
        f"Downloading URL {server.url}{target('f0.fits')} to "
        "./mastDownload/TEST/obs0/f0.fits ... [Done]\n"
    )


def test_a_failure_cannot_be_missed(
    server: Misbehaving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(server, FILES)
    server.on(target("f1.fits"), Reply(404))

    plan_download(session_of(server), products(FILES), download_dir=tmp_path).run()

    lines = capsys.readouterr().out.splitlines()
    assert any("... [Failed] 404 Not Found" in line for line in lines)
    assert any(line.startswith("FAILED: 1 of 4 files did not arrive.") for line in lines[-3:])


def test_verbose_false_is_silent(
    server: Misbehaving, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    serve(server, FILES)
    server.on(target("f1.fits"), Reply(404))

    plan_download(session_of(server), products(FILES), download_dir=tmp_path).run(verbose=False)

    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_one_bar(
    server: Misbehaving, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    serve(server, FILES)
    server.on(target("f1.fits"), Reply(404))
    monkeypatch.setattr("topmast.download.progress._is_terminal", lambda: True)

    plan_download(session_of(server), products(FILES), download_dir=tmp_path).run()

    out = capsys.readouterr().out
    assert "4/4 files" in out
    assert "Downloading URL" not in out
    assert "FAILED: 1 of 4" in out


def test_a_program_is_called_for_every_file(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    calls: list[Progress] = []

    plan_download(session_of(server), products(FILES), download_dir=tmp_path).run(
        verbose=False, progress=calls.append
    )

    assert [call.files_done for call in calls] == [1, 2, 3, 4]
    assert (calls[-1].files, calls[-1].bytes_done) == (4, calls[-1].bytes)
    assert {call.row["Status"] for call in calls if call.row} == {"COMPLETE"}


def test_rows_come_as_files_finish(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)

    rows = list(
        plan_download(session_of(server), products(FILES), download_dir=tmp_path).iter_download()
    )

    assert sorted(row["Local Path"][-7:] for row in rows) == sorted(FILES)


def test_raise_on_error_raises_after_all_were_tried(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    server.on(target("f0.fits"), Reply(404))
    plan = plan_download(session_of(server), products(FILES), download_dir=tmp_path)

    with pytest.raises(DownloadError, match="1 of 4 files did not arrive") as caught:
        plan.run(verbose=False, raise_on_error=True)

    statuses = vars(caught.value)["manifest"]["Status"].tolist()
    assert statuses == ["ERROR"] + ["COMPLETE"] * 3


def test_an_exclusive_file_says_until_when(server: Misbehaving, tmp_path: Path) -> None:
    server.on(target("f0.fits"), Reply(401))
    table = products(
        {"f0.fits": FILES["f0.fits"]}, dataRights=["EXCLUSIVE_ACCESS"], t_obs_release=[99999.5]
    )

    manifest = plan_download(session_of(server), table, download_dir=tmp_path).run(verbose=False)

    assert "exclusive until 2132-08-31; log in" in manifest["Message"][0]
    assert len(server.requests) == 1


def test_a_wrong_size_in_the_table_is_told_and_not_fatal(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    table = products(FILES, size=[1, 10**7, 0, -1])

    manifest = plan_download(session_of(server), table, download_dir=tmp_path).run(verbose=False)

    assert manifest["Status"].tolist() == ["COMPLETE"] * 4
    size = len(FILES["f0.fits"])
    assert manifest["Message"][0] == f"The product table says 1 bytes, the archive {size}."
    assert manifest["Message"].tolist()[2:] == [None, None]


def test_a_checksum_that_never_fits_is_told_and_not_fatal(
    server: Misbehaving, tmp_path: Path
) -> None:
    body = bytearray(fits_bytes(1))
    body[9000] ^= 1
    files = {"f.fits": bytes(body)}
    serve(server, files)

    manifest = plan_download(session_of(server), products(files), download_dir=tmp_path).run(
        verbose=False
    )

    assert manifest["Status"].tolist() == ["COMPLETE"]
    assert "The archive's own copy fails a check: DATASUM of HDU 1" in manifest["Message"][0]
    assert len(server.requests) == 2


def test_check_length_takes_what_looks_broken(server: Misbehaving, tmp_path: Path) -> None:
    files = {"f.fits": b"this is no FITS file"}
    serve(server, files)

    def statuses(check: str) -> list[str]:
        plan = plan_download(
            session_of(server), products(files), download_dir=tmp_path, check=check
        )
        return list(plan.run(verbose=False)["Status"].tolist())

    assert (statuses("content"), statuses("length")) == (["ERROR"], ["COMPLETE"])


def test_a_row_without_a_uri_is_an_error_row(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    uris = np.ma.masked_array([uri(name) for name in FILES], mask=[False, True, False, False])

    manifest = plan_download(
        session_of(server), products(FILES, dataURI=uris), download_dir=tmp_path
    ).run(verbose=False)

    assert manifest["Status"].tolist() == ["COMPLETE", "ERROR", "COMPLETE", "COMPLETE"]
    assert "no usable dataURI" in manifest["Message"][1]


def test_a_table_without_uris_is_refused() -> None:
    with pytest.raises(InvalidQueryError, match="has no column 'dataURI'"):
        plan_download(Session(NOWHERE), Table({"obsid": [1]}))


def test_an_empty_table_gives_an_empty_manifest(tmp_path: Path) -> None:
    manifest = plan_download(Session(NOWHERE), products(FILES)[:0], download_dir=tmp_path).run(
        verbose=False
    )

    assert len(manifest) == 0
    assert manifest.colnames[:2] == ["Local Path", "Status"]
    assert list(tmp_path.iterdir()) == []


def test_credentials_in_the_address_stay_out_of_manifest_and_index(
    server: Misbehaving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(server, FILES)
    server.on(target("f1.fits"), Reply(404))
    session = Session(server.url.replace("//", "//me:secret@"), tries=2)

    manifest = plan_download(session, products(FILES), download_dir=tmp_path).run()

    written = b"".join(path.read_bytes() for path in tmp_path.rglob(".topmast*"))
    told = str([list(row) for row in manifest]) + capsys.readouterr().out + written.decode()
    assert manifest["Status"].tolist()[0] == "COMPLETE"
    assert "secret" not in told


def test_a_redirect_to_another_host_does_not_carry_the_token(
    server: Misbehaving, tmp_path: Path
) -> None:
    with Misbehaving("127.0.0.2") as other:
        other.on("/elsewhere", good(FILES["f0.fits"]))
        location = {"Location": other.url + "/elsewhere"}
        server.on(target("f0.fits"), Reply(302, headers=location))
        session = session_of(server)
        session.token = "secret"

        manifest = plan_download(
            session, products({"f0.fits": FILES["f0.fits"]}), download_dir=tmp_path
        ).run(verbose=False)

        assert manifest["Status"].tolist() == ["COMPLETE"]
        assert manifest["Source"].tolist() == [other.url.removeprefix("http://")]
        assert "secret" in str(server.requests[0].headers)
        assert "secret" not in str(other.requests[0].headers)


def test_no_more_files_at_once_than_the_setting_says(server: Misbehaving, tmp_path: Path) -> None:
    files = {f"{n}.fits": fits_bytes(n) for n in range(12)}
    serve(server, files, wait_seconds=0.05)

    plan_download(session_of(server), products(files), download_dir=tmp_path, connections=3).run(
        verbose=False
    )

    assert server.most_at_once == 3
    assert server.connections <= 3
    assert not any(seen.method == "HEAD" for seen in server.requests)


@pytest.mark.parametrize(
    ("rate", "value"),
    [(1000, 1000.0), ("10 MB/s", 1e7), ("2.5 kB/s", 2500.0), ("1 MiB/s", 2.0**20), ("7", 7.0)],
)
def test_a_bandwidth_can_be_written_in_many_ways(rate: Any, value: float) -> None:
    from topmast.download.control import bytes_per_second

    assert bytes_per_second(rate) == value


def test_a_bandwidth_may_be_a_quantity() -> None:
    from topmast.download.control import bytes_per_second

    assert bytes_per_second(8 * u.Mbit / u.s) == 1e6


@pytest.mark.parametrize(
    "rate",
    ["fast", 0, -1, "10 m/h", "1.2.3", True, None, 3 * u.km, [1, 2], "nan", float("nan")],
    ids=repr,
)
def test_a_bandwidth_that_means_nothing_is_refused(rate: Any) -> None:
    from topmast.download.control import bytes_per_second

    with pytest.raises(InvalidQueryError, match="bandwidth"):
        bytes_per_second(rate)


def test_a_bandwidth_slows_all_files_together(server: Misbehaving, tmp_path: Path) -> None:
    from topmast.download.control import Control

    waited: list[float] = []
    control = Control(bandwidth=1e6)
    control.wait = waited.append  # type: ignore[method-assign]

    for _ in range(10):
        control.received(100_000)

    assert waited[-1] == pytest.approx(1.0, abs=0.05)


def test_planning_many_files_takes_less_than_1500_bytes_a_file(tmp_path: Path) -> None:
    count = 10_000
    table = Table(
        {
            "dataURI": [f"mast:TEST/product/long_enough_name_{n}_flt.fits" for n in range(count)],
            "obs_collection": ["TEST"] * count,
            "obs_id": [f"obs{n // 10}" for n in range(count)],
            "productFilename": [f"long_enough_name_{n}_flt.fits" for n in range(count)],
            "size": [1000] * count,
        }
    )
    tracemalloc.start()

    plan = plan_download(Session(NOWHERE), table, download_dir=tmp_path)
    text = str(plan)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "10,000 files" in text
    assert most < 1500 * count, most


def test_the_journal_of_a_run_without_failures_is_removed(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    server.on(target("f1.fits"), Reply(404), good(FILES["f1.fits"]))
    plan = plan_download(session_of(server), products(FILES), download_dir=tmp_path)

    plan.run(verbose=False)
    after_failure = list(tmp_path.rglob(".topmast-run-*"))
    plan.run(verbose=False)
    after_success = list(tmp_path.rglob(".topmast-run-*"))

    assert (len(after_failure), len(after_success)) == (1, 0)
    assert os.listdir(tmp_path) == ["mastDownload"]


def test_a_download_folder_that_cannot_be_written_is_told_before_the_first_byte(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    in_the_way = tmp_path / "a file"
    in_the_way.write_text("not a folder")
    plan = plan_download(session_of(server), products(FILES), download_dir=in_the_way)

    with pytest.raises(DownloadError, match=r"Nothing can be written to the download folder .*"):
        plan.run(verbose=False)

    assert server.requests == []


def test_a_plan_travels_to_another_process(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    plan = plan_download(session_of(server), products(FILES), download_dir=tmp_path, flat=True)
    plan.drop([0])
    copies = pickle.loads(pickle.dumps(plan)), copy.deepcopy(plan)

    assert [each.products for each in copies] == [plan.products] * 2
    assert copies[0].run(verbose=False)["Status"].tolist() == ["COMPLETE"] * (len(FILES) - 1)
