"""Systems that cannot read and write at a place, or rename an open file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.download.products import files_below, fits_bytes, products, serve, session_of
from tests.misbehaving import Misbehaving
from topmast.download import part, plan_download
from topmast.download.system import read_after_seeking, write_after_seeking

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
