"""Catalogs of the unmodified astroquery client and of topmast, side by side on one server."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from tests.catalog_archive import make
from tests.conftest import served

from .catalog_calls import CATALOG_CALLS, JUSTIFIED_CATALOG_CALLS
from .test_peer_calls import assert_same, kinds, run, same

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("peer"),
    pytest.mark.skipif(
        importlib.util.find_spec("astroquery") is None, reason="astroquery is not installed"
    ),
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("catalogues")
    archive = make(folder / "archive")
    archive.close()
    with served(archive.folder) as server:
        theirs = run("astroquery", server, folder, CATALOG_CALLS)
        ours = run("topmast", server, folder, CATALOG_CALLS)
    return {call: pair for call, *pair in zip(CATALOG_CALLS, theirs, ours, strict=True)}


def test_there_are_calls_enough() -> None:
    assert len(set(CATALOG_CALLS)) == len(CATALOG_CALLS) >= 70


@pytest.mark.parametrize("call", CATALOG_CALLS)
def test_both_clients_give_the_same_and_warn_alike(
    call: str, outcomes: dict[str, tuple[Any, Any]]
) -> None:
    theirs, ours = outcomes[call]
    if call in JUSTIFIED_CATALOG_CALLS:
        alike = same(theirs["outcome"], ours["outcome"]) and kinds(theirs) == kinds(ours)
        assert not alike, "no longer differs: remove it"
        return
    assert_same(theirs["outcome"], ours["outcome"])
    assert kinds(ours) == kinds(theirs)
