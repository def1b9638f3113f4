"""Unfinished files: what a sidecar may be trusted with."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.download.products import (
    files_below,
    fits_bytes,
    good,
    products,
    serve,
    session_of,
    target,
    uri,
)
from tests.misbehaving import Misbehaving, Reply
from topmast.download import plan_download
from topmast.download.check.content import inspect
from topmast.download.folder.part import Part, boot
from topmast.download.product import Held

BODY = fits_bytes(1, 50_000)
ETAG = '"v1"'
FILES = {"f.fits": BODY}


def leave_part(folder: Path, content: bytes, **changes: Any) -> None:
    """What an earlier run has left."""
    known: dict[str, Any] = {
        "uri": uri("f.fits"), "etag": ETAG, "size": len(BODY), "boot": boot()
    }  # fmt: skip
    (folder / "f.fits.part").write_bytes(content)
    sidecar = Held(**(known | changes))
    (folder / "f.fits.part.json").write_bytes(msgspec.json.encode(sidecar))


def run(server: Misbehaving, folder: Path) -> str:
    plan = plan_download(session_of(server), products(FILES), download_dir=folder, flat=True)
    return str(plan.run(verbose=False)["Status"][0])


def ranges(server: Misbehaving) -> list[str | None]:
    return [seen.headers.get("range") for seen in server.requests]


def test_the_rest_is_asked_for_by_the_validator(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES, etag=ETAG)
    leave_part(tmp_path, BODY[:70_000])

    assert run(server, tmp_path) == "COMPLETE"
    assert server.requests[0].headers["if-range"] == ETAG
    assert ranges(server) == ["bytes=70000-"]
    assert files_below(tmp_path) == FILES


def test_a_complete_part_costs_no_request(server: Misbehaving, tmp_path: Path) -> None:
    leave_part(tmp_path, BODY)

    assert run(server, tmp_path) == "COMPLETE"
    assert server.requests == []


def test_only_the_missing_ranges_are_asked_for(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES, etag=ETAG)
    full = BODY[:10_000] + bytes(10_000) + BODY[20_000:50_000] + bytes(40_000) + BODY[90_000:]
    leave_part(tmp_path, full, left=[(10_000, 20_000), (50_000, 90_000)])

    assert run(server, tmp_path) == "COMPLETE"
    assert ranges(server) == ["bytes=10000-19999", "bytes=50000-89999"]
    assert files_below(tmp_path) == FILES


def test_a_hole_is_remembered_over_another_failure(server: Misbehaving, tmp_path: Path) -> None:
    full = BODY[:10_000] + bytes(10_000) + BODY[20_000:]
    leave_part(tmp_path, full, left=[(10_000, 20_000)])
    server.on(target("f.fits"), good(BODY, etag=ETAG, reset_at=3000), Reply(404))

    assert run(server, tmp_path) == "ERROR"
    serve(server, FILES, etag=ETAG)
    assert run(server, tmp_path) == "COMPLETE"
    assert ranges(server)[-1] == "bytes=13000-19999"
    assert files_below(tmp_path) == FILES


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "mast:TEST/product/other.fits"},
        {"etag": ""},
        {"etag": 'W/"weak"'},
        {"size": None},
        {"size": 1000},
        {"boot": "another run of the machine"},
        {"left": [(-5, 10)]},
        {"left": [(10, 10**12)]},
    ],
    ids=str,
)
def test_a_part_that_cannot_be_trusted_is_fetched_from_the_start(
    changes: dict[str, Any], server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES, etag=ETAG)
    leave_part(tmp_path, fits_bytes(2, 50_000)[:70_000], **changes)

    assert run(server, tmp_path) == "COMPLETE"
    assert ranges(server) == [None]
    assert files_below(tmp_path) == FILES


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\x00" * 50])
def test_a_sidecar_that_cannot_be_read_is_none(
    text: bytes, server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES, etag=ETAG)
    leave_part(tmp_path, BODY[:70_000])
    (tmp_path / "f.fits.part.json").write_bytes(text)

    assert run(server, tmp_path) == "COMPLETE"
    assert ranges(server) == [None]


def test_a_part_of_another_version_is_replaced(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES, etag='"v2"')
    leave_part(tmp_path, fits_bytes(2, 50_000)[:70_000])

    assert run(server, tmp_path) == "COMPLETE"
    assert ranges(server) == ["bytes=70000-"]
    assert files_below(tmp_path) == FILES


def test_bytes_written_in_order_are_hashed_on_the_way(tmp_path: Path) -> None:
    part = Part.open(tmp_path / "a.fits")
    try:
        part.write(b"one ", 0)
        part.write(b"two", 4)
        in_order = part.hashed()[0]
        part.write(b"later", 20)
        with_a_gap = part.hashed()[0]
        part.empty()
        part.write(b"again", 0)
        anew = part.hashed()[0]
        part.write(b"AGAIN", 0)
        twice = part.hashed()[0]
    finally:
        part.close()

    assert in_order == hashlib.sha256(b"one two").hexdigest()
    assert with_a_gap == ""
    assert anew == hashlib.sha256(b"again").hexdigest()
    assert twice == ""


def test_what_an_earlier_run_has_written_is_not_taken_as_hashed(tmp_path: Path) -> None:
    (tmp_path / "a.fits.part").write_bytes(b"one ")
    part = Part.open(tmp_path / "a.fits")
    try:
        part.write(b"two", 4)
        assert part.hashed()[0] == ""
    finally:
        part.close()


@pytest.mark.parametrize("cut", [0, 1, 2880, 4000, 20_000])
def test_a_known_hash_changes_no_judgement(cut: int, tmp_path: Path) -> None:
    content = fits_bytes(1, 3000)
    content = content[: len(content) - cut]
    path = tmp_path / "a.fits"
    path.write_bytes(content)

    assert inspect(path, sha256=hashlib.sha256(content).hexdigest()) == inspect(path)
