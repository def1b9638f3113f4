"""Cutouts of the unmodified astroquery client and of topmast, side by side on one server.

The environment variables RANDOM_CALLS and RANDOM_SEED ask for other calls than the usual.
"""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import served
from tests.cutout_archive import *  # noqa: F403

from .cutout_calls import CUTOUT_CALLS, random_cutout_calls
from .differences import CUTOUTS
from .test_peer_calls import assert_same, kinds, run, same

CALLS = [
    *CUTOUT_CALLS,
    *random_cutout_calls(
        int(os.environ.get("RANDOM_SEED", "20260101")), int(os.environ.get("RANDOM_CALLS", "60"))
    ),
]

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("peer"),
    pytest.mark.skipif(
        importlib.util.find_spec("astroquery") is None, reason="astroquery is not installed"
    ),
]


@pytest.fixture(scope="module")
def outcomes(
    cutout_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("peer")
    with served(cutout_folder) as server:
        theirs = run("astroquery", server, folder, CALLS)
        ours = run("topmast", server, folder, CALLS)
    return {call: pair for call, *pair in zip(CALLS, theirs, ours, strict=True)}


@pytest.mark.parametrize("call", CALLS)
def test_both_clients_give_the_same(call: str, outcomes: dict[str, tuple[Any, Any]]) -> None:
    theirs, ours = outcomes[call]
    if is_deliberate(call):
        alike = same(theirs["outcome"], ours["outcome"]) and kinds(theirs) == kinds(ours)
        assert not alike, "no longer differs: remove it"
        return
    assert_same(untyped(theirs["outcome"]), untyped(ours["outcome"]))
    if not (isinstance(theirs["outcome"], tuple) and theirs["outcome"][0] == "raised"):
        assert kinds(ours) == kinds(theirs)


def untyped(outcome: Any) -> Any:
    """Without the types of columns that have no rows."""
    if isinstance(outcome, tuple) and outcome[0] == "table":
        return ("table", [(name, kind if rows else "", rows) for name, kind, rows in outcome[1]])
    return outcome


def is_deliberate(call: str) -> bool:
    return any(re.search(pattern, call) for pattern, _ in CUTOUTS)
