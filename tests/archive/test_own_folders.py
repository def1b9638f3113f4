"""Folders as people have them: moved, changed, unreadable, of strange names, twice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.archive.test_own_files import image
from topmast import Archive, connect
from topmast.archive.own_files import folder as own_folder
from topmast.archive.upkeep import check
from topmast.errors import ArchiveError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.create(tmp_path / "archive")


def rows_of(archive: Archive, **criteria: Any) -> Any:
    with connect(archive.folder) as client:
        return client.observations.query_criteria(**(criteria or {"obs_collection": "*"}))


def test_files_of_one_name_in_two_folders_are_both_kept(archive: Archive, tmp_path: Path) -> None:
    contents = set()
    for name, dec in (("one", 10.0), ("two", 20.0)):
        contents.add(image(tmp_path / name / "a.fits", dec_deg=dec).read_bytes())
        archive.ingest_folder(tmp_path / name)
    held = {path.read_bytes() for path in archive.folder.glob("products/**/*.fits")}
    assert held == contents
    assert check(archive, checksums=True) == []


def test_another_mapping_is_no_longer_passed_over(folder: Path, archive: Archive) -> None:
    image(folder / "a.fits", FILTER=None)
    assert archive.ingest_folder(folder).files == 1
    report = archive.ingest_folder(folder, values={"filters": "g", "obs_collection": "MINE"})
    assert (report.files, report.unchanged) == (1, 0)
    (row,) = rows_of(archive)
    assert (row["filters"], row["obs_collection"]) == ("g", "MINE")
    assert (
        archive.ingest_folder(folder, values={"filters": "g", "obs_collection": "MINE"}).files == 0
    )
    assert check(archive, checksums=True) == []


def test_files_of_one_observation_complete_each_other(
    folder: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_folder, "FILES_AT_ONCE", 1)
    image(folder / "a.fits", ROOTNAME="obs", FILTER="g", OBJECT=None)
    image(folder / "b.fits", ROOTNAME="obs", FILTER=None, OBJECT="M8", dec_deg=-10.0)
    archive.ingest_folder(folder)
    (row,) = rows_of(archive)
    assert (row["filters"], row["target_name"]) == ("g", "M8")
    assert row["s_dec"] == pytest.approx(54.3, abs=1e-6)
    image(folder / "a.fits", ROOTNAME="obs", FILTER="zz", OBJECT=None)
    archive.ingest_folder(folder)
    (row,) = rows_of(archive)
    assert (row["filters"], row["target_name"]) == ("zz", "M8")


@pytest.mark.parametrize(
    "name", ["new\nline.fits", "quo'te\".fits", "ünï—码.fits", "-dash.fits", "esc\x1b[31m.fits",
             b"bad\xff.fits", "back\\slash.fits", "CON.fits"]
)  # fmt: skip
def test_any_name_goes_in_and_comes_out(
    folder: Path, archive: Archive, tmp_path: Path, name: Any
) -> None:
    path = image(folder / "plain.fits")
    os.rename(path, os.path.join(os.fsencode(folder), os.fsencode(name)))
    report = archive.ingest_folder(folder)
    assert (report.files, report.left_out) == (1, [])
    assert archive.ingest_folder(folder).unchanged == 1
    with connect(archive.folder) as client:
        products = client.observations.get_product_list(rows_of(archive))
        manifest = client.observations.download_products(
            products, download_dir=tmp_path / "got", verbose=False
        )
    assert set(manifest["Status"]) == {"COMPLETE"}


def test_a_file_that_vanishes_is_named_and_the_others_go_in(
    folder: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        image(folder / f"{name}.fits")
    make_previews = own_folder._make_previews

    def and_then_remove(batch: Any, made: Path) -> Any:
        yield from make_previews(batch, made)
        (folder / "b.fits").unlink(missing_ok=True)

    monkeypatch.setattr(own_folder, "_make_previews", and_then_remove)
    report = archive.ingest_folder(folder)
    assert report.files == 2
    assert [(path.name, why) for path, why in report.left_out] == [
        ("b.fits", "it is gone, or cannot be read any more.")
    ]
    assert sorted(rows_of(archive)["obs_id"]) == ["a", "c"]
    assert check(archive, checksums=True) == []


def test_a_full_disk_leaves_the_archive_as_it_was(
    folder: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    image(folder / "a.fits")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("topmast.archive.store.product_files.os.fsync", full)
        with pytest.raises(ArchiveError, match=r"No space left.*run the command again"):
            archive.ingest_folder(folder)
    assert check(archive) == []
    assert not list(archive.folder.glob("products/**/*.fits"))
    assert archive.ingest_folder(folder).files == 1


def test_a_link_out_of_the_folder_is_named(folder: Path, archive: Archive, tmp_path: Path) -> None:
    folder.mkdir()
    (folder / "link.fits").symlink_to(image(tmp_path / "secret.fits"))
    report = archive.ingest_folder(folder)
    assert [(path.name, why) for path, why in report.left_out] == [
        ("link.fits", "it is a link to a place outside of the folder.")
    ]


NAMES = st.sampled_from(["a.fits", "b.fits", "sub/a.fits", "sub/deep/c.fits"])
WHAT = st.sampled_from(["write", "delete", "link", "foreign", "remove"])
STEPS = st.lists(st.tuples(WHAT, NAMES), max_size=6)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_only_what_is_in_the_folder_goes_in_and_only_what_we_made_goes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    top = tmp_path_factory.mktemp("own")
    folder, archive = top / "run", Archive.create(top / "archive")
    folder.mkdir()
    secret = image(top / "secret.fits", OBJECT="SECRET")
    outside, foreign = secret.read_bytes(), set()
    for number, (what, name) in enumerate(steps):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if what == "write":
            image(path, OBJECT=f"T{number}")
        elif what == "link":
            path.symlink_to(secret)
        elif what == "foreign":
            mine = archive.folder / "products" / "MYSCOPE" / Path(name).stem / Path(name).name
            if not mine.exists():
                mine.parent.mkdir(parents=True, exist_ok=True)
                mine.write_bytes(b"mine")
                foreign.add(mine)
        elif what == "remove" and (ids := sorted(set(_obsids(archive)))):
            archive.remove(ids[:1])
        before = {one: one.read_bytes() for one in folder.rglob("*.fits")}
        archive.ingest_folder(folder, previews=False)
        assert {one: one.read_bytes() for one in folder.rglob("*.fits")} == before
    held = [one.read_bytes() for one in archive.folder.glob("products/**/*.fits")]
    assert outside not in held
    assert secret.read_bytes() == outside
    assert all(one.read_bytes() == b"mine" for one in foreign)
    assert [line for line in check(archive, checksums=True) if "no table names" not in line] == []
    archive.close()
    shutil.rmtree(top)


def _obsids(archive: Archive) -> list[int]:
    with archive.store.reading() as connection:
        return [row[0] for row in connection.execute("SELECT obsid FROM observations")]
