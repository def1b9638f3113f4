"""topmast verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, table_of


def test_verify_finds_a_broken_file_and_repairs_it(run: Run, tmp_path: Path) -> None:
    run("download", "7001")
    path = tmp_path / "mastDownload/HST/hst-m101/u1_drz.fits"
    whole = path.read_bytes()
    assert run("verify", "mastDownload").exit_code == 0
    path.write_bytes(whole[:100])

    broken = run("verify", "mastDownload")
    repaired = run("verify", "mastDownload", "--repair")

    assert broken.exit_code == 1
    assert broken.stderr == "1 file: 0 whole, 0 unknown, 1 bad (1 truncated).\n"
    assert repaired.exit_code == 0
    assert path.read_bytes() == whole


def test_verify_of_a_folder_that_is_not_there_is_exit_code_2(run: Run) -> None:
    assert run("verify", "nowhere").exit_code == 2


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """Three files that are whole, one that is cut off and two that nothing is known of."""
    run("download", "7001", "7002", "7003", "--all")
    folder = tmp_path / "mastDownload"
    cut = folder / "IUE/iue-m8/lwp1.mxlo.gz"
    cut.write_bytes(cut.read_bytes()[:50])
    (folder / "HST/hst-m101/u1.jpg").unlink()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("1 2 3")
    return folder


def test_each_state_is_counted(run: Run, folder: Path) -> None:
    result = run("verify", str(folder), "--quiet")

    assert result.exit_code == 1
    assert "3 whole, 2 unknown (no errors found), " in result.stderr
    assert "1 truncated" in result.stderr
    assert "whole" in {row["State"] for row in table_of(result)}


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_bad_files_first_and_no_whole_ones(run: Run, folder: Path) -> None:
    lines = run("verify", folder.name).stdout.splitlines()
    states = [line.split()[0] for line in lines]

    assert lines[0].split() == ["State", "Path", "Reason"]
    assert "truncated" in states[1:3]
    assert states[-2:] == ["unknown", "unknown"]
    assert "whole" not in states
    assert max(map(len, lines)) <= 80
    assert "whole" in run("verify", folder.name, "--all-rows").stdout
