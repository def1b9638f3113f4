"""The service over HTTP, asked by pyvo, by our own client and by hand."""

from __future__ import annotations

import gc
import io
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

import topmast
from tests.archive.tap.conftest import COUNT, parsed_csv, stars
from topmast.archive import Archive
from topmast.archive.accounts.accounts import add_account
from topmast.archive.server.serve import serve_in_thread
from topmast.errors import InvalidQueryError
from topmast.net.messages import Limits, Request
from topmast.wire.uws import encode_job_list

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LIMITS = Limits(5, 60, None)
CONE = (
    "SELECT id, mag FROM catalogs.stars "
    "WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 0.1, 20.1, 0.3)) ORDER BY id"
)
NEVER = (
    "SELECT COUNT(*) FROM catalogs.stars a, catalogs.stars b, catalogs.stars c, catalogs.stars d"
)


@pytest.fixture(scope="module")
def url(tap_archive: Archive) -> Iterator[str]:
    with serve_in_thread(tap_archive) as address:
        yield address


pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""pyvo leaves connections open."""


@pytest.fixture
def service(url: str) -> Iterator[Any]:
    pyvo = pytest.importorskip("pyvo")
    import requests

    with requests.Session() as session:
        yield pyvo.dal.TAPService(f"{url}/tap", session=session)
    gc.collect()


def near() -> np.ndarray[Any, Any]:
    table = stars()
    ra, dec = np.deg2rad(table["ra"] - 0.1), np.deg2rad(table["dec"])
    cosine = np.sin(dec) * np.sin(np.deg2rad(20.1)) + np.cos(dec) * np.cos(np.deg2rad(20.1)) * (
        np.cos(ra)
    )
    return np.asarray(table["id"][np.rad2deg(np.arccos(cosine)) <= 0.3])


def ask(
    archive: Archive, method: str, path: str, headers: Any = None, **words: str
) -> tuple[int, Any, bytes]:
    """One request, without a socket."""
    body = urlencode(words).encode() if words and method == "POST" else None
    query = "?" + urlencode(words) if words and method == "GET" else ""
    given = {**(FORM if body else {}), **(headers or {})}
    request = Request(method, f"http://topmast.archive{path}{query}", given, body)
    stream = archive.transport().open(request, LIMITS)
    content = b"".join(stream.chunks())
    return stream.status_code, stream.headers, content


# --------------------------------------------------------------------- with pyvo


def test_pyvo_gets_the_stars_of_a_cone_at_once(service: Any) -> None:
    found = service.search(CONE).to_table()

    assert found["id"].tolist() == near().tolist()
    assert found["mag"].dtype.kind == "f"


def test_pyvo_gets_the_stars_of_a_cone_from_a_job(service: Any) -> None:
    job = service.submit_job(CONE)
    assert job.phase == "PENDING"
    job.run()
    job.wait(timeout=60)

    assert job.phase == "COMPLETED"
    assert job.fetch_result().to_table()["id"].tolist() == near().tolist()
    job.delete()


def test_pyvo_uploads_a_table_and_joins_it(service: Any) -> None:
    places = Table({"name": ["here", "nowhere"], "ra": [0.1, 100.0], "dec": [20.1, -80.0]})
    adql = (
        "SELECT u.name, COUNT(*) AS n FROM TAP_UPLOAD.places AS u JOIN catalogs.stars AS s "
        "ON 1 = CONTAINS(POINT(s.ra, s.dec), CIRCLE(u.ra, u.dec, 0.3)) GROUP BY u.name"
    )

    at_once = service.run_sync(adql, uploads={"places": places}).to_table()
    as_job = service.run_async(adql, uploads={"places": places}).to_table()

    for found in (at_once, as_job):
        assert [tuple(row) for row in found] == [("here", len(near()))]


def test_pyvo_reads_the_tables_and_limits(service: Any) -> None:
    assert {"caom.observations", "ivoa.obscore", "catalogs.stars"} <= {*service.tables.keys()}
    columns = {column.name: column for column in service.tables["catalogs.stars"].columns}
    assert columns["ra"].ucd == "pos.eq.ra;meta.main"
    assert columns["id"].datatype.content == "long"
    assert service.maxrec == 100_000


def test_pyvo_is_told_that_rows_were_cut_off(service: Any) -> None:
    found = service.search("SELECT id FROM catalogs.stars", maxrec=5)

    assert (len(found), found.query_status) == (5, "OVERFLOW")


def test_pyvo_is_told_what_is_wrong(service: Any) -> None:
    from pyvo.dal.exceptions import DALQueryError

    with pytest.raises(DALQueryError, match='"nothing" not found'):
        service.search("SELECT nothing FROM catalogs.stars")
    job = service.submit_job("SELECT nothing FROM catalogs.stars").run()
    job.wait(timeout=60)
    with pytest.raises(DALQueryError, match='"nothing" not found'):
        job.raise_if_error()


# --------------------------------------------------------------------- with our own client


def test_our_client_finds_the_collections_and_asks_them(tap_folder: Path) -> None:
    catalogs = topmast.connect(tap_folder).catalogs

    assert catalogs.get_collections()["collection_name"].tolist() == ["caom", "stars"]
    assert catalogs.get_catalogs("stars")["catalog_name"].tolist() == ["dbo.catalogrecord"]
    assert catalogs.supports_spatial_queries("stars")
    found = catalogs.query_region(SkyCoord(0.1, 20.1, unit="deg"), radius=0.3, collection="stars")
    assert sorted(found["id"].tolist()) == near().tolist()
    bright = catalogs.query_criteria(collection="stars", mag="<7", limit=None)
    assert len(bright) == int(np.sum(stars()["mag"].filled(99) < 7))


def test_our_client_asks_many_places_in_one_upload(tap_folder: Path) -> None:
    catalogs = topmast.connect(tap_folder).catalogs

    found = catalogs.query_region(
        SkyCoord([0.1, 100], [20.1, -80], unit="deg"), radius=0.3, collection="stars", limit=None
    )

    assert sorted(found["id"].tolist()) == near().tolist()
    assert set(found["target_index"].tolist()) == {0}


def test_our_client_sends_a_query_with_two_tables(tap_folder: Path) -> None:
    client = topmast.connect(tap_folder)
    uploads = {"a": Table({"n": [1, 2, 3]}), "b": Table({"n": [2, 3, 4], "t": ["x", "y", "z"]})}

    found = client.tap("SELECT b.t FROM TAP_UPLOAD.a JOIN TAP_UPLOAD.b USING (n)", uploads=uploads)
    job = client.catalogs.submit_tap(
        "SELECT COUNT(*) AS c FROM TAP_UPLOAD.a WHERE n > 1", uploads=uploads
    )

    assert sorted(found["t"].tolist()) == ["x", "y"]
    assert job.result(timeout=60)["c"].tolist() == [2]
    assert client.catalogs.get_job(job.url).phase == "COMPLETED"
    with pytest.raises(InvalidQueryError, match="not 'a b'"):
        client.tap("SELECT 1", uploads={"a b": Table({"n": [1]})})
    with pytest.raises(InvalidQueryError, match="A query is a text"):
        client.tap(5)  # type: ignore[arg-type]


def test_our_client_says_that_mast_wants_a_collection() -> None:
    with pytest.raises(InvalidQueryError, match="collection="):
        topmast.connect("https://mast.stsci.edu").tap("SELECT 1")


def test_our_client_runs_a_job(tap_folder: Path) -> None:
    job = topmast.connect(tap_folder).catalogs.submit_query("stars", mag="<7", limit=None)

    assert len(job.result(timeout=60)) == int(np.sum(stars()["mag"].filled(99) < 7))
    job.delete()


# --------------------------------------------------------------------- by hand

FORMATS = [
    "csv",
    "tsv",
    "json",
    "fits",
    "parquet",
    "votable",
    "text/csv",
    "votable/td",
    "votable/b2",
]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_the_same_rows(tap_archive: Archive, tmp_path: Path, name: str) -> None:
    adql = "SELECT TOP 30 id, ra, mag, kind FROM catalogs.stars ORDER BY id"

    status, _, content = ask(
        tap_archive, "POST", "/tap/sync", LANG="ADQL", QUERY=adql, RESPONSEFORMAT=name
    )

    assert status == 200
    assert rows_in(content, name, tmp_path) == [
        (row["id"], pytest.approx(row["ra"]), none(row["mag"]), none(row["kind"]))
        for row in stars()[:30]
    ]


def none(value: Any) -> Any:
    if np.ma.is_masked(value):
        return None
    return str(value) if isinstance(value, str) else pytest.approx(float(value))


def rows_in(content: bytes, name: str, folder: Path) -> list[tuple[Any, ...]]:
    if name == "json":
        return [tuple(row) for row in json.loads(content)["data"]]
    if "csv" in name:
        return [
            (int(a), float(b), float(c) if c else None, d or None)
            for a, b, c, d in parsed_csv(content)[1:]
        ]
    if name == "tsv":
        lines = [line.split("\t") for line in content.decode().splitlines()[1:]]
        return [(int(a), float(b), float(c) if c else None, d or None) for a, b, c, d in lines]
    if name == "parquet":
        import pyarrow.parquet as pq

        return [tuple(row.values()) for row in pq.read_table(io.BytesIO(content)).to_pylist()]
    path = folder / "file"
    path.write_bytes(content)
    kind = name.partition("/")[0]
    table = Table.read(path, format=kind)
    return [
        (int(row["id"]), float(row["ra"]), *(cell(row[word]) for word in ("mag", "kind")))
        for row in table
    ]


def cell(value: Any) -> Any:
    if np.ma.is_masked(value) or value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, (bytes, str)):
        text = value.decode() if isinstance(value, bytes) else str(value)
        return text.replace("Gr??e", "Größe") or None
    return float(value)


WRONG = [
    ({}, "QUERY is missing"),
    ({"QUERY": " "}, "QUERY is missing"),
    ({"QUERY": CONE, "LANG": "SQL"}, "LANG is ADQL"),
    ({"QUERY": CONE, "REQUEST": "fly"}, "REQUEST is doQuery"),
    ({"QUERY": CONE, "MAXREC": "-1"}, "MAXREC is a whole number"),
    ({"QUERY": CONE, "MAXREC": "many"}, "MAXREC is a whole number"),
    ({"QUERY": CONE, "RESPONSEFORMAT": "docx"}, "RESPONSEFORMAT is one of"),
    ({"QUERY": CONE, "UPLOAD": "t,http://example.org/t.vot"}, "fetches no tables from elsewhere"),
    ({"QUERY": CONE, "UPLOAD": "t,file:///etc/passwd"}, "fetches no tables from elsewhere"),
    ({"QUERY": CONE, "UPLOAD": "t,param:t"}, "has no file"),
    ({"QUERY": CONE, "UPLOAD": "t"}, "UPLOAD is name,param:field"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_a_wrong_word_is_answered_with_a_votable_that_says_so(
    tap_archive: Archive, words: dict[str, str], said: str
) -> None:
    status, headers, content = ask(tap_archive, "POST", "/tap/sync", **words)

    assert status == 400
    assert headers["Content-Type"].startswith("application/x-votable+xml")
    assert said in message_of(content)


def message_of(content: bytes) -> str:
    infos = ElementTree.fromstring(content).iter("{http://www.ivoa.net/xml/VOTable/v1.3}INFO")
    return " ".join(each.text or "" for each in infos if each.get("value") == "ERROR")


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><VOTABLE>&a;</VOTABLE>'
UPLOADS = [
    (b"hello", "no VOTable"),
    (b"", "no VOTable"),
    (BOMB, "declares entities"),
    (b"\x1f\x8b" + b"0" * 100, "packed"),
    (b"<VOTABLE></VOTABLE>", "no VOTable"),
    (b"<html><body>Not found</body></html>", "no VOTable"),
]


@pytest.mark.parametrize(("content", "said"), UPLOADS)
def test_a_wrong_upload_is_refused_with_its_name(
    tap_archive: Archive, content: bytes, said: str
) -> None:
    mark = "xyz"
    parts = [("QUERY", b"SELECT * FROM TAP_UPLOAD.mine"), ("UPLOAD", b"mine,param:file")]
    body = b"".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + value
        + b"\r\n"
        for name, value in parts
    )
    head = 'Content-Disposition: form-data; name="file"; filename="f.vot"'
    body += f"--{mark}\r\n{head}\r\n\r\n".encode() + content + f"\r\n--{mark}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    request = Request("POST", "http://topmast.archive/tap/sync", headers, body)

    stream = tap_archive.transport().open(request, LIMITS)

    answer = b"".join(stream.chunks())
    assert stream.status_code == 400
    assert said in message_of(answer)
    assert "mine" in message_of(answer)


def test_no_rows_are_asked_for_and_only_columns_come(tap_archive: Archive) -> None:
    status, _, content = ask(tap_archive, "GET", "/tap/sync", QUERY=CONE, MAXREC="0")

    assert status == 200
    assert b"<FIELD" in content
    assert b"<TR>" not in content
    assert b'value="OVERFLOW"' in content


def test_an_unknown_collection_is_not_found(tap_archive: Archive) -> None:
    root = "/vo-tap/api/v0.1/nothing"
    assert ask(tap_archive, "GET", f"{root}/capabilities")[0] == 404
    assert ask(tap_archive, "GET", f"{root}/tables")[0] == 404
    assert ask(tap_archive, "POST", f"{root}/async", QUERY=CONE)[0] == 404
    status, _, content = ask(tap_archive, "POST", f"{root}/sync", QUERY=CONE)
    assert status == 400
    assert "no collection" in message_of(content)


def test_a_job_takes_up_the_result_of_another_by_its_address(tap_archive: Archive) -> None:
    first = make_job(tap_archive, QUERY=CONE, PHASE="RUN")
    assert wait_for(tap_archive, first, "COMPLETED", "ERROR") == "COMPLETED"
    address = f"http://topmast.archive{first}/results/result"

    status, _, content = ask(
        tap_archive, "POST", "/tap/sync", RESPONSEFORMAT="csv", UPLOAD=f"mine,{address}",
        QUERY="SELECT COUNT(*) FROM TAP_UPLOAD.mine",
    )  # fmt: skip

    assert (status, parsed_csv(content)[1]) == (200, [str(len(near()))])


# --------------------------------------------------------------------- jobs


def make_job(archive: Archive, headers: Any = None, **words: str) -> str:
    status, answer, _ = ask(archive, "POST", "/tap/async", headers, **words)
    assert status == 303
    return str(answer["Location"]).removeprefix("http://topmast.archive")


def phase_of(archive: Archive, job: str) -> str:
    return ask(archive, "GET", f"{job}/phase")[2].decode()


def wait_for(archive: Archive, job: str, *phases: str) -> str:
    end = time.monotonic() + 30
    while (phase := phase_of(archive, job)) not in phases and time.monotonic() < end:
        time.sleep(0.02)
    return phase


def test_a_job_that_never_ends_is_aborted(tap_archive: Archive) -> None:
    job = make_job(tap_archive, QUERY=NEVER, PHASE="RUN")
    assert wait_for(tap_archive, job, "EXECUTING") == "EXECUTING"

    assert ask(tap_archive, "POST", f"{job}/phase", PHASE="ABORT")[0] == 303

    assert phase_of(tap_archive, job) == "ABORTED"
    after = make_job(tap_archive, QUERY=CONE, PHASE="RUN")  # the next one is done at once
    assert wait_for(tap_archive, after, "COMPLETED", "ERROR") == "COMPLETED"
    assert ask(tap_archive, "DELETE", job)[0] == 303
    assert ask(tap_archive, "GET", job)[0] == 404


def test_a_job_is_ended_by_its_own_limit(tap_archive: Archive) -> None:
    job = make_job(tap_archive, QUERY=NEVER)
    ask(tap_archive, "POST", f"{job}/executionduration", EXECUTIONDURATION="1")
    ask(tap_archive, "POST", f"{job}/phase", PHASE="RUN")

    assert wait_for(tap_archive, job, "ERROR") == "ERROR"
    assert "longer than 1 seconds" in message_of(ask(tap_archive, "GET", f"{job}/error")[2])


def test_what_a_job_asks_can_be_changed_until_it_is_started(tap_archive: Archive) -> None:
    job = make_job(tap_archive, QUERY="SELECT nonsense", RUNID="mine")
    ask(tap_archive, "POST", f"{job}/parameters", QUERY=CONE, FORMAT="csv")
    assert b"CIRCLE" in ask(tap_archive, "GET", f"{job}/parameters")[2]

    ask(tap_archive, "POST", f"{job}/phase", PHASE="RUN")

    assert wait_for(tap_archive, job, "COMPLETED", "ERROR") == "COMPLETED"
    assert ask(tap_archive, "POST", f"{job}/parameters", QUERY="SELECT 1")[0] == 400
    _, headers, content = ask(tap_archive, "GET", f"{job}/results/result")
    assert headers["Content-Type"].startswith("text/csv")
    assert len(parsed_csv(content)) == 1 + len(near())
    assert b"<uws:runId>mine</uws:runId>" in ask(tap_archive, "GET", job)[2]


def test_one_waits_for_a_job_to_change(tap_archive: Archive) -> None:
    job = make_job(tap_archive, QUERY=CONE)
    start = time.monotonic()
    ask(tap_archive, "GET", job, WAIT="1")
    assert time.monotonic() - start >= 1
    ask(tap_archive, "POST", f"{job}/phase", PHASE="RUN")

    content = ask(tap_archive, "GET", job, WAIT="30", PHASE="QUEUED")[2]

    assert b"<uws:phase>QUEUED" not in content


def test_a_result_is_forgotten_in_its_time(tap_archive: Archive) -> None:
    job = make_job(tap_archive, QUERY=CONE)

    assert ask(tap_archive, "POST", f"{job}/destruction", DESTRUCTION="soon")[0] == 400
    ask(tap_archive, "POST", f"{job}/destruction", DESTRUCTION="2020-01-01T00:00:00Z")

    assert ask(tap_archive, "GET", job)[0] == 404
    make_job(tap_archive, QUERY=CONE)  # clears away
    assert not tap_archive.tap_jobs.store.job_folder(job.rpartition("/")[2]).exists()


def test_a_job_outlives_a_restart(tap_archive: Archive, tap_folder: Path) -> None:
    done = make_job(tap_archive, QUERY=CONE, PHASE="RUN")
    wait_for(tap_archive, done, "COMPLETED")
    lost, waiting = (make_job(tap_archive, QUERY=CONE) for _ in range(2))
    database = sqlite3.connect(tap_folder / "tap" / "jobs.sqlite")
    with database:  # as a server leaves them that is killed
        for job, phase in ((lost, "EXECUTING"), (waiting, "QUEUED")):
            sql = "UPDATE jobs SET phase = ?, alive = 0 WHERE id = ?"
            database.execute(sql, (phase, job.rpartition("/")[2]))
    database.close()

    with Archive(tap_folder) as another:
        assert phase_of(another, done) == "COMPLETED"
        assert ask(another, "GET", f"{done}/results/result")[2].count(b"<TR>") == len(near())
        assert phase_of(another, lost) == "ERROR"
        assert "Submit the query again" in message_of(ask(another, "GET", f"{lost}/error")[2])
        assert wait_for(another, waiting, "COMPLETED") == "COMPLETED"


def test_two_processes_see_the_same_jobs(tap_archive: Archive, tap_folder: Path) -> None:
    job = make_job(tap_archive, QUERY=NEVER, PHASE="RUN")
    wait_for(tap_archive, job, "EXECUTING")

    with Archive(tap_folder) as another:
        assert phase_of(another, job) == "EXECUTING"
        ask(another, "POST", f"{job}/phase", PHASE="ABORT")

    assert phase_of(tap_archive, job) == "ABORTED"
    after = make_job(tap_archive, QUERY=CONE, PHASE="RUN")
    assert wait_for(tap_archive, after, "COMPLETED", "ERROR") == "COMPLETED"


def test_only_its_owner_has_a_job(tmp_path: Path) -> None:
    from topmast.archive.accounts.tokens import create_token

    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest_catalog("stars", stars()[:10])
        headers = []
        for name in ("ada", "bob"):
            add_account(archive.store, name, None)
            _, secret = create_token(archive.store, name)
            headers.append({"Authorization": f"token {secret}"})
        ada, bob = headers
        job = make_job(archive, ada, QUERY="SELECT * FROM catalogs.stars", PHASE="RUN")

        assert ask(archive, "GET", job, ada)[0] == 200
        for other in (bob, None):
            for method, path in (("GET", job), ("GET", f"{job}/results/result"), ("DELETE", job)):
                assert ask(archive, method, path, other)[0] == 403
        assert job.rpartition("/")[2].encode() in ask(archive, "GET", "/tap/async", ada)[2]
        assert ask(archive, "GET", "/tap/async", bob)[2] == encode_job_list([], "")


def test_the_service_describes_itself(tap_archive: Archive) -> None:
    for path in ("capabilities", "availability", "tables", "tables/catalogs.stars"):
        status, headers, content = ask(tap_archive, "GET", f"/tap/{path}")
        assert (status, headers["Content-Type"][:8]) == (200, "text/xml")
        ElementTree.fromstring(content)
    assert ask(tap_archive, "GET", "/tap/tables/catalogs.nothing")[0] == 404
    assert f"{COUNT} rows".encode() in ask(tap_archive, "GET", "/tap/tables")[2]
