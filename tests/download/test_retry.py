"""What failed is fetched again: from a manifest, its file, or the journal of a killed run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

from tests.download.products import (
    files_below,
    fits_bytes,
    good,
    products,
    serve,
    session_of,
    target,
)
from tests.misbehaving import Misbehaving, Reply
from topmast.download import plan_download, retry
from topmast.errors import InvalidQueryError

FILES = {f"f{n}.fits": fits_bytes(n) for n in range(3)}


@pytest.fixture
def manifest(server: Misbehaving, tmp_path: Path) -> Table:
    """One of three files has failed; now the archive has it."""
    serve(server, FILES)
    server.on(target("f1.fits"), Reply(404), good(FILES["f1.fits"]))
    return plan_download(session_of(server), products(FILES), download_dir=tmp_path).run(
        verbose=False
    )


def check(again: Any, server: Misbehaving, folder: Path) -> None:
    assert again["Status"].tolist() == ["COMPLETE"] * 3
    assert again["Message"].tolist() == [None] * 3
    assert len(server.requests) == 4
    assert sorted(files_below(folder).values()) == sorted(FILES.values())


def test_a_manifest_is_retried(manifest: Table, server: Misbehaving, tmp_path: Path) -> None:
    check(retry(session_of(server), manifest, verbose=False), server, tmp_path)


def test_a_manifest_in_a_file_is_retried(
    manifest: Table, server: Misbehaving, tmp_path: Path
) -> None:
    path = tmp_path / "manifest.ecsv"
    manifest.write(path)

    again = retry(session_of(server), path, verbose=False)
    path.unlink()

    check(again, server, tmp_path)


def test_the_journal_of_a_run_is_retried(
    manifest: Table, server: Misbehaving, tmp_path: Path
) -> None:
    journal = next(tmp_path.rglob(".topmast-run-*"))

    again = retry(session_of(server), journal, verbose=False)

    assert again["Status"].tolist() == ["COMPLETE"]
    assert (tmp_path / "mastDownload/TEST/obs1/f1.fits").read_bytes() == FILES["f1.fits"]
    assert not list(tmp_path.rglob(".topmast-run-*"))


def test_a_manifest_of_astroquery_is_retried(
    manifest: Table, server: Misbehaving, tmp_path: Path
) -> None:
    four = manifest["Local Path", "Status", "Message", "URL"]

    again = retry(session_of(server), four, verbose=False)

    assert again.colnames == four.colnames
    check(again, server, tmp_path)


def test_what_fails_again_is_still_an_error_row(
    manifest: Table, server: Misbehaving, tmp_path: Path
) -> None:
    server.on(target("f1.fits"), Reply(404))

    again = retry(session_of(server), manifest, verbose=False)

    assert again["Status"].tolist() == ["COMPLETE", "ERROR", "COMPLETE"]


def test_what_is_no_manifest_is_refused(server: Misbehaving, tmp_path: Path) -> None:
    (tmp_path / "x.ecsv").write_text("nonsense")

    with pytest.raises(InvalidQueryError, match="no column 'Local Path'"):
        retry(session_of(server), Table({"a": [1]}))
    with pytest.raises(InvalidQueryError, match="cannot be read"):
        retry(session_of(server), tmp_path / "x.ecsv")
    with pytest.raises(InvalidQueryError, match="cannot be read"):
        retry(session_of(server), tmp_path / "missing.ecsv")
