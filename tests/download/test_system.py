"""Systems that cannot read and write at a place, or rename an open file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.download.products import files_below, fits_bytes, products, serve, session_of
from tests.misbehaving import Misbehaving
from topmast.download import plan_download
from topmast.download.folder import part
from topmast.download.folder.index import INDEX_NAME
from topmast.download.folder.system import read_after_seeking, write_after_seeking

FILES = {f"f{n}.fits": fits_bytes(n) for n in range(4)}


def test_seeking_reads_and_writes_what_a_place_names(tmp_path: Path) -> None:
    file = os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT)
    try:
        assert write_after_seeking(file, b"world", 6) == 5
        assert write_after_seeking(file, memoryview(b"hello "), 0) == 6
        assert read_after_seeking(file, 5, 6) == os.pread(file, 5, 6) == b"world"
    finally:
        os.close(file)


def test_downloads_do_without_what_windows_lacks(
    server: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(server, FILES)
    monkeypatch.setattr(part, "write_at", write_after_seeking)
    monkeypatch.setattr(part, "OPEN_FILES_MOVE", False)

    plan = plan_download(session_of(server), products(FILES), download_dir=tmp_path, flat=True)
    manifest = plan.run(verbose=False)

    assert set(manifest["Status"]) == {"COMPLETE"}
    assert [*files_below(tmp_path).values()] == [*FILES.values()]


def traps(folder: Path, name: str) -> None:
    """What somebody may have put in place of a file of ours."""
    victim = folder.parent / "victim"
    victim.write_text("not yours")
    match name.partition(" of ")[0]:
        case "link":
            (folder / INDEX_NAME).symlink_to(victim)
        case "dangling link":
            (folder / INDEX_NAME).symlink_to(folder.parent / "nothing")
        case "pipe":
            os.mkfifo(folder / INDEX_NAME)
        case "folder":
            (folder / INDEX_NAME).mkdir()
        case "journal that is a folder":
            (folder / ".topmast-run-1-1-1.jsonl").mkdir()
        case "journal that is a pipe":
            os.mkfifo(folder / ".topmast-run-1-1-1.jsonl")
        case "journal that is nonsense":
            (folder / ".topmast-run-1-1-1.jsonl").write_text(
                '5\n{"job": 3}\n{"job": {"path": 1}}\n'
            )


@pytest.mark.parametrize(
    "name",
    [
        "link",
        "dangling link",
        "pipe",
        "folder",
        "journal that is a folder",
        "journal that is a pipe",
        "journal that is nonsense",
    ],
)
def test_traps_in_the_folder_change_nothing(server: Misbehaving, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    traps(folder, name)
    serve(server, FILES)

    for _ in range(2):
        plan = plan_download(session_of(server), products(FILES), download_dir=folder, flat=True)
        assert set(plan.run(verbose=False)["Status"]) == {"COMPLETE"}

    assert all((folder / file).read_bytes() == content for file, content in FILES.items())
    assert (tmp_path / "victim").read_text() == "not yours"
    assert not (tmp_path / "nothing").exists()


def test_a_folder_in_place_of_a_file_is_named(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    (tmp_path / "f1.fits").mkdir()

    plan = plan_download(session_of(server), products(FILES), download_dir=tmp_path, flat=True)
    manifest = plan.run(verbose=False)

    assert manifest["Status"].tolist() == ["COMPLETE", "ERROR", "COMPLETE", "COMPLETE"]
    assert "f1.fits is a folder" in manifest["Message"][1]
