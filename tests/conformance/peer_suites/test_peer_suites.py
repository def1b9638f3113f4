"""astroquery's own two test suites: which of their tests pass, and why the others do not.

They run with the interpreter that TOPMAST_PEER_PYTHON names; docs/conformance.md tells how to
make one. The figures that stand there are written from here.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .reasons import OWN, REMOTE, reason_of

PROJECT = Path(__file__).resolve().parents[3]
PYTHON = os.environ.get("TOPMAST_PEER_PYTHON", "")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("peer"),
    pytest.mark.skipif(not PYTHON, reason="TOPMAST_PEER_PYTHON names no interpreter"),
]

Report = dict[str, Any]
Run = Callable[..., Report]


@pytest.fixture(scope="module")
def run_suite(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a suite and gives its report."""

    def run(which: str, *words: str) -> Report:
        report = tmp_path_factory.mktemp("suite") / f"{which}.json"
        module = "tests.conformance.peer_suites.run"
        command = [PYTHON, "-m", module, which, str(report), *words]
        subprocess.run(command, cwd=PROJECT, check=True, timeout=280, capture_output=True)
        found: Report = json.loads(report.read_text())
        return found

    return run


@pytest.fixture(scope="module")
def own(run_suite: Run) -> Report:
    return run_suite("own")


@pytest.fixture(scope="module")
def remote(run_suite: Run, served_sample: str) -> Report:
    return run_suite("remote", served_sample)


def unexplained(report: Report, reasons: Any) -> list[str]:
    return [
        f"{name}: {test['why']}"
        for name, test in report["tests"].items()
        if test["outcome"] != "passed" and reason_of(name, reasons) is None
    ]


def passed(report: Report) -> set[str]:
    return {name for name, test in report["tests"].items() if test["outcome"] == "passed"}


def test_the_suites_are_those_of_the_release_that_is_followed(own: Report, remote: Report) -> None:
    assert own["astroquery"] == remote["astroquery"] == "0.4.11"


def test_each_failure_of_the_suite_for_no_network_is_explained(own: Report) -> None:
    assert unexplained(own, OWN) == []


def test_what_the_suite_asks_of_observations_mast_and_catalogs_works(own: Report) -> None:
    assert len(passed(own)) >= 59
    assert {name for name in own["tests"] if reason_of(name, OWN) is None} <= passed(own)


def test_each_failure_of_the_suite_for_the_network_is_explained(remote: Report) -> None:
    assert unexplained(remote, REMOTE) == []


def test_what_the_suite_asks_of_any_archive_works(remote: Report) -> None:
    assert len(passed(remote)) >= 34
