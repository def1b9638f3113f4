"""Random calls give the same under the unmodified astroquery and under topmast.

``python -m pytest tests/conformance/test_random_calls.py`` makes sixty; the environment variables
RANDOM_CALLS and RANDOM_SEED ask for others.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from typing import Any

import pytest

from .random_calls import random_calls
from .test_peer_calls import assert_same, kinds, run

SEED = int(os.environ.get("RANDOM_SEED", "20260101"))
CALLS = random_calls(SEED, int(os.environ.get("RANDOM_CALLS", "60")))

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("peer"),
    pytest.mark.skipif(
        importlib.util.find_spec("astroquery") is None, reason="astroquery is not installed"
    ),
]


@dataclass(frozen=True)
class Deliberate:
    """Something that topmast does otherwise: told by what it says, or what astroquery raises."""

    text: str
    why: str


MORE_IS_SAID = (
    Deliberate(
        "larger than the maximum",
        "A range that is the wrong way round finds nothing, and nothing else would say why.",
    ),
    Deliberate(
        "Only one wildcarded value",
        "astroquery warns of a second pattern too, but for one right after the first, which it "
        "sends as a plain text.",
    ),
    Deliberate(
        "has no versions",
        "A version of a catalogue without versions is ignored by both, here with a warning.",
    ),
)
"""Warnings of topmast's that astroquery does not have."""

MORE_IS_DONE = (
    Deliberate(
        "Products are asked for by obsid, not by obs_id",
        "What is no obsid is looked up as obs_id; see the guide's sections on products.",
    ),
)
"""Errors of astroquery's for which topmast has an answer."""


@pytest.fixture(scope="module")
def outcomes(
    served_sample: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("random")
    theirs = run("astroquery", served_sample, folder, CALLS)
    ours = run("topmast", served_sample, folder, CALLS)
    return {call: pair for call, *pair in zip(CALLS, theirs, ours, strict=True)}


@pytest.mark.parametrize("call", CALLS)
def test_a_random_call_gives_the_same(call: str, outcomes: dict[str, tuple[Any, Any]]) -> None:
    theirs, ours = outcomes[call]
    if is_deliberate(theirs["outcome"]):
        return
    assert_same(theirs["outcome"], ours["outcome"])
    if not raised(theirs["outcome"]):
        assert kinds(said_by_both(ours)) == kinds(said_by_both(theirs))


def raised(outcome: Any) -> bool:
    return isinstance(outcome, tuple) and outcome[0] == "raised"


def is_deliberate(outcome: Any) -> bool:
    return raised(outcome) and any(one.text in outcome[2] for one in MORE_IS_DONE)


def said_by_both(result: dict[str, Any]) -> dict[str, Any]:
    """The result without the warnings that only topmast gives."""
    said = [
        (name, text)
        for name, text in result["warnings"]
        if not any(one.text in text for one in MORE_IS_SAID)
    ]
    return result | {"warnings": said}


def test_a_seed_gives_the_same_calls_and_a_longer_list_begins_with_them() -> None:
    assert random_calls(5, 40)[:20] == random_calls(5, 20)
    assert random_calls(6, 20) != random_calls(5, 20)
    assert len(set(random_calls(5, 200))) == 200
