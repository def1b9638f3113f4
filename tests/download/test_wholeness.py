"""28 kinds of files and more: the whole is never called broken, and a cut never whole."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.download.kinds import KINDS, OPEN, cuts
from tests.download.products import products, session_of, target
from tests.misbehaving import Misbehaving, Reply
from topmast.download import plan_download
from topmast.download.check.content import inspect
from topmast.download.check.verdict import GOOD, State

pytestmark = pytest.mark.timeout(120)


@cache
def content_of(name: str) -> bytes:
    return KINDS[name]()


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_whole_to_its_last_byte(name: str, tmp_path: Path) -> None:
    content = content_of(name)
    path = tmp_path / name
    path.write_bytes(content)
    verdict = inspect(path).verdict

    assert verdict.state is (State.UNKNOWN if name in OPEN else State.WHOLE), verdict
    assert not verdict.doubtful
    assert not verdict.maybe_cut


#: Cuts that leave a whole file, at most so many: only the size in the product table can tell.
LEAVES_A_WHOLE = {
    "image.fits": 1,  # the primary HDU
    "table.fits": 1,
    "image.fits.fz": 1,
    "members.gz": 1,  # the first member
    "text.bz2": 1,  # the first stream
    "table.vot": 1,  # without the last end of line
    "tree.asdf": 1,
    "blocks.asdf": 2,  # that, and without the index
    "pack.tar": 20,  # with two blocks of zeros, but not all that fill a record
}


@pytest.mark.parametrize("name", [name for name in KINDS if name not in OPEN])
def test_a_cut_file_is_not_called_whole(name: str, tmp_path: Path) -> None:
    content = content_of(name)
    path = tmp_path / name
    called_whole = []
    for size in cuts(name, content):
        path.write_bytes(content[:size])
        verdict = inspect(path).verdict
        if verdict.state in GOOD and not (verdict.doubtful or verdict.maybe_cut):
            called_whole.append(size)

    assert len(called_whole) <= LEAVES_A_WHOLE.get(name, 0), called_whole


DELIVERIES = {"length": {}, "chunked": {"chunked": True}, "without": {"length": None}}


def downloaded(
    server: Misbehaving,
    folder: Path,
    files: dict[str, bytes],
    sizes: list[int] | None,
    delivery: str,
) -> dict[str, tuple[str, str | None]]:
    """Status and message of each file."""
    for name, content in files.items():
        server.on(target(name), Reply(body=content, **DELIVERIES[delivery]))
    table = products(files)
    if sizes is None:
        table.remove_column("size")
    else:
        table["size"] = sizes
    plan = plan_download(session_of(server), table, download_dir=folder, flat=True)
    manifest = plan.run(verbose=False)
    rows = zip(manifest["Status"].tolist(), manifest["Message"].tolist(), strict=True)
    return dict(zip(files, rows, strict=True))


@pytest.mark.parametrize("delivery", DELIVERIES)
@pytest.mark.parametrize("sizes", ["true", "none", "too large", "too small"])
def test_no_whole_file_is_refused(
    server: Misbehaving, tmp_path: Path, delivery: str, sizes: str
) -> None:
    files = {name: content_of(name) for name in KINDS}
    lengths = [len(content) for content in files.values()]
    given = {
        "true": lengths,
        "none": None,
        "too large": [size + 700 for size in lengths],
        "too small": [size - 7 for size in lengths],
    }[sizes]
    rows = downloaded(server, tmp_path, files, given, delivery)

    refused = {name for name, (status, _) in rows.items() if status != "COMPLETE"}
    # Without a length, nothing but the table tells how long a text is.
    assert refused == (set(OPEN) if (sizes, delivery) == ("too large", "without") else set())
    assert (
        {name: (tmp_path / name).read_bytes() == files[name] for name in files}
        == {name: name not in refused for name in files}
        if not refused
        else True
    )
    if sizes == "true":
        assert {message for _, message in rows.values()} == {None}


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_no_cut_file_passes_for_whole_where_the_size_is_known(
    server: Misbehaving, tmp_path: Path, delivery: str
) -> None:
    """The server has the cut file, so that its length and chunks fit; the table has the size."""
    files, sizes = {}, []
    for name in KINDS:
        content = content_of(name)
        places = cuts(name, content)
        for size in {*places[:: max(1, len(places) // 4)], places[-1]}:
            files[f"{size}_{name}"] = content[:size]
            sizes.append(len(content))
    rows = downloaded(server, tmp_path, files, sizes, delivery)

    assert [name for name, row in rows.items() if row == ("COMPLETE", None)] == []
    unmarked = {
        name
        for name, (status, message) in rows.items()
        if status == "COMPLETE" and "The product table says" not in (message or "")
    }
    assert not unmarked


def test_no_file_is_whole_without_its_bytes(server: Misbehaving, tmp_path: Path) -> None:
    files = dict.fromkeys(KINDS, b"")
    rows = downloaded(server, tmp_path, files, [len(content_of(name)) for name in KINDS], "without")

    assert {status for status, _ in rows.values()} == {"ERROR"}
