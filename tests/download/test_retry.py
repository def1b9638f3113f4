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
from topmast.download.retry import plans_of_retry
from topmast.errors import InvalidQueryError
from topmast.wire.table_files import FORMATS, Format

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


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_every_format_that_the_command_line_writes_is_read(
    kind: Format, manifest: Table, server: Misbehaving, tmp_path: Path
) -> None:
    path = tmp_path / f"manifest{kind.extensions[0]}"
    with path.open("wb") as stream:
        kind.write(manifest, stream)

    again = retry(session_of(server), path, verbose=False)
    path.unlink()

    check(again, server, tmp_path)
    assert again.colnames == manifest.colnames
    assert again["Bytes"].tolist() == [len(content) for content in FILES.values()]
    assert again["URL"].tolist() == [None] * 3


def test_a_retry_takes_as_many_connections_as_it_is_told(
    manifest: Table, server: Misbehaving, tmp_path: Path
) -> None:
    again = retry(session_of(server), manifest, connections=1, bandwidth="100 MB/s", verbose=False)

    check(again, server, tmp_path)


def test_what_a_retry_would_fetch_is_told_without_a_request(
    manifest: Table, server: Misbehaving, tmp_path: Path
) -> None:
    before = len(server.requests)
    journal = next(tmp_path.rglob(".topmast-run-*"))

    plans = [
        *plans_of_retry(session_of(server), manifest),
        *plans_of_retry(session_of(server), journal),
    ]

    assert [[each.path for each in plan.products] for plan in plans] == [["TEST/obs1/f1.fits"]] * 2
    assert {plan.folder for plan in plans} == {tmp_path / "mastDownload"}
    assert len(server.requests) == before


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


@pytest.mark.parametrize("name", ["x" + kind.extensions[0] for kind in FORMATS])
def test_a_file_that_is_no_manifest_is_refused(
    name: str, server: Misbehaving, tmp_path: Path
) -> None:
    (tmp_path / name).write_text("nonsense")

    with pytest.raises(InvalidQueryError, match=r"cannot be read|no column 'Local Path'"):
        retry(session_of(server), tmp_path / name)


def test_what_is_no_manifest_is_refused(server: Misbehaving, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("nonsense")

    with pytest.raises(InvalidQueryError, match="no column 'Local Path'"):
        retry(session_of(server), Table({"a": [1]}))
    with pytest.raises(InvalidQueryError, match=r"cannot be read.*\.ecsv.*\.parquet\."):
        retry(session_of(server), tmp_path / "x.log")
    with pytest.raises(InvalidQueryError, match="cannot be read"):
        retry(session_of(server), tmp_path / "missing.ecsv")
    with pytest.raises(InvalidQueryError, match="or the path of a file with one, not None"):
        retry(session_of(server), None)  # type: ignore[arg-type]
