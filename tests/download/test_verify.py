"""Look again at a folder, and repair it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topmast
from tests.download.products import FILE, fits_bytes, good, products, serve, session_of, target, uri
from tests.misbehaving import Misbehaving, Reply
from topmast.download import plan_download, verify
from topmast.errors import InvalidQueryError, UnreachableError
from topmast.net.session import Session

FILES = {f"f{n}.fits": fits_bytes(n) for n in range(6)} | {"t.txt": b"1 2 3\n" * 50}
PAGE = b"<html><title>Gateway timeout</title></html>"


@pytest.fixture
def folder(server: Misbehaving, tmp_path: Path) -> Path:
    serve(server, FILES)
    plan_download(session_of(server), products(FILES), download_dir=tmp_path, flat=True).run(
        verbose=False
    )
    return tmp_path


def states(table: Any) -> dict[str, str]:
    return {Path(row["Path"]).name: str(row["State"]) for row in table}


def break_some(folder: Path) -> dict[str, str]:
    (folder / "f0.fits").write_bytes(FILES["f0.fits"][:5000])
    (folder / "f1.fits").write_bytes(PAGE)
    (folder / "f2.fits").write_bytes(FILES["f3.fits"])
    (folder / "t.txt").write_bytes(b"1 2 4\n" * 50)
    (folder / "own.txt").write_bytes(b"notes")
    return {
        "f0.fits": "truncated",
        "f1.fits": "error page",
        "f2.fits": "corrupt",
        "f3.fits": "whole",
        "f4.fits": "whole",
        "f5.fits": "whole",
        "own.txt": "unknown",
        "t.txt": "corrupt",
    }


def test_a_fresh_folder_is_whole(folder: Path, server: Misbehaving) -> None:
    asked = len(server.requests)

    assert set(states(verify(folder)).values()) == {"whole"}
    assert len(server.requests) == asked


def test_each_kind_of_damage_has_its_name(folder: Path) -> None:
    expected = break_some(folder)

    assert states(verify(folder)) == expected


def test_repair_fetches_only_the_bad_ones(folder: Path, server: Misbehaving) -> None:
    break_some(folder)
    asked = len(server.requests)

    table = verify(folder, repair=True, session=session_of(server))

    bad = ["f0.fits", "f1.fits", "f2.fits", "t.txt"]
    assert sorted(seen.target for seen in server.requests[asked:]) == [target(n) for n in bad]
    assert {Path(row["Path"]).name for row in table if row["Repaired"]} == set(bad)
    assert all((folder / name).read_bytes() == content for name, content in FILES.items())
    assert states(verify(folder))["f0.fits"] == "whole"


def test_a_file_that_cannot_be_repaired_says_why(folder: Path, server: Misbehaving) -> None:
    (folder / "f0.fits").write_bytes(b"")
    server.on(target("f0.fits"), Reply(404))

    table = verify(folder, repair=True, session=session_of(server))

    row = table[0]
    assert (row["State"], row["Repaired"]) == ("truncated", False)
    assert "not repaired: 404 Not Found" in row["Reason"]


def test_a_superseded_file_is_found_by_its_validator(folder: Path, server: Misbehaving) -> None:
    new = fits_bytes(77)
    server.on(target("f0.fits"), good(new))
    server.on(target("f1.fits"), Reply(404))

    table = verify(folder, current=True, session=session_of(server))
    repaired = verify(folder, current=True, repair=True, session=session_of(server))

    assert states(table)["f0.fits"] == "superseded"
    assert states(table)["f2.fits"] == "whole"
    assert "does not have it any more" in table[1]["Reason"]
    assert states(repaired)["f0.fits"] == "whole"
    assert (folder / "f0.fits").read_bytes() == new


def test_an_unfinished_file_is_truncated_and_repair_goes_on_with_it(
    server: Misbehaving, tmp_path: Path
) -> None:
    body = fits_bytes(9, 60_000)
    server.on(target("f.fits"), good(body, reset_at=100_000), good(body, status=404))
    plan_download(session_of(server), products({"f.fits": body}), download_dir=tmp_path).run(
        verbose=False
    )
    server.on(target("f.fits"), good(body))

    before = verify(tmp_path)
    after = verify(tmp_path, repair=True, session=session_of(server))

    assert states(before) == {"f.fits.part": "truncated"}
    assert (before["URI"][0], states(after)) == (uri("f.fits"), {"f.fits": "whole"})
    assert server.requests[-1].headers["range"] == "bytes=100000-"


def test_a_folder_that_astroquery_filled_is_judged_and_repaired(
    server: Misbehaving, tmp_path: Path
) -> None:
    name = "tess2018206045859-s0001-0000000231670397-0120-s_lc.fits"
    home = tmp_path / "mastDownload" / "TESS" / "tess2018206045859-s0001-0000000231670397-0120-s"
    home.mkdir(parents=True)
    (home / name).write_bytes(FILES["f0.fits"][:-9000])
    other = tmp_path / "mastDownload" / "HLSP" / "x"
    other.mkdir(parents=True)
    (other / "hlsp_x.fits").write_bytes(FILES["f1.fits"][:-9000])
    server.on(f"/api/v0.1/Download/file?uri=mast:TESS/product/{name}", good(FILES["f0.fits"]))

    table = verify(tmp_path, repair=True, session=session_of(server))

    assert states(table) == {"hlsp_x.fits": "truncated", name: "whole"}
    assert "its URI is not known" in table[0]["Reason"]
    assert (home / name).read_bytes() == FILES["f0.fits"]


def test_a_part_of_a_folder_is_verified_with_the_index_above(
    server: Misbehaving, tmp_path: Path
) -> None:
    serve(server, FILES)
    plan_download(session_of(server), products(FILES), download_dir=tmp_path).run(verbose=False)
    inside = tmp_path / "mastDownload" / "TEST" / "obs6"
    (inside / "t.txt").write_bytes(b"changed")

    table = verify(inside)

    assert (states(table), table["URI"][0]) == ({"t.txt": "corrupt"}, uri("t.txt"))


def test_an_empty_folder_gives_an_empty_table(tmp_path: Path) -> None:
    table = verify(tmp_path)

    assert len(table) == 0
    assert table.colnames == [
        "Path", "State", "Reason", "Size", "SHA-256", "URI", "Repaired",
    ]  # fmt: skip


def test_what_verify_needs_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidQueryError, match="There is no folder"):
        verify(tmp_path / "nowhere")
    with pytest.raises(InvalidQueryError, match="give a session"):
        verify(tmp_path, repair=True)


def checked_fits(seed: int) -> bytes:
    """A FITS file that carries CHECKSUM and DATASUM."""
    from astropy.io import fits

    hdu = fits.PrimaryHDU(np.arange(seed, seed + 5000, dtype=np.int32))
    hdu.add_checksum(when="2026-01-01T00:00:00")
    out = BytesIO()
    hdu.writeto(out)
    return out.getvalue()


def flipped(content: bytes) -> bytes:
    """One bit of the data is another."""
    return content[:9000] + bytes([content[9000] ^ 1]) + content[9001:]


JWST = "jw01162001001_02101_00001_nrcb1_cal.fits"


def foreign(tmp_path: Path, content: bytes) -> Path:
    """A file in a folder that astroquery may have filled."""
    path = tmp_path / "mastDownload" / "JWST" / "jw01162001001" / JWST
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_repair_fetches_what_its_own_checksum_speaks_against(
    server: Misbehaving, tmp_path: Path
) -> None:
    path = foreign(tmp_path, flipped(checked_fits(1)))
    server.on(f"{FILE}?uri=mast:JWST/product/{JWST}", good(checked_fits(1)))

    [row] = verify(tmp_path)
    assert (row["State"], "DATASUM" in row["Reason"]) == ("whole", True)
    table = verify(tmp_path, repair=True, session=session_of(server))

    assert table["Repaired"].tolist() == [True]
    assert path.read_bytes() == checked_fits(1)
    assert path.with_name(f"{JWST}.changed").read_bytes() == flipped(checked_fits(1))
    states_now = states(verify(tmp_path))
    assert states_now == {JWST: "whole", f"{JWST}.changed": "unknown"}


def test_an_odd_checksum_that_the_archive_has_too_is_left(
    server: Misbehaving, tmp_path: Path
) -> None:
    path = foreign(tmp_path, flipped(checked_fits(1)))
    server.on(f"{FILE}?uri=mast:JWST/product/{JWST}", good(flipped(checked_fits(1))))

    [row] = verify(tmp_path, repair=True, session=session_of(server))

    assert (row["State"], row["Repaired"]) == ("whole", False)
    assert "the archive's own copy is the same" in row["Reason"]
    assert [file.name for file in path.parent.iterdir()] == [JWST]
    asked = len(server.requests)
    verify(tmp_path, repair=True, session=session_of(server))
    assert len(server.requests) == asked


def test_what_was_deleted_is_missing_and_comes_back(folder: Path, server: Misbehaving) -> None:
    (folder / "f4.fits").unlink()

    assert states(verify(folder))["f4.fits"] == "missing"
    table = verify(folder, repair=True, session=session_of(server))
    assert {Path(row["Path"]).name for row in table if row["Repaired"]} == {"f4.fits"}
    assert (folder / "f4.fits").read_bytes() == FILES["f4.fits"]
    assert set(states(verify(folder)).values()) == {"whole"}


def test_what_is_missing_elsewhere_does_not_count(folder: Path) -> None:
    (folder / "f4.fits").unlink()
    (folder / "inner").mkdir()

    assert states(verify(folder / "inner")) == {}


def test_an_archive_that_does_not_answer_is_no_proof(folder: Path) -> None:
    nobody = Session("http://127.0.0.1:9", tries=1)

    with pytest.raises(UnreachableError):
        verify(folder, current=True, session=nobody)


def test_a_part_of_nobody_knows_what_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.fits.part").write_bytes(b"SIMPLE")

    [row] = verify(tmp_path)
    assert (row["State"], "delete it" in row["Reason"]) == ("truncated", True)


def test_the_ready_made_client_verifies_too(folder: Path, server: Misbehaving) -> None:
    (folder / "f1.fits").unlink()
    with topmast.conf.set_temp("server", server.url):
        table = topmast.verify(folder, repair=True)

    assert table["Repaired"].tolist().count(True) == 1
    with topmast.connect(server.url) as client:
        assert set(states(client.verify(folder)).values()) == {"whole"}


@pytest.mark.parametrize("damaged", [True, False])
@pytest.mark.parametrize("rest", [b"", FILES["f0.fits"][:4000]])
def test_an_unfinished_file_beside_a_damaged_one_keeps_it_from_nothing(
    damaged: bool, rest: bytes, folder: Path, server: Misbehaving
) -> None:
    """As a kill leaves it, between the file and the text beside it."""
    if damaged:
        (folder / "f0.fits").write_bytes(FILES["f0.fits"][:5000])
    else:
        (folder / "f0.fits").unlink()
    (folder / "f0.fits.part").write_bytes(rest)

    table = verify(folder, repair=True, session=session_of(server))

    assert set(states(table).values()) == {"whole"}
    assert (folder / "f0.fits").read_bytes() == FILES["f0.fits"]
    assert states(verify(folder)) == states(table)


def test_files_that_are_gone_are_missed_from_above(server: Misbehaving, tmp_path: Path) -> None:
    serve(server, FILES)
    plan_download(session_of(server), products(FILES), download_dir=tmp_path).run(verbose=False)
    for path in tmp_path.rglob("*"):
        if path.is_file() and not path.name.startswith(".topmast"):
            path.unlink()

    assert list(states(verify(tmp_path)).values()) == ["missing"] * len(FILES)

    table = verify(tmp_path, repair=True, session=session_of(server))
    assert set(states(table).values()) == {"whole"}
