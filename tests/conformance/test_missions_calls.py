"""MastMissions of the unmodified astroquery and of topmast, side by side on one server.

``python -m pytest tests/conformance/test_missions_calls.py`` makes 120 random calls; the environment
variables RANDOM_CALLS and RANDOM_SEED ask for others.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import pytest

from .differences import MISSIONS_DO_MORE, MISSIONS_SAY_MORE
from .mission_calls import mission_calls
from .test_peer_calls import assert_same, kinds, run

SEED = int(os.environ.get("RANDOM_SEED", "20261126"))
CALLS = mission_calls(SEED, int(os.environ.get("RANDOM_CALLS", "120")))

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("peer"),
    pytest.mark.skipif(
        importlib.util.find_spec("astroquery") is None, reason="astroquery is not installed"
    ),
]


@pytest.fixture(scope="module")
def outcomes(
    served_sample: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("missions")
    theirs = run("astroquery", served_sample, folder, CALLS)
    ours = run("topmast", served_sample, folder, CALLS)
    return {call: pair for call, *pair in zip(CALLS, theirs, ours, strict=True)}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_of_mast_missions_gives_the_same(
    call: str, outcomes: dict[str, tuple[Any, Any]]
) -> None:
    theirs, ours = outcomes[call]
    if is_deliberate(call, theirs["outcome"]):
        return
    assert_same(theirs["outcome"], ours["outcome"])
    if not raised(theirs["outcome"]):
        assert kinds(said_by_both(ours)) == kinds(said_by_both(theirs))


def raised(outcome: Any) -> bool:
    return isinstance(outcome, tuple) and outcome[0] == "raised"


def is_deliberate(call: str, outcome: Any) -> bool:
    return raised(outcome) and any(text in outcome[2] for text in MISSIONS_DO_MORE)


def said_by_both(result: dict[str, Any]) -> dict[str, Any]:
    """The result without the warnings that only one of the two gives, on purpose."""
    said = [
        (name, text)
        for name, text in result["warnings"]
        if not any(each in text for each in MISSIONS_SAY_MORE)
    ]
    return result | {"warnings": said}


def test_most_calls_are_compared(outcomes: dict[str, tuple[Any, Any]]) -> None:
    assert len(CALLS) >= 100
    tables = [theirs for theirs, _ in outcomes.values() if not raised(theirs["outcome"])]
    assert len(tables) > 0.6 * len(CALLS)
