"""connect makes a client of a server or of a folder, and says what is wrong with neither."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

import topmast
from tests.small_archive import make
from topmast.errors import ArchiveError, InvalidQueryError, MissingExtraError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = make(tmp_path_factory.mktemp("small"))
    archive.close()
    return archive.folder


@pytest.mark.parametrize("kind", [Path, str])
def test_a_folder_is_an_archive_in_this_process(folder: Path, kind: Any) -> None:
    with topmast.connect(kind(folder)) as client:
        assert client.observations.list_missions() == ["HST", "IUE", "K2", "TESS"]
        assert client.mast.resolve_object("M8").ra.deg == 270.92194


def test_a_folder_in_the_home_folder_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    client = topmast.connect(f"~/{folder.name}")
    assert client.observations.query_criteria_count() == 4


def test_the_parts_of_a_client_share_its_session(folder: Path) -> None:
    client = topmast.connect(folder)
    assert client.observations._session is client.mast._session is client.session
    assert client.observations is client.observations


def test_settings_are_the_clients_own() -> None:
    client = topmast.connect("http://127.0.0.1:9", timeout=5, dialect="astroquery")
    assert client.session.setting("timeout") == 5
    assert topmast.conf.timeout == 600
    with pytest.raises(InvalidQueryError, match="No setting 'timeoot'"):
        topmast.connect("http://127.0.0.1:9", timeoot=5)


def test_without_a_place_the_setting_counts(folder: Path) -> None:
    topmast.conf.server = folder
    assert topmast.connect().observations.query_criteria_count() == 4
    assert repr(topmast.connect()) == f"<Client of {folder}>"


def test_what_one_archive_said_is_not_taken_for_what_another_would_say(
    folder: Path, tmp_path: Path
) -> None:
    other = make(tmp_path, profile="2017")
    other.ingest(names=Table({"name": ["M8"], "resolver": ["NED"], "ra": [1.0], "dec": [2.0]}))
    other.close()
    client = topmast.connect()
    for archive, ra in ((folder, 270.92194), (other.folder, 1.0)):
        topmast.conf.server = archive
        assert client.observations.resolve_object("M8").ra.deg == ra
        assert len(client.observations.query_criteria(obs_collection="HST")) == 1


def test_a_folder_without_an_archive_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as problem:
        topmast.connect(tmp_path)
    assert "holds no archive" in str(problem.value)
    assert f"topmast init {tmp_path} --sample" in str(problem.value)


@pytest.mark.parametrize("where", ["mast.stsci.edu", "/no/such/folder", ""])
def test_what_is_neither_url_nor_folder_is_refused(where: str) -> None:
    with pytest.raises(ArchiveError, match=r"(is neither a URL nor a folder|holds no archive)"):
        topmast.connect(where)


def test_a_setting_that_is_no_archive_is_refused_when_it_is_used(tmp_path: Path) -> None:
    topmast.conf.server = tmp_path
    with pytest.raises(ArchiveError, match="topmast init"):
        topmast.connect().observations.list_missions()


def test_without_the_extra_the_error_says_how_to_install_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "topmast.archive":
            raise ModuleNotFoundError("No module named 'starlette'", name="starlette")
        return ordinary(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"'starlette' is needed.*\[archive\]"):
        topmast.connect(folder).observations.list_missions()
