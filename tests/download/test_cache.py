"""Look on disk first: what is kept, what is asked about, what is fetched anew."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.download.products import (
    fits_bytes,
    good,
    products,
    serve,
    session_of,
    target,
)
from tests.misbehaving import Misbehaving
from topmast.download import plan_download
from topmast.download.folder.index import INDEX_NAME, Index
from topmast.download.product import Held
from topmast.errors import InvalidQueryError

FILES = {f"f{n}.fits": fits_bytes(n) for n in range(3)}
OLD, NEW = fits_bytes(20), fits_bytes(21)
ONE = {"f.fits": NEW}


def run(server: Misbehaving, folder: Path, files: dict[str, bytes], **options: Any) -> Any:
    plan = plan_download(
        session_of(server), products(files), download_dir=folder, flat=True, **options
    )
    return plan.run(verbose=False)


def test_a_file_that_is_held_costs_no_request(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    run(server, tmp_path, FILES)
    asked = len(server.requests)

    manifest = run(server, tmp_path, FILES)

    assert len(server.requests) == asked
    assert manifest["Status"].tolist() == ["COMPLETE"] * 3
    assert manifest["Source"].tolist() == ["disk"] * 3


def test_a_folder_may_be_moved(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    run(server, tmp_path / "here", FILES)
    shutil.move(tmp_path / "here", tmp_path / "there")
    asked = len(server.requests)

    run(server, tmp_path / "there", FILES)

    assert len(server.requests) == asked


def test_a_copied_file_is_recognised_by_its_sha256(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, ONE)
    run(server, tmp_path, ONE)
    os.utime(tmp_path / "f.fits", (1, 1))
    asked = len(server.requests)

    manifest = run(server, tmp_path, ONE)

    assert len(server.requests) == asked
    assert manifest["Status"].tolist() == ["COMPLETE"]


def test_cache_false_always_fetches_anew(server: Misbehaving, tmp_path: Path) -> None:
    server.on(target("f.fits"), good(OLD), good(NEW))
    run(server, tmp_path, {"f.fits": OLD})

    manifest = run(server, tmp_path, ONE, cache=False)

    assert manifest["Status"].tolist() == ["COMPLETE"]
    assert (tmp_path / "f.fits").read_bytes() == NEW


def test_cache_false_does_not_go_on_with_an_unfinished_file(
    server: Misbehaving, tmp_path: Path
) -> None:
    body = fits_bytes(3, 50_000)
    server.on(target("f.fits"), good(body, reset_at=100_000), good(body, status=404))
    run(server, tmp_path, {"f.fits": body})
    assert (tmp_path / "f.fits.part").exists()
    server.on(target("f.fits"), good(body))

    run(server, tmp_path, {"f.fits": body}, cache=False)

    assert "range" not in server.requests[-1].headers
    assert (tmp_path / "f.fits").read_bytes() == body


def test_cache_check_fetches_what_was_reprocessed_at_the_same_size(
    server: Misbehaving, tmp_path: Path
) -> None:
    assert len(OLD) == len(NEW)
    serve(server, {"f.fits": OLD, **FILES})
    run(server, tmp_path, {"f.fits": OLD, **FILES})
    serve(server, ONE)

    manifest = run(server, tmp_path, {"f.fits": NEW, **FILES}, cache="check")

    assert manifest["Status"].tolist() == ["COMPLETE"] * 4
    assert manifest["Source"].tolist()[1:] == ["disk"] * 3
    assert (tmp_path / "f.fits").read_bytes() == NEW


def test_cache_check_without_a_304_compares_the_validators(
    server: Misbehaving, tmp_path: Path
) -> None:
    reply = good(NEW, headers={"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, etag=None)
    server.on(target("f.fits"), reply)
    run(server, tmp_path, ONE)

    manifest = run(server, tmp_path, ONE, cache="check")

    assert manifest["Source"].tolist() == ["disk"]
    assert len(server.requests) == 2


def test_cache_check_keeps_the_old_file_when_the_new_one_does_not_arrive(
    server: Misbehaving, tmp_path: Path
) -> None:
    server.on(target("f.fits"), good(OLD))
    run(server, tmp_path, {"f.fits": OLD})
    server.on(target("f.fits"), good(NEW, status=500))

    manifest = run(server, tmp_path, ONE, cache="check")

    assert manifest["Status"].tolist() == ["ERROR"]
    assert (tmp_path / "f.fits").read_bytes() == OLD


def test_any_other_cache_is_refused(server: Misbehaving, tmp_path: Path) -> None:
    with pytest.raises(InvalidQueryError, match="cache is True, False or 'check', not 'maybe'"):
        run(server, tmp_path, ONE, cache="maybe")


def test_a_whole_file_of_another_program_is_adopted(server: Misbehaving, tmp_path: Path) -> None:
    (tmp_path / "f.fits").write_bytes(NEW)

    manifest = run(server, tmp_path, ONE)
    again = run(server, tmp_path, ONE)

    assert server.requests == []
    assert (manifest["Status"].tolist(), again["Source"].tolist()) == (["COMPLETE"], ["disk"])


@pytest.mark.parametrize(
    "there",
    [
        fits_bytes(20, 3000),
        fits_bytes(20, 9000),
        NEW[:-2880],
        NEW + bytes(range(1, 256)) * 12,
        b"<html>Gateway timeout</html>",
        b"",
    ],
    ids=["older and shorter", "older and longer", "cut", "glued", "a page of HTML", "empty"],
)
def test_a_wrong_file_of_another_program_is_replaced(
    there: bytes, server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, ONE)
    (tmp_path / "f.fits").write_bytes(there)

    manifest = run(server, tmp_path, ONE)

    assert manifest["Status"].tolist() == ["COMPLETE"]
    assert (tmp_path / "f.fits").read_bytes() == NEW


def test_a_file_that_the_user_changed_is_kept_aside(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, ONE)
    run(server, tmp_path, ONE)
    (tmp_path / "f.fits").write_bytes(OLD)

    manifest = run(server, tmp_path, ONE)

    assert (tmp_path / "f.fits").read_bytes() == NEW
    assert (tmp_path / "f.fits.changed").read_bytes() == OLD
    assert "f.fits.changed" in manifest["Message"][0]


def test_a_file_that_rotted_is_fetched_again(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, ONE)
    run(server, tmp_path, ONE)
    (tmp_path / "f.fits").write_bytes(NEW[:-1000])

    run(server, tmp_path, ONE)

    assert (tmp_path / "f.fits").read_bytes() == NEW
    assert not (tmp_path / "f.fits.changed").exists()


def test_an_index_full_of_nonsense_is_no_obstacle(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    run(server, tmp_path, FILES)
    index = tmp_path / INDEX_NAME
    index.write_bytes(b"\x00\xff{\n[]\n" + index.read_bytes()[:-40])
    asked = len(server.requests)

    first = run(server, tmp_path, FILES)
    second = run(server, tmp_path, FILES)

    assert first["Status"].tolist() == second["Status"].tolist() == ["COMPLETE"] * 3
    assert len(server.requests) == asked
    assert second["Source"].tolist() == ["disk"] * 3


def test_ten_thousand_held_files_are_seen_without_a_request(
    server: Misbehaving, tmp_path: Path
) -> None:
    body = b"text\n"
    files = {f"{number}.txt": body for number in range(10_000)}
    for name in files:
        (tmp_path / name).write_bytes(body)
    run(server, tmp_path, files)

    began = time.process_time()
    manifest = run(server, tmp_path, files)
    took = time.process_time() - began

    print(f"10,000 held files: {took:.2f} s of CPU time")
    assert server.requests == []
    assert set(manifest["Status"]) == {"COMPLETE"}


def test_an_entry_is_known_at_once_and_written_down_with_the_others(tmp_path: Path) -> None:
    index = Index(tmp_path)
    for number in range(3):
        index.add(Held(path=f"f{number}", uri=f"mast:X/f{number}"))

    assert index.at("f2") == Held(path="f2", uri="mast:X/f2")
    assert len(Index(tmp_path)) == 0
    index.flush()
    assert [entry.path for entry in Index(tmp_path)] == ["f0", "f1", "f2"]


def test_what_could_not_be_written_down_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index(tmp_path)
    index.add(Held(path="f", uri="mast:X/f"))
    with monkeypatch.context() as patch:
        patch.setattr(index, "file", tmp_path / "no" / "folder" / "here")
        with pytest.raises(OSError):
            index.flush()

    index.flush()
    assert len(Index(tmp_path)) == 1


def test_a_file_that_was_not_written_down_is_adopted(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    run(server, tmp_path, FILES)
    (tmp_path / INDEX_NAME).write_text("")  # as after a kill between the file and its line
    server.requests.clear()

    assert set(run(server, tmp_path, FILES)["Status"]) == {"COMPLETE"}
    assert server.requests == []


def test_cache_check_keeps_what_is_held_when_nobody_answers(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    run(server, tmp_path, FILES)
    server.stop()

    manifest = run(server, tmp_path, FILES, cache="check")

    assert set(manifest["Status"]) == {"COMPLETE"}
    assert all("not known whether it is current" in message for message in manifest["Message"])
    assert set(manifest["Source"]) == {"disk"}
