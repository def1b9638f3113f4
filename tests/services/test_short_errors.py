"""Errors end in the line of the caller, also in a notebook."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

import topmast
from topmast.errors import InvalidQueryError, MastError, UnreachableError

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
    with pytest.raises(NotImplementedError):
        caught.value._render_traceback_()
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
