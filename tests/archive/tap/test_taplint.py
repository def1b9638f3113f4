"""STILTS finds nothing wrong with the service."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from topmast.archive import Archive
from topmast.archive.server.serve import serve_in_thread

STAGES = "TMV TME TMS TMC CPV CAP AVV QGE QPO QAS UWS MDQ OBS UPL EXA"


@pytest.mark.skipif(shutil.which("stilts") is None, reason="STILTS is not installed")
def test_taplint_has_no_error_and_no_warning(tap_archive: Archive, tmp_path: Path) -> None:
    with serve_in_thread(tap_archive) as url:
        report = subprocess.run(
            ["stilts", "taplint", f"tapurl={url}/tap", f"stages={STAGES}", "report=EWFS"],
            capture_output=True,
            text=True,
            timeout=200,
            cwd=tmp_path,
        ).stdout

    assert "Totals: Errors: 0; Warnings: 0;" in report, report
    assert "Failures: 0" in report, report
