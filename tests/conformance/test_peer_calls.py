"""The unmodified astroquery client and topmast, side by side on one `topmast serve`."""

from __future__ import annotations

import importlib.util
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .calls import CALLS
from .differences import JUSTIFIED

HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("peer"),
    pytest.mark.skipif(
        importlib.util.find_spec("astroquery") is None, reason="astroquery is not installed"
    ),
]


def run(package: str, server: str, folder: Path, calls: list[str]) -> list[dict[str, Any]]:
    target = folder / f"{package}.pickle"
    command = [sys.executable, str(HERE / "evaluate.py"), package, server, str(target)]
    subprocess.run(command, input=json.dumps(calls), text=True, check=True, timeout=280)
    return pickle.loads(target.read_bytes())


@pytest.fixture(scope="module")
def outcomes(
    served_sample: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("peer")
    theirs = run("astroquery", served_sample, folder, CALLS)
    ours = run("topmast", served_sample, folder, CALLS)
    return {call: pair for call, *pair in zip(CALLS, theirs, ours, strict=True)}


@pytest.mark.parametrize("call", CALLS)
def test_both_clients_give_the_same(call: str, outcomes: dict[str, tuple[Any, Any]]) -> None:
    theirs, ours = outcomes[call]
    if call in JUSTIFIED:
        assert same(theirs["outcome"], ours["outcome"]) is False, "no longer differs: remove it"
        return
    assert_same(theirs["outcome"], ours["outcome"])


@pytest.mark.parametrize("call", [call for call in CALLS if call not in JUSTIFIED])
def test_both_clients_warn_alike(call: str, outcomes: dict[str, tuple[Any, Any]]) -> None:
    theirs, ours = outcomes[call]
    assert kinds(ours) == kinds(theirs)


def kinds(outcome: dict[str, Any]) -> set[str]:
    """The classes of warnings, those that concern the caller."""
    return {name for name, _ in outcome["warnings"] if name not in ("ResourceWarning",)}


def same(theirs: Any, ours: Any) -> bool:
    try:
        assert_same(theirs, ours)
    except AssertionError:
        return False
    return True


def assert_same(theirs: Any, ours: Any) -> None:
    if isinstance(theirs, tuple) and theirs[0] == "raised":
        assert ours[:2] == theirs[:2]
        return
    if isinstance(theirs, tuple) and theirs[0] == "table":
        assert [c[0] for c in ours[1]] == [c[0] for c in theirs[1]]
        for mine, other in zip(ours[1], theirs[1], strict=True):
            assert mine == other
        return
    assert ours == theirs
