"""Archives are made, opened, shared and closed."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.archive.conftest import Caller, fill
from topmast.archive import Archive, Cone, Query
from topmast.archive.store.filters import parse_filters
from topmast.archive.store.locking import writer_lock
from topmast.errors import ArchiveError, InvalidQueryError, UnreachableError
from topmast.tables.fields import FILTERED

COUNT: dict[str, Any] = {"columns": "COUNT_BIG(*)", "filters": []}


def test_a_new_archive_is_empty_and_answers(empty: Archive) -> None:
    caller = Caller(empty)
    assert caller.ask("Mast.Caom.Filtered", COUNT)["data"] == [{"Column1": 0}]
    assert caller.ask("Mast.Caom.Cone", {"ra": 1, "dec": 2})["data"] == []
    assert caller.ask("Mast.Caom.All", format="extjs")["status"] == "COMPLETE"
    assert caller.get("/").status == 200


def test_a_folder_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is not an archive"):
        Archive(tmp_path)
    (tmp_path / "archive.sqlite").write_bytes(b"not a database at all, but long enough" * 99)
    with pytest.raises(ArchiveError, match="not a database"):
        Archive(tmp_path)


def test_an_archive_is_not_made_over_another(empty: Archive) -> None:
    with pytest.raises(ArchiveError, match="is an archive already"):
        Archive.create(empty.folder)


def test_an_archive_of_the_future_is_refused(empty: Archive) -> None:
    with sqlite3.connect(empty.store.layout.database) as connection:
        connection.execute("UPDATE settings SET value = '99' WHERE name = 'format_version'")
    connection.close()
    with pytest.raises(ArchiveError, match="has format 99"):
        Archive(empty.folder)


def test_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidQueryError, match="A profile is one of current, 2017"):
        Archive.create(tmp_path / "x", profile="2018")
    assert not (tmp_path / "x").exists()


def test_an_archive_can_be_opened_with_the_columns_of_another_time(filled: Archive) -> None:
    with Archive(filled.folder, profile="2017") as opened:
        assert [field.name for field in opened.fields["cone"]][:2] == [
            "dataproduct_type",
            "obs_collection",
        ]
    with Archive(filled.folder) as opened:
        assert opened.profile == "current"
    with pytest.raises(InvalidQueryError, match="A profile is one of current, 2017, not '1999'"):
        Archive(filled.folder, profile="1999")


def test_an_archive_is_searched_from_python(filled: Archive) -> None:
    hst = parse_filters([{"paramName": "obs_collection", "values": ["HST"]}])
    found = filled.search(Query(FILTERED[:2], hst, Cone(210.8, 54.3, 0.1), pagesize=1))
    assert found.rows == [("science", "HST")]
    assert found.total == 2


def test_a_closed_archive_answers_no_more(tmp_path: Path) -> None:
    archive = Archive.create(tmp_path / "archive")
    caller = Caller(archive)
    archive.close()
    archive.close()
    with pytest.raises(ArchiveError, match="has been closed"):
        archive.search(Query(FILTERED))
    assert caller.get("/health").status == 500


def test_a_closed_transport_answers_no_more(filled: Archive) -> None:
    closed = []
    transport = filled.transport(on_close=lambda: closed.append(True))
    transport.close()
    transport.close()
    assert closed == [True]
    with pytest.raises(UnreachableError, match="has been closed"):
        transport.open(*_anything())


def _anything() -> Any:
    from tests.archive.conftest import LIMITS
    from topmast.net.messages import Request

    return Request("GET", "http://topmast.archive/"), LIMITS


def test_only_one_process_writes_at_a_time(empty: Archive) -> None:
    with writer_lock(empty.store.layout):
        with pytest.raises(ArchiveError, match="Another process has been writing"):
            with writer_lock(empty.store.layout, wait_seconds=0.1):
                pass
    with writer_lock(empty.store.layout, wait_seconds=0):
        pass


def test_many_threads_read_while_one_writes(empty: Archive, tmp_path: Path) -> None:
    fill(empty, tmp_path / "files")
    seen: list[int] = []
    problems: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        caller = Caller(empty)
        try:
            while not done.is_set():
                answer = caller.ask("Mast.Caom.Cone", {"ra": 77, "dec": 1, "radius": 0.1})
                seen.append(len(answer["data"]))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(10):
        empty.ingest([{"objID": 1000 + number, "s_ra": 77.0, "s_dec": 1.0}])
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert seen == sorted(seen) or set(seen) <= set(range(11))
    assert len(Caller(empty).ask("Mast.Caom.Cone", {"ra": 77, "dec": 1})["data"]) == 10


def _ask_in_child(archive: Archive, answers: Any) -> None:
    answers.put(Caller(archive).ask("Mast.Caom.Filtered", COUNT)["data"])


def test_a_forked_process_makes_its_own_connections(filled: Archive) -> None:
    Caller(filled).ask("Mast.Caom.Filtered", COUNT)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_ask_in_child, args=(filled, answers))
    child.start()
    assert answers.get(timeout=30) == [{"Column1": 6}]
    child.join(30)
    assert child.exitcode == 0
    assert Caller(filled).ask("Mast.Caom.Filtered", COUNT)["data"] == [{"Column1": 6}]


def test_a_write_protected_copy_is_read_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.create(tmp_path / "archive") as archive:
        fill(archive, tmp_path / "files")
    monkeypatch.setattr("topmast.archive.store.database._writable", lambda path: False)
    before = sorted((tmp_path / "archive").iterdir())
    with Archive(tmp_path / "archive") as archive:
        assert Caller(archive).ask("Mast.Caom.Filtered", COUNT)["data"] == [{"Column1": 6}]
        with pytest.raises(ArchiveError, match="cannot be written to"):
            archive.ingest([{"obs_id": "x"}])
        if "immutable" in archive.store._address:
            assert sorted((tmp_path / "archive").iterdir()) == before


def test_closing_leaves_only_the_files_of_the_archive(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive") as archive:
        fill(archive, tmp_path / "files")
        Caller(archive).ask("Mast.Caom.Filtered", COUNT)
    names = {path.name for path in (tmp_path / "archive").iterdir()}
    assert names == {"archive.sqlite", "archive.lock", "products", "footprints"}
