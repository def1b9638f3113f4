"""Run a script under astroquery and under topmast, and tell where the results differ."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from topmast.astroquery.compare.differences import Finding, findings
from topmast.astroquery.compare.outcome import Outcome, files_in, without_times
from topmast.config import environment
from topmast.errors import MissingExtraError

__all__ = ["Comparison", "Finding", "compare_script"]

RECORDING = Path(__file__).with_name("recording.py")
PACKAGES = ("astroquery", "topmast")
VERSION_OF_ASTROQUERY = "import astroquery, astroquery.mast; print(astroquery.__version__)"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a script under each package, and where that differs."""

    version: str
    """Of the astroquery that it was compared with."""
    astroquery: Outcome
    topmast: Outcome
    findings: tuple[Finding, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not any(finding.differences for finding in self.findings)


def compare_script(
    script: Path,
    arguments: Sequence[str],
    server: str,
    *,
    python: str = sys.executable,
    here: bool = False,
    timeout: float | None = None,
) -> Comparison:
    """Run a script twice, with the same server, and compare what comes of it.

    Parameters
    ----------
    script : path
    arguments : sequence of str
        What the script finds in ``sys.argv[1:]``.
    server : str
        The URL of the archive that both ask.
    python : str
        An interpreter that has astroquery; topmast always runs in this one.
    here : bool
        Run in the current folder, for a script that reads files there; else each run has an
        empty folder of its own, and the files that it leaves are compared as well.
    timeout : float, optional
        Seconds that each run may take.

    Raises
    ------
    MissingExtraError
        If `python` has no astroquery.
    """
    version = _version_of_astroquery(python)
    interpreters = dict(zip(PACKAGES, (python, sys.executable), strict=True))
    folder = Path(tempfile.mkdtemp(prefix="topmast-compare-"))
    try:
        _write_settings(folder, server)
        theirs, ours = (
            _run(
                _command(interpreters[package], package, folder, script, arguments),
                folder / package,
                _environment(package, folder, server),
                None if here else folder / package / "files",
                timeout,
            )
            for package in PACKAGES
        )
        return Comparison(version, theirs, ours, findings(theirs, ours, with_files=not here))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _version_of_astroquery(python: str) -> str:
    try:
        asked = subprocess.run(
            [python, "-c", VERSION_OF_ASTROQUERY], capture_output=True, text=True, check=False
        )
    except OSError as problem:
        raise MissingExtraError(f"Cannot run {python}: {problem.strerror}.") from problem
    if asked.returncode:
        raise MissingExtraError(
            f"There is no astroquery to compare with in {python}. Install it there "
            "(pip install astroquery), or name an interpreter that has it with --python."
        )
    return asked.stdout.strip()


def _write_settings(folder: Path, server: str) -> None:
    """The configuration file through which both packages find the server."""
    (folder / "config" / "astropy").mkdir(parents=True)
    settings = f"[mast]\nserver = {server}\ncatalogs_server = {server}\n"
    (folder / "config" / "astropy" / "astroquery.cfg").write_text(settings)


def _environment(package: str, folder: Path, server: str) -> dict[str, str]:
    """What a run finds in its environment.

    astroquery asks the name resolver at a fixed address; through a proxy, plain HTTP to any host
    comes to the server here.
    """
    address = urlsplit(server)
    found = {"XDG_CONFIG_HOME": str(folder / "config"), "PYTHONUNBUFFERED": "1"}
    if package == "topmast":
        return environment(**found, TOPMAST_SERVER=server)
    if address.scheme == "http":
        found |= {"http_proxy": server, "no_proxy": address.hostname or ""}
    return environment(**found)


def _command(
    python: str, package: str, folder: Path, script: Path, arguments: Sequence[str]
) -> list[str]:
    record = folder / f"{package}.json"
    return [python, str(RECORDING), package, str(record), str(script.absolute()), *arguments]


def _run(
    command: list[str],
    folder: Path,
    environment: dict[str, str],
    work: Path | None,
    timeout: float | None,
) -> Outcome:
    folder.mkdir()
    if work is not None:
        work.mkdir()
    try:
        ended = subprocess.run(
            command,
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        code, out, err = ended.returncode, ended.stdout, ended.stderr
    except subprocess.TimeoutExpired as late:
        code, out, err = None, late.stdout or b"", late.stderr or b""
    return Outcome(
        code,
        out.decode("utf-8", "replace"),
        err.decode("utf-8", "replace"),
        _calls(Path(command[3])),
        {} if work is None else files_in(work),
    )


def _calls(record: Path) -> list[dict[str, Any]]:
    """The calls that a run wrote down; none if it was killed before it could."""
    if not record.is_file():
        return []
    calls: list[dict[str, Any]] = json.loads(without_times(record.read_text(encoding="utf-8")))
    return calls
