"""Errors end in the line of the caller, also in a notebook."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import topmast
from topmast.errors import DiskFullError, InvalidQueryError, MastError, UnreachableError

LONGEST = 8


def traceback_of(error: BaseException) -> list[str]:
    return "".join(traceback.format_exception(error)).splitlines()


def test_a_wrong_call_is_a_few_lines(sample_folder: Path) -> None:
    observations = topmast.connect(sample_folder).observations
    with pytest.raises(InvalidQueryError) as caught:
        observations.query_criteria(t_min=["yesterday", "today"])
    lines = traceback_of(caught.value)
    assert len(lines) <= LONGEST
    assert lines[-1].startswith("topmast.errors.InvalidQueryError: The criterion 't_min' takes")
    assert caught.value._render_traceback_() == [
        "InvalidQueryError: The criterion 't_min' takes numbers (MJD) or times, not 'yesterday'."
    ]


def test_an_archive_that_is_not_there_is_a_few_lines() -> None:
    observations = topmast.connect("http://127.0.0.1:9", tries=1).observations
    with pytest.raises(UnreachableError, match="Connection refused") as caught:
        observations.query_object("M101")
    assert len(traceback_of(caught.value)) <= LONGEST


def test_who_wants_to_see_all_gets_all(sample_folder: Path) -> None:
    observations = topmast.connect(sample_folder, tracebacks="full").observations
    with pytest.raises(MastError) as caught:
        observations.query_criteria(t_min=["yesterday", "today"])
    assert len(traceback_of(caught.value)) > 3 * LONGEST
    assert not hasattr(caught.value, "_render_traceback_")
    with pytest.raises(InvalidQueryError, match="tracebacks is 'short' or 'full', not 'long'"):
        topmast.connect(sample_folder, tracebacks="long")


def test_a_script_shows_few_lines(sample_folder: Path) -> None:
    script = f"""
import topmast
topmast.connect({str(sample_folder)!r}).observations.query_criteria(filterz="F606W")
"""
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert len(answer.stderr.splitlines()) <= LONGEST
    assert answer.stderr.endswith("Filter 'filterz' does not exist. Did you mean 'filters'?\n")


def frames_inside(error: BaseException) -> int:
    return sum(str(Path(topmast.__file__).parent) in line for line in traceback_of(error))


@pytest.mark.parametrize(
    "call",
    [
        lambda: topmast.connect("/nowhere/at/all"),
        lambda: topmast.connect("https://127.0.0.1:9").verify("/nowhere/at/all"),
        lambda: topmast.verify("/nowhere/at/all"),
        lambda: topmast.connect("https://127.0.0.1:9", timeot=3),
    ],
    ids=["connect", "Client.verify", "verify", "a wrong setting"],
)
def test_errors_beside_the_services_are_short_too(call: Callable[[], object]) -> None:
    with pytest.raises(MastError) as caught:
        call()
    assert frames_inside(caught.value) <= 1
    assert len(caught.value._render_traceback_()) == 1


def test_a_plan_that_cannot_be_run_or_changed_is_a_few_lines(
    sample_folder: Path, tmp_path: Path
) -> None:
    observations = topmast.connect(sample_folder).observations
    plan = observations.plan_download("3000007760", tmp_path)
    for wrong in (lambda: plan.drop(99), lambda: plan.run(progress=7)):
        with pytest.raises(InvalidQueryError) as caught:
            wrong()
        assert frames_inside(caught.value) <= 1


def test_connect_shows_all_to_who_wants_it() -> None:
    with pytest.raises(MastError) as caught:
        topmast.connect("/nowhere/at/all", tracebacks="full")
    assert frames_inside(caught.value) > 1


def test_an_error_between_two_files_is_a_few_lines(
    sample_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = SimpleNamespace(f_bavail=0, f_frsize=1, free=0, total=1, used=1)
    observations = topmast.connect(sample_folder).observations
    monkeypatch.setattr("shutil.disk_usage", lambda *_: full)

    with pytest.raises(DiskFullError) as caught:
        next(observations.iter_download("3000007760", tmp_path))

    assert len(traceback_of(caught.value)) <= LONGEST
